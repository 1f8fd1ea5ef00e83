//! The ways by which a principal gets more than it was given, and which of them a change opens.
//!
//! A way is open where everything that it takes is allowed, whatever the conditions are, within the boundary, and nothing
//! denies it to everybody, always and everywhere. It is opened where something new is needed for it.
//!
//! It leads to administrator if what is allowed has no particular name: the resource fits an ARN of the account that nobody
//! would give to anything. Three kinds do: everything on everything; what the findings call `PrivilegeEscalation`, by which
//! IAM itself gives more (to assume any role is of these); and a passed role with something that runs with it. Writing
//! permissions does on any resource, named or not, since one principal that the holder is or can become is enough. Two
//! conditions keep it away, because they bound what is given: a boundary of the account's own that has to be set, and the
//! service that a role may be passed to. What cannot be told, or not within the budget, is taken for open.

use std::collections::BTreeMap;

use super::conditions::Conditions;
use super::held::Held;
use super::news::News;
use super::part::{Part, Pattern};
use super::statement::{Statement, Term};
use crate::arn::Partition;
use crate::policy::Budget;
use crate::posture::findings::{Way, ways};

/// An action of no service: who may do it may do everything.
const MADE_UP: &str = "zz-no-such-service:zzmadeup";

/// Everything on everything. `iam:CreateUser` is in it because what is left without IAM is no administrator.
pub(super) const EVERYTHING: Way =
    Way { code: "AdministratorAccess", actions: &[MADE_UP, "iam:createuser"], how: "do everything" };

/// Actions that give any permissions to whom they name, so that it takes no more than one principal that the holder is, or
/// can become.
const WRITING_PERMISSIONS: [&str; 7] = [
    "iam:attachgrouppolicy",
    "iam:attachrolepolicy",
    "iam:attachuserpolicy",
    "iam:createpolicyversion",
    "iam:putgrouppolicy",
    "iam:putrolepolicy",
    "iam:putuserpolicy",
];

/// How far an action is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Nowhere,
    /// On something that it can act on.
    Somewhere,
    /// On whatever has no particular name.
    Everywhere,
}

/// The ways that a change opens.
#[derive(Debug, Default)]
pub(super) struct Opened {
    /// Everything that is open now, and that something new is needed for.
    pub(super) ways: Vec<Way>,
    /// Whether one of them leads to administrator.
    pub(super) administrator: bool,
}

/// What the actions of a service act on.
struct Resources {
    /// Some without a particular name.
    unnamed: Vec<Part>,
    /// All that there can be.
    any: Vec<Part>,
}

/// An action with what it acts on.
struct Asked<'r> {
    name: &'static str,
    action: Part,
    resources: &'r Resources,
}

impl Opened {
    /// Looks at every way. If that would take more than the budget, the worst is taken for true.
    pub(super) fn of(before: &Held, after: &Held, news: &News<'_>, account: &str, budget: &Budget) -> Self {
        let mut opened = Self::default();
        if news.is_empty() {
            return opened;
        }
        let (mut by_service, mut by_action) = (BTreeMap::new(), BTreeMap::new());
        for way in ways().chain([EVERYTHING]) {
            for &name in way.actions {
                let service = name.split_once(':').map_or(name, |(service, _)| service);
                let resources = by_service.entry(service).or_insert_with(|| Resources::of(service, account));
                by_action.entry(name).or_insert_with(|| {
                    let action = Part::Fits(Pattern::of_actions(name).unwrap_or_else(Pattern::everything));
                    Reached::of(&Asked { name, action, resources }, before, after, news, budget)
                });
            }
            let reached: Vec<&Reached> = way.actions.iter().filter_map(|action| by_action.get(action)).collect();
            let everywhere = is_opened(way, &reached, Reach::Everywhere);
            opened.administrator |= everywhere && leads_to_administrator(way);
            if everywhere || way.code != EVERYTHING.code && is_opened(way, &reached, Reach::Somewhere) {
                opened.ways.push(way);
            }
        }
        if budget.spend(1).is_err() {
            opened.administrator = true;
            opened.ways.push(EVERYTHING);
        }
        opened
    }

    /// The actions of these ways.
    pub(super) fn dangerous_actions(&self) -> Vec<Part> {
        let actions = self.ways.iter().flat_map(|way| way.actions);
        actions.filter_map(|action| Pattern::of_actions(action).map(Part::Fits)).collect()
    }
}

/// Whether a way is open now to this extent, and something new is needed for it. Of what is done with a passed role, only
/// the role matters.
fn is_opened(way: Way, reached: &[&Reached], extent: Reach) -> bool {
    let needed = |action: &str| {
        if way.code == "PassRoleEscalation" && action != "iam:passrole" { Reach::Somewhere } else { extent }
    };
    let each = || way.actions.iter().zip(reached);
    each().all(|(action, reached)| reached.after >= needed(action))
        && each().any(|(action, reached)| reached.new >= needed(action))
        && !reached.iter().all(|reached| reached.was_certain)
}

fn leads_to_administrator(way: Way) -> bool {
    match way.code {
        "PrivilegeEscalation" | "AdministratorAccess" => true,
        // Passing a role does nothing until something runs with it.
        "PassRoleEscalation" => way.actions.len() > 1,
        _ => false,
    }
}

/// How far an action reaches.
struct Reached {
    after: Reach,
    /// By what is new.
    new: Reach,
    /// Whether it was allowed before on everything and without conditions.
    was_certain: bool,
}

impl Reached {
    fn of(asked: &Asked<'_>, before: &Held, after: &Held, news: &News<'_>, budget: &Budget) -> Self {
        let by = |statement: &Statement| {
            let (actions, targets, conditions) = statement.lists();
            asked.reach(&actions, &targets, conditions, after, budget)
        };
        let bound = match &after.boundary {
            None => Reach::Everywhere,
            Some(boundary) => boundary.iter().map(by).max().unwrap_or(Reach::Nowhere),
        };
        let granted = after.allows.iter().map(by).max().unwrap_or(Reach::Nowhere);
        let new = news
            .blocks()
            .map(|(actions, targets, conditions)| asked.reach(&actions, &targets, conditions, after, budget));
        Self {
            after: granted.min(bound),
            new: new.max().unwrap_or(Reach::Nowhere).min(bound),
            was_certain: asked.was_certain(before, budget),
        }
    }
}

impl Resources {
    fn of(service: &str, account: &str) -> Self {
        let services: &[&str] = match service {
            "sts" => &["iam"],
            "ec2-instance-connect" => &["ec2"],
            "ssm" => &["ssm", "ec2"],
            _ => &[service],
        };
        let part = |text: &String| Pattern::of_resources(text).map(Part::Fits);
        let (mut unnamed, mut any) = (Vec::new(), Vec::new());
        for (service, partition) in
            services.iter().flat_map(|service| Partition::ALL.map(|partition| (service, partition)))
        {
            unnamed.extend(self::unnamed(partition, service, account).iter().filter_map(part));
            // Without wildcards before the colons: a star takes these as well.
            any.extend(part(&format!("arn:{partition}:{service}:*")));
        }
        Self { unnamed, any }
    }
}

/// ARNs whose names nobody would give.
fn unnamed(partition: Partition, service: &str, account: &str) -> Vec<String> {
    const KINDS: [&str; 8] =
        ["user", "role", "group", "policy", "instance-profile", "saml-provider", "oidc-provider", "mfa"];
    if service == "iam" {
        return KINDS.map(|kind| format!("arn:{partition}:iam::{account}:{kind}/zz-q7-nobody-q7-zz")).into();
    }
    let regional = format!("arn:{partition}:{service}:zz-nowhere-9:{account}:zz/zz-q7-nothing-q7-zz");
    vec![regional, format!("arn:{partition}:{service}:::zz/zz-q7-nothing-q7-zz")]
}

impl Asked<'_> {
    /// How far it is allowed by actions on targets under conditions.
    fn reach(
        &self,
        actions: &[&Part],
        targets: &[&Part],
        conditions: &Conditions,
        after: &Held,
        budget: &Budget,
    ) -> Reach {
        if !actions.iter().any(|own| own.includes(&self.action, budget)) {
            return Reach::Nowhere;
        }
        let is_denied = |target: &Part| {
            let term = Term { action: &self.action, target, conditions };
            after.denies.iter().any(|deny| deny.covers(term, budget))
        };
        let reach = |target: &&Part| {
            let meets_any = self.resources.any.iter().any(|any| target.meets(any, budget));
            let is_wide = || self.resources.unnamed.iter().any(|unnamed| target.includes(unnamed, budget));
            match meets_any && !is_denied(target) {
                false => Reach::Nowhere,
                true if WRITING_PERMISSIONS.contains(&self.name) || is_wide() => Reach::Everywhere,
                true => Reach::Somewhere,
            }
        };
        let widest = targets.iter().map(reach).max().unwrap_or(Reach::Nowhere);
        if self.is_narrowed(conditions) { widest.min(Reach::Somewhere) } else { widest }
    }

    /// Whether conditions keep the worst away: a boundary of the account's own on whatever is changed, or the service that a
    /// role may be passed to. A second factor, an address or a time keeps nobody from being administrator.
    fn is_narrowed(&self, conditions: &Conditions) -> bool {
        let is_own = |boundary: &str| {
            let parts: Vec<&str> = boundary.splitn(6, ':').collect();
            !boundary.contains(['*', '?', '$'])
                && matches!(parts[..], ["arn", _, "iam", "", account, _] if account != "aws")
        };
        let is_service = |service: &str| !service.contains(['*', '?', '$']);
        match self.name {
            MADE_UP | "iam:createuser" => false,
            "iam:passrole" => conditions.demand("iam:passedtoservice", is_service),
            _ => conditions.demand("iam:permissionsboundary", is_own),
        }
    }

    fn was_certain(&self, before: &Held, budget: &Budget) -> bool {
        let (everything, none) = (Part::Fits(Pattern::everything()), Conditions::default());
        let term = Term { action: &self.action, target: &everything, conditions: &none };
        let denies = |deny: &Statement| deny.actions.iter().any(|own| own.meets(&self.action, budget));
        before.allows.iter().any(|allow| allow.covers(term, budget))
            && !before.denies.iter().any(denies)
            && before.boundary.as_ref().is_none_or(|boundary| boundary.iter().any(|bound| bound.covers(term, budget)))
    }
}
