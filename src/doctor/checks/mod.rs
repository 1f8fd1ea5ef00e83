//! The checks, in one table: pure, on what was seen.

mod own;
mod role;
mod session;
mod stamp;
mod trail;
mod trust;

use super::examination::{AccountSeen, Examination, MappingSeen, RoleSeen};
use super::finding::{Finding, Said, Subject};

/// What is asked of a thing.
#[derive(Debug)]
pub struct Check {
    /// Its code: stable.
    pub code: &'static str,
    /// What is so where it is fine.
    pub expected: &'static str,
    look: Look,
}

/// What it is asked of.
#[derive(Debug)]
enum Look {
    Gateway(fn(&Examination) -> Said),
    Mapping(fn(&Examination, &MappingSeen) -> Said),
    Role(fn(&Examination, &RoleSeen) -> Said),
    Account(fn(&AccountSeen) -> Said),
}

const fn check(code: &'static str, expected: &'static str, look: Look) -> Check {
    Check { code, expected, look }
}

/// Every check.
pub static CHECKS: &[Check] = &[
    check("GatewayCredentials", "the gateway has AWS credentials of its own", Look::Gateway(own::credentials)),
    check("GatewayIdentity", "they are a role's, and the one that is protected", Look::Gateway(own::identity)),
    check("GatewayFreeOfIam", "the gateway's own identity may do nothing with IAM", Look::Gateway(own::free_of_iam)),
    check("AssumeRole", "STS lets the gateway assume the role", Look::Mapping(session::assume_role)),
    check("TagSession", "the session may be tagged with the stamp", Look::Mapping(session::tag_session)),
    check("SetSourceIdentity", "the session may have a source identity", Look::Mapping(session::set_source_identity)),
    check(
        "InheritedTags",
        "no tags that the gateway's own session hands on are in the way",
        Look::Mapping(session::inherited_tags),
    ),
    check("SessionRequest", "STS takes the session as the gateway asks for it", Look::Mapping(session::request)),
    check(
        "TrustOnlyGateway",
        "the role's trust policy lets in the gateway and nobody else",
        Look::Role(trust::only_gateway),
    ),
    check("TrustRequiresStamp", "it lets the gateway in only with its stamp", Look::Role(stamp::required)),
    check("PermissionsBoundary", "a permissions boundary is attached to the role", Look::Role(role::boundary)),
    check("NotAdministrator", "the role is no administrator", Look::Role(role::not_administrator)),
    check("CloudTrail", "a trail keeps what is done in the account", Look::Account(trail::keeps)),
];

/// What the checks say of an examination: of the gateway, then of each mapping, each role and each account, in the order of the
/// table.
#[must_use]
pub fn findings(examination: &Examination) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut tell = |check: &Check, subject: Subject, said: Said| {
        let Said { status, evidence, mend } = said;
        found.push(Finding { code: check.code, expected: check.expected, status, subject, evidence, mend });
    };
    for check in CHECKS {
        if let Look::Gateway(look) = check.look {
            tell(check, Subject::Gateway, look(examination));
        }
    }
    for mapping in &examination.mappings {
        for check in CHECKS {
            if let Look::Mapping(look) = check.look {
                let subject = Subject::Mapping { mapping: mapping.mapping.clone(), role_arn: mapping.role_arn.clone() };
                tell(check, subject, look(examination, mapping));
            }
        }
    }
    for role in &examination.roles {
        for check in CHECKS {
            if let Look::Role(look) = check.look {
                let subject = Subject::Role { role_arn: role.role_arn.clone(), mappings: role.mappings.clone() };
                tell(check, subject, look(examination, role));
            }
        }
    }
    for account in &examination.accounts {
        for check in CHECKS {
            if let Look::Account(look) = check.look {
                tell(check, Subject::Account { account: account.account.id }, look(account));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::doctor::testing::good;
    use crate::doctor::{Counts, Status};

    #[test]
    fn codes_are_told_once_each_and_a_good_gateway_has_nothing_but_good_findings() {
        let codes: BTreeSet<&str> = CHECKS.iter().map(|check| check.code).collect();
        assert_eq!(codes.len(), CHECKS.len());
        let found = findings(&good());
        let told: BTreeSet<&str> = found.iter().map(|finding| finding.code).collect();
        assert_eq!(told, codes);
        let bad: Vec<_> = found.iter().filter(|finding| finding.status != Status::Ok).collect();
        assert!(bad.is_empty(), "{bad:#?}");
        assert_eq!(Counts::of(&found).ok, found.len());
    }

    #[test]
    fn what_is_not_as_it_should_be_has_a_mend_and_every_code_is_in_the_documentation() {
        let text = include_str!("../../../docs/doctor.md");
        for check in CHECKS {
            assert!(text.contains(&format!("`{}`", check.code)), "{} is not in docs/doctor.md", check.code);
        }
        for finding in findings(&crate::doctor::testing::unseen()) {
            assert_eq!((finding.status == Status::Ok, finding.mend.is_none()), (false, false), "{finding:?}");
        }
    }
}
