//! An account as `aws iam get-account-authorization-details` prints it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;

use super::{Group, Identity, Library, ManagedPolicy, PolicyVersion, Role, Snapshot, User, Written};
use crate::arn::Arn;
use crate::iam::Account;
use crate::policy::PolicyKind;

/// Why a JSON text is no such output.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DetailsError {
    /// None of the four lists is there.
    #[error("there are no UserDetailList, GroupDetailList, RoleDetailList and Policies in it")]
    NoLists,
    /// It is a page of several.
    #[error(
        "it is one page of several (IsTruncated): let the AWS CLI read them all, without --no-paginate or --max-items"
    )]
    Truncated,
    /// An entry lacks its name or ARN, or has an ARN that is none.
    #[error("{list}[{index}] has no {member} that can be read")]
    Entry {
        /// The list.
        list: &'static str,
        /// The place in it, from 0.
        index: usize,
        /// The member.
        member: &'static str,
    },
    /// There is nobody whose ARN would tell the account.
    #[error("there is no user and no role in it, so nothing tells which account it is of")]
    NoAccount,
}

impl Snapshot {
    /// The account of that output, which was printed at `taken`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_details(details: &Value, taken: Timestamp) -> Result<Self, DetailsError> {
        const LISTS: [&str; 4] = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];
        if !LISTS.iter().any(|list| details[*list].is_array()) {
            return Err(DetailsError::NoLists);
        }
        if details["IsTruncated"] == true {
            return Err(DetailsError::Truncated);
        }
        let mut library = Library::default();
        let mut account = None;
        let [users, groups, roles, policies] = LISTS.map(|list| Entries::of(details, list));
        let mut read = Self {
            account: Account {
                id: "000000000000".parse().expect("twelve digits"),
                partition: crate::arn::Partition::Aws,
            },
            taken,
            users: Vec::new(),
            groups: Vec::new(),
            roles: Vec::new(),
            policies: Vec::new(),
            root: None,
        };
        for entry in users.entries() {
            let identity = entry.identity("UserName", "UserId", "UserPolicyList", &mut library)?;
            account = account.or(entry.account(&identity)?);
            let groups = entry.texts("GroupList").map(Arc::from).collect();
            read.users.push(User { identity, groups, credentials: None });
        }
        for entry in groups.entries() {
            let identity = entry.identity("GroupName", "GroupId", "GroupPolicyList", &mut library)?;
            read.groups.push(Group { identity });
        }
        for entry in roles.entries() {
            let identity = entry.identity("RoleName", "RoleId", "RolePolicyList", &mut library)?;
            account = account.or(entry.account(&identity)?);
            let trust = library.read(PolicyKind::Trust, &text(&entry.value["AssumeRolePolicyDocument"]));
            let last_used = time(&entry.value["RoleLastUsed"]["LastUsedDate"]);
            let profiles = entry.value["InstanceProfileList"].as_array().into_iter().flatten();
            let instance_profiles =
                profiles.filter_map(|profile| profile["InstanceProfileName"].as_str().map(Box::from)).collect();
            read.roles.push(Role { identity, trust, last_used, instance_profiles });
        }
        for entry in policies.entries() {
            let versions = entry.value["PolicyVersionList"].as_array().into_iter().flatten();
            let versions = versions.filter_map(|version| {
                let document = library.read(PolicyKind::Identity, &text(&version["Document"]));
                Some(PolicyVersion { id: version["VersionId"].as_str()?.into(), document })
            });
            read.policies.push(ManagedPolicy {
                name: entry.text("PolicyName")?.into(),
                arn: entry.text("Arn")?.into(),
                default_version: entry.text("DefaultVersionId")?.into(),
                versions: versions.collect(),
            });
        }
        read.account = account.ok_or(DetailsError::NoAccount)?;
        Ok(read)
    }
}

struct Entries<'a> {
    list: &'static str,
    values: &'a [Value],
}

struct Entry<'a> {
    list: &'static str,
    index: usize,
    value: &'a Value,
}

impl<'a> Entries<'a> {
    fn of(details: &'a Value, list: &'static str) -> Self {
        Self { list, values: details[list].as_array().map_or(&[], Vec::as_slice) }
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let list = self.list;
        self.values.iter().enumerate().map(move |(index, value)| Entry { list, index, value })
    }
}

impl<'a> Entry<'a> {
    fn lacks(&self, member: &'static str) -> DetailsError {
        DetailsError::Entry { list: self.list, index: self.index, member }
    }

    fn text(&self, member: &'static str) -> Result<&'a str, DetailsError> {
        self.value[member].as_str().ok_or_else(|| self.lacks(member))
    }

    fn texts(&self, member: &str) -> impl Iterator<Item = &'a str> {
        self.value[member].as_array().into_iter().flatten().filter_map(Value::as_str)
    }

    fn account(&self, identity: &Identity) -> Result<Option<Account>, DetailsError> {
        let arn: Arn = identity.arn.parse().map_err(|_| self.lacks("Arn"))?;
        let id = arn.account().parse().map_err(|_| self.lacks("Arn"))?;
        Ok(Some(Account { id, partition: arn.partition() }))
    }

    fn identity(
        &self,
        name: &'static str,
        id: &'static str,
        inline: &'static str,
        library: &mut Library,
    ) -> Result<Identity, DetailsError> {
        let listed = |list: &str| self.value[list].as_array().into_iter().flatten();
        let tags = listed("Tags").filter_map(|tag| Some((tag["Key"].as_str()?.into(), tag["Value"].as_str()?.into())));
        let attached =
            listed("AttachedManagedPolicies").filter_map(|policy| policy["PolicyArn"].as_str().map(Arc::from));
        let mut inlined: Vec<(Box<str>, Arc<Written>)> = Vec::new();
        for policy in listed(inline) {
            let name = policy["PolicyName"].as_str().ok_or_else(|| self.lacks(inline))?;
            inlined.push((name.into(), library.read(PolicyKind::Identity, &text(&policy["PolicyDocument"]))));
        }
        Ok(Identity {
            name: self.text(name)?.into(),
            arn: self.text("Arn")?.into(),
            id: self.text(id)?.into(),
            path: self.value["Path"].as_str().unwrap_or("/").into(),
            created: time(&self.value["CreateDate"]),
            tags: tags.collect(),
            attached: attached.collect(),
            inline: inlined,
            boundary: self.value["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str().map(Arc::from),
        })
    }
}

/// A document: the AWS CLI prints objects, others text.
fn text(document: &Value) -> String {
    document.as_str().map_or_else(|| document.to_string(), ToOwned::to_owned)
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(details: &Value) -> Result<Snapshot, DetailsError> {
        Snapshot::from_details(details, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn an_account_is_read() {
        let allow =
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
        let snapshot = read(&json!({
            "UserDetailList": [{
                "UserName": "bob", "UserId": "AIDA1", "Arn": "arn:aws-cn:iam::123456789012:user/ops/bob", "Path": "/ops/",
                "CreateDate": "2024-01-02T03:04:05+00:00", "GroupList": ["ops"],
                "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": allow}],
                "Tags": [{"Key": "Type", "Value": "bot"}],
                "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws-cn:iam::123456789012:policy/bound"},
            }],
            "RoleDetailList": [{
                "RoleName": "app", "RoleId": "AROA1", "Arn": "arn:aws-cn:iam::123456789012:role/app",
                "AssumeRolePolicyDocument": {}, "InstanceProfileList": [{"InstanceProfileName": "app"}],
                "AttachedManagedPolicies": [{"PolicyName": "p", "PolicyArn": "arn:aws-cn:iam::123456789012:policy/p"}],
            }],
            "Policies": [{
                "PolicyName": "p", "Arn": "arn:aws-cn:iam::123456789012:policy/p", "DefaultVersionId": "v2",
                "PolicyVersionList": [{"VersionId": "v2", "Document": allow}, {"VersionId": "v1", "Document": allow}],
            }],
        }))
        .unwrap();
        assert_eq!((snapshot.account.id.as_str(), snapshot.account.partition.as_str()), ("123456789012", "aws-cn"));
        let user = &snapshot.users[0];
        assert_eq!((&*user.identity.path, &*user.groups[0], user.identity.tag("type")), ("/ops/", "ops", Some("bot")));
        assert!(user.identity.created.is_some() && user.identity.boundary.is_some());
        let policy = &snapshot.policies[0];
        assert!(Arc::ptr_eq(policy.document().unwrap(), &user.identity.inline[0].1), "a text is kept once");
        assert_eq!(&*snapshot.roles[0].instance_profiles[0], "app");
        assert!(snapshot.roles[0].trust.document().is_none());
    }

    #[test]
    fn what_is_none_is_told() {
        for (details, error) in [
            (json!({}), "there are no UserDetailList"),
            (json!({"UserDetailList": [], "IsTruncated": true}), "it is one page of several"),
            (json!({"UserDetailList": []}), "there is no user and no role"),
            (json!({"UserDetailList": [{"UserName": "bob"}]}), "UserDetailList[0] has no Arn"),
            (json!({"RoleDetailList": [{"RoleName": "a", "RoleId": "b", "Arn": "x"}]}), "RoleDetailList[0] has no Arn"),
        ] {
            let found = read(&details).unwrap_err().to_string();
            assert!(found.starts_with(error), "{found}");
        }
    }
}
