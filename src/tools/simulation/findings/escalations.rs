//! The permissions by which somebody gets more than was given, as data.
//!
//! Put together from AWS's own advice on permissions management
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html>)
//! and from what the operations do by their API references.

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
        ["iam:updatesamlprovider"] ["iam:updateopenidconnectproviderthumbprint"] ["iam:addclientidtoopenidconnectprovider"];
    "change tags by which policies allow": ["iam:taguser"] ["iam:tagrole"];
    "assume any role that trusts the account": ["sts:assumerole"];
};

/// With a role that is handed to a service.
pub(super) const OF_PASS_ROLE: &[Escalation] = escalations! {
    "run code with the passed role": ["iam:passrole", "lambda:createfunction", "lambda:invokefunction"]
        ["iam:passrole", "lambda:createfunction", "lambda:addpermission"]
        ["iam:passrole", "lambda:createfunction", "lambda:createeventsourcemapping"]
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
        ["iam:passrole", "bedrock-agentcore:createcodeinterpreter"];
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
        ["iam:passrole", "codepipeline:createpipeline"];
    "put a role into an instance profile that is in use": [
        "iam:addroletoinstanceprofile", "iam:removerolefrominstanceprofile", "iam:passrole"
    ];
};

/// With what runs already.
pub(super) const OF_RUNNING_CODE: &[Escalation] = escalations! {
    "run code with the role of a function that exists": ["lambda:updatefunctioncode"];
    "run code with the role of a development endpoint": ["glue:updatedevendpoint"];
    "log in to instances and use their roles":
        ["ssm:sendcommand"] ["ssm:startsession"] ["ec2-instance-connect:sendsshpublickey"];
    "run code in containers and use their roles": ["ecs:executecommand"];
    "open notebooks and use their roles": ["sagemaker:createpresignednotebookinstanceurl"];
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
