//! What must hold for any text, be it a policy or not, and for any request; for the fuzzer (`fuzz/`) and the tests.
//!
//! An input is text, so that its seeds can be read and written by hand: who asks, the action, the resource, the condition
//! keys, and then the documents, each behind a line that says where it belongs.
//!
//! ```text
//! arn:aws:iam::123456789012:user/alice AIDAEXAMPLEEXAMPLE123
//! iam:GetUser
//! arn:aws:iam::123456789012:user/alice
//! aws:username=alice
//! aws:TagKeys=a
//! aws:TagKeys=b
//! --- identity
//! {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}
//! ```

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Context, Document, Faults, Layers, Policy, PolicyKind, PolicySet, Principal, PrincipalKind, Request, Verdict,
};
use crate::arn::AccountId;

/// Up to here no input uses up the steps of an evaluation. Beyond, an undecided statement may make the order matter.
const CHEAP: usize = 1_024;

/// Where documents belong: the layers of a decision, and an endpoint.
const PLACES: [(&str, PolicyKind); 7] = [
    ("identity", PolicyKind::Identity),
    ("boundary", PolicyKind::Identity),
    ("session", PolicyKind::Identity),
    ("scp", PolicyKind::Identity),
    ("resource", PolicyKind::Resource),
    ("trust", PolicyKind::Trust),
    ("endpoint", PolicyKind::Endpoint),
];

/// How far an input came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// How many of its documents are policies.
    pub read: usize,
    /// How many are not.
    pub refused: usize,
    /// What all layers together decided.
    pub verdict: Verdict,
}

/// The documents that belong to each place of [`PLACES`]; `None` where there is none.
type Placed = [Option<Vec<Document>>; PLACES.len()];

/// Holds the parser and the evaluation to what is true for every input.
///
/// # Panics
/// When something is not.
pub fn check(bytes: &[u8]) -> Reached {
    let text = String::from_utf8_lossy(bytes);
    let mut sections = text.split("\n--- ");
    let mut head = sections.next().unwrap_or_default().lines();
    let principal = principal(head.next().unwrap_or_default());
    let (action, resource) = (head.next().unwrap_or_default(), head.next().unwrap_or_default());
    let context = context(head);
    let asked = Asked {
        request: Request::new(action, resource, &principal, &context),
        account: resource.split(':').nth(4).and_then(|account| account.parse().ok()).unwrap_or_else(home),
    };

    let (mut placed, mut read, mut refused) = (Placed::default(), 0, 0);
    for section in sections {
        let (place, json) = section.split_once('\n').unwrap_or((section, ""));
        let index = PLACES.iter().position(|(name, _)| *name == place).unwrap_or(0);
        let documents = placed[index].get_or_insert_default();
        match document(PLACES[index].1, json) {
            Ok(document) => {
                documents.push(document);
                read += 1;
            }
            Err(faults) => {
                is_told(&faults);
                refused += 1;
            }
        }
    }

    let given = asked.decide(&placed);
    assert_eq!(asked.decide(&placed), given, "another decision on the same");
    let printed = each(&placed, |kind, document| Some(parsed(kind, &document.to_json())));
    assert_eq!(asked.decide(&printed), given, "another decision on what is printed");
    never_allows_more_with_a_deny(&asked, &placed, &given);
    if bytes.len() <= CHEAP {
        order_never_matters(&asked, &placed, &given);
        never_allows_more_without_an_allow(&asked, &placed, &given);
    }
    Reached { read, refused, verdict: given.verdict }
}

/// Reads a document, which must come out the same when it is printed and read again.
fn document(kind: PolicyKind, json: &str) -> Result<Document, Faults> {
    let document = Document::parse(kind, json)?;
    assert!(serde_json::from_str::<Value>(json).is_ok(), "read, although it is not JSON");
    assert!(!document.statements().is_empty(), "without statements");
    let printed = document.to_json();
    let again = parsed(kind, &printed);
    assert_eq!(again.to_json(), printed, "printed, read and printed");
    // Printing sorts operators and types of principals; from then on nothing changes any more.
    assert_eq!(format!("{:?}", parsed(kind, &again.to_json())), format!("{again:?}"), "printed and read");
    Ok(document)
}

fn parsed(kind: PolicyKind, json: &str) -> Document {
    let document = Document::parse(kind, json);
    assert!(document.is_ok(), "{json} is refused: {document:?}");
    document.expect("is looked at above")
}

fn is_told(faults: &Faults) {
    assert!(!faults.faults.is_empty(), "refused without a reason");
    for fault in &faults.faults {
        assert!(fault.path.starts_with('$') && !fault.problem.is_empty(), "{fault:?}");
        assert!(!fault.to_string().contains('\0'), "{fault:?}");
    }
}

/// A request, and the account of the resource.
struct Asked<'a> {
    request: Request<'a>,
    account: AccountId,
}

/// What is decided, in words that say nothing about which statement of several it was.
#[derive(Debug, PartialEq, Eq)]
struct Decided {
    verdict: Verdict,
    /// Of each place: whether it allows, and whether it denies.
    said: [Option<(bool, bool)>; PLACES.len()],
}

impl Asked<'_> {
    fn decide(&self, placed: &Placed) -> Decided {
        let sets = placed.each_ref().map(|documents| documents.as_deref().map(set));
        let said = sets.each_ref().map(|set| {
            let decision = set.as_ref()?.evaluate(&self.request);
            Some((decision.is_allow(), decision.is_explicit_deny()))
        });
        let [identity, boundary, session, scp, resource, trust, _] = sets;
        let layers = Layers { identity: identity.unwrap_or_default(), boundary, session, scp, resource, trust };
        Decided { verdict: layers.decide(&self.request, &self.account), said }
    }
}

fn set(documents: &[Document]) -> PolicySet {
    documents.iter().map(|document| Policy::new("a document", document.clone())).collect()
}

/// The documents, each put through `change`, which may take it away.
fn each(placed: &Placed, change: impl Fn(PolicyKind, &Document) -> Option<Document>) -> Placed {
    let mut changed = Placed::default();
    for ((documents, (_, kind)), changed) in placed.iter().zip(PLACES).zip(&mut changed) {
        *changed = documents.as_ref().map(|documents| documents.iter().filter_map(|d| change(kind, d)).collect());
    }
    changed
}

/// The document with its statements put through `change`; none if none is left.
fn with_statements(kind: PolicyKind, document: &Document, change: impl FnOnce(&mut Vec<Value>)) -> Option<Document> {
    let mut json: Value = serde_json::from_str(&document.to_json()).expect("a document prints JSON");
    let statements = json["Statement"].as_array_mut().expect("statements print as a list");
    change(statements);
    (!statements.is_empty()).then(|| parsed(kind, &json.to_string()))
}

fn order_never_matters(asked: &Asked<'_>, placed: &Placed, given: &Decided) {
    let mut turned = each(placed, |kind, document| with_statements(kind, document, |list| list.reverse()));
    turned.iter_mut().flatten().for_each(|documents| documents.reverse());
    assert_eq!(asked.decide(&turned), *given, "another decision in another order");
}

/// To each place in turn, everything that stands there is added once more with the effect of a deny.
fn never_allows_more_with_a_deny(asked: &Asked<'_>, placed: &Placed, given: &Decided) {
    let denies = each(placed, |kind, document| {
        with_statements(kind, document, |list| {
            for statement in list {
                statement["Effect"] = "Deny".into();
            }
        })
    });
    for (index, denies) in denies.into_iter().enumerate() {
        let Some(denies) = denies else { continue };
        let mut more = placed.clone();
        more[index].get_or_insert_default().extend(denies);
        allows_no_more(&asked.decide(&more), given, "with a deny more");
    }
}

/// In each place in turn, nothing is left but what denies.
fn never_allows_more_without_an_allow(asked: &Asked<'_>, placed: &Placed, given: &Decided) {
    let without = each(placed, |kind, document| {
        with_statements(kind, document, |list| list.retain(|statement| statement["Effect"] == "Deny"))
    });
    let is_root = asked.request.principal().kind() == PrincipalKind::Root;
    for (index, documents) in without.into_iter().enumerate() {
        // A root user without identity policies needs none.
        if index == 0 && is_root {
            continue;
        }
        let mut fewer = placed.clone();
        fewer[index] = documents;
        allows_no_more(&asked.decide(&fewer), given, "without what allows");
    }
}

fn allows_no_more(found: &Decided, given: &Decided, what: &str) {
    assert!(given.verdict.is_allowed() || !found.verdict.is_allowed(), "{what}, allowed: {found:?}, not {given:?}");
    for (found, given) in found.said.iter().zip(&given.said) {
        let allows = |said: &Option<(bool, bool)>| said.is_some_and(|(allows, _)| allows);
        assert!(allows(given) || !allows(found), "{what}, a layer allows");
    }
}

/// `ARN`, `ROLE-ARN#SESSION`, `federated:PROVIDER`, `anonymous` or a service, and a unique id behind a blank.
fn principal(line: &str) -> Principal {
    let (name, id) = line.split_once(' ').map_or((line, None), |(name, id)| (name, Some(id)));
    let session = name.split_once('#').and_then(|(role, session)| Some((role.parse().ok()?, session)));
    let principal = match (session, name.strip_prefix("federated:")) {
        (Some((role, session)), _) => Principal::role_session(&role, session),
        (None, Some(provider)) => Principal::federated(provider),
        (None, None) if name == "anonymous" => Principal::anonymous(),
        (None, None) => Principal::from_arn(name).unwrap_or_else(|_| Principal::service(name)),
    };
    match id {
        Some(id) => principal.with_unique_id(id),
        None => principal,
    }
}

/// Lines of `key=value`; a key alone has no value.
fn context<'a>(lines: impl Iterator<Item = &'a str>) -> Context {
    let mut entries: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in lines {
        let (key, value) = line.split_once('=').map_or((line, None), |(key, value)| (key, Some(value)));
        entries.entry(key).or_default().extend(value);
    }
    let mut context = Context::new();
    for (key, values) in entries {
        context.set_all(key, values);
    }
    context
}

fn home() -> AccountId {
    "123456789012".parse().expect("twelve digits")
}
