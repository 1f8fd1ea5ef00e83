//! The account of a trial: what the tool's call needs, as `tests/tools/account.json` has it.

use serde_json::{Value, json};

use super::marked::marked;
use super::rows::{Trial, steps};
use crate::aws_calls::{Account, Saved, with_folded_names};

const SSH_KEY: &str = include_str!("../../../src/sandbox/iam/ssh_keys/testdata/rsa-2048.pub");
const CERTIFICATE: &str = include_str!("../../../src/sandbox/iam/certificates/testdata/1.pem");

/// Which of AWS an account is prepared in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Sandbox,
    /// Which has no service-specific credentials.
    Moto,
}

/// What was prepared for one trial.
pub(crate) struct Place {
    pub(crate) mark: String,
    saved: Saved,
}

impl Place {
    /// Nothing yet; `mark` is on every name of it.
    pub(crate) fn empty(mark: &str) -> Self {
        let mut saved = Saved::default();
        saved.remember("ssh key", SSH_KEY);
        saved.remember("certificate", &certificate(mark));
        Self { mark: mark.to_owned(), saved }
    }

    /// Everything that the trial's call needs.
    pub(super) fn of(trial: &Trial, mark: &str, account: &Account, at: At) -> Self {
        let mut place = Self::empty(mark);
        for part in &trial.row.account {
            place.add(part, account, at);
        }
        // What moto cannot do it need not be prepared for.
        if at == At::Sandbox || trial.row.moto.is_none() {
            place.arrange(&trial.row.before, account);
        }
        place
    }

    /// Everything that tools read.
    pub(crate) fn to_read(mark: &str, account: &Account, at: At) -> Self {
        let mut place = Self::empty(mark);
        for part in ["policies", "users", "groups", "roles", "credentials", "service credentials"] {
            place.add(part, account, at);
        }
        place
    }

    fn add(&mut self, part: &str, account: &Account, at: At) {
        if at == At::Sandbox || part != "service credentials" {
            self.arrange(&steps(part), account);
        }
    }

    /// Makes these calls, which have to go well.
    pub(crate) fn arrange(&mut self, steps: &[Value], account: &Account) {
        for step in steps {
            if let Err(error) = account.call(&marked(step, &self.mark), &mut self.saved) {
                unreachable!("the account of {} cannot be prepared: {error}", self.mark);
            }
        }
    }

    /// The trial's arguments, as they are here.
    pub(super) fn arguments(&self, trial: &Trial) -> Value {
        let mut arguments = self.filled(&trial.arguments);
        // Keys get their ids from IAM, so calls.json can only have an example's.
        for name in
            ["access_key_id", "old_access_key_id"].into_iter().filter(|name| trial.arguments.get(name).is_some())
        {
            arguments[name] = self.filled(&json!({"$use": "key"}));
        }
        arguments
    }

    /// The value, as it is here.
    pub(crate) fn filled(&self, value: &Value) -> Value {
        self.saved.filled(&marked(value, &self.mark)).expect("what is used was remembered")
    }

    /// What differs from the row: in the result of the call, and in the account afterwards.
    pub(super) fn differences(&mut self, trial: &Trial, content: &Value, account: &Account) -> Vec<String> {
        let expected = marked(&json!({ "$includes": trial.row.result }), &self.mark);
        let content = with_folded_names(content);
        let result = self.saved.compare(&expected, &content, "the result").err();
        let looks = trial.row.after.iter();
        let state = looks.filter_map(|step| account.call(&marked(step, &self.mark), &mut self.saved).err());
        result.into_iter().chain(state).collect()
    }
}

/// A certificate that no other user has: with other bytes in its signature, which IAM does not check.
fn certificate(mark: &str) -> String {
    let end = CERTIFICATE.find("\n-----END").expect("it is PEM");
    let line = CERTIFICATE[..end].rfind('\n').expect("it has several lines") + 1;
    format!("{}{mark:A<8}{}", &CERTIFICATE[..line], &CERTIFICATE[line + 8..])
}
