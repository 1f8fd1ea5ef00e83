//! `[shared_state]`: the server on which several replicas agree.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::Uri;

use super::key_file::{Readers, SecretFileError, read_secret_line};
use super::loopback::is_loopback;
use super::section::Section;
use super::sink::Problem;
use crate::secret::Secret;

/// The port of Valkey and Redis.
const PORT: u16 = 6379;

/// `[shared_state]`, where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedServer {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The number of its database.
    pub database: u16,
    /// Whether it is spoken to over TLS.
    pub tls: bool,
    /// The name to log in with, where it is not the default user's.
    pub username: Option<String>,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
    /// Whether that file's group may read it.
    pub group_readable: bool,
    /// The file with the certificates that vouch for the server, where those of the system do not.
    pub ca_file: Option<PathBuf>,
    /// What holds while it is out of reach.
    pub unavailable: WhileUnavailable,
    /// How long an answer is waited for.
    pub timeout: Duration,
}

/// What holds while the server is out of reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhileUnavailable {
    /// Writes are refused: another replica may have let pass what this one is asked for.
    RefuseWrites,
    /// Each replica knows its own alone, as if it were the only one.
    Local,
}

impl SharedServer {
    /// The password, as the file has it now.
    ///
    /// # Errors
    /// When the file cannot be read, others can read it too, or it does not hold one line.
    pub fn password(&self) -> Result<Option<Secret>, SecretFileError> {
        let readers = Readers { group: self.group_readable, option: "shared_state.group_readable" };
        let read = |path: &PathBuf| read_secret_line(path, readers);
        self.password_file.as_ref().map(read).transpose()
    }
}

pub(super) fn read(section: &Section<'_>, folder: &Path) -> Option<SharedServer> {
    let plaintext = section.boolean("plaintext", false);
    let url = section.optional("url").and_then(|item| item.check(|text| address(text, plaintext)));
    let username = section.optional("username").and_then(|item| item.string()).map(ToOwned::to_owned);
    let file = |key| section.optional(key).and_then(|item| super::file(&item, folder));
    let password_file = file("password_file");
    let ca_file = file("ca_file");
    let group_readable = section.boolean("group_readable", false);
    let unavailable = section.choice(
        "unavailable",
        &[("refuse-writes", WhileUnavailable::RefuseWrites), ("local", WhileUnavailable::Local)],
        WhileUnavailable::RefuseWrites,
    );
    let timeout = section.integer::<u64>(
        "timeout_milliseconds",
        10..=5_000,
        500,
        "a server in the same network answers within a millisecond; each write waits for it",
    );
    if section.optional("url").is_none() {
        // Nothing is shared; keys that say how it would be are a mistake.
        let keys = ["username", "password_file", "ca_file", "unavailable", "timeout_milliseconds"];
        if keys.iter().any(|key| section.optional(key).is_some()) {
            section.missing("url", "write the server's URL, such as \"rediss://valkey.example.internal:6379\"");
        }
        return None;
    }
    if username.is_some() && password_file.is_none() {
        let problem = Problem::conflict("is given without password_file");
        section.fault_at("username", problem.remedy("name the file with the password, too"));
    }
    let Address { host, port, database, tls } = url?;
    if ca_file.is_some() && !tls {
        let problem = Problem::conflict("is given, and the connection has no TLS");
        section.fault_at("ca_file", problem.remedy("begin the URL with rediss://"));
    }
    let timeout = Duration::from_millis(timeout);
    Some(SharedServer {
        host,
        port,
        database,
        tls,
        username,
        password_file,
        group_readable,
        ca_file,
        unavailable,
        timeout,
    })
}

struct Address {
    host: String,
    port: u16,
    database: u16,
    tls: bool,
}

fn address(text: &str, plaintext: bool) -> Result<Address, Problem> {
    const FORM: &str = "write rediss://HOST:PORT, or rediss://HOST:PORT/DATABASE; the password goes into password_file";
    let uri: Uri = text.parse().map_err(|_| Problem::invalid("is not a URL").remedy(FORM))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(Problem::invalid("is not a URL").remedy(FORM));
    };
    // A URL is written to logs.
    if authority.as_str().contains('@') || uri.query().is_some() {
        return Err(Problem::invalid("has a user, a password or a query").remedy(FORM));
    }
    let tls = match scheme {
        "rediss" | "valkeys" => true,
        "redis" | "valkey" => false,
        _ => return Err(Problem::invalid("begins with neither rediss:// nor redis://").remedy(FORM)),
    };
    let host = authority.host();
    // Whoever can answer in its place says what was not used yet.
    if !tls && !plaintext && !is_loopback(host) {
        return Err(Problem::invalid(
            "has no TLS, and the server is on another machine: whoever is in between decides \
             what counts as used",
        )
        .remedy("begin it with rediss://, or write plaintext = true where the network itself is trusted"));
    }
    let database = match uri.path().trim_start_matches('/') {
        "" => 0,
        number => {
            number.parse().map_err(|_| Problem::invalid("has a path that is no database's number").remedy(FORM))?
        }
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    Ok(Address { host, port: authority.port_u16().unwrap_or(PORT), database, tls })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PrivateFileError;
    use crate::config::tests::{config, faults, minimal_with};

    fn server(lines: &str) -> SharedServer {
        config(&minimal_with("", &format!("[shared_state]\n{lines}\n"))).shared_state.expect("a server")
    }

    #[test]
    fn a_server_is_named_by_its_url() {
        let found = server("url = \"rediss://valkey.example.internal\"");
        assert_eq!(
            (found.host.as_str(), found.port, found.database, found.tls),
            ("valkey.example.internal", 6379, 0, true)
        );
        let found = server("url = \"redis://[::1]:7000/3\"");
        assert_eq!((found.host.as_str(), found.port, found.database, found.tls), ("::1", 7000, 3, false));
        let found = server("url = \"redis://valkey:1\"\nplaintext = true\nunavailable = \"local\"");
        assert_eq!((found.tls, found.unavailable), (false, WhileUnavailable::Local));
    }

    #[test]
    fn nothing_is_shared_where_nothing_is_said() {
        assert_eq!(config(&minimal_with("", "")).shared_state, None);
    }

    #[test]
    fn what_cannot_be_meant_is_a_fault() {
        for (lines, words) in [
            ("url = \"redis://valkey.example.internal\"", "has no TLS"),
            ("url = \"rediss://user:secret@valkey\"", "a user, a password"),
            ("url = \"https://valkey\"", "neither rediss://"),
            ("url = \"valkey\"", "is not a URL"),
            ("url = \"rediss://valkey/x\"", "no database's number"),
            ("unavailable = \"local\"", "is required"),
            ("url = \"rediss://valkey\"\nusername = \"gateway\"", "without password_file"),
            ("url = \"redis://127.0.0.1\"\nca_file = \"ca.pem\"", "no TLS"),
        ] {
            let faults = faults(&minimal_with("", &format!("[shared_state]\n{lines}\n")));
            assert!(faults.contains(words), "{lines}: {faults}");
            assert!(!faults.contains("secret@"), "{faults}");
        }
    }

    #[test]
    fn the_password_is_one_line_that_others_cannot_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        let found = SharedServer { password_file: Some(file.clone()), ..server("url = \"rediss://valkey\"") };
        let write = |text: &str, mode| {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        write("hunter2\n", 0o600);
        assert_eq!(found.password().unwrap().unwrap().expose(), "hunter2");
        write("hunter2", 0o644);
        assert!(matches!(found.password(), Err(SecretFileError::File(PrivateFileError::Mode { .. }))));
        for text in ["", "\n", "two\nlines\n"] {
            write(text, 0o600);
            assert!(matches!(found.password(), Err(SecretFileError::Content)), "{text:?}");
        }
    }
}
