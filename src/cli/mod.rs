//! The command line, a file for each command.
//!
//! Exit codes: 0 ok, 1 what was asked for failed, 2 wrong usage (clap's own, and arguments that only the command itself can
//! judge; of `doctor` also that it could look at nothing), 64 bad configuration, which the keyring and the sealing keys are part of (`EX_USAGE` of sysexits.h, as proxies
//! use it).

pub mod approve;
pub mod audit;
pub mod call;
pub mod config;
pub mod connect;
pub mod credentials;
#[cfg(feature = "sandbox")]
pub mod demo;
pub mod doctor;
pub mod exchanging;
pub mod healthcheck;
pub mod keyring;
pub mod out;
pub mod policy;
pub mod report;
pub mod serve;
pub mod to;
pub mod tools;

use std::fmt::Display;
use std::process::ExitCode;

use clap::Subcommand;

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[cfg(feature = "sandbox")]
    /// Try it without an AWS account: a gateway on an IAM of its own, a tour, and an endpoint to connect agents to.
    Demo(demo::Demo),
    /// Serve MCP until told to stop.
    Serve(serve::Serve),
    /// Call a tool of a running gateway, signed with the usual AWS credentials.
    Call(call::Call),
    /// Exchange your AWS identity for short-lived gateway credentials, as a credential_process of AWS's tools.
    Credentials(credentials::Credentials),
    /// Be a stdio MCP server that signs each message and forwards it to a running gateway.
    Connect(connect::Connect),
    /// Approve what another person's agent plans: shows the plan, and gives the token that lets it be done.
    Approve(approve::Approve),
    /// List the tools, or the IAM policy that a mapped role needs for them.
    Tools(tools::Tools),
    /// Add, list and disable the keys that clients sign with.
    Keyring(keyring::Keyring),
    /// Check a configuration.
    Config(config::Config),
    /// Check, test and explain policy documents, and write those that AWS enforces the gateway's stamp with.
    Policy(policy::Policy),
    /// Look at what the gateway stands on at AWS: the mapped roles, its own role, and CloudTrail.
    Doctor(doctor::Doctor),
    /// Verify, search, follow and export audit journals, and compare them with CloudTrail.
    Audit(audit::Audit),
    /// Write what an account's identities are, may do and should not, as a page for people and as JSON.
    Report(report::Report),
    /// Ask a running gateway whether it lives; for container health checks.
    Healthcheck(healthcheck::Healthcheck),
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did what was asked for.
    Done,
    /// It could not; why was said.
    Failed,
    /// The configuration is bad; why was said.
    BadConfiguration,
    /// It could look at nothing of what it was to look at; why was said.
    NothingSeen,
}

/// A failure that is still to be said. Made with `?` or `from`, what was asked for failed.
#[derive(Debug)]
pub struct Failure {
    message: String,
    exit_code: u8,
    as_json: bool,
}

const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;
const NOTHING_SEEN: u8 = 2;
const BAD_CONFIGURATION: u8 = 64;

impl Failure {
    /// The command was used wrongly.
    #[must_use]
    pub fn usage(error: impl Display) -> Self {
        Self { message: error.to_string(), exit_code: WRONG_USAGE, as_json: false }
    }

    /// The configuration, or a file that it names, is bad.
    #[must_use]
    pub fn configuration(error: impl Display) -> Self {
        Self { message: error.to_string(), exit_code: BAD_CONFIGURATION, as_json: false }
    }

    /// The same, to be said as one line of JSON.
    #[must_use]
    pub fn as_json(self) -> Self {
        Self { as_json: true, ..self }
    }
}

impl<E: Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { message: error.to_string(), exit_code: FAILED, as_json: false }
    }
}

impl Outcome {
    /// The exit code; a failure is said on standard error first.
    #[must_use]
    pub fn report(outcome: Result<Self, Failure>) -> ExitCode {
        match outcome {
            Ok(Self::Done) => ExitCode::SUCCESS,
            Ok(Self::Failed) => ExitCode::from(FAILED),
            Ok(Self::BadConfiguration) => ExitCode::from(BAD_CONFIGURATION),
            Ok(Self::NothingSeen) => ExitCode::from(NOTHING_SEEN),
            Err(Failure { message, exit_code, as_json }) => {
                if as_json {
                    out::error_json(None, &message, None);
                } else {
                    out::error(&message);
                }
                ExitCode::from(exit_code)
            }
        }
    }
}
