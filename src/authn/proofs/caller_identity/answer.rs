//! Reading what STS answered.
//!
//! An answer decides who somebody is, so nothing is overlooked in it: what is not exactly one answer of GetCallerIdentity is
//! none. A lenient reader once took text that an error repeated from the request for an identity (CVE-2020-16250).

use roxmltree::{Document, Node, ParsingOptions};

use super::reasons::{self, Reason};
use super::sts::Answer;
use crate::arn::AccountId;
use crate::iam::is_throttling;

/// The namespace of STS's answers
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// A true answer has fewer than 20 nodes.
const MOST_NODES: u32 = 100;

/// Who signed, in STS's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) arn: String,
    pub(super) user_id: String,
    pub(super) account: AccountId,
    pub(super) request_id: Option<String>,
}

/// The identity that an answer tells.
pub(super) fn read(answer: &Answer) -> Result<Identity, Reason> {
    match answer.status {
        200 => {
            let kind = answer.content_type.as_deref().unwrap_or_default().split(';').next().unwrap_or_default();
            if !matches!(kind.trim(), "text/xml" | "application/xml") {
                return Err(reasons::ANSWER_KIND);
            }
            identity(&document(text(&answer.body)?)?).ok_or(reasons::ANSWER_UNEXPECTED)
        }
        300..400 => Err(reasons::REDIRECT),
        400..600 => Err(refusal(answer)),
        _ => Err(reasons::ANSWER_UNEXPECTED),
    }
}

/// What a status of 4xx or 5xx says.
fn refusal(answer: &Answer) -> Reason {
    let text = text(&answer.body).ok();
    let document = text.and_then(|text| document(text).ok());
    let code = document.as_ref().and_then(|document| error_code(document.root_element())).unwrap_or_default();
    match (answer.status, code) {
        (429, _) => reasons::THROTTLED,
        (_, code) if is_throttling(code) => reasons::THROTTLED,
        (500.., _) => reasons::FAILED,
        (_, "ExpiredToken" | "ExpiredTokenException") => reasons::SESSION_EXPIRED,
        (
            _,
            "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "UnrecognizedClientException"
            | "InvalidSignatureException",
        ) => reasons::SIGNATURE,
        _ => reasons::TURNED_AWAY,
    }
}

fn text(body: &[u8]) -> Result<&str, Reason> {
    let text = std::str::from_utf8(body).map_err(|_| reasons::ANSWER_MALFORMED)?;
    // The XML declaration may stand in front. Nothing that STS tells here needs more than elements and their text: with `<!`
    // gone there are no document types, comments and CDATA sections, with `<?` no instructions, with `&` no references.
    let rest = match text.strip_prefix("<?xml ") {
        Some(declaration) => declaration.split_once("?>").ok_or(reasons::ANSWER_MALFORMED)?.1,
        None => text,
    };
    if rest.contains("<!") || rest.contains("<?") || rest.contains('&') {
        return Err(reasons::ANSWER_MALFORMED);
    }
    Ok(text)
}

fn document(text: &str) -> Result<Document<'_>, Reason> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|_| reasons::ANSWER_MALFORMED)
}

fn identity(document: &Document<'_>) -> Option<Identity> {
    let root = document.root_element();
    is_plain(root, "GetCallerIdentityResponse").then_some(())?;
    let [result, metadata] = elements(root, ["GetCallerIdentityResult", "ResponseMetadata"])?;
    let [arn, user_id, account] = elements(result?, ["Arn", "UserId", "Account"])?;
    let request_id = match metadata {
        Some(metadata) => elements(metadata, ["RequestId"])?[0],
        None => None,
    };
    let request_id = match request_id {
        Some(node) => Some(value(node).filter(|id| is_request_id(id))?.to_owned()),
        None => None,
    };
    Some(Identity {
        arn: value(arn?)?.to_owned(),
        user_id: value(user_id?)?.to_owned(),
        account: value(account?)?.parse().ok()?,
        request_id,
    })
}

/// Whether it is this element, in STS's namespace, with no attributes and no further namespaces.
fn is_plain(node: Node<'_, '_>, name: &str) -> bool {
    node.tag_name().name() == name
        && node.tag_name().namespace() == Some(NAMESPACE)
        && node.attributes().len() == 0
        && node.namespaces().all(|namespace| namespace.name().is_none() && namespace.uri() == NAMESPACE)
}

/// The child elements of these names, each at most once; nothing when there is any other content.
fn elements<'a, 'input, const N: usize>(
    parent: Node<'a, 'input>,
    names: [&str; N],
) -> Option<[Option<Node<'a, 'input>>; N]> {
    let mut found = [None; N];
    for child in parent.children() {
        if child.is_text() {
            child.text()?.trim_ascii().is_empty().then_some(())?;
            continue;
        }
        let at = names.iter().position(|name| is_plain(child, name))?;
        found[at].replace(child).is_none().then_some(())?;
    }
    Some(found)
}

/// The text that is all of an element's content.
fn value<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    let mut children = node.children();
    let (only, None) = (children.next()?, children.next()) else { return None };
    only.is_text().then(|| only.text())?
}

fn is_request_id(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The code of an error's document, `<ErrorResponse><Error><Code>`.
fn error_code<'a>(root: Node<'a, '_>) -> Option<&'a str> {
    let child = |node: Node<'a, '_>, name: &str| node.children().find(|child| child.tag_name().name() == name);
    (root.tag_name().name() == "ErrorResponse").then_some(())?;
    value(child(child(root, "Error")?, "Code")?)
}
