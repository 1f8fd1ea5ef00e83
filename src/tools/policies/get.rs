//! `get_policy` and `get_managed_policy_document`

use serde_json::{Value, json};

use super::{POLICY, VERSION};
use crate::config::Toolset;
use crate::iam::reads::{GET_POLICY, GET_POLICY_VERSION};
use crate::iam::{DeclaredCall, Reader, Resource, shape};
use crate::tools::parameter::Parameter;
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work, managed};

/// `get_policy`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&GetPolicy) };

static SPEC: Spec = Spec {
    name: "get_policy",
    title: "Get a managed policy",
    description: "Shows one managed policy: description, tags, default version, how often it is attached, and the document \
                  that is in force.",
    toolset: Toolset::Policies,
    own_parameters: &[POLICY],
    output: || {
        json!({"Policy": {"type": "object", "properties": {
            "PolicyName": {"type": "string"}, "Arn": {"type": "string"}, "DefaultVersionId": {"type": "string"},
            "AttachmentCount": {"type": "integer"},
            "PolicyDocument": {"anyOf": [{"type": "object"}, {"type": "string"}]},
        }, "required": ["PolicyName", "Arn"]}})
    },
    reads: &[GET_POLICY, GET_POLICY_VERSION],
    always: &[GET_POLICY],
    ..Spec::READING
};

struct GetPolicy;

impl ReadTool for GetPolicy {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        Ok(managed::declared(call.arguments.required(POLICY.name)).into())
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let arn = call.arguments.required(POLICY.name);
            let policy = managed::policy(reader, arn).await?;
            let version = managed::version(reader, arn, policy.default_version_id().unwrap_or_default()).await?;
            let mut shown = shape::policy(&policy);
            shown["PolicyDocument"] = version.document().map_or(Value::Null, shape::policy_document);
            Ok(json!({"Policy": shown}))
        })
    }
}

/// `get_managed_policy_document`
pub const DOCUMENT: Tool = Tool { spec: &DOCUMENT_SPEC, work: Work::Read(&GetManagedPolicyDocument) };

static DOCUMENT_SPEC: Spec = Spec {
    name: "get_managed_policy_document",
    title: "Get the document of a managed policy",
    description: "Shows the document of one version of a managed policy; of the default version, which is in force, where none \
                  is named.",
    toolset: Toolset::Policies,
    own_parameters: &[POLICY, Parameter { required: false, ..VERSION }],
    output: || {
        json!({
            "PolicyArn": {"type": "string"}, "PolicyName": {"type": "string"}, "VersionId": {"type": "string"},
            "IsDefaultVersion": {"type": "boolean"}, "CreateDate": {"type": "string"},
            "PolicyDocument": {"anyOf": [{"type": "object"}, {"type": "string"}]},
        })
    },
    reads: &[GET_POLICY, GET_POLICY_VERSION],
    always: &[GET_POLICY_VERSION],
    ..Spec::READING
};

struct GetManagedPolicyDocument;

impl ReadTool for GetManagedPolicyDocument {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        let arn = call.arguments.required(POLICY.name);
        Ok(match call.arguments.text(VERSION.name) {
            None => managed::declared(arn).into(),
            Some(version) => vec![
                DeclaredCall::new(GET_POLICY_VERSION, Resource::Arn(arn.to_owned()))
                    .with("PolicyArn", arn)
                    .with("VersionId", version),
            ],
        })
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let arn = call.arguments.required(POLICY.name);
            let version = match call.arguments.text(VERSION.name) {
                Some(version) => version.to_owned(),
                None => managed::policy(reader, arn).await?.default_version_id().unwrap_or_default().to_owned(),
            };
            let version = managed::version(reader, arn, &version).await?;
            Ok(json!({
                "PolicyArn": arn,
                "PolicyName": arn.rsplit('/').next(),
                "VersionId": version.version_id(),
                "IsDefaultVersion": version.is_default_version(),
                "CreateDate": version.create_date().map(shape::time),
                "PolicyDocument": version.document().map_or(Value::Null, shape::policy_document),
            }))
        })
    }
}
