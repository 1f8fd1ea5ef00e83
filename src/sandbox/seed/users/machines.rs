//! Machines, and one user for trying things.

use super::{Member, active, inactive};
use crate::sandbox::seed::ages::Ages;
use crate::sandbox::seed::entity::Team::{Data, Finance, Platform, Shop, Support};
use crate::sandbox::seed::entity::{Permitted, Tagged, document};

/// All of them.
pub(super) fn all(ages: Ages) -> Vec<Member> {
    let mut machines = pipelines(ages);
    machines.extend(services(ages));
    machines.push(demo_operator(ages));
    machines
}

fn pipelines(ages: Ages) -> Vec<Member> {
    let ci = |name, age| Member::new(ages, "/ci/", name, age).tag("Type", "automation");
    vec![
        // Replaced by the role github-deploy; its key still deploys.
        ci("ci-github-legacy", 905)
            .team(Platform)
            .owner("carla.rossi")
            .groups(&["ci-deployers"])
            .key(&active(690).used(0, "ecr", "eu-west-1")),
        ci("ci-jenkins", 1390)
            .team(Platform)
            .owner("rosa.delgado")
            .key(&active(133).used(0, "cloudformation", "eu-west-1"))
            .policy("ci-deploy-legacy"),
        ci("ci-gitlab-runner", 340).team(Platform).owner("ben.okafor").groups(&["ci-deployers"]),
        ci("ci-nightly", 505).team(Shop).owner("farid.haddad").groups(&["ci-deployers"]),
        ci("terraform-apply", 1150)
            .team(Platform)
            .owner("alice.nguyen")
            .policy("terraform-apply")
            .key(&active(203).used(1, "iam", "us-east-1")),
        ci("ansible-deployer", 1210)
            .team(Platform)
            .owner("sven.eriksson")
            .policy("ci-deploy-legacy")
            .key(&active(1180).used(318, "ec2", "eu-central-1")),
    ]
}

fn services(ages: Ages) -> Vec<Member> {
    let service = |name, age| Member::new(ages, "/service/", name, age);
    vec![
        // From the first week of the account: administrator, two keys, a console password, nobody's.
        service("svc-legacy-erp", 1700)
            .tag("Type", "service")
            .aws_policy("AdministratorAccess")
            .signs_in(377)
            .key(&active(1699).used(0, "s3", "eu-west-1"))
            .key(&active(1105).used(12, "sts", "us-east-1")),
        service("svc-backup", 1010)
            .team(Platform)
            .owner("ben.okafor")
            .tag("Type", "service")
            .policy("service/backup-writer")
            .key(&active(502).used(0, "s3", "eu-west-1")),
        service("svc-mailer", 960)
            .team(Shop)
            .owner("farid.haddad")
            .tag("Type", "service")
            .policy("service/mailer-send")
            .key(&active(951).used(0, "ses", "eu-west-1")),
        // As it should be: a narrow policy, a key that is changed every month, an owner who is here.
        service("svc-metrics-exporter", 620)
            .team(Platform)
            .owner("alice.nguyen")
            .tag("Type", "service")
            .policy("service/metrics-read")
            .key(&inactive(49).used(20, "monitoring", "eu-west-1"))
            .key(&active(21).used(0, "monitoring", "eu-west-1")),
        service("svc-image-resizer", 780)
            .team(Shop)
            .owner("jonas.weber")
            .tag("Type", "service")
            .aws_policy("AmazonS3ReadOnlyAccess")
            .key(&inactive(700).used(262, "s3", "eu-west-1")),
        service("app-checkout", 285)
            .team(Shop)
            .owner("grace.kim")
            .tag("Type", "application")
            .policy("service/orders-service")
            .key(&active(284)),
        service("bot-release-notes", 430)
            .team(Shop)
            .owner("wei.zhang")
            .tag("Type", "bot")
            .inline("publish-release-notes", document!("inline/publish-release-notes"))
            .key(&active(74).used(5, "sns", "eu-west-1")),
        // Named like a person's report, run by a clock: neither name nor tags tell.
        service("monthly-reports", 940)
            .team(Finance)
            .key(&active(383).used(19, "athena", "eu-west-1"))
            .policy("data-lake-access"),
        service("ticket-sync", 515)
            .team(Support)
            .owner("yara.osman")
            .tag("purpose", "service desk sync")
            .policy("support-read")
            .key(&active(77).used(0, "logs", "eu-west-1")),
        service("data-import", 660)
            .team(Data)
            .owner("tomas.novak")
            .tag("Type", "service")
            .policy("data-lake-access")
            .key(&active(640).used(97, "s3", "eu-west-1")),
    ]
}

/// For trying AWS's own command line on the sandbox. Its policies say that it reads IAM, makes users under `/try/`, and
/// proves to others who it is.
fn demo_operator(ages: Ages) -> Member {
    Member::new(ages, "/", "demo-operator", 14)
        .team(Platform)
        .owner("alice.nguyen")
        .aws_policy("IAMReadOnlyAccess")
        .inline("try-users", document!("inline/try-users"))
        .inline("own-tokens", document!("inline/own-tokens"))
        .key(&active(13).used(1, "sts", "us-east-1"))
}
