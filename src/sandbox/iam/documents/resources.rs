//! Resources in policies: `*`, or ARNs in which most parts may hold wildcards.

use super::Fault;
use crate::arn::Partition;

/// Where the resource part of an ARN of IAM may begin.
const IAM_PATHS: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// What is wrong with a resource.
pub(super) fn fault(resource: &str) -> Option<Fault> {
    if resource == "*" {
        return None;
    }
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let part = |at: usize| parts.get(at).copied();
    let Some(partition) = part(1) else {
        return Some(format!("Resource {resource} must be in ARN format or \"*\".").into());
    };
    if partition != "*" && partition.parse::<Partition>().is_err() {
        let service = part(2).filter(|service| !service.is_empty() || parts.len() > 3).unwrap_or("*");
        let [region, account, rest] = [3, 4, 5].map(|at| part(at).unwrap_or("*"));
        return Some(
            format!(
                "Partition \"{partition}\" is not valid for resource \
                 \"arn:{partition}:{service}:{region}:{account}:{rest}\"."
            )
            .into(),
        );
    }
    let service = part(2).filter(|service| !service.contains(['*', '?']));
    let Some(service) = service else {
        return Some("Resource vendor must be fully qualified and cannot contain regexes.".into());
    };
    let [region, account, rest] = [3, 4, 5].map(|at| part(at).unwrap_or_default());
    match service {
        "iam" if !region.is_empty() => {
            Some(format!("IAM resource {resource} cannot contain region information.").into())
        }
        "iam" if !is_iam_path(rest) => Some(
            format!("IAM resource path must either be \"*\", root, or start with {}.", IAM_PATHS.join(", ")).into(),
        ),
        // What S3 has in regions (access points, jobs) belongs to an account; its buckets name neither.
        "s3" if !region.is_empty() && account.is_empty() => {
            Some(format!("Resource {resource} can not contain region information.").into())
        }
        _ => None,
    }
}

fn is_iam_path(rest: &str) -> bool {
    rest.starts_with('*') || rest == "root" || IAM_PATHS.iter().any(|path| rest.starts_with(path))
}

/// Whether a resource without [`fault`] has what the older of AWS's parsers wants: a service, and all six parts where
/// one is left empty.
pub(super) fn is_complete(resource: &str) -> bool {
    resource == "*"
        || (resource.split(':').nth(2).is_some_and(|service| !service.is_empty())
            && (resource.split(':').count() >= 6 || !resource.contains("::")))
}
