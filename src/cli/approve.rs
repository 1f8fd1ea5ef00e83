//! `approve`

use std::io::{BufRead, IsTerminal, Read};

use clap::Args;
use serde_json::{Value, json};

use super::to::{self, To};
use super::{Failure, Outcome, out};
use crate::client::{Client, ClientError};
use crate::tools::text;

/// The longest plan token that is read from standard input.
const LONGEST_TOKEN: u64 = 64 * 1024;

/// Approve what another person's agent plans.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    AWS_PROFILE=iam-mcp iam-mcp-gateway approve --url https://iam-mcp.example.internal/mcp/prod AgMHMjAyNi0x...\n  \
    iam-mcp-gateway approve --url http://127.0.0.1:8080/mcp --reject - < plan_token\n\n\
    The plan is shown first, as the gateway sealed it. What is printed in the end is the approval token: give it to whoever\n\
    asked, whose agent calls again with it as confirmation_token. It is good for this plan and this caller, once.\n\
    The credentials are your own gateway key, found where AWS's own tools look. Your role mapping must have may_approve, and\n\
    you must be another person than the one who asks.\n\
    Exit codes: 0 it is approved (or rejected), 1 it is not, 2 the arguments or the URL are wrong.")]
pub struct Approve {
    /// The plan_token that the agent was answered; `-` reads it from standard input.
    plan_token: String,
    #[command(flatten)]
    to: To,
    /// Approve without asking, for whoever has looked at the plan elsewhere.
    #[arg(long)]
    yes: bool,
    /// Reject it: no approval of this plan is accepted by this gateway any more.
    #[arg(long, conflicts_with = "yes")]
    reject: bool,
    /// Answer in one line of JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// What kept the plan from being shown.
pub fn run(command: &Approve) -> Result<Outcome, Failure> {
    let asks = !command.yes && !command.reject;
    if asks && (command.plan_token == "-" || !std::io::stdin().is_terminal()) {
        return Err(Failure::usage(
            "standard input is no terminal, so nobody can be asked: look at the plan on one, or say --yes or --reject",
        ));
    }
    let token = token(&command.plan_token)?;
    let url = approvals(&command.to.url).map_err(Failure::usage)?;
    let answered = command.to.block_on(async {
        let client = command.to.client(&url).await?;
        Ok::<_, Failure>(decide(command, &client, &token).await)
    })??;
    match answered {
        Ok(Some(answer)) => {
            tell(command, &answer);
            Ok(Outcome::Done)
        }
        Ok(None) => {
            out::note("Not approved; nothing was sent.");
            Ok(Outcome::Failed)
        }
        Err(error) => to::refused(error, command.json),
    }
}

/// Shows the plan, asks, and says what was decided; `None` when the person did not say yes.
async fn decide(command: &Approve, client: &Client, token: &str) -> Result<Option<Value>, ClientError> {
    let timeout = command.to.timeout();
    let plan = client.ask(&json!({"plan_token": token}), timeout).await?;
    show(&plan);
    if !command.yes && !command.reject && !is_confirmed() {
        return Ok(None);
    }
    let decision = if command.reject { "reject" } else { "approve" };
    client.ask(&json!({"plan_token": token, "decision": decision}), timeout).await.map(Some)
}

/// The plan, on standard error: what is printed on standard output is the token alone.
fn show(answer: &Value) {
    // The gateway's words, in which others' names stand: a terminal must not obey them.
    let said = |value: &Value| value.as_str().map(|said| text::visible(said).into_owned());
    let caller = &answer["caller"];
    let person = said(&caller["person"]).unwrap_or_default();
    let name = said(&caller["name"]).unwrap_or_default();
    out::note(&out::styled(out::STRONG, &format!("{person} asks for this through an agent (key of {name}):")));
    out::note("");
    for line in answer["lines"].as_array().into_iter().flatten().filter_map(said) {
        out::note(&format!("  {line}"));
    }
    out::note("");
    for (label, value) in [
        ("role", &answer["role_arn"]),
        ("role mapping", &answer["role_mapping"]),
        ("reason, in the caller's words", &answer["reason"]),
        ("a second person, because", &answer["because"]),
        ("request", &answer["planned_by_request_id"]),
        ("expires", &answer["expires_at"]),
    ] {
        if let Some(value) = said(value) {
            out::note(&format!("  {label}: {value}"));
        }
    }
    out::note("");
}

/// Whether the person at the terminal says yes; nothing but a plain yes is one.
fn is_confirmed() -> bool {
    out::note("Approve it? [y/N]");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).is_ok() && is_yes(&line)
}

fn is_yes(line: &str) -> bool {
    ["y", "yes"].contains(&line.trim().to_lowercase().as_str())
}

fn tell(command: &Approve, answer: &Value) {
    if command.json {
        out::json_line(answer);
    } else if command.reject {
        out::note("Rejected.");
    } else {
        let expires = answer["expires_at"].as_str().unwrap_or_default();
        out::note(&format!(
            "Approved. Until {} the caller passes this on as confirmation_token:",
            text::visible(expires)
        ));
        out::line(&text::visible(answer["approval_token"].as_str().unwrap_or_default()));
    }
}

fn token(given: &str) -> Result<String, Failure> {
    let mut token = given.to_owned();
    if given == "-" {
        token.clear();
        std::io::stdin().take(LONGEST_TOKEN).read_to_string(&mut token)?;
    }
    let token = token.trim().to_owned();
    if token.is_empty() {
        return Err(Failure::usage("there is no plan token"));
    }
    Ok(token)
}

/// Where approvals are given, beside an MCP endpoint: `/approvals` for `/mcp`, `/approvals/prod` for `/mcp/prod`.
fn approvals(url: &str) -> Result<String, String> {
    let (start, path) =
        url.find("://").and_then(|at| Some(url.split_at(at + 3 + url[at + 3..].find('/')?))).unwrap_or((url, ""));
    let environment = ["/mcp", "/approvals"].iter().find_map(|service| path.strip_prefix(service));
    match environment {
        Some(environment) if environment.is_empty() || environment.starts_with('/') => {
            Ok(format!("{start}/approvals{environment}"))
        }
        _ => Err(format!("{url} is not the URL of a gateway's MCP endpoint; it ends in /mcp or /mcp/ENVIRONMENT")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_yes_is_one() {
        for yes in ["y\n", "Y", " yes \r\n"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n\n", "yy", "yes please", "true", "ja", "y\ny"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }

    #[test]
    fn approvals_stand_beside_the_mcp_endpoint() {
        for (url, expected) in [
            ("https://gateway.example/mcp", "https://gateway.example/approvals"),
            ("http://127.0.0.1:8080/mcp/dev-2", "http://127.0.0.1:8080/approvals/dev-2"),
            ("https://gateway.example/approvals/prod", "https://gateway.example/approvals/prod"),
        ] {
            assert_eq!(approvals(url).as_deref(), Ok(expected));
        }
        for url in ["https://gateway.example", "https://gateway.example/", "https://gateway.example/mcpx", "mcp", ""] {
            assert!(approvals(url).is_err(), "{url}");
        }
    }
}
