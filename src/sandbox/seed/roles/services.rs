//! Roles of AWS services and of what runs on them.

use super::{Draft, trust};
use crate::sandbox::seed::ages::Ages;
use crate::sandbox::seed::entity::Team::{Data, Finance, Platform, Shop};
use crate::sandbox::seed::entity::{Permitted, Tagged, document};

const EC2: &str = "ec2.amazonaws.com";
const LAMBDA: &str = "lambda.amazonaws.com";
const TASKS: &str = "ecs-tasks.amazonaws.com";
const BOUNDARY: &str = "boundaries/developer-boundary";

/// All of them.
pub(super) fn all(ages: Ages) -> Vec<Draft> {
    let mut roles = shared(ages);
    roles.extend(applications(ages));
    roles.extend(linked(ages));
    roles
}

fn shared(ages: Ages) -> Vec<Draft> {
    let role = |name, age, service| Draft::new(ages, "/service/", name, age, &trust::service(service));
    vec![
        role("ecs-task-execution", 880, TASKS)
            .team(Platform)
            .aws_policy("service-role/AmazonECSTaskExecutionRolePolicy")
            .calls("eu-west-1", &[("ecr", 0), ("logs", 0)]),
        role("bastion-host", 1180, EC2)
            .team(Platform)
            .owner("ben.okafor")
            .aws_policy("AmazonSSMManagedInstanceCore")
            .calls("eu-west-1", &[("ssm", 3), ("ssmmessages", 3)]),
        // Whoever may pass a role to a function is administrator by this one.
        role("ops-automation", 1010, LAMBDA)
            .described("Cleans up at night")
            .team(Platform)
            .owner("sven.eriksson")
            .aws_policy("AdministratorAccess")
            .calls("eu-west-1", &[("ec2", 0), ("rds", 1), ("logs", 0)]),
        role("nightly-report", 730, LAMBDA)
            .team(Finance)
            .owner("monthly-reports")
            .aws_policy("service-role/AWSLambdaBasicExecutionRole")
            .inline("read-everything", document!("inline/read-everything"))
            .calls("eu-west-1", &[("s3", 1), ("dynamodb", 244), ("logs", 1)]),
        role("image-builder", 690, "codebuild.amazonaws.com")
            .team(Platform)
            .owner("carla.rossi")
            .policy("ci-deploy-legacy")
            .calls("eu-west-1", &[("ecs", 155), ("s3", 6), ("lambda", 6)]),
        role("vpc-flow-logs", 1130, "vpc-flow-logs.amazonaws.com")
            .team(Platform)
            .inline("write-logs", document!("inline/write-logs"))
            .calls("eu-west-1", &[("logs", 0)]),
        role("old-migration", 930, "dms.amazonaws.com").team(Data).owner("tomas.novak").aws_policy("PowerUserAccess"),
        role("cluster-nodes-2023", 1080, EC2)
            .team(Data)
            .owner("tomas.novak")
            .aws_policy("AmazonS3ReadOnlyAccess")
            .calls("eu-west-1", &[("s3", 310)]),
    ]
}

/// Made by developers, under their own boundary.
fn applications(ages: Ages) -> Vec<Draft> {
    let role = |name, age, service| Draft::new(ages, "/app/", name, age, &trust::service(service)).team(Shop);
    vec![
        role("web-server", 640, EC2)
            .owner("jonas.weber")
            .boundary(BOUNDARY)
            .aws_policy("AmazonSSMManagedInstanceCore")
            .calls("eu-west-1", &[("ssm", 0)]),
        role("orders-service-task", 520, TASKS)
            .owner("grace.kim")
            .boundary(BOUNDARY)
            .policy("service/orders-service")
            .calls("eu-west-1", &[("dynamodb", 0), ("sqs", 0)]),
        role("image-resizer", 350, LAMBDA)
            .owner("jonas.weber")
            .boundary(BOUNDARY)
            .aws_policy("service-role/AWSLambdaBasicExecutionRole")
            .aws_policy("AmazonS3ReadOnlyAccess")
            .calls("eu-west-1", &[("s3", 2), ("logs", 2)]),
        // The prototype of a project that ended.
        role("falcon-prototype", 420, LAMBDA).owner("rosa.delgado").aws_policy("PowerUserAccess"),
    ]
}

/// Service-linked: AWS makes, changes and deletes them. Their policies nobody else can attach; they are left out here.
fn linked(ages: Ages) -> Vec<Draft> {
    let role = |service: &str, name, age| {
        Draft::new(ages, &format!("/aws-service-role/{service}/"), name, age, &trust::service(service))
    };
    vec![
        role("support.amazonaws.com", "AWSServiceRoleForSupport", 1700)
            .described("Enables resource access for AWS to provide billing, administrative and support services"),
        role("ecs.amazonaws.com", "AWSServiceRoleForECS", 880)
            .described("Role to enable Amazon ECS to manage your cluster.")
            .calls("eu-west-1", &[("ec2", 0), ("elasticloadbalancing", 0)]),
    ]
}
