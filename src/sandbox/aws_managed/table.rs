//! Which of AWS's managed policies there are.

use super::AwsManaged;

macro_rules! whole {
    ($path:literal, $name:literal, $version:literal, $dates:expr, $description:literal) => {
        row!($path, $name, $version, $dates, $description, false)
    };
}

macro_rules! abridged {
    ($path:literal, $name:literal, $version:literal, $dates:expr, $description:literal) => {
        row!($path, $name, $version, $dates, $description, true)
    };
}

macro_rules! row {
    ($path:literal, $name:literal, $version:literal, $dates:expr, $description:literal, $abridged:literal) => {
        AwsManaged {
            path: $path,
            name: $name,
            version: $version,
            dates: $dates,
            description: $description,
            document: include_str!(concat!("documents/", $name, ".json")),
            abridged: $abridged,
        }
    };
}

/// Path, name, number of the version in force, dates of creation and of that version, description.
pub(super) const POLICIES: &[AwsManaged] = &[
    whole!(
        "/",
        "AWSCloudTrail_ReadOnlyAccess",
        1,
        ["2022-06-14T17:19:05Z", "2022-06-14T17:19:05Z"],
        "Provides read only access to AWS CloudTrail."
    ),
    whole!("/", "AWSDenyAll", 2, ["2019-05-01T22:36:14Z", "2023-12-18T16:42:05Z"], "Deny all access."),
    whole!(
        "/",
        "AWSLambda_FullAccess",
        7,
        ["2020-11-17T21:14:08Z", "2026-02-12T18:00:51Z"],
        "Grants full access to AWS Lambda service, AWS Lambda console features, and other related AWS services."
    ),
    whole!(
        "/",
        "AWSOrganizationsReadOnlyAccess",
        6,
        ["2018-11-06T20:32:38Z", "2024-06-07T21:32:16Z"],
        "Provides read-only access to AWS Organizations."
    ),
    whole!(
        "/",
        "AWSSupportAccess",
        4,
        ["2015-02-06T18:41:11Z", "2026-02-12T17:59:31Z"],
        "Allows users to access the AWS Support Center."
    ),
    whole!(
        "/",
        "AdministratorAccess",
        1,
        ["2015-02-06T18:39:46Z", "2015-02-06T18:39:46Z"],
        "Provides full access to AWS services and resources."
    ),
    whole!(
        "/",
        "AmazonDynamoDBReadOnlyAccess",
        15,
        ["2015-02-06T18:40:12Z", "2024-11-18T17:38:15Z"],
        "Provides read only access to Amazon DynamoDB via the AWS Management Console."
    ),
    whole!(
        "/",
        "AmazonEC2ContainerRegistryReadOnly",
        3,
        ["2015-12-21T17:04:15Z", "2019-12-10T20:56:32Z"],
        "Provides read-only access to Amazon EC2 Container Registry repositories."
    ),
    whole!(
        "/",
        "AmazonEC2FullAccess",
        5,
        ["2015-02-06T18:40:15Z", "2018-11-27T02:16:56Z"],
        "Provides full access to Amazon EC2 via the AWS Management Console."
    ),
    whole!(
        "/",
        "AmazonEC2ReadOnlyAccess",
        5,
        ["2015-02-06T18:40:17Z", "2026-02-12T18:03:17Z"],
        "Provides read only access to Amazon EC2 via the AWS Management Console."
    ),
    whole!(
        "/",
        "AmazonEKSWorkerNodePolicy",
        3,
        ["2018-05-27T21:09:01Z", "2023-11-27T00:06:13Z"],
        "This policy allows Amazon EKS worker nodes to connect to Amazon EKS Clusters."
    ),
    whole!(
        "/",
        "AmazonEKS_CNI_Policy",
        6,
        ["2018-05-27T21:07:42Z", "2026-03-04T19:12:14Z"],
        "This policy provides the Amazon VPC CNI Plugin (amazon-vpc-cni-k8s) the permissions it requires to modify the IP address configuration on your EKS worker nodes."
    ),
    whole!(
        "/",
        "AmazonRDSReadOnlyAccess",
        7,
        ["2015-02-06T18:40:53Z", "2023-04-14T12:32:09Z"],
        "Provides read only access to Amazon RDS via the AWS Management Console."
    ),
    whole!(
        "/",
        "AmazonS3FullAccess",
        2,
        ["2015-02-06T18:40:58Z", "2021-09-27T20:16:37Z"],
        "Provides full access to all buckets via the AWS Management Console."
    ),
    whole!(
        "/",
        "AmazonS3ReadOnlyAccess",
        3,
        ["2015-02-06T18:40:59Z", "2023-08-10T21:31:39Z"],
        "Provides read only access to all buckets via the AWS Management Console."
    ),
    whole!(
        "/",
        "AmazonSQSFullAccess",
        1,
        ["2015-02-06T18:41:07Z", "2015-02-06T18:41:07Z"],
        "Provides full access to Amazon SQS via the AWS Management Console."
    ),
    whole!(
        "/",
        "AmazonSSMManagedInstanceCore",
        2,
        ["2019-03-15T17:22:12Z", "2019-05-23T16:54:21Z"],
        "The policy for Amazon EC2 Role to enable AWS Systems Manager service core functionality."
    ),
    whole!(
        "/",
        "CloudWatchAgentServerPolicy",
        3,
        ["2018-03-07T01:06:44Z", "2024-02-06T16:37:37Z"],
        "Permissions required to use AmazonCloudWatchAgent on servers"
    ),
    whole!(
        "/",
        "CloudWatchLogsFullAccess",
        8,
        ["2015-02-06T18:40:02Z", "2026-02-12T18:00:33Z"],
        "Provides full access to CloudWatch Logs"
    ),
    whole!(
        "/",
        "IAMAccessAnalyzerReadOnlyAccess",
        4,
        ["2019-12-02T17:12:53Z", "2024-07-18T17:49:04Z"],
        "Provides read-only access to IAM Access Analyzer resources"
    ),
    whole!(
        "/",
        "IAMFullAccess",
        2,
        ["2015-02-06T18:40:38Z", "2019-06-21T19:40:00Z"],
        "Provides full access to IAM via the AWS Management Console."
    ),
    whole!(
        "/",
        "IAMReadOnlyAccess",
        4,
        ["2015-02-06T18:40:39Z", "2018-01-25T19:11:27Z"],
        "Provides read only access to IAM via the AWS Management Console."
    ),
    whole!(
        "/",
        "IAMSelfManageServiceSpecificCredentials",
        1,
        ["2016-12-22T17:25:18Z", "2016-12-22T17:25:18Z"],
        "Allows an IAM user to manage their own Service Specific Credentials."
    ),
    whole!(
        "/",
        "IAMUserChangePassword",
        5,
        ["2016-11-15T00:25:16Z", "2026-02-12T17:58:57Z"],
        "Provides the ability for an IAM user to change their own password."
    ),
    whole!(
        "/",
        "PowerUserAccess",
        12,
        ["2015-02-06T18:39:47Z", "2026-02-12T17:59:14Z"],
        "Provides full access to AWS services and resources, but does not allow management of Users and groups."
    ),
    abridged!(
        "/",
        "ReadOnlyAccess",
        190,
        ["2015-02-06T18:39:48Z", "2026-09-24T17:37:08Z"],
        "Provides read-only access to AWS services and resources."
    ),
    abridged!(
        "/",
        "SecurityAudit",
        94,
        ["2015-02-06T18:41:01Z", "2026-09-30T20:27:08Z"],
        "The security audit template grants access to read security configuration metadata. It is useful for software that audits the configuration of an AWS account."
    ),
    abridged!(
        "/job-function/",
        "Billing",
        30,
        ["2016-11-10T17:33:18Z", "2026-07-30T22:12:16Z"],
        "Grants permissions for billing and cost management. This includes viewing account usage and viewing and modifying budgets and payment methods."
    ),
    abridged!(
        "/job-function/",
        "SupportUser",
        11,
        ["2016-11-10T17:21:53Z", "2026-02-12T18:03:12Z"],
        "This policy grants permissions to troubleshoot and resolve issues in an AWS account. This policy also enables the user to contact AWS support to create and manage cases."
    ),
    abridged!(
        "/job-function/",
        "ViewOnlyAccess",
        46,
        ["2016-11-10T17:20:15Z", "2026-09-30T20:27:08Z"],
        "This policy grants permissions to view resources and basic metadata across all AWS services."
    ),
    whole!(
        "/service-role/",
        "AWSLambdaBasicExecutionRole",
        1,
        ["2015-04-09T15:03:43Z", "2015-04-09T15:03:43Z"],
        "Provides write permissions to CloudWatch Logs."
    ),
    whole!(
        "/service-role/",
        "AWSLambdaSQSQueueExecutionRole",
        1,
        ["2018-06-14T21:50:45Z", "2018-06-14T21:50:45Z"],
        "Provides receive message, delete message, and read attribute access to SQS queues, and write permissions to CloudWatch logs."
    ),
    whole!(
        "/service-role/",
        "AWSLambdaVPCAccessExecutionRole",
        3,
        ["2016-02-11T23:15:26Z", "2024-01-05T22:38:26Z"],
        "Provides minimum permissions for a Lambda function to execute while accessing a resource within a VPC - create, describe, delete network interfaces and write permissions to CloudWatch Logs."
    ),
    whole!(
        "/service-role/",
        "AmazonECSTaskExecutionRolePolicy",
        1,
        ["2017-11-16T18:48:22Z", "2017-11-16T18:48:22Z"],
        "Provides access to other AWS service resources that are required to run Amazon ECS tasks"
    ),
    whole!(
        "/service-role/",
        "AmazonRDSEnhancedMonitoringRole",
        1,
        ["2015-11-11T19:58:29Z", "2015-11-11T19:58:29Z"],
        "Provides access to Cloudwatch for RDS Enhanced Monitoring"
    ),
];
