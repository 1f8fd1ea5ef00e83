//! A second evaluator, to hold the first one to: slow, plain, and written from AWS's documentation.
//!
//! It works on the documents' JSON as it stands, compiles nothing and shares no code with the engine, so a slip would have
//! to be made twice to go unnoticed. It takes only documents that the engine has accepted. Where AWS leaves a doubt it
//! does what the engine says that it does, with the reasons given there: see `Condition::holds`, `Statement::applies` and
//! `Principals::covers`. It knows no bounds on sizes; `bounds.rs` is about those.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

mod address;
mod base64;
mod condition;
mod date;
mod decimal;
mod principal;
mod statement;
mod text;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// The documents of each layer, as written; `None` where there is no such layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Documents {
    pub(super) identity: Vec<Value>,
    pub(super) boundary: Option<Vec<Value>>,
    pub(super) session: Option<Vec<Value>>,
    pub(super) scp: Option<Vec<Value>>,
    pub(super) resource: Option<Vec<Value>>,
    pub(super) trust: Option<Vec<Value>>,
}

impl fmt::Display for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layers = [&self.boundary, &self.session, &self.scp, &self.resource, &self.trust];
        let named = ["boundary", "session", "scp", "resource", "trust"].into_iter().zip(layers);
        let given = named.filter_map(|(name, documents)| Some((name, documents.as_ref()?)));
        for (name, documents) in [("identity", &self.identity)].into_iter().chain(given) {
            writeln!(f, "{name}:")?;
            for document in documents {
                writeln!(f, "  {document}")?;
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum WhoKind {
    Root,
    User,
    Role,
    Session,
    FederatedUser,
    Service,
    Federated,
    Anonymous,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) kind: WhoKind,
    /// The ARN; of a service or an identity provider, its name.
    pub(super) name: String,
    /// Of a session, its role's ARN where that is known.
    pub(super) role: Option<String>,
    pub(super) unique_id: Option<String>,
}

impl Who {
    /// The account of its ARN.
    pub(super) fn account(&self) -> Option<&str> {
        if self.name.starts_with("arn:") && self.kind != WhoKind::Federated {
            self.name.split(':').nth(4)
        } else {
            None
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) who: Who,
    pub(super) action: String,
    pub(super) resource: String,
    /// The account of the resource.
    pub(super) account: String,
    pub(super) context: Vec<(String, Vec<String>)>,
}

impl Asked {
    /// The values of a condition key, whose name is the same in any letter case.
    fn values(&self, key: &str) -> &[String] {
        let entry = self.context.iter().find(|(name, _)| name.to_lowercase() == key.to_lowercase());
        entry.map_or(&[], |(_, values)| values)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Allowed,
    ExplicitDeny,
    ImplicitDeny,
}

/// What one layer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Deny,
    Allow,
    Nothing,
}

/// How often each operator held and failed, and each element of a statement matched and did not: whoever generates cases
/// looks here whether they are about anything.
#[derive(Debug, Default)]
pub(super) struct Seen(pub(super) BTreeMap<String, [usize; 2]>);

impl Seen {
    fn count(&mut self, what: &str, held: bool) {
        match self.0.get_mut(what) {
            Some(counts) => counts[usize::from(held)] += 1,
            None => {
                self.0.insert(what.to_owned(), [0, 0]);
                self.count(what, held);
            }
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        for (what, [failed, held]) in other.0 {
            let counts = self.0.entry(what).or_default();
            counts[0] += failed;
            counts[1] += held;
        }
    }
}

/// The statements of a layer that apply.
#[derive(Debug, Default)]
struct Applying {
    denies: bool,
    /// One for each that allows: how it covers who asks.
    allows: Vec<Option<principal::Way>>,
}

impl Applying {
    fn said(&self) -> Said {
        match self {
            Self { denies: true, .. } => Said::Deny,
            Self { allows, .. } if allows.is_empty() => Said::Nothing,
            _ => Said::Allow,
        }
    }
}

/// What one layer says.
pub(super) fn say(documents: &[Value], asked: &Asked, seen: &mut Seen) -> Said {
    layer(documents, asked, false, seen).said()
}

/// Which statements of a layer's documents apply. Of a resource's, those apply that spare others, if who asks has a
/// boundary.
fn layer(documents: &[Value], asked: &Asked, has_boundary: bool, seen: &mut Seen) -> Applying {
    let mut applying = Applying::default();
    for document in documents {
        let has_variables = document.get("Version").is_some_and(|version| version == "2012-10-17");
        for statement in listed(&document["Statement"]) {
            let Some(way) = statement::applies(statement, has_variables, asked, has_boundary, seen) else { continue };
            match statement["Effect"].as_str() {
                Some("Deny") => applying.denies = true,
                _ => applying.allows.push(way),
            }
        }
    }
    applying
}

/// The whole decision, and what each layer said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decided {
    pub(super) outcome: Outcome,
    /// Identity, boundary, session, SCP, resource, trust; `None` where there is no such layer.
    pub(super) said: [Option<Said>; 6],
}

pub(super) fn decide(documents: &Documents, asked: &Asked, seen: &mut Seen) -> Decided {
    let has_boundary = documents.boundary.is_some();
    let mut of = |documents: Option<&Vec<Value>>| documents.map(|list| layer(list, asked, has_boundary, seen));
    let identity = of(Some(&documents.identity)).expect("given");
    let (boundary, session) = (of(documents.boundary.as_ref()), of(documents.session.as_ref()));
    let (scp, resource) = (of(documents.scp.as_ref()), of(documents.resource.as_ref()));
    let trust = of(documents.trust.as_ref());
    let given = [Some(&identity), boundary.as_ref(), session.as_ref(), scp.as_ref(), resource.as_ref(), trust.as_ref()];
    let said = given.map(|layer| layer.map(Applying::said));
    // https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html: "SCPs don't affect any
    // service-linked role", and whoever belongs to no account is in no organization.
    let is_service_linked = asked.who.role.as_ref().is_some_and(|role| role.contains(":role/aws-service-role/"));
    let scp = scp.filter(|_| asked.who.account().is_some() && !is_service_linked);

    let given = [Some(&identity), boundary.as_ref(), session.as_ref(), scp.as_ref(), resource.as_ref(), trust.as_ref()];
    if given.into_iter().flatten().any(|layer| layer.denies) {
        return Decided { outcome: Outcome::ExplicitDeny, said };
    }
    let says_allow = |layer: &Option<Applying>| layer.as_ref().is_none_or(|layer| !layer.allows.is_empty());
    let is_bounded_out = !says_allow(&boundary) || !says_allow(&session);
    let is_within_identity = !identity.allows.is_empty() && !is_bounded_out;
    let is_root_without_policies = asked.who.kind == WhoKind::Root && documents.identity.is_empty();
    let has_no_identity_policies = is_root_without_policies || asked.who.account().is_none();
    let is_foreign = asked.who.account() != Some(&asked.account);

    let granted: &[_] = trust.as_ref().or(resource.as_ref()).map_or(&[], |layer| &layer.allows);
    let grants_suffice = granted.iter().any(|way| {
        has_no_identity_policies
            || match way {
                _ if is_foreign => is_within_identity,
                None | Some(principal::Way::Account) => is_within_identity,
                // "Resource-based policies that grant permissions to an IAM user or session directly are not limited by an
                // implicit deny in a permissions boundary or session policy"; to a role or to everybody they are.
                Some(principal::Way::Itself) if asked.who.kind != WhoKind::Role => true,
                Some(_) => !is_bounded_out,
            }
    });
    let needs_no_grant = !is_foreign && trust.is_none();
    let is_allowed = grants_suffice || needs_no_grant && (is_within_identity || is_root_without_policies);
    let outcome = if is_allowed && says_allow(&scp) { Outcome::Allowed } else { Outcome::ImplicitDeny };
    Decided { outcome, said }
}

/// The values of an element that may stand alone or in a list.
fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        value => vec![value],
    }
}
