//! A user's access keys.

pub mod create;
pub mod delete;
pub mod keys;
pub mod last_used;
pub mod list;
pub mod new_secret;
pub mod rotate;
pub mod rotation;
pub mod update;

use super::KeptOfResult;
use super::parameter::{ACCESS_KEY_ID, Kept, Kind, Parameter};
use crate::iam::{Action, DeclaredCall, reads};
use crate::tools::holder::USER;
use crate::tools::holder::permissions::OF_USERS;

/// The parameter that names an access key.
pub const KEY_PARAMETER: Parameter = Parameter {
    name: "access_key_id",
    description: "the access key's id, which begins with AKIA",
    kind: Kind::Text(&ACCESS_KEY_ID),
    required: true,
    kept: Kept::AsGiven,
};

/// What a record keeps of these tools' results: of a new key everything but its secret.
const KEPT: KeptOfResult = KeptOfResult {
    result: &[
        "AccessKey/UserName",
        "AccessKey/AccessKeyId",
        "AccessKey/Status",
        "AccessKey/CreateDate",
        "Deleted/UserName",
        "Deleted/AccessKeyId",
    ],
    lost: KeptOfResult::ALL_LOST.lost,
};

/// What is read of a user and its keys.
const OF_KEYS: &[Action] = &[reads::GET_USER, reads::LIST_ACCESS_KEYS, reads::GET_ACCESS_KEY_LAST_USED];

/// The same, and everything that the user may do: what a key that starts to work gives to who has it.
const OF_KEYS_AND_PERMISSIONS: &[Action] =
    &reads::joined::<12>(&[OF_USERS, &[reads::LIST_ACCESS_KEYS, reads::GET_ACCESS_KEY_LAST_USED]]);

/// `action` on a key of the user; the one of this id, or whichever the plan finds.
fn on_key(action: Action, user: &str, id: Option<&str>) -> DeclaredCall {
    let call = USER.on(action, user);
    match id {
        Some(id) => call.with("AccessKeyId", id),
        None => call.with_found("AccessKeyId"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::authorize::Judged;
    use crate::tools::testing::declared;
    use crate::tools::{Effect, Spec};

    #[test]
    fn what_a_call_does_depends_on_its_arguments_and_is_among_what_the_tool_says() {
        let key = "AKIAIOSFODNN7EXAMPLE";
        for (tool, arguments, effect) in [
            ("update_access_key", json!({"user_name": "bob", "access_key_id": key, "status": "Active"}), Effect::Grant),
            (
                "update_access_key",
                json!({"user_name": "bob", "access_key_id": key, "status": "Inactive"}),
                Effect::Destructive,
            ),
            ("rotate_access_key", json!({"user_name": "bob", "stage": "create"}), Effect::Grant),
            ("rotate_access_key", json!({"user_name": "bob", "stage": "deactivate"}), Effect::Destructive),
            ("rotate_access_key", json!({"user_name": "bob", "stage": "delete"}), Effect::Destructive),
        ] {
            let call = declared("alice", tool, &arguments).unwrap();
            let spec: &Spec = call.spec();
            assert_eq!(call.effect(), effect, "{tool} {arguments}");
            assert!(spec.can_be(effect), "{tool} {arguments}");
        }
    }

    #[test]
    fn a_word_that_a_call_must_say_is_not_guessed() {
        for (tool, arguments) in [
            ("rotate_access_key", json!({"user_name": "bob"})),
            ("rotate_access_key", json!({"user_name": "bob", "stage": "DELETE"})),
            ("update_access_key", json!({"user_name": "bob", "access_key_id": "AKIAIOSFODNN7EXAMPLE"})),
        ] {
            assert_eq!(declared("alice", tool, &arguments).unwrap_err().code, "ValidationError");
        }
    }

    #[test]
    fn a_secret_that_is_mistaken_for_an_id_is_refused() {
        let secret = json!({"access_key_id": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab"});
        assert_eq!(declared("alice", "get_access_key_last_used", &secret).unwrap_err().code, "ValidationError");
    }
}
