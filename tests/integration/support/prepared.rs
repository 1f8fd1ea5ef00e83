//! A gateway that is not started yet: its folder with a configuration and a keyring, its callers, and what stands in
//! for AWS.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::account::Account;
use super::clients::Keys;
use super::command::run;
use super::faulty::FaultyAws;
use super::gateway::{ACCOUNT, NAME, TestGateway};
use super::moto::Moto;
use super::recording_aws::RecordingAws;
use super::sandbox::RunningSandbox;

/// The key pair of each caller.
pub(super) type CallersKeys = BTreeMap<&'static str, Keys>;

/// What stands in for AWS.
pub(super) enum Aws {
    Moto(Moto),
    Sandbox(RunningSandbox),
    Faulty(FaultyAws),
    Recording(RecordingAws),
    /// Nothing listens there: for what must not need AWS.
    None,
}

impl Aws {
    pub(super) fn url(&self) -> String {
        match self {
            Self::Moto(moto) => moto.url().to_owned(),
            Self::Sandbox(sandbox) => sandbox.url().to_owned(),
            Self::Faulty(aws) => aws.url().to_owned(),
            Self::Recording(aws) => aws.url().to_owned(),
            // The discard port, where nothing listens.
            Self::None => "http://127.0.0.1:9".to_owned(),
        }
    }

    pub(super) fn faulty(&mut self) -> &mut FaultyAws {
        match self {
            Self::Faulty(aws) => aws,
            Self::Moto(_) | Self::Sandbox(_) | Self::Recording(_) | Self::None => {
                unreachable!("this gateway was not started with a faulty AWS")
            }
        }
    }

    pub(super) fn recording(&self) -> &RecordingAws {
        match self {
            Self::Recording(aws) => aws,
            Self::Moto(_) | Self::Sandbox(_) | Self::Faulty(_) | Self::None => {
                unreachable!("this gateway was not started with an AWS that records in this process")
            }
        }
    }

    pub(super) fn received(&self, action: &str) -> Vec<Value> {
        match self {
            Self::Moto(moto) => moto.recording().of(action),
            Self::Faulty(aws) => aws.recording().of(action),
            Self::Recording(_) => unreachable!("this stand-in is asked in its own words, see recording_aws"),
            Self::Sandbox(_) => unreachable!("the sandbox tells what it saw as AWS does, in its trail"),
            Self::None => unreachable!("this gateway cannot reach AWS"),
        }
    }

    pub(super) fn account(&self) -> Account {
        match self {
            Self::Moto(moto) => moto.root(),
            Self::Sandbox(sandbox) => sandbox.root(),
            Self::Faulty(_) | Self::Recording(_) | Self::None => unreachable!("there is no account at this stand-in"),
        }
    }

    pub(super) fn gateway_keys(&self) -> Keys {
        match self {
            Self::Moto(moto) => moto.gateway_keys(),
            Self::Sandbox(sandbox) => sandbox.gateway_keys(),
            Self::Faulty(_) | Self::Recording(_) | Self::None => Keys {
                access_key_id: "AKIATHEGATEWAYSOWN00".to_owned(),
                secret_access_key: "the-gateways-own-secret-for-tests".to_owned(),
                session_token: None,
            },
        }
    }
}

/// A gateway that is not started yet.
pub(crate) struct Prepared {
    pub(super) aws: Aws,
    callers: Vec<&'static str>,
    persons: BTreeMap<&'static str, Option<&'static str>>,
    mappings: String,
    settings: Vec<(String, String)>,
    files: Vec<(String, String)>,
    environment: String,
    /// The keys of another replica, which are this one's, too.
    keys_of_another: Option<CallersKeys>,
    pub(super) journal: Option<PathBuf>,
    pub(super) variables: Vec<(String, String)>,
    pub(super) options: Vec<&'static str>,
}

impl Prepared {
    pub(super) fn on(aws: Aws) -> Self {
        let reader = match aws {
            Aws::Sandbox(_) => "role/mcp-auditor",
            Aws::Moto(_) | Aws::Faulty(_) | Aws::Recording(_) | Aws::None => "role/mcp-reader",
        };
        let prepared = Self {
            aws,
            callers: Vec::new(),
            persons: BTreeMap::new(),
            mappings: String::new(),
            settings: Vec::new(),
            files: Vec::new(),
            environment: String::new(),
            keys_of_another: None,
            journal: None,
            variables: Vec::new(),
            options: Vec::new(),
        };
        prepared.mapping("alice", "role/mcp-admin", "access = \"read-write\"\ntags = { Team = \"platform\" }").mapping(
            "reader",
            reader,
            "access = \"read-only\"",
        )
    }

    /// One more caller, with a key of its own and this mapping to a role of the account.
    pub(crate) fn mapping(mut self, caller: &'static str, role: &str, more: &str) -> Self {
        self.callers.push(caller);
        self.mapping_of(&format!("\"{caller}\""), role, more)
    }

    /// A mapping of callers that have no key here, such as `{ kind = "caller-identity", ... }`.
    pub(crate) fn mapping_of(mut self, callers: &str, role: &str, more: &str) -> Self {
        let arn = format!("arn:aws:iam::{ACCOUNT}:{role}");
        write!(
            self.mappings,
            "[[role_mapping]]\nenvironment = \"dev\"\ncaller = {callers}\nrole_arn = \"{arn}\"\n{more}\n\n"
        )
        .expect("a string takes everything");
        self
    }

    /// `alice`'s calls are confirmed so, whatever they reach.
    pub(crate) fn confirming(mut self, strength: &str) -> Self {
        let own = "access = \"read-write\"";
        self.mappings = self.mappings.replacen(own, &format!("{own}\nconfirmation = \"{strength}\""), 1);
        self
    }

    /// The person behind a caller's key, in place of one of its own; `None` for nobody's.
    pub(crate) fn person(mut self, caller: &'static str, person: Option<&'static str>) -> Self {
        self.persons.insert(caller, person);
        self
    }

    /// A key of the configuration, as in `limits.head_seconds`.
    pub(crate) fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// An endpoint policy, in `policies/NAME`.
    pub(crate) fn policy(self, name: &str, document: &Value) -> Self {
        let prepared = self.file(&format!("policies/{name}"), &document.to_string());
        match prepared.settings.iter().any(|(key, _)| key == "policy.documents") {
            true => prepared,
            false => prepared.set("policy.documents", "[\"policies/*.json\"]"),
        }
    }

    /// A file of its folder.
    pub(crate) fn file(mut self, name: &str, text: &str) -> Self {
        self.files.push((name.to_owned(), text.to_owned()));
        self
    }

    /// A line of the configuration's one environment.
    pub(crate) fn environment(mut self, line: &str) -> Self {
        writeln!(self.environment, "{line}").expect("a string takes everything");
        self
    }

    /// The audit journal is here, and not in the gateway's own folder.
    pub(crate) fn journal_in(mut self, directory: PathBuf) -> Self {
        self.journal = Some(directory);
        self
    }

    /// An environment variable of the process.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Another replica of that gateway: it has its keys.
    pub(crate) fn with_keys_of(mut self, other: &TestGateway) -> Self {
        self.keys_of_another = Some(other.all_keys().clone());
        self.set("sigv4.keyring", &format!("{:?}", other.argument("keyring.json")))
    }

    /// Served with `--read-only`.
    pub(crate) fn read_only(mut self) -> Self {
        self.options.push("--read-only");
        self
    }

    /// Writes the configuration and the keyring; the keys of the callers.
    pub(super) fn write_folder(&self) -> (TempDir, CallersKeys) {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let path = |name: &str| folder.path().join(name);
        let aws_url = self.aws.url();
        let mut sections: BTreeMap<&str, String> = BTreeMap::new();
        let fixed = [
            // What AWS is asked is counted by tests, which make it misbehave call by call.
            ("gateway.examine_at_start", "false".to_owned()),
            ("gateway.name", format!("\"{NAME}\"")),
            ("listen.address", "\"127.0.0.1:0\"".to_owned()),
            ("listen.metrics_address", "\"127.0.0.1:0\"".to_owned()),
            ("sigv4.keyring", "\"keyring.json\"".to_owned()),
            ("audit.directory", format!("{:?}", self.journal.as_deref().unwrap_or(Path::new("audit")))),
            // There is no load balancer that has to see the end coming.
            ("limits.shutdown_announce_seconds", "0".to_owned()),
            // Records of reads are looked at right after the call.
            ("audit.delay_milliseconds", "10".to_owned()),
            // Tests ask faster than agents do; those of the limits set their own.
            ("limits.caller_concurrent_requests", "65536".to_owned()),
            ("limits.caller_requests_per_second", "100000".to_owned()),
            ("limits.caller_requests_burst", "100000".to_owned()),
            ("limits.caller_concurrent_writes", "65536".to_owned()),
            ("limits.concurrent_writes", "65536".to_owned()),
            ("limits.caller_writes_per_minute", "100000".to_owned()),
            ("limits.caller_writes_burst", "100000".to_owned()),
            ("limits.writes_per_second", "100000".to_owned()),
            // A build that is not optimized, on a busy machine, can keep an answer waiting longer than AWS does.
            ("limits.call_seconds", "50".to_owned()),
            ("broker.sts_timeout_seconds", "10".to_owned()),
            ("broker.aws_timeout_seconds", "30".to_owned()),
            // Tests make calls by the thousand for one account.
            ("broker.account_calls_per_second", "10000".to_owned()),
            ("broker.account_burst", "10000".to_owned()),
            ("aws.sts_endpoint", format!("\"{aws_url}\"")),
            ("aws.iam_endpoint", format!("\"{aws_url}\"")),
        ];
        let without_policies = !self.settings.iter().any(|(key, _)| key.starts_with("policy."));
        let guarded = without_policies.then_some(("policy.without_documents", "\"allow\"".to_owned()));
        let is_given = |key: &str| self.settings.iter().any(|(given, _)| given == key);
        let fixed = fixed.iter().chain(&guarded).filter(|(key, _)| !is_given(key));
        let fixed = fixed.map(|(key, value)| (*key, value.as_str()));
        // moto has no event history to look into.
        let trail = (!matches!(self.aws, Aws::Moto(_))).then(|| format!("\"{aws_url}\""));
        let trail = trail.iter().filter(|_| !is_given("aws.cloudtrail_endpoint"));
        let trail = trail.map(|url| ("aws.cloudtrail_endpoint", url.as_str()));
        let given = self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        for (key, value) in fixed.chain(trail).chain(given) {
            let (section, key) = key.split_once('.').expect("a setting is section.key");
            writeln!(sections.entry(section).or_default(), "{key} = {value}").expect("a string takes everything");
        }
        let mut config = String::new();
        for (section, keys) in &sections {
            write!(config, "[{section}]\n{keys}\n").expect("a string takes everything");
        }
        write!(
            config,
            "[[environment]]\nname = \"dev\"\naccounts = [\"{ACCOUNT}\"]\n{}\n{}",
            self.environment, self.mappings
        )
        .expect("a string takes everything");
        for (name, text) in &self.files {
            let path = path(name);
            fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the folder is ours");
            fs::write(path, text).expect("the folder is ours");
        }
        fs::write(path("gateway.toml"), config).expect("the folder is ours");
        let person = |caller: &str| match self.persons.get(caller) {
            Some(person) => person.map(ToOwned::to_owned),
            None => Some(format!("{caller}@example.com")),
        };
        let add = |caller: &str| add_key(&path("keyring.json"), caller, person(caller).as_deref());
        let keys = match &self.keys_of_another {
            Some(keys) => keys.clone(),
            None => self.callers.iter().map(|caller| (*caller, add(caller))).collect(),
        };
        (folder, keys)
    }
}

/// Makes a key with the real command.
fn add_key(keyring: &Path, caller: &str, person: Option<&str>) -> Keys {
    let keyring = keyring.to_str().expect("temporary folders have plain names");
    let mut arguments = vec!["keyring", "add", "--file", keyring, "--caller", caller, "--environment", "dev", "--json"];
    arguments.extend(person.iter().flat_map(|person| ["--person", person]));
    let ran = run(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let key = ran.json();
    let text = |name: &str| key[name].as_str().expect("keyring add --json tells it").to_owned();
    Keys { access_key_id: text("AccessKeyId"), secret_access_key: text("SecretAccessKey"), session_token: None }
}
