//! The account's own managed policies, as a table. Their documents are the files in `policies/`.

use super::ages::Ages;
use super::entity::Team::{Data, Finance, Platform, Security, Shop, Support};
use super::entity::{Tagged, arn, document};
use super::seeded;
use crate::sandbox::account::{KeyCase, ManagedPolicy, PolicyVersion, Tags};
use crate::sandbox::ids::IdKind;

impl Tagged for ManagedPolicy {
    fn all_tags(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// All of them.
pub(super) fn all(ages: Ages) -> Vec<ManagedPolicy> {
    let policy = |path: &str, name: &str, versions: &[(u32, &str)]| made(ages, path, name, versions);
    let mut policies = people(&policy);
    policies.extend(machines(&policy));
    policies.extend(gateway(&policy));
    policies
}

/// Path, name, and each version's age in days with its document.
type Make<'a> = &'a dyn Fn(&str, &str, &[(u32, &str)]) -> ManagedPolicy;

fn people(policy: Make<'_>) -> Vec<ManagedPolicy> {
    vec![
        policy(
            "/boundaries/",
            "developer-boundary",
            &[(1100, document!("developer-boundary.v1")), (410, document!("developer-boundary.v2"))],
        )
        .described("The most that developers, and the roles they create, can ever do")
        .team(Security),
        policy("/", "developer-access", &[(1400, document!("developer-access"))])
            .described("Everything but identities, accounts and billing, in two regions")
            .team(Platform),
        // The newest version was tried once and taken back: it is there, and not in force.
        policy(
            "/",
            "release-management",
            &[
                (980, document!("release-management.v1")),
                (620, document!("release-management.v2")),
                (245, document!("release-management.v3")),
            ],
        )
        .in_force(2)
        .described("Releases of the shop: its functions and the policies that go with them")
        .team(Shop),
        policy("/", "data-lake-access", &[(1250, document!("data-lake-access"))]).team(Data),
        policy("/", "require-mfa", &[(1090, document!("require-mfa"))])
            .described("Denies everything but enrolling a device until one signs in with MFA")
            .team(Security),
        policy("/", "stay-in-europe", &[(1020, document!("stay-in-europe"))])
            .described("Denies regions outside of Europe, but for global services")
            .team(Security),
        policy("/", "support-read", &[(890, document!("support-read"))]).team(Support),
        // In nobody's use.
        policy("/", "reporting-wide", &[(1500, document!("reporting-wide"))]).team(Finance),
    ]
}

fn machines(policy: Make<'_>) -> Vec<ManagedPolicy> {
    vec![
        policy("/", "ci-deploy", &[(890, document!("ci-deploy"))])
            .described("Builds and rolls out the shop's containers")
            .team(Platform),
        policy("/", "ci-deploy-legacy", &[(1380, document!("ci-deploy-legacy"))]).team(Platform),
        // As many versions as IAM keeps: the next one is refused until one is deleted.
        policy(
            "/",
            "terraform-apply",
            &[
                (1140, document!("terraform-apply.v1")),
                (960, document!("terraform-apply.v2")),
                (700, document!("terraform-apply.v3")),
                (430, document!("terraform-apply.v4")),
                (118, document!("terraform-apply.v5")),
            ],
        )
        .described("What terraform apply was once refused, added up")
        .team(Platform),
        policy("/service/", "backup-writer", &[(1000, document!("backup-writer"))]).team(Platform),
        policy("/service/", "mailer-send", &[(955, document!("mailer-send"))]).team(Shop),
        policy("/service/", "metrics-read", &[(610, document!("metrics-read"))]).team(Platform),
        policy(
            "/service/",
            "orders-service",
            &[(640, document!("orders-service.v1")), (190, document!("orders-service.v2"))],
        )
        .team(Shop),
        policy("/vendors/", "vendor-cost-read", &[(560, document!("vendor-cost-read"))]).team(Finance),
    ]
}

/// What the gateway and the roles it assumes run with.
fn gateway(policy: Make<'_>) -> Vec<ManagedPolicy> {
    vec![
        policy("/mcp/", "iam-mcp-gateway", &[(60, document!("iam-mcp-gateway"))])
            .described("Lets the gateway assume the mapped roles, and nothing else")
            .team(Platform),
        policy("/mcp/", "mcp-admin", &[(60, document!("mcp-admin"))])
            .described("All of IAM, but for agents nothing that changes users of machines")
            .team(Platform),
        policy("/mcp/", "mcp-auditor", &[(60, document!("mcp-auditor"))]).described("IAM, reading").team(Platform),
    ]
}

fn made(ages: Ages, path: &str, name: &str, versions: &[(u32, &str)]) -> ManagedPolicy {
    let versions: Vec<PolicyVersion> = (1..)
        .zip(versions)
        .map(|(number, (age, document))| PolicyVersion {
            number,
            document: (*document).to_owned(),
            created: ages.ago(*age, &format!("{name} v{number}")),
        })
        .collect();
    let (oldest, newest) = (versions.first(), versions.last());
    let last = newest.map_or(0, |version| version.number);
    ManagedPolicy {
        arn: arn(&format!("policy{path}{name}")),
        name: name.to_owned(),
        path: path.to_owned(),
        id: seeded::id(IdKind::ManagedPolicy, name),
        created: oldest.map_or_else(|| ages.ago(0, name), |version| version.created),
        updated: newest.map_or_else(|| ages.ago(0, name), |version| version.created),
        description: None,
        tags: Tags::none(KeyCase::Kept),
        default_version: last,
        next_version: last + 1,
        versions,
    }
}

/// The further words of the table.
trait Described {
    fn described(self, text: &str) -> Self;
    /// The version in force, where it is not the newest.
    fn in_force(self, number: u32) -> Self;
}

impl Described for ManagedPolicy {
    fn described(mut self, text: &str) -> Self {
        self.description = Some(text.to_owned());
        self
    }

    fn in_force(mut self, number: u32) -> Self {
        self.default_version = number;
        self
    }
}
