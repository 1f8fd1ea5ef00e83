//! Programs of Debian's, as `./tests/run` unpacked them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::program::{Program, bare, installed};
use super::waiting::eventually;

/// A command of the unpacked packages, with the libraries that came with them.
fn command(path: &str) -> Command {
    let unpacked = installed("debian").join("unpacked");
    let libraries = fs::read_dir(unpacked.join("usr/lib")).expect("packages have libraries");
    let libraries: Vec<PathBuf> = libraries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let mut command = bare(unpacked.join(path));
    command.env("LD_LIBRARY_PATH", std::env::join_paths(libraries).expect("these paths have no colon"));
    command
}

/// An address that was free a moment ago: neither of the programs says which port it took for port 0.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address")
}

fn wait_for(what: &str, address: SocketAddr) {
    eventually(what, || TcpStream::connect(address).ok());
}

/// A Valkey of its own, which keeps nothing on disk; it ends with this value.
pub(crate) struct Valkey {
    folder: TempDir,
    address: SocketAddr,
    tls: Vec<String>,
    child: Child,
}

/// A certificate authority and a server's certificate.
pub(crate) struct Certificates(TempDir);

impl Certificates {
    /// Makes them.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let path = folder.path().to_str().expect("temporary folders have plain names");
        Program::python("certificates.py", &[path], &[]).finish();
        Self(folder)
    }

    /// `ca.pem`, `server.pem` or `server.key`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

impl Valkey {
    /// Starts it.
    pub(crate) fn start() -> Self {
        Self::started(Vec::new())
    }

    /// Starts one that speaks TLS alone.
    pub(crate) fn with_tls(certificates: &Certificates) -> Self {
        let path = |name: &str| certificates.path(name).display().to_string();
        let files =
            [("--tls-cert-file", "server.pem"), ("--tls-key-file", "server.key"), ("--tls-ca-cert-file", "ca.pem")];
        let files = files.into_iter().flat_map(|(option, name)| [option.to_owned(), path(name)]);
        Self::started(files.chain(["--tls-auth-clients".to_owned(), "no".to_owned()]).collect())
    }

    fn started(tls: Vec<String>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let address = free_address();
        let child = Self::spawn(folder.path(), address, &tls);
        Self { folder, address, tls, child }
    }

    fn spawn(folder: &Path, address: SocketAddr, tls: &[String]) -> Child {
        let port = address.port().to_string();
        let ports =
            if tls.is_empty() { ["--port", &port, "--tls-port", "0"] } else { ["--port", "0", "--tls-port", &port] };
        let child = command("usr/bin/valkey-server")
            .args(["--bind", "127.0.0.1"])
            .args(ports)
            .args(tls)
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("Valkey starts");
        wait_for("Valkey listens", address);
        child
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", self.child.id())]).status();
        assert!(sent.is_ok_and(|status| status.success()), "Valkey is there");
    }

    /// Starts it again where it was; it knows nothing of before.
    pub(crate) fn restart(&mut self) {
        self.child = Self::spawn(self.folder.path(), self.address, &self.tls);
    }

    /// Asks it something.
    pub(crate) fn ask(&self, words: &[&str]) -> String {
        let asked = command("usr/bin/valkey-cli")
            .args(["-h", "127.0.0.1", "-p", &self.address.port().to_string()])
            .args(words)
            .output()
            .expect("the client of Valkey starts");
        String::from_utf8(asked.stdout).expect("keys and numbers are text")
    }
}

impl Drop for Valkey {
    fn drop(&mut self) {
        self.kill();
    }
}

/// An address that an nginx is to have.
pub(crate) struct Reserved(SocketAddr);

impl Reserved {
    /// The address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.0
    }

    /// Starts it there.
    pub(crate) fn start(self, servers: &[SocketAddr], host: &str) -> Nginx {
        Nginx::started(self.0, servers, host)
    }
}

/// nginx before several servers; it ends with this value.
pub(crate) struct Nginx {
    _folder: TempDir,
    address: SocketAddr,
    child: Child,
}

impl Nginx {
    /// Starts it before these, to which it passes on `host`: `$http_host` for what the client sent.
    pub(crate) fn before(servers: &[SocketAddr], host: &str) -> Self {
        Self::started(free_address(), servers, host)
    }

    /// The address of one that is started later.
    pub(crate) fn reserved() -> Reserved {
        Reserved(free_address())
    }

    fn started(address: SocketAddr, servers: &[SocketAddr], host: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let servers: String = servers.iter().map(|server| format!("server {server} max_fails=0; ")).collect();
        let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|kind| format!("{kind}_temp_path {}; ", path(kind)))
            .collect();
        let user = if is_root() { "user root;" } else { "" };
        let text = format!(
            "daemon off; {user} pid {}; error_log stderr crit; worker_processes 1; events {{ worker_connections 512; }}\n\
             http {{ access_log off; {paths}\n\
             upstream gateway {{ {servers} keepalive 16; }}\n\
             server {{ listen {address}; client_max_body_size 2m;\n\
             location / {{ proxy_pass http://gateway; proxy_http_version 1.1; proxy_set_header Connection \"\";\n\
             proxy_set_header Host {host}; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
             proxy_set_header X-Forwarded-Proto $scheme; proxy_buffering off; proxy_connect_timeout 2s; }} }} }}\n",
            path("pid"),
        );
        let config = path("nginx.conf");
        fs::write(&config, text).expect("the folder is ours");
        let child = command("usr/sbin/nginx")
            .args(["-p", &path(""), "-e", "stderr", "-c", &config])
            .spawn()
            .expect("nginx starts");
        wait_for("nginx listens", address);
        Self { _folder: folder, address, child }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The MCP endpoint behind it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // So that the master ends its worker, which SIGKILL would not let it.
        let ended = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status();
        if ended.is_ok_and(|status| status.success()) {
            let _reaped = self.child.wait();
        }
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
