//! The table of docs/errors.md on what becomes of a call when AWS misbehaves.

use std::collections::BTreeMap;

/// A row of it.
#[derive(Debug)]
pub(super) struct Row {
    /// The code, or what stands for AWS's own.
    code: String,
    pub(super) read_attempts: usize,
    pub(super) change_attempts: usize,
    /// Whether AWS may have acted on a change.
    pub(super) may_have_acted: bool,
    /// Whether the reply of a change says that the same call may succeed later.
    pub(super) change_is_retryable: bool,
}

impl Row {
    pub(super) fn names(&self, code: &str) -> bool {
        self.code.contains(&format!("`{code}`"))
    }
}

/// The rows by their fault.
pub(super) fn documented() -> BTreeMap<&'static str, Row> {
    let text = include_str!("../../../../docs/errors.md");
    let (_, section) = text.split_once("### When AWS misbehaves\n").expect("docs/errors.md has the section");
    let rows = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let &[fault, code, read, change, acted, retryable] = cells.as_slice() else { panic!("{line}") };
        let yes = |cell: &str| match cell {
            "yes" => true,
            "no" | "reads" => false,
            other => panic!("{other}: {line}"),
        };
        let row = Row {
            code: code.to_owned(),
            read_attempts: read.parse().unwrap(),
            change_attempts: change.parse().unwrap(),
            may_have_acted: yes(acted),
            change_is_retryable: yes(retryable),
        };
        (fault, row)
    })
    .collect()
}
