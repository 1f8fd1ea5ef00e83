//! A person with ordinary AWS credentials, and gateways that take a proof of who that is.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::clients::Keys;
use super::command::{Ran, run_with};
use super::gateway::{ACCOUNT, NAME};
use super::prepared::Prepared;
use super::sealing::SealingKeys;

/// A home with the profile `person`.
pub(crate) struct Home(TempDir);

impl Home {
    /// One whose profile has these keys.
    pub(crate) fn of(keys: &Keys) -> Self {
        let home = Self(tempfile::tempdir().expect("a temporary directory can be made"));
        fs::create_dir(home.path(".aws")).expect("the folder is ours");
        let token =
            keys.session_token.as_ref().map(|token| format!("aws_session_token = {token}\n")).unwrap_or_default();
        let profile = format!(
            "[profile person]\naws_access_key_id = {}\naws_secret_access_key = {}\n{token}",
            keys.access_key_id, keys.secret_access_key
        );
        fs::write(home.config(), profile).expect("the folder is ours");
        home
    }

    /// A file of it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The folder itself, as a variable.
    pub(crate) fn folder(&self) -> &str {
        self.0.path().to_str().expect("temporary folders have plain names")
    }

    /// The file of its profiles.
    pub(crate) fn config(&self) -> PathBuf {
        self.path(".aws/config")
    }

    /// Runs the real binary there.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[], "")
    }

    /// The same with more variables, and with this standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Ran {
        let own = [("HOME", self.folder()), ("PATH", "/usr/bin:/bin")];
        run_with(arguments, &[&own[..], variables].concat(), input)
    }

    /// Fresh credentials of the gateway at `url`, which calls itself `name`, for a proof of who the person is to this STS.
    pub(crate) fn credentials(&self, url: &str, name: &str, sts: &str) -> Keys {
        let proving = ["--profile", "person", "--audience", name, "--sts-endpoint", sts, "--no-cache"];
        let given = self.run(&[&["credentials", "--url", url][..], &proving].concat());
        assert_eq!(given.code, 0, "{}", given.stderr);
        let given = given.json();
        let text = |name: &str| given[name].as_str().expect("credentials have it").to_owned();
        Keys {
            access_key_id: text("AccessKeyId"),
            secret_access_key: text("SecretAccessKey"),
            session_token: Some(text("SessionToken")),
        }
    }
}

/// The options of a command that proves who `person` is to a [`TestGateway`](super::gateway::TestGateway) with this STS.
pub(crate) fn proving(sts: &str) -> [&str; 6] {
    ["--profile", "person", "--audience", NAME, "--sts-endpoint", sts]
}

/// Callers of the account, of this kind and with these names.
pub(crate) fn of_account(kind: &str, pattern: &str) -> String {
    format!("{{ kind = \"{kind}\", account = \"{ACCOUNT}\", pattern = \"{pattern}\" }}")
}

impl Prepared {
    /// One that takes GetCallerIdentity proofs of the account's principals, and seals with the first of these keys.
    pub(crate) fn taking_identities(self, keys: &SealingKeys, bytes: &[u8]) -> Self {
        self.sealing(keys, bytes).set("exchange.caller_identity", &format!("{{ accounts = [\"{ACCOUNT}\"] }}"))
    }
}
