//! What is in an account of a stand-in for AWS, told and arranged by boto3 (`tests/python/account.py`).

use serde_json::{Value, json};

use super::clients::Keys;
use super::program::Program;

/// An account at a stand-in for AWS, and somebody who may do everything there.
pub(crate) struct Account {
    url: String,
    keys: Keys,
    program: Program,
}

impl Account {
    /// The account that is at `url`, as who has these keys.
    pub(crate) fn of(url: &str, keys: &Keys) -> Self {
        Self { url: url.to_owned(), keys: keys.clone(), program: Program::python("account.py", &[], &[]) }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The keys that it is asked with.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Calls an operation of IAM, by boto3's name; what it answers, or `{"error": code}`.
    pub(crate) fn call(&mut self, operation: &str, parameters: Value) -> Value {
        let mut command = json!({"do": "call", "operation": operation});
        command["parameters"] = parameters;
        self.obeyed(command)
    }

    /// The same, which must go well.
    pub(crate) fn done(&mut self, operation: &str, parameters: Value) -> Value {
        let answer = self.call(operation, parameters);
        assert!(answer.get("error").is_none(), "{operation}: {answer}");
        answer
    }

    /// What is in it, without ids and dates; of what is below `path`, all.
    pub(crate) fn state(&mut self, path: &str) -> Value {
        self.obeyed(json!({"do": "state", "path": path}))
    }

    fn obeyed(&mut self, mut command: Value) -> Value {
        command["url"] = self.url.as_str().into();
        command["access_key_id"] = self.keys.access_key_id.as_str().into();
        command["secret_access_key"] = self.keys.secret_access_key.as_str().into();
        command["session_token"] = self.keys.session_token.as_deref().into();
        self.program.say(&command);
        self.program.hear()
    }
}
