//! Whether a mapping's sessions can be had, and if not, what is in the way.
//!
//! STS names the one action that it refuses, and stops there: of the others nothing is known then.

use serde_json::json;

use super::own::RUN_WHERE_IT_SERVES;
use crate::doctor::examination::{Examination, MappingSeen};
use crate::doctor::finding::Said;
use crate::iam::{AwsFailure, Sent};
use crate::stage_two;

/// What STS did not give a session for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// One of the three actions is not allowed.
    Action(&'static str),
    /// A transitive tag of the gateway's own session has a key of the stamp's.
    InheritedTags,
    /// Anything else about the request.
    Request,
    /// Nobody was asked, or nobody answered.
    NotAsked,
}

const ASSUME_ROLE: &str = "sts:AssumeRole";
const TAG_SESSION: &str = "sts:TagSession";
const SET_SOURCE_IDENTITY: &str = "sts:SetSourceIdentity";

impl Refused {
    fn of(failure: &AwsFailure) -> Self {
        if failure.sent != Sent::Refused || failure.retryable {
            return Self::NotAsked;
        }
        if failure.code == "AccessDenied" {
            // "... is not authorized to perform: sts:TagSession on resource: ..."
            let named = |action: &&str| failure.message.contains(&format!("perform: {action} "));
            let action = [TAG_SESSION, SET_SOURCE_IDENTITY].into_iter().find(named);
            return Self::Action(action.unwrap_or(ASSUME_ROLE));
        }
        // STS has no code of its own for it.
        if failure.message.contains("transitive tag key") && failure.message.contains("calling session") {
            return Self::InheritedTags;
        }
        Self::Request
    }
}

pub(super) fn assume_role(examination: &Examination, mapping: &MappingSeen) -> Said {
    said(examination, mapping, Refused::Action(ASSUME_ROLE), |failure| {
        let read = examination.roles.iter().find(|role| role.role_arn == mapping.role_arn).map(|role| &role.read);
        if read.is_some_and(|read| read.as_ref().is_err_and(super::super::Unseen::is_no_such_entity)) {
            let mend = format!("make the role {}, or name another one in this mapping", mapping.role_arn);
            return Said::problem("there is no such role", mend);
        }
        let hint = match mapping.has_external_id {
            true => "; its condition on sts:ExternalId has to be the external_id of this mapping",
            false => "; if it demands an sts:ExternalId, write it into this mapping as external_id",
        };
        let mend = format!("{}{hint}", to_allow(examination, mapping, failure, ASSUME_ROLE));
        Said::problem(format!("STS: {}", failure.message), mend)
    })
}

pub(super) fn tag_session(examination: &Examination, mapping: &MappingSeen) -> Said {
    said(examination, mapping, Refused::Action(TAG_SESSION), |failure| {
        Said::problem(format!("STS: {}", failure.message), to_allow(examination, mapping, failure, TAG_SESSION))
    })
}

pub(super) fn set_source_identity(examination: &Examination, mapping: &MappingSeen) -> Said {
    said(examination, mapping, Refused::Action(SET_SOURCE_IDENTITY), |failure| {
        let mend = to_allow(examination, mapping, failure, SET_SOURCE_IDENTITY);
        let mend = format!("{mend}; a gateway whose own session has a source identity cannot set another one at all");
        Said::problem(format!("STS: {}", failure.message), mend)
    })
}

pub(super) fn inherited_tags(examination: &Examination, mapping: &MappingSeen) -> Said {
    said(examination, mapping, Refused::InheritedTags, |failure| {
        Said::problem(
            format!("STS: {}", failure.message),
            "the gateway's own session was given transitive tags with keys of the stamp or of this mapping's tags: assume its role \
             without them (EKS Pod Identity: disable session tags of the association), or name the mapping's tags otherwise",
        )
    })
}

pub(super) fn request(examination: &Examination, mapping: &MappingSeen) -> Said {
    said(examination, mapping, Refused::Request, |failure| {
        let mend = match failure.code.as_str() {
            "PackedPolicyTooLarge" => {
                "give the mapping fewer toolsets or shorter tags; tags that the gateway's own session hands on count, too (EKS Pod \
                 Identity: disable session tags)"
            }
            "RegionDisabledException" => "activate STS in this region for the account, or set another aws.sts_region",
            "ValidationError" if failure.message.contains("MaxSessionDuration") => {
                "raise the role's maximum session duration, or make [broker] session_seconds shorter"
            }
            _ => "look at what this mapping asks for: tags, external_id, session_seconds",
        };
        Said::problem(format!("STS: {} ({})", failure.message, failure.code), mend)
    })
}

/// What a check says that looks for one kind of refusal.
fn said(
    examination: &Examination,
    mapping: &MappingSeen,
    looked_for: Refused,
    found: impl Fn(&AwsFailure) -> Said,
) -> Said {
    if let Some(other) = examination.somebody_else() {
        return Said::unknown(format!("asked was as {other}, which is not the gateway"), RUN_WHERE_IT_SERVES);
    }
    let failure = match &mapping.assumed {
        Ok(()) => return Said::ok("STS gave a session with the gateway's stamp"),
        Err(failure) => failure,
    };
    match Refused::of(failure) {
        refused if refused == looked_for => found(failure),
        Refused::NotAsked => Said::unknown(
            format!("{} ({})", failure.message, failure.code),
            "let the gateway reach STS with credentials of its own, and look again",
        ),
        Refused::Action(other) => Said::unknown(
            format!("STS refused {other}, and went no further"),
            format!("mend {other} first, and look again"),
        ),
        Refused::InheritedTags | Refused::Request => Said::unknown(
            format!("STS refused the request before that ({})", failure.code),
            "mend that first, and look again",
        ),
    }
}

/// Who has to allow an action: STS says only of the caller's own policies that it was they who did not.
fn to_allow(examination: &Examination, mapping: &MappingSeen, failure: &AwsFailure, action: &str) -> String {
    let role = &mapping.role_arn;
    let blames = |policy: &str| failure.message.contains(policy);
    let own = json!({
        "Effect": "Allow", "Action": [ASSUME_ROLE, TAG_SESSION, SET_SOURCE_IDENTITY], "Resource": role.to_string(),
    });
    if blames("service control policy") {
        return format!("a service control policy denies the gateway {action}: let it pass for the gateway's role");
    }
    if blames("permissions boundary") {
        return format!("the gateway's own permissions boundary does not allow it {action} on {role}");
    }
    if blames("no identity-based policy") {
        return format!("add to the policies of the gateway's own role: {own}");
    }
    if blames("explicit deny in an identity-based policy") {
        return format!("a policy of the gateway's own role denies it {action} on {role}: take that out");
    }
    match examination.trusted().and_then(|trusted| trusted.role) {
        Some(gateway_role) => {
            let trust = stage_two::trust_policy(&examination.gateway, &gateway_role);
            let trust = serde_json::to_string(&trust).expect("policies serialize");
            format!("make this the trust policy of {role} (`policy scp` writes it, too): {trust}")
        }
        None => format!("allow the gateway {action} in the trust policy of {role}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::testing::{failure, good, identity};
    use crate::doctor::{Status, Unseen};

    const CHECKS: [fn(&Examination, &MappingSeen) -> Said; 5] =
        [assume_role, tag_session, set_source_identity, inherited_tags, request];

    fn statuses(failure: AwsFailure) -> [Status; 5] {
        let mut examination = good();
        examination.mappings[0].assumed = Err(failure);
        CHECKS.map(|check| check(&examination, &examination.mappings[0]).status)
    }

    fn denied(action: &str, why: &str) -> AwsFailure {
        let message = format!("User: x is not authorized to perform: {action} on resource: y{why}");
        failure("AccessDenied", &message)
    }

    #[test]
    fn each_refusal_is_told_by_the_check_that_looks_for_it_and_the_others_do_not_know() {
        let examination = good();
        let fine = CHECKS.map(|check| check(&examination, &examination.mappings[0]).status);
        assert_eq!(fine, [Status::Ok; 5]);
        let collides = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the \
                        calling session.";
        for (at, refused) in [
            denied(ASSUME_ROLE, ""),
            denied(TAG_SESSION, ""),
            denied(SET_SOURCE_IDENTITY, ""),
            failure("InvalidParameterValue", collides),
            failure("PackedPolicyTooLarge", "Packed policy consumes 110% of allotted space"),
        ]
        .into_iter()
        .enumerate()
        {
            let mut expected = [Status::Unknown; 5];
            expected[at] = Status::Problem;
            assert_eq!(statuses(refused.clone()), expected, "{refused}");
        }
    }

    #[test]
    fn where_sts_was_not_reached_nothing_is_known() {
        let unreachable = AwsFailure { sent: Sent::No, retryable: true, ..failure("AwsUnreachable", "no connection") };
        assert_eq!(statuses(unreachable), [Status::Unknown; 5]);
        let throttled = AwsFailure { retryable: true, ..failure("Throttling", "Rate exceeded") };
        assert_eq!(statuses(throttled), [Status::Unknown; 5]);
    }

    #[test]
    fn what_somebody_else_may_says_nothing_of_the_gateway() {
        let mut examination = good();
        examination.own.identity = Ok(identity("arn:aws:iam::123456789012:user/pat"));
        for assumed in [Ok(()), Err(denied(ASSUME_ROLE, ""))] {
            examination.mappings[0].assumed = assumed;
            let said = CHECKS.map(|check| check(&examination, &examination.mappings[0]).status);
            assert_eq!(said, [Status::Unknown; 5]);
        }
    }

    #[test]
    fn a_role_that_is_not_there_is_told_as_such() {
        let mut examination = good();
        examination.mappings[0].assumed = Err(denied(ASSUME_ROLE, ""));
        examination.roles[0].read = Err(Unseen::new("NoSuchEntity", "no"));
        let said = assume_role(&examination, &examination.mappings[0]);
        assert!(said.status == Status::Problem && said.evidence == "there is no such role", "{said:?}");
    }

    #[test]
    fn the_mend_is_where_sts_says_that_it_is_missing() {
        let mend = |why: &str| {
            let mut examination = good();
            examination.mappings[0].assumed = Err(denied(TAG_SESSION, why));
            tag_session(&examination, &examination.mappings[0]).mend.unwrap()
        };
        assert!(mend("").contains("\"sts:TagSession\"") && mend("").contains("trust policy of"), "{}", mend(""));
        let own = mend(" because no identity-based policy allows the sts:TagSession action");
        assert!(own.starts_with("add to the policies of the gateway's own role: {\"Action\""), "{own}");
        assert!(mend(" with an explicit deny in a service control policy").contains("service control policy"));
        assert!(mend(" because no permissions boundary allows it").contains("permissions boundary"));
    }
}
