//! The permissions by which somebody gets more than was given, as data.
//!
//! The ways that have been published (by Rhino Security Labs, Bishop Fox, hackingthe.cloud and pathfinding.cloud among
//! others), AWS's own advice on permissions management
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html>),
//! and what the operations do by their API references.

/// One way: whoever may do all of `actions` can do `how`.
#[derive(Debug)]
pub(super) struct Escalation {
    /// In lower case; the first is the one that the finding stands at.
    pub(super) actions: &'static [&'static str],
    /// What can be done with them.
    pub(super) how: &'static str,
}

macro_rules! escalations {
    ($($how:literal: $([$($action:literal),+])+;)*) => {
        &[$($(Escalation { actions: &[$($action),+], how: $how },)+)*]
    };
}

/// Within IAM and STS.
pub(super) const OF_IAM: &[Escalation] = escalations! {
    "write a new default version of a policy that one has": ["iam:createpolicyversion"];
    "put an older and wider version of a policy in force": ["iam:setdefaultpolicyversion"];
    "attach any managed policy, AdministratorAccess too":
        ["iam:attachuserpolicy"] ["iam:attachgrouppolicy"] ["iam:attachrolepolicy"];
    "write any inline policy": ["iam:putuserpolicy"] ["iam:putgrouppolicy"] ["iam:putrolepolicy"];
    "join a group with more permissions": ["iam:addusertogroup"];
    "trust oneself to assume a role": ["iam:updateassumerolepolicy"];
    "get a key of another user": ["iam:createaccesskey"];
    "make a deactivated key of another user work again": ["iam:updateaccesskey"];
    "set a console password of another user": ["iam:createloginprofile"] ["iam:updateloginprofile"];
    "get credentials of another user": [
        "iam:createservicespecificcredential"
    ] ["iam:resetservicespecificcredential"] ["iam:uploadsigningcertificate"] ["iam:uploadsshpublickey"];
    "take the second factor of another user away, or bring one's own":
        ["iam:deactivatemfadevice"] ["iam:enablemfadevice"];
    "take away a permissions boundary":
        ["iam:deleteuserpermissionsboundary"] ["iam:deleterolepermissionsboundary"];
    "replace a permissions boundary by a wider one":
        ["iam:putuserpermissionsboundary"] ["iam:putrolepermissionsboundary"];
    "take away policies that deny": ["iam:detachuserpolicy"] ["iam:detachrolepolicy"] ["iam:detachgrouppolicy"]
        ["iam:deleteuserpolicy"] ["iam:deleterolepolicy"] ["iam:deletegrouppolicy"] ["iam:removeuserfromgroup"];
    "change who an identity provider vouches for, and so who can assume the roles that trust it":
        ["iam:createsamlprovider"] ["iam:createopenidconnectprovider"] ["rolesanywhere:updatetrustanchor"]
        ["iam:updatesamlprovider"] ["iam:updateopenidconnectproviderthumbprint"] ["iam:addclientidtoopenidconnectprovider"];
    "change tags by which policies allow": ["iam:taguser"] ["iam:tagrole"] ["iam:untaguser"]
        ["iam:untagrole"] ["sts:tagsession"];
    "give permissions in IAM Identity Center": ["sso:attachmanagedpolicytopermissionset"]
        ["sso:attachcustomermanagedpolicyreferencetopermissionset"] ["sso:putinlinepolicytopermissionset"]
        ["sso:createaccountassignment"] ["identitystore:creategroupmembership"];
    "take away service control policies": ["organizations:detachpolicy"] ["organizations:leaveorganization"];
    "assume any role that trusts the account": ["sts:assumerole"];
};

/// With a role that is handed to a service.
pub(super) const OF_PASS_ROLE: &[Escalation] = escalations! {
    "hand any role to a service, which then acts with it for whoever starts it": ["iam:passrole"];
    "run code with the passed role": ["iam:passrole", "lambda:createfunction", "lambda:invokefunction"]
        ["iam:passrole", "lambda:createfunction", "lambda:addpermission"]
        ["iam:passrole", "lambda:createfunction", "lambda:createeventsourcemapping"]
        ["iam:passrole", "lambda:createfunction", "lambda:createfunctionurlconfig"]
        ["iam:passrole", "lambda:updatefunctionconfiguration"]
        ["iam:passrole", "glue:createdevendpoint"]
        ["iam:passrole", "glue:createjob", "glue:startjobrun"]
        ["iam:passrole", "glue:updatejob", "glue:startjobrun"]
        ["iam:passrole", "glue:createsession", "glue:runstatement"]
        ["iam:passrole", "ecs:registertaskdefinition", "ecs:runtask"]
        ["iam:passrole", "ecs:registertaskdefinition", "ecs:starttask"]
        ["iam:passrole", "ecs:registertaskdefinition", "ecs:createservice"]
        ["iam:passrole", "ecs:registertaskdefinition", "ecs:updateservice"]
        ["iam:passrole", "codebuild:createproject", "codebuild:startbuild"]
        ["iam:passrole", "codebuild:updateproject", "codebuild:startbuild"]
        ["iam:passrole", "sagemaker:createnotebookinstance"]
        ["iam:passrole", "sagemaker:createtrainingjob"]
        ["iam:passrole", "sagemaker:createprocessingjob"]
        ["iam:passrole", "batch:registerjobdefinition", "batch:submitjob"]
        ["iam:passrole", "elasticmapreduce:runjobflow"]
        ["iam:passrole", "apprunner:createservice"]
        ["iam:passrole", "bedrock-agentcore:createcodeinterpreter"]
        ["iam:passrole", "sagemaker:createhyperparametertuningjob"]
        ["iam:passrole", "airflow:createenvironment"]
        ["iam:passrole", "amplify:createapp"]
        ["iam:passrole", "gamelift:createfleet"]
        ["iam:passrole", "braket:createjob"]
        ["iam:passrole", "imagebuilder:createinfrastructureconfiguration"]
        ["iam:passrole", "eks:createpodidentityassociation"];
    "start an instance with the passed role and read its credentials": ["iam:passrole", "ec2:runinstances"]
        ["iam:passrole", "ec2:associateiaminstanceprofile"]
        ["iam:passrole", "ec2:replaceiaminstanceprofileassociation"]
        ["iam:passrole", "ec2:requestspotinstances"]
        ["iam:passrole", "ec2:requestspotfleet"]
        ["iam:passrole", "autoscaling:createlaunchconfiguration"]
        ["iam:passrole", "autoscaling:createautoscalinggroup"];
    "have AWS act with the passed role": ["iam:passrole", "cloudformation:createstack"]
        ["iam:passrole", "cloudformation:updatestack"]
        ["iam:passrole", "cloudformation:createchangeset", "cloudformation:executechangeset"]
        ["iam:passrole", "cloudformation:createstackset", "cloudformation:createstackinstances"]
        ["iam:passrole", "states:createstatemachine", "states:startexecution"]
        ["iam:passrole", "datapipeline:createpipeline", "datapipeline:putpipelinedefinition"]
        ["iam:passrole", "ssm:startautomationexecution"]
        ["iam:passrole", "scheduler:createschedule"]
        ["iam:passrole", "events:puttargets"]
        ["iam:passrole", "codepipeline:createpipeline"]
        ["iam:passrole", "codestar:createproject"]
        ["iam:passrole", "iot:createtopicrule"]
        ["iam:passrole", "cognito-identity:setidentitypoolroles"]
        ["iam:passrole", "rolesanywhere:updateprofile"];
    "register a machine of one's own with the passed role": ["iam:passrole", "ssm:createactivation"];
    "put a role into an instance profile that is in use": [
        "iam:addroletoinstanceprofile", "iam:removerolefrominstanceprofile", "iam:passrole"
    ];
};

/// With what runs already.
pub(super) const OF_RUNNING_CODE: &[Escalation] = escalations! {
    "run code with the role of something that runs already":
        ["lambda:updatefunctioncode"] ["lambda:updatefunctionconfiguration"] ["glue:updatedevendpoint"]
        ["glue:updatejob"] ["codebuild:updateproject"] ["states:updatestatemachine"] ["apprunner:updateservice"]
        ["elasticmapreduce:addjobflowsteps"] ["bedrock-agentcore:invokecodeinterpreter"] ["codecommit:gitpush"]
        ["sagemaker:createnotebookinstancelifecycleconfig", "sagemaker:updatenotebookinstance"];
    "log in to instances and use their roles": ["ssm:sendcommand"] ["ssm:startsession"]
        ["ec2-instance-connect:sendsshpublickey"] ["ec2-instance-connect:sendserialconsolesshpublickey"]
        ["ec2:modifyinstanceattribute"];
    "run code in containers and use their roles":
        ["ecs:executecommand"] ["eks:createaccessentry", "eks:associateaccesspolicy"];
    "open notebooks and use their roles": ["sagemaker:createpresignednotebookinstanceurl"]
        ["sagemaker:createpresigneddomainurl"] ["airflow:createweblogintoken"];
    "have a stack act with the role that it has": ["cloudformation:updatestack"]
        ["cloudformation:createchangeset", "cloudformation:executechangeset"];
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_in_lower_case_with_their_service() {
        for escalation in OF_IAM.iter().chain(OF_PASS_ROLE).chain(OF_RUNNING_CODE) {
            for action in escalation.actions {
                assert_eq!(*action, action.to_ascii_lowercase());
                assert!(action.split_once(':').is_some_and(|(_, name)| name.len() > 4), "{action}");
            }
        }
    }
}
