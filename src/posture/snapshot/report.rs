//! The credential report: what AWS's table says of each user, read from its text.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::credentials::{AccessKey, Credentials};
use super::csv::{self, CsvFault};

/// What the report calls the root user; no user can have this name.
pub const ROOT: &str = "<root_account>";

/// What stands in a cell that has nothing to tell: it does not apply, AWS does not say, or AWS does not know.
const NOTHING: [&str; 4] = ["N/A", "not_supported", "no_information", ""];

/// What the report says of one user, or of the root user.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportRow {
    /// The user's name; [`ROOT`] for the root user.
    pub user: Box<str>,
    /// The ARN.
    pub arn: Box<str>,
    /// Whether it is the root user.
    pub root: bool,
    /// When the user, or the account, was made.
    pub created: Option<Timestamp>,
    /// The password, second factor and access keys. AWS does not say of every root user whether it has a password: one
    /// of which it says nothing has.
    pub credentials: Credentials,
    /// Every cell under AWS's name of its column, in AWS's order, those included of which nothing is known here.
    pub cells: Vec<(Arc<str>, Cell)>,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// `N/A`, `not_supported`, `no_information`, or nothing at all.
    Nothing,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Number(u64),
    /// A time.
    Time(Timestamp),
    /// Anything else.
    Text(Box<str>),
}

/// Why a report cannot be read. What is missing or odd is never taken for "never": whoever looks for unused keys would
/// remove one that is in use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportFault {
    /// There is not even a header.
    #[error("the report is empty")]
    Empty,
    /// It is no table.
    #[error(transparent)]
    Csv(#[from] CsvFault),
    /// A column that is needed is not there.
    #[error("the report has no column {0}")]
    NoColumn(&'static str),
    /// Two columns have the same name.
    #[error("the report has the column {0} twice")]
    ColumnTwice(String),
    /// A line has more or fewer cells than the header.
    #[error("line {line} of the report has {cells} cells, and its header {columns}")]
    Cells {
        /// The line, counted from 1.
        line: usize,
        /// Its cells.
        cells: usize,
        /// The header's.
        columns: usize,
    },
    /// A cell is none of what its column can say.
    #[error("line {line} of the report says something else under {column} than that column does")]
    Cell {
        /// The line, counted from 1.
        line: usize,
        /// The column.
        column: &'static str,
    },
}

/// Reads a report: a header, then a line for the root user and for each user. Columns may stand in any order, and AWS
/// may add others.
///
/// # Errors
/// When a column of those that [`Credentials`] are made of is missing, or a cell in one of them cannot be read.
pub fn report(text: &str) -> Result<Vec<ReportRow>, ReportFault> {
    let mut lines = csv::lines(text.strip_prefix('\u{feff}').unwrap_or(text))?.into_iter();
    let (_, header) = lines.next().ok_or(ReportFault::Empty)?;
    let columns = Columns::of(header)?;
    lines.map(|(line, cells)| columns.row(line, cells)).collect()
}

#[derive(Debug)]
struct Columns {
    names: Vec<Arc<str>>,
    places: HashMap<Arc<str>, usize>,
}

impl Columns {
    fn of(header: Vec<String>) -> Result<Self, ReportFault> {
        let names: Vec<Arc<str>> = header.into_iter().map(Arc::from).collect();
        let mut places = HashMap::new();
        for (place, name) in names.iter().enumerate() {
            if places.insert(Arc::clone(name), place).is_some() {
                return Err(ReportFault::ColumnTwice(name.to_string()));
            }
        }
        Ok(Self { names, places })
    }

    fn row(&self, line: usize, texts: Vec<String>) -> Result<ReportRow, ReportFault> {
        if texts.len() != self.names.len() {
            return Err(ReportFault::Cells { line, cells: texts.len(), columns: self.names.len() });
        }
        let cells: Vec<Cell> = self.names.iter().zip(texts).map(|(column, text)| Cell::of(column, text)).collect();
        let row = Row { columns: self, line, cells: &cells };
        let (user, arn) = (row.text("user")?, row.text("arn")?);
        let (user, arn) = (user.ok_or(row.odd("user"))?, arn.ok_or(row.odd("arn"))?);
        let root = &*user == ROOT;
        let created = row.time("user_creation_time")?;
        let credentials = Credentials {
            password: row.flag("password_enabled")?.unwrap_or(root),
            password_last_used: row.time("password_last_used")?,
            password_last_changed: row.time("password_last_changed")?,
            mfa: row.flag("mfa_active")?.unwrap_or(false),
            access_keys: KEYS.iter().filter_map(|key| row.key(key).transpose()).collect::<Result<_, _>>()?,
        };
        let cells = self.names.iter().cloned().zip(cells).collect();
        Ok(ReportRow { user, arn, root, created, credentials, cells })
    }
}

/// The columns of one of the two access keys.
struct KeyColumns {
    number: u8,
    active: &'static str,
    last_rotated: &'static str,
    last_used: &'static str,
    last_used_service: &'static str,
}

const KEYS: [KeyColumns; 2] = [
    KeyColumns {
        number: 1,
        active: "access_key_1_active",
        last_rotated: "access_key_1_last_rotated",
        last_used: "access_key_1_last_used_date",
        last_used_service: "access_key_1_last_used_service",
    },
    KeyColumns {
        number: 2,
        active: "access_key_2_active",
        last_rotated: "access_key_2_last_rotated",
        last_used: "access_key_2_last_used_date",
        last_used_service: "access_key_2_last_used_service",
    },
];

/// A line that is being read.
struct Row<'a> {
    columns: &'a Columns,
    line: usize,
    cells: &'a [Cell],
}

impl Row<'_> {
    fn cell(&self, column: &'static str) -> Result<&Cell, ReportFault> {
        self.columns.places.get(column).map(|place| &self.cells[*place]).ok_or(ReportFault::NoColumn(column))
    }

    fn odd(&self, column: &'static str) -> ReportFault {
        ReportFault::Cell { line: self.line, column }
    }

    fn flag(&self, column: &'static str) -> Result<Option<bool>, ReportFault> {
        match self.cell(column)? {
            Cell::Nothing => Ok(None),
            Cell::Flag(flag) => Ok(Some(*flag)),
            _ => Err(self.odd(column)),
        }
    }

    fn time(&self, column: &'static str) -> Result<Option<Timestamp>, ReportFault> {
        match self.cell(column)? {
            Cell::Nothing => Ok(None),
            Cell::Time(time) => Ok(Some(*time)),
            _ => Err(self.odd(column)),
        }
    }

    fn text(&self, column: &'static str) -> Result<Option<Box<str>>, ReportFault> {
        match self.cell(column)? {
            Cell::Nothing => Ok(None),
            Cell::Text(text) => Ok(Some(text.clone())),
            _ => Err(self.odd(column)),
        }
    }

    /// The access key, if there is one: an inactive one is told by when it was made.
    fn key(&self, columns: &KeyColumns) -> Result<Option<AccessKey>, ReportFault> {
        let key = AccessKey {
            number: columns.number,
            active: self.flag(columns.active)?.unwrap_or(false),
            last_rotated: self.time(columns.last_rotated)?,
            last_used: self.time(columns.last_used)?,
            last_used_service: self.text(columns.last_used_service)?,
        };
        Ok((key.active || key.last_rotated.is_some()).then_some(key))
    }
}

impl Cell {
    /// What the text says under this column. A user may be called `true`, `17` or `no_information`.
    fn of(column: &str, text: String) -> Self {
        if matches!(column, "user" | "arn") {
            return if text.is_empty() { Self::Nothing } else { Self::Text(text.into()) };
        }
        if NOTHING.contains(&text.as_str()) {
            return Self::Nothing;
        }
        if column.ends_with("_region") || column.ends_with("_service") {
            return Self::Text(text.into());
        }
        if let Some(flag) = [false, true].into_iter().find(|flag| text.eq_ignore_ascii_case(&flag.to_string())) {
            return Self::Flag(flag);
        }
        if text.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(number) = text.parse()
        {
            return Self::Number(number);
        }
        text.parse().map_or_else(|_| Self::Text(text.into()), Self::Time)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
        password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
        cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
    const ROOT_LINE: &str = "<root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00+00:00,not_supported,\
        2026-01-05T09:00:00+00:00,not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,\
        false,N/A";
    const BOB: &str = "bob,arn:aws:iam::123456789012:user/ops/bob,2024-02-01T10:00:00+00:00,true,no_information,\
        2024-02-01T10:00:00+00:00,N/A,false,true,2024-02-02T10:00:00+00:00,2026-02-27T08:30:00+00:00,eu-west-1,s3,false,\
        2023-01-01T00:00:00+00:00,N/A,N/A,N/A,true,2024-03-01T00:00:00+00:00,false,N/A";

    fn rows(lines: &[&str]) -> Result<Vec<ReportRow>, ReportFault> {
        report(&lines.join("\n"))
    }

    fn at(text: &str) -> Option<Timestamp> {
        Some(text.parse().unwrap())
    }

    fn cell<'a>(row: &'a ReportRow, column: &str) -> &'a Cell {
        &row.cells.iter().find(|(name, _)| &**name == column).unwrap().1
    }

    #[test]
    fn a_user_is_read_with_password_keys_and_second_factor() {
        let rows = rows(&[HEADER, ROOT_LINE, BOB]).unwrap();
        let bob = &rows[1];
        assert_eq!((&*bob.user, &*bob.arn, bob.root), ("bob", "arn:aws:iam::123456789012:user/ops/bob", false));
        assert_eq!(bob.created, at("2024-02-01T10:00:00Z"));
        let used = AccessKey {
            number: 1,
            active: true,
            last_rotated: at("2024-02-02T10:00:00Z"),
            last_used: at("2026-02-27T08:30:00Z"),
            last_used_service: Some("s3".into()),
        };
        let idle = AccessKey { number: 2, last_rotated: at("2023-01-01T00:00:00Z"), ..AccessKey::default() };
        let expected = Credentials {
            password: true,
            password_last_used: None,
            password_last_changed: at("2024-02-01T10:00:00Z"),
            mfa: false,
            access_keys: vec![used, idle],
        };
        assert_eq!(bob.credentials, expected);
        assert_eq!(cell(bob, "cert_1_active"), &Cell::Flag(true));
        assert_eq!(cell(bob, "access_key_1_last_used_region"), &Cell::Text("eu-west-1".into()));
    }

    #[test]
    fn the_root_user_is_a_row_of_its_own() {
        let rows = rows(&[HEADER, ROOT_LINE]).unwrap();
        let root = &rows[0];
        assert!(root.root && root.credentials.password && root.credentials.mfa);
        assert_eq!(
            (root.credentials.password_last_used, root.credentials.access_keys.len()),
            (at("2026-01-05T09:00:00Z"), 0)
        );
        assert_eq!(cell(root, "password_enabled"), &Cell::Nothing);
        let without = ROOT_LINE.replacen("not_supported", "FALSE", 1);
        assert!(!self::rows(&[HEADER, &without]).unwrap()[0].credentials.password, "where AWS says so");
    }

    #[test]
    fn columns_may_stand_in_any_order_and_others_be_added() {
        let usual = &rows(&[HEADER, BOB]).unwrap()[0];
        let mut turned: Vec<(&str, &str)> = HEADER.split(',').zip(BOB.split(',')).collect();
        turned.reverse();
        turned.insert(3, ("additional_credentials_info", "2"));
        let line = |of: fn(&(&str, &str)) -> String| turned.iter().map(of).collect::<Vec<_>>().join(",");
        let row = &rows(&[&line(|(name, _)| (*name).to_owned()), &line(|(_, cell)| (*cell).to_owned())]).unwrap()[0];
        assert_eq!((&row.user, &row.credentials), (&usual.user, &usual.credentials));
        assert_eq!(cell(row, "additional_credentials_info"), &Cell::Number(2));
        assert_eq!(&*row.cells[0].0, "cert_2_last_rotated", "in AWS's order");
    }

    #[test]
    fn a_name_is_a_name_whatever_it_looks_like() {
        for name in ["true", "17", "no_information", "2026-01-01", "not_supported"] {
            let row = &rows(&[HEADER, &BOB.replacen("bob,", &format!("{name},"), 1)]).unwrap()[0];
            assert_eq!(&*row.user, name);
        }
        let comma = BOB.replacen("bob,", "\"a,b\",", 1);
        assert_eq!(&*rows(&[HEADER, &comma]).unwrap()[0].user, "a,b");
    }

    #[test]
    fn what_cannot_be_read_is_never_taken_for_never_used() {
        let used = "2026-02-27T08:30:00+00:00";
        for odd in ["27.02.2026", "true", "20260227", "yesterday"] {
            let fault = rows(&[HEADER, &BOB.replace(used, odd)]).unwrap_err();
            assert_eq!(fault, ReportFault::Cell { line: 2, column: "access_key_1_last_used_date" }, "{odd}");
        }
        let fault = rows(&[HEADER, &BOB.replacen("true", "yes", 1)]).unwrap_err();
        assert_eq!(fault, ReportFault::Cell { line: 2, column: "password_enabled" });
        for column in ["user", "mfa_active", "access_key_2_last_used_date", "password_last_used"] {
            let fault = rows(&[&HEADER.replacen(column, "renamed", 1), BOB]).unwrap_err();
            assert_eq!(fault, ReportFault::NoColumn(column));
        }
    }

    #[test]
    fn a_table_that_is_none_is_refused_with_its_line() {
        let short = BOB.rsplit_once(',').unwrap().0;
        assert_eq!(rows(&[HEADER, BOB, short]).unwrap_err(), ReportFault::Cells { line: 3, cells: 21, columns: 22 });
        assert_eq!(report("\n").unwrap_err(), ReportFault::Empty);
        assert_eq!(rows(&["user,arn,user", "a,b,c"]).unwrap_err(), ReportFault::ColumnTwice("user".into()));
        assert_eq!(rows(&[HEADER, "\"bob"]).unwrap_err(), ReportFault::Csv(CsvFault::Open(2)));
        assert_eq!(
            rows(&[HEADER, &BOB.replacen("bob,", ",", 1)]).unwrap_err(),
            ReportFault::Cell { line: 2, column: "user" }
        );
    }

    #[test]
    fn a_mark_of_its_encoding_and_other_line_ends_are_no_part_of_it() {
        let text = format!("\u{feff}{HEADER}\r\n{BOB}\r\n");
        assert_eq!(report(&text), rows(&[HEADER, BOB]));
        assert_eq!(rows(&[HEADER]).unwrap(), []);
    }

    proptest! {
        #[test]
        fn no_report_is_too_odd(text in "[a-c,\"\r\n]{0,60}", at in 0usize..400) {
            let whole = [HEADER, ROOT_LINE, BOB].join("\n");
            let cut = (0..=at.min(whole.len())).rev().find(|at| whole.is_char_boundary(*at)).unwrap_or(0);
            let _read = report(&format!("{}{text}{}", &whole[..cut], &whole[cut..]));
        }
    }
}
