//! Accounts that tests write down.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Snapshot;
use super::holder::{Circumstances, Holder, Shelf};
use super::snapshot::Directory;
use crate::policy::Principal;

/// The account of all of them.
pub(crate) const ACCOUNT: &str = "123456789012";

/// When they are looked at.
pub(crate) const NOW: &str = "2026-06-01T00:00:00Z";

/// An account in the form of `aws iam get-account-authorization-details`, put together piece by piece.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written {
    pub(crate) users: Vec<Value>,
    pub(crate) groups: Vec<Value>,
    pub(crate) roles: Vec<Value>,
    pub(crate) policies: Vec<Value>,
}

/// A document of these statements.
pub(crate) fn document(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// A statement that allows.
pub(crate) fn allow(actions: &Value, resources: &Value) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

/// The ARN of something in the account: `user/bob`.
pub(crate) fn arn(resource: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{resource}")
}

impl Written {
    /// A user with an inline policy of these statements, and what else is said of it.
    pub(crate) fn user(&mut self, name: &str, statements: &Value, more: Value) -> &mut Self {
        let mut user = json!({"UserName": name, "UserId": format!("AIDA{name}"), "Arn": arn(&format!("user/{name}"))});
        add(&mut user, "UserPolicyList", statements, more);
        self.users.push(user);
        self
    }

    /// The same of a group.
    pub(crate) fn group(&mut self, name: &str, statements: &Value, more: Value) -> &mut Self {
        let mut group =
            json!({"GroupName": name, "GroupId": format!("AGPA{name}"), "Arn": arn(&format!("group/{name}"))});
        add(&mut group, "GroupPolicyList", statements, more);
        self.groups.push(group);
        self
    }

    /// The same of a role that trusts these principals (an element `Principal`).
    pub(crate) fn role(&mut self, name: &str, trusts: &Value, statements: &Value, more: Value) -> &mut Self {
        let trust = document(&json!([{"Effect": "Allow", "Principal": trusts, "Action": "sts:AssumeRole"}]));
        let mut role = json!({
            "RoleName": name, "RoleId": format!("AROA{name}"), "Arn": arn(&format!("role/{name}")),
            "AssumeRolePolicyDocument": trust,
        });
        add(&mut role, "RolePolicyList", statements, more);
        self.roles.push(role);
        self
    }

    /// A managed policy of the account, with its versions, of which the first is in force.
    pub(crate) fn policy(&mut self, name: &str, versions: &[Value]) -> &mut Self {
        let versions: Vec<Value> = versions
            .iter()
            .enumerate()
            .map(
                |(index, statements)| json!({"VersionId": format!("v{}", index + 1), "Document": document(statements)}),
            )
            .collect();
        let arn = arn(&format!("policy/{name}"));
        self.policies
            .push(json!({"PolicyName": name, "Arn": arn, "DefaultVersionId": "v1", "PolicyVersionList": versions}));
        self
    }

    /// The account as analyses take it.
    pub(crate) fn read(&self) -> Snapshot {
        let details = json!({
            "UserDetailList": self.users, "GroupDetailList": self.groups, "RoleDetailList": self.roles,
            "Policies": self.policies,
        });
        Snapshot::from_details(&details, NOW.parse::<Timestamp>().unwrap()).unwrap()
    }
}

fn add(entry: &mut Value, list: &str, statements: &Value, more: Value) {
    if statements.as_array().is_some_and(|statements| !statements.is_empty()) {
        entry[list] = json!([{"PolicyName": "own", "PolicyDocument": document(statements)}]);
    }
    if let Value::Object(more) = more {
        entry.as_object_mut().unwrap().extend(more);
    }
}

/// What names the managed policies of this account as attached.
pub(crate) fn attached(policies: &[&str]) -> Value {
    let attached: Vec<Value> =
        policies.iter().map(|name| json!({"PolicyName": name, "PolicyArn": arn(&format!("policy/{name}"))})).collect();
    json!(attached)
}

/// A user of an account, able to be asked.
pub(crate) fn holder_of(snapshot: &Snapshot, user: &str) -> Holder {
    let user = snapshot.users.iter().find(|one| &*one.identity.name == user).unwrap();
    let held = Shelf::default().of_user(&Directory::of(snapshot), user);
    let circumstances = Circumstances { identity: &user.identity, at: snapshot.taken };
    Holder::new(&snapshot.account, Principal::from_arn(&user.identity.arn).unwrap(), held, &circumstances)
}
