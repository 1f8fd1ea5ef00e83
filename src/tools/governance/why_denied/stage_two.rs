//! What the policies of the mapped role say against a call, as AWS evaluates them.

use serde_json::{Value, json};

use super::answer::{Proposal, Refusal, Seen, allowing};
use super::asked::Asked;
use crate::iam::{EntityKind, Reader};
use crate::policy::Principal;
use crate::posture::holder::{Against, Certainty, Circumstances, Holder, Layer, Obstacle, Place, Shelf};
use crate::posture::snapshot::Directory;
use crate::tools::holder::ROLE;
use crate::tools::holder::held::Held;
use crate::tools::identities::alone;
use crate::tools::{Call, ToolError};

/// AWS's code.
const ACCESS_DENIED: &str = "AccessDenied";

/// What is said against each action with what it acts on. `denied`: AWS has said no to them, so that there is a reason even
/// where none is seen.
///
/// # Errors
/// A read of the role that failed for another reason than that the caller may not read it.
pub(super) async fn refusals(call: &Call, reader: &Reader, asked: &[Asked], denied: bool) -> Result<Seen, ToolError> {
    let role = &call.facts.mapping.role_arn;
    let is_of_sts = |asked: &&Asked| asked.on.0.starts_with("sts:");
    let of_iam = asked.iter().filter(|asked| !is_of_sts(asked));
    let mut refusals: Vec<Refusal> = asked.iter().filter(is_of_sts).map(|asked| not_assumed(&asked.on)).collect();
    let held = match Held::read(reader, &ROLE, role.name()).await {
        Ok(held) => held,
        // One that stage one does not let be made is not sent.
        Err(failure) if failure.code != ACCESS_DENIED && !failure.is_the_gateways() => return Err(failure.into()),
        Err(failure) => {
            let why = format!("the role's policies cannot be read ({})", failure.code);
            if denied {
                refusals.extend(of_iam.map(|asked| unseen(&asked.on, why.clone())));
            }
            return Ok(Seen { refusals, unjudged: vec![why] });
        }
    };
    let snapshot = alone::snapshot(&held, EntityKind::Role, reader.account(), reader.now());
    let Some(own) = snapshot.roles.first() else { return Ok(Seen::of(refusals)) };
    let held = Shelf::default().of_role(&Directory::of(&snapshot), own);
    let principal = Principal::role_session(role, &call.facts.stamp.session_name);
    let circumstances = Circumstances { identity: &own.identity, at: snapshot.taken };
    let holder = Holder::new(&snapshot.account, principal, held, &circumstances);
    let tags: Vec<(String, &str)> =
        call.facts.stamp.tags.iter().map(|(key, value)| (format!("aws:PrincipalTag/{key}"), value.as_str())).collect();
    let mut with: Vec<(&str, Option<&str>)> = tags.iter().map(|(key, value)| (key.as_str(), Some(*value))).collect();
    with.push(("aws:SourceIdentity", Some(&call.facts.stamp.source_identity)));
    let boundary = own.identity.boundary.as_deref().unwrap_or_default();
    for Asked { on, keys, if_found } in of_iam {
        let mut with = with.clone();
        with.extend(keys.iter().map(|(key, value)| (key.as_str(), Some(value.as_str()))));
        let resource = with_path(&on.1);
        // What the call does not name is looked for by the tool: one that is allowed will do.
        let is_open = resource != "*" && resource.contains('*');
        if is_open && holder.may_somewhere(&on.0, &with).is_some() {
            continue;
        }
        match holder.obstacle(&on.0, &resource, &with) {
            Some(obstacle) => {
                let refusal = explained(on, &obstacle, &role.to_string(), boundary);
                // What is not there is not removed, so that nothing is refused.
                refusals.push(Refusal { conditional: refusal.conditional || *if_found, ..refusal });
            }
            None if denied => refusals.push(unseen(on, "the role's own policies and its boundary allow it".to_owned())),
            None => {}
        }
    }
    Ok(Seen::of(refusals))
}

fn explained(on: &(String, String), obstacle: &Obstacle, role: &str, boundary: &str) -> Refusal {
    let (action, resource) = on;
    let (layer, whose) = match obstacle.layer {
        Layer::Identity => ("role-policy", format!("the policies of {role}")),
        Layer::Boundary => ("permissions-boundary", format!("the permissions boundary {boundary}")),
    };
    let conditional = obstacle.certainty == Certainty::Conditional;
    let (statement, why, change, add) = match &obstacle.against {
        Against::Denied(place) => (
            Some(named(place)),
            format!("a statement of {whose} denies it{}", if conditional { ", where its condition holds" } else { "" }),
            "spare this action on this resource from the statement, if it was not meant",
            None,
        ),
        Against::NotAllowed(Some(allowed)) => (
            Some(named(&allowed.by)),
            format!("{whose} allow the action, but not on this resource or not in these circumstances"),
            "add the statement, or widen the one that is named",
            Some(allowing(action, resource)),
        ),
        Against::NotAllowed(None) => {
            (None, format!("no statement of {whose} allows it"), "add the statement", Some(allowing(action, resource)))
        }
    };
    Refusal {
        layer,
        code: ACCESS_DENIED.to_owned(),
        on: Some(on.clone()),
        statement,
        why,
        conditional,
        proposal: Proposal { place: whose, change: change.to_owned(), statement: add },
    }
}

/// What is named without its path, as if it had none: IAM has one of a name, and most have no path.
fn with_path(resource: &str) -> String {
    match resource.split_once("/*") {
        Some((kind, name)) if !name.is_empty() => format!("{kind}/{name}"),
        _ => resource.to_owned(),
    }
}

fn named(place: &Place) -> Value {
    json!(place)
}

/// AWS said no, and nothing that can be seen says why.
fn unseen(on: &(String, String), why: String) -> Refusal {
    Refusal {
        layer: "beyond",
        code: ACCESS_DENIED.to_owned(),
        on: Some(on.clone()),
        statement: None,
        why,
        conditional: false,
        proposal: Proposal {
            place: "service or resource control policies, resource policies, VPC endpoint policies".to_owned(),
            change: "ask whoever is in charge of the organization, with AWS's message and request id".to_owned(),
            statement: None,
        },
    }
}

/// The gateway itself did not get the caller's session.
fn not_assumed(on: &(String, String)) -> Refusal {
    Refusal {
        layer: "role-session",
        code: ACCESS_DENIED.to_owned(),
        on: Some(on.clone()),
        statement: None,
        why: "the gateway may not assume the mapped role as it must, with tags and source identity".to_owned(),
        conditional: false,
        proposal: Proposal {
            place: "the trust policy of the mapped role, or the policies of the gateway's own role".to_owned(),
            change: "let the gateway's role do sts:AssumeRole, sts:TagSession and sts:SetSourceIdentity; `iam-mcp-gateway doctor` \
                     says which is missing"
                .to_owned(),
            statement: None,
        },
    }
}
