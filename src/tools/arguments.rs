//! Checks a call's arguments against the tool's parameters.

pub(super) mod tags;

use serde_json::{Map, Value};

use super::context_entries::{self, Entry};
use super::documents;
use super::error::ToolError;
use super::parameter::{Kept, Kind, Parameter};
use super::spec::Spec;
use crate::iam::change::Tag;
use crate::suggest::suggest;

/// How many faults an error names: more than any honest call has.
const MOST_FAULTS: usize = 20;

/// What is said of a parameter that was left out.
const REQUIRED: &str = "is required";

/// Arguments that were checked: every one is known, of its type and within its constraint; all required ones are there.
#[derive(Debug, Clone, Default)]
pub struct Arguments(Map<String, Value>);

impl Arguments {
    /// Checks `given` against the parameters of `spec`. An explicit `null` is the same as leaving the argument out.
    ///
    /// # Errors
    /// One error that names every fault; its `parameter` is the first one's. Values are not echoed.
    pub fn check(spec: &Spec, given: &Map<String, Value>) -> Result<Self, ToolError> {
        let mut faults: Vec<(String, String)> = Vec::new();
        let mut checked = Map::new();
        for (name, value) in given {
            let Some(parameter) = spec.parameters().find(|parameter| parameter.name == name) else {
                faults.push((name.clone(), unknown(spec, name)));
                continue;
            };
            if value.is_null() {
                continue;
            }
            match check(parameter, value) {
                Ok(()) => {
                    checked.insert(name.clone(), value.clone());
                }
                Err(fault) => faults.push((name.clone(), fault)),
            }
        }
        for parameter in spec.parameters().filter(|parameter| parameter.required) {
            let refused = faults.iter().any(|(name, _)| name == parameter.name);
            if !checked.contains_key(parameter.name) && !refused {
                faults.push((parameter.name.to_owned(), REQUIRED.to_owned()));
            }
        }
        let Some((first, _)) = faults.first() else {
            return Ok(Self(checked));
        };
        let mut listed: Vec<String> = faults
            .iter()
            .take(MOST_FAULTS)
            .map(|(name, fault)| format!("{}: {fault}", super::text::visible(&shortened(name))))
            .collect();
        if faults.len() > MOST_FAULTS {
            listed.push(format!("and {} more", faults.len() - MOST_FAULTS));
        }
        let names: Vec<&str> =
            spec.parameters().filter(|parameter| parameter.is_listed()).map(|parameter| parameter.name).collect();
        let takes = if names.is_empty() { "no parameters".to_owned() } else { names.join(", ") };
        Err(ToolError::gateway("ValidationError", listed.join("; "))
            .recorded_as(recorded(spec, &faults))
            .parameter(super::text::visible(&shortened(first)).into_owned())
            .hint(format!("{} takes {takes}", spec.name)))
    }

    /// The text of `name`, or its parameter's default where it has one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// The text of a required parameter.
    ///
    /// # Panics
    /// When the parameter is not a required text parameter: the tool's table is wrong then.
    #[must_use]
    pub fn required(&self, name: &str) -> &str {
        self.text(name).expect("the check refuses calls without their required arguments")
    }

    /// The object of `name`, if it was given.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<&Map<String, Value>> {
        self.0.get(name).and_then(Value::as_object)
    }

    /// Whether `name` was given as `true`.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Whether `name` was given as `false`.
    #[must_use]
    pub fn is_refused(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool) == Some(false)
    }

    /// The whole number of `name`, if it was given.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }

    /// The number of `name`, if it was given.
    #[must_use]
    pub fn fraction(&self, name: &str) -> Option<f64> {
        self.0.get(name).and_then(Value::as_f64)
    }

    /// The tags of `name`, in the order of their keys; empty if none were given.
    #[must_use]
    pub fn tags(&self, name: &str) -> Vec<Tag> {
        self.0.get(name).map(|value| tags::read(value).expect("the check refuses what is not tags")).unwrap_or_default()
    }

    /// The texts of `name`, in their order; empty if none were given.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<String> {
        let texts = self.0.get(name).and_then(Value::as_array).into_iter().flatten();
        texts.filter_map(Value::as_str).map(ToOwned::to_owned).collect()
    }

    /// The policy documents of `name`, a document or a list of them, each as JSON text; empty if none were given.
    #[must_use]
    pub fn documents(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::Array(items)) => items.iter().map(documents::text).collect(),
            Some(document) => vec![documents::text(document)],
            None => Vec::new(),
        }
    }

    /// The condition keys of `name`, in the order of their names; empty if none were given.
    #[must_use]
    pub fn context_entries(&self, name: &str) -> Vec<Entry> {
        let read = |value| context_entries::read(value).expect("the check refuses what is no context");
        self.0.get(name).map(read).unwrap_or_default()
    }

    /// The arguments as they were given, without the named ones: what a confirmation is bound to.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Map<String, Value> {
        self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).map(|(n, v)| (n.clone(), v.clone())).collect()
    }
}

/// What a record keeps of the argument `name`; `None` where the tool has no such parameter.
///
/// A value that does not fit its parameter's constraint is not what was declared, so it counts as secret: whoever mistakes
/// one field for another pastes a password where a name belongs.
#[must_use]
pub fn kept(spec: &Spec, name: &str, value: &Value) -> Option<Kept> {
    let parameter = spec.parameters().find(|parameter| parameter.name == name)?;
    Some(match parameter.kept {
        Kept::AsGiven if value.is_null() || is_as_declared(parameter, value) => Kept::AsGiven,
        Kept::AsGiven => Kept::Secret,
        kept => kept,
    })
}

fn is_as_declared(parameter: &Parameter, value: &Value) -> bool {
    check(parameter, value).is_ok()
        && match (parameter.kind, value) {
            // A document may be any text; what makes it one that is kept is that it can be read as a policy.
            (Kind::Document, document) => documents::is_policy(document),
            (Kind::Documents { .. }, Value::Array(items)) => items.iter().all(documents::is_policy),
            (Kind::Refused(_) | Kind::Ignored | Kind::Documents { .. }, _) => false,
            _ => true,
        }
}

/// The faults as a record has them: without the names that are no parameters', and without words about values, which
/// may quote them.
fn recorded(spec: &Spec, faults: &[(String, String)]) -> String {
    let is_known = |name: &str| spec.parameters().any(|parameter| parameter.name == name);
    let known = faults.iter().filter(|(name, _)| is_known(name));
    let mut listed: Vec<String> = known
        .map(|(name, fault)| format!("{name}: {}", if fault == REQUIRED { REQUIRED } else { "is not what it takes" }))
        .collect();
    let unknown = faults.len() - listed.len();
    if unknown > 0 {
        listed.push(format!("{unknown} argument(s) are no parameters of this tool"));
    }
    listed.join("; ")
}

fn unknown(spec: &Spec, name: &str) -> String {
    let listed = spec.parameters().filter(|parameter| parameter.is_listed()).map(|parameter| parameter.name);
    match suggest(name, listed) {
        Some(near) => format!("is not a parameter; did you mean {near}?"),
        None => "is not a parameter".to_owned(),
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(64).collect()
}

fn check(parameter: &Parameter, value: &Value) -> Result<(), String> {
    match parameter.kind {
        Kind::Text(pattern) => match value {
            Value::String(text) if pattern.fits(text) => Ok(()),
            Value::String(_) => Err(format!("must be {}", pattern.words)),
            other => Err(format!("must be a string, not {}", type_of(other))),
        },
        Kind::Boolean | Kind::DefaultTrue => match value {
            Value::Bool(_) => Ok(()),
            other => Err(format!("must be true or false, not {}", type_of(other))),
        },
        Kind::Integer { min, max, .. } => match value.as_i64() {
            Some(number) if (min..=max).contains(&number) => Ok(()),
            Some(_) => Err(format!("must be between {min} and {max}")),
            None => Err(format!("must be a whole number, not {}", type_of(value))),
        },
        Kind::Fraction => match value.as_f64() {
            Some(number) if (0.0..=1.0).contains(&number) => Ok(()),
            Some(_) => Err("must be between 0 and 1".to_owned()),
            None => Err(format!("must be a number, not {}", type_of(value))),
        },
        Kind::Tags => tags::read(value).map(|_| ()),
        Kind::Words(words) => list(value, words.len(), |item| match item.as_str() {
            Some(word) if words.contains(&word) => Ok(()),
            _ => Err(format!("must be one of {}", words.join(", "))),
        }),
        Kind::Choice { words, .. } | Kind::OneOf(words) => match value.as_str() {
            Some(word) if words.contains(&word) => Ok(()),
            _ => Err(format!("must be one of {}", words.join(", "))),
        },
        Kind::Texts { each, most } => list(value, most, |item| match item {
            Value::String(text) if each.fits(text) => Ok(()),
            Value::String(_) => Err(format!("must be {}", each.words)),
            other => Err(format!("must be a string, not {}", type_of(other))),
        }),
        Kind::Document => documents::check(value),
        Kind::Documents { most } => list(value, most, documents::check),
        Kind::Object => match value {
            Value::Object(_) => Ok(()),
            other => Err(format!("must be an object, not {}", type_of(other))),
        },
        Kind::ContextEntries => context_entries::read(value).map(|_| ()),
        Kind::Refused(why) => Err(why.to_owned()),
        Kind::Ignored => Ok(()),
    }
}

/// Checks a list and names every item that is wrong by its place, from 0.
fn list(value: &Value, most: usize, check: impl Fn(&Value) -> Result<(), String>) -> Result<(), String> {
    let Value::Array(items) = value else { return Err(format!("must be a list, not {}", type_of(value))) };
    if items.is_empty() || items.len() > most {
        return Err(format!("must have 1 to {most} items"));
    }
    let wrong = items.iter().enumerate().filter_map(|(index, item)| Some((index, check(item).err()?)));
    let named: Vec<String> = wrong.take(MOST_FAULTS).map(|(index, fault)| format!("[{index}] {fault}")).collect();
    if named.is_empty() { Ok(()) } else { Err(named.join(", ")) }
}

pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tools::catalogue::CATALOGUE;

    fn check_call(tool: &str, arguments: &Value) -> Result<Arguments, ToolError> {
        let tool = CATALOGUE.find(tool).expect("a tool of the catalogue");
        Arguments::check(tool.spec, arguments.as_object().expect("an object"))
    }

    #[test]
    fn an_unknown_argument_is_refused_with_the_nearest_name() {
        let error = check_call("get_user", &json!({"username": "bob"})).unwrap_err();
        assert_eq!(error.code, "ValidationError");
        assert_eq!(error.parameter.as_deref(), Some("username"));
        assert!(error.message.contains("did you mean user_name?"), "{}", error.message);
    }

    #[test]
    fn every_fault_is_named_at_once_and_no_value_is_echoed() {
        let error = check_call("create_user", &json!({"user_name": 7, "path": "s3cret", "tags": 1})).unwrap_err();
        for name in ["user_name: must be a string", "path: must be", "tags: must be an object"] {
            assert!(error.message.contains(name), "{}", error.message);
        }
        assert!(!error.message.contains("s3cret"));
    }

    #[test]
    fn an_error_names_a_bounded_number_of_faults() {
        let many: Map<String, Value> = (0..50_000).map(|n| (format!("a{n}"), json!(1))).collect();
        let error = check_call("list_users", &Value::Object(many)).unwrap_err();
        assert!(error.message.len() < 2_000, "{}", error.message.len());
        assert!(error.message.ends_with("and 49980 more"), "{}", error.message);
    }

    #[test]
    fn a_missing_argument_is_named() {
        let error = check_call("create_user", &json!({})).unwrap_err();
        assert_eq!(error.message, "user_name: is required");
    }

    #[test]
    fn null_is_the_same_as_left_out() {
        assert!(check_call("list_users", &json!({"path_prefix": null})).is_ok());
        assert!(check_call("create_user", &json!({"user_name": null})).is_err());
    }

    #[test]
    fn numbers_are_whole_and_within_bounds() {
        assert_eq!(check_call("list_users", &json!({"max_items": 5})).unwrap().integer("max_items"), Some(5));
        for wrong in [json!(0), json!(1001), json!(1.5), json!("5"), json!(true)] {
            assert!(check_call("list_users", &json!({"max_items": wrong})).is_err());
        }
    }

    #[test]
    fn fractions_and_lists_of_words_are_what_they_take() {
        let fits = |tool: &str, arguments: Value| check_call(tool, &arguments);
        let given = fits("list_nhi_identities", json!({"min_confidence": 0.25})).unwrap();
        assert_eq!(given.fraction("min_confidence"), Some(0.25));
        for whole in [0, 1] {
            assert!(fits("list_nhi_identities", json!({"min_confidence": whole})).is_ok());
        }
        for wrong in [json!(-0.1), json!(1.01), json!("0.5"), json!(true)] {
            let error = fits("list_nhi_identities", json!({"min_confidence": wrong})).unwrap_err();
            assert_eq!(error.parameter.as_deref(), Some("min_confidence"));
        }
        let given = fits("find_inactive_identities", json!({"kinds": ["role", "user"]})).unwrap();
        assert_eq!(given.texts("kinds"), ["role", "user"]);
        for wrong in [json!([]), json!(["group"]), json!("user"), json!(["user", "user", "user", "user"])] {
            assert!(fits("find_inactive_identities", json!({"kinds": wrong})).is_err());
        }
    }

    #[test]
    fn what_is_on_by_default_is_refused_by_saying_so_only() {
        for (given, expected) in [(json!({}), false), (json!({"via_gateway_only": true}), false)] {
            assert_eq!(check_call("lookup_events", &given).unwrap().is_refused("via_gateway_only"), expected);
        }
        assert!(
            check_call("lookup_events", &json!({"via_gateway_only": false})).unwrap().is_refused("via_gateway_only")
        );
        assert!(check_call("lookup_events", &json!({"via_gateway_only": "no"})).is_err());
    }

    #[test]
    fn a_refused_parameter_says_why_and_does_not_echo_its_value() {
        let error = check_call("get_version", &json!({"profile": "prod-admin"})).unwrap_err();
        assert!(error.message.contains("the gateway chooses the role"), "{}", error.message);
        assert!(!format!("{error:?}").contains("prod-admin"));
    }

    fn kept_of(tool: &str, name: &str, value: &Value) -> Option<Kept> {
        kept(CATALOGUE.find(tool).expect("a tool of the catalogue").spec, name, value)
    }

    #[test]
    fn a_record_keeps_what_was_declared_and_fits() {
        let policy = json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}]});
        let role = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": "123456789012"}}]});
        for (tool, name, value) in [
            ("get_user", "user_name", json!("bob")),
            ("get_user", "user_name", Value::Null),
            ("create_user", "tags", json!({"team": "x"})),
            ("validate_policy", "policy_document", policy.clone()),
            ("validate_policy", "policy_document", json!(policy.to_string())),
            ("validate_policy", "policy_document", role),
            ("simulate_custom_policy", "policy_documents", json!([policy])),
        ] {
            assert_eq!(kept_of(tool, name, &value), Some(Kept::AsGiven), "{tool}.{name} {value}");
        }
        for (tool, name, value) in [
            ("get_user", "user_name", json!("wJalrXUtnFEMI/K7MDENG")),
            ("get_user", "user_name", json!({"a": "bob"})),
            ("create_user", "tags", json!({"team": 1})),
            ("validate_policy", "policy_document", json!("hunter2")),
            ("validate_policy", "policy_document", json!({"Version": "2012-10-17", "Secret": "hunter2"})),
            ("simulate_custom_policy", "policy_documents", json!([policy, "hunter2"])),
            ("simulate_custom_policy", "context_entries", json!({"aws:Referer": "hunter2"})),
            ("list_users", "marker", json!("hunter2")),
            ("get_version", "profile", json!("hunter2")),
            ("delete_user", "confirmed", json!("hunter2")),
        ] {
            assert_eq!(kept_of(tool, name, &value), Some(Kept::Secret), "{tool}.{name} {value}");
        }
        assert_eq!(kept_of("delete_user", "confirmation_token", &json!("abc")), Some(Kept::Token));
        assert_eq!(kept_of("delete_user", "password", &json!("hunter2")), None);
    }

    #[test]
    fn the_record_of_a_refusal_has_no_word_of_the_client() {
        let error =
            check_call("create_user", &json!({"hunter2": 1, "path": "hunter2", "tags": {"hunter2": "\u{202e}"}}));
        let error = error.unwrap_err();
        assert!(error.message.contains("hunter2"), "the client may read its own word: {}", error.message);
        assert_eq!(
            error.recorded_message(),
            "path: is not what it takes; tags: is not what it takes; user_name: is required; \
             1 argument(s) are no parameters of this tool"
        );
    }

    #[test]
    fn awslabs_confirmed_is_accepted_and_means_nothing() {
        for tool in ["create_user", "delete_user"] {
            let arguments = check_call(tool, &json!({"user_name": "bob", "confirmed": true})).unwrap();
            assert_eq!(arguments.without(&["user_name", "confirmed"]), Map::new());
        }
        assert!(check_call("get_user", &json!({"user_name": "bob", "confirmed": true})).is_err());
    }
}
