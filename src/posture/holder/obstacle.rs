//! What keeps an identity from doing something.

use super::{Allowed, Certainty, Holder, OF_TRUST, Place, place};
use crate::policy::{Decision, Doubt, Request};

/// Which of an identity's policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Its own and its groups'.
    Identity,
    /// Its permissions boundary.
    Boundary,
}

/// What a layer says against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// This statement denies it.
    Denied(Place),
    /// No statement allows it. Of the identity's own policies: the one that would, on another resource.
    NotAllowed(Option<Allowed>),
}

/// Why something is not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Where it lies.
    pub layer: Layer,
    /// What it is.
    pub against: Against,
    /// Whether it is one whatever the circumstances are.
    pub certainty: Certainty,
}

impl Holder {
    /// The first thing that keeps the identity from doing this: a denial before what is only not allowed, and its own policies
    /// before its boundary; `None` where it may do it for certain.
    #[must_use]
    pub fn obstacle(&self, action: &str, resource: &str, with: &[(&str, Option<&str>)]) -> Option<Obstacle> {
        let context = self.context_with(with);
        let request = Request::new(action, resource, &self.principal, &context);
        // What is denied at best is denied for certain.
        let by_doubt = [(Doubt::Allows, Certainty::Certain), (Doubt::Denies, Certainty::Conditional)];
        by_doubt.into_iter().find_map(|(doubt, certainty)| {
            let decisions = self.held.layers.evaluate_in_doubt(&request, doubt);
            let layers = [(Layer::Identity, Some(decisions.identity)), (Layer::Boundary, decisions.boundary)];
            let said = layers.into_iter().filter_map(|(layer, said)| Some((layer, said?)));
            let denied = said.clone().find_map(|(layer, said)| match said {
                Decision::ExplicitDeny(deciding) => {
                    let document = match layer {
                        Layer::Identity => self.held.number(deciding.index),
                        Layer::Boundary => OF_TRUST,
                    };
                    Some((layer, Against::Denied(place(deciding, document))))
                }
                Decision::Allow(_) | Decision::NoMatch => None,
            });
            let (layer, against) = denied.or_else(|| {
                let (layer, _) = said.clone().find(|(_, said)| matches!(said, Decision::NoMatch))?;
                let elsewhere = (layer == Layer::Identity).then(|| self.may_somewhere(action, with)).flatten();
                Some((layer, Against::NotAllowed(elsewhere)))
            })?;
            Some(Obstacle { layer, against, certainty })
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::posture::testing::{Written, allow, arn, holder_of};

    fn obstacle(statements: &Value, action: &str, resource: &str) -> Option<(Layer, Against, Certainty)> {
        let mut account = Written::default();
        let bound = json!({"PermissionsBoundary": {"PermissionsBoundaryArn": arn("policy/bound")}});
        account.user("bob", statements, bound).policy("bound", &[json!([allow(&json!("s3:*"), &json!("*"))])]);
        let found = holder_of(&account.read(), "bob").obstacle(action, resource, &[]);
        found.map(|found| (found.layer, found.against, found.certainty))
    }

    #[test]
    fn the_layer_and_the_statement_are_named() {
        let reports = "arn:aws:s3:::reports/x";
        let reading = allow(&json!("s3:GetObject"), &json!("arn:aws:s3:::reports/*"));
        let mut deny =
            json!({"Sid": "Never", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::reports/*"});
        assert_eq!(obstacle(&json!([reading]), "s3:GetObject", reports), None);
        let (layer, against, certainty) = obstacle(&json!([reading, deny]), "s3:GetObject", reports).unwrap();
        assert!(matches!(against, Against::Denied(ref place) if place.sid.as_deref() == Some("Never")));
        assert_eq!((layer, certainty), (Layer::Identity, Certainty::Certain));
        deny["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}});
        let (_, against, certainty) = obstacle(&json!([reading, deny]), "s3:GetObject", reports).unwrap();
        assert!(matches!(against, Against::Denied(_)));
        assert_eq!(certainty, Certainty::Conditional);
        let (layer, against, _) = obstacle(&json!([reading]), "s3:GetObject", "arn:aws:s3:::other/x").unwrap();
        assert!(matches!(against, Against::NotAllowed(Some(ref allowed)) if allowed.by.statement == 0));
        assert_eq!(layer, Layer::Identity);
        let (_, against, _) = obstacle(&json!([reading]), "s3:PutObject", reports).unwrap();
        assert_eq!(against, Against::NotAllowed(None));
        let everything = allow(&json!("*"), &json!("*"));
        let (layer, against, _) = obstacle(&json!([everything]), "ec2:RunInstances", "*").unwrap();
        assert_eq!((layer, against), (Layer::Boundary, Against::NotAllowed(None)));
    }
}
