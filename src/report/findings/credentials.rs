//! Keys that are old or too many, passwords without a second factor, and the root user's.

use super::unused::of_only_key;
use super::{Fact, Finding, Subject};
use crate::posture::Snapshot;
use crate::posture::findings::Severity;
use crate::posture::snapshot::{AccessKey, Credentials, User};
use crate::report::Thresholds;
use crate::report::credentials::days;

pub(super) fn find(snapshot: &Snapshot, thresholds: &Thresholds) -> Vec<Finding> {
    let mut found = snapshot.root.as_ref().map(|root| of_root(root, snapshot)).unwrap_or_default();
    for user in &snapshot.users {
        let Some(credentials) = &user.credentials else { continue };
        let active = || credentials.access_keys.iter().filter(|key| key.active);
        for key in active() {
            let age = key.last_rotated.map(|made| days(made, snapshot.taken));
            if let Some(age) = age.filter(|age| *age > i64::from(thresholds.key_days)) {
                found.push(of_old_key(user, key, age));
            }
        }
        if active().count() > 1 {
            found.push(of_two_keys(user, credentials));
        }
        if credentials.password && !credentials.mfa {
            found.push(of_password(user, credentials));
        }
    }
    found
}

fn of_root(root: &Credentials, snapshot: &Snapshot) -> Vec<Finding> {
    let account = &snapshot.account;
    let arn = format!("arn:{}:iam::{}:root", account.partition, account.id);
    let subject = || Subject::new("account", "root user", &arn);
    let mut found = Vec::new();
    for key in root.access_keys.iter().filter(|key| key.active) {
        let what = format!("access key {} of the root user works, and nothing can limit what it does", key.number);
        let remedy = "sign in as the root user and delete it: no tool can, since no role may";
        found.push(
            Finding::new(Severity::Critical, "RootAccessKey", subject(), what).mended(remedy, None).by(dates(key)),
        );
    }
    if root.password && !root.mfa {
        let remedy = "sign in as the root user and add a second factor: no tool can, since no role may";
        let what = "the root user has no second factor";
        let used = Fact::at("password last used", root.password_last_used);
        found.push(Finding::new(Severity::Critical, "RootWithoutMfa", subject(), what).mended(remedy, None).by([used]));
    }
    found
}

fn of_old_key(user: &User, key: &AccessKey, age: i64) -> Finding {
    let what = format!("its active access key {} is {age} days old", key.number);
    let remedy = "rotate it: make a second key, have everything use it, deactivate this one, delete it";
    Finding::new(Severity::Medium, "OldAccessKey", subject(user), what)
        .mended(remedy, of_only_key(user, "create"))
        .by(dates(key))
}

fn of_two_keys(user: &User, credentials: &Credentials) -> Finding {
    let remedy = "deactivate the one that is used no more: the second is for the time of a rotation";
    Finding::new(Severity::Low, "TwoActiveAccessKeys", subject(user), "both of its access keys work")
        .mended(remedy, of_only_key(user, "deactivate"))
        .by(credentials.access_keys.iter().flat_map(dates))
}

fn of_password(user: &User, credentials: &Credentials) -> Finding {
    let what = "it signs in with a password and no second factor";
    let remedy = "have its person add a second factor: that is for whoever holds the device, and no tool does it";
    let dates = [
        Fact::at("password last used", credentials.password_last_used),
        Fact::at("password last changed", credentials.password_last_changed),
    ];
    Finding::new(Severity::High, "PasswordWithoutMfa", subject(user), what).mended(remedy, None).by(dates)
}

fn subject(user: &User) -> Subject {
    Subject::new("user", &user.identity.name, &user.identity.arn)
}

fn dates(key: &AccessKey) -> Vec<Fact> {
    let service = key.last_used_service.as_ref().map(|service| Fact::new("last used with", &**service));
    let dates = [Fact::at("key made", key.last_rotated), Fact::at("key last used", key.last_used)];
    dates.into_iter().chain(service).collect()
}
