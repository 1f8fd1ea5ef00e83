//! Which service gets a role that is passed.

/// The principals by which a role has to trust a service that it is handed to by an action (in lower case).
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html> and each service's own
/// page on its roles.
pub(super) fn principals_of(action: &str) -> &'static [&'static str] {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    match service {
        "lambda" => &["lambda.amazonaws.com"],
        "ec2" | "autoscaling" | "imagebuilder" => &[EC2],
        "glue" => &["glue.amazonaws.com"],
        "ecs" => &["ecs-tasks.amazonaws.com"],
        "batch" => &["ecs-tasks.amazonaws.com"],
        "eks" => &["pods.eks.amazonaws.com"],
        "codebuild" => &["codebuild.amazonaws.com"],
        "codepipeline" => &["codepipeline.amazonaws.com"],
        "codestar" => &["codestar.amazonaws.com"],
        "sagemaker" => &["sagemaker.amazonaws.com"],
        "bedrock" => &["bedrock.amazonaws.com"],
        "bedrock-agentcore" => &["bedrock-agentcore.amazonaws.com"],
        "elasticmapreduce" => &[EC2, "elasticmapreduce.amazonaws.com"],
        "datapipeline" => &["datapipeline.amazonaws.com", "elasticmapreduce.amazonaws.com"],
        "apprunner" => &["tasks.apprunner.amazonaws.com", "build.apprunner.amazonaws.com"],
        "airflow" => &["airflow-env.amazonaws.com", "airflow.amazonaws.com"],
        "amplify" => &["amplify.amazonaws.com"],
        "gamelift" => &["gamelift.amazonaws.com"],
        "braket" => &["braket.amazonaws.com"],
        "cloudformation" => &["cloudformation.amazonaws.com"],
        "states" => &["states.amazonaws.com"],
        "scheduler" => &["scheduler.amazonaws.com"],
        "events" => &["events.amazonaws.com"],
        "iot" => &["iot.amazonaws.com"],
        "rolesanywhere" => &["rolesanywhere.amazonaws.com"],
        "ssm" if name == "createactivation" => &["ssm.amazonaws.com"],
        "ssm" => &["ssm.amazonaws.com"],
        _ => &[],
    }
}

/// EC2 takes roles by instance profiles alone.
pub(super) const EC2: &str = "ec2.amazonaws.com";
