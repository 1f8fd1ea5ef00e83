//! Who signed a request.

use std::sync::Arc;

use super::sts::session::AssumedRole;

/// The principal whose key signed a request.
#[derive(Debug, Clone)]
pub(super) enum Identity {
    /// The account's root user, by its access key.
    Root {
        /// `arn:aws:iam::ACCOUNT:root`.
        arn: String,
        /// The account's id, which is the root user's own.
        id: String,
    },
    /// A user of the account, by one of its access keys.
    User {
        /// The user's name, as the account spells it.
        name: String,
        /// The user's ARN.
        arn: String,
        /// The user's id (`AIDA...`).
        id: String,
    },
    /// An assumed role's session, by the temporary credentials that AssumeRole gave.
    AssumedRole(Arc<AssumedRole>),
}

impl Identity {
    /// The ARN: of the user, or of the session (`arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`).
    pub(super) fn arn(&self) -> &str {
        match self {
            Self::Root { arn, .. } | Self::User { arn, .. } => arn,
            Self::AssumedRole(session) => &session.arn,
        }
    }

    /// What AWS calls the user id: the user's, or the role's with the session's name.
    pub(super) fn user_id(&self) -> &str {
        match self {
            Self::Root { id, .. } | Self::User { id, .. } => id,
            Self::AssumedRole(session) => &session.user_id,
        }
    }

    /// The user's name, which a session does not have.
    pub(super) fn user_name(&self) -> Option<&str> {
        match self {
            Self::User { name, .. } => Some(name),
            Self::Root { .. } | Self::AssumedRole(_) => None,
        }
    }
}
