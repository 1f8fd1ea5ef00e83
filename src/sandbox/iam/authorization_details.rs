//! The whole account at once: every user, group, role and policy with all that they may do.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::page::Page;
use super::{Answer, Guarded, Operation, boundaries, instance_profiles, policies, roles, tags, versions};
use crate::sandbox::account::{Account, Group, ManagedPolicy, Policies, Role, User};
use crate::sandbox::call::Call;
use crate::sandbox::xml::Xml;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    match action {
        "GetAccountAuthorizationDetails" => Some(get),
        _ => None,
    }
}

/// What a filter names, in the order of the enumeration.
const KINDS: [&str; 5] = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];

/// One of what is told. The four kinds stand in one order, so that pages go through all of them.
enum Detail<'a> {
    User(&'a User),
    Group(&'a Group),
    Role(&'a Role),
    Policy(&'a ManagedPolicy),
}

impl Detail<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "User",
            Self::Group(_) => "Group",
            Self::Role(_) => "Role",
            Self::Policy(policy) if policy.is_aws_managed() => "AWSManagedPolicy",
            Self::Policy(_) => "LocalManagedPolicy",
        }
    }

    fn place(&self) -> String {
        match self {
            Self::User(user) => format!("1/{}", user.name.to_ascii_lowercase()),
            Self::Group(group) => format!("2/{}", group.name.to_ascii_lowercase()),
            Self::Role(role) => format!("3/{}", role.name.to_ascii_lowercase()),
            Self::Policy(policy) => format!("4/{}", policy.arn),
        }
    }
}

fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (filter, page)) = guarded.read(call, |input| (input.choices("Filter", &KINDS), Page::read(input)))?;
    let details = account
        .users
        .iter()
        .map(Detail::User)
        .chain(account.groups.iter().map(Detail::Group))
        .chain(account.roles.iter().map(Detail::Role))
        .chain(account.policies.values().filter(|policy| is_told(account, policy)).map(Detail::Policy))
        .filter(|detail| filter.is_empty() || filter.contains(&detail.kind()));
    let memberships = Memberships::of(account);
    Ok(page.of(details, Detail::place)?.write_lists(|xml, details| {
        let (mut users, mut groups, mut roles, mut policies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for detail in details {
            match detail {
                Detail::User(user) => users.push(user),
                Detail::Group(group) => groups.push(group),
                Detail::Role(role) => roles.push(role),
                Detail::Policy(policy) => policies.push(policy),
            }
        }
        xml.list("UserDetailList", users, |xml, user| write_user(xml, account, user, &memberships))
            .list("GroupDetailList", groups, |xml, group| write_group(xml, account, group))
            .list("RoleDetailList", roles, |xml, role| write_role(xml, account, role, call.now))
            .list("Policies", policies, |xml, policy| write_policy(xml, account, policy));
    }))
}

/// Of AWS's policies only those that are in use are told.
fn is_told(account: &Account, policy: &ManagedPolicy) -> bool {
    let usage = account.policy_usage(&policy.arn);
    !policy.is_aws_managed() || usage.attachments + usage.boundaries > 0
}

/// The names of the groups of each user, by the user's id.
struct Memberships<'a>(BTreeMap<&'a str, Vec<&'a str>>);

impl<'a> Memberships<'a> {
    fn of(account: &'a Account) -> Self {
        let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for group in account.groups.iter() {
            for member in &group.members {
                groups.entry(member).or_default().push(&group.name);
            }
        }
        Self(groups)
    }

    fn of_user(&self, user: &User) -> &[&'a str] {
        self.0.get(user.id.as_str()).map_or(&[], Vec::as_slice)
    }
}

fn write_user(xml: &mut Xml, account: &Account, user: &User, memberships: &Memberships<'_>) {
    xml.text("Path", &user.path)
        .text("UserName", &user.name)
        .text("UserId", &user.id)
        .text("Arn", &account.arn(&user.resource()))
        .time("CreateDate", user.created);
    // Unlike those of groups and roles, this list is left out when it is empty.
    if !user.policies.inline.is_empty() {
        write_inline(xml, "UserPolicyList", &user.policies);
    }
    xml.texts("GroupList", memberships.of_user(user).iter().copied());
    write_attached(xml, account, &user.policies);
    boundaries::write(xml, user.boundary.as_deref());
    tags::write_all(xml, user.tags.iter());
}

fn write_group(xml: &mut Xml, account: &Account, group: &Group) {
    xml.text("Path", &group.path)
        .text("GroupName", &group.name)
        .text("GroupId", &group.id)
        .text("Arn", &account.arn(&group.resource()))
        .time("CreateDate", group.created);
    write_inline(xml, "GroupPolicyList", &group.policies);
    write_attached(xml, account, &group.policies);
}

fn write_role(xml: &mut Xml, account: &Account, role: &Role, now: Timestamp) {
    roles::essentials(xml, account, role);
    let profiles = account.instance_profiles.iter().filter(|profile| profile.holds(&role.name));
    xml.list("InstanceProfileList", profiles, |xml, profile| instance_profiles::essentials(xml, account, profile));
    write_inline(xml, "RolePolicyList", &role.policies);
    write_attached(xml, account, &role.policies);
    boundaries::write(xml, role.boundary.as_deref());
    tags::write_all(xml, role.tags.iter());
    roles::write_last_used(xml, role, now);
}

fn write_policy(xml: &mut Xml, account: &Account, policy: &ManagedPolicy) {
    policies::essentials(xml, account, policy);
    xml.list("PolicyVersionList", policy.versions.iter().rev(), |xml, version| {
        versions::describe(xml, policy, version);
    });
}

fn write_inline(xml: &mut Xml, name: &str, policies: &Policies) {
    xml.list(name, &policies.inline, |xml, (name, document)| {
        xml.text("PolicyName", name).document("PolicyDocument", document);
    });
}

fn write_attached(xml: &mut Xml, account: &Account, policies: &Policies) {
    let attached = policies.attached.iter().filter_map(|arn| account.policies.get(arn));
    xml.list("AttachedManagedPolicies", attached, |xml, policy| {
        xml.text("PolicyName", &policy.name).text("PolicyArn", &policy.arn);
    });
}

#[cfg(test)]
mod tests;
