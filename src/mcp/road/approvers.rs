//! Who may approve, as configuration and keyring have it now.

use jiff::Timestamp;

use crate::authn::keyring::{Key, Keyring};
use crate::authn::{Caller, CallerKind};
use crate::authorize::map;
use crate::config::{Config, Presented};
use crate::mcp::confirm::{Approver, persons, refusals};
use crate::tools::ToolError;

/// Whether an approval still counts: its key is good, the same caller's, and this caller may approve.
///
/// # Errors
/// `ApproverGone` or `ApprovalInvalid`.
pub(super) fn still_may(
    config: &Config,
    keyring: &Keyring,
    environment: &str,
    approver: &Approver,
    now: Timestamp,
) -> Result<(), ToolError> {
    let key = keyring.lookup(&approver.access_key_id);
    let is_good =
        |key: &Key| is_good(key, environment, now) && **key.caller() == approver.caller && !is_revoked(config, key);
    if !key.is_some_and(|key| is_good(&key)) {
        return Err(refusals::approver_gone());
    }
    match may_approve(config, environment, &approver.caller) {
        true => Ok(()),
        false => Err(refusals::approval_invalid("whoever approved it may not approve any more")),
    }
}

/// Whether some key is another person's than the caller's who may approve in this environment.
pub(super) fn is_there_another(
    config: &Config,
    keyring: &Keyring,
    environment: &str,
    caller: &Caller,
    now: Timestamp,
) -> bool {
    keyring.keys().iter().any(|key| {
        is_good(key, environment, now)
            && !is_revoked(config, key)
            && persons::are_different(caller, key.caller())
            && may_approve(config, environment, key.caller())
    })
}

/// Whether the names of approvers and of this planner are of one list, so that two different names are two persons. Names in
/// the keyring are; an issuer calls people as it likes, so of its names this holds where the keyring knows the name too, or
/// where the configuration says so of all; but not of AWS's tokens, whose persons are Identity Center's ids.
pub(super) fn is_comparable(config: &Config, keyring: &Keyring, planner: &Caller) -> bool {
    planner.kind == CallerKind::Keyring
        || (config.exchange.persons_as_in_keyring && planner.kind != CallerKind::WebIdentity)
        || keyring.keys().iter().any(|key| persons::are_the_same(planner, key.caller()))
}

fn is_revoked(config: &Config, key: &Key) -> bool {
    let info = key.info();
    config.revoked.cover(&Presented {
        caller: key.caller(),
        tokens: [Some(info.access_key_id.as_str()), None],
        key: None,
        issued: info.created_at,
    })
}

fn is_good(key: &Key, environment: &str, now: Timestamp) -> bool {
    key.info().uses.approvals && key.info().is_good_for(environment, now)
}

fn may_approve(config: &Config, environment: &str, approver: &Caller) -> bool {
    map(config, Some(environment), approver).is_ok_and(|mapped| mapped.mapping.confirming.may_approve)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::authn::testing::{entry, keyring_json, noon};
    use crate::config::testing::{config as configured, minimal_with};
    use crate::mcp::confirm::Approver;

    fn config(rest: &str) -> Config {
        let bob = minimal_with("caller = \"alice\"", "caller = \"bob\"\nmay_approve = true");
        configured(&format!("{bob}{rest}"))
    }

    fn keyring() -> Keyring {
        let bob = entry(&json!({"caller": "bob", "person": "Bob@example.com"}));
        Keyring::from_json(&keyring_json(&[bob])).expect("a good keyring")
    }

    fn proven(person: &str) -> Caller {
        Caller {
            kind: CallerKind::Oidc,
            issuer: Some("idp".into()),
            ..Caller::keyring("people/alice", Some(person.into()))
        }
    }

    #[test]
    fn a_proven_planner_is_compared_with_approvers_where_both_have_names_of_one_list() {
        let (keyring, one_list) = (keyring(), config("[exchange]\npersons_as_in_keyring = true\n"));
        for (planner, is) in [
            (proven("bob@example.com "), true),
            (proven("u-4711"), false),
            (Caller { kind: CallerKind::CallerIdentity, ..proven("u-4711") }, false),
            (Caller { kind: CallerKind::WebIdentity, ..proven("u-4711") }, false),
            (Caller::keyring("alice", Some("alice@example.com".into())), true),
        ] {
            assert_eq!(is_comparable(&config(""), &keyring, &planner), is, "{planner:?}");
            let of_one_list = is || planner.kind != CallerKind::WebIdentity;
            assert_eq!(is_comparable(&one_list, &keyring, &planner), of_one_list, "{planner:?}");
        }
    }

    #[test]
    fn a_revoked_approver_has_not_approved_and_could_not() {
        let keyring = keyring();
        let key = &keyring.keys()[0];
        let approver = Approver { access_key_id: key.info().access_key_id.clone(), caller: (**key.caller()).clone() };
        let alice = Caller::keyring("alice", Some("alice@example.com".into()));
        let id = key.info().access_key_id.clone();
        for (revoked, may) in [
            (String::new(), true),
            ("[[revoked]]\ncaller = \"keyring:bob\"".to_owned(), false),
            ("[[revoked]]\nperson = \"bob@example.com\"".to_owned(), false),
            (format!("[[revoked]]\ntoken = \"{id}\""), false),
            ("[[revoked]]\ncaller = \"keyring:bobby\"".to_owned(), true),
        ] {
            let config = config(&revoked);
            let code = still_may(&config, &keyring, "dev", &approver, noon()).map_err(|error| error.code);
            assert_eq!(code, if may { Ok(()) } else { Err("ApproverGone".into()) }, "{revoked}");
            assert_eq!(is_there_another(&config, &keyring, "dev", &alice, noon()), may, "{revoked}");
        }
    }
}
