//! What a token says.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html>. Of the claims about
//! where a session comes from the sandbox knows few: it has no organization, no instances and no functions.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::request::Request;
use crate::random::uuid;
use crate::sandbox::account::Account;
use crate::sandbox::call::Call;
use crate::sandbox::context::{principal_arn, principal_tags};
use crate::sandbox::identity::Identity;
use crate::sandbox::xml::seconds;

/// What AWS's own claims stand under.
const NAMESPACE: &str = "https://sts.amazonaws.com/";

/// The claims of a token that `issuer` issues now.
pub(super) fn of(account: &Account, request: &Request<'_>, call: &Call<'_>, issuer: &str, ends: Timestamp) -> Value {
    let subject = principal_arn(call.identity);
    let audience = match request.audiences.as_slice() {
        [only] => json!(only),
        several => json!(several),
    };
    json!({
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "iat": call.now.as_second(),
        "exp": ends.as_second(),
        "jti": uuid(call.random),
        NAMESPACE: own(account, request, call, subject),
    })
}

fn own(account: &Account, request: &Request<'_>, call: &Call<'_>, subject: &str) -> Value {
    let mut own = json!({
        "aws_account": account.id.as_str(),
        "source_region": call.region,
        "principal_id": subject,
    });
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            own[name] = value;
        }
    };
    put("principal_tags", pairs(principal_tags(account, call.identity).iter()));
    put("request_tags", pairs(request.tags.iter().copied()));
    if let Identity::AssumedRole(session) = call.identity {
        put("source_identity", session.source_identity.as_deref().map(Into::into));
        put("identity_store_user_id", session.identity_store_user_id.as_deref().map(Into::into));
        put("original_session_exp", Some(seconds(session.expires).into()));
    }
    own
}

fn pairs<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Value> {
    let object: Map<String, Value> = tags.map(|(key, value)| (key.to_owned(), value.into())).collect();
    (!object.is_empty()).then_some(Value::Object(object))
}
