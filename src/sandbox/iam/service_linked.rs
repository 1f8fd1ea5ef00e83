//! Service-linked roles, of the services that most accounts meet.

use super::roles;
use super::{Answer, Guarded, Operation};
use crate::random::uuid;
use crate::sandbox::account::{Role, SERVICE_LINKED_PATH};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{DESCRIPTION, ENTITY_NAME_64, ENTITY_NAME_128, Text};
use crate::sandbox::error::ServiceError;
use crate::sandbox::ids::{self, IdKind};
use crate::sandbox::xml::Xml;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "CreateServiceLinkedRole" => create,
        "DeleteServiceLinkedRole" => delete,
        "GetServiceLinkedRoleDeletionStatus" => deletion_status,
        _ => return None,
    })
}

/// A service that has a service-linked role.
struct Service {
    /// Its principal, without `.amazonaws.com`.
    principal: &'static str,
    /// What its role is called, after `AWSServiceRoleFor`.
    role: &'static str,
    /// AWS's managed policy for it, below `aws-service-role/`.
    policy: &'static str,
    /// Whether an account may have several such roles.
    suffix: bool,
}

const fn service(principal: &'static str, role: &'static str, policy: &'static str) -> Service {
    Service { principal, role, policy, suffix: false }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>
const SERVICES: &[Service] = &[
    Service { suffix: true, ..service("autoscaling", "AutoScaling", "AutoScalingServiceRolePolicy") },
    service("backup", "Backup", "AWSBackupServiceLinkedRolePolicyForBackup"),
    service("batch", "Batch", "BatchServiceRolePolicy"),
    service("cloudtrail", "CloudTrail", "CloudTrailServiceRolePolicy"),
    service("config", "Config", "AWSConfigServiceRolePolicy"),
    Service { suffix: true, ..service("connect", "AmazonConnect", "AmazonConnectServiceLinkedRolePolicy") },
    service("ecs", "ECS", "AmazonECSServiceRolePolicy"),
    service("eks", "AmazonEKS", "AmazonEKSServiceRolePolicy"),
    service("elasticache", "ElastiCache", "ElastiCacheServiceRolePolicy"),
    service("elasticloadbalancing", "ElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"),
    service("opensearchservice", "AmazonOpenSearchService", "AmazonOpenSearchServiceRolePolicy"),
    service("ram", "ResourceAccessManager", "AWSResourceAccessManagerServiceRolePolicy"),
    service("rds", "RDS", "AmazonRDSServiceRolePolicy"),
    service("shield", "AWSShield", "AWSShieldServiceRolePolicy"),
    service("ssm", "AmazonSSM", "AmazonSSMServiceRolePolicy"),
    service("sso", "SSO", "AWSSSOServiceRolePolicy"),
];

const TASK_ID: Text = Text { min: 1, max: 1000, fits: |_| true, said_as: Ok(".*") };

/// The role that a service is about to be given.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) name: String,
    pub(super) path: String,
    policy: &'static str,
}

impl Made {
    /// # Errors
    /// A service that has no such role, or takes no suffix.
    pub(super) fn of(principal: &str, suffix: Option<&str>) -> Result<Self, ServiceError> {
        let service = principal
            .strip_suffix(".amazonaws.com")
            .and_then(|principal| SERVICES.iter().find(|service| service.principal == principal))
            .ok_or_else(|| {
                ServiceError::invalid_input(format!(
                    "{principal} is no service with a service-linked role that is known."
                ))
            })?;
        if suffix.is_some() && !service.suffix {
            return Err(ServiceError::invalid_input(format!("Custom suffix is not allowed for {principal}")));
        }
        let suffix = suffix.map(|suffix| format!("_{suffix}")).unwrap_or_default();
        Ok(Self {
            name: format!("AWSServiceRoleFor{}{suffix}", service.role),
            path: format!("{SERVICE_LINKED_PATH}{principal}/"),
            policy: service.policy,
        })
    }
}

fn create(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (principal, description, suffix)) = guarded.read(call, |input| {
        (
            input.required("AWSServiceName", &ENTITY_NAME_128),
            input.optional("Description", &DESCRIPTION),
            input.optional("CustomSuffix", &ENTITY_NAME_64),
        )
    })?;
    let Made { name, path, policy } = Made::of(principal, suffix)?;
    if account.roles.contains(&name) {
        return Err(ServiceError::invalid_input(format!(
            "Service role name {name} has been taken in this account, please try a different suffix."
        )));
    }
    let trust_policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{principal}"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    let mut role = Role::new(&name, &path, ids::id(call.random, IdKind::Role), call.now, &trust_policy);
    role.description = description.map(str::to_owned);
    let policy = format!("arn:{}:iam::aws:policy{SERVICE_LINKED_PATH}{policy}", account.partition);
    // Of AWS's own policies the account knows a selection; nothing is attached that cannot be read.
    role.policies.attached.extend(account.policies.contains_key(&policy).then_some(policy));
    let xml = Xml::of("Role", |xml| roles::essentials(xml, account, &role));
    account.roles.insert(role);
    Ok(xml)
}

/// AWS asks the service whether the role is in use, and answers later. Here none is, and it is gone at once.
fn delete(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, name) = guarded.read(call, |input| input.required("RoleName", &ENTITY_NAME_64))?;
    let role = account.role(name)?;
    if !role.is_service_linked() {
        return Err(ServiceError::no_such_entity(format!("The role with name {name} is not a service-linked role.")));
    }
    let task = format!("task{}{}/{}", role.path, role.name, uuid(call.random));
    account.roles.remove(name);
    account.deletion_tasks.insert(task.clone());
    let mut xml = Xml::new();
    xml.text("DeletionTaskId", &task);
    Ok(xml)
}

fn deletion_status(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, task) = guarded.read(call, |input| input.required("DeletionTaskId", &TASK_ID))?;
    if !account.deletion_tasks.contains(task) {
        return Err(ServiceError::no_such_entity(format!("The deletion task {task} cannot be found.")));
    }
    let mut xml = Xml::new();
    xml.text("Status", "SUCCEEDED");
    Ok(xml)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{ALLOW, Bench, TRUST};

    #[test]
    fn a_service_linked_role_is_made_for_a_service_and_deleted_by_a_task() {
        let mut bench = Bench::new();
        let made = bench.ok("CreateServiceLinkedRole", &[("AWSServiceName", "ecs.amazonaws.com")]);
        assert_eq!(made.get("RoleName").as_deref(), Some("AWSServiceRoleForECS"));
        assert_eq!(made.get("Path").as_deref(), Some("/aws-service-role/ecs.amazonaws.com/"));
        assert!(made.document("AssumeRolePolicyDocument").contains(r#""Service":"ecs.amazonaws.com""#));

        let task = bench.ok("DeleteServiceLinkedRole", &[("RoleName", "AWSServiceRoleForECS")]);
        let task = task.get("DeletionTaskId").unwrap();
        assert!(task.starts_with("task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/"), "{task}");
        let status = bench.ok("GetServiceLinkedRoleDeletionStatus", &[("DeletionTaskId", &task)]);
        assert_eq!(status.get("Status").as_deref(), Some("SUCCEEDED"));
        bench.refused("GetRole", &[("RoleName", "AWSServiceRoleForECS")], "NoSuchEntity");
        bench.refused("GetServiceLinkedRoleDeletionStatus", &[("DeletionTaskId", "task/x")], "NoSuchEntity");
    }

    #[test]
    fn only_some_services_allow_a_suffix_and_a_name_is_taken_once() {
        let mut bench = Bench::new();
        let autoscaling = ("AWSServiceName", "autoscaling.amazonaws.com");
        bench.ok("CreateServiceLinkedRole", &[autoscaling]);
        assert_eq!(
            bench.refused("CreateServiceLinkedRole", &[autoscaling], "InvalidInput"),
            "Service role name AWSServiceRoleForAutoScaling has been taken in this account, please try a different \
             suffix."
        );
        let made = bench.ok("CreateServiceLinkedRole", &[autoscaling, ("CustomSuffix", "two")]);
        assert_eq!(made.get("RoleName").as_deref(), Some("AWSServiceRoleForAutoScaling_two"));
        let eks = [("AWSServiceName", "eks.amazonaws.com"), ("CustomSuffix", "two")];
        assert_eq!(
            bench.refused("CreateServiceLinkedRole", &eks, "InvalidInput"),
            "Custom suffix is not allowed for eks.amazonaws.com"
        );
        bench.refused("CreateServiceLinkedRole", &[("AWSServiceName", "nothing.amazonaws.com")], "InvalidInput");
    }

    #[test]
    fn its_policy_is_attached_where_the_account_knows_it() {
        let mut bench = Bench::new();
        let policy = "arn:aws:iam::aws:policy/aws-service-role/AmazonRDSServiceRolePolicy";
        bench.managed_policy_at(policy);
        bench.ok("CreateServiceLinkedRole", &[("AWSServiceName", "rds.amazonaws.com")]);
        let attached = bench.ok("ListAttachedRolePolicies", &[("RoleName", "AWSServiceRoleForRDS")]);
        assert_eq!(attached.all("PolicyArn"), [policy]);
    }

    #[test]
    fn nobody_else_changes_a_service_linked_role() {
        let mut bench = Bench::new();
        bench.ok("CreateServiceLinkedRole", &[("AWSServiceName", "ecs.amazonaws.com")]);
        let arn = bench.managed_policy("Any");
        let name = ("RoleName", "AWSServiceRoleForECS");
        for (action, rest) in [
            ("DeleteRole", &[] as &[(&str, &str)]),
            ("PutRolePolicy", &[("PolicyName", "p"), ("PolicyDocument", ALLOW)]),
            ("AttachRolePolicy", &[("PolicyArn", &arn)]),
            ("DetachRolePolicy", &[("PolicyArn", &arn)]),
            ("UpdateAssumeRolePolicy", &[("PolicyDocument", TRUST)]),
            ("UpdateRole", &[("MaxSessionDuration", "7200")]),
            ("PutRolePermissionsBoundary", &[("PermissionsBoundary", &arn)]),
            ("DeleteRolePermissionsBoundary", &[]),
        ] {
            let fields: Vec<_> = [name].into_iter().chain(rest.iter().copied()).collect();
            assert_eq!(
                bench.refused(action, &fields, "UnmodifiableEntity"),
                "Cannot perform the operation on the protected role 'AWSServiceRoleForECS' - this role is only \
                 modifiable by AWS"
            );
        }
        bench.ok("UpdateRole", &[name, ("Description", "ours")]);
        bench.ok("CreateRole", &[("RoleName", "mine"), ("AssumeRolePolicyDocument", TRUST)]);
        bench.refused("DeleteServiceLinkedRole", &[("RoleName", "mine")], "NoSuchEntity");
        let reserved = [("RoleName", "x"), ("Path", "/aws-service-role/a/"), ("AssumeRolePolicyDocument", TRUST)];
        bench.refused("CreateRole", &reserved, "InvalidInput");
    }
}
