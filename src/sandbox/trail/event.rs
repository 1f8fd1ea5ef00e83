//! One event, in CloudTrail's shape.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use serde::Serialize;
use serde_json::Value;

/// A call that the sandbox performed or refused, as CloudTrail would record it. Secrets and tokens are left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The version of the record's form.
    pub event_version: &'static str,
    /// Who called.
    pub user_identity: UserIdentity,
    /// When, in whole seconds of UTC.
    pub event_time: String,
    /// The service: `iam.amazonaws.com` or `sts.amazonaws.com`.
    pub event_source: &'static str,
    /// The operation.
    pub event_name: String,
    /// The region that the request was signed for.
    pub aws_region: String,
    /// From where.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: String,
    /// What the client called itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The error's code, of a call that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The error's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The parameters; null where there are none.
    pub request_parameters: Value,
    /// What AssumeRole answered; null for every other call.
    pub response_elements: Value,
    /// The id that the client was told, too.
    #[serde(rename = "requestID")]
    pub request_id: String,
    /// The event's own id.
    #[serde(rename = "eventID")]
    pub event_id: String,
    /// Whether the operation can change nothing.
    pub read_only: bool,
    /// What it was about, where it is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
    /// Always `AwsApiCall`.
    pub event_type: &'static str,
    /// Always true.
    pub management_event: bool,
    /// The account.
    pub recipient_account_id: String,
    /// Always `Management`.
    pub event_category: &'static str,
}

/// Who called.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity {
    /// `IAMUser` or `AssumedRole`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The user's id, or the role's with the session's name.
    pub principal_id: String,
    /// The user's ARN, or the session's.
    pub arn: String,
    /// The account.
    pub account_id: String,
    /// The key that signed.
    pub access_key_id: String,
    /// The user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Of a session: what it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_context: Option<SessionContext>,
}

/// What a session is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionContext {
    /// The role.
    pub session_issuer: SessionIssuer,
    /// The source identity that was set when the first role of the chain was assumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
    /// When it began.
    pub attributes: SessionAttributes,
}

/// The role of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionIssuer {
    /// Always `Role`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The role's id.
    pub principal_id: String,
    /// The role's ARN.
    pub arn: String,
    /// The account.
    pub account_id: String,
    /// The role's name.
    pub user_name: String,
}

/// How a session began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionAttributes {
    /// When.
    pub creation_date: String,
    /// Always `"false"`: no device exists here that could give a code.
    pub mfa_authenticated: &'static str,
}

/// A resource of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// Its ARN.
    #[serde(rename = "ARN")]
    pub arn: String,
    /// Its account.
    #[serde(rename = "accountId")]
    pub account_id: String,
    /// Its type, such as `AWS::IAM::Role`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}
