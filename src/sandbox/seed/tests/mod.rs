mod cast;
mod documents;
mod habits;
mod operations;
mod reach;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::account;
use crate::sandbox::ACCOUNT_ID;
use crate::sandbox::account::{Account, KeyStatus, Policies, Tags};
use crate::sandbox::constraint::{
    ARN, DESCRIPTION, ENTITY_NAME_64, ENTITY_NAME_128, PATH, POLICY_DESCRIPTION, SAML_METADATA, SAML_NAME, TAG_KEY,
    TAG_VALUE, THUMBPRINT, Text,
};

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn seeded() -> Account {
    account(now())
}

/// How old a time is, in whole days.
fn days(then: Timestamp) -> i64 {
    now().duration_since(then).as_hours() / 24
}

/// What every user, group and role has: its ARN and its policies.
fn principals(account: &Account) -> Vec<(String, &Policies)> {
    let users = account.users.iter().map(|user| (account.arn(&user.resource()), &user.policies));
    let groups = account.groups.iter().map(|group| (account.arn(&group.resource()), &group.policies));
    let roles = account.roles.iter().map(|role| (account.arn(&role.resource()), &role.policies));
    users.chain(groups).chain(roles).collect()
}

fn boundaries(account: &Account) -> impl Iterator<Item = &String> {
    let users = account.users.iter().filter_map(|user| user.boundary.as_ref());
    users.chain(account.roles.iter().filter_map(|role| role.boundary.as_ref()))
}

#[test]
fn two_starts_at_the_same_time_have_the_same_account() {
    assert_eq!(format!("{:?}", seeded()), format!("{:?}", seeded()));
    let secrets = |account: &Account| -> Vec<String> {
        account
            .users
            .iter()
            .flat_map(|user| &user.access_keys)
            .map(|key| format!("{} {}", key.id, key.secret.expose()))
            .collect()
    };
    assert_eq!(secrets(&seeded()), secrets(&seeded()));
}

#[test]
fn a_later_start_has_the_same_identifiers_and_the_same_ages() {
    let (today, later) = (seeded(), account(now() + SignedDuration::from_hours(24 * 365)));
    for (user, same) in today.users.iter().zip(later.users.iter()) {
        assert_eq!(user.id, same.id);
        assert_eq!(same.created.duration_since(user.created), SignedDuration::from_hours(24 * 365), "{}", user.name);
    }
}

#[test]
fn it_has_the_size_of_a_small_company() {
    let account = seeded();
    let own = account.policies.values().filter(|policy| !policy.is_aws_managed()).count();
    let [users, groups, roles] = [account.users.len(), account.groups.len(), account.roles.len()];
    let told = format!("It has {users} users, {groups} groups, {roles} roles and {own} policies of its own.");
    assert!(cast::DOCUMENT.contains(&told), "{told}");
    assert_eq!((account.id.as_str(), account.alias.as_deref()), (ACCOUNT_ID, Some("acme-dev")));
}

#[test]
fn identifiers_belong_to_one_thing_each() {
    let account = seeded();
    let mut ids: Vec<&String> = account.users.iter().map(|user| &user.id).collect();
    ids.extend(account.users.iter().flat_map(|user| &user.access_keys).map(|key| &key.id));
    ids.extend(account.groups.iter().map(|group| &group.id));
    ids.extend(account.roles.iter().map(|role| &role.id));
    ids.extend(account.instance_profiles.iter().map(|profile| &profile.id));
    ids.extend(account.policies.values().map(|policy| &policy.id));
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn what_is_attached_or_a_boundary_exists() {
    let account = seeded();
    let missing: Vec<(String, &String)> = principals(&account)
        .into_iter()
        .flat_map(|(arn, policies)| policies.attached.iter().map(move |policy| (arn.clone(), policy)))
        .chain(boundaries(&account).map(|policy| ("a boundary".to_owned(), policy)))
        .filter(|(_, policy)| !account.policies.contains_key(*policy))
        .collect();
    assert_eq!(missing, []);
}

#[test]
fn members_of_groups_exist() {
    let account = seeded();
    let users: BTreeSet<&String> = account.users.iter().map(|user| &user.id).collect();
    for group in account.groups.iter() {
        assert!(group.members.iter().all(|member| users.contains(member)), "{}", group.name);
    }
}

#[test]
fn names_paths_tags_and_descriptions_are_legal() {
    fn holds(text: &str, constraint: &Text) {
        let length = text.chars().count();
        assert!(length >= constraint.min && length <= constraint.max && (constraint.fits)(text), "{text}");
    }
    fn tags_hold(tags: &Tags) {
        assert!(tags.len() <= 50);
        for (key, value) in tags.iter() {
            holds(key, &TAG_KEY);
            holds(value, &TAG_VALUE);
        }
    }
    let account = seeded();
    for user in account.users.iter() {
        holds(&user.name, &ENTITY_NAME_64);
        holds(&user.path, &PATH);
        tags_hold(&user.tags);
    }
    for profile in account.instance_profiles.iter() {
        holds(&profile.name, &ENTITY_NAME_128);
        holds(&profile.path, &PATH);
        tags_hold(&profile.tags);
    }
    for (arn, provider) in &account.saml_providers {
        holds(arn.rsplit('/').next().unwrap_or_default(), &SAML_NAME);
        holds(&provider.metadata, &SAML_METADATA);
    }
    for thumbprint in account.oidc_providers.values().flat_map(|provider| &provider.thumbprints) {
        holds(thumbprint, &THUMBPRINT);
    }
    for group in account.groups.iter() {
        holds(&group.name, &ENTITY_NAME_128);
        holds(&group.path, &PATH);
    }
    for role in account.roles.iter() {
        holds(&role.name, &ENTITY_NAME_64);
        holds(&role.path, &PATH);
        tags_hold(&role.tags);
        holds(role.description.as_deref().unwrap_or_default(), &DESCRIPTION);
        assert!((3600..=43_200).contains(&role.max_session_duration));
    }
    for policy in account.policies.values().filter(|policy| !policy.is_aws_managed()) {
        holds(&policy.name, &ENTITY_NAME_128);
        holds(&policy.path, &PATH);
        holds(&policy.arn, &ARN);
        tags_hold(&policy.tags);
        holds(policy.description.as_deref().unwrap_or_default(), &POLICY_DESCRIPTION);
    }
}

#[test]
fn names_are_not_taken_twice() {
    let account = seeded();
    assert_eq!(account.users.len(), super::users::all(super::Ages::at(now())).len());
    assert_eq!(account.groups.len(), super::groups::all(super::Ages::at(now())).len());
    assert_eq!(account.roles.len(), super::roles::all(super::Ages::at(now())).len());
}

#[test]
fn quotas_are_kept() {
    let account = seeded();
    for user in account.users.iter() {
        assert!(user.access_keys.len() <= 2, "{}", user.name);
        assert!(account.groups.iter().filter(|group| group.members.contains(&user.id)).count() <= 10, "{}", user.name);
    }
    for (arn, policies) in principals(&account) {
        assert!(policies.attached.len() <= 10, "{arn}");
    }
    for policy in account.policies.values() {
        assert!((1..=5).contains(&policy.versions.len()), "{}", policy.name);
        assert!(policy.version(policy.default_version).is_some(), "{}", policy.name);
        assert!(policy.versions.iter().all(|version| version.number < policy.next_version), "{}", policy.name);
    }
}

#[test]
fn nothing_happened_before_it_could() {
    let account = seeded();
    for user in account.users.iter() {
        let after = |then: Timestamp| user.created <= then && then <= now();
        assert!(after(user.created), "{}", user.name);
        assert!(user.password_last_used.is_none_or(after), "{}", user.name);
        assert!(user.password_last_used.is_none() || user.login_profile.is_some(), "{}", user.name);
        assert!(user.login_profile.iter().all(|profile| after(profile.created)), "{}", user.name);
        assert!(user.mfa_devices.iter().all(|device| after(device.enabled)), "{}", user.name);
        for key in &user.access_keys {
            assert!(after(key.created), "{} {}", user.name, key.id);
            assert!(key.last_used.iter().all(|last| key.created < last.at && last.at <= now()), "{}", user.name);
        }
    }
    for role in account.roles.iter() {
        assert!(role.created <= now(), "{}", role.name);
        // "The role was last used within the trailing period that was viewed", at most 400 days.
        assert!(role.last_used.iter().all(|last| role.created < last.at && days(last.at) < 400), "{}", role.name);
    }
    for policy in account.policies.values() {
        assert!(policy.versions.is_sorted_by_key(|version| version.created), "{}", policy.name);
        assert!(policy.created <= policy.updated && policy.updated <= now(), "{}", policy.name);
    }
}

#[test]
fn the_demo_operator_has_one_active_key() {
    let account = seeded();
    let keys: Vec<KeyStatus> =
        account.users.get("demo-operator").unwrap().access_keys.iter().map(|key| key.status).collect();
    assert_eq!(keys, [KeyStatus::Active]);
}

#[test]
fn on_one_who_left_hangs_all_that_keeps_a_user_from_being_deleted() {
    let account = seeded();
    let rosa = account.users.get("rosa.delgado").unwrap();
    assert!(rosa.login_profile.is_some());
    let counts = [
        rosa.access_keys.len(),
        rosa.mfa_devices.len(),
        rosa.signing_certificates.len(),
        rosa.ssh_public_keys.len(),
        rosa.service_specific_credentials.len(),
        rosa.policies.inline.len(),
        rosa.policies.attached.len(),
        account.groups.iter().filter(|group| group.members.contains(&rosa.id)).count(),
    ];
    assert_eq!(counts, [1; 8]);
}

#[test]
fn identity_providers_that_are_trusted_exist() {
    let account = seeded();
    let mut trusted = 0;
    for role in account.roles.iter() {
        for arn in role.trust_policy.split('"').filter(|text| text.contains("-provider/")) {
            assert!(account.oidc_providers.contains_key(arn) || account.saml_providers.contains_key(arn), "{arn}");
            trusted += 1;
        }
    }
    assert_eq!(trusted, 8, "federated roles");
}

#[test]
fn roles_of_instance_profiles_exist_and_are_for_instances() {
    let account = seeded();
    let roles: Vec<&str> = account.instance_profiles.iter().filter_map(|profile| profile.role.as_deref()).collect();
    assert_eq!(roles, ["bastion-host", "cluster-nodes-2023", "web-server"]);
    for role in roles {
        assert!(account.roles.get(role).unwrap().trust_policy.contains("ec2.amazonaws.com"), "{role}");
    }
}
