//! Policies of every layer and requests, made by chance from few words: what is made here often matches what is made
//! there, or misses it by a letter. Every document is one that the engine accepts.

mod condition;
mod context;
mod principal;
mod statement;

use serde_json::{Map, Value, json};

use self::principal::{HOME, OTHER, whos};
pub(super) use self::statement::Kind;
use super::dice::Dice;
use super::oracle::{Asked, Documents, Who, WhoKind};
use crate::policy::{Context, Decisions, Layers, PolicyKind, PolicySet, Principal, Request, Verdict};

/// What a seed makes.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) documents: Documents,
    /// A document for an endpoint, which is no layer of a decision.
    pub(super) endpoint: Option<Value>,
    pub(super) asked: Vec<Asked>,
}

/// The case of a seed, with so many requests.
pub(super) fn case(seed: u64, requests: usize) -> Case {
    let dice = &mut Dice::new(seed);
    let whos = whos();
    let who = dice.pick(&whos).clone();
    let assumes = dice.percent(30);
    let asked = (0..requests)
        .map(|_| {
            let who = if dice.percent(70) { who.clone() } else { dice.pick(&whos).clone() };
            asked(dice, who, assumes)
        })
        .collect();
    let mut layer = |kind, often, most| dice.percent(often).then(|| layer(dice, kind, &who, most));
    let documents = Documents {
        identity: layer(Kind::Identity, 85, 2).unwrap_or_default(),
        boundary: layer(Kind::Bounding, 25, 1),
        session: layer(Kind::Bounding, 25, 1),
        scp: layer(Kind::Bounding, 25, 1),
        resource: layer(Kind::Resource, if assumes { 0 } else { 60 }, 1),
        trust: layer(Kind::Trust, if assumes { 90 } else { 0 }, 1),
    };
    let endpoint = dice.percent(15).then(|| document(dice, Kind::Endpoint, &who));
    Case { documents, endpoint, asked }
}

fn layer(dice: &mut Dice, kind: Kind, who: &Who, most: usize) -> Vec<Value> {
    if dice.percent(3) {
        return Vec::new();
    }
    (0..1 + dice.below(most)).map(|_| document(dice, kind, who)).collect()
}

/// A document of one to three statements, often about `who`.
pub(super) fn document(dice: &mut Dice, kind: Kind, who: &Who) -> Value {
    let version = match dice.below(10) {
        0 if kind != Kind::Endpoint => None,
        1 if kind != Kind::Endpoint => Some("2008-10-17"),
        _ => Some("2012-10-17"),
    };
    let mut members = Map::new();
    if let Some(version) = version {
        members.insert("Version".to_owned(), json!(version));
    }
    if dice.percent(5) {
        members.insert("Id".to_owned(), json!("made by chance"));
    }
    let mut statements: Vec<Value> =
        (0..1 + dice.below(3)).map(|index| statement::statement(dice, kind, who, version, index)).collect();
    let single = statements.len() == 1 && dice.percent(50);
    let statements = if single { statements.remove(0) } else { Value::Array(statements) };
    members.insert("Statement".to_owned(), statements);
    Value::Object(members)
}

fn asked(dice: &mut Dice, who: Who, assumes: bool) -> Asked {
    let action = if assumes {
        dice.pick(&["sts:AssumeRole", "sts:AssumeRole", "STS:assumerole", "sts:TagSession"])
    } else {
        dice.pick(&["iam:GetUser", "iam:GetUser", "IAM:getuser", "iam:ListUsers", "s3:GetObject"])
    };
    let account = match who.account() {
        Some(OTHER) if dice.percent(50) => OTHER,
        _ if dice.percent(8) => OTHER,
        _ => HOME,
    };
    let context = context::entries(dice);
    Asked {
        who,
        action: (*action).to_owned(),
        resource: (*dice.pick(&statement::RESOURCES)).to_owned(),
        account: account.to_owned(),
        context,
    }
}

/// The same documents, compiled.
pub(super) fn compiled(documents: &Documents) -> Layers {
    let set = |kind, list: &[Value]| super::set(list.iter().map(|json| super::document(kind, json)));
    let optional = |kind, list: &Option<Vec<Value>>| list.as_ref().map(|list| set(kind, list));
    Layers {
        identity: set(PolicyKind::Identity, &documents.identity),
        boundary: optional(PolicyKind::Identity, &documents.boundary),
        session: optional(PolicyKind::Identity, &documents.session),
        scp: optional(PolicyKind::Identity, &documents.scp),
        resource: optional(PolicyKind::Resource, &documents.resource),
        trust: optional(PolicyKind::Trust, &documents.trust),
    }
}

/// A request as the engine takes it, which borrows its parts.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    asked: &'a Asked,
    principal: Principal,
    context: Context,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(asked: &'a Asked) -> Self {
        let who = &asked.who;
        let principal = match (who.kind, &who.role) {
            (WhoKind::Session, Some(role)) => {
                let (_, session) = who.name.rsplit_once('/').expect("a session's ARN ends with its name");
                Principal::role_session(&role.parse().expect("a role's ARN"), session)
            }
            (WhoKind::Service, _) => Principal::service(&who.name),
            (WhoKind::Federated, _) => Principal::federated(&who.name),
            (WhoKind::Anonymous, _) => Principal::anonymous(),
            _ => Principal::from_arn(&who.name).expect("the ARN of a principal"),
        };
        assert_eq!(principal.name(), who.name);
        let principal = match &who.unique_id {
            Some(id) => principal.with_unique_id(id),
            None => principal,
        };
        let mut context = Context::new();
        for (key, values) in &asked.context {
            context.set_all(key, values.iter().cloned());
        }
        Self { asked, principal, context }
    }

    fn request(&self) -> Request<'_> {
        Request::new(&self.asked.action, &self.asked.resource, &self.principal, &self.context)
    }

    /// Who asks.
    pub(super) fn principal(&self) -> &Principal {
        &self.principal
    }

    /// What the engine decides.
    pub(super) fn verdict(&self, layers: &Layers) -> Verdict {
        layers.decide(&self.request(), &self.asked.account.parse().expect("an account"))
    }

    /// What each layer says of it in the engine's decision.
    pub(super) fn decisions<'l>(&self, layers: &'l Layers) -> Decisions<'l> {
        layers.evaluate(&self.request())
    }

    /// Whether one layer allows, and whether it denies explicitly.
    pub(super) fn said(&self, set: &PolicySet) -> (bool, bool) {
        let decision = set.evaluate(&self.request());
        (decision.is_allow(), decision.is_explicit_deny())
    }
}
