//! Cleaning up users that nobody used for 90 days.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Job, dry_run, names, read, written};
use crate::support::waiting::now;

const DAYS: i64 = 90;

fn date(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(|date| date.parse().ok())
}

/// Whether nobody used this user, as get_user shows it, for that long.
fn is_inactive(user: &Value) -> bool {
    let limit = now() - SignedDuration::from_hours(24 * DAYS);
    let keys = user["AccessKeys"].as_array().expect("a list").iter();
    let uses = keys.map(|key| date(&key["LastUsed"]["Date"])).chain([date(&user["PasswordLastUsed"])]);
    // Who is younger than that was not there to be used.
    uses.chain([date(&user["CreateDate"])]).flatten().all(|used| used < limit)
}

#[test]
fn users_that_nobody_used_are_found_turned_off_and_deleted_one_by_one() {
    let mut job = Job::begin();
    job.call("whoami", json!({}));
    let answer = job.call("find_inactive_identities", json!({"days": DAYS, "kinds": ["user"]}));
    assert_eq!(answer["Total"], answer["Count"]);
    let mut listed = names(&answer["Inactive"], "Name");
    listed.sort();
    let mut inactive = Vec::new();
    for user in &listed {
        let user = job.call("get_user", json!({"user_name": user}))["User"].clone();
        assert!(is_inactive(&user), "{user}");
        // Machines are looked at on another day.
        if user["Path"].as_str().is_some_and(|path| path.starts_with("/people/")) {
            inactive.push(user);
        }
    }
    let listed = names(&Value::from(inactive.clone()), "UserName");
    let found: Vec<&str> = inactive.iter().filter_map(|user| user["UserName"].as_str()).collect();
    assert_eq!(found, ["quentin.dubois", "rosa.delgado", "sven.eriksson", "tomas.novak", "uma.reddy"]);
    let looked = job.calls.len();

    // Turning off comes first, as it can be undone.
    let rosa = inactive.iter().find(|user| user["UserName"] == "rosa.delgado").expect("she was found");
    let key = &rosa["AccessKeys"][0];
    assert_eq!(key["Status"], "Active");
    let off = json!({"user_name": "rosa.delgado", "access_key_id": key["AccessKeyId"], "status": "Inactive"});
    let plan = job.planned("update_access_key", off.clone());
    job.confirmed("update_access_key", off, &plan);
    assert_eq!(job.account().state("/people/")["users"]["rosa.delgado"]["keys"], json!(["Inactive"]));

    // These two were named; one at a time, and what hangs on them is shown first.
    for (user, lost) in [("rosa.delgado", 8), ("tomas.novak", 3)] {
        let delete = json!({"user_name": user, "force": true, "reason": "left the company"});
        let plan = job.planned("delete_user", delete.clone());
        let calls = names(&plan["calls"], "action");
        assert!(calls.len() >= lost && calls.last().is_some_and(|last| last == "iam:DeleteUser"), "{plan}");
        assert!(plan["lost"].is_object(), "{plan}");
        job.confirmed("delete_user", delete, &plan);
        assert_eq!(job.refused("get_user", json!({"user_name": user})), "NoSuchEntity");
    }

    let left = job.account().state("/people/");
    for user in &listed {
        let is_gone = ["rosa.delgado", "tomas.novak"].contains(&user.as_str());
        assert_eq!(left["users"].get(user).is_none(), is_gone, "{user}");
    }
    let deleted = [dry_run("delete_user"), dry_run("delete_user"), written("delete_user"), read("get_user")];
    let turned_off = [dry_run("update_access_key"), dry_run("update_access_key"), written("update_access_key")];
    let expected = [&turned_off[..], &deleted, &deleted].concat();
    let recorded = job.recorded();
    assert_eq!(recorded[looked..], expected);
    assert!(recorded[..looked].iter().all(|(_, stages)| stages == &["read"]), "looking changes nothing");
    let trail = job.gateway.sandbox();
    assert_eq!((trail.trail_of("DeleteUser").len(), trail.trail_of("DeleteAccessKey").len()), (2, 3));
    let before: Vec<&Value> = inactive.iter().filter(|user| user["UserName"] == "rosa.delgado").collect();
    let intents = job.gateway.records("intent");
    let record = intents.iter().find(|record| {
        record.to_string().contains("rosa.delgado") && record["additionalEventData"]["tool"] == "delete_user"
    });
    let record = record.expect("the deletion was recorded before it was made").to_string();
    for group in names(&before[0]["Groups"], "GroupName") {
        assert!(record.contains(&group), "what was lost can be put back: {group}");
    }
}
