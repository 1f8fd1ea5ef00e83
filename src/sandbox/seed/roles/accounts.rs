//! Roles that principals of this account or of others assume.

use super::{Draft, trust};
use crate::sandbox::seed::ages::Ages;
use crate::sandbox::seed::entity::Team::{Data, Finance, Platform, Security, Shop};
use crate::sandbox::seed::entity::{Permitted, Tagged, arn, document};

/// All of them.
pub(super) fn all(ages: Ages) -> Vec<Draft> {
    let mut roles = vendors(ages);
    roles.extend(own(ages));
    roles.extend(chain(ages));
    roles
}

fn vendors(ages: Ages) -> Vec<Draft> {
    let role = |name, age, trust_policy: &str| Draft::new(ages, "/vendors/", name, age, trust_policy);
    vec![
        role("vendor-cost-insights", 560, document!("trust/vendor-cost-insights"))
            .described("Cost Insights reads our bills")
            .team(Finance)
            .owner("priya.sharma")
            .policy("vendors/vendor-cost-read")
            .calls("us-east-1", &[("ce", 0), ("s3", 2)]),
        // The vendor names no external id, so any of its customers can have it come here.
        role("vendor-monitoring", 1240, &trust::principal("arn:aws:iam::444455556666:root"))
            .described("Monitoring, set up before the vendor knew of external ids")
            .team(Platform)
            .owner("sven.eriksson")
            .aws_policy("ReadOnlyAccess")
            .calls("us-east-1", &[("cloudwatch", 0), ("ec2", 0), ("iam", 1)]),
        role("partner-data-share", 470, document!("trust/partner-data-share"))
            .team(Data)
            .owner("mei.tanaka")
            .aws_policy("AmazonS3ReadOnlyAccess")
            .calls("eu-west-1", &[("s3", 27)]),
        // Anyone on AWS may assume it.
        role("public-upload", 800, document!("trust/public-upload"))
            .described("For the trade fair demo")
            .team(Shop)
            .inline("put-uploads", document!("inline/put-uploads"))
            .calls("eu-west-1", &[("s3", 365)]),
    ]
}

fn own(ages: Ages) -> Vec<Draft> {
    let role = |name, age, trust_policy: &str| Draft::new(ages, "/ops/", name, age, trust_policy);
    vec![
        role("break-glass-admin", 1480, document!("trust/break-glass-admin"))
            .described("For emergencies: two named people, with MFA. Its use alarms the security team")
            .team(Security)
            .owner("dmitri.volkov")
            .aws_policy("AdministratorAccess")
            .calls("eu-west-1", &[("iam", 203), ("ec2", 203)]),
        // The account's own root: whoever here is allowed to may assume it. No other account is trusted.
        role("read-only", 1350, &trust::principal(&arn("root")))
            .described("Looking around")
            .team(Platform)
            .aws_policy("ReadOnlyAccess")
            .sessions_of_hours(8)
            .calls("eu-west-1", &[("ec2", 1), ("s3", 9), ("rds", 120)]),
        role("staging-deployer", 660, document!("trust/staging-deployer"))
            .described("Deployments from the company's tooling account")
            .team(Platform)
            .owner("alice.nguyen")
            .policy("ci-deploy")
            .calls("eu-west-1", &[("ecr", 2), ("ecs", 2)]),
    ]
}

/// Three roles, each harmless by itself, that lead every developer to administrator.
fn chain(ages: Ages) -> Vec<Draft> {
    let role = |name, age, trusted: &str| {
        Draft::new(ages, "/ci/", name, age, &trust::principal(&arn(trusted))).team(Platform).owner("carla.rossi")
    };
    vec![
        role("build-runner", 590, "root")
            .inline("go-on-to-release", document!("inline/go-on-to-release"))
            .calls("eu-west-1", &[("sts", 0)]),
        role("release-runner", 590, "role/ci/build-runner")
            .policy("ci-deploy")
            .inline("go-on-to-account", document!("inline/go-on-to-account"))
            .calls("eu-west-1", &[("ecr", 1), ("sts", 14)]),
        role("account-deployer", 590, "role/ci/release-runner")
            .described("Deploys what needs more than a release")
            .aws_policy("AdministratorAccess")
            .calls("eu-west-1", &[("cloudformation", 14), ("iam", 14)]),
    ]
}
