//! How AWS says that somebody may not do something.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use super::error::ServiceError;
use super::identity::Identity;
use crate::policy::{Layer, Verdict};

/// 403: `caller` may not do `action` to `resource`, and which policies are to blame for it, where there is a verdict.
pub(super) fn denied(caller: &Identity, action: &str, resource: &str, verdict: Option<Verdict>) -> ServiceError {
    let who = caller.arn();
    let why = verdict.map(|verdict| why(action, verdict)).unwrap_or_default();
    ServiceError::access_denied(format!(
        "User: {who} is not authorized to perform: {action} on resource: {resource}{why}"
    ))
}

fn why(action: &str, verdict: Verdict) -> String {
    match verdict {
        Verdict::Allowed => String::new(),
        Verdict::ExplicitDeny(layer) => {
            let (article, policy) = named(layer);
            format!(" with an explicit deny in {article} {policy}")
        }
        Verdict::ImplicitDeny(layer) => {
            let (_, policy) = named(layer);
            format!(" because no {policy} allows the {action} action")
        }
    }
}

/// What AWS calls the policies of a layer, with the article before it.
fn named(layer: Layer) -> (&'static str, &'static str) {
    match layer {
        Layer::Identity => ("an", "identity-based policy"),
        Layer::Boundary => ("a", "permissions boundary"),
        Layer::Session => ("a", "session policy"),
        Layer::Scp => ("a", "service control policy"),
        Layer::Resource | Layer::Trust => ("a", "resource-based policy"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layer_is_told_in_the_words_of_aws() {
        let root = Identity::Root { arn: "arn:aws:iam::123456789012:root".into(), id: "123456789012".into() };
        let said = |verdict| denied(&root, "iam:GetUser", "*", verdict).message.into_owned();
        let bare = "User: arn:aws:iam::123456789012:root is not authorized to perform: iam:GetUser on resource: *";
        assert_eq!(said(None), bare);
        for (layer, deny, no_allow) in [
            (Layer::Identity, "an identity-based policy", "no identity-based policy"),
            (Layer::Boundary, "a permissions boundary", "no permissions boundary"),
            (Layer::Session, "a session policy", "no session policy"),
            (Layer::Scp, "a service control policy", "no service control policy"),
            (Layer::Resource, "a resource-based policy", "no resource-based policy"),
        ] {
            let explicit = said(Some(Verdict::ExplicitDeny(layer)));
            assert_eq!(explicit, format!("{bare} with an explicit deny in {deny}"));
            let implicit = said(Some(Verdict::ImplicitDeny(layer)));
            assert_eq!(implicit, format!("{bare} because {no_allow} allows the iam:GetUser action"));
        }
    }
}
