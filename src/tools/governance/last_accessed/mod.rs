//! `get_service_last_accessed`

mod job;
mod narrow;
mod subject;
mod suggestion;

use aws_sdk_iam::types::ServiceLastAccessed;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use self::narrow::Uses;
use self::subject::Subject;
use crate::config::Toolset;
use crate::iam::{Action, DeclaredCall, Reader, Resource, reads, shape};
use crate::tools::parameter::{ENTITY_ARN, Kept, Kind, Parameter};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work};

/// `get_service_last_accessed`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&GetServiceLastAccessed) };

/// IAM authorizes it on the user, group, role or policy.
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>.
const GENERATE: Action = Action::new("iam:GenerateServiceLastAccessedDetails");
const GET: Action = Action::new("iam:GetServiceLastAccessedDetails");

const ARN: Parameter = Parameter {
    name: "arn",
    description: "the entity's",
    kind: Kind::Text(&ENTITY_ARN),
    required: true,
    kept: Kept::AsGiven,
};

/// AWS remembers no longer.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html>.
const TRACKED_DAYS: i64 = 400;

/// What a call means that does not say.
const USUAL_DAYS: i64 = 90;

/// What must not be read into the lists.
const NOTE: &str = "AWS remembers tries of at most 400 days, in newer regions fewer, and tells of the last four hours late. \
                    Tries that were denied count as uses.";

static SPEC: Spec = Spec {
    name: "get_service_last_accessed",
    title: "Find services that are not used",
    description: "Shows which services that an IAM entity's policies allow were never used, not lately, or are in use, and \
                  suggests narrower policies without applying them.",
    toolset: Toolset::Governance,
    own_parameters: &[
        ARN,
        Parameter {
            name: "unused_for_days",
            description: "days without use",
            kind: Kind::Integer { min: 1, max: TRACKED_DAYS, default: Some(USUAL_DAYS) },
            required: false,
            kept: Kept::AsGiven,
        },
    ],
    output: || {
        json!({
            "NeverUsed": {"type": "array"}, "NotUsedLately": {"type": "array"}, "InUse": {"type": "array"},
            "JobCompletionDate": {"type": "string"}, "Note": {"type": "string"},
            "SuggestedPolicy": {"type": "object", "absent": true},
        })
    },
    reads: &[
        GENERATE,
        GET,
        reads::LIST_ATTACHED_USER_POLICIES,
        reads::LIST_USER_POLICIES,
        reads::GET_USER_POLICY,
        reads::LIST_GROUPS_FOR_USER,
        reads::LIST_ATTACHED_ROLE_POLICIES,
        reads::LIST_ROLE_POLICIES,
        reads::GET_ROLE_POLICY,
        reads::LIST_ATTACHED_GROUP_POLICIES,
        reads::LIST_GROUP_POLICIES,
        reads::GET_GROUP_POLICY,
        reads::GET_POLICY,
        reads::GET_POLICY_VERSION,
    ],
    always: &[GENERATE, GET],
    ..Spec::READING
};

struct GetServiceLastAccessed;

impl ReadTool for GetServiceLastAccessed {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        let (account, arn) = (&call.facts.account, call.arguments.required(ARN.name));
        Ok(Subject::of(account, arn)?.0.declared(account, arn))
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let arn = call.arguments.required(ARN.name);
            let (subject, kind) = Subject::of(&call.facts.account, arn)?;
            let entity = Resource::claimed(&call.facts.account, arn);
            let report = job::report(reader, arn, &entity, kind.as_str()).await?;
            let days = call.arguments.integer("unused_for_days").unwrap_or(USUAL_DAYS);
            let sorted = Sorted::of(&report.services, call.facts.origin.at, days);
            let mut answer = json!({
                "JobCompletionDate": shape::time(&report.completed),
                "NeverUsed": shown(&sorted.never),
                "NotUsedLately": shown(&sorted.not_lately),
                "InUse": shown(&sorted.in_use),
                "Note": NOTE,
            });
            if let Some(suggestion) = suggestion::suggestion(reader, &subject, &sorted.uses()).await? {
                answer["SuggestedPolicy"] = suggestion;
            }
            Ok(answer)
        })
    }
}

/// Services by their last use, in AWS's order.
#[derive(Debug, Default)]
struct Sorted<'a> {
    never: Vec<&'a ServiceLastAccessed>,
    not_lately: Vec<&'a ServiceLastAccessed>,
    in_use: Vec<&'a ServiceLastAccessed>,
}

impl<'a> Sorted<'a> {
    fn of(services: &'a [ServiceLastAccessed], now: Timestamp, days: i64) -> Self {
        let quiet_since = now - SignedDuration::from_hours(24 * days);
        let mut sorted = Self::default();
        for service in services {
            let list = match service.last_authenticated() {
                None => &mut sorted.never,
                Some(last) if last.secs() <= quiet_since.as_second() => &mut sorted.not_lately,
                Some(_) => &mut sorted.in_use,
            };
            list.push(service);
        }
        sorted
    }

    fn uses(&self) -> Uses {
        let namespace = |service: &&ServiceLastAccessed| service.service_namespace().to_ascii_lowercase();
        Uses {
            used: self.in_use.iter().chain(&self.not_lately).map(namespace).collect(),
            unused: self.never.iter().map(namespace).collect(),
        }
    }
}

/// Services in AWS's field names; what AWS does not tell is left out.
fn shown(services: &[&ServiceLastAccessed]) -> Value {
    services
        .iter()
        .map(|service| {
            let mut shown =
                json!({"ServiceNamespace": service.service_namespace(), "ServiceName": service.service_name()});
            if let Some(last) = service.last_authenticated() {
                shown["LastAuthenticated"] = shape::time(last);
                shown["LastAuthenticatedEntity"] = service.last_authenticated_entity().into();
                shown["LastAuthenticatedRegion"] = service.last_authenticated_region().into();
                shown["TotalAuthenticatedEntities"] = service.total_authenticated_entities().into();
            }
            shown
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;

    fn service(namespace: &str, last: Option<&str>) -> ServiceLastAccessed {
        let at = |text: &str| DateTime::from_secs(text.parse::<Timestamp>().unwrap().as_second());
        ServiceLastAccessed::builder()
            .service_name(namespace)
            .service_namespace(namespace)
            .set_last_authenticated(last.map(at))
            .build()
            .unwrap()
    }

    #[test]
    fn services_are_told_apart_by_their_last_use() {
        let services = [
            service("s3", Some("2026-02-28T12:00:00Z")),
            service("ec2", None),
            service("SQS", Some("2026-02-27T12:00:01Z")),
            service("sns", Some("2026-02-27T12:00:00Z")),
        ];
        let sorted = Sorted::of(&services, "2026-03-01T12:00:00Z".parse().unwrap(), 2);
        let names = |list: &[&ServiceLastAccessed]| -> Vec<String> {
            list.iter().map(|service| service.service_namespace().to_owned()).collect()
        };
        assert_eq!(names(&sorted.never), ["ec2"]);
        assert_eq!(names(&sorted.not_lately), ["sns"]);
        assert_eq!(names(&sorted.in_use), ["s3", "SQS"]);
        let uses = sorted.uses();
        assert_eq!(uses.used, ["s3", "sns", "sqs"].map(str::to_owned).into());
        assert_eq!(uses.unused, ["ec2".to_owned()].into());
    }

    #[test]
    fn what_was_never_used_has_no_last_use() {
        assert_eq!(shown(&[&service("ec2", None)]), json!([{"ServiceNamespace": "ec2", "ServiceName": "ec2"}]));
    }
}
