//! The caller that an identity of STS's is.

use std::collections::BTreeMap;

use super::answer::Identity;
use super::reasons::{self, Reason};
use super::request::Checked;
use crate::arn::Arn;
use crate::authn::caller::{LONGEST_NAME, is_of_names};
use crate::authn::{Caller, CallerKind};
use crate::config::CallerIdentityProofs;

/// Who signed a proof.
///
/// What STS says is held against itself and against the request: the same account everywhere, the partition of the STS that
/// was asked, the kind of key that such a principal signs with.
pub(super) fn of(identity: Identity, checked: &Checked, accepted: &CallerIdentityProofs) -> Result<Caller, Reason> {
    let arn: Arn = identity.arn.parse().map_err(|_| reasons::PRINCIPAL)?;
    let is_of_account = arn.account() == identity.account.as_str();
    if !is_of_account || !arn.region().is_empty() || !checked.target.partitions.contains(&arn.partition()) {
        return Err(reasons::ANSWER_UNEXPECTED);
    }
    if !accepted.accounts.contains(&identity.account) {
        return Err(reasons::ACCOUNT);
    }
    let name = arn.resource();
    let session = match (arn.service(), name.split('/').collect::<Vec<_>>().as_slice()) {
        ("iam", ["root"]) => return Err(reasons::ROOT),
        ("sts", ["federated-user", ..]) => return Err(reasons::FEDERATED_USER),
        ("sts", ["assumed-role", role, session]) if !role.is_empty() && !session.is_empty() => Some((*role, *session)),
        ("iam", ["user", .., own]) if !own.is_empty() => None,
        _ => return Err(reasons::PRINCIPAL),
    };
    if name.len() > LONGEST_NAME || !name.bytes().all(is_of_names) {
        return Err(reasons::NAME);
    }
    if session.is_some() && !checked.is_of_a_session() {
        return Err(reasons::KEY_KIND);
    }
    if !is_id_of(&identity.user_id, session.map(|(_, session)| session)) {
        return Err(reasons::ANSWER_UNEXPECTED);
    }
    let person = session
        .filter(|(role, _)| accepted.enforces_session_of(identity.account, role))
        .map(|(_, session)| session.to_owned());
    Ok(Caller {
        kind: CallerKind::CallerIdentity,
        name: name.to_owned(),
        person,
        account: Some(identity.account),
        issuer: None,
        subject: Some(identity.user_id),
        tags: BTreeMap::new(),
    })
}

/// Whether `user_id` is the unique id of a user, or of a role followed by this session's name
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable>).
fn is_id_of(user_id: &str, session: Option<&str>) -> bool {
    let (id, own_session) = user_id.split_once(':').map_or((user_id, None), |(id, session)| (id, Some(session)));
    own_session == session
        && (16..=128).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
