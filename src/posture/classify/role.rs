//! What kind of role it is, by whom its trust policy lets in.

use crate::iam::Account;
use crate::policy::{Document, Effect, NamedPrincipal, PolicyKind};
use crate::posture::findings::{self, Finding};
use crate::posture::snapshot::Role;

/// The services that run functions with a role.
const FUNCTIONS: [&str; 2] = ["lambda.amazonaws.com", "edgelambda.amazonaws.com"];

/// The services that run instances with a role; the second in China.
const INSTANCES: [&str; 2] = ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"];

/// What a role is for. Where a trust policy lets in several, the first of these that fits: the one from furthest away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleKind {
    /// Other accounts, or everybody.
    CrossAccount,
    /// Whoever an identity provider vouches for.
    Federated,
    /// Functions.
    LambdaExecution,
    /// Instances.
    Ec2InstanceProfile,
    /// Another service of AWS.
    Service,
    /// The account's own principals.
    Application,
}

/// How an identity provider vouches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Federation {
    /// By SAML.
    Saml,
    /// By OpenID Connect.
    Oidc,
}

/// Whom a trust policy lets in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trusted {
    /// What the role is for, as far as it is for this principal.
    pub kind: RoleKind,
    /// As the policy names it.
    pub name: String,
}

/// What is said of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleVerdict {
    /// What it is for; `None` where its trust policy lets nobody in, or cannot be read.
    pub kind: Option<RoleKind>,
    /// By which protocol, where it is for whoever an identity provider vouches for.
    pub federation: Vec<Federation>,
    /// Whom its trust policy lets in, each once.
    pub trusted: Vec<Trusted>,
    /// Whether the trust policy can be read.
    pub readable: bool,
    /// What is dangerous about the trust policy, the worst first. Nobody can do anything about that of a service-linked role.
    pub findings: Vec<Finding>,
}

impl RoleKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CrossAccount => "cross-account",
            Self::Federated => "federated",
            Self::LambdaExecution => "lambda-execution",
            Self::Ec2InstanceProfile => "ec2-instance-profile",
            Self::Service => "service",
            Self::Application => "application",
        }
    }
}

impl Federation {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Saml => "saml",
            Self::Oidc => "oidc",
        }
    }

    /// By an ARN of SAML's; everything else is OpenID Connect, also the providers that AWS knows by their domains.
    fn of(provider: &str) -> Self {
        if provider.contains(":saml-provider/") { Self::Saml } else { Self::Oidc }
    }
}

/// What kind of role it is, in this account, and what is dangerous about whom it lets in.
#[must_use]
pub fn of_role(role: &Role, account: &Account) -> RoleVerdict {
    let document = role.trust.document();
    let mut trusted = document.map(|document| trusted(document, account, role.is_service_linked())).unwrap_or_default();
    trusted.sort();
    trusted.dedup();
    let kind = trusted.first().map(|first| first.kind);
    let providers = trusted.iter().filter(|trusted| trusted.kind == RoleKind::Federated);
    let mut federation: Vec<Federation> = providers.map(|provider| Federation::of(&provider.name)).collect();
    federation.sort();
    federation.dedup();
    let findings = match role.is_service_linked() {
        true => Vec::new(),
        false => findings::of(PolicyKind::Trust, role.trust.text(), Some(account.id.as_str())),
    };
    RoleVerdict { kind, federation, trusted, readable: document.is_some(), findings }
}

fn trusted(document: &Document, account: &Account, is_service_linked: bool) -> Vec<Trusted> {
    let allowing = document.statements().iter().filter(|statement| statement.effect() == Effect::Allow);
    let principals = allowing.flat_map(|statement| statement.principals());
    principals.map(|principal| one(principal, account, is_service_linked)).collect()
}

fn one(principal: NamedPrincipal<'_>, account: &Account, is_service_linked: bool) -> Trusted {
    let of = |kind, name: &str| Trusted { kind, name: name.to_owned() };
    match principal {
        NamedPrincipal::Everyone => of(RoleKind::CrossAccount, "*"),
        NamedPrincipal::Of { account: own, name } => {
            of(if own == account.id { RoleKind::Application } else { RoleKind::CrossAccount }, name)
        }
        // Of a principal that was deleted, most likely: IAM shows the ARN of one that is there.
        NamedPrincipal::UniqueId(name) | NamedPrincipal::CanonicalUser(name) => of(RoleKind::Application, name),
        NamedPrincipal::Federated(name) => of(RoleKind::Federated, name),
        // AWS alone uses a service-linked role, and for its own ends.
        NamedPrincipal::Service(name) if is_service_linked => of(RoleKind::Service, name),
        NamedPrincipal::Service(name) if FUNCTIONS.contains(&name) => of(RoleKind::LambdaExecution, name),
        NamedPrincipal::Service(name) if INSTANCES.contains(&name) => of(RoleKind::Ec2InstanceProfile, name),
        NamedPrincipal::Service(name) => of(RoleKind::Service, name),
    }
}
