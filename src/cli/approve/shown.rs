//! A plan, as a terminal shows it.

use serde_json::Value;

use crate::cli::out;
use crate::hidden::is_hidden;

/// What is shown of a plan.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The lines.
    pub(super) lines: Vec<String>,
    /// Whether there are more of a list.
    pub(super) left_out: bool,
}

/// The answer about a plan, line by line; of each list no more than `most` lines.
pub(super) fn lines(answer: &Value, most: usize) -> Shown {
    let said = |value: &Value| value.as_str().map(harmless);
    let caller = &answer["caller"];
    let person = said(&caller["person"]).unwrap_or_default();
    let name = said(&caller["name"]).unwrap_or_default();
    let heading = format!("{person} asks for this through an agent (key of {name}):");
    let mut shown = Shown { lines: vec![out::styled(out::STRONG, &heading), String::new()], left_out: false };
    let mut in_list = 0;
    for line in answer["lines"].as_array().into_iter().flatten().filter_map(said) {
        let is_item = line.starts_with("- ");
        if !is_item {
            shown.end_list(in_list, most);
        }
        in_list = if is_item { in_list + 1 } else { 0 };
        if in_list <= most {
            shown.lines.push(format!("  {line}"));
        }
    }
    shown.end_list(in_list, most);
    shown.lines.push(String::new());
    for (label, value) in [
        ("role", &answer["role_arn"]),
        ("role mapping", &answer["role_mapping"]),
        ("reason, in the caller's words", &answer["reason"]),
        ("a second person, because", &answer["because"]),
        ("request", &answer["planned_by_request_id"]),
        ("plan, SHA-256", &answer["plan_sha256"]),
        ("expires", &answer["expires_at"]),
    ] {
        shown.lines.extend(said(value).map(|value| format!("  {label}: {value}")));
    }
    shown.lines.push(String::new());
    shown
}

impl Shown {
    fn end_list(&mut self, items: usize, most: usize) {
        if items > most {
            self.lines.push(format!("  - and {} more", items - most));
            self.left_out = true;
        }
    }
}

/// The gateway's words, in which others' names stand, spelled out there already: a terminal must not obey what is not.
pub(super) fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for character in text.chars() {
        match is_hidden(character) {
            true => harmless.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
            false => harmless.push(character),
        }
    }
    harmless
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn long() -> Value {
        let items = (0..5).map(|number| format!("- item {number}"));
        let heading = ["x in dev".to_owned(), "This will go:".to_owned()].into_iter();
        let lines: Vec<String> = heading.chain(items).chain(["END".to_owned()]).collect();
        json!({"lines": lines, "caller": {"name": "alice", "person": "alice@example.com"}, "reason": "because"})
    }

    #[test]
    fn a_long_list_is_cut_and_what_follows_is_shown() {
        let shown = lines(&long(), 3);
        assert!(shown.left_out);
        let at = |line: &str| shown.lines.iter().position(|own| own == line);
        assert_eq!((at("  - item 3"), at("  - item 2").map(|at| at + 1)), (None, at("  - and 2 more")), "{shown:?}");
        assert!(at("  END") > at("  - and 2 more") && at("  reason, in the caller's words: because").is_some());
    }

    #[test]
    fn shown_whole_nothing_is_missing() {
        let shown = lines(&long(), usize::MAX);
        assert!(!shown.left_out && shown.lines.iter().any(|line| line == "  - item 4"), "{shown:?}");
    }

    #[test]
    fn what_the_gateway_spelled_out_is_not_spelled_out_again_and_a_terminal_obeys_nothing() {
        assert_eq!(harmless("ok\\u{20}go"), "ok\\u{20}go");
        assert_eq!(harmless("a\u{1b}[2Jb\u{202e}"), "a\\u{1b}[2Jb\\u{202e}");
    }
}
