//! `credentials`

mod command_line;
mod config_file;
mod diff;
mod install;

use std::time::Duration;

use clap::Args;

use super::exchanging::Exchanging;
use super::{Failure, Outcome, out};
use crate::client::ClientError;
use crate::client::exchange::ExchangeError;
use crate::client::keys::NoKeys;
use crate::config::ProcessEnvironment;
use crate::exchange::reply::credential_process;
use crate::tools::text;

/// Exchange your AWS identity for short-lived gateway credentials, as a `credential_process` of AWS's tools.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    iam-mcp-gateway credentials --url https://iam-mcp.example.internal/mcp --profile person --install iam-mcp\n  \
    AWS_PROFILE=iam-mcp mcp-proxy-for-aws https://iam-mcp.example.internal/mcp --service iam-mcp\n  \
    iam-mcp-gateway credentials --url https://iam-mcp.example.internal/mcp/prod --proof web-identity\n  \
    iam-mcp-gateway credentials --url https://iam-mcp.example.internal/mcp --web-identity-token-file /var/run/secrets/token\n\n\
    Prints the JSON that AWS's tools expect of a credential_process, and nothing else, on standard output; messages go to\n\
    standard error. The credentials are kept in a folder of your own and renewed ahead of their end.\n\
    With --install PROFILE nothing is exchanged: the profile is written to the file of --aws-config, of AWS_CONFIG_FILE, or\n\
    ~/.aws/config, after the change was shown.\n\
    Exit codes: 0 here they are (or the profile is written), 1 there are none, 2 the arguments or the URL are wrong.")]
pub struct Credentials {
    /// The gateway's MCP endpoint, for the environment that they shall be good for.
    #[arg(long)]
    url: String,
    /// Seconds to wait for them.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
    #[command(flatten)]
    exchanging: Exchanging,
    /// Write a profile that runs this command with these options into the AWS config file.
    #[arg(long, value_name = "PROFILE", value_parser = super::keyring::profile)]
    install: Option<String>,
    /// The region that the gateway expects in signatures, for the profile that is written.
    #[arg(long, default_value = "us-east-1", requires = "install")]
    region: crate::arn::Region,
    /// Write the profile without asking.
    #[arg(long, requires = "install")]
    yes: bool,
    /// Say what is wrong in one line of JSON, on standard error.
    #[arg(long, conflicts_with = "install")]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// What kept credentials from being had, or the profile from being written.
pub fn run(command: &Credentials) -> Result<Outcome, Failure> {
    if let Some(profile) = &command.install {
        return install::run(command, profile, &ProcessEnvironment);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(exchanged(command)) {
        Ok(printed) => {
            out::line(printed.expose());
            Ok(Outcome::Done)
        }
        Err(Refused::Exchange(error)) => {
            tell(error, command.json);
            Ok(Outcome::Failed)
        }
        // Whoever reads JSON reads it whatever is wrong; the exit code stays.
        Err(Refused::Other(failure)) => Err(if command.json { failure.as_json() } else { failure }),
    }
}

enum Refused {
    Exchange(ExchangeError),
    Other(Failure),
}

async fn exchanged(command: &Credentials) -> Result<crate::secret::Secret, Refused> {
    let options = &command.exchanging;
    if options.web_identity_token_file.is_none() {
        let checked = options.identity().check_is_another(&ProcessEnvironment).await;
        checked.map_err(|no_keys| Refused::Exchange(no_keys.into()))?;
    }
    let timeout = Duration::from_secs(command.timeout);
    let keys = options.keys(&command.url, timeout, &ProcessEnvironment).await.map_err(Refused::Other)?;
    let kept = keys.credentials().await.map_err(Refused::Exchange)?;
    Ok(credential_process(&kept.credentials))
}

/// Says what is wrong on standard error: standard output is read by programs that look for credentials there.
fn tell(error: ExchangeError, json: bool) {
    let code = match &error {
        ExchangeError::Gateway(ClientError::Refused { code, .. }) => code.clone(),
        _ => None,
    };
    let NoKeys { message, hint } = error.into();
    if json {
        return out::error_json(code.as_deref(), &message, hint.as_deref());
    }
    out::error(&text::visible(&message));
    if let Some(hint) = hint {
        out::note(&format!("  {}", text::visible(&hint)));
    }
}
