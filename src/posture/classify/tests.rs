//! The table of `tests/identities/`: what is known of an identity, and what is to be said of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::*;
use crate::iam::Account;
use crate::policy::PolicyKind;
use crate::posture::snapshot::{AccessKey, Credentials, Identity, Library, Role};

const USERS: &str = include_str!("../../../tests/identities/users.jsonl");
const ROLES: &str = include_str!("../../../tests/identities/roles.jsonl");

fn rows<T: DeserializeOwned>(table: &str) -> Vec<T> {
    let lines = table.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

/// See `tests/identities/README.md`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserRow {
    name: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    credentials: Option<CredentialsRow>,
    confidence: f64,
    verdict: String,
    signals: Vec<String>,
    #[serde(default)]
    unknown: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialsRow {
    password: Password,
    #[serde(default)]
    mfa: bool,
    #[serde(default)]
    keys: Vec<Key>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Password {
    None,
    Unused,
    Used,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Key {
    Active,
    Inactive,
}

impl CredentialsRow {
    fn credentials(&self) -> Credentials {
        let keys = self.keys.iter().zip(1..);
        Credentials {
            password: self.password != Password::None,
            password_last_used: (self.password == Password::Used).then_some(Timestamp::UNIX_EPOCH),
            password_last_changed: None,
            mfa: self.mfa,
            access_keys: keys
                .map(|(key, number)| AccessKey { number, active: *key == Key::Active, ..AccessKey::default() })
                .collect(),
        }
    }
}

fn identity(kind: &str, path: &str, name: &str, tags: &BTreeMap<String, String>) -> Identity {
    Identity {
        name: name.into(),
        arn: format!("arn:aws:iam::123456789012:{kind}{path}{name}").into(),
        id: "".into(),
        path: path.into(),
        created: None,
        tags: tags.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect(),
        attached: Vec::new(),
        inline: Vec::new(),
        boundary: None,
    }
}

fn user(row: &UserRow) -> User {
    User {
        identity: identity("user", "/", &row.name, &row.tags),
        groups: Vec::new(),
        credentials: row.credentials.as_ref().map(CredentialsRow::credentials),
    }
}

/// A signal and its evidence in one word, as the table has it.
fn told(found: &Found<'_>) -> String {
    match found.evidence {
        Evidence::Pattern(word) => format!("{} {word}", found.signal.code),
        Evidence::Tag { key, .. } => format!("{} {key}", found.signal.code),
        Evidence::Fact(_) => found.signal.code.to_owned(),
    }
}

#[test]
fn every_user_of_the_table_is_told_as_it_says() {
    let rows: Vec<UserRow> = rows(USERS);
    assert!(rows.len() >= 45, "{}", rows.len());
    for row in rows {
        let user = user(&row);
        let told_of = of_user(&user, &Thresholds::default());
        let signals: Vec<String> = told_of.signals.iter().map(told).collect();
        assert_eq!(signals, row.signals, "{}", row.name);
        let unknown: Vec<&str> = told_of.unknown.iter().map(|signal| signal.code).collect();
        assert_eq!(unknown, row.unknown, "{}", row.name);
        assert_eq!(told_of.confidence.as_f64(), row.confidence, "{}", row.name);
        assert_eq!(told_of.verdict.as_str(), row.verdict, "{}", row.name);
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleRow {
    name: String,
    #[serde(default = "root_path")]
    path: String,
    /// The statements of its trust policy, or what cannot be read as one.
    trust: Value,
    kind: Option<String>,
    #[serde(default)]
    federation: Vec<String>,
    trusted: Vec<String>,
    #[serde(default)]
    findings: Vec<String>,
}

fn root_path() -> String {
    "/".to_owned()
}

#[test]
fn every_role_of_the_table_is_told_as_it_says() {
    let rows: Vec<RoleRow> = rows(ROLES);
    assert!(rows.len() >= 25, "{}", rows.len());
    let account = Account { partition: crate::arn::Partition::Aws, id: "123456789012".parse().unwrap() };
    for row in rows {
        let text = match &row.trust {
            Value::String(text) => text.clone(),
            statements => serde_json::json!({"Version": "2012-10-17", "Statement": statements}).to_string(),
        };
        let role = Role {
            identity: identity("role", &row.path, &row.name, &BTreeMap::new()),
            trust: Library::default().read(PolicyKind::Trust, &text),
            last_used: None,
            instance_profiles: Vec::new(),
        };
        let told = of_role(&role, &account);
        let trusted: Vec<&str> = told.trusted.iter().map(|trusted| trusted.name.as_str()).collect();
        assert_eq!(trusted, row.trusted, "{}", row.name);
        assert_eq!(told.kind.map(RoleKind::as_str), row.kind.as_deref(), "{}", row.name);
        let federation: Vec<&str> = told.federation.iter().map(|federation| federation.as_str()).collect();
        assert_eq!(federation, row.federation, "{}", row.name);
        let findings: Vec<&str> = told.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(findings, row.findings, "{}", row.name);
        assert!(told.readable || told.kind.is_none(), "{}", row.name);
    }
}

#[test]
fn thresholds_are_those_that_are_given() {
    let key = CredentialsRow { password: Password::None, mfa: true, keys: vec![Key::Active] };
    let row = UserRow {
        name: "reports".into(),
        tags: BTreeMap::new(),
        credentials: Some(key),
        confidence: 0.4,
        verdict: String::new(),
        signals: Vec::new(),
        unknown: Vec::new(),
    };
    let user = user(&row);
    let verdict = |nhi, human| {
        let thresholds = Thresholds { nhi: Confidence::percent(nhi), human: Confidence::percent(human) };
        of_user(&user, &thresholds).verdict
    };
    assert_eq!(verdict(50, 30), Verdict::Uncertain);
    assert_eq!(verdict(40, 30), Verdict::Nhi);
    assert_eq!(verdict(50, 41), Verdict::Human);
}
