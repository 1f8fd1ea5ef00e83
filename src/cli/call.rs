//! `call`

use std::io::Read;

use clap::Args;
use serde_json::{Map, Value};

use super::to::{self, To};
use super::{Failure, Outcome, out};
use crate::tools::text;

/// Call a tool of a running gateway, signed with the usual AWS credentials.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    AWS_PROFILE=iam-mcp iam-mcp-gateway call list_users --url http://127.0.0.1:8080/mcp\n  \
    iam-mcp-gateway call create_user '{\"user_name\": \"bob\", \"dry_run\": true}' --url https://iam-mcp.example.internal/mcp\n\n\
    The credentials are found where AWS's own tools look: environment variables, the profile of AWS_PROFILE,\n\
    credential_process. A gateway key signs as it is; AWS's own credentials are exchanged for a short-lived one first,\n\
    as `iam-mcp-gateway credentials` does it.\n\
    Exit codes: 0 the tool did it, 1 it was refused or failed, 2 the arguments or the URL are wrong.")]
pub struct Call {
    /// The tool's name; `iam-mcp-gateway tools` lists them.
    tool: String,
    /// The arguments as a JSON object; `-` reads them from standard input.
    #[arg(default_value = "{}")]
    arguments: String,
    #[command(flatten)]
    to: To,
    /// Answer the whole MCP result in one line of JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// What kept the tool from being called.
pub fn run(command: &Call) -> Result<Outcome, Failure> {
    let arguments = arguments(&command.arguments)?;
    let timeout = command.to.endpoint().timeout();
    let result = command.to.endpoint().block_on(async {
        let client = command.to.client().await?;
        Ok::<_, Failure>(client.call_tool(&command.tool, &arguments, timeout).await)
    })??;
    match result {
        Ok(result) => Ok(show(&result, command.json)),
        Err(error) => to::refused(error, command.json),
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
