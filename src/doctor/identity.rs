//! What the gateway runs as.

use std::fmt;

use crate::arn::{AccountId, Arn, Partition, RoleArn};

/// The identity that STS tells by an ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayIdentity {
    arn: String,
    partition: Partition,
    account: AccountId,
    kind: Kind,
}

/// What kind of identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A session of the role of this name; STS does not tell the role's path.
    Role(String),
    /// An IAM user of this name, without its path.
    User(String),
    /// The root user, or the temporary credentials of one.
    Root,
    /// Something else, such as a federated user.
    Other,
}

impl GatewayIdentity {
    /// The identity of an ARN as GetCallerIdentity answers it; none where the text is no such ARN.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let arn: Arn = text.parse().ok()?;
        let account = arn.account().parse().ok()?;
        let mut parts = arn.resource().split('/');
        let kind = match (arn.service(), parts.next()?) {
            ("sts", "assumed-role") => Kind::Role(parts.next()?.to_owned()),
            ("iam", "user") => Kind::User(parts.next_back()?.to_owned()),
            ("iam", "root") => Kind::Root,
            _ => Kind::Other,
        };
        Some(Self { arn: text.to_owned(), partition: arn.partition(), account, kind })
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Its account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Its partition.
    #[must_use]
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// Whether it can be a session of this role: of a session it is not told which path its role has.
    #[must_use]
    pub fn is_of(&self, role: &RoleArn) -> bool {
        self.account == role.account() && matches!(&self.kind, Kind::Role(name) if name == role.name())
    }

    /// The role, as if it had no path.
    #[must_use]
    pub fn role(&self) -> Option<RoleArn> {
        let Kind::Role(name) = &self.kind else { return None };
        format!("arn:{}:iam::{}:role/{name}", self.partition, self.account).parse().ok()
    }
}

impl fmt::Display for GatewayIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_identity_are_told_apart() {
        let of = |text: &str| GatewayIdentity::of(text).map(|identity| identity.kind);
        let session = "arn:aws:sts::123456789012:assumed-role/iam-mcp-gateway/task";
        assert_eq!(of(session), Some(Kind::Role("iam-mcp-gateway".to_owned())));
        assert_eq!(of("arn:aws:iam::123456789012:user/ops/bob"), Some(Kind::User("bob".to_owned())));
        assert_eq!(of("arn:aws:iam::123456789012:root"), Some(Kind::Root));
        assert_eq!(of("arn:aws:sts::123456789012:federated-user/bob"), Some(Kind::Other));
        assert_eq!(of("bob"), None);
    }

    #[test]
    fn a_session_can_be_of_a_role_on_any_path() {
        let session = GatewayIdentity::of("arn:aws:sts::123456789012:assumed-role/gateway/task").unwrap();
        let is_of = |role: &str| session.is_of(&role.parse().unwrap());
        assert!(is_of("arn:aws:iam::123456789012:role/gateway"));
        assert!(is_of("arn:aws:iam::123456789012:role/service/gateway"));
        assert!(!is_of("arn:aws:iam::123456789012:role/gateway2"));
        assert!(!is_of("arn:aws:iam::210987654321:role/gateway"));
        assert_eq!(session.role().unwrap().to_string(), "arn:aws:iam::123456789012:role/gateway");
    }
}
