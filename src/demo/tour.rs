//! Making the steps' calls, and telling what became of each.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::evidence::{Assumed, Called, Decided, Evidence, Recorded};
use super::steps::{STEPS, Step, TOKEN};
use super::{Caller, Running};
use crate::audit::{Verdict, VerifyError, VerifyReport, Witness, verify};
use crate::random::{SystemRandom, uuid};

/// What became of one step.
#[derive(Debug, Serialize)]
pub struct Told {
    /// Its number, from 1.
    pub step: usize,
    /// What happens.
    pub title: &'static str,
    /// What to see in it.
    pub because: &'static str,
    /// Who called.
    pub caller: Caller,
    /// The tool that was called.
    pub tool: &'static str,
    /// With these arguments.
    pub arguments: Value,
    /// What the gateway decided.
    pub decided: Option<Decided>,
    /// The sessions it assumed for the caller.
    pub assumed: Vec<Assumed>,
    /// The AWS calls it made.
    pub called: Vec<Called>,
    /// The records it left.
    pub recorded: Vec<Recorded>,
    /// What the tool answered.
    pub answered: Value,
    /// What is not as it should be; empty when all is well.
    pub wrong: Vec<String>,
}

/// What became of the whole tour.
#[derive(Debug, Serialize)]
pub struct Toured {
    /// Steps that did not do what they should.
    pub wrong: usize,
    /// Whether it was told to end before its last step.
    pub broken_off: bool,
    /// Whether every record of the audit journal is as it was written.
    pub journal: VerifyReport,
}

impl Toured {
    /// Whether everything was as it should be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.wrong == 0 && !self.broken_off && self.journal.verdict == Verdict::Verified
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

/// Takes the tour; `tell` hears of each step when it is over.
///
/// # Errors
/// When the journal cannot be read.
pub async fn tour(running: &Running, mut tell: impl FnMut(&Told)) -> Result<Toured, VerifyError> {
    let mut wrong = 0;
    let mut asked = None;
    let mut broken_off = false;
    for (index, step) in STEPS.iter().enumerate() {
        // Between two steps, so that no call is given up in the middle.
        broken_off = running.is_told_to_end();
        if broken_off {
            break;
        }
        let told = take(running, index + 1, step, asked.take()).await;
        asked = Asked::of(&told.answered);
        wrong += usize::from(!told.wrong.is_empty());
        tell(&told);
    }
    Ok(Toured { wrong, broken_off, journal: verify(&running.journal_folder(), &Witness::default())? })
}

/// The plan and the token that a call was answered with, to be confirmed by the next.
struct Asked {
    token: String,
    planned: Vec<String>,
}

impl Asked {
    fn of(answered: &Value) -> Option<Self> {
        let token = answered["confirmation_token"].as_str()?.to_owned();
        let calls = answered["plan"]["calls"].as_array()?;
        Some(Self {
            token,
            planned: calls.iter().filter_map(|call| call["action"].as_str().map(str::to_owned)).collect(),
        })
    }
}

async fn take(running: &Running, number: usize, step: &Step, asked: Option<Asked>) -> Told {
    let mut arguments = (step.arguments)();
    let shown = arguments.clone();
    if let Some(place) = arguments.get_mut("confirmation_token").filter(|place| **place == TOKEN) {
        *place = asked.as_ref().map(|asked| asked.token.clone()).into();
    }
    let id = uuid(&SystemRandom);
    let began = running.trail().len();
    let answer = match running.client(step.caller) {
        Ok(client) => client.call_tool_as(&id, step.tool, &arguments, PATIENCE).await,
        Err(error) => Err(error),
    };
    let (answered, mut wrong) = match answer {
        Ok(result) => (result["structuredContent"].clone(), Vec::new()),
        Err(error) => (Value::Null, vec![error.to_string()]),
    };
    let records = running.journal_reader().records_of(&id).await;
    let evidence = Evidence::of(&records, &running.trail(), began);
    wrong.extend(differences(step, &answered, &evidence, asked.as_ref()));
    let Evidence { decided, assumed, called, recorded, contradictions } = evidence;
    wrong.extend(contradictions);
    Told {
        step: number,
        title: step.title,
        because: step.because,
        caller: step.caller,
        tool: step.tool,
        arguments: shown,
        decided,
        assumed,
        called,
        recorded,
        answered,
        wrong,
    }
}

/// What a step came to, held against what it must come to.
fn differences(step: &Step, answered: &Value, evidence: &Evidence, asked: Option<&Asked>) -> Vec<String> {
    let mut wrong = Vec::new();
    match (answered["error"]["code"].as_str(), step.refused) {
        (code, refused) if code == refused => {}
        (Some(code), None) => wrong.push(format!("it was refused: {code}: {}", answered["error"]["message"])),
        (_, refused) => wrong.push(format!("it was not refused with {}", refused.unwrap_or_default())),
    }
    let stages: Vec<&str> = evidence.recorded.iter().map(|record| record.stage.as_str()).collect();
    if stages != step.stages {
        wrong.push(format!("it left the records {stages:?} and should have left {:?}", step.stages));
    }
    let called: BTreeSet<&str> = evidence.called.iter().map(|call| call.action.as_str()).collect();
    if step.calls.is_empty() && !called.is_empty() {
        wrong.push(format!("it called AWS, which it should not: {called:?}"));
    }
    if let Some(missing) = step.calls.iter().find(|action| !called.contains(**action)) {
        wrong.push(format!("it did not call {missing}"));
    }
    if step.calls.is_empty() != evidence.assumed.is_empty() {
        wrong.push("it assumed a role without calling AWS, or the other way round".to_owned());
    }
    if step.asks && Asked::of(answered).is_none() {
        wrong.push("it did not answer a plan with a confirmation token".to_owned());
    }
    let done = evidence.called.iter().filter(|call| !call.is_read()).map(|call| call.action.as_str());
    if let Some(asked) = asked
        && !done.eq(asked.planned.iter().map(String::as_str))
    {
        wrong.push("it did not do exactly what was planned".to_owned());
    }
    wrong
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::audit::{Digests, Signatures, UnsettledWrites};

    fn called(action: &str) -> Called {
        Called { action: action.into(), resource: "*".into(), status: 200, error: None }
    }

    fn assumed() -> Assumed {
        Assumed {
            purpose: "read".into(),
            arn: "arn:s".into(),
            source_identity: "ada@example.com".into(),
            tags: std::collections::BTreeMap::new(),
        }
    }

    fn recorded(stages: &[&str]) -> Vec<Recorded> {
        let numbered = (1..).zip(stages);
        numbered.map(|(sequence, stage)| Recorded { sequence, stage: (*stage).to_owned() }).collect()
    }

    fn step(tool: &str, refused: Option<&str>) -> &'static Step {
        STEPS.iter().find(|step| step.tool == tool && step.refused == refused).unwrap()
    }

    #[test]
    fn a_step_that_came_to_what_it_must_is_good() {
        let evidence = Evidence {
            assumed: vec![assumed()],
            called: vec![called("iam:ListUsers")],
            recorded: recorded(&["read"]),
            ..Evidence::default()
        };
        assert_eq!(differences(step("list_users", None), &json!({"Users": []}), &evidence, None), Vec::<String>::new());
        let refused = Evidence { recorded: recorded(&["denied"]), ..Evidence::default() };
        let answer = json!({"error": {"code": "ReadOnlyCaller"}});
        let wrong = differences(step("create_user", Some("ReadOnlyCaller")), &answer, &refused, None);
        assert_eq!(wrong, Vec::<String>::new());
    }

    #[test]
    fn each_way_to_go_wrong_is_told() {
        let refused = step("create_user", Some("ReadOnlyCaller"));
        let denied = || recorded(&["denied"]);
        let code = |code: &str| json!({"error": {"code": code, "message": "no"}});
        let with = |assumed: Vec<Assumed>, called: Vec<Called>, recorded| Evidence {
            assumed,
            called,
            recorded,
            ..Evidence::default()
        };
        for (step, answer, evidence, asked, told) in [
            (refused, json!({"User": {}}), with(vec![], vec![], denied()), None, "not refused with ReadOnlyCaller"),
            (refused, code("AccessDenied"), with(vec![], vec![], denied()), None, "not refused with ReadOnlyCaller"),
            (refused, code("ReadOnlyCaller"), with(vec![], vec![], vec![]), None, "left the records []"),
            (
                refused,
                code("ReadOnlyCaller"),
                with(vec![], vec![called("iam:CreateUser")], denied()),
                None,
                "called AWS, which it should not",
            ),
            (refused, code("ReadOnlyCaller"), with(vec![assumed()], vec![], denied()), None, "assumed a role"),
            (
                step("list_users", None),
                code("Throttling"),
                with(vec![assumed()], vec![called("iam:ListUsers")], recorded(&["read"])),
                None,
                "it was refused: Throttling",
            ),
            (step("list_users", None), json!({}), with(vec![assumed()], vec![], recorded(&["read"])), None, "not call"),
            (
                step("delete_user", None),
                json!({"plan": {"calls": []}}),
                with(
                    vec![assumed()],
                    vec![called("iam:GetUser"), called("iam:ListAccessKeys")],
                    recorded(&["dry-run"]),
                ),
                None,
                "confirmation token",
            ),
            (
                step("list_users", None),
                json!({}),
                with(vec![assumed()], vec![called("iam:ListUsers"), called("iam:DeleteUser")], recorded(&["read"])),
                Some(Asked { token: "t".into(), planned: vec!["iam:DeleteAccessKey".into()] }),
                "exactly what was planned",
            ),
        ] {
            let wrong = differences(step, &answer, &evidence, asked.as_ref());
            assert!(wrong.len() == 1 && wrong[0].contains(told), "{told}: {wrong:?}");
        }
    }

    #[test]
    fn a_tour_is_good_only_with_every_step_good_and_the_journal_whole() {
        let report = |verdict| VerifyReport {
            verdict,
            files: Vec::new(),
            records: 0,
            signatures: Signatures::default(),
            digests: Digests::default(),
            unsettled: UnsettledWrites::default(),
            first_bad: None,
            head: None,
        };
        assert!(Toured { wrong: 0, broken_off: false, journal: report(Verdict::Verified) }.is_good());
        assert!(!Toured { wrong: 1, broken_off: false, journal: report(Verdict::Verified) }.is_good());
        assert!(!Toured { wrong: 0, broken_off: true, journal: report(Verdict::Verified) }.is_good());
        for verdict in [Verdict::Broken, Verdict::UnconfirmedTail] {
            assert!(!Toured { wrong: 0, broken_off: false, journal: report(verdict) }.is_good());
        }
    }
}
