//! Resources: IAM's entities by URI. Reading one is the call of the tool that shows it, on the same road.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rmcp::ErrorData as McpError;
use rmcp::model::{ErrorCode, ResourceTemplate};
use serde_json::{Map, Value, json};

use super::names::Names;
use super::reply::Reply;
use crate::audit::AuditUnavailable;
use crate::tools::{ErrorStage, ToolError, findings, text};

/// What all contents are.
pub const MIME_TYPE: &str = "application/json";

/// The code of the error for a URI that names no resource.
pub const UNKNOWN_RESOURCE: &str = "UnknownResource";

/// One kind of resource.
#[derive(Debug, PartialEq)]
pub struct Template {
    /// What its URIs begin with.
    start: &'static str,
    /// The one variable of its URI template.
    pub variable: &'static str,
    /// The tool that a read calls.
    pub tool: &'static str,
    /// The tool's parameter that takes the variable.
    pub parameter: &'static str,
    /// What completes the variable.
    pub names: Names,
    name: &'static str,
    title: &'static str,
    description: &'static str,
}

/// All kinds, in the order in which they are listed.
pub static TEMPLATES: [Template; 4] = [
    Template {
        start: "iam://users/",
        variable: "name",
        tool: "get_user",
        parameter: "user_name",
        names: Names::Users,
        name: "user",
        title: "IAM user",
        description: "One IAM user and all that hangs on it, as get_user shows it.",
    },
    Template {
        start: "iam://roles/",
        variable: "name",
        tool: "get_role",
        parameter: "role_name",
        names: Names::Roles,
        name: "role",
        title: "IAM role",
        description: "One IAM role with its trust policy and all that hangs on it, as get_role shows it.",
    },
    Template {
        start: "iam://groups/",
        variable: "name",
        tool: "get_group",
        parameter: "group_name",
        names: Names::Groups,
        name: "group",
        title: "IAM group",
        description: "One IAM group with its members and policies, as get_group shows it.",
    },
    Template {
        start: "iam://policies/",
        variable: "arn",
        tool: "get_policy",
        parameter: "policy_arn",
        names: Names::Policies,
        name: "policy",
        title: "IAM managed policy",
        description: "One managed policy, by its ARN, as get_policy shows it.",
    },
];

impl Template {
    /// Its URI template (RFC 6570).
    #[must_use]
    pub fn uri_template(&self) -> String {
        format!("{}{{{}}}", self.start, self.variable)
    }

    /// As MCP lists it.
    #[must_use]
    pub fn listed(&self) -> ResourceTemplate {
        ResourceTemplate::new(self.uri_template(), self.name)
            .with_title(self.title)
            .with_description(self.description)
            .with_mime_type(MIME_TYPE)
    }
}

/// The template with that URI template.
#[must_use]
pub fn template(uri_template: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.uri_template() == uri_template)
}

/// What stands unencoded where RFC 6570 expands `{variable}`: the unreserved characters of RFC 3986.
const EXPANDED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A resource that a URI names.
#[derive(Debug, PartialEq)]
pub struct Named {
    /// Its kind.
    pub template: &'static Template,
    value: String,
}

impl Named {
    /// Reads a URI. The variable may be percent-encoded or plain, as far as RFC 3986 lets its characters stand plain in a
    /// path; anything else behind it, a query, a fragment or a broken encoding makes it none. Whether the name can be one of
    /// IAM's is the tool's to say.
    #[must_use]
    pub fn parse(uri: &str) -> Option<Self> {
        let (template, rest) =
            TEMPLATES.iter().find_map(|template| Some((template, uri.strip_prefix(template.start)?)))?;
        let has_paths = template.names == Names::Policies;
        let may_stand = |byte: u8| {
            byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%".contains(&byte) || (byte == b'/' && has_paths)
        };
        if rest.is_empty() || !rest.bytes().all(may_stand) || !is_well_encoded(rest) {
            return None;
        }
        let value = percent_decode_str(rest).decode_utf8().ok()?.into_owned();
        Some(Self { template, value })
    }

    /// The one form of its URI: what its template expands to.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("{}{}", self.template.start, utf8_percent_encode(&self.value, EXPANDED))
    }

    /// The arguments of the tool's call.
    #[must_use]
    pub fn arguments(&self) -> Map<String, Value> {
        Map::from_iter([(self.template.parameter.to_owned(), self.value.as_str().into())])
    }
}

/// Whether behind every `%` stand two hexadecimal digits.
fn is_well_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|behind| behind.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2)
}

/// The error for a URI that names no resource of this gateway.
#[must_use]
pub fn unknown() -> ToolError {
    ToolError::gateway(UNKNOWN_RESOURCE, "the URI names no resource of this gateway")
        .hint("resources/templates/list shows the forms that URIs have")
}

/// The error of MCP that a refused or failed read of `uri` is; `data` is the tool's error with the URI.
///
/// What is not there, or not for this caller, is not found: -32002 until 2025-11-25, -32602 since 2026-07-28
/// (<https://modelcontextprotocol.io/specification/2026-07-28/server/resources#error-handling>; the library chooses by
/// revision).
#[must_use]
pub fn error(uri: &str, reply: &Reply) -> McpError {
    let mut data = reply.body()["error"].clone();
    let message =
        format!("{}: {}", data["code"].as_str().unwrap_or_default(), data["message"].as_str().unwrap_or_default());
    data["uri"] = text::visible(uri).into();
    let found = findings::in_result(&data);
    if !found.is_empty() {
        data["findings"] = found.into();
    }
    let code = reply.error_code().unwrap_or_default();
    let number = match (code, reply.error_stage()) {
        (UNKNOWN_RESOURCE | "NoSuchEntity" | "ValidationError" | "ToolNotAllowed", _) => ErrorCode::RESOURCE_NOT_FOUND,
        (code, Some(ErrorStage::Aws)) if !code.starts_with("AccessDenied") => ErrorCode::INTERNAL_ERROR,
        (
            AuditUnavailable::CODE
            | "InternalFailure"
            | "UndeclaredAwsCall"
            | "NoGatewayCredentials"
            | "CallTimeout"
            | "GatewayEnding",
            _,
        ) => ErrorCode::INTERNAL_ERROR,
        _ => ErrorCode::INVALID_REQUEST,
    };
    McpError::new(number, message, Some(json!(data)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:iam::123456789012:policy/team/x";

    fn read(uri: &str) -> Option<(&'static str, Value, String)> {
        Named::parse(uri).map(|named| (named.template.tool, Value::from(named.arguments()), named.uri()))
    }

    #[test]
    fn a_uri_may_be_plain_or_encoded_and_has_one_form() {
        for (uri, tool, arguments, canonical) in [
            ("iam://users/alice", "get_user", json!({"user_name": "alice"}), "iam://users/alice"),
            ("iam://users/%61lice", "get_user", json!({"user_name": "alice"}), "iam://users/alice"),
            (
                "iam://users/a+b=c,d.e@f_g-h",
                "get_user",
                json!({"user_name": "a+b=c,d.e@f_g-h"}),
                "iam://users/a%2Bb%3Dc%2Cd.e%40f_g-h",
            ),
            ("iam://users/a%2bb", "get_user", json!({"user_name": "a+b"}), "iam://users/a%2Bb"),
            ("iam://roles/ci", "get_role", json!({"role_name": "ci"}), "iam://roles/ci"),
            ("iam://groups/dev", "get_group", json!({"group_name": "dev"}), "iam://groups/dev"),
        ] {
            assert_eq!(read(uri), Some((tool, arguments, canonical.to_owned())), "{uri}");
        }
        let encoded = "iam://policies/arn%3Aaws%3Aiam%3A%3A123456789012%3Apolicy%2Fteam%2Fx";
        for uri in [encoded, &encoded.to_lowercase(), &format!("iam://policies/{ARN}")] {
            assert_eq!(read(uri), Some(("get_policy", json!({"policy_arn": ARN}), encoded.to_owned())), "{uri}");
        }
    }

    #[test]
    fn what_is_not_exactly_such_a_uri_is_none() {
        for uri in [
            "",
            "iam:",
            "iam://users",
            "iam://users/",
            "iam://user/alice",
            "IAM://users/alice",
            "iam:///users/alice",
            "iam://users/alice/keys",
            "iam://users/alice?x=1",
            "iam://users/alice#x",
            "iam://users/a b",
            "iam://users/a%",
            "iam://users/a%2",
            "iam://users/a%zz",
            "iam://users/%ff",
            "iam://users/a\u{200b}",
            "iam://users/a\nb",
            " iam://users/alice",
            "iam://policies/arn:aws:iam::aws:policy/X?y",
            "file:///etc/passwd",
            "https://example.com/iam://users/alice",
        ] {
            assert_eq!(read(uri), None, "{uri:?}");
        }
    }

    #[test]
    fn an_encoding_is_taken_off_once() {
        assert_eq!(read("iam://users/a%2540b").unwrap().1, json!({"user_name": "a%40b"}));
    }

    #[test]
    fn every_canonical_form_is_its_own() {
        for uri in ["iam://users/a+b", "iam://roles/x@y", &format!("iam://policies/{ARN}")] {
            let canonical = read(uri).unwrap().2;
            assert_eq!(read(&canonical).unwrap().2, canonical);
        }
    }

    #[test]
    fn templates_are_found_by_their_whole_text() {
        assert_eq!(template("iam://users/{name}").map(|template| template.tool), Some("get_user"));
        assert_eq!(template("iam://policies/{arn}").map(|template| template.variable), Some("arn"));
        assert!(template("iam://users/alice").is_none() && template("iam://users/{arn}").is_none());
    }
}
