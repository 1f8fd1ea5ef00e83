//! The sandbox and the gateway, running in one process.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use aws_credential_types::Credentials;
use data_encoding::BASE64;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::aws_config::{self, Unwritable};
use super::folder::{Folder, FolderError};
use super::journal_reader::JournalReader;
use super::trail_file::TrailFile;
use super::{Caller, GATEWAY_ROLE, OPERATOR, Options, REGION, SERVICE, settings};
use crate::audit::DiskStorage;
use crate::authn::keyring::{KeyUses, KeyringEditor, KeyringError, KeyringFile, NewKey};
use crate::client::sign::Scope;
use crate::client::{Client, ClientError};
use crate::clock::SharedClock;
use crate::config::{Config, Environment, Faults, KEY_BYTES, Loaded};
use crate::gateway::{Gateway, Listeners, Outside, Reloader, StartError, log, run};
use crate::http::{Drain, Ended};
use crate::random::{Random, SharedRandom};
use crate::sandbox::{Sandbox, SandboxError};
use crate::tools::catalogue::CATALOGUE;

/// Why a demo cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The address is not this machine's own.
    #[error("{0} is not a loopback address; the demo is for this machine only: name 127.0.0.1 or [::1] with --listen")]
    NotLoopback(std::net::SocketAddr),
    /// Nothing can listen there.
    #[error(
        "cannot listen on {address}: {error}; name another address with --listen, such as 127.0.0.1:0 for any free port"
    )]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The folder is not the demo's to write to.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A path that no AWS config file can name.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// The callers' keys could not be made.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The configuration that the demo wrote itself has faults, which is a fault of the demo.
    #[error("the demo's own configuration is bad\n{0}")]
    Configuration(#[from] Faults),
    /// The gateway cannot start on it, for example on a journal of an earlier demo that is broken.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The audit journal cannot be read.
    #[error(transparent)]
    Verify(#[from] crate::audit::VerifyError),
    /// The sandbox does not serve.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A socket, a signal or a file that the system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A running demo.
#[derive(Debug)]
pub struct Running {
    folder: Folder,
    sandbox: Sandbox,
    journal_reader: JournalReader,
    keys: BTreeMap<&'static str, Credentials>,
    url: String,
    sandbox_url: String,
    clock: SharedClock,
    drain: Drain,
    gateway: JoinHandle<io::Result<Ended>>,
    sandbox_drain: Drain,
    sandbox_server: JoinHandle<Result<Ended, SandboxError>>,
    trail_file: TrailFile,
}

impl Running {
    /// Starts sandbox and gateway, and writes what connects to them into the folder; `endpoint` last, when the gateway
    /// answers.
    ///
    /// # Errors
    /// What keeps it from starting. Nothing of an earlier demo is believed any more then.
    pub async fn start(options: &Options, clock: SharedClock, random: SharedRandom) -> Result<Self, DemoError> {
        if !options.listen.ip().is_loopback() {
            return Err(DemoError::NotLoopback(options.listen));
        }
        let public = TcpListener::bind(options.listen)
            .await
            .map_err(|error| DemoError::Listen { address: options.listen, error })?;
        let folder = Folder::take(&options.folder, &*random)?;

        let sandbox = Sandbox::believable(Arc::clone(&clock), Arc::clone(&random));
        let sandbox_listener = TcpListener::bind("127.0.0.1:0").await?;
        let sandbox_address = sandbox_listener.local_addr()?;
        let sandbox_url = format!("http://{sandbox_address}");
        let sandbox_drain = Drain::new();
        let sandbox_server = tokio::spawn({
            let (sandbox, drain) = (sandbox.clone(), sandbox_drain.clone());
            async move { sandbox.serve(sandbox_listener, drain).await }
        });
        let trail_file = TrailFile::begin(&sandbox, folder.go_on("aws-trail.jsonl")?);

        let address = public.local_addr()?;
        let settings = settings::text(&settings::Places {
            listen: address,
            account: sandbox.account(),
            sandbox: &sandbox_url,
            web_identity_issuer: &sandbox.web_identity_issuer(sandbox_address),
            oidc_issuer: &sandbox.oidc_issuer(sandbox_address),
        });
        folder.write("gateway.toml", &settings)?;
        folder.write("guardrails.json", settings::GUARDRAILS)?;
        folder.write_once("audit-signing.key", &new_key(&*random))?;
        folder.write("sealing.key", &new_key(&*random))?;
        let keys = make_keys(&folder, &clock, &random)?;
        let (id, secret) = sandbox.user_keys(OPERATOR).expect("the account has this user, with a key");
        folder.write("sandbox-credentials", &profile(OPERATOR, &id, secret.expose()))?;
        let url = format!("http://{address}/mcp");
        let person = Credentials::new(id, secret.expose(), None, None, "iam-mcp-gateway demo");
        let config = aws_config::text(&person, &options.binary, folder.path(), &url, &sandbox_url)?;
        folder.write("aws-config", &config)?;
        let journal_reader = JournalReader::begin(&folder.file("audit"));
        let gateway = gateway(&folder, &sandbox, &clock, &random, public).await?;
        folder.write("endpoint", &format!("{url}\n"))?;
        Ok(Self {
            folder,
            sandbox,
            journal_reader,
            keys,
            url,
            sandbox_url,
            clock,
            drain: gateway.0,
            gateway: gateway.1,
            sandbox_drain,
            sandbox_server,
            trail_file,
        })
    }

    /// The MCP endpoint.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the sandbox's IAM and STS are.
    #[must_use]
    pub fn sandbox_url(&self) -> &str {
        &self.sandbox_url
    }

    /// The sandbox.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The folder, absolute.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The file with the callers' keys.
    #[must_use]
    pub fn credentials_file(&self) -> PathBuf {
        self.folder.file("aws-credentials")
    }

    /// The file with the keys of the sandbox's own user.
    #[must_use]
    pub fn sandbox_credentials_file(&self) -> PathBuf {
        self.folder.file("sandbox-credentials")
    }

    /// The AWS config file with the profiles `person` and `gateway`.
    #[must_use]
    pub fn aws_config_file(&self) -> PathBuf {
        self.folder.file("aws-config")
    }

    /// A client that signs as this caller.
    ///
    /// # Errors
    /// None that could be helped: the URL is the demo's own.
    pub fn client(&self, caller: Caller) -> Result<Client, ClientError> {
        let credentials = self.keys.get(caller.name()).cloned().expect("every caller was given keys at the start");
        let scope = Scope { service: SERVICE.to_owned(), region: REGION.to_owned() };
        Client::new(&self.url, credentials, scope, Arc::clone(&self.clock))
    }

    pub(super) fn journal_reader(&self) -> &JournalReader {
        &self.journal_reader
    }

    pub(super) fn journal_folder(&self) -> PathBuf {
        self.folder.file("audit")
    }

    /// The sandbox's trail, what CloudTrail would say, oldest first.
    pub(super) fn trail(&self) -> Vec<Value> {
        let events = self.sandbox.trail().events();
        events.iter().map(|event| serde_json::to_value(event).expect("an event serializes")).collect()
    }

    /// Waits until a signal asks for the end.
    pub async fn told_to_end(&self) {
        self.drain.begun().await;
    }

    /// Whether a signal has asked for the end.
    #[must_use]
    pub fn is_told_to_end(&self) -> bool {
        self.drain.has_begun()
    }

    /// Ends the gateway in order, then the sandbox.
    ///
    /// # Errors
    /// When the gateway could not run to its end, or what AWS saw could not be written.
    pub async fn end(self) -> Result<Ended, DemoError> {
        self.drain.begin();
        let ended = self.gateway.await.map_err(io::Error::other)??;
        self.sandbox_drain.begin();
        self.sandbox_server.await.map_err(io::Error::other)??;
        self.trail_file.end().await?;
        Ok(ended)
    }
}

/// A key that signs the journal, or seals tokens.
fn new_key(random: &dyn Random) -> Zeroizing<String> {
    let mut seed = Zeroizing::new([0; KEY_BYTES]);
    random.fill(&mut *seed);
    Zeroizing::new(BASE64.encode(&*seed))
}

/// A key for each caller, in the gateway's keyring and in the file that clients read.
fn make_keys(
    folder: &Folder,
    clock: &SharedClock,
    random: &SharedRandom,
) -> Result<BTreeMap<&'static str, Credentials>, DemoError> {
    let file = KeyringFile::new(folder.file("keyring.json"));
    let editor = KeyringEditor::new(file, Arc::clone(clock), Arc::clone(random));
    let mut keys = BTreeMap::new();
    let mut profiles = Zeroizing::new(String::new());
    for caller in Caller::ALL {
        let added = editor.add(NewKey {
            caller: caller.name().to_owned(),
            person: Some(caller.person().to_owned()),
            environments: vec!["demo".to_owned()],
            uses: KeyUses::ALL,
            expires_at: None,
            description: Some("made by the demo".to_owned()),
        })?;
        let (id, secret) = (&added.info.access_key_id, added.secret.expose());
        profiles.push_str(&profile(caller.name(), id, secret));
        keys.insert(caller.name(), Credentials::new(id, secret, None, None, "iam-mcp-gateway demo"));
    }
    folder.write("aws-credentials", &profiles)?;
    Ok(keys)
}

/// A section of AWS's shared credentials file.
fn profile(name: &str, access_key_id: &str, secret: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("[{name}]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secret}\n"))
}

/// The gateway as `serve` runs it, from the configuration in the folder. Of the process's environment it takes nothing,
/// so that a demo is the same everywhere.
async fn gateway(
    folder: &Folder,
    sandbox: &Sandbox,
    clock: &SharedClock,
    random: &SharedRandom,
    public: TcpListener,
) -> Result<(Drain, JoinHandle<io::Result<Ended>>), DemoError> {
    let environment: Arc<dyn Environment> = Arc::new(BTreeMap::<String, String>::new());
    let path = folder.file("gateway.toml");
    let Loaded { config, .. } = Config::load(&path, &*environment)?;
    let log_level = log::begin(&config.log);
    let outside = Outside {
        clock: Arc::clone(clock),
        random: Arc::clone(random),
        storage: Arc::new(DiskStorage),
        catalogue: CATALOGUE,
        own_credentials: Some(sandbox.role_credentials(GATEWAY_ROLE)),
        keys_are_new: true,
    };
    let gateway = Gateway::assemble(config, outside).await?;
    let drain = gateway.drain.clone();
    // A terminal that is closed ends the demo in it; for a gateway that serves, SIGHUP means something else.
    let mut hang_up = signal(SignalKind::hangup())?;
    let ending = drain.clone();
    tokio::spawn(async move {
        if hang_up.recv().await.is_some() {
            ending.begin();
        }
    });
    let reloader = Reloader::new(&gateway, path, environment, log_level);
    let serving = tokio::spawn(run(gateway, Listeners { public, metrics: None }, reloader));
    Ok((drain, serving))
}
