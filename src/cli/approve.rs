//! `approve`

mod shown;

use std::io::{BufRead, IsTerminal, Read};

use clap::Args;
use serde_json::{Value, json};

use super::to::{self, ToApprove};
use super::{Failure, Outcome, out};
use crate::client::{Client, ClientError, url};
use crate::http::Service;
use crate::tools::text;

/// How many lines of one list are shown at first, so that what comes after it is seen.
const MOST_LINES: usize = 60;

/// The longest plan token that is read from standard input.
const LONGEST_TOKEN: u64 = 64 * 1024;

/// Approve what another person's agent plans.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    AWS_PROFILE=iam-mcp iam-mcp-gateway approve --url https://iam-mcp.example.internal/mcp/prod AgMHMjAyNi0x...\n  \
    iam-mcp-gateway approve --url http://127.0.0.1:8080/mcp --show - < plan_token\n  \
    iam-mcp-gateway approve --url http://127.0.0.1:8080/mcp --reject - < plan_token\n\n\
    The plan is shown first, as the gateway sealed it; of a long list its beginning, and all of it with --show, or when\n\
    you answer s. What is printed in the end is the approval token: give it to whoever\n\
    asked, whose agent calls again with it as confirmation_token. It is good for this plan and this caller, once, and as\n\
    long as your key is.\n\
    The credentials are your own gateway key, found where AWS's own tools look. Keep it where no agent can read it, your own\n\
    neither: with it an agent approves in your name. Best it is a key for approvals alone (keyring add --use approvals). Your\n\
    role mapping must have may_approve, and you must be another person than the one who asks.\n\
    A rejection holds at every replica, if they share state ([shared_state]), and else at the one that answers.\n\
    Exit codes: 0 it is approved (or rejected, or shown), 1 it is not, 2 the arguments or the URL are wrong.")]
pub struct Approve {
    /// The plan_token that the agent was answered; `-` reads it from standard input.
    plan_token: String,
    #[command(flatten)]
    to: ToApprove,
    /// Approve without asking, for whoever has looked at the plan elsewhere.
    #[arg(long)]
    yes: bool,
    /// Reject it: no approval of this plan is accepted any more.
    #[arg(long, conflicts_with = "yes")]
    reject: bool,
    /// Print the whole plan, with all that the token has of it, and decide nothing.
    #[arg(long, conflicts_with_all = ["yes", "reject"])]
    show: bool,
    /// Answer in one line of JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// What kept the plan from being shown.
pub fn run(command: &Approve) -> Result<Outcome, Failure> {
    let asks = !command.yes && !command.reject && !command.show;
    if asks && (command.plan_token == "-" || !std::io::stdin().is_terminal()) {
        return Err(Failure::usage(
            "standard input is no terminal, so nobody can be asked: look at the plan on one, or say --show, --yes or --reject",
        ));
    }
    let token = token(&command.plan_token)?;
    let url = url::beside(&command.to.endpoint().url, Service::Approvals).map_err(Failure::usage)?;
    let answered = command.to.endpoint().block_on(async {
        let client = command.to.client_at(&url).await?;
        Ok::<_, Failure>(decide(command, &client, &token).await)
    })??;
    match answered {
        Ok(Some(answer)) => {
            tell(command, &answer);
            Ok(Outcome::Done)
        }
        Ok(None) => {
            out::note("Not approved; nothing was decided.");
            Ok(Outcome::Failed)
        }
        Err(error) => to::refused(error, command.json),
    }
}

/// Shows the plan, asks, and says what was decided; `None` when the person did not say yes.
async fn decide(command: &Approve, client: &Client, token: &str) -> Result<Option<Value>, ClientError> {
    let timeout = command.to.endpoint().timeout();
    let plan = client.ask(&json!({"plan_token": token}), timeout).await?;
    if command.show {
        return Ok(Some(plan));
    }
    // On standard error: what is printed on standard output is the token alone. What nobody is asked about is shown whole.
    let whole = command.yes || command.reject;
    let shown = shown::lines(&plan, if whole { usize::MAX } else { MOST_LINES });
    shown.lines.iter().for_each(|line| out::note(line));
    if !whole && !is_confirmed(&plan, shown.left_out) {
        return Ok(None);
    }
    let decision = if command.reject { "reject" } else { "approve" };
    client.ask(&json!({"plan_token": token, "decision": decision}), timeout).await.map(Some)
}

/// Whether the person at the terminal says yes; nothing but a plain yes is one. Where something was left out, it is shown to
/// whoever wants to see it before.
fn is_confirmed(plan: &Value, mut left_out: bool) -> bool {
    loop {
        out::note(if left_out { "Approve it? [y/N, s shows all of it]" } else { "Approve it? [y/N]" });
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line).is_err() {
            return false;
        }
        if !left_out || !line.trim().eq_ignore_ascii_case("s") {
            return is_yes(&line);
        }
        shown::lines(plan, usize::MAX).lines.iter().for_each(|line| out::note(line));
        left_out = false;
    }
}

fn is_yes(line: &str) -> bool {
    ["y", "yes"].contains(&line.trim().to_lowercase().as_str())
}

fn tell(command: &Approve, answer: &Value) {
    if command.json {
        out::json_line(answer);
    } else if command.show {
        shown::lines(answer, usize::MAX).lines.iter().for_each(|line| out::line(line));
    } else if command.reject {
        out::note(&format!("Rejected: {}.", shown::harmless(answer["note"].as_str().unwrap_or_default())));
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
}
