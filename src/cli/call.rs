//! `call`

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;
use aws_types::region::Region;
use clap::Args;
use serde_json::{Map, Value, json};

use super::{Failure, Outcome, out};
use crate::broker::own;
use crate::client::sign::Scope;
use crate::client::{Client, ClientError};
use crate::clock::SystemClock;
use crate::config::{Environment, ProcessEnvironment};
use crate::tools::text;

/// Call a tool of a running gateway, signed with the usual AWS credentials.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    AWS_PROFILE=iam-mcp iam-mcp-gateway call list_users --url http://127.0.0.1:8080/mcp\n  \
    iam-mcp-gateway call create_user '{\"user_name\": \"bob\", \"dry_run\": true}' --url https://iam-mcp.example.internal/mcp\n\n\
    The credentials are a gateway key, found where AWS's own tools look: environment variables, the profile of\n\
    AWS_PROFILE, credential_process.\n\
    Exit codes: 0 the tool did it, 1 it was refused or failed, 2 the arguments or the URL are wrong.")]
pub struct Call {
    /// The tool's name; `iam-mcp-gateway tools` lists them.
    tool: String,
    /// The arguments as a JSON object; `-` reads them from standard input.
    #[arg(default_value = "{}")]
    arguments: String,
    /// The gateway's MCP endpoint.
    #[arg(long)]
    url: String,
    /// The service name that the gateway expects in signatures.
    #[arg(long, default_value = "iam-mcp")]
    service: String,
    /// The region that the gateway expects in signatures.
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Seconds to wait for the answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Answer the whole MCP result in one line of JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// What kept the tool from being called.
pub fn run(command: Call) -> Result<Outcome, Failure> {
    let arguments = arguments(&command.arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let credentials = own::credentials(Region::new(command.region.clone())).await;
        let credentials = credentials.provide_credentials().await.map_err(|error| {
            Failure::from(format!(
                "no AWS credentials were found to sign with ({error}); {}",
                match ProcessEnvironment.get("AWS_PROFILE") {
                    Some(profile) => format!("is there a profile {profile} with a gateway key, as AWS_PROFILE says?"),
                    None => "set AWS_PROFILE to a profile with a gateway key".to_owned(),
                }
            ))
        })?;
        let scope = Scope { service: command.service, region: command.region };
        let client = Client::new(&command.url, credentials, scope, Arc::new(SystemClock)).map_err(Failure::usage)?;
        Ok::<_, Failure>(client.call_tool(&command.tool, &arguments, Duration::from_secs(command.timeout)).await)
    })?;
    match result {
        Ok(result) => Ok(show(&result, command.json)),
        Err(ClientError::Refused { code, message, hint }) if command.json => {
            out::json_line(&json!({"error": {"code": code, "message": message, "hint": hint}}));
            Ok(Outcome::Failed)
        }
        Err(ClientError::Refused { code, message, hint }) => {
            // The gateway's words, which quote others': a terminal must not obey them.
            let code = code.map(|code| format!("{code}: ")).unwrap_or_default();
            out::error(&text::visible(&format!("{code}{message}")));
            // Agents read the message alone, so it may say the hint too.
            if let Some(hint) = hint.filter(|hint| !message.contains(hint.as_str())) {
                out::note(&format!("  {}", text::visible(&hint)));
            }
            Ok(Outcome::Failed)
        }
        Err(error) => Err(Failure::from(error)),
    }
}

fn arguments(text: &str) -> Result<Value, Failure> {
    let mut input = String::new();
    let text = if text == "-" {
        std::io::stdin().take(1024 * 1024).read_to_string(&mut input)?;
        &input
    } else {
        text
    };
    let arguments: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| Failure::usage(format!("the arguments are not a JSON object: {error}")))?;
    Ok(Value::Object(arguments))
}

fn show(result: &Value, json: bool) -> Outcome {
    let failed = result["isError"].as_bool().unwrap_or(false);
    let content = result.get("structuredContent").unwrap_or(result);
    if json {
        out::json_line(result);
    } else if failed {
        let said = |name: &str| content["error"][name].as_str().map(|said| text::visible(said).into_owned());
        let code = said("code").unwrap_or_else(|| "the call failed".to_owned());
        out::error(&format!("{code}: {}", said("message").unwrap_or_default()));
        if let Some(hint) = said("hint") {
            out::note(&format!("  {hint}"));
        }
        if content.as_object().is_some_and(|members| members.len() > 1) {
            out::json(content);
        }
    } else {
        out::json(content);
    }
    if failed { Outcome::Failed } else { Outcome::Done }
}
