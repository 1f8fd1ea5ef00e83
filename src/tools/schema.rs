//! JSON schemas (draft 2020-12) of a tool's input and output, and the tool as MCP lists it.

use serde_json::{Map, Value, json};

use super::parameter::{Kind, OF_CONFIRMED, Parameter, Pattern};
use super::spec::Spec;

/// The input schema: every listed parameter with its constraint.
#[must_use]
pub fn input(spec: &Spec) -> Map<String, Value> {
    input_of(spec, spec.effect.is_confirmed())
}

/// The input schema for callers who confirm calls of the tool, or do not.
#[must_use]
pub fn input_of(spec: &Spec, confirmed: bool) -> Map<String, Value> {
    let is_of_confirmation = |name| OF_CONFIRMED.iter().any(|parameter| parameter.name == name);
    let is_listed =
        |parameter: &&'static Parameter| parameter.is_listed() && (confirmed || !is_of_confirmation(parameter.name));
    let listed = || spec.parameters().filter(is_listed);
    let properties: Map<String, Value> =
        listed().map(|parameter| (parameter.name.to_owned(), property(parameter))).collect();
    let required: Vec<&str> = listed().filter(|parameter| parameter.required).map(|parameter| parameter.name).collect();
    let mut schema = object(properties);
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    schema.insert("additionalProperties".into(), false.into());
    schema
}

fn property(parameter: &Parameter) -> Value {
    let mut schema = match parameter.kind {
        Kind::Text(pattern) => {
            let mut schema = text(pattern);
            if let Some(default) = pattern.default {
                schema["default"] = default.into();
            }
            schema
        }
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::DefaultTrue => json!({"type": "boolean", "default": true}),
        Kind::Integer { min, max, default } => {
            let mut schema = json!({"type": "integer", "minimum": min, "maximum": max});
            if let Some(default) = default {
                schema["default"] = default.into();
            }
            schema
        }
        Kind::Fraction => json!({"type": "number", "minimum": 0, "maximum": 1}),
        Kind::Words(words) => json!({"type": "array", "items": {"enum": words}}),
        Kind::Tags => json!({"type": "object", "additionalProperties": {"type": "string", "maxLength": 256}}),
        Kind::Choice { words, default } => json!({"enum": words, "default": default}),
        Kind::OneOf(words) => json!({"enum": words}),
        Kind::Texts { each, most } => json!({
            "type": "array", "minItems": 1, "maxItems": most,
            "items": text(each),
        }),
        Kind::Document => either("object", "string"),
        Kind::Documents { most } => {
            json!({"type": "array", "minItems": 1, "maxItems": most, "items": either("object", "string")})
        }
        Kind::Object => json!({"type": "object"}),
        Kind::ContextEntries => either("object", "array"),
        Kind::Refused(_) | Kind::Ignored => json!({}),
    };
    schema["description"] = parameter.description.into();
    schema
}

/// A text that fits a pattern. What the gateway itself made or keeps has no constraint that a model could break unknowingly.
fn text(pattern: &Pattern) -> Value {
    if pattern.is_made {
        return json!({"type": "string"});
    }
    let mut schema = json!({"type": "string", "maxLength": pattern.max});
    if pattern.is_told {
        schema["pattern"] = pattern.expression.into();
    }
    // Patterns with a single character at least say so themselves.
    if pattern.min > 1 {
        schema["minLength"] = pattern.min.into();
    }
    schema
}

/// A choice of two types: a list of types is understood by fewer clients.
fn either(one: &str, other: &str) -> Value {
    json!({"anyOf": [{"type": one}, {"type": other}]})
}

/// The output schema: the tool's own members, for a writing tool also how far the call went and its plan; or an error.
///
/// The TypeScript SDK before 2.0 and the Inspector hold the structured content of errors against this schema too, and
/// show their own complaint in place of an error that does not fit.
#[must_use]
pub fn output(spec: &Spec) -> Map<String, Value> {
    output_of(spec, spec.effect.is_confirmed())
}

/// The output schema for callers who confirm calls of the tool, or do not.
#[must_use]
pub fn output_of(spec: &Spec, confirmed: bool) -> Map<String, Value> {
    let Value::Object(mut members) = (spec.output)() else { return Map::new() };
    let required: Vec<&str> = if spec.effect.writes() {
        vec!["status", "plan"]
    } else {
        let told = (spec.output)();
        let always = told.as_object().into_iter().flatten().filter(|(_, schema)| schema["absent"] != true);
        let names: Vec<String> = always.map(|(name, _)| name.clone()).collect();
        return finished(members, &names);
    };
    members.extend(progress(confirmed));
    finished(members, &required)
}

/// What every result can have beside; `required` are the members that are never absent.
fn finished(mut members: Map<String, Value>, required: &[impl serde::Serialize]) -> Map<String, Value> {
    members.values_mut().filter_map(Value::as_object_mut).for_each(|schema| drop(schema.remove("absent")));
    members.insert("findings".into(), json!({"type": "array"}));
    members.insert("error".into(), error());
    let mut schema = object(members);
    schema.insert("anyOf".into(), json!([{"required": required}, {"required": ["error"]}]));
    schema
}

/// How far the call of a writing tool went.
fn progress(confirmed: bool) -> Map<String, Value> {
    let text = || json!({"type": "string"});
    let mut members = Map::from_iter([
        ("status".to_owned(), json!({"enum": ["done", "dry_run", "confirmation_required"]})),
        ("plan".to_owned(), json!({"type": "object"})),
        ("next".to_owned(), text()),
    ]);
    if confirmed {
        for name in ["confirmation_token", "plan_token", "expires_at"] {
            members.insert(name.into(), text());
        }
    }
    members
}

/// [`ToolError`](super::ToolError), as far as every one has it: a model reads the list of all tools, and the error once.
fn error() -> Value {
    json!({"type": "object", "required": ["code", "message", "stage", "retryable"]})
}

fn object(properties: Map<String, Value>) -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), "object".into()), ("properties".to_owned(), Value::Object(properties))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::ToolError;
    use crate::tools::catalogue::CATALOGUE;

    #[test]
    fn an_error_fits_the_output_schema_of_every_tool() {
        let sent = json!(ToolError::gateway("ReadOnlyCaller", "your access is read-only"));
        for tool in CATALOGUE.iter() {
            let schema = Value::Object(output(tool.spec));
            assert_eq!(schema["required"], Value::Null, "{}: it would be asked of errors too", tool.spec.name);
            assert_eq!(schema["anyOf"][1], json!({"required": ["error"]}), "{}", tool.spec.name);
            let error = &schema["properties"]["error"];
            let required = error["required"].as_array().unwrap();
            assert!(required.iter().all(|name| sent.get(name.as_str().unwrap()).is_some()), "{required:?} of {sent}");
        }
    }

    #[test]
    fn a_result_has_every_member_that_is_never_absent() {
        let required = |name: &str| output(CATALOGUE.find(name).unwrap().spec)["anyOf"][0]["required"].clone();
        assert_eq!(required("list_users"), json!(["Count", "IsTruncated", "Users"]));
        assert_eq!(required("delete_user"), json!(["status", "plan"]));
    }
}
