//! JSON schemas (draft 2020-12) of a tool's input and output, and the tool as MCP lists it.

use serde_json::{Map, Value, json};

use super::parameter::{Kind, Parameter};
use super::spec::Spec;

/// The input schema: every listed parameter with its constraint.
#[must_use]
pub fn input(spec: &Spec) -> Map<String, Value> {
    let listed = || spec.parameters().filter(|parameter| parameter.is_listed());
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
            let mut schema = json!({
                "type": "string",
                "minLength": pattern.min,
                "maxLength": pattern.max,
                "pattern": pattern.expression,
            });
            if let Some(default) = pattern.default {
                schema["default"] = default.into();
            }
            schema
        }
        Kind::Boolean => json!({"type": "boolean", "default": false}),
        Kind::Integer { min, max, default } => {
            json!({"type": "integer", "minimum": min, "maximum": max, "default": default})
        }
        Kind::Tags => json!({"type": "object", "additionalProperties": {"type": "string", "maxLength": 256}}),
        Kind::Refused(_) | Kind::Ignored => json!({}),
    };
    schema["description"] = parameter.description.into();
    schema
}

/// The output schema: the tool's own members; for a writing tool also how far the call went and its plan.
#[must_use]
pub fn output(spec: &Spec) -> Map<String, Value> {
    let Value::Object(mut members) = (spec.output)() else { return Map::new() };
    let findings = json!({"type": "array", "description": "absent unless text in the result reads like instructions"});
    members.insert("findings".into(), findings);
    if !spec.effect.writes() {
        let required: Vec<String> = members
            .iter()
            .filter(|(_, schema)| !schema["description"].as_str().is_some_and(|text| text.starts_with("absent")))
            .map(|(name, _)| name.clone())
            .collect();
        let mut schema = object(members);
        schema.insert("required".into(), json!(required));
        return schema;
    }
    members.insert("status".into(), json!({"enum": ["done", "dry_run", "confirmation_required"]}));
    members.insert(
        "plan".into(),
        json!({"type": "object", "properties": {"calls": {"type": "array"}, "lost": {"type": "object"}}}),
    );
    if spec.effect.is_confirmed() {
        members.insert("confirmation_token".into(), json!({"type": "string"}));
        members.insert("expires_at".into(), json!({"type": "string"}));
    }
    members.insert("next".into(), json!({"type": "string"}));
    let mut schema = object(members);
    schema.insert("required".into(), json!(["status", "plan"]));
    schema
}

fn object(properties: Map<String, Value>) -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), "object".into()), ("properties".to_owned(), Value::Object(properties))])
}
