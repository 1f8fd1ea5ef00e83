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

/// How many access keys a user may have.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
const MOST_KEYS: usize = 2;

/// By credentials of a user.
fn credentials_of(holder: &Holder, user: &User) -> Option<Way> {
    let known = user.credentials.as_ref();
    let if_known = |holds: Option<bool>| match holds {
        Some(true) => Some(Certainty::Certain),
        Some(false) => None,
        None => Some(Certainty::Conditional),
    };
    // A third access key is refused; without the credential report it is not known whether there are two, which few have.
    let has_place = known.is_none_or(|known| known.access_keys.len() < MOST_KEYS).then_some(Certainty::Certain);
    let ways = [
        ("iam:CreateAccessKey", "make an access key of another user", has_place),
        (
            "iam:CreateLoginProfile",
            "set a first console password of another user",
            if_known(known.map(|known| !known.password)),
        ),
        (
            "iam:UpdateLoginProfile",
            "set another console password of another user",
            if_known(known.map(|known| known.password)),
        ),
    ];
    surest(ways.into_iter().filter_map(|(action, how, possible)| {
        let possible = possible.filter(|_| could(holder, action))?;
        let mut allowed = holder.may_to(action, &user.identity, &[])?;
        allowed.certainty = allowed.certainty.min(possible);
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
        needs.extend(together(&state.holder, &way.actions[1..])?);
        Some((way.how, needs))
    }))
}

/// What it takes to do all of these, for certain only on one and the same thing: who may make one function and run another has
/// nothing.
fn together(holder: &Holder, actions: &[&'static str]) -> Option<Vec<Needed>> {
    let is_on_one = |action: &&str| crate::actions::find(action).is_none_or(|known| known.takes_resources);
    let on_one: Vec<&str> = actions.iter().copied().filter(is_on_one).collect();
    let mut apart = Vec::new();
    for &action in actions {
        apart.push(Needed::new(action, "*", holder.may_somewhere(action, &[])?));
    }
    let service = |action: &&str| action.split_once(':').map(|(service, _)| service.to_owned());
    if on_one.len() < 2 || on_one.iter().any(|action| service(action) != service(&on_one[0])) {
        return Some(apart);
    }
    let is_fit = |resource: &String| {
        let may =
            |action: &&str| holder.may(action, resource, &[]).is_some_and(|it| it.certainty == Certainty::Certain);
        on_one.iter().all(may)
    };
    let sure = on_one.iter().flat_map(|action| holder.resources_of(action)).any(|resource| is_fit(&resource));
    if !sure {
        apart.iter_mut().for_each(|needed| needed.certainty = Certainty::Conditional);
    }
    Some(apart)
}

/// Whether it may put the role into an instance profile of its own.
fn may_make_profile(holder: &Holder) -> bool {
    ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"]
        .iter()
        .all(|action| could(holder, action) && holder.may_somewhere(action, &[]).is_some())
}
