//! The gateway and the [sandbox](crate::sandbox) in one process, for whoever has no AWS account at hand: a folder that
//! holds everything, a tour that shows the way of a call, and then a gateway to connect agents to.

mod aws_config;
pub mod connect;
mod evidence;
mod folder;
mod journal_reader;
mod running;
mod settings;
mod steps;
mod tour;
mod trail_file;

pub use aws_config::Unwritable;
pub use evidence::{Assumed, Called, Decided, Recorded};
pub use folder::FolderError;
pub use running::{DemoError, Running};
pub use tour::{Told, Toured, tour};

use std::net::SocketAddr;
use std::path::PathBuf;

/// The name that the demo's gateway stamps on sessions.
pub const GATEWAY_NAME: &str = "iam-mcp.demo";
/// The role that the gateway itself has in the sandbox's account.
pub const GATEWAY_ROLE: &str = "iam-mcp-gateway";
/// The user of the sandbox's account whose key is given away, to try AWS's own tools on it.
pub const OPERATOR: &str = "demo-operator";
/// The service and region that clients sign for: the gateway's defaults.
pub const SERVICE: &str = "iam-mcp";
/// The region of the same.
pub const REGION: &str = "us-east-1";

/// What the demo is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that will hold everything.
    pub folder: PathBuf,
    /// Where MCP is served; a loopback address.
    pub listen: SocketAddr,
    /// This program, by its absolute path: AWS's tools are told to run it for credentials.
    pub binary: PathBuf,
}

/// The two callers of the demo, by the profiles of its credentials file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Caller {
    /// May read and write.
    Admin,
    /// May only read.
    Auditor,
}

impl Caller {
    /// Every caller that gets a key.
    pub const ALL: [Self; 2] = [Self::Admin, Self::Auditor];

    /// The caller's name, which is the profile's too.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }

    /// The human behind the caller, whom AWS will see as the source identity.
    #[must_use]
    pub fn person(self) -> &'static str {
        match self {
            Self::Admin => "ada@example.com",
            Self::Auditor => "otto@example.com",
        }
    }

    /// The role that the gateway assumes for the caller.
    #[must_use]
    pub fn role(self) -> &'static str {
        match self {
            Self::Admin => "mcp-admin",
            Self::Auditor => "mcp-auditor",
        }
    }
}
