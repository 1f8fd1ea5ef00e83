//! Roles that are assumed with a token or an assertion of an identity provider.

use super::Draft;
use crate::sandbox::seed::ages::Ages;
use crate::sandbox::seed::entity::Team::{Data, Platform, Shop};
use crate::sandbox::seed::entity::{Permitted, Tagged, document};

/// All of them.
pub(super) fn all(ages: Ages) -> Vec<Draft> {
    let mut roles = pipelines(ages);
    roles.extend(cluster(ages));
    roles.extend(people(ages));
    roles
}

/// GitHub Actions.
fn pipelines(ages: Ages) -> Vec<Draft> {
    let role = |name, age, trust_policy: &str| Draft::new(ages, "/ci/", name, age, trust_policy);
    vec![
        role("github-deploy", 395, document!("trust/github-deploy"))
            .described("The main branch of acme/shop, and no other")
            .team(Platform)
            .owner("carla.rossi")
            .policy("ci-deploy")
            .calls("eu-west-1", &[("ecr", 0), ("ecs", 0)]),
        // Looks only at the audience, which is the same for every repository on GitHub.
        role("github-preview", 380, document!("trust/github-preview"))
            .team(Shop)
            .owner("hugo.martin")
            .policy("ci-deploy-legacy")
            .calls("eu-west-1", &[("cloudformation", 4), ("lambda", 4)]),
    ]
}

/// Service accounts of the Kubernetes cluster (IRSA).
fn cluster(ages: Ages) -> Vec<Draft> {
    let role = |name, age, trust_policy: &str| Draft::new(ages, "/eks/", name, age, trust_policy);
    vec![
        role("eks-payments-api", 310, document!("trust/eks-payments-api"))
            .team(Shop)
            .owner("farid.haddad")
            .policy("service/orders-service")
            .calls("eu-west-1", &[("dynamodb", 0), ("sqs", 1)]),
        // Any service account of any namespace.
        role("eks-batch", 300, document!("trust/eks-batch"))
            .team(Data)
            .owner("noah.jansen")
            .policy("data-lake-access")
            .calls("eu-west-1", &[("s3", 0), ("athena", 33)]),
    ]
}

/// IAM Identity Center, and the identity provider from before it.
fn people(ages: Ages) -> Vec<Draft> {
    let reserved = |name, age| {
        Draft::new(ages, "/aws-reserved/sso.amazonaws.com/eu-west-1/", name, age, document!("trust/identity-center"))
            .sessions_of_hours(12)
    };
    vec![
        reserved("AWSReservedSSO_AdministratorAccess_7c1f0a92b35d48e6", 350)
            .aws_policy("AdministratorAccess")
            .calls("eu-west-1", &[("ec2", 0), ("iam", 2)]),
        reserved("AWSReservedSSO_DeveloperAccess_e58b2d046f91ca37", 350)
            .described("Developers, as in the group")
            .aws_policy("PowerUserAccess")
            .boundary("boundaries/developer-boundary")
            .calls("eu-west-1", &[("lambda", 0), ("s3", 1)]),
        reserved("AWSReservedSSO_ViewOnly_20d97e5ab846f1c3", 350)
            .aws_policy("job-function/ViewOnlyAccess")
            .calls("eu-west-1", &[("cloudwatch", 8)]),
        Draft::new(ages, "/people/", "saml-power-user", 1420, document!("trust/saml-power-user"))
            .described("From before IAM Identity Center")
            .team(Platform)
            .aws_policy("PowerUserAccess")
            .sessions_of_hours(8)
            .calls("us-east-1", &[("ec2", 356)]),
    ]
}
