//! `delete_user`

use serde_json::{Map, Value};

use super::credentials::{self, OtherCredentials};
use super::inventory::{self, Inventory};
use crate::config::Toolset;
use crate::iam::change::actions;
use crate::iam::{
    Aftermath, AwsFailure, Change, DeclaredCall, EntityKind, Interrupted, PlannedCall, Reader, Resource, Sent, reads,
};
use crate::tools::delete::{FORCE, KEPT_OF_DELETION, deleted, deleted_output, refuse_unless_forced};
use crate::tools::holder::{USER, USER_PARAMETER};
use crate::tools::withdrawal::{self, Weight};
use crate::tools::{Call, Declaration, Effect, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool};

/// `delete_user`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&DeleteUser) };

static SPEC: Spec = Spec {
    name: "delete_user",
    title: "Delete an IAM user",
    description: "Deletes an IAM user. A user that still has groups, policies, keys, a password, MFA devices or other \
                  credentials is deleted only with force, which removes them first.",
    toolset: Toolset::Users,
    effect: Effect::Destructive,
    own_parameters: &[USER_PARAMETER, FORCE],
    output: || deleted_output("UserName"),
    kept: KEPT_OF_DELETION,
    reads: &[
        reads::GET_USER,
        reads::LIST_GROUPS_FOR_USER,
        reads::LIST_ATTACHED_USER_POLICIES,
        reads::LIST_USER_POLICIES,
        reads::GET_USER_POLICY,
        reads::LIST_ACCESS_KEYS,
        reads::GET_LOGIN_PROFILE,
        reads::LIST_MFA_DEVICES,
        reads::LIST_SIGNING_CERTIFICATES,
        reads::LIST_SSH_PUBLIC_KEYS,
        reads::GET_SSH_PUBLIC_KEY,
        reads::LIST_SERVICE_SPECIFIC_CREDENTIALS,
        reads::LIST_ATTACHED_GROUP_POLICIES,
        reads::LIST_GROUP_POLICIES,
        reads::GET_GROUP_POLICY,
        reads::GET_POLICY,
        reads::GET_POLICY_VERSION,
    ],
    writes: &[
        actions::REMOVE_USER_FROM_GROUP,
        actions::DETACH_USER_POLICY,
        actions::DELETE_USER_POLICY,
        actions::DELETE_ACCESS_KEY,
        actions::DELETE_LOGIN_PROFILE,
        actions::DEACTIVATE_MFA_DEVICE,
        actions::DELETE_VIRTUAL_MFA_DEVICE,
        actions::DELETE_SIGNING_CERTIFICATE,
        actions::DELETE_SSH_PUBLIC_KEY,
        actions::DELETE_SERVICE_SPECIFIC_CREDENTIAL,
        actions::DELETE_USER,
    ],
    always: &[reads::GET_USER, actions::DELETE_USER],
    ..Spec::WRITING
};

struct DeleteUser;

impl WriteTool for DeleteUser {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        let name = call.arguments.required(USER_PARAMETER.name);
        let on_user = |action| USER.on(action, name);
        let mut reads = inventory::declared(name);
        reads.extend(credentials::declared(name));
        let mut writes = vec![on_user(actions::DELETE_USER)];
        if call.arguments.is_set(FORCE.name) {
            writes.extend([
                DeclaredCall::new(actions::REMOVE_USER_FROM_GROUP, Resource::Any(EntityKind::Group))
                    .with("UserName", name)
                    .with_found("GroupName"),
                on_user(actions::DETACH_USER_POLICY).with_found("PolicyArn"),
                on_user(actions::DELETE_USER_POLICY).with_found("PolicyName"),
                on_user(actions::DELETE_ACCESS_KEY).with_found("AccessKeyId"),
                on_user(actions::DELETE_LOGIN_PROFILE),
                on_user(actions::DEACTIVATE_MFA_DEVICE).with_found("SerialNumber"),
                DeclaredCall::new(actions::DELETE_VIRTUAL_MFA_DEVICE, Resource::Any(EntityKind::Mfa))
                    .with_found("SerialNumber"),
                on_user(actions::DELETE_SIGNING_CERTIFICATE).with_found("CertificateId"),
                on_user(actions::DELETE_SSH_PUBLIC_KEY).with_found("SSHPublicKeyId"),
                on_user(actions::DELETE_SERVICE_SPECIFIC_CREDENTIAL).with_found("ServiceSpecificCredentialId"),
            ]);
            reads.extend(withdrawal::of_groups_declared());
            reads.extend(withdrawal::attached_declared());
        }
        Ok(Declaration { reads, writes })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let name = call.arguments.required(USER_PARAMETER.name);
            let inventory = Inventory::read(reader, name).await?;
            let others = OtherCredentials::read(reader, name).await?;
            let policies = match call.arguments.is_set(FORCE.name) {
                true => Policies::read(reader, &inventory).await?,
                // Whatever hangs on it is refused then, in any order.
                false => Policies::unread(&inventory),
            };
            let mut calls = removals(name, &inventory, &others, &policies);
            refuse_unless_forced(call, &calls, "user", name, actions::DELETE_USER, inventory.user.arn())?;
            let user = Resource::Arn(inventory.user.arn().to_owned());
            calls.push(Change::DeleteUser { user_name: name.to_owned() }.on(user));
            let mut lost = inventory.shown();
            lost.extend(others.shown());
            let lost = Map::from_iter([("User".to_owned(), Value::Object(lost))]);
            Ok(Plan { calls, lost, ..Plan::default() })
        })
    }

    fn result(&self, plan: &Plan, _answers: Vec<Value>) -> Value {
        deleted("UserName", &plan.lost["User"])
    }

    fn interrupted(&self, plan: &Plan, interrupted: Interrupted) -> Interrupted {
        let Some(device) = device_left(plan, &interrupted) else { return interrupted };
        let of_device = format!(
            "call again to continue with what is left, but for the virtual MFA device {device}: nobody has it any more, so \
             another call does not find it; delete it with aws iam delete-virtual-mfa-device --serial-number {device}"
        );
        let of_failure = ToolError::from(interrupted.failure.clone()).hint;
        let hint = of_failure.map_or(of_device.clone(), |of_failure| format!("{of_failure}; {of_device}"));
        let aftermath = Aftermath { hint: Some(hint), ..Aftermath::default() };
        Interrupted { aftermath: Some(Box::new(aftermath)), ..interrupted }
    }
}

/// What the user's policies say, beside its inline ones.
#[derive(Debug)]
struct Policies {
    /// The documents of what is attached to it.
    attached: Vec<Value>,
    /// The documents of each of its groups.
    of_groups: Vec<Vec<Value>>,
}

impl Policies {
    async fn read(reader: &Reader, inventory: &Inventory) -> Result<Self, AwsFailure> {
        let (attached, of_groups) = tokio::try_join!(
            withdrawal::attached(reader, &inventory.attached),
            withdrawal::of_groups(reader, &inventory.groups),
        )?;
        Ok(Self { attached, of_groups })
    }

    fn unread(inventory: &Inventory) -> Self {
        Self {
            attached: vec![Value::Null; inventory.attached.len()],
            of_groups: vec![Vec::new(); inventory.groups.len()],
        }
    }
}

/// The calls that clear the way for DeleteUser, by the name as the caller wrote it, since that is what was declared: IAM takes
/// it in any letter case.
///
/// What lets the user act goes first (keys, password), so that a run that stops half-way leaves the user with less,
/// never with its access intact and its traces gone.
fn removals(name: &str, inventory: &Inventory, others: &OtherCredentials, policies: &Policies) -> Vec<PlannedCall> {
    let policies_going = withdrawal::in_order(policies_going(name, inventory, policies));
    let name = || name.to_owned();
    let on_user = || Resource::Arn(inventory.user.arn().to_owned());
    let mut calls = Vec::new();
    for id in inventory.access_keys.iter().filter_map(|key| key.access_key_id()) {
        calls.push(Change::DeleteAccessKey { user_name: name(), access_key_id: id.to_owned() }.on(on_user()));
    }
    if inventory.login_profile.is_some() {
        calls.push(Change::DeleteLoginProfile { user_name: name() }.on(on_user()));
    }
    for certificate in &others.certificates {
        let certificate_id = certificate.certificate_id().to_owned();
        calls.push(Change::DeleteSigningCertificate { user_name: name(), certificate_id }.on(on_user()));
    }
    for key in &others.ssh_keys {
        let ssh_public_key_id = key.ssh_public_key_id().to_owned();
        calls.push(Change::DeleteSshPublicKey { user_name: name(), ssh_public_key_id }.on(on_user()));
    }
    for credential in &others.service_credentials {
        let service_specific_credential_id = credential.service_specific_credential_id().to_owned();
        calls.push(
            Change::DeleteServiceSpecificCredential { user_name: name(), service_specific_credential_id }.on(on_user()),
        );
    }
    calls.extend(policies_going);
    for device in &inventory.mfa_devices {
        let serial_number = device.serial_number().to_owned();
        calls.push(
            Change::DeactivateMfaDevice { user_name: name(), serial_number: serial_number.clone() }.on(on_user()),
        );
        // Only a virtual device exists beside its user (`arn:aws:iam::ACCOUNT:mfa/NAME`): a FIDO key's serial is an ARN
        // too (`...:u2f/user/...`), and a hardware token's is a bare number; both go when they are deactivated.
        if serial_number.splitn(6, ':').nth(5).is_some_and(|resource| resource.starts_with("mfa/")) {
            let device = Resource::Arn(serial_number.clone());
            calls.push(Change::DeleteVirtualMfaDevice { serial_number }.on(device));
        }
    }
    calls
}

/// The calls that take the user's policies and groups away, in no order yet but that groups stand behind policies.
fn policies_going(name: &str, inventory: &Inventory, policies: &Policies) -> Vec<(Weight, PlannedCall)> {
    let name = || name.to_owned();
    let on_user = || Resource::Arn(inventory.user.arn().to_owned());
    let mut going = Vec::new();
    for (policy, document) in inventory.attached.iter().zip(&policies.attached) {
        let change = Change::DetachUserPolicy { user_name: name(), policy_arn: policy.arn.clone() };
        going.push((Weight::of(document), change.on(on_user())));
    }
    for (policy_name, document) in &inventory.inline {
        let change = Change::DeleteUserPolicy { user_name: name(), policy_name: policy_name.clone() };
        going.push((Weight::of(document), change.on(on_user())));
    }
    for (group, documents) in inventory.groups.iter().zip(&policies.of_groups) {
        let change = Change::RemoveUserFromGroup { user_name: name(), group_name: group.group_name().to_owned() };
        going.push((Weight::of_all(documents), change.on(Resource::Arn(group.arn().to_owned()))));
    }
    going
}

/// A virtual MFA device that was, or may have been, taken from the user and is not deleted: nothing leads from the user to it
/// then, so another run does not find it.
fn device_left<'p>(plan: &'p Plan, stopped: &Interrupted) -> Option<&'p str> {
    let at = |number: usize| plan.calls.get(number).map(|call| &call.change);
    let next = match at(stopped.done)? {
        Change::DeactivateMfaDevice { .. } if stopped.failure.sent == Sent::Unknown => at(stopped.done + 1)?,
        // It is planned behind the one that takes the device from the user.
        other => other,
    };
    match next {
        Change::DeleteVirtualMfaDevice { serial_number } => Some(serial_number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_another_run_does_not_find_is_named() {
        const DEVICE: &str = "arn:aws:iam::123456789012:mfa/bob";
        let user_name = || "bob".to_owned();
        let serial_number = || DEVICE.to_owned();
        let on = |change: Change| change.on(Resource::user("bob"));
        let plan = Plan::adding(vec![
            on(Change::DeleteLoginProfile { user_name: user_name() }),
            on(Change::DeactivateMfaDevice { user_name: user_name(), serial_number: serial_number() }),
            on(Change::DeleteVirtualMfaDevice { serial_number: serial_number() }),
            on(Change::DeleteUser { user_name: user_name() }),
        ]);
        for (done, sent, left) in [
            (0, Sent::Unknown, None),
            (1, Sent::Refused, None),
            (1, Sent::Unknown, Some(DEVICE)),
            (2, Sent::Refused, Some(DEVICE)),
            (2, Sent::Unknown, Some(DEVICE)),
            (3, Sent::Unknown, None),
        ] {
            let failure = AwsFailure { sent, ..AwsFailure::unreadable("iam:DeleteUser", "bob") };
            let stopped = Interrupted { done, failure, aftermath: None };
            assert_eq!(device_left(&plan, &stopped), left, "{done} {sent:?}");
            let told = DeleteUser.interrupted(&plan, stopped).aftermath.and_then(|aftermath| aftermath.hint);
            assert_eq!(told.is_some_and(|hint| hint.contains(DEVICE)), left.is_some(), "{done} {sent:?}");
        }
    }
}
