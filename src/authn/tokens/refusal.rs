//! Why a token is not believed.

use std::time::Duration;

use thiserror::Error;

use crate::authn::proofs::{ProofClass, ProofRefusal};
use crate::config::{ClaimPath, Unfit};

/// Why a token is refused. Nothing of the token stands in a message: it names what the gateway or its configuration asked
/// for, never what came.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenRefusal {
    /// Longer than any token that is looked at.
    #[error("the token is longer than {} characters", super::jwt::LONGEST)]
    TooLarge,
    /// Not three parts in base64url with JSON objects in the first two.
    #[error("the token is not a signed JWT: {0}")]
    Malformed(&'static str),
    /// A JWE.
    #[error("the token is encrypted, and this gateway takes signed tokens only")]
    Encrypted,
    /// A token within a token.
    #[error("the token's content is another token")]
    Nested,
    /// A header parameter that brings its own key, or asks for what is not understood.
    #[error("the token's header has {0}, which is not accepted")]
    Header(&'static str),
    /// An algorithm that is never accepted, or is not the key's.
    #[error("the token is not signed by the algorithm of its key: RS256, ES256, ES384 or EdDSA")]
    Algorithm,
    /// A JWT made for something else.
    #[error("the token's typ says that it is for something else")]
    Type,
    /// No `kid`.
    #[error("the token's header does not say by which key it is signed (kid)")]
    KeyIdMissing,
    /// No issuer that is believed here.
    #[error("the token's issuer is not one that is believed here")]
    Issuer,
    /// For somebody else, or for several.
    #[error("the token must be for one audience alone, {0}")]
    Audience(String),
    /// Over.
    #[error("the token has expired")]
    Expired,
    /// Before its time.
    #[error("the token is not valid yet, by its nbf or iat and the gateway's clock")]
    NotYetValid,
    /// A claim that is needed.
    #[error("the token has no claim {0}")]
    ClaimMissing(String),
    /// A claim that is not of its type.
    #[error("the token's claim {0} is not what it must be")]
    ClaimInvalid(String),
    /// No such key of the issuer.
    #[error("the issuer has no usable key of the token's kid")]
    KeyUnknown,
    /// The signature is not the key's.
    #[error("the token's signature is wrong")]
    Signature,
    /// AWS's token of another account than its issuer is pinned to.
    #[error("the token is of another AWS account than its issuer")]
    Account,
    /// AWS's token of somebody who is neither a role nor a user.
    #[error("the token's sub is not the ARN of an IAM role or user of the account")]
    Subject,
    /// A condition of the configuration.
    #[error("the token's claim {0} is not what the issuer's conditions ask for")]
    Condition(ClaimPath),
    /// The claims come to no name.
    #[error("{0}")]
    Name(Unfit),
    /// What AWS's token says comes to no name.
    #[error("the token's {0} has characters, or a length, that a caller's name cannot have")]
    NameUnfit(&'static str),
    /// An address that nobody verified.
    #[error("the token does not say that its email is verified (email_verified)")]
    EmailUnverified,
    /// A claim that is no tag's value.
    #[error("the token's claim {0} cannot be the value of a session tag")]
    Tag(ClaimPath),
    /// Revoked by the configuration.
    #[error("this token, or whoever it is of, was revoked")]
    Revoked,
    /// None of the scopes.
    #[error("the token has none of the scopes that this takes")]
    InsufficientScope {
        /// What it takes.
        scope: String,
    },
    /// The issuer does not give its keys.
    #[error("the token's issuer does not give its keys now")]
    IssuerUnavailable {
        /// When it is asked again.
        retry_after: Duration,
    },
    /// It did not for too long.
    #[error("the token's issuer has not given its keys for hours, and the last ones are too old to be believed")]
    KeysStale {
        /// When it is asked again.
        retry_after: Duration,
    },
}

impl TokenRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "token_too_large",
            Self::Malformed(_) => "token_malformed",
            Self::Encrypted => "token_encrypted",
            Self::Nested => "token_nested",
            Self::Header(_) => "token_header",
            Self::Algorithm => "token_algorithm",
            Self::Type => "token_type",
            Self::KeyIdMissing => "token_key_id_missing",
            Self::Issuer => "token_issuer",
            Self::Audience(_) => "token_audience",
            Self::Expired => "token_expired",
            Self::NotYetValid => "token_not_yet_valid",
            Self::ClaimMissing(_) | Self::Name(Unfit::Missing(_)) => "token_claim_missing",
            Self::ClaimInvalid(_) => "token_claim_invalid",
            Self::KeyUnknown => "token_key_unknown",
            Self::Signature => "token_signature",
            Self::Account => "token_account",
            Self::Subject => "token_subject",
            Self::Condition(_) => "token_condition",
            Self::Name(_) | Self::NameUnfit(_) => "token_name_unfit",
            Self::EmailUnverified => "token_email_unverified",
            Self::Tag(_) => "token_tag_unfit",
            Self::Revoked => "revoked",
            Self::InsufficientScope { .. } => "insufficient_scope",
            Self::IssuerUnavailable { .. } => "issuer_unavailable",
            Self::KeysStale { .. } => "issuer_keys_stale",
        }
    }

    /// The kind of refusal.
    #[must_use]
    pub fn class(&self) -> ProofClass {
        match self {
            Self::TooLarge | Self::Malformed(_) | Self::Encrypted | Self::Nested => ProofClass::Malformed,
            Self::Header(_)
            | Self::Algorithm
            | Self::Type
            | Self::KeyIdMissing
            | Self::Issuer
            | Self::Audience(_)
            | Self::Expired
            | Self::NotYetValid
            | Self::ClaimMissing(_)
            | Self::ClaimInvalid(_)
            | Self::KeyUnknown
            | Self::Signature
            | Self::Revoked => ProofClass::Refused,
            Self::Account
            | Self::Subject
            | Self::Condition(_)
            | Self::Name(_)
            | Self::NameUnfit(_)
            | Self::EmailUnverified
            | Self::Tag(_)
            | Self::InsufficientScope { .. } => ProofClass::NotAccepted,
            Self::IssuerUnavailable { retry_after } | Self::KeysStale { retry_after } => {
                ProofClass::Unavailable { retry_after: *retry_after }
            }
        }
    }

    /// Whether only a correct signature leads to it, so that whoever meets it is somebody.
    #[must_use]
    pub fn is_told_to_owners(&self) -> bool {
        *self == Self::Revoked || self.class() == ProofClass::NotAccepted
    }

    /// What records say of it: names of environments that are not served can be anything, and are not kept.
    #[must_use]
    pub fn recorded(&self, is_served: bool) -> String {
        match self {
            Self::Audience(_) if !is_served => "the token must be for one audience alone".into(),
            _ => self.to_string(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Issuer => "the gateway's operators name issuers with [[issuer]] or [[exchange.web_identity]]",
            Self::Audience(_) => "ask the issuer for a token with this audience (the resource, in OAuth) and no other",
            Self::Expired => "get a new token",
            Self::NotYetValid => "check the clocks of issuer and gateway",
            Self::KeyUnknown => "get a new token; the issuer's keys are read again at most every ten seconds",
            Self::Condition(_) | Self::Account | Self::Revoked => "ask the gateway's operators",
            Self::EmailUnverified => {
                "verify the address with the issuer; where the issuer gives addresses itself, the gateway's operators can say so"
            }
            Self::InsufficientScope { .. } => "get a token with the scope that the WWW-Authenticate header names",
            Self::IssuerUnavailable { .. } | Self::KeysStale { .. } => {
                "try again later; gateway credentials that were given before go on working"
            }
            _ => return None,
        })
    }
}

impl From<TokenRefusal> for ProofRefusal {
    fn from(refusal: TokenRefusal) -> Self {
        let proof = Self::new(refusal.class(), refusal.code(), refusal.to_string());
        match refusal.hint() {
            Some(hint) => proof.hint(hint),
            None => proof,
        }
    }
}
