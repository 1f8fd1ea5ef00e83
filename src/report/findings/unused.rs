//! What nobody used for long.

use std::collections::HashMap;

use jiff::SignedDuration;
use serde_json::json;

use super::{Fact, Finding, Subject};
use crate::posture::Snapshot;
use crate::posture::findings::Severity;
use crate::posture::snapshot::{Identity, User};
use crate::posture::unused::{self, Unused, What};
use crate::report::{Mend, Thresholds};

pub(super) fn find(snapshot: &Snapshot, thresholds: &Thresholds) -> Vec<Finding> {
    let days = thresholds.unused_days;
    let Ok(since) = snapshot.taken.checked_sub(SignedDuration::from_hours(24 * i64::from(days))) else {
        return Vec::new();
    };
    let users: HashMap<&str, &User> = snapshot.users.iter().map(|user| (&*user.identity.name, user)).collect();
    let roles: HashMap<&str, &Identity> =
        snapshot.roles.iter().map(|role| (&*role.identity.name, &role.identity)).collect();
    let all = unused::users(snapshot, since)
        .chain(unused::access_keys(snapshot, since))
        .chain(unused::roles(snapshot, since));
    all.filter_map(|unused| {
        let finding = match unused.what {
            What::User { user, without_credentials } => of_user(users.get(user)?, without_credentials, days),
            What::Role { role } => of_role(roles.get(role)?, days),
            What::AccessKey { user, number, active } => of_key(users.get(user)?, number, active, days),
        };
        Some(finding.by(dates(&unused)))
    })
    .collect()
}

fn of_user(user: &User, without_credentials: bool, days: u16) -> Finding {
    let (severity, what) = match without_credentials {
        true => (Severity::Low, "it has neither a password nor an access key, so nobody can use it so".to_owned()),
        false => (Severity::Medium, format!("nobody signed in or signed a request as it for {days} days")),
    };
    let identity = &user.identity;
    let subject = Subject::new("user", &identity.name, &identity.arn);
    let mend = Mend::write(
        "delete_user",
        json!({"user_name": &*identity.name, "force": true}),
        "the plan lists everything that would go with it; deactivate its keys first, and wait for who misses them",
    );
    Finding::new(severity, "UnusedUser", subject, what).mended("delete it, or find out who needs it", mend)
}

fn of_role(role: &Identity, days: u16) -> Finding {
    let what = format!("nobody assumed it for {days} days");
    let mend = Mend::write(
        "delete_role",
        json!({"role_name": &*role.name, "force": true}),
        "the plan lists everything that would go with it",
    );
    Finding::new(Severity::Low, "UnusedRole", Subject::new("role", &role.name, &role.arn), what)
        .mended("delete it, or find out who needs it", mend)
}

fn of_key(user: &User, number: u8, active: bool, days: u16) -> Finding {
    let (severity, state) = if active { (Severity::Medium, "active") } else { (Severity::Low, "deactivated") };
    let what = format!("its {state} access key {number} was not used for {days} days");
    let stage = if active { "deactivate" } else { "delete" };
    let remedy = if active { "deactivate it, and delete it when nobody misses it" } else { "delete it" };
    let subject = Subject::new("user", &user.identity.name, &user.identity.arn);
    Finding::new(severity, "UnusedAccessKey", subject, what).mended(remedy, of_only_key(user, stage))
}

/// A step of a key's rotation. The credential report tells no ids, so the only key need not be named, and of two the ids are
/// asked for first.
pub(super) fn of_only_key(user: &User, stage: &str) -> Option<Mend> {
    let name = &*user.identity.name;
    if user.credentials.as_ref().is_some_and(|credentials| credentials.access_keys.len() > 1) {
        return Mend::read(
            "list_access_keys",
            json!({"user_name": name}),
            "tells the ids of both; then rotate_access_key, update_access_key or delete_access_key with the one that is meant",
        );
    }
    // There is no other key to go on with: to stop the only one that works is what is meant here.
    let arguments = match stage {
        "deactivate" => json!({"user_name": name, "stage": stage, "force": true}),
        _ => json!({"user_name": name, "stage": stage}),
    };
    Mend::write("rotate_access_key", arguments, "the plan says when the key was used last, and what comes next")
}

fn dates(unused: &Unused<'_>) -> [Fact; 2] {
    [Fact::at("last used", unused.last_used), Fact::at("made", unused.made)]
}
