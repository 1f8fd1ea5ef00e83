//! Actions that are dangerous in the wrong hands, and for what.

use serde::Serialize;

use super::Danger;
use crate::posture::holder::Holder;

/// What an action is dangerous for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Somebody gets more than was given.
    PrivilegeEscalation,
    /// Somebody gets credentials, or what is as good.
    CredentialExposure,
    /// Something is opened to others.
    ResourceExposure,
    /// Data leaves.
    DataExfiltration,
    /// What runs is changed or removed.
    InfrastructureModification,
    /// What would tell of it is silenced.
    AuditTampering,
}

impl Category {
    /// The word in results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrivilegeEscalation => "privilege-escalation",
            Self::CredentialExposure => "credential-exposure",
            Self::ResourceExposure => "resource-exposure",
            Self::DataExfiltration => "data-exfiltration",
            Self::InfrastructureModification => "infrastructure-modification",
            Self::AuditTampering => "audit-tampering",
        }
    }
}

/// Every category with its actions. What takes several actions to be a way to more is not here: that is what escalation paths
/// are for.
pub const CATEGORIES: &[(Category, &[&str])] = &[
    (
        Category::PrivilegeEscalation,
        &[
            "iam:AddUserToGroup",
            "iam:AttachGroupPolicy",
            "iam:AttachRolePolicy",
            "iam:AttachUserPolicy",
            "iam:CreatePolicyVersion",
            "iam:DeleteRolePermissionsBoundary",
            "iam:DeleteUserPermissionsBoundary",
            "iam:PassRole",
            "iam:PutGroupPolicy",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:PutUserPermissionsBoundary",
            "iam:PutUserPolicy",
            "iam:SetDefaultPolicyVersion",
            "iam:UpdateAssumeRolePolicy",
            "organizations:DetachPolicy",
            "sso:AttachManagedPolicyToPermissionSet",
            "sso:PutInlinePolicyToPermissionSet",
        ],
    ),
    (
        Category::CredentialExposure,
        &[
            "ec2:GetPasswordData",
            "ecr:GetAuthorizationToken",
            "iam:CreateAccessKey",
            "iam:CreateLoginProfile",
            "iam:CreateServiceSpecificCredential",
            "iam:ResetServiceSpecificCredential",
            "iam:UpdateLoginProfile",
            "lambda:GetFunctionConfiguration",
            "rds-db:connect",
            "redshift:GetClusterCredentials",
            "secretsmanager:GetSecretValue",
            "ssm:GetParameter",
            "ssm:GetParameters",
            "ssm:GetParametersByPath",
            "sts:AssumeRole",
            "sts:GetFederationToken",
        ],
    ),
    (
        Category::ResourceExposure,
        &[
            "ec2:ModifyImageAttribute",
            "ec2:ModifySnapshotAttribute",
            "ecr:SetRepositoryPolicy",
            "elasticfilesystem:PutFileSystemPolicy",
            "es:UpdateDomainConfig",
            "glacier:SetVaultAccessPolicy",
            "kms:CreateGrant",
            "kms:PutKeyPolicy",
            "lambda:AddPermission",
            "ram:CreateResourceShare",
            "rds:ModifyDBSnapshotAttribute",
            "s3:PutBucketAcl",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutAccountPublicAccessBlock",
            "s3:PutObjectAcl",
            "secretsmanager:PutResourcePolicy",
            "sns:AddPermission",
            "sqs:AddPermission",
        ],
    ),
    (
        Category::DataExfiltration,
        &[
            "dynamodb:ExportTableToPointInTime",
            "dynamodb:Scan",
            "ec2:CreateSnapshot",
            "kms:Decrypt",
            "rds:CreateDBSnapshot",
            "rds:StartExportTask",
            "s3:GetObject",
            "s3:PutReplicationConfiguration",
        ],
    ),
    (
        Category::InfrastructureModification,
        &[
            "cloudformation:CreateStack",
            "cloudformation:DeleteStack",
            "cloudformation:UpdateStack",
            "dynamodb:DeleteTable",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:ReplaceIamInstanceProfileAssociation",
            "ec2:RunInstances",
            "ec2:TerminateInstances",
            "kms:ScheduleKeyDeletion",
            "lambda:UpdateFunctionCode",
            "organizations:LeaveOrganization",
            "rds:DeleteDBInstance",
            "route53:ChangeResourceRecordSets",
            "s3:DeleteBucket",
            "s3:PutLifecycleConfiguration",
            "ssm:SendCommand",
            "ssm:StartSession",
        ],
    ),
    (
        Category::AuditTampering,
        &[
            "access-analyzer:DeleteAnalyzer",
            "cloudtrail:DeleteTrail",
            "cloudtrail:PutEventSelectors",
            "cloudtrail:StopLogging",
            "cloudtrail:UpdateTrail",
            "config:DeleteConfigurationRecorder",
            "config:StopConfigurationRecorder",
            "ec2:DeleteFlowLogs",
            "guardduty:DeleteDetector",
            "guardduty:UpdateDetector",
            "logs:DeleteLogGroup",
            "securityhub:DisableSecurityHub",
        ],
    ),
];

/// The dangerous actions that somebody may do.
pub(super) fn of(holder: &Holder) -> Vec<Danger> {
    let all = CATEGORIES.iter().flat_map(|(category, actions)| actions.iter().map(move |action| (*category, *action)));
    all.filter_map(|(category, action)| {
        let allowed = holder.may_somewhere(action, &[])?;
        Some(Danger { action: action.to_owned(), category, certainty: allowed.certainty, by: allowed.by })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::actions;

    #[test]
    fn every_action_is_one_of_awss_and_stands_once() {
        let mut seen = BTreeSet::new();
        for action in CATEGORIES.iter().flat_map(|(_, actions)| *actions) {
            let known = actions::find(&action.to_ascii_lowercase());
            let name = action.split_once(':').map(|(_, name)| name);
            assert_eq!(known.map(|known| known.name), name, "{action}");
            assert!(seen.insert(action), "{action} twice");
        }
    }
}
