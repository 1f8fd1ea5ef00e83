//! What is known of an identity's requests before they are made.

use jiff::Timestamp;

use crate::policy::{Context, Principal, PrincipalKind};
use crate::posture::snapshot::Identity;

/// What the condition keys of an identity's requests are made from.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The identity.
    pub identity: &'a Identity,
    /// The time for which is asked.
    pub at: Timestamp,
}

impl Circumstances<'_> {
    /// The keys that are known; all others are open, save tags that a user does not have.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    pub(super) fn context(&self, principal: &Principal) -> Context {
        let Identity { name, arn, id, tags, .. } = self.identity;
        let mut context = Context::new();
        context.set("aws:PrincipalArn", &**arn);
        if let Some(account) = principal.account() {
            context.set("aws:PrincipalAccount", account.as_str());
        }
        for (key, value) in tags {
            context.set(&format!("aws:PrincipalTag/{key}"), &**value);
        }
        if principal.kind() == PrincipalKind::User {
            context.set("aws:PrincipalType", "User");
            context.set("aws:username", &**name);
            context.set("aws:userid", &**id);
            // A session of a role may have been given more of them.
            context.settle("aws:PrincipalTag/");
        } else {
            context.set("aws:PrincipalType", "AssumedRole");
            context.set_all("aws:username", [] as [&str; 0]);
        }
        context.set("aws:PrincipalIsAWSService", "false");
        context.set("aws:SecureTransport", "true");
        context.set("aws:CurrentTime", self.at.to_string());
        context.set("aws:EpochTime", self.at.as_second().to_string());
        context.leave_all_open();
        context
    }
}
