//! The endpoint policies: which files they are, read and compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::config::{Config, DocumentPattern, WithoutDocuments};
use crate::context::warnings::{self, SessionTags};
use crate::policy::{Document, LARGEST, Policy, PolicyKind, PolicySet};

/// The most files that all patterns may match together.
const MOST_FILES: usize = 1_000;

/// The endpoint policies in force.
#[derive(Debug, Clone)]
pub struct Documents {
    everywhere: Option<PolicySet>,
    by_environment: BTreeMap<String, PolicySet>,
    shadow: Option<PolicySet>,
    without: WithoutDocuments,
    /// SHA-256 over the names and contents of all files, in lower-case hex: which policies a record was made under.
    pub digest: String,
    /// What to know about the policies before they are relied on: the file, and what.
    pub warnings: Warnings,
    /// How many files there are.
    pub files: usize,
}

/// Everything that is wrong with the endpoint policies, a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFaults(pub Vec<String>);

impl fmt::Display for DocumentFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for DocumentFaults {}

/// The files of a configuration, read and not yet understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFiles {
    /// What each pattern matched, by the pattern with its folder: looked for once, so that what is read is what is compiled.
    by_pattern: BTreeMap<String, Result<Vec<PathBuf>, String>>,
    by_path: BTreeMap<PathBuf, Result<String, String>>,
    /// By the names that decisions call them, which are the same wherever the configuration's folder lies.
    fingerprint: String,
}

impl DocumentFiles {
    /// Reads every file that the patterns of `config` match.
    #[must_use]
    pub fn read(config: &Config) -> Self {
        let (mut by_pattern, mut by_path, mut names) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for pattern in patterns(config) {
            let found = by_pattern.entry(pattern.in_full()).or_insert_with(|| paths(pattern));
            for path in found.iter().flatten() {
                if by_path.len() > MOST_FILES {
                    break;
                }
                names.insert(name(path, pattern), path.clone());
                by_path.entry(path.clone()).or_insert_with_key(|path| text(path));
            }
        }
        let fingerprint = fingerprint(names.iter().map(|(name, path)| (name.as_str(), &by_path[path])));
        Self { by_pattern, by_path, fingerprint }
    }

    /// A hash of all names and contents.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

fn fingerprint<'f>(files: impl Iterator<Item = (&'f str, &'f Result<String, String>)>) -> String {
    let mut hash = Sha256::new();
    for (name, content) in files {
        let (state, text) = match content {
            Ok(text) => (b'=', text),
            Err(reason) => (b'!', reason),
        };
        for part in [name.as_bytes(), text.as_bytes()] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hash.update([state]);
    }
    HEXLOWER.encode(&hash.finalize())
}

impl Documents {
    /// The endpoint policies that `config` names.
    ///
    /// # Errors
    /// Everything that is wrong with them: patterns that match nothing, files that cannot be read, faults in documents.
    pub fn load(config: &Config) -> Result<Self, DocumentFaults> {
        Self::of(config, &DocumentFiles::read(config))
    }

    /// The same, of files that were read before.
    ///
    /// # Errors
    /// As [`Documents::load`].
    pub fn of(config: &Config, files: &DocumentFiles) -> Result<Self, DocumentFaults> {
        match (Self::enforced_of(config, files), shadow_of(config, files)) {
            (Ok(documents), Ok(shadow)) => Ok(documents.with_shadow(shadow)),
            (Err(faults), Ok(_)) | (Ok(_), Err(faults)) => Err(faults),
            (Err(DocumentFaults(faults)), Err(DocumentFaults(of_shadow))) => {
                let faults: BTreeSet<String> = faults.into_iter().chain(of_shadow).collect();
                Err(DocumentFaults(faults.into_iter().collect()))
            }
        }
    }

    /// The same, to take the place of others: where only what is tried out has faults, what is enforced is taken all the
    /// same, and what was tried out before goes on being so. The faults are told beside.
    ///
    /// # Errors
    /// Everything that is wrong with the policies that are enforced.
    pub fn after(
        before: &Self,
        config: &Config,
        files: &DocumentFiles,
    ) -> Result<(Self, Option<DocumentFaults>), DocumentFaults> {
        let documents = Self::enforced_of(config, files)?;
        Ok(match shadow_of(config, files) {
            Ok(shadow) => (documents.with_shadow(shadow), None),
            Err(faults) => {
                let digest = Sha256::digest(format!("{}+{}", before.digest, documents.digest));
                let digest = HEXLOWER.encode(&digest);
                (Self { shadow: before.shadow.clone(), digest, ..documents }, Some(faults))
            }
        })
    }

    fn enforced_of(config: &Config, files: &DocumentFiles) -> Result<Self, DocumentFaults> {
        let mut reader = Reader::of(config, files);
        if files.by_path.len() > MOST_FILES {
            reader.faults.insert(format!("the patterns match more than {MOST_FILES} files"));
        }
        let everywhere = reader.set(&config.policy.documents);
        let by_environment = config
            .environments
            .iter()
            .filter_map(|environment| Some((environment.name.as_str().to_owned(), reader.set(&environment.policies)?)));
        let by_environment = by_environment.collect();
        let warnings = reader.finish()?;
        Ok(Self {
            everywhere,
            by_environment,
            shadow: None,
            without: config.policy.without_documents,
            digest: files.fingerprint.clone(),
            warnings,
            files: files.by_path.len(),
        })
    }

    fn with_shadow(mut self, (shadow, warnings): (Option<PolicySet>, Warnings)) -> Self {
        self.shadow = shadow;
        self.warnings.extend(warnings);
        self
    }

    /// The sets that all have to allow a call in an environment; empty where nothing was written for it.
    pub(super) fn enforced(&self, environment: &str) -> impl Iterator<Item = &PolicySet> {
        self.everywhere.iter().chain(self.by_environment.get(environment))
    }

    /// Every policy that is enforced somewhere, once, by its name.
    #[must_use]
    pub fn all_enforced(&self) -> BTreeMap<&str, &Policy> {
        let sets = self.everywhere.iter().chain(self.by_environment.values());
        sets.flat_map(PolicySet::policies).map(|policy| (policy.name(), policy)).collect()
    }

    /// What is tried out.
    pub(super) fn shadow(&self) -> Option<&PolicySet> {
        self.shadow.as_ref()
    }

    /// What holds where nothing was written.
    pub(super) fn without(&self) -> WithoutDocuments {
        self.without
    }
}

fn patterns(config: &Config) -> impl Iterator<Item = &DocumentPattern> {
    let of_environments = config.environments.iter().flat_map(|environment| &environment.policies);
    config.policy.documents.iter().chain(&config.policy.shadow).chain(of_environments)
}

fn shadow_of(config: &Config, files: &DocumentFiles) -> Result<(Option<PolicySet>, Warnings), DocumentFaults> {
    let mut reader = Reader::of(config, files);
    let shadow = reader.set(&config.policy.shadow);
    Ok((shadow, reader.finish()?))
}

/// What to know about policies: the file, and what.
type Warnings = Vec<(String, String)>;

struct Reader<'f> {
    files: &'f DocumentFiles,
    faults: BTreeSet<String>,
    warnings: BTreeSet<(String, String)>,
    tags: SessionTags,
}

impl<'f> Reader<'f> {
    fn of(config: &Config, files: &'f DocumentFiles) -> Self {
        Self { files, faults: BTreeSet::new(), warnings: BTreeSet::new(), tags: SessionTags::of(config) }
    }

    fn finish(self) -> Result<Warnings, DocumentFaults> {
        if self.faults.is_empty() {
            return Ok(self.warnings.into_iter().collect());
        }
        Err(DocumentFaults(self.faults.into_iter().collect()))
    }

    /// The set that these patterns name; `None` without patterns.
    fn set(&mut self, patterns: &[DocumentPattern]) -> Option<PolicySet> {
        if patterns.is_empty() {
            return None;
        }
        let mut found = BTreeMap::new();
        for pattern in patterns {
            match self.files.by_pattern.get(&pattern.in_full()) {
                Some(Ok(paths)) if !paths.is_empty() => {
                    found.extend(paths.iter().map(|path| (name(path, pattern), path)));
                }
                Some(Ok(_)) | None => {
                    self.faults.insert(format!(
                        "{:?} matches no file in {}: a guardrail that is not there would guard nothing",
                        pattern.as_str(),
                        folder(pattern).display()
                    ));
                }
                Some(Err(reason)) => {
                    self.faults.insert(format!("{:?}: {reason}", pattern.as_str()));
                }
            }
        }
        let policies: Vec<Policy> = found.into_iter().filter_map(|(name, path)| self.policy(name, path)).collect();
        Some(policies.into_iter().collect())
    }

    fn policy(&mut self, name: String, path: &Path) -> Option<Policy> {
        let read = match self.files.by_path.get(path) {
            Some(Ok(text)) => Document::parse(PolicyKind::Endpoint, text).map_err(|faults| faults.to_string()),
            Some(Err(reason)) => Err(reason.clone()),
            None => Err("is one file too many".to_owned()),
        };
        match read {
            Ok(document) => {
                let warnings = warnings::of_document(&document, Some(&self.tags));
                self.warnings.extend(warnings.into_iter().map(|warning| (name.clone(), warning)));
                Some(Policy::new(name, document))
            }
            Err(faults) => {
                self.faults.extend(faults.lines().map(|fault| format!("{name}: {fault}")));
                None
            }
        }
    }
}

/// The folder that a pattern starts from, to be shown.
fn folder(pattern: &DocumentPattern) -> &Path {
    let folder = pattern.folder();
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// The name by which decisions call a file: its path from the configuration's folder.
fn name(path: &Path, pattern: &DocumentPattern) -> String {
    path.strip_prefix(pattern.folder()).unwrap_or(path).display().to_string()
}

/// The files that a pattern matches, sorted; folders are none.
fn paths(pattern: &DocumentPattern) -> Result<Vec<PathBuf>, String> {
    let options =
        glob::MatchOptions { require_literal_separator: true, require_literal_leading_dot: true, ..Default::default() };
    let found = glob::glob_with(&pattern.in_full(), options).map_err(|error| error.msg.to_owned())?;
    let found: Result<Vec<PathBuf>, _> = found.collect();
    let mut paths = found.map_err(|error| format!("cannot be looked through: {error}"))?;
    paths.retain(|path| !path.is_dir());
    Ok(paths)
}

/// A policy file's text. One that no policy can be is not read into memory.
///
/// # Errors
/// Why there is none, as the end of a sentence that begins with the file's name.
pub fn text(path: &Path) -> Result<String, String> {
    let read = || -> io::Result<Option<String>> {
        let mut text = String::new();
        let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX);
        File::open(path)?.take(limit + 1).read_to_string(&mut text)?;
        Ok((text.len() <= LARGEST).then_some(text))
    };
    match read() {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(format!("is longer than {LARGEST} bytes")),
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ALLOW: &str =
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn config(folder: &Path, policy: &str) -> Config {
        let text = crate::tools::testing::CONFIGURATION.replace("without_documents = \"allow\"", policy);
        let environment = BTreeMap::<String, String>::new();
        Config::parse(&text, &folder.join("gateway.toml"), &environment).unwrap_or_else(|f| panic!("{f}")).config
    }

    fn load(files: &[(&str, &str)], policy: &str) -> Result<Documents, String> {
        let folder = folder(files);
        Documents::load(&config(folder.path(), policy)).map_err(|faults| faults.to_string())
    }

    #[test]
    fn the_files_of_the_patterns_are_the_policies() {
        let files =
            [("policies/a.json", ALLOW), ("policies/b.json", ALLOW), ("policies/.b.json.swp", "x"), ("c.json", ALLOW)];
        let documents = load(&files, "documents = [\"policies/*.json\"]\nshadow = [\"c.json\"]").unwrap();
        let names: Vec<&str> = documents.enforced("dev").flat_map(PolicySet::policies).map(Policy::name).collect();
        assert_eq!(names, ["policies/a.json", "policies/b.json"]);
        assert_eq!(documents.shadow().unwrap().policies()[0].name(), "c.json");
        assert_eq!((documents.files, documents.digest.len()), (3, 64));
    }

    #[test]
    fn a_pattern_that_matches_no_file_is_an_error() {
        for pattern in ["policies/*.json", "policies", "a.json/*", "b?.json"] {
            let error = load(&[("policies/a.txt", ALLOW)], &format!("documents = [\"{pattern}\"]")).unwrap_err();
            assert!(error.contains("matches no file"), "{pattern}: {error}");
        }
    }

    #[test]
    fn every_fault_of_every_file_is_told_with_its_place() {
        let bad = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "x", "Resource": "*", "Conditions": {}}]}"#;
        let long = " ".repeat(LARGEST + 1);
        let files = [("p/bad.json", bad), ("p/empty.json", ""), ("p/good.json", ALLOW), ("p/long.json", &long)];
        let error = load(&files, "documents = [\"p/*.json\"]").unwrap_err();
        let lines: Vec<&str> = error.lines().collect();
        assert_eq!(lines.len(), 4, "{error}");
        assert!(lines[0].starts_with("p/bad.json: $.Statement[0].Action: "), "{error}");
        assert!(lines[1].starts_with("p/bad.json: $.Statement[0].Conditions: "), "{error}");
        assert!(lines[2].starts_with("p/empty.json: $: not JSON"), "{error}");
        assert!(lines[3].starts_with("p/long.json: is longer than"), "{error}");
    }

    #[test]
    fn the_digest_tells_contents_and_names_apart() {
        let digest = |name: &str, text: &str| load(&[(name, text)], "documents = [\"*.json\"]").unwrap().digest;
        assert_eq!(digest("a.json", ALLOW), digest("a.json", ALLOW), "wherever the folder lies");
        assert_ne!(digest("a.json", ALLOW), digest("a.json", &ALLOW.replace("Allow", "Deny")));
        assert_ne!(digest("a.json", ALLOW), digest("b.json", ALLOW));
    }

    #[test]
    fn what_a_policy_asks_for_in_vain_is_warned_of() {
        let policy = ALLOW.replace(
            "\"Resource\": \"*\"",
            "\"Resource\": \"*\", \"Condition\": {\"Null\": {\"aws:SourceVpce\": \"false\"}}",
        );
        let documents = load(&[("a.json", &policy)], "documents = [\"a.json\"]").unwrap();
        assert_eq!(documents.warnings.len(), 1);
        assert!(
            documents.warnings[0].1.starts_with("statement 1 allows on aws:SourceVpce"),
            "{:?}",
            documents.warnings
        );
    }
}
