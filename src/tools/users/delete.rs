//! `delete_user`

use serde_json::{Map, Value};

use super::credentials::{self, OtherCredentials};
use super::inventory::{self, Inventory};
use crate::config::Toolset;
use crate::iam::change::actions;
use crate::iam::{Change, DeclaredCall, EntityKind, PlannedCall, Reader, Resource, reads};
use crate::tools::delete::{FORCE, KEPT_OF_DELETION, deleted, deleted_output, refuse_unless_forced};
use crate::tools::holder::{USER, USER_PARAMETER};
use crate::tools::{Call, Declaration, Effect, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool};

/// `delete_user`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&DeleteUser) };

static SPEC: Spec = Spec {
    name: "delete_user",
    title: "Delete an IAM user",
    description: "Deletes an IAM user. A user that still has groups, policies, keys, a password, MFA devices or other \
                  credentials is deleted only with force, which removes them first. The plan shows all that goes.",
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
        reads::LIST_SERVICE_SPECIFIC_CREDENTIALS,
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
        }
        let mut reads = inventory::declared(name);
        reads.extend(credentials::declared(name));
        Ok(Declaration { reads, writes })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let name = call.arguments.required(USER_PARAMETER.name);
            let inventory = Inventory::read(reader, name).await?;
            let others = OtherCredentials::read(reader, name).await?;
            let mut calls = removals(name, &inventory, &others);
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
}

/// The calls that clear the way for DeleteUser, by the name as the caller wrote it, since that is what was declared: IAM takes
/// it in any letter case.
///
/// What lets the user act goes first (keys, password), so that a run that stops half-way leaves the user with less,
/// never with its access intact and its traces gone.
fn removals(name: &str, inventory: &Inventory, others: &OtherCredentials) -> Vec<PlannedCall> {
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
    for group in &inventory.groups {
        let change = Change::RemoveUserFromGroup { user_name: name(), group_name: group.group_name().to_owned() };
        calls.push(change.on(Resource::Arn(group.arn().to_owned())));
    }
    for policy in &inventory.attached {
        calls.push(Change::DetachUserPolicy { user_name: name(), policy_arn: policy.arn.clone() }.on(on_user()));
    }
    for (policy_name, _) in &inventory.inline {
        calls.push(Change::DeleteUserPolicy { user_name: name(), policy_name: policy_name.clone() }.on(on_user()));
    }
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
