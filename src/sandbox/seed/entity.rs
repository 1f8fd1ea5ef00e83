//! What users, groups, roles and policies have in common while the account is put together.

use crate::sandbox::ACCOUNT_ID;
use crate::sandbox::account::{Policies, Tags};

/// The policy document of this name under `policies/`.
macro_rules! document {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/sandbox/seed/policies/", $name, ".json"))
            .trim_ascii_end()
    };
}
pub(super) use document;

/// The ARN of something in the account's IAM.
pub(super) fn arn(resource: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT_ID}:{resource}")
}

/// Has permission policies.
pub(super) trait Permitted: Sized {
    /// Where they are kept.
    fn policies(&mut self) -> &mut Policies;

    /// One of AWS's managed policies, by its path and name: `AdministratorAccess`, `job-function/Billing`.
    fn aws_policy(mut self, name: &str) -> Self {
        self.policies().attached.insert(format!("arn:aws:iam::aws:policy/{name}"));
        self
    }

    /// One of the account's own managed policies, by its path and name.
    fn policy(mut self, name: &str) -> Self {
        self.policies().attached.insert(arn(&format!("policy/{name}")));
        self
    }

    /// An inline policy.
    fn inline(mut self, name: &str, document: &str) -> Self {
        self.policies().inline.insert(name.to_owned(), document.to_owned());
        self
    }
}

/// Has tags.
pub(super) trait Tagged: Sized {
    /// Where they are kept.
    fn all_tags(&mut self) -> &mut Tags;

    /// One tag.
    fn tag(mut self, key: &str, value: &str) -> Self {
        self.all_tags().set(key, value);
        self
    }

    /// The tags of what a team has: its name, and who pays.
    fn team(self, team: Team) -> Self {
        let (name, cost_center) = team.tags();
        self.tag("team", name).tag("cost-center", cost_center)
    }

    /// The tag that says whom to ask.
    fn owner(self, user_name: &str) -> Self {
        self.tag("owner", user_name)
    }
}

/// The teams of the company.
#[derive(Debug, Clone, Copy)]
pub(super) enum Team {
    Platform,
    Security,
    Shop,
    Data,
    Finance,
    Support,
}

impl Team {
    fn tags(self) -> (&'static str, &'static str) {
        match self {
            Self::Platform => ("platform", "cc-1010"),
            Self::Security => ("security", "cc-1020"),
            Self::Shop => ("shop", "cc-2010"),
            Self::Data => ("data", "cc-2020"),
            Self::Finance => ("finance", "cc-3010"),
            Self::Support => ("support", "cc-3020"),
        }
    }
}
