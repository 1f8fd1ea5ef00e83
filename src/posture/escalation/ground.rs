//! An account, compiled for the search.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{services, steps};
use crate::policy::{Context, Doubt, NamedPrincipal, Policy, PolicySet, Principal, PrincipalKind, Request, Statement};
use crate::posture::holder::{Allowed, Certainty, Circumstances, Cut, Held, Holder, OF_TRUST, Shelf};
use crate::posture::snapshot::{Directory, Group, Identity, Role, Snapshot, User, Written};

/// A user or a role.
#[derive(Debug, Clone, Copy)]
pub(super) enum Who<'a> {
    User(&'a User),
    Role(&'a Role),
}

impl<'a> Who<'a> {
    pub(super) fn identity(self) -> &'a Identity {
        match self {
            Self::User(user) => &user.identity,
            Self::Role(role) => &role.identity,
        }
    }
}

/// A principal as it is in the account.
#[derive(Debug)]
pub(super) struct Standing<'a> {
    pub(super) who: Who<'a>,
    pub(super) arn: Arc<str>,
    pub(super) holder: Holder,
    /// Who may assume it, if it is a role whose trust policy can be read.
    pub(super) trust: Option<Trust>,
}

/// A role's trust policy.
#[derive(Debug)]
pub(super) struct Trust {
    pub(super) set: PolicySet,
    pub(super) number: u32,
    /// The ARNs that stand in it: whoever is named needs no policy of its own.
    named: BTreeSet<Box<str>>,
    is_wild: bool,
}

impl Trust {
    /// The principals that it names.
    pub(super) fn named(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|name| &**name)
    }

    /// Whether it could cover somebody whom it does not name.
    pub(super) fn is_wild(&self) -> bool {
        self.is_wild
    }

    /// Whether it could cover somebody who has no permission to assume roles.
    pub(super) fn names(&self, arn: &str) -> bool {
        self.is_wild || self.named.contains(arn)
    }

    /// Whether it lets this service assume the role.
    pub(super) fn trusts(&self, role: &str, service: &str) -> Option<Certainty> {
        let principal = Principal::service(service);
        let mut context = Context::new();
        context.leave_all_open();
        let request = Request::new("sts:AssumeRole", role, &principal, &context);
        let by_doubt = [(Doubt::Denies, Certainty::Certain), (Doubt::Allows, Certainty::Conditional)];
        by_doubt
            .into_iter()
            .find(|(doubt, _)| self.set.evaluate_in_doubt(&request, *doubt).is_allow())
            .map(|(_, certainty)| certainty)
    }
}

/// Everything that the search needs of an account.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) directory: Directory<'a>,
    pub(super) principals: Vec<Standing<'a>>,
    /// The groups that somebody could get anywhere by joining, by name.
    pub(super) useful_groups: BTreeSet<Box<str>>,
    /// A policy that allows everything.
    pub(super) everything: Arc<Written>,
}

/// AWS's own policy of administrators, which everybody who may attach any policy may attach.
pub(super) fn administrator_access(snapshot: &Snapshot) -> String {
    format!("arn:{}:iam::aws:policy/AdministratorAccess", snapshot.account.partition.as_str())
}

impl<'a> Ground<'a> {
    /// Of an account, without a statement that is cut out of it, and of those of its principals only that are looked at.
    pub(super) fn of(
        snapshot: &'a Snapshot,
        shelf: &mut Shelf,
        cut: Option<&Cut>,
        is_looked_at: &dyn Fn(&str) -> bool,
    ) -> Self {
        let directory = Directory::of(snapshot);
        let mut principals = Vec::new();
        for user in snapshot.users.iter().filter(|user| is_looked_at(&user.identity.arn)) {
            let held = shelf.of_user(&directory, user);
            if let Ok(principal) = Principal::from_arn(&user.identity.arn) {
                let principal = principal.with_unique_id(&user.identity.id);
                principals.push(Standing::new(snapshot, Who::User(user), principal, held, None));
            }
        }
        for role in snapshot.roles.iter().filter(|role| is_looked_at(&role.identity.arn)) {
            let held = shelf.of_role(&directory, role);
            if let Ok(arn) = role.identity.arn.parse() {
                let principal = Principal::role_session(&arn, "session").with_unique_id(&role.identity.id);
                principals.push(Standing::new(snapshot, Who::Role(role), principal, held, trust(role, cut)));
            }
        }
        let is_useful = |group: &&Group| steps::is_useful(&shelf.joining(&directory, &Held::default(), group));
        let useful = snapshot.groups.iter().filter(is_useful);
        let useful_groups = useful.map(|group| group.identity.name.clone()).collect();
        Self { snapshot, directory, principals, useful_groups, everything: Arc::new(Written::everything()) }
    }

    /// Whether a role trusts a service that an action hands roles to.
    pub(super) fn service_of(&self, role: &Standing<'_>, action: &str) -> Option<(&'static str, Certainty)> {
        let trust = role.trust.as_ref()?;
        let mut trusted = services::principals_of(action)
            .iter()
            .filter_map(|service| Some((*service, trust.trusts(&role.arn, service)?)));
        let first = trusted.next()?;
        Some(trusted.fold(first, |best, other| if other.1 > best.1 { other } else { best }))
    }
}

impl<'a> Standing<'a> {
    fn new(snapshot: &Snapshot, who: Who<'a>, principal: Principal, held: Arc<Held>, trust: Option<Trust>) -> Self {
        let circumstances = Circumstances { identity: who.identity(), at: snapshot.taken };
        let holder = Holder::new(&snapshot.account, principal, held, &circumstances);
        Self { who, arn: Arc::from(&*who.identity().arn), holder, trust }
    }

    /// Whether somebody may assume it.
    pub(super) fn assumed_by(&self, holder: &Holder) -> Option<Allowed> {
        let trust = self.trust.as_ref()?;
        let may_assume = holder.held().layers.identity.could_allow("sts:assumerole");
        let name = match holder.principal().kind() {
            PrincipalKind::User => holder.principal().name(),
            _ => holder.principal().role().unwrap_or_default(),
        };
        if !may_assume && !trust.names(name) {
            return None;
        }
        let mut allowed = holder.may_assume(&self.arn, &trust.set, &[])?;
        for place in [Some(&mut allowed.by), allowed.trusted_by.as_mut()].into_iter().flatten() {
            if place.document == OF_TRUST {
                place.document = trust.number;
            }
        }
        Some(allowed)
    }
}

fn trust(role: &Role, cut: Option<&Cut>) -> Option<Trust> {
    let document = role.trust.document()?;
    let number = role.trust.number();
    let document = match cut.filter(|cut| cut.document == number) {
        Some(cut) => Arc::new(document.without(cut.statement)?),
        None => Arc::clone(document),
    };
    let mut named = BTreeSet::new();
    let mut is_wild = false;
    // A statement that names nobody is about everybody but some (`NotPrincipal`).
    is_wild |= document.statements().iter().any(|statement| statement.principals().next().is_none());
    for principal in document.statements().iter().flat_map(Statement::principals) {
        match principal {
            NamedPrincipal::Of { name, .. } => {
                named.insert(Box::from(name));
            }
            // Somebody of whom the name does not tell who it is.
            NamedPrincipal::Everyone | NamedPrincipal::UniqueId(_) => is_wild = true,
            _ => {}
        }
    }
    let name = format!("trust policy of {}", role.identity.arn);
    Some(Trust { set: Policy::new(name, document).into(), number, named, is_wild })
}
