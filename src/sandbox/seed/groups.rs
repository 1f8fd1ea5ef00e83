//! The groups, as a table. Who is in them stands with the users.

use super::ages::Ages;
use super::entity::{Permitted, document};
use super::seeded;
use crate::sandbox::account::{Group, Policies};
use crate::sandbox::ids::IdKind;

impl Permitted for Group {
    fn policies(&mut self) -> &mut Policies {
        &mut self.policies
    }
}

/// All of them.
pub(super) fn all(ages: Ages) -> Vec<Group> {
    let group = |name: &str, age| Group::new(name, "/", seeded::id(IdKind::Group, name), ages.ago(age, name));
    vec![
        group("administrators", 1690).aws_policy("AdministratorAccess"),
        group("developers", 1660)
            .policy("developer-access")
            .policy("stay-in-europe")
            .inline("assume-build-runner", document!("inline/assume-build-runner")),
        group("release-managers", 1000).policy("developer-access").policy("release-management"),
        group("data-engineers", 1300).policy("data-lake-access").policy("stay-in-europe"),
        group("security-auditors", 1480).aws_policy("SecurityAudit").aws_policy("IAMReadOnlyAccess"),
        group("billing", 1200).aws_policy("job-function/Billing"),
        group("support", 900).policy("support-read").aws_policy("job-function/ViewOnlyAccess"),
        group("mfa-required", 1100).policy("require-mfa"),
        group("ci-deployers", 900).policy("ci-deploy"),
        // The project ended; nobody is in it.
        group("project-falcon", 1050).aws_policy("PowerUserAccess"),
    ]
}
