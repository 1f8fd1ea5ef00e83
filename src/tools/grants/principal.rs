//! Whom a statement of a trust policy names.

/// Somebody, with the type under which they are named; everybody is of type `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Principal {
    /// `AWS`, `Service`, `Federated`, or `*` for `"Principal": "*"`.
    pub(super) kind: String,
    /// As it is written.
    pub(super) name: String,
}

impl Principal {
    /// `"Principal": "*"`.
    pub(super) fn everybody() -> Self {
        Self { kind: "*".to_owned(), name: "*".to_owned() }
    }

    /// Whether whoever `other` names is named by this one, and no less closely where it is an account: who is named
    /// themselves needs no leave of their account.
    pub(super) fn includes(&self, other: &Self) -> bool {
        let of_type = self.kind == "*" || self.kind == other.kind;
        let same_account = || self.is_account() && other.is_account() && self.account() == other.account();
        of_type && (self.name == "*" || self.name == other.name || self.kind == "AWS" && same_account())
    }

    /// Whether somebody could be named by both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        if self.includes(other) || other.includes(self) {
            return true;
        }
        if self.kind != "AWS" || other.kind != "AWS" {
            return false;
        }
        match (self.account(), other.account()) {
            // A role and its sessions have different names, and so have a user and who was federated by it.
            (Some(own), Some(others)) => own == others && !(self.is_of_iam() && other.is_of_iam()),
            // A unique id does not tell whose it is.
            _ => true,
        }
    }

    /// The account of an AWS principal that is named by it or by an ARN.
    fn account(&self) -> Option<&str> {
        if self.name.starts_with("arn:") { self.name.split(':').nth(4) } else { self.bare_account() }
    }

    fn bare_account(&self) -> Option<&str> {
        (self.name.len() == 12 && self.name.bytes().all(|byte| byte.is_ascii_digit())).then_some(self.name.as_str())
    }

    fn is_account(&self) -> bool {
        self.bare_account().is_some() || self.name.starts_with("arn:") && self.name.ends_with(":root")
    }

    /// Whether it is a user or a role, each of which has one ARN.
    fn is_of_iam(&self) -> bool {
        self.name.split(':').nth(2) == Some("iam") && !self.is_account()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aws(name: &str) -> Principal {
        Principal { kind: "AWS".to_owned(), name: name.to_owned() }
    }

    #[test]
    fn an_account_is_the_same_in_both_spellings_and_does_not_name_its_users() {
        let (id, root) = (aws("123456789012"), aws("arn:aws:iam::123456789012:root"));
        let (user, other) = (aws("arn:aws:iam::123456789012:user/a"), aws("arn:aws:iam::123456789012:user/b"));
        assert!(id.includes(&root) && root.includes(&id));
        assert!(!root.includes(&user) && root.meets(&user) && user.meets(&root));
        assert!(!user.meets(&other) && !user.includes(&other));
        assert!(!root.meets(&aws("arn:aws:iam::210987654321:root")));
        assert!(user.meets(&aws("AIDAEXAMPLEEXAMPLE123")));
    }

    #[test]
    fn everybody_is_more_than_everybody_in_aws() {
        let service = Principal { kind: "Service".to_owned(), name: "ec2.amazonaws.com".to_owned() };
        assert!(Principal::everybody().includes(&service) && Principal::everybody().includes(&aws("*")));
        assert!(aws("*").includes(&aws("123456789012")) && !aws("*").includes(&Principal::everybody()));
        assert!(!aws("*").meets(&service) && aws("*").meets(&Principal::everybody()));
        let role = aws("arn:aws:iam::123456789012:role/a");
        assert!(role.meets(&aws("arn:aws:sts::123456789012:assumed-role/a/s")));
    }
}
