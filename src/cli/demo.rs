//! `demo`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anstream::adapter::strip_str;
use clap::Args;
use serde_json::{Value, json};

use super::{Failure, Outcome, out};
use crate::audit::Verdict;
use crate::clock::SystemClock;
use crate::config::{Environment, ProcessEnvironment};
use crate::demo::connect::{self, Way};
use crate::demo::{Assumed, Called, Caller, DemoError, Options, Running, Told, Toured, tour};
use crate::random::SystemRandom;
use crate::tools::text;

/// Try it without an AWS account: a gateway on an IAM of its own, a tour, and an endpoint to connect agents to.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  iam-mcp-gateway demo\n  \
    iam-mcp-gateway demo --listen 127.0.0.1:0 --dir /tmp/iam-demo --once\n\n\
    The folder then holds: aws-credentials (profiles admin and auditor), gateway.toml (the configuration it runs with),\n\
    endpoint (the MCP URL), audit/ (the journal), aws-trail.jsonl (what CloudTrail would say),\n\
    sandbox-credentials (a user of the account, for AWS's own tools), aws-config (profile person: that user;\n\
    profile gateway: gateway credentials that it gets by proving who it is).\n\
    Exit codes: 0 every step did what it should, 1 one did not, or the demo could not start.")]
pub struct Demo {
    /// The folder that will hold everything; one of an earlier demo is taken over.
    #[arg(long, value_name = "DIR", default_value = ".iam-mcp-gateway-demo")]
    dir: PathBuf,
    /// The loopback address to serve on; port 0 takes any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8426", value_parser = address)]
    listen: SocketAddr,
    /// End after the tour.
    #[arg(long)]
    once: bool,
    /// Tell each step in a line of JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// What keeps the demo from starting.
pub fn run(command: Demo) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(demo(command));
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome.map_err(Failure::from)
}

async fn demo(command: Demo) -> Result<Outcome, DemoError> {
    let options = Options { folder: command.dir, listen: command.listen, binary: binary() };
    let running = Running::start(&options, Arc::new(SystemClock), Arc::new(SystemRandom)).await?;
    let paper = Paper { json: command.json };
    paper.opening(&running);
    let toured = tour(&running, |told| paper.step(told)).await?;
    paper.closing(&toured);
    if !command.once && !toured.broken_off {
        paper.connections(&running);
        running.told_to_end().await;
    }
    running.end().await?;
    Ok(if toured.is_good() { Outcome::Done } else { Outcome::Failed })
}

/// How the demo is told.
struct Paper {
    json: bool,
}

impl Paper {
    fn opening(&self, running: &Running) {
        let counts = running.sandbox().counts();
        if self.json {
            out::json_line(&json!({
                "endpoint": running.url(), "sandbox": running.sandbox_url(), "folder": running.folder(),
                "account": running.sandbox().account().as_str(), "users": counts.users, "roles": counts.roles,
            }));
            return;
        }
        out::line(&format!(
            "{} no AWS account, nothing leaves this machine\n",
            out::styled(out::STRONG, concat!("iam-mcp-gateway ", env!("CARGO_PKG_VERSION"), " demo:"))
        ));
        said("gateway", &format!("MCP on {}", running.url()));
        said(
            "sandbox",
            &format!(
                "account {} with {} users and {} roles, on {}",
                running.sandbox().account(),
                counts.users,
                counts.roles,
                running.sandbox_url()
            ),
        );
        said("folder", &text::visible(&running.folder().display().to_string()));
    }

    fn step(&self, told: &Told) {
        if self.json {
            return out::json_line(told);
        }
        let mark = match told.wrong.is_empty() {
            true => out::styled(out::GOOD, "\u{2713}"),
            false => out::styled(out::BAD, "\u{2717}"),
        };
        out::line(&format!("\n{mark} {}", out::styled(out::STRONG, &format!("{}. {}", told.step, told.title))));
        out::line(&format!("   {}", out::styled(out::FAINT, told.because)));
        said("sent", &format!("{} {} by {}", told.tool, compact(&told.arguments), told.caller.name()));
        if let Some(decided) = &told.decided {
            let style = if decided.effect == "allow" { out::GOOD } else { out::CAUTION };
            let by = match &decided.policy {
                Some((policy, statement)) => format!("{policy}, statement {statement}"),
                None => decided.reason.clone(),
            };
            said("decided", &format!("{} by {by}", out::styled(style, &decided.effect)));
        }
        for (assumed, purposes) in sessions(&told.assumed) {
            let tags: Vec<String> = assumed.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
            said("assumed", &format!("{}, {purposes}", session(&assumed.arn)));
            said("stamped", &format!("{} and source identity {}", tags.join(" "), assumed.source_identity));
        }
        if told.assumed.is_empty() {
            said("assumed", "nothing");
        }
        said("called", &called(told));
        let recorded: Vec<String> =
            told.recorded.iter().map(|record| format!("{} {}", record.sequence, record.stage)).collect();
        said("recorded", &recorded.join(", "));
        said("answered", &answered(told));
        for wrong in &told.wrong {
            said("wrong", &out::styled(out::BAD, &text::visible(wrong)));
        }
    }

    fn closing(&self, toured: &Toured) {
        if self.json {
            return out::json_line(&json!({"good": toured.is_good(), "tour": toured}));
        }
        if toured.is_good() {
            let records = toured.journal.records;
            return out::line(&format!(
                "\n{} every step did what it should. The sandbox's trail and the audit journal\nagree, and the journal's \
                 {records} records are whole.",
                out::styled(out::GOOD, "Good:")
            ));
        }
        if toured.broken_off {
            return out::line(&format!("\n{} in the middle of the tour.", out::styled(out::CAUTION, "Ended")));
        }
        let wrong = out::styled(out::BAD, "Wrong:");
        if toured.wrong > 0 {
            out::line(&format!("\n{wrong} {} of the steps did not do what they should.", toured.wrong));
        }
        if let Some(bad) = &toured.journal.first_bad {
            out::line(&format!(
                "\n{wrong} the audit journal is broken at {}.\nRemove the folder, or name another with --dir.",
                text::visible(&bad.to_string())
            ));
        } else if toured.journal.verdict != Verdict::Verified {
            out::line(&format!("\n{wrong} the audit journal has lines of a failed write that were never confirmed."));
        }
    }

    fn connections(&self, running: &Running) {
        let ways = connect::ways(running, Caller::Admin, &binary());
        if self.json {
            return out::json_line(&json!({"serving": running.url(), "connect": ways}));
        }
        out::line(&format!(
            "\n{} until Ctrl-C. Connect as {} (may write) or {} (reads only):",
            out::styled(out::STRONG, &format!("Serving {}", running.url())),
            Caller::Admin.name(),
            Caller::Auditor.name(),
        ));
        if ProcessEnvironment.get("AWS_ACCESS_KEY_ID").is_some() {
            out::line(&format!(
                "\n{} AWS_ACCESS_KEY_ID is set here and wins over AWS_PROFILE: unset it where you run these.",
                out::styled(out::CAUTION, "Mind:")
            ));
        }
        for Way { client, how, text } in &ways {
            out::line(&format!("\n{}, {how}:", out::styled(out::STRONG, client)));
            text.lines().for_each(|line| out::line(&text::visible(line)));
        }
    }
}

/// This program.
fn binary() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("iam-mcp-gateway"))
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write IP:PORT, such as 127.0.0.1:8426 or [::1]:0; names are not looked up".to_owned())
}

/// What is said of a subject, within the width of a terminal.
fn said(subject: &str, what: &str) {
    let subject = out::styled(out::FAINT, &format!("{subject:<9}"));
    for (place, line) in wrapped(what).into_iter().enumerate() {
        let before = if place == 0 { subject.as_str() } else { "         " };
        out::line(&format!("   {before} {line}"));
    }
}

/// The text in lines of no more than 67 columns, where its words allow it.
fn wrapped(text: &str) -> Vec<String> {
    const WIDTH: usize = 67;
    let columns = |text: &str| strip_str(text).to_string().chars().count();
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// `mcp-admin as admin-ABC...`: the role's name and the session's.
fn session(arn: &str) -> String {
    let mut parts = arn.rsplit('/');
    let (session, role) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{role} as {session}")
}

/// The AWS calls. Reads run side by side and end in any order, so more than one of them are counted.
fn called(told: &Told) -> String {
    let shown = |call: &Called| match &call.error {
        Some(error) => format!("{} ({error})", call.action),
        None => call.action.clone(),
    };
    let (reads, writes): (Vec<&Called>, Vec<&Called>) = told.called.iter().partition(|call| call.is_read());
    let reads = match reads.as_slice() {
        [] => None,
        [only] => Some(shown(only)),
        many => Some(format!("{} reads of IAM", many.len())),
    };
    let writes: Vec<String> = match writes.as_slice() {
        [first, second, between @ .., last] if !between.is_empty() => {
            vec![shown(first), shown(second), format!("{} more", between.len()), shown(last)]
        }
        few => few.iter().map(|call| shown(call)).collect(),
    };
    let calls: Vec<String> = reads.into_iter().chain(writes).collect();
    if calls.is_empty() { "nothing".to_owned() } else { calls.join(", ") }
}

/// The sessions with what they are for; one that was assumed twice, to read and to write, is shown once.
fn sessions(assumed: &[Assumed]) -> Vec<(&Assumed, String)> {
    let mut shown: Vec<(&Assumed, String)> = Vec::new();
    for session in assumed {
        match shown.iter_mut().find(|(other, _)| other.arn == session.arn) {
            Some((_, purposes)) => purposes.push_str(&format!(", and to {}", session.purpose)),
            None => shown.push((session, format!("to {}", session.purpose))),
        }
    }
    shown
}

/// The answer in a line: what was found, made or removed, or the error.
fn answered(told: &Told) -> String {
    let answer = &told.answered;
    let text = |value: &Value| text::visible(value.as_str().unwrap_or_default()).into_owned();
    if let Some(error) = answer.get("error") {
        return format!("{}: {}", out::styled(out::CAUTION, &text(&error["code"])), text(&error["message"]));
    }
    if let Some(users) = answer["Users"].as_array() {
        let names: Vec<String> = users.iter().map(|user| text(&user["UserName"])).collect();
        let more = if answer["IsTruncated"] == true { ", and a marker for the next page" } else { "" };
        return format!("{}{more}", names.join(", "));
    }
    if answer.get("confirmation_token").is_some() {
        let calls = answer["plan"]["calls"].as_array().map_or(0, Vec::len);
        return format!("a plan of {calls} AWS calls, and a confirmation token");
    }
    match answer {
        Value::Object(members) if members.contains_key("Deleted") => {
            format!("deleted {}", text(&answer["Deleted"]["Arn"]))
        }
        Value::Object(members) if members.contains_key("User") => format!("created {}", text(&answer["User"]["Arn"])),
        Value::Object(members) if members.contains_key("Caller") => {
            format!(
                "{}, {} as {}",
                text(&answer["Caller"]["person"]),
                text(&answer["Access"]),
                text(&answer["RoleArn"])
            )
        }
        other => compact(other),
    }
}

/// JSON in a line.
fn compact(value: &Value) -> String {
    text::visible(&value.to_string()).into_owned()
}
