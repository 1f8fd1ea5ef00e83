//! One action on one resource: what the layers decide, and by which statements.

use std::collections::BTreeSet;

use super::parameters::Parameters;
use super::source::Source;
use crate::arn::AccountId;
use crate::policy::{Context, Effect, Layer, Layers, PolicyKind, PolicySet, Principal, Request, Verdict};
use crate::sandbox::account::Account;
use crate::sandbox::error::ServiceError;
use crate::sandbox::xml::Xml;

/// What is simulated.
#[derive(Debug)]
pub(super) struct Simulation {
    principal: Principal,
    context: Context,
    /// The policies whose statements are told, the resource's last.
    told: Vec<Source>,
    layers: Layers,
    own: AccountId,
    owner: Option<AccountId>,
    /// Keys that the policies ask for and nobody gave.
    missing: Vec<String>,
}

/// What was decided.
#[derive(Debug)]
pub(super) struct Outcome<'a> {
    pub(super) decision: &'static str,
    /// Source and place in it.
    pub(super) matched: Vec<(&'a Source, usize)>,
    pub(super) missing: &'a [String],
    pub(super) by_boundary: Option<bool>,
    /// Of the identity policies and the resource's, across accounts.
    pub(super) details: Option<[(&'static str, &'static str); 2]>,
}

const ALLOWED: &str = "allowed";
const EXPLICIT: &str = "explicitDeny";
const IMPLICIT: &str = "implicitDeny";

impl Simulation {
    /// `arn` is the principal's own; CallerArn goes before it.
    ///
    /// # Errors
    /// InvalidInput, when the caller is no user or the resource's policy cannot be read.
    pub(super) fn new(
        account: &Account,
        parameters: &Parameters<'_>,
        identity: Vec<Source>,
        boundary: Option<&[Source]>,
        arn: Option<&str>,
    ) -> Result<Self, ServiceError> {
        if let Some(caller) = parameters.caller_arn.filter(|arn| !arn.contains(":user/")) {
            return Err(ServiceError::invalid_input(format!(
                "Invalid CallerArn: {caller} is not the ARN of an IAM user."
            )));
        }
        let arn = parameters.caller_arn.or(arn).map_or_else(|| account.arn("user/simulated"), str::to_owned);
        let principal =
            Principal::from_arn(&arn).map_err(|_| ServiceError::invalid_input(format!("Invalid Entity Arn: {arn}")))?;
        let resource = parameters
            .resource_policy
            .map(|text| Source::read("ResourcePolicy".to_owned(), PolicyKind::Resource, text));
        let resource = resource.transpose()?;
        let set = |sources: &[Source]| sources.iter().map(|source| source.policy.clone()).collect::<PolicySet>();
        let layers = Layers {
            identity: set(&identity),
            boundary: boundary.map(set),
            resource: resource.as_ref().map(|source| source.policy.clone().into()),
            ..Layers::default()
        };
        let mut told = identity;
        told.extend(resource);
        let asked = told.iter().chain(boundary.into_iter().flatten()).flat_map(|source| &source.keys);
        let mut seen = BTreeSet::new();
        let missing = asked
            .filter(|key| parameters.context.get(key).is_empty() && seen.insert(key.to_lowercase()))
            .cloned()
            .collect();
        Ok(Self {
            own: principal.account().copied().unwrap_or(account.id),
            principal,
            context: parameters.context.clone(),
            told,
            layers,
            owner: parameters.resource_owner.and_then(account_of),
            missing,
        })
    }

    /// Decides one action on one resource.
    pub(super) fn decide(&self, action: &str, resource: &str) -> Outcome<'_> {
        let request = Request::new(action, resource, &self.principal, &self.context);
        let owner = account_of(resource).or(self.owner).unwrap_or(self.own);
        let verdict = self.layers.decide(&request, &owner);
        let decisions = self.layers.evaluate(&request);
        let effect = match verdict {
            Verdict::Allowed => Some(Effect::Allow),
            Verdict::ExplicitDeny(Layer::Identity | Layer::Resource) => Some(Effect::Deny),
            Verdict::ExplicitDeny(_) | Verdict::ImplicitDeny(_) => None,
        };
        let word = |decision: crate::policy::Decision<'_>| match decision {
            crate::policy::Decision::Allow(_) => ALLOWED,
            crate::policy::Decision::ExplicitDeny(_) => EXPLICIT,
            crate::policy::Decision::NoMatch => IMPLICIT,
        };
        Outcome {
            decision: match verdict {
                Verdict::Allowed => ALLOWED,
                Verdict::ExplicitDeny(_) => EXPLICIT,
                Verdict::ImplicitDeny(_) => IMPLICIT,
            },
            matched: effect.map(|effect| self.applying(effect, &request)).unwrap_or_default(),
            missing: &self.missing,
            by_boundary: decisions.boundary.map(|decision| decision.is_allow()),
            details: (owner != self.own).then(|| {
                let of_resource = decisions.resource.map_or(IMPLICIT, word);
                [("IAM Policy", word(decisions.identity)), ("Resource Policy", of_resource)]
            }),
        }
    }

    /// The statements of this effect that apply.
    fn applying(&self, effect: Effect, request: &Request<'_>) -> Vec<(&Source, usize)> {
        let of_source = |source| {
            let source: &Source = source;
            let applies = |(_, one): &(usize, &super::source::One)| {
                let decision = one.alone.evaluate(request);
                one.effect == effect && (decision.is_allow() || decision.is_explicit_deny())
            };
            source.statements.iter().enumerate().filter(applies).map(|(index, _)| (source, index)).collect::<Vec<_>>()
        };
        self.told.iter().flat_map(of_source).collect()
    }
}

/// The account that an ARN names.
fn account_of(arn: &str) -> Option<AccountId> {
    arn.split(':').nth(4)?.parse().ok()
}

impl Outcome<'_> {
    /// The members that results have for all resources and for one.
    pub(super) fn write(&self, xml: &mut Xml) {
        write_matched(xml, &self.matched);
        xml.texts("MissingContextValues", self.missing.iter().map(String::as_str));
        if let Some(allowed) = self.by_boundary {
            xml.element("PermissionsBoundaryDecisionDetail", |xml| {
                xml.value("AllowedByPermissionsBoundary", allowed);
            });
        }
    }
}

/// `MatchedStatements`.
pub(super) fn write_matched(xml: &mut Xml, matched: &[(&Source, usize)]) {
    xml.list("MatchedStatements", matched, |xml, (source, index)| {
        xml.text("SourcePolicyId", &source.id).text("SourcePolicyType", source.kind);
        if let Some((begin, end)) = source.statements.get(*index).and_then(|one| one.place) {
            for (name, position) in [("StartPosition", begin), ("EndPosition", end)] {
                xml.element(name, |xml| {
                    xml.value("Line", position.line).value("Column", position.column);
                });
            }
        }
    });
}
