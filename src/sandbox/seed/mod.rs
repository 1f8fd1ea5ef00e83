//! The account that the sandbox starts with: `acme-dev`, one small company's, as one finds them.
//!
//! People and machines, good and bad habits; docs/sandbox.md tells who is in it, and tests hold it to that. It is data:
//! tables in [`users`], [`groups`], [`roles`] and [`policies`], with the policy documents in `policies/`. It is the
//! same at every start: identifiers and secrets follow from names ([`seeded`]), times from ages ([`ages`]).

mod ages;
mod entity;
mod groups;
mod instance_profiles;
mod policies;
mod providers;
mod roles;
mod seeded;
#[cfg(test)]
mod tests;
mod users;

use jiff::Timestamp;

use self::ages::Ages;
use super::ACCOUNT_ID;
use super::account::{Account, KeyCase, Tags};
use crate::arn::Partition;

/// The account, as it stands at `now`.
pub(in crate::sandbox) fn account(now: Timestamp) -> Account {
    let ages = Ages::at(now);
    let id = ACCOUNT_ID.parse().expect("twelve digits are an account id");
    let mut account = Account::empty(Partition::Aws, id);
    account.outbound_federation = true;
    account.alias = Some("acme-dev".to_owned());
    account.policies.extend(policies::all(ages).into_iter().map(|policy| (policy.arn.clone(), policy)));
    for group in groups::all(ages) {
        account.groups.insert(group);
    }
    for member in users::all(ages) {
        for name in member.groups {
            let group = account.groups.get_mut(name).expect("the tables name groups that they have");
            group.members.insert(member.user.id.clone());
        }
        for device in &member.user.mfa_devices {
            account.virtual_mfa_devices.insert(device.serial_number.clone(), Tags::none(KeyCase::Kept));
        }
        account.users.insert(member.user);
    }
    for role in roles::all(ages) {
        account.roles.insert(role);
    }
    for profile in instance_profiles::all(ages) {
        account.instance_profiles.insert(profile);
    }
    providers::put(&mut account, ages);
    trust_by_id(&mut account);
    account
}

/// Keeps whom roles trust as the operations do, now that everybody whom the tables name is there.
fn trust_by_id(account: &mut Account) {
    let kept: Vec<(String, String)> =
        account.roles.iter().map(|role| (role.name.clone(), account.trust_kept(&role.trust_policy))).collect();
    for (name, trust_policy) in kept {
        account.roles.get_mut(&name).expect("it was just listed").trust_policy = trust_policy;
    }
}
