//! `credentials --install`: a profile in the AWS config file.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, BufRead, IsTerminal, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::config_file::{Edit, Profile};
use super::{Credentials, command_line, diff};
use crate::cli::exchanging::absolute;
use crate::cli::{Failure, Outcome, out};
use crate::client::identity::runs_this;
use crate::config::Environment;
use crate::random::{SystemRandom, uuid};
use crate::tools::text::visible;

/// Larger files are none that a person wrote.
const LARGEST: u64 = 4 * 1024 * 1024;

pub(super) fn run(command: &Credentials, name: &str, environment: &dyn Environment) -> Result<Outcome, Failure> {
    let options = &command.exchanging;
    if options.profile.as_deref() == Some(name) {
        return Err(Failure::usage(format!(
            "the profile {name} cannot be exchanged for itself: --profile names the one with your AWS identity, --install the new \
             one"
        )));
    }
    if name == "default" && options.profile.is_none() && options.web_identity_token_file.is_none() {
        return Err(Failure::usage(
            "the profile default is what the usual chain finds, so it would be exchanged for itself: name the profile of your AWS \
             identity with --profile, or another one to --install",
        ));
    }
    // What would fail at every use is told now.
    crate::client::url::parse(&command.url).map_err(Failure::usage)?;
    crate::client::url::beside(&command.url, crate::http::Service::Exchange).map_err(Failure::usage)?;
    let program = std::env::current_exe()?;
    let process = command_line::written(&program, command).map_err(Failure::usage)?;
    let settings = vec![("credential_process", process), ("region", command.region.to_string())];
    let profile = Profile { name, settings };
    let file = ConfigFile::open(&path(options.aws_config.as_deref(), environment)?)?;
    let (text, gone, new) = match profile.written_into(&file.text) {
        Edit::Changed { text, gone, new } => (text, gone, new),
        Edit::Unchanged => {
            out::note(&format!("the profile {name} stands in {} already", file.shown()));
            return Ok(Outcome::Done);
        }
        Edit::Ambiguous => {
            return Err(Failure::from(format!(
                "{} has more than one section of the profile {name}; remove all but one, and try again",
                file.shown()
            )));
        }
    };
    out::note(&format!("{}:", file.shown()));
    diff::lines(&gone, &new).iter().for_each(|line| out::note(line));
    let replaces = !gone.is_empty();
    if command.yes && replaces && !gone.lines().any(is_own) {
        return Err(Failure::usage(format!(
            "the profile {name} holds what this program did not write, and --yes does not replace that: choose another name, or run it \
             at a terminal without --yes"
        )));
    }
    if !command.yes && !is_confirmed(replaces)? {
        out::note("Nothing was written.");
        return Ok(Outcome::Failed);
    }
    file.replace(&text)?;
    out::note(&format!("Written. Sign with it: AWS_PROFILE={name}"));
    if options.profile.is_none() && options.web_identity_token_file.is_none() {
        out::note(&format!(
            "  It exchanges whatever identity the usual chain finds then. Where AWS_PROFILE={name} is set, that is this profile \
             itself: name your own with --profile."
        ));
    }
    Ok(Outcome::Done)
}

/// Whether a line of a profile is one that this command wrote.
fn is_own(line: &str) -> bool {
    let value = line.split_once('=').filter(|(key, _)| key.trim() == "credential_process").map(|(_, value)| value);
    value.is_some_and(runs_this)
}

/// Whether the person at the terminal says yes; nothing but a plain yes is one.
fn is_confirmed(replaces: bool) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("standard input is no terminal, so nobody can be asked: say --yes to write it"));
    }
    out::note(if replaces { "Replace the profile? [y/N]" } else { "Write it? [y/N]" });
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(["y", "yes"].contains(&line.trim().to_lowercase().as_str()))
}

/// The config file of AWS's tools (<https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>).
fn path(given: Option<&Path>, environment: &dyn Environment) -> Result<PathBuf, Failure> {
    let set = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    if let Some(path) = given {
        return Ok(absolute(path));
    }
    if let Some(path) = set("AWS_CONFIG_FILE") {
        let home = path.strip_prefix("~/").and_then(|rest| Some(Path::new(&set("HOME")?).join(rest)));
        return Ok(home.unwrap_or_else(|| absolute(Path::new(&path))));
    }
    let home = set("HOME").ok_or_else(|| Failure::usage("there is no HOME; name the file with --aws-config"))?;
    Ok(Path::new(&home).join(".aws/config"))
}

/// The file as it was when it was looked at.
struct ConfigFile {
    path: PathBuf,
    text: String,
    /// `None` where there is no file yet.
    permissions: Option<Permissions>,
}

impl ConfigFile {
    fn open(path: &Path) -> Result<Self, Failure> {
        // What a link leads to is written, so that the link stays.
        let (path, permissions) = match fs::canonicalize(path) {
            Ok(real) => {
                let found = fs::metadata(&real)?;
                if !found.is_file() || found.len() > LARGEST {
                    return Err(Failure::from(format!("{} is no AWS config file", shown(path))));
                }
                (real, Some(found.permissions()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (path.to_owned(), None),
            Err(error) => return Err(Failure::from(format!("{} cannot be read: {error}", shown(path)))),
        };
        let text = match permissions {
            Some(_) => fs::read_to_string(&path)
                .map_err(|error| Failure::from(format!("{} cannot be read: {error}", shown(&path))))?,
            None => String::new(),
        };
        Ok(Self { path, text, permissions })
    }

    fn shown(&self) -> String {
        shown(&self.path)
    }

    /// Writes `text` in its place, if it is still as it was. Whoever reads meanwhile sees the old one or the new one.
    fn replace(&self, text: &str) -> Result<(), Failure> {
        let failed = |error: io::Error| Failure::from(format!("{} cannot be written: {error}", self.shown()));
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        if self.permissions.is_none() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        }
        let new = folder.join(format!(".iam-mcp-gateway-{}", uuid(&SystemRandom)));
        let written = (|| {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(text.as_bytes())?;
            if let Some(permissions) = &self.permissions {
                file.set_permissions(Permissions::from_mode(permissions.mode() & 0o7777))?;
            }
            file.sync_all()?;
            let now = match fs::read(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.permissions.is_none() => Vec::new(),
                read => read?,
            };
            if now != self.text.as_bytes() {
                return Err(io::Error::other("it was changed meanwhile; try again"));
            }
            fs::rename(&new, &self.path)
        })();
        written.map_err(|error| {
            let _none = fs::remove_file(&new);
            failed(error)
        })
    }
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_file_is_the_one_that_awss_tools_read() {
        let variables = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let home = ("HOME", "/home/alice");
        let found = |given: Option<&str>, pairs: &[(&str, &str)]| path(given.map(Path::new), &variables(pairs)).ok();
        assert_eq!(found(None, &[home]), Some("/home/alice/.aws/config".into()));
        assert_eq!(found(None, &[home, ("AWS_CONFIG_FILE", "/c")]), Some("/c".into()));
        assert_eq!(found(None, &[home, ("AWS_CONFIG_FILE", "~/c")]), Some("/home/alice/c".into()));
        assert_eq!(found(Some("/d"), &[home, ("AWS_CONFIG_FILE", "/c")]), Some("/d".into()));
        assert_eq!(found(None, &[]), None);
    }

    #[test]
    fn a_files_mode_and_a_link_to_it_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("config"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        ConfigFile::open(&link).unwrap().replace("new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!((fs::read_to_string(&real).unwrap().as_str(), mode(&real)), ("new", 0o640));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn a_new_file_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".aws/config");
        ConfigFile::open(&path).unwrap().replace("new").unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn what_somebody_else_changed_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        for before in [None, Some("old")] {
            before.iter().for_each(|before| fs::write(&path, before).unwrap());
            let file = ConfigFile::open(&path).unwrap();
            fs::write(&path, "theirs").unwrap();
            assert!(file.replace("mine").is_err());
            assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
            fs::remove_file(&path).unwrap();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_no_text_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        fs::write(&path, [0xff, 0xfe, b'[']).unwrap();
        assert!(ConfigFile::open(&path).is_err());
        assert!(ConfigFile::open(folder.path()).is_err());
    }
}
