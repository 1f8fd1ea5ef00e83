use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use futures_util::FutureExt;
use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::config::{
    FetchedSecrets, Sealing, SealingKey, SealingKeyEntry, SealingKeyPlace, SealingState, read_sealing_keys,
};
use crate::random::SystemRandom;
use crate::sealing::Keyset;
use crate::shared_state::Memory;

const LIFETIMES: Lifetimes = Lifetimes { confirmation: Duration::from_secs(300), approval: Duration::from_secs(3600) };

fn at_noon() -> Arc<ManualClock> {
    ManualClock::at("2026-11-20T12:00:00Z".parse().unwrap())
}

fn started(clock: &Arc<ManualClock>, gateway: &str, keys: &[SealingKey]) -> Confirmer {
    over(memory(clock), None, clock, gateway, keys)
}

fn memory(clock: &Arc<ManualClock>) -> Memory {
    Memory::new(|_| CAPACITIES, Arc::clone(clock) as SharedClock)
}

fn over(
    state: impl SharedState + 'static,
    none_before: Option<Timestamp>,
    clock: &Arc<ManualClock>,
    gateway: &str,
    keys: &[SealingKey],
) -> Confirmer {
    let random: SharedRandom = Arc::new(SystemRandom);
    let seals = Keyset::shared(gateway, keys, &random);
    Confirmer::new(seals, LIFETIMES, Arc::new(state), none_before, Arc::clone(clock) as SharedClock, random)
}

/// What a process's own memory answers.
fn answered<T>(answer: impl Future<Output = T>) -> T {
    answer.now_or_never().expect("a process's own memory answers at once")
}

fn open_plan(confirmer: &Confirmer, token: &str) -> Result<WaitingPlan, ToolError> {
    answered(confirmer.open_plan(token))
}

fn accept(confirmer: &Confirmer, kind: Kind, token: &str, user: &str, caller: &Caller) -> Result<String, ToolError> {
    answered(confirmer.accept(kind, token, &binding(user), caller))
}

fn confirmer() -> (Confirmer, Arc<ManualClock>) {
    let clock = at_noon();
    (started(&clock, "gateway", &[]), clock)
}

/// The keys that several replicas have.
fn shared_keys() -> Vec<SealingKey> {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, data_encoding::BASE64.encode(&[7; 32])).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let keys =
        vec![SealingKeyEntry { id: "2026-11".into(), place: SealingKeyPlace::File(file), state: SealingState::Seal }];
    read_sealing_keys(&Sealing { keys, ..Sealing::default() }, &FetchedSecrets::new()).unwrap()
}

fn binding(user: &str) -> Binding {
    Binding::of(&json!({"caller": "alice", "tool": "delete_user", "arguments": {"user_name": user}}))
}

fn caller(name: &str, person: Option<&str>) -> Caller {
    Caller::keyring(name, person.map(Into::into))
}

fn alice() -> Caller {
    caller("alice", Some("alice@example.com"))
}

fn bob() -> Approver {
    Approver { caller: caller("bob", Some("bob@example.com")), access_key_id: "IMGKBOBBOBBOBBOBBOBB".into() }
}

fn plan() -> PlanToApprove {
    let question = json!({
        "tool": "delete_user", "environment": "dev", "account": "123456789012",
        "object": "arn:aws:iam::123456789012:user/bob", "steps": [],
    });
    PlanToApprove {
        question: serde_json::from_value(question).unwrap(),
        caller: alice(),
        mapping: "dev/keyring:alice".into(),
        role: "arn:aws:iam::123456789012:role/mcp".into(),
        reason: Some("left the company".into()),
        because: None,
        request_id: "r-1".into(),
    }
}

fn approved(confirmer: &Confirmer, user: &str) -> String {
    let waiting = open_plan(confirmer, &confirmer.issue_plan(binding(user), plan()).unwrap().token).unwrap();
    confirmer.approve(&waiting, bob()).token
}

fn code<T>(result: Result<T, ToolError>) -> String {
    result.map_or_else(|error| error.code, |_| "accepted".to_owned())
}

fn by_model(confirmer: &Confirmer, token: &str, user: &str) -> String {
    code(accept(confirmer, Kind::Model, token, user, &alice()))
}

fn by_approval(confirmer: &Confirmer, token: &str, user: &str) -> String {
    code(answered(confirmer.accept_approval(token, &binding(user), &alice(), |_| Ok(()))))
}

/// Every token that differs from this one in a bit of one byte, and every beginning of it.
fn altered(token: &str) -> impl Iterator<Item = String> {
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
    let length = bytes.len();
    (0..length * 2).map(move |place| {
        let mut forged = bytes.clone();
        match forged.get_mut(place) {
            Some(byte) => *byte ^= 1,
            None => forged.truncate(place - length),
        }
        BASE64URL_NOPAD.encode(&forged)
    })
}

#[test]
fn a_token_is_accepted_once() {
    let (confirmer, _) = confirmer();
    for kind in [Kind::Model, Kind::Client] {
        let issued = confirmer.issue(kind, binding("bob"));
        assert_eq!(accept(&confirmer, kind, &issued.token, "bob", &alice()), Ok(issued.id));
        assert_eq!(code(accept(&confirmer, kind, &issued.token, "bob", &alice())), "ConfirmationUsed");
    }
    let approval = approved(&confirmer, "bob");
    assert_eq!(by_approval(&confirmer, &approval, "bob"), "accepted");
    assert_eq!(by_approval(&confirmer, &approval, "bob"), "ConfirmationUsed");
}

#[test]
fn a_token_for_another_plan_is_refused_and_not_used_up() {
    let (confirmer, _) = confirmer();
    let token = confirmer.issue(Kind::Model, binding("bob")).token;
    assert_eq!(by_model(&confirmer, &token, "eve"), "ConfirmationMismatch");
    assert_eq!(by_model(&confirmer, &token, "bob"), "accepted");
    let approval = approved(&confirmer, "bob");
    assert_eq!(by_approval(&confirmer, &approval, "eve"), "ConfirmationMismatch");
    assert_eq!(by_approval(&confirmer, &approval, "bob"), "accepted");
}

#[test]
fn tokens_expire_each_after_its_own_time() {
    let (confirmer, clock) = confirmer();
    let issued = confirmer.issue(Kind::Model, binding("bob"));
    let waiting = confirmer.issue_plan(binding("bob"), plan()).unwrap();
    assert_eq!(issued.expires, clock.now() + SignedDuration::from_secs(300));
    clock.advance(SignedDuration::from_secs(300));
    assert_eq!(by_model(&confirmer, &issued.token, "bob"), "ConfirmationExpired");
    clock.advance(SignedDuration::from_secs(3299));
    let opened = open_plan(&confirmer, &waiting.token).unwrap();
    let approval = confirmer.approve(&opened, bob());
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(code(open_plan(&confirmer, &waiting.token)), "ConfirmationExpired");
    clock.advance(SignedDuration::from_secs(3599));
    assert_eq!(by_approval(&confirmer, &approval.token, "bob"), "ConfirmationExpired");
}

#[test]
fn any_changed_byte_makes_it_invalid() {
    let (confirmer, _) = confirmer();
    for token in altered(&confirmer.issue(Kind::Model, binding("bob")).token) {
        assert_eq!(by_model(&confirmer, &token, "bob"), "ConfirmationInvalid");
    }
    for token in altered(&approved(&confirmer, "bob")) {
        assert_eq!(by_approval(&confirmer, &token, "bob"), "ApprovalInvalid");
    }
    for token in altered(&confirmer.issue_plan(binding("bob"), plan()).unwrap().token) {
        assert_eq!(code(open_plan(&confirmer, &token)), "ApprovalInvalid");
    }
}

#[test]
fn no_kind_of_token_stands_for_another() {
    let (confirmer, _) = confirmer();
    let model = confirmer.issue(Kind::Model, binding("bob")).token;
    let client = confirmer.issue(Kind::Client, binding("bob")).token;
    let waiting = confirmer.issue_plan(binding("bob"), plan()).unwrap().token;
    let approval = approved(&confirmer, "bob");
    for other in [&model, &client, &waiting, "bm9uc2Vuc2U", ""] {
        assert_eq!(by_approval(&confirmer, other, "bob"), "ApprovalInvalid");
    }
    for other in [&client, &waiting, &approval] {
        assert_eq!(by_model(&confirmer, other, "bob"), "ConfirmationInvalid");
    }
    for other in [&model, &waiting, &approval] {
        assert_eq!(code(accept(&confirmer, Kind::Client, other, "bob", &alice())), "ConfirmationInvalid");
    }
    for other in [&model, &client, &approval] {
        assert_eq!(code(open_plan(&confirmer, other)), "ApprovalInvalid");
    }
    // Written over, the kind is authenticated like the rest.
    let mut bytes = BASE64URL_NOPAD.decode(model.as_bytes()).unwrap();
    bytes[1] = 4;
    assert_eq!(by_approval(&confirmer, &BASE64URL_NOPAD.encode(&bytes), "bob"), "ApprovalInvalid");
}

#[test]
fn a_plan_is_done_once_however_often_it_was_approved() {
    let (confirmer, clock) = confirmer();
    let token = confirmer.issue_plan(binding("bob"), plan()).unwrap().token;
    let waiting = open_plan(&confirmer, &token).unwrap();
    let first = confirmer.approve(&waiting, bob()).token;
    clock.advance(SignedDuration::from_secs(3599));
    let last = confirmer.approve(&waiting, bob()).token;
    clock.advance(SignedDuration::from_secs(-3599));
    assert_eq!(by_approval(&confirmer, &first, "bob"), "accepted");
    assert_eq!(code(open_plan(&confirmer, &token)), "ConfirmationUsed");
    // The use is remembered until the last approval that the plan could be given has expired.
    clock.advance(SignedDuration::from_secs(7198));
    assert_eq!(by_approval(&confirmer, &last, "bob"), "ConfirmationUsed");
}

#[test]
fn a_rejected_plan_is_not_done() {
    let (confirmer, _) = confirmer();
    let token = confirmer.issue_plan(binding("bob"), plan()).unwrap().token;
    let waiting = open_plan(&confirmer, &token).unwrap();
    let before = confirmer.approve(&waiting, bob()).token;
    answered(confirmer.reject(&waiting)).unwrap();
    assert_eq!(code(open_plan(&confirmer, &token)), "ConfirmationUsed");
    assert_eq!(by_approval(&confirmer, &before, "bob"), "ConfirmationUsed");
}

#[test]
fn who_planned_approves_nothing_under_any_name() {
    let (confirmer, _) = confirmer();
    for approver in [alice(), caller("admin/alice", Some("Alice@example.com ")), caller("bob", None)] {
        let token = confirmer.issue_plan(binding("bob"), plan()).unwrap().token;
        let waiting = open_plan(&confirmer, &token).unwrap();
        // As if the endpoint had let it pass.
        let approval = confirmer.approve(&waiting, Approver { caller: approver.clone(), ..bob() }).token;
        assert_eq!(by_approval(&confirmer, &approval, "bob"), "ApproverIsCaller", "{approver:?}");
    }
}

#[test]
fn an_approver_who_may_no_more_has_not_approved() {
    let (confirmer, _) = confirmer();
    let approval = approved(&confirmer, "bob");
    let refused = answered(confirmer.accept_approval(&approval, &binding("bob"), &alice(), |approver| {
        assert_eq!(*approver, bob(), "with the key it was given with");
        Err(refusals::approver_gone())
    }));
    assert_eq!(code(refused), "ApproverGone");
    let accepted = answered(confirmer.accept_approval(&approval, &binding("bob"), &alice(), |_| Ok(()))).unwrap();
    assert_eq!(accepted.approver, bob().caller, "and it was not used up");
}

#[test]
fn the_same_number_names_a_plan_its_approval_and_its_use() {
    let (confirmer, _) = confirmer();
    let issued = confirmer.issue_plan(binding("bob"), plan()).unwrap();
    let waiting = open_plan(&confirmer, &issued.token).unwrap();
    assert_eq!((&waiting.id, &waiting.plan), (&issued.id, &plan()));
    let approval = confirmer.approve(&waiting, bob());
    let accepted = answered(confirmer.accept_approval(&approval.token, &binding("bob"), &alice(), |_| Ok(()))).unwrap();
    assert_eq!((&approval.id, &accepted.id), (&issued.id, &issued.id));
}

#[test]
fn a_process_without_keys_accepts_its_own_tokens_alone() {
    let (first, clock) = confirmer();
    clock.advance(SignedDuration::from_secs(1));
    let second = started(&clock, "gateway", &[]);
    let token = first.issue(Kind::Model, binding("bob")).token;
    assert_eq!(by_model(&second, &token, "bob"), "ConfirmationInvalid");
    assert_eq!(by_approval(&second, &approved(&first, "bob"), "bob"), "ApprovalInvalid");
}

#[test]
fn with_keys_any_replica_accepts_what_another_issued_each_once() {
    let (keys, clock) = (shared_keys(), at_noon());
    let first = started(&clock, "gateway", &keys);
    let token = first.issue(Kind::Model, binding("bob")).token;
    let waiting = first.issue_plan(binding("bob"), plan()).unwrap().token;
    // A replica that starts later, as in a rollout.
    clock.advance(SignedDuration::from_secs(1));
    let second = started(&clock, "gateway", &keys);
    let approval = second.approve(&open_plan(&second, &waiting).unwrap(), bob()).token;
    for replica in [&second, &first] {
        assert_eq!(by_model(replica, &token, "bob"), "accepted");
        assert_eq!(by_model(replica, &token, "bob"), "ConfirmationUsed");
        assert_eq!(by_approval(replica, &approval, "bob"), "accepted");
        assert_eq!(by_approval(replica, &approval, "bob"), "ConfirmationUsed");
    }
    // The same keys by mistake, and another gateway.
    let other = started(&clock, "other", &keys);
    assert_eq!(by_model(&other, &token, "bob"), "ConfirmationInvalid");
    assert_eq!(code(open_plan(&other, &waiting)), "ApprovalInvalid");
}

/// The use of a token of this id at this time, as the journal tells it.
fn earlier_use(id: &str, at: Timestamp) -> EarlierUse {
    EarlierUse { id: HEXLOWER.decode(id.as_bytes()).unwrap().try_into().unwrap(), at }
}

#[test]
fn what_an_earlier_process_let_be_used_is_not_used_again_after_a_restart() {
    let (keys, clock) = (shared_keys(), at_noon());
    let first = started(&clock, "gateway", &keys);
    let (used, unused) = (first.issue(Kind::Model, binding("bob")), first.issue(Kind::Model, binding("bob")));
    let plan_token = first.issue_plan(binding("bob"), plan()).unwrap().token;
    let waiting = open_plan(&first, &plan_token).unwrap();
    let approval = first.approve(&waiting, bob()).token;
    clock.advance(SignedDuration::from_secs(1));
    let uses = vec![earlier_use(&used.id, clock.now()), earlier_use(&waiting.id, clock.now())];
    let remembering = memory(&clock);
    remember(uses, &remembering, LIFETIMES);
    let second = over(remembering, None, &clock, "gateway", &keys);
    assert_eq!(by_model(&second, &used.token, "bob"), "ConfirmationUsed");
    assert_eq!(by_model(&second, &unused.token, "bob"), "accepted");
    assert_eq!(by_approval(&second, &approval, "bob"), "ConfirmationUsed");
    assert_eq!(code(open_plan(&second, &plan_token)), "ConfirmationUsed");
}

#[test]
fn where_the_earlier_uses_cannot_be_known_no_earlier_token_is_taken() {
    let (keys, clock) = (shared_keys(), at_noon());
    let first = started(&clock, "gateway", &keys);
    let (token, approval) = (first.issue(Kind::Model, binding("bob")).token, approved(&first, "bob"));
    clock.advance(SignedDuration::from_secs(1));
    let second = over(memory(&clock), Some(clock.now()), &clock, "gateway", &keys);
    assert_eq!(by_model(&second, &token, "bob"), "ConfirmationExpired");
    assert_eq!(by_approval(&second, &approval, "bob"), "ConfirmationExpired");
    let own = second.issue(Kind::Model, binding("bob")).token;
    assert_eq!(by_model(&second, &own, "bob"), "accepted");
}

#[test]
fn one_callers_refused_questions_leave_room_for_another() {
    let (confirmer, _) = confirmer();
    let mut last = String::new();
    for _ in 0..2_000 {
        let token = confirmer.issue(Kind::Client, binding("bob")).token;
        last = code(accept(&confirmer, Kind::Client, &token, "bob", &alice()));
    }
    assert_eq!(last, "ConfirmationsFull");
    let token = confirmer.issue(Kind::Model, binding("eve")).token;
    assert_eq!(code(accept(&confirmer, Kind::Model, &token, "eve", &bob().caller)), "accepted");
}

#[test]
fn of_two_uses_at_once_one_is_accepted() {
    let (confirmer, _) = confirmer();
    for _ in 0..20 {
        let approval = approved(&confirmer, "bob");
        let codes: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| by_approval(&confirmer, &approval, "bob"))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(codes.iter().filter(|code| *code == "accepted").count(), 1, "{codes:?}");
    }
}

#[test]
fn a_plan_that_no_record_could_hold_is_refused_however_well_it_packs() {
    let (confirmer, _) = confirmer();
    let mut large = plan();
    large.question.reaches = vec!["a".repeat(300); 2_000];
    assert_eq!(code(confirmer.issue_plan(binding("bob"), large)), "PlanTooLarge");
}

#[test]
fn a_plan_that_no_token_can_hold_is_refused() {
    let (confirmer, _) = confirmer();
    let mut large = plan();
    // Text that does not compress.
    let noise = |n: u32| HEXLOWER.encode(&Sha256::digest(n.to_be_bytes()));
    large.question.reaches = (0..1000).map(noise).collect();
    assert_eq!(code(confirmer.issue_plan(binding("bob"), large)), "PlanTooLarge");
    let mut wide = plan();
    wide.question.reaches = (0..200).map(|n| format!("arn:aws:iam::123456789012:user/people/u{n}")).collect();
    let issued = confirmer.issue_plan(binding("bob"), wide).unwrap();
    assert!(issued.token.len() < 4096, "{}", issued.token.len());
}

#[test]
fn a_token_does_not_show_what_it_holds() {
    let (confirmer, _) = confirmer();
    let hidden = serde_json::to_value(binding("bob")).unwrap();
    let hidden = hidden.as_str().unwrap().as_bytes();
    for token in [confirmer.issue(Kind::Model, binding("bob")).token, approved(&confirmer, "bob")] {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
        assert!(!bytes.windows(hidden.len()).any(|window| window == hidden));
        assert!(!bytes.windows(3).any(|window| window == b"bob"));
    }
}
