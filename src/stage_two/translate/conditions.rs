//! Conditions on `aws:ViaAWSMCPService`.

use serde_json::{Value, json};

use crate::policy::{Context, Document, Policy, PolicyKind, PolicySet, Principal, Request};

pub(super) const VIA: &str = "aws:ViaAWSMCPService";
pub(super) const CALLED_VIA: &str = "aws:CalledViaAWSMCP";
pub(super) const VIA_TAG_KEY: &str = "aws:PrincipalTag/ViaAWSMCPService";
pub(super) const CALLED_VIA_TAG_KEY: &str = "aws:PrincipalTag/CalledViaAWSMCP";

/// What becomes of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Became {
    Condition { operator: &'static str, key: &'static str, value: &'static str },
    Always,
    Never,
    Untranslatable(&'static str),
}

const AMBIGUOUS: &str = "without an MCP server the key may be false or missing, and this condition tells the two apart, \
                         which the session tag cannot: write Bool with \"true\", or BoolIfExists with \"false\"";
const VARIABLE: &str = "it compares the key with a variable, so what it means depends on the request";

/// What becomes of a condition on `aws:ViaAWSMCPService`: that which holds in the same cases, by asking the engine in each.
///
/// An operator that is not negated, such as `StringEquals`, is false where the tag is missing, and so is the key's `Bool`
/// with `true` where the key is false or missing; `StringNotEquals` is true there.
pub(super) fn became(operator: &str, values: &Value) -> Became {
    if values.to_string().contains("${") {
        return Became::Untranslatable(VARIABLE);
    }
    let (via, missing, not_via) =
        (holds(operator, values, Some("true")), holds(operator, values, None), holds(operator, values, Some("false")));
    match (via, missing, not_via) {
        (_, missing, not_via) if missing != not_via => Became::Untranslatable(AMBIGUOUS),
        (true, false, _) => Became::Condition { operator: "StringEquals", key: VIA_TAG_KEY, value: "true" },
        (false, true, _) => Became::Condition { operator: "StringNotEquals", key: VIA_TAG_KEY, value: "true" },
        (true, true, _) => Became::Always,
        (false, false, _) => Became::Never,
    }
}

/// Whether the condition holds where the key has this value.
fn holds(operator: &str, values: &Value, value: Option<&str>) -> bool {
    let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {VIA: values}}});
    let json = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    let document = Document::parse(PolicyKind::Endpoint, &json).expect("the condition stood in a document");
    let context: Context = value.into_iter().map(|value| (VIA, value)).collect();
    let principal = Principal::anonymous();
    let request = Request::new("iam:GetUser", "*", &principal, &context);
    PolicySet::from(Policy::new("condition", document)).evaluate(&request).is_allow()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_condition_becomes_holds_in_the_same_cases() {
        let equals = Became::Condition { operator: "StringEquals", key: VIA_TAG_KEY, value: "true" };
        let differs = Became::Condition { operator: "StringNotEquals", key: VIA_TAG_KEY, value: "true" };
        let ambiguous = Became::Untranslatable(AMBIGUOUS);
        for (operator, values, expected) in [
            ("Bool", json!(["true"]), equals),
            ("Bool", json!("true"), equals),
            ("Bool", json!(["false"]), ambiguous),
            ("Bool", json!(["true", "false"]), ambiguous),
            ("BoolIfExists", json!(["true"]), ambiguous),
            ("BoolIfExists", json!(["false"]), differs),
            ("BoolIfExists", json!(["true", "false"]), Became::Always),
            ("ForAnyValue:Bool", json!(["true"]), equals),
            ("ForAllValues:Bool", json!(["true"]), ambiguous),
            ("ForAllValues:Bool", json!(["false"]), differs),
            ("Null", json!(["true"]), ambiguous),
            ("Null", json!(["false"]), ambiguous),
            ("Null", json!(["true", "false"]), Became::Always),
            ("StringEquals", json!(["true"]), equals),
            ("StringEqualsIgnoreCase", json!(["TRUE"]), equals),
            ("StringLike", json!(["t*"]), equals),
            ("StringEquals", json!(["yes"]), Became::Never),
            ("StringNotEquals", json!(["true"]), differs),
            ("StringNotEquals", json!(["false"]), ambiguous),
            ("StringNotLike", json!(["*"]), ambiguous),
            ("StringNotLike", json!(["t*"]), differs),
            ("StringEquals", json!(["${aws:username}"]), Became::Untranslatable(VARIABLE)),
            ("NumericEquals", json!(["1"]), Became::Never),
        ] {
            assert_eq!(became(operator, &values), expected, "{operator} {values}");
        }
    }
}
