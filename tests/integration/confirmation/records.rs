//! All three steps of an approval stand in the audit trail, and no token does.

use serde_json::{Value, json};

use super::{approved, confirm, create, decide, planned, second_person};
use crate::support::gateway::{ACCOUNT, NAME};
use crate::support::waiting::eventually;

#[test]
fn asking_approving_and_using_are_recorded_under_one_number_and_without_tokens() {
    let mut gateway = second_person().start();
    create(&gateway, "leaver");
    let plan_token = planned(&gateway, "planner", "leaver");
    decide(&gateway, "approver", &plan_token, "show");
    let token = approved(&gateway, &plan_token);
    let done = confirm(&gateway, "planner", "leaver", &token);
    done.done();
    assert_eq!(decide(&gateway, "planner", &plan_token, "approve").code(), "MayNotApprove");
    let denied = eventually("the refusal is recorded", || {
        gateway.records("denied").into_iter().find(|record| record["eventName"] == "ApprovePlan")
    });
    let asked = gateway.records("dry-run").pop().expect("it was asked");
    let shown = gateway.records("read").into_iter().find(|record| record["eventName"] == "ShowPlan");
    let shown = shown.expect("it was shown");
    let approvals = gateway.records("approval");
    let approval = &approvals[0];
    let intent = gateway.records_of(&done.id).remove(0);

    let data = |record: &Value| record["additionalEventData"].clone();
    assert_eq!(
        (approvals.len(), &approval["eventName"], &approval["readOnly"]),
        (1, &json!("ApprovePlan"), &json!(true))
    );
    assert_eq!((&approval["recipientAccountId"], &approval["eventSource"]), (&json!(ACCOUNT), &json!(NAME)));
    let number = data(&asked)["confirmationID"].clone();
    assert!(number.is_string());
    for record in [&asked, &shown, approval, &intent] {
        assert_eq!(
            (&data(record)["confirmationID"], &data(record)["planSha256"]),
            (&number, &data(&asked)["planSha256"])
        );
        assert_eq!(data(record)["confirmationWanted"], "second-person");
    }
    for (record, how) in [(&asked, "asked"), (&shown, "asked"), (approval, "approved"), (&intent, "second-person")] {
        assert_eq!(data(record)["confirmation"], how);
    }
    let approver = json!({"kind": "keyring", "name": "approver", "person": "approver@example.com"});
    assert_eq!((&data(approval)["approver"], &data(&intent)["approver"]), (&approver, &approver));
    assert_eq!(data(approval)["caller"], approver);
    assert_eq!(data(approval)["requestedBy"]["person"], "planner@example.com");
    assert_eq!(data(approval)["plannedByRequestID"], asked["requestID"]);
    assert_eq!(data(approval)["question"]["object"], format!("arn:aws:iam::{ACCOUNT}:user/people/leaver"));
    assert_eq!((&denied["errorCode"], &data(&denied)["decision"]["effect"]), (&json!("MayNotApprove"), &json!("deny")));

    let said = gateway.log();
    gateway.stop();
    let journal = gateway.journal_lines().join("\n");
    for secret in [&plan_token, &token] {
        let secret = secret.as_str().expect("a token is text");
        assert!(!journal.contains(secret) && !said.contains(secret), "a token was kept");
    }
    assert!(journal.contains("[token]"), "that there was one is kept");
}
