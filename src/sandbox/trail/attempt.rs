//! One call, made into an event.

use serde_json::Value;

use super::event::{Event, Resource, SessionAttributes, SessionContext, SessionIssuer, UserIdentity};
use super::parameters::{self, cut};
use crate::arn::AccountId;
use crate::random::uuid;
use crate::sandbox::call::Call;
use crate::sandbox::call::Performed;
use crate::sandbox::error::ServiceError;
use crate::sandbox::identity::Identity;
use crate::sandbox::service::Service;
use crate::sandbox::xml::seconds;

/// How much is told of what a stranger words, in bytes of JSON. With [`parameters::MOST`] an event comes to less than 64
/// KiB, and all that a trail keeps to so much memory at most.
const MOST_MESSAGE: usize = 8 * 1024;
const MOST_AGENT: usize = 2 * 1024;
const MOST_ARN: usize = 2 * 1024;

/// A call and what became of it.
#[derive(Debug)]
pub(in crate::sandbox) struct Attempt<'a> {
    pub(in crate::sandbox) account: AccountId,
    pub(in crate::sandbox) service: Service,
    pub(in crate::sandbox) access_key_id: &'a str,
    pub(in crate::sandbox) call: &'a Call<'a>,
    pub(in crate::sandbox) outcome: Result<&'a Performed, &'a ServiceError>,
    pub(in crate::sandbox) request_id: &'a str,
}

impl Attempt<'_> {
    /// Its record.
    pub(super) fn event(&self) -> Event {
        let Self { call, outcome, .. } = self;
        let error = outcome.err();
        Event {
            event_version: "1.11",
            user_identity: self.user_identity(),
            event_time: seconds(call.now),
            event_source: self.service.event_source(),
            event_name: call.action.chars().take(128).collect(),
            aws_region: call.region.to_owned(),
            source_ip_address: call.source_ip.to_string(),
            user_agent: call.user_agent.map(|agent| cut(agent, MOST_AGENT)),
            error_code: error.map(|error| error_code(self.service, error.code)),
            error_message: error.map(|error| cut(&error.message, MOST_MESSAGE)),
            request_parameters: self.request_parameters(),
            response_elements: outcome.ok().and_then(|done| done.response_elements.clone()).unwrap_or_default(),
            request_id: self.request_id.to_owned(),
            event_id: uuid(call.random),
            read_only: ["Get", "List", "Simulate", "Generate", "Lookup"]
                .iter()
                .any(|verb| call.action.starts_with(verb))
                || self.service == Service::Sts,
            resources: self.resources(),
            event_type: "AwsApiCall",
            management_event: true,
            recipient_account_id: self.account.to_string(),
            event_category: "Management",
        }
    }

    fn user_identity(&self) -> UserIdentity {
        let identity = self.call.identity;
        let session_context = match identity {
            Identity::Root { .. } | Identity::User { .. } => None,
            Identity::AssumedRole(session) => Some(SessionContext {
                session_issuer: SessionIssuer {
                    kind: "Role",
                    principal_id: session.role_id.clone(),
                    arn: session.role_arn.clone(),
                    account_id: self.account.to_string(),
                    user_name: session.role_name.clone(),
                },
                source_identity: session.source_identity.clone(),
                attributes: SessionAttributes { creation_date: seconds(session.issued), mfa_authenticated: "false" },
            }),
        };
        UserIdentity {
            kind: match identity {
                Identity::Root { .. } => "Root",
                Identity::User { .. } => "IAMUser",
                Identity::AssumedRole(_) => "AssumedRole",
            },
            principal_id: identity.user_id().to_owned(),
            arn: identity.arn().to_owned(),
            account_id: self.account.to_string(),
            access_key_id: self.access_key_id.to_owned(),
            user_name: identity.user_name().map(ToOwned::to_owned),
            session_context,
        }
    }

    /// The parameters; of AssumeRole with `principalTags` and `incomingTransitiveTags` beside the list of tags
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_ctlogs>).
    fn request_parameters(&self) -> Value {
        if self.call.action != "AssumeRole" {
            return parameters::recorded(self.call.fields, parameters::MOST);
        }
        // The tags are told twice.
        let mut parameters = parameters::recorded(self.call.fields, parameters::MOST / 2);
        let Some(object) = parameters.as_object_mut() else { return parameters };
        if let Some(tags) = object.get("tags").and_then(Value::as_array) {
            let pairs =
                tags.iter().filter_map(|tag| Some((tag.get("key")?.as_str()?.to_owned(), tag.get("value")?.clone())));
            let pairs: Value = pairs.collect::<serde_json::Map<_, _>>().into();
            object.insert("principalTags".to_owned(), pairs);
        }
        if let Identity::AssumedRole(session) = self.call.identity {
            let incoming: serde_json::Map<String, Value> =
                session.transitive_tags().map(|(key, value)| (key.to_owned(), value.into())).collect();
            if !incoming.is_empty() {
                object.insert("incomingTransitiveTags".to_owned(), incoming.into());
            }
        }
        parameters
    }

    fn resources(&self) -> Vec<Resource> {
        let role = self.call.fields.get("RoleArn").filter(|_| self.call.action == "AssumeRole");
        let resource = |arn: &str| Resource {
            arn: cut(arn, MOST_ARN),
            account_id: self.account.to_string(),
            kind: "AWS::IAM::Role",
        };
        role.map(resource).into_iter().collect()
    }
}

/// The code as CloudTrail has it: by the exception's name for errors that IAM's model names, as it is for the others.
fn error_code(service: Service, code: &str) -> String {
    let exception = match (service, code) {
        (
            _,
            "AccessDenied"
            | "InvalidAction"
            | "ValidationError"
            | "MissingAction"
            | "InvalidParameterValue"
            | "InvalidParameterCombination"
            | "MalformedQueryString",
        ) => return code.to_owned(),
        (Service::Iam, "NotSupportedService") => "ServiceNotSupported",
        (Service::Iam, "ReportInProgress") => "CredentialReportNotReady",
        (Service::Iam, "ReportNotPresent") => "CredentialReportNotPresent",
        (Service::Iam, "ReportExpired") => "CredentialReportExpired",
        // Errors that carry the exception's name on the wire, too.
        (_, other) if other.ends_with("Exception") => return other.to_owned(),
        (_, other) => other,
    };
    format!("{exception}Exception")
}
