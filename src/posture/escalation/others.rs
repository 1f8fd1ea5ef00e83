//! Whom a principal can become.

use std::iter;

use super::ground::{Ground, Standing, Who};
use super::services::EC2;
use super::state::State;
use super::{Hop, Needed};
use crate::policy::{Document, Policy, PolicyKind, PolicySet};
use crate::posture::findings::ways;
use crate::posture::holder::{Certainty, Holder};
use crate::posture::snapshot::{Role, User};

/// A trust policy that names one principal.
pub(super) fn trust_of(arn: &str) -> Option<PolicySet> {
    let statement = serde_json::json!({"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"});
    let json = serde_json::json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let document = Document::parse(PolicyKind::Trust, &json).ok()?;
    Some(Policy::new("a trust policy that it writes", document).into())
}

/// The hop by which somebody in this state becomes another principal: the surest there is.
pub(super) fn become_another(ground: &Ground<'_>, state: &State<'_>, other: &Standing<'_>) -> Option<Hop> {
    if state.arn == other.arn {
        return None;
    }
    let needs = match other.who {
        Who::User(user) => credentials_of(&state.holder, user),
        Who::Role(role) => role_of(ground, state, other, role),
    };
    let (how, needs) = needs?;
    Some(Hop { from: state.arn.clone(), to: other.arn.clone(), how, needs })
}

type Way = (&'static str, Vec<Needed>);

fn is_certain(way: &Way) -> bool {
    way.1.iter().all(|needed| needed.certainty == Certainty::Certain)
}

/// The first that is certain, else the first.
fn surest(ways: impl Iterator<Item = Way>) -> Option<Way> {
    let mut best = None;
    for way in ways {
        if is_certain(&way) {
            return Some(way);
        }
        best = best.or(Some(way));
    }
    best
}

/// By credentials of a user.
fn credentials_of(holder: &Holder, user: &User) -> Option<Way> {
    let password = user.credentials.as_ref().map(|credentials| credentials.password);
    let ways = [
        ("iam:CreateAccessKey", "make an access key of another user", true),
        ("iam:CreateLoginProfile", "set a first console password of another user", password != Some(true)),
        ("iam:UpdateLoginProfile", "set another console password of another user", password != Some(false)),
    ];
    surest(ways.into_iter().filter(|(.., is_open)| *is_open).filter_map(|(action, how, _)| {
        if !could(holder, action) {
            return None;
        }
        let allowed = holder.may_to(action, &user.identity, &[])?;
        Some((how, vec![Needed::new(action, &user.identity.arn, allowed)]))
    }))
}

fn could(holder: &Holder, action: &str) -> bool {
    holder.held().layers.identity.could_allow(&action.to_ascii_lowercase())
}

/// By a role: assumed as it is, opened first, or handed to a service. The later ways are looked at only where the earlier are
/// not certain.
fn role_of(ground: &Ground<'_>, state: &State<'_>, other: &Standing<'_>, role: &Role) -> Option<Way> {
    let assumed = || {
        let allowed = other.assumed_by(&state.holder)?;
        Some(("assume a role", vec![Needed::new("sts:AssumeRole", &role.identity.arn, allowed)]))
    };
    let changeable = || (!role.is_service_linked()).then_some(());
    let opened = || changeable().and_then(|()| opened(state, role));
    let passed = || changeable().and_then(|()| passed(ground, state, other, role));
    surest(iter::once_with(assumed).chain(iter::once_with(opened)).chain(iter::once_with(passed)).flatten())
}

/// By a trust policy that it writes itself.
fn opened(state: &State<'_>, role: &Role) -> Option<Way> {
    const ACTION: &str = "iam:UpdateAssumeRolePolicy";
    if !could(&state.holder, ACTION) {
        return None;
    }
    let allowed = state.holder.may_to(ACTION, &role.identity, &[])?;
    let trust = trust_of(&state.who.identity().arn)?;
    let assumed = state.holder.may_assume(&role.identity.arn, &trust, &[])?;
    let needs = vec![
        Needed::new(ACTION, &role.identity.arn, allowed),
        Needed::new("sts:AssumeRole", &role.identity.arn, assumed),
    ];
    Some(("make a role trust it, and assume it", needs))
}

/// By a service that acts with it.
fn passed(ground: &Ground<'_>, state: &State<'_>, other: &Standing<'_>, role: &Role) -> Option<Way> {
    if !could(&state.holder, "iam:PassRole") {
        return None;
    }
    let with_services = ways().filter(|way| way.code == "PassRoleEscalation" && way.actions.len() > 1);
    surest(with_services.filter_map(|way| {
        let [_, first, ..] = way.actions else { return None };
        if !way.actions.iter().all(|action| state.holder.held().layers.identity.could_allow(action)) {
            return None;
        }
        let (service, trusted) = ground.service_of(other, first)?;
        if service == EC2 && role.instance_profiles.is_empty() && !may_make_profile(&state.holder) {
            return None;
        }
        let keys = [("iam:PassedToService", Some(service))];
        let mut allowed = state.holder.may_to("iam:PassRole", &role.identity, &keys)?;
        allowed.certainty = allowed.certainty.min(trusted);
        let mut needs = vec![Needed::new("iam:PassRole", &role.identity.arn, allowed)];
        for &action in &way.actions[1..] {
            needs.push(Needed::new(action, "*", state.holder.may_somewhere(action, &[])?));
        }
        Some((way.how, needs))
    }))
}

/// Whether it may put the role into an instance profile of its own.
fn may_make_profile(holder: &Holder) -> bool {
    ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"]
        .iter()
        .all(|action| could(holder, action) && holder.may_somewhere(action, &[]).is_some())
}
