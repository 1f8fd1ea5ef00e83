//! What a principal can make of itself.

use std::sync::Arc;

use super::ground::{Ground, Who, administrator_access};
use super::state::State;
use super::{ADMINISTRATOR, Hop, Needed};
use crate::posture::findings::ways;
use crate::posture::holder::{Held, Shelf, Source};
use crate::posture::snapshot::{Identity, Written};

/// How many steps a principal takes on itself at most: to get rid of a boundary and of a deny, and to give itself everything.
pub(super) const MOST_STEPS: usize = 3;

/// How many versions a managed policy may have.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
const MOST_VERSIONS: usize = 5;

/// How many states of one principal are looked at.
const MOST_STATES: usize = 64;

/// The actions without one of which nobody changes anything about themselves.
const ACTIONS: [&str; 21] = [
    "iam:addusertogroup",
    "iam:attachgrouppolicy",
    "iam:attachrolepolicy",
    "iam:attachuserpolicy",
    "iam:createpolicyversion",
    "iam:createrole",
    "iam:createuser",
    "iam:deletegrouppolicy",
    "iam:deleterolepermissionsboundary",
    "iam:deleterolepolicy",
    "iam:deleteuserpermissionsboundary",
    "iam:deleteuserpolicy",
    "iam:detachgrouppolicy",
    "iam:detachrolepolicy",
    "iam:detachuserpolicy",
    "iam:putgrouppolicy",
    "iam:putrolepermissionsboundary",
    "iam:putrolepolicy",
    "iam:putuserpermissionsboundary",
    "iam:putuserpolicy",
    "iam:setdefaultpolicyversion",
];

/// How users and roles are changed: the actions of each.
struct Verbs {
    attach: &'static str,
    put: &'static str,
    detach: &'static str,
    delete: &'static str,
    put_boundary: &'static str,
    delete_boundary: &'static str,
}

const USER: Verbs = Verbs {
    attach: "iam:AttachUserPolicy",
    put: "iam:PutUserPolicy",
    detach: "iam:DetachUserPolicy",
    delete: "iam:DeleteUserPolicy",
    put_boundary: "iam:PutUserPermissionsBoundary",
    delete_boundary: "iam:DeleteUserPermissionsBoundary",
};

const ROLE: Verbs = Verbs {
    attach: "iam:AttachRolePolicy",
    put: "iam:PutRolePolicy",
    detach: "iam:DetachRolePolicy",
    delete: "iam:DeleteRolePolicy",
    put_boundary: "iam:PutRolePermissionsBoundary",
    delete_boundary: "iam:DeleteRolePermissionsBoundary",
};

const GROUP: Verbs = Verbs {
    attach: "iam:AttachGroupPolicy",
    put: "iam:PutGroupPolicy",
    detach: "iam:DetachGroupPolicy",
    delete: "iam:DeleteGroupPolicy",
    put_boundary: "",
    delete_boundary: "",
};

/// Whether a group's policies allow anything that a step, or becoming another, takes: who joins any other gets nowhere.
pub(super) fn is_useful(held: &Held) -> bool {
    let could = |action: &&'static str| held.layers.identity.could_allow(action);
    could_change(held) || BECOMING.iter().any(could) || ways().flat_map(|way| way.actions).any(could)
}

/// What it takes to become another, beside the ways that findings tell of.
const BECOMING: [&str; 4] =
    ["iam:createaccesskey", "iam:createloginprofile", "iam:updateloginprofile", "sts:assumerole"];

/// Whether somebody could change anything about themselves at all.
pub(super) fn could_change(held: &Held) -> bool {
    ACTIONS.iter().any(|action| held.layers.identity.could_allow(action))
}

/// Every state that a principal can bring itself to, those with fewer steps first, and whether these are all. States after one that
/// may do everything are left out: there is nothing more to get.
pub(super) fn states<'a>(ground: &Ground<'a>, shelf: &mut Shelf, first: State<'a>) -> (Vec<State<'a>>, bool) {
    let (mut states, mut is_whole) = (vec![first], true);
    let mut next = 0;
    while next < states.len() {
        let state = states[next].clone();
        next += 1;
        if state.administrator.is_some() || state.hops.len() >= MOST_STEPS || !could_change(state.holder.held()) {
            continue;
        }
        if states.len() >= MOST_STATES {
            return (states, false);
        }
        let steps = Steps { ground, shelf, state: &state };
        for after in steps.all() {
            let is_new = |known: &State<'_>| !Arc::ptr_eq(known.holder.held(), after.holder.held());
            if !states.iter().all(is_new) {
                continue;
            }
            if states.len() < MOST_STATES {
                states.push(after);
            } else {
                is_whole = false;
            }
        }
    }
    (states, is_whole)
}

struct Steps<'s, 'a> {
    ground: &'s Ground<'a>,
    shelf: &'s mut Shelf,
    state: &'s State<'a>,
}

impl<'a> Steps<'_, 'a> {
    fn all(mut self) -> Vec<State<'a>> {
        let mut after = Vec::new();
        self.give_itself(&mut after);
        self.rewrite(&mut after);
        self.lift_denies(&mut after);
        self.lift_boundary(&mut after);
        self.join(&mut after);
        self.make_another(&mut after);
        after
    }

    fn verbs(&self) -> &'static Verbs {
        match self.state.who {
            Who::User(_) => &USER,
            Who::Role(_) => &ROLE,
        }
    }

    fn own(&self) -> &'a Identity {
        self.state.who.identity()
    }

    /// The groups that it is in, those that it joined included.
    fn groups(&self) -> Vec<&'a Identity> {
        let before = match self.state.who {
            Who::User(user) => user.groups.iter().map(|name| &**name).collect(),
            Who::Role(_) => Vec::new(),
        };
        let names = before.into_iter().chain(self.state.joined.iter().map(|name| &**name));
        names.filter_map(|name| self.ground.directory.group(name)).map(|group| &group.identity).collect()
    }

    fn held(&self) -> &Arc<Held> {
        self.state.holder.held()
    }

    /// What it needs to do this to an identity, if it may.
    fn needed(&self, action: &'static str, on: &Identity, with: &[(&str, Option<&str>)]) -> Option<Needed> {
        let allowed = self.state.holder.may_to(action, on, with)?;
        Some(Needed::new(action, &on.arn, allowed))
    }

    fn step(&self, how: &'static str, needs: Vec<Needed>, held: Arc<Held>) -> State<'a> {
        let holder = self.state.holder.holding(held);
        let mut after = self
            .state
            .after(Hop { from: Arc::clone(&self.state.arn), to: Arc::clone(&self.state.arn), how, needs }, holder);
        if after.administrator.is_some()
            && let Some(last) = after.hops.last_mut()
        {
            last.to = Arc::from(ADMINISTRATOR);
        }
        after
    }

    /// It attaches any managed policy or writes any inline one, to itself or to a group that it is in.
    fn give_itself(&mut self, after: &mut Vec<State<'a>>) {
        let everything = Arc::clone(&self.ground.everything);
        let policy = administrator_access(self.ground.snapshot);
        let attached: [(&str, Option<&str>); 1] = [("iam:PolicyARN", Some(&policy))];
        let own = self.own();
        let to_itself = [
            (self.verbs().attach, "attach any managed policy to itself", &attached[..]),
            (self.verbs().put, "write any inline policy of itself", &[]),
        ];
        let to_groups = [
            (GROUP.attach, "attach any managed policy to a group that it is in", &attached[..]),
            (GROUP.put, "write any inline policy of a group that it is in", &[]),
        ];
        let of_groups = self.groups();
        let targets = std::iter::once((own, to_itself)).chain(of_groups.into_iter().map(|group| (group, to_groups)));
        for (target, ways) in targets {
            for (action, how, with) in ways {
                if let Some(needed) = self.needed(action, target, with) {
                    let held = self.shelf.adding(self.state.holder.held(), &everything);
                    after.push(self.step(how, vec![needed], held));
                }
            }
        }
    }

    /// It writes a new version of a managed policy that it has, or puts another version in force.
    fn rewrite(&mut self, after: &mut Vec<State<'a>>) {
        let mut seen: Vec<Arc<str>> = Vec::new();
        let held = Arc::clone(self.held());
        for (source, in_force) in &held.sources {
            let Some(arn) = source.managed().filter(|arn| !seen.contains(arn)) else { continue };
            seen.push(Arc::clone(arn));
            let Some(policy) = self.ground.directory.policy(arn).filter(|policy| !policy.is_aws_managed()) else {
                continue;
            };
            let mut replace = |steps: &mut Self, action, how, written: &Arc<Written>| {
                let Some(allowed) = steps.state.holder.may(action, arn, &[]) else { return };
                let is_it = |source: &Source| source.managed() == Some(arn);
                let changed = steps.shelf.replacing(&held, |source| is_it(source).then(|| Some(Arc::clone(written))));
                after.push(steps.step(how, vec![Needed::new(action, arn, allowed)], changed));
            };
            let everything = Arc::clone(&self.ground.everything);
            // One more is refused; to make room takes another permission, which few have without this one.
            if policy.versions.len() < MOST_VERSIONS
                || self.state.holder.may("iam:DeletePolicyVersion", arn, &[]).is_some()
            {
                let how = "write a new default version of a policy that it has";
                replace(self, "iam:CreatePolicyVersion", how, &everything);
            }
            for version in &policy.versions {
                if version.id != policy.default_version && version.document.number() != in_force.number() {
                    let how = "put another version of a policy that it has in force";
                    replace(self, "iam:SetDefaultPolicyVersion", how, &version.document);
                }
            }
        }
    }

    /// It takes away a policy that denies it something, or leaves a group that does.
    fn lift_denies(&mut self, after: &mut Vec<State<'a>>) {
        let held = Arc::clone(self.held());
        let denying: Vec<Source> = held.denying().cloned().collect();
        for source in &denying {
            let group = |name: &str| self.ground.directory.group(name).map(|group| &group.identity);
            let own = self.own();
            let removals = match source {
                Source::Inline(_) => vec![(self.verbs().delete, Some(own), None)],
                Source::Attached(arn) => vec![(self.verbs().detach, Some(own), Some(arn))],
                Source::InlineOfGroup(name, _) => {
                    vec![(GROUP.delete, group(name), None), ("iam:RemoveUserFromGroup", group(name), None)]
                }
                Source::AttachedToGroup(name, arn) => {
                    vec![(GROUP.detach, group(name), Some(arn)), ("iam:RemoveUserFromGroup", group(name), None)]
                }
                Source::Given => continue,
            };
            for (action, target, policy) in removals {
                let Some(target) = target else { continue };
                let with: Vec<(&str, Option<&str>)> =
                    policy.map(|arn| ("iam:PolicyARN", Some(&**arn))).into_iter().collect();
                let Some(needed) = self.needed(action, target, &with) else { continue };
                let leaves = action == "iam:RemoveUserFromGroup";
                let goes = |other: &Source| other == source || leaves && group_of(other) == group_of(source);
                let lifted = self.shelf.replacing(&held, |other| goes(other).then_some(None));
                let how = if leaves { "leave a group whose policies deny" } else { "take away a policy that denies" };
                after.push(self.step(how, vec![needed], lifted));
            }
        }
    }

    /// It takes its boundary away, or replaces it, or what it says.
    fn lift_boundary(&mut self, after: &mut Vec<State<'a>>) {
        let own = self.own();
        let (Some(boundary), true) = (&own.boundary, self.held().boundary.is_some()) else { return };
        let other = administrator_access(self.ground.snapshot);
        let replaced = [("iam:PermissionsBoundary", Some(&*other))];
        let mut needs: Vec<(&'static str, Needed)> = Vec::new();
        needs.extend(
            self.needed(self.verbs().delete_boundary, own, &[])
                .map(|needed| ("take its permissions boundary away", needed)),
        );
        needs.extend(
            self.needed(self.verbs().put_boundary, own, &replaced)
                .map(|needed| ("replace its permissions boundary by a wider one", needed)),
        );
        let action = "iam:CreatePolicyVersion";
        if self.ground.directory.policy(boundary).is_some_and(|policy| !policy.is_aws_managed())
            && let Some(allowed) = self.state.holder.may(action, boundary, &[])
        {
            needs.push(("write a new version of its permissions boundary", Needed::new(action, boundary, allowed)));
        }
        for (how, needed) in needs {
            let unbound = self.shelf.unbound(self.state.holder.held());
            after.push(self.step(how, vec![needed], unbound));
        }
    }

    /// A user joins a group.
    fn join(&mut self, after: &mut Vec<State<'a>>) {
        let Who::User(user) = self.state.who else { return };
        const ACTION: &str = "iam:AddUserToGroup";
        if !self.held().layers.identity.could_allow("iam:addusertogroup") {
            return;
        }
        let snapshot = self.ground.snapshot;
        for group in &snapshot.groups {
            let name = &group.identity.name;
            let is_in = user.groups.iter().any(|own| **own == **name) || self.state.joined.contains(name);
            if is_in || group.identity.attached.is_empty() && group.identity.inline.is_empty() {
                continue;
            }
            if !self.ground.useful_groups.contains(name) {
                continue;
            }
            let Some(needed) = self.needed(ACTION, &group.identity, &[]) else { continue };
            let held = self.shelf.joining(&self.ground.directory, self.state.holder.held(), group);
            let mut state = self.step("join a group with more permissions", vec![needed], held);
            state.joined.push(name.clone());
            after.push(state);
        }
    }

    /// It makes a user or a role of its own, gives it everything, and gets its credentials.
    fn make_another(&mut self, after: &mut Vec<State<'a>>) {
        let needs = self.new_user().or_else(|| self.new_role());
        let Some((how, needs)) = needs else { return };
        let held = self.shelf.adding(&Held::default(), &self.ground.everything);
        after.push(self.step(how, needs, held));
    }

    fn new_user(&self) -> Option<(&'static str, Vec<Needed>)> {
        let policy = administrator_access(self.ground.snapshot);
        self.made("iam:CreateUser", ":user/", |steps, arn| {
            let given = steps.one_of(arn, &[("iam:AttachUserPolicy", Some(&policy)), ("iam:PutUserPolicy", None)])?;
            let credentials = steps.one_of(arn, &[("iam:CreateAccessKey", None), ("iam:CreateLoginProfile", None)])?;
            Some(vec![given, credentials])
        })
        .map(|needs| ("make a user of its own with any permissions, and get its credentials", needs))
    }

    fn new_role(&self) -> Option<(&'static str, Vec<Needed>)> {
        let policy = administrator_access(self.ground.snapshot);
        self.made("iam:CreateRole", ":role/", |steps, arn| {
            let given = steps.one_of(arn, &[("iam:AttachRolePolicy", Some(&policy)), ("iam:PutRolePolicy", None)])?;
            let trust = super::others::trust_of(&steps.own().arn)?;
            let allowed = steps.state.holder.may_assume(arn, &trust, &[])?;
            Some(vec![given, Needed::new("sts:AssumeRole", arn, allowed)])
        })
        .map(|needs| ("make a role of its own with any permissions, and assume it", needs))
    }

    /// What it takes to make one that is not bounded, and then what else.
    fn made(
        &self,
        action: &'static str,
        kind: &str,
        then: impl Fn(&Self, &str) -> Option<Vec<Needed>>,
    ) -> Option<Vec<Needed>> {
        let all = self.state.holder.resources_of(action);
        // One that is there already is not made.
        let exists = |arn: &str| {
            let snapshot = self.ground.snapshot;
            let mut users = snapshot.users.iter().map(|user| &user.identity);
            let mut roles = snapshot.roles.iter().map(|role| &role.identity);
            users.any(|one| *one.arn == *arn) || roles.any(|one| *one.arn == *arn)
        };
        all.iter().filter(|arn| arn.contains(kind) && !exists(arn)).find_map(|arn| {
            let allowed = self.state.holder.may(action, arn, &[("iam:PermissionsBoundary", None)])?;
            let mut needs = vec![Needed::new(action, arn, allowed)];
            needs.extend(then(self, arn)?);
            Some(needs)
        })
    }

    /// The first of these actions that it may do to something new, which has no boundary.
    fn one_of(&self, arn: &str, actions: &[(&'static str, Option<&str>)]) -> Option<Needed> {
        actions.iter().find_map(|(action, policy)| {
            let mut with = vec![("iam:PermissionsBoundary", None)];
            with.extend(policy.map(|arn| ("iam:PolicyARN", Some(arn))));
            Some(Needed::new(action, arn, self.state.holder.may(action, arn, &with)?))
        })
    }
}

fn group_of(source: &Source) -> Option<&str> {
    match source {
        Source::InlineOfGroup(group, _) | Source::AttachedToGroup(group, _) => Some(group),
        Source::Inline(_) | Source::Attached(_) | Source::Given => None,
    }
}
