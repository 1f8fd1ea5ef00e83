//! The policies of an identity, compiled; identities that hold the same share them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::policy::{Document, Effect, Layers, Policy, PolicySet};
use crate::posture::snapshot::{Directory, Group, Identity, Role, User, Written};

/// Where a policy of an identity comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Its own, by name.
    Inline(Box<str>),
    /// A managed one that is attached to it, by ARN.
    Attached(Arc<str>),
    /// One of a group's, by the group's name: inline.
    InlineOfGroup(Arc<str>, Box<str>),
    /// One of a group's: managed.
    AttachedToGroup(Arc<str>, Arc<str>),
    /// One that the identity would have if it gave it to itself.
    Given,
}

impl Source {
    /// How results name the policy.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Inline(name) => format!("inline policy {name}"),
            Self::Attached(arn) => arn.to_string(),
            Self::InlineOfGroup(group, name) => format!("inline policy {name} of group {group}"),
            Self::AttachedToGroup(group, arn) => format!("{arn} of group {group}"),
            Self::Given => "a policy that it gives itself".to_owned(),
        }
    }

    /// The managed policy's ARN, if it is one.
    #[must_use]
    pub fn managed(&self) -> Option<&Arc<str>> {
        match self {
            Self::Attached(arn) | Self::AttachedToGroup(_, arn) => Some(arn),
            Self::Inline(_) | Self::InlineOfGroup(..) | Self::Given => None,
        }
    }
}

/// A statement that is left out, to see what would be without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The document, by its number in the library.
    pub document: u32,
    /// The statement's place in it.
    pub statement: usize,
}

/// What an identity holds.
#[derive(Debug, Default)]
pub struct Held {
    /// Its policies, in the order of `sources`, and its boundary.
    pub layers: Layers,
    /// The number in the library of the document of each policy of `layers`.
    numbers: Vec<u32>,
    /// Where each policy comes from.
    pub sources: Vec<(Source, Arc<Written>)>,
    /// The boundary.
    pub boundary: Option<Arc<Written>>,
    /// Policies that nobody can read, or that AWS told no document of.
    pub unreadable: Vec<String>,
}

/// Makes what identities hold, once for all that hold the same.
#[derive(Debug, Default)]
pub struct Shelf {
    made: HashMap<Key, Arc<Held>>,
    cut: Option<Cut>,
}

type Key = (Vec<(Source, u32)>, Option<u32>, Vec<String>);

impl Shelf {
    /// One whose policies lack a statement.
    #[must_use]
    pub fn without(cut: Cut) -> Self {
        Self { made: HashMap::new(), cut: Some(cut) }
    }

    /// What a user holds, its groups' policies included.
    pub fn of_user(&mut self, directory: &Directory<'_>, user: &User) -> Arc<Held> {
        let mut gathered = Gathered::default();
        gathered.add_own(directory, &user.identity);
        for name in &user.groups {
            match directory.group(name) {
                Some(group) => gathered.add_group(directory, name, group),
                None => gathered.unreadable.push(format!("the policies of group {name}")),
            }
        }
        gathered.bound(directory, &user.identity);
        self.make(gathered)
    }

    /// What a role holds.
    pub fn of_role(&mut self, directory: &Directory<'_>, role: &Role) -> Arc<Held> {
        let mut gathered = Gathered::default();
        gathered.add_own(directory, &role.identity);
        gathered.bound(directory, &role.identity);
        self.make(gathered)
    }

    /// What somebody holds who holds `held` and joins a group.
    pub fn joining(&mut self, directory: &Directory<'_>, held: &Held, group: &Group) -> Arc<Held> {
        let mut gathered = Gathered::of(held);
        gathered.add_group(directory, &Arc::from(&*group.identity.name), group);
        self.make(gathered)
    }

    /// The same with another document in place of that of every source for which `replaced` gives one; `Some(None)` leaves it
    /// out.
    pub fn replacing(&mut self, held: &Held, replaced: impl Fn(&Source) -> Option<Option<Arc<Written>>>) -> Arc<Held> {
        let mut gathered = Gathered { boundary: held.boundary.clone(), ..Gathered::default() };
        gathered.unreadable.clone_from(&held.unreadable);
        for (source, written) in &held.sources {
            match replaced(source) {
                None => gathered.sources.push((source.clone(), Arc::clone(written))),
                Some(Some(other)) => gathered.sources.push((source.clone(), other)),
                Some(None) => {}
            }
        }
        self.make(gathered)
    }

    /// The same and one policy more.
    pub fn adding(&mut self, held: &Held, written: &Arc<Written>) -> Arc<Held> {
        let mut gathered = Gathered::of(held);
        gathered.sources.push((Source::Given, Arc::clone(written)));
        self.make(gathered)
    }

    /// The same without its boundary.
    pub fn unbound(&mut self, held: &Held) -> Arc<Held> {
        self.make(Gathered { boundary: None, ..Gathered::of(held) })
    }

    fn make(&mut self, gathered: Gathered) -> Arc<Held> {
        // In whatever order they came: the same policies allow the same.
        let mut numbers: Vec<(Source, u32)> =
            gathered.sources.iter().map(|(source, written)| (source.clone(), written.number())).collect();
        numbers.sort_unstable();
        let key = (numbers, gathered.boundary.as_ref().map(|written| written.number()), gathered.unreadable.clone());
        let cut = self.cut.as_ref();
        Arc::clone(self.made.entry(key).or_insert_with(|| Arc::new(gathered.compiled(cut))))
    }
}

/// What was found of an identity's policies.
#[derive(Debug, Default)]
struct Gathered {
    sources: Vec<(Source, Arc<Written>)>,
    boundary: Option<Arc<Written>>,
    unreadable: Vec<String>,
}

impl Gathered {
    fn of(held: &Held) -> Self {
        Self { sources: held.sources.clone(), boundary: held.boundary.clone(), unreadable: held.unreadable.clone() }
    }

    fn add_own(&mut self, directory: &Directory<'_>, identity: &Identity) {
        for (name, written) in &identity.inline {
            self.add(Source::Inline(name.clone()), Some(written));
        }
        for arn in &identity.attached {
            self.add(Source::Attached(Arc::clone(arn)), document(directory, arn));
        }
    }

    fn add_group(&mut self, directory: &Directory<'_>, name: &Arc<str>, group: &Group) {
        for (policy, written) in &group.identity.inline {
            self.add(Source::InlineOfGroup(Arc::clone(name), policy.clone()), Some(written));
        }
        for arn in &group.identity.attached {
            self.add(Source::AttachedToGroup(Arc::clone(name), Arc::clone(arn)), document(directory, arn));
        }
    }

    fn add(&mut self, source: Source, written: Option<&Arc<Written>>) {
        match written {
            Some(written) if written.document().is_some() => self.sources.push((source, Arc::clone(written))),
            _ => self.unreadable.push(source.name()),
        }
    }

    /// A boundary that cannot be read allows nothing: what it would allow is not known.
    fn bound(&mut self, directory: &Directory<'_>, identity: &Identity) {
        let Some(arn) = &identity.boundary else { return };
        let known = document(directory, arn);
        if known.is_none_or(|written| written.document().is_none()) {
            self.unreadable.push(format!("permissions boundary {arn}"));
        }
        self.boundary = Some(known.cloned().unwrap_or_else(|| Arc::new(Written::unknown())));
    }

    fn compiled(self, cut: Option<&Cut>) -> Held {
        let document = |written: &Written| -> Option<Arc<Document>> {
            let document = written.document()?;
            match cut.filter(|cut| cut.document == written.number()) {
                Some(cut) => document.without(cut.statement).map(Arc::new),
                None => Some(Arc::clone(document)),
            }
        };
        let kept = self.sources.iter().filter_map(|(source, written)| Some((source, written, document(written)?)));
        let (policies, numbers): (Vec<Policy>, Vec<u32>) =
            kept.map(|(source, written, document)| (Policy::new(source.name(), document), written.number())).unzip();
        let bound = |written: &Arc<Written>| {
            document(written)
                .map_or_else(PolicySet::default, |document| Policy::new("permissions boundary", document).into())
        };
        let layers = Layers {
            identity: policies.into_iter().collect(),
            boundary: self.boundary.as_ref().map(bound),
            ..Layers::default()
        };
        Held { layers, numbers, sources: self.sources, boundary: self.boundary, unreadable: self.unreadable }
    }
}

fn document<'a>(directory: &Directory<'a>, arn: &str) -> Option<&'a Arc<Written>> {
    directory.policy(arn)?.document()
}

impl Held {
    /// The number in the library of the document of a policy of the identity layer, by its place there.
    pub(super) fn number(&self, policy: usize) -> u32 {
        self.numbers.get(policy).copied().unwrap_or(u32::MAX)
    }

    /// Whether what it allows may depend on who asks: two identities that hold it may not be able to do the same.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        let policies = self.layers.identity.policies().iter();
        let bounds = self.layers.boundary.iter().flat_map(|boundary| boundary.policies());
        policies.chain(bounds).any(|policy| is_personal(policy.document()))
    }

    /// The sources whose documents deny something.
    pub fn denying(&self) -> impl Iterator<Item = &Source> {
        let denies = |written: &Written| {
            let statements = written.document().map(|document| document.statements()).unwrap_or_default();
            statements.iter().any(|statement| statement.effect() == Effect::Deny)
        };
        self.sources.iter().filter(move |(_, written)| denies(written)).map(|(source, _)| source)
    }
}

fn is_personal(document: &Document) -> bool {
    document.statements().iter().any(|statement| {
        let is_of_principal =
            |key: &str| ["aws:principal", "aws:user"].iter().any(|beginning| key.starts_with(beginning));
        let (_, mut resources) = statement.resource_patterns();
        resources.any(|resource| resource.contains("${"))
            || statement.condition_keys().any(is_of_principal)
            || statement.has_variables()
    })
}
