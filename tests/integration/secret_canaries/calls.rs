//! Calls of every tool of the catalogue with a canary at every place that can hold one.

use iam_mcp_gateway::tools::Spec;
use iam_mcp_gateway::tools::catalogue::CATALOGUE;
use iam_mcp_gateway::tools::parameter::{Kept, Kind, Parameter, Pattern};
use serde_json::{Map, Value, json};

use super::canary::Canary;

/// A call, and the canaries in it.
pub(super) struct CanaryCall {
    pub(super) tool: &'static Spec,
    pub(super) arguments: Map<String, Value>,
    pub(super) canaries: Vec<Canary>,
    /// What AWS says to it, if it is asked.
    pub(super) aws_says: String,
}

/// Parameters that take any text and are kept as given: a reason is told to be kept, and a description is shown to everybody
/// who may read IAM and is put back after a deletion.
const FREE_TEXT_THAT_IS_KEPT: [&str; 2] = ["description", "reason"];

/// All calls, of all tools that there are.
pub(super) fn all() -> Vec<CanaryCall> {
    CATALOGUE.iter().flat_map(|tool| of(tool.spec)).collect()
}

fn of(spec: &'static Spec) -> Vec<CanaryCall> {
    let mut calls = vec![with_unknown(spec)];
    for parameter in spec.parameters() {
        if !FREE_TEXT_THAT_IS_KEPT.contains(&parameter.name) {
            calls.extend(with_misplaced(spec, parameter));
        }
        if parameter.kept != Kept::AsGiven {
            calls.push(with_fitting(spec, parameter));
        }
    }
    calls
}

/// Arguments that no tool takes: a canary as name, as value, and within.
fn with_unknown(spec: &'static Spec) -> CanaryCall {
    let of = |place: &str| Canary::new(format!("{}: {place}", spec.name));
    let (name, value) = (of("an unknown argument's name").echoed(), of("an unknown argument"));
    let (inner_name, inner) = (of("a name within an unknown argument"), of("a text within an unknown argument"));
    let mut arguments = fitting_arguments(spec);
    arguments.insert(name.text(), value.text().into());
    arguments.insert("secret_access_key".to_owned(), json!({inner_name.text(): [inner.text(), 1]}));
    CanaryCall { tool: spec, arguments, canaries: vec![name, value, inner_name, inner], aws_says: String::new() }
}

/// A value that holds a canary.
type Form = fn(&Canary) -> Value;

/// A canary in a form that does not fit the parameter, whatever it takes: in each for the first tool that has a parameter of
/// the name, and in one of them for each other tool, in turn.
fn with_misplaced(spec: &'static Spec, parameter: &'static Parameter) -> Vec<CanaryCall> {
    let forms: [(&str, Form); 6] = [
        ("a text", |canary| canary.text().into()),
        ("a text that is too long", |canary| canary.long().into()),
        ("a list", |canary| json!([canary.text()])),
        ("an object", |canary| json!({"Statement": canary.text()})),
        ("a name", |canary| json!({canary.text(): "x"})),
        ("a list of objects", |canary| json!([{"Key": canary.text(), "Value": {"x": canary.text()}}])),
    ];
    let has = |spec: &Spec| spec.parameters().any(|own| own.name == parameter.name);
    let before = CATALOGUE.iter().take_while(|tool| tool.spec.name != spec.name).filter(|tool| has(tool.spec)).count();
    let tried = if before == 0 { 0..forms.len() } else { before % forms.len()..before % forms.len() + 1 };
    forms[tried]
        .iter()
        .map(|(form, value)| {
            let canary = in_parameter(parameter, format!("{}.{}: {form}", spec.name, parameter.name));
            let mut arguments = fitting_arguments(spec);
            arguments.insert(parameter.name.to_owned(), value(&canary));
            CanaryCall { tool: spec, arguments, canaries: vec![canary], aws_says: String::new() }
        })
        .collect()
}

/// A fault may quote the client's words to it, but for what should not have been said at all: other servers' tools take
/// credentials there.
fn in_parameter(parameter: &Parameter, what: String) -> Canary {
    let canary = Canary::new(what);
    if matches!(parameter.kind, Kind::Refused(_)) { canary } else { canary.echoed() }
}

/// A canary that is what the parameter takes, and that AWS repeats.
fn with_fitting(spec: &'static Spec, parameter: &'static Parameter) -> CanaryCall {
    let canary = in_parameter(parameter, format!("{}.{}, as it takes it", spec.name, parameter.name));
    // What AWS is sent it may repeat in part; what it is not sent, it can at most have by chance.
    let longer = format!("{}-and-more", canary.plain());
    let value = match parameter.kind {
        Kind::Object => json!({"user_name": canary.text()}),
        Kind::ContextEntries => json!({"aws:Referer": canary.text(), "sts:ExternalId": ["x", longer]}),
        _ if parameter.is_sent_secret() => longer.into(),
        _ => canary.plain().into(),
    };
    let mut arguments = fitting_arguments(spec);
    arguments.insert(parameter.name.to_owned(), value);
    CanaryCall { tool: spec, arguments, aws_says: canary.plain(), canaries: vec![canary] }
}

/// What the tool needs, by its own declaration: a tool that is new has its calls here without anybody thinking of it.
pub(super) fn fitting_arguments(spec: &Spec) -> Map<String, Value> {
    let required = spec.parameters().filter(|parameter| parameter.required);
    required.map(|parameter| (parameter.name.to_owned(), fitting(parameter))).collect()
}

fn fitting(parameter: &Parameter) -> Value {
    let policy = || match parameter.name {
        "assume_role_policy_document" => json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}},
        ]}),
        _ => json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}]}),
    };
    match parameter.kind {
        Kind::Text(pattern) => fitting_text(pattern).into(),
        Kind::Texts { each, .. } => json!([fitting_text(each)]),
        Kind::Boolean | Kind::DefaultTrue => true.into(),
        Kind::Integer { min, .. } => min.into(),
        Kind::Choice { words, .. } | Kind::OneOf(words) => words[0].into(),
        Kind::Fraction => 0.5.into(),
        Kind::Words(words) => json!([words[0]]),
        Kind::Tags => json!({"Team": "platform"}),
        Kind::Document => policy(),
        Kind::Documents { .. } => json!([policy()]),
        Kind::Object => json!({}),
        Kind::ContextEntries => json!({"aws:SourceIp": "203.0.113.7"}),
        Kind::Refused(_) | Kind::Ignored => Value::Null,
    }
}

fn fitting_text(pattern: &Pattern) -> &'static str {
    let texts = [
        "bob",
        "/x/",
        "arn:aws:iam::123456789012:user/bob",
        "arn:aws:iam::123456789012:policy/p",
        "iam:GetUser",
        "v2",
        "AKIAIOSFODNN7EXAMPLE",
    ];
    let fitting = texts.into_iter().find(|text| pattern.fits(text));
    fitting.unwrap_or_else(|| unreachable!("add a text to this list that is {}", pattern.words))
}
