//! The condition keys of a call, as far as they do not depend on the operation.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use super::account::{Account, Tags};
use super::call::Call;
use super::identity::Identity;
use super::xml::seconds;
use crate::policy::Context;

/// What policies see of who calls, from where, and when.
pub(super) fn of_call(account: &Account, call: &Call<'_>) -> Context {
    let mut context = Context::new();
    principal(&mut context, account, call.identity);
    context.set("aws:RequestedRegion", call.region);
    context.set("aws:SourceIp", call.source_ip.to_string());
    if let Some(agent) = call.user_agent {
        context.set("aws:UserAgent", agent);
    }
    context.set("aws:CurrentTime", seconds(call.now));
    context.set("aws:EpochTime", call.now.as_second().to_string());
    // The sandbox stands where AWS does, and AWS is reached over TLS only; a policy that denies everything else must
    // not deny everything here.
    context.set("aws:SecureTransport", "true");
    context.set("aws:ViaAWSService", "false");
    context.set("aws:PrincipalIsAWSService", "false");
    context
}

fn principal(context: &mut Context, account: &Account, identity: &Identity) {
    context.set("aws:PrincipalAccount", account.id.to_string());
    context.set("aws:PrincipalArn", principal_arn(identity));
    context.set("aws:userid", identity.user_id());
    match identity {
        Identity::Root { .. } => context.set("aws:PrincipalType", "Account"),
        Identity::User { name, .. } => {
            context.set("aws:PrincipalType", "User");
            context.set("aws:username", name);
        }
        Identity::AssumedRole(session) => {
            context.set("aws:PrincipalType", "AssumedRole");
            context.set("aws:TokenIssueTime", seconds(session.issued));
            // Of temporary credentials the key says that no device was asked; of a user's own key it says nothing.
            context.set("aws:MultiFactorAuthPresent", "false");
            if let Some(source_identity) = &session.source_identity {
                context.set("aws:SourceIdentity", source_identity);
            }
        }
    }
    for (key, value) in principal_tags(account, identity).iter() {
        context.set(&format!("aws:PrincipalTag/{key}"), value);
    }
}

/// The ARN of the root user, of the user, or of the role whose session calls.
pub(super) fn principal_arn(identity: &Identity) -> &str {
    match identity {
        Identity::Root { arn, .. } | Identity::User { arn, .. } => arn,
        Identity::AssumedRole(session) => &session.role_arn,
    }
}

/// The user's tags, or the role's with the session's over them.
pub(super) fn principal_tags(account: &Account, identity: &Identity) -> Tags {
    match identity {
        Identity::Root { .. } => Tags::default(),
        Identity::User { name, .. } => account.users.get(name).map(|user| user.tags.clone()).unwrap_or_default(),
        Identity::AssumedRole(session) => {
            let mut tags = account.roles.get(&session.role_name).map(|role| role.tags.clone()).unwrap_or_default();
            for (key, value) in session.tags.iter() {
                tags.set(key, value);
            }
            tags
        }
    }
}
