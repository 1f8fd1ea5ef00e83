//! Reading tables key by key: each typed getter records what is wrong and lets the reading go on.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::fault::{FaultCode, Place};
use super::node::{Node, Table, Value};
use super::sink::{Problem, Sink};

/// A table that is being read. Whoever opened it reports the keys that nobody asked for, so that cannot be forgotten:
/// see [`read_root`], [`Section::table`] and [`Item::table`].
#[derive(Debug)]
pub(super) struct Section<'a> {
    table: &'a Table,
    place: Place,
    path: String,
    sink: &'a Sink,
    asked: RefCell<Vec<String>>,
}

static EMPTY: Table = Table::new();

/// Reads the whole document.
pub(super) fn read_root<T>(table: &Table, sink: &Sink, read: impl FnOnce(&Section<'_>) -> T) -> T {
    Section { table, place: Place::File, path: String::new(), sink, asked: RefCell::default() }.read(read)
}

impl<'a> Section<'a> {
    fn read<T>(&self, read: impl FnOnce(&Self) -> T) -> T {
        let value = read(self);
        let asked = self.asked.borrow();
        for (key, entry) in self.table {
            if !asked.contains(key) {
                let kind = if self.path.is_empty() { "section" } else { "key" };
                let problem = Problem::new(FaultCode::UnknownKey, format!("unknown {kind}"))
                    .suggest(key, asked.iter().map(String::as_str))
                    .or_remedy(|| format!("known here: {}", asked.join(", ")));
                self.sink.fault(entry.key.clone(), &self.path_of(key), problem);
            }
        }
        value
    }

    /// The path of `key`; one that is no bare TOML key is quoted and escaped, as faults are shown on terminals.
    fn path_of(&self, key: &str) -> String {
        let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let key = if bare { key.to_owned() } else { format!("{key:?}") };
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }

    /// Where everything that is read goes.
    pub(super) fn sink(&self) -> &'a Sink {
        self.sink
    }

    /// The value of `key`, when it is there.
    pub(super) fn optional(&self, key: &str) -> Option<Item<'a>> {
        let path = self.path_of(key);
        self.sink.know(&path);
        let mut asked = self.asked.borrow_mut();
        if !asked.iter().any(|other| other == key) {
            asked.push(key.to_owned());
        }
        let node = &self.table.get(key)?.node;
        Some(Item { node, path, sink: self.sink })
    }

    /// The value of `key`; a fault when it is not there. `remedy` says what to write.
    pub(super) fn required(&self, key: &str, remedy: &str) -> Option<Item<'a>> {
        let item = self.optional(key);
        if item.is_none() {
            self.missing(key, remedy);
        }
        item
    }

    /// Records that `key` is missing.
    pub(super) fn missing(&self, key: &str, remedy: &str) {
        let problem = Problem::new(FaultCode::Missing, "is required").remedy(remedy);
        self.sink.fault(self.place.clone(), &self.path_of(key), problem);
    }

    /// Records what is wrong with the table as a whole.
    pub(super) fn fault(&self, problem: Problem) {
        self.sink.fault(self.place.clone(), &self.path, problem);
    }

    /// Records what is wrong with `key`: at its value, or at the table when it is not there.
    pub(super) fn fault_at(&self, key: &str, problem: Problem) {
        match self.optional(key) {
            Some(item) => item.fault(problem),
            None => self.sink.fault(self.place.clone(), &self.path_of(key), problem),
        }
    }

    /// Where the table begins.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// An integer within `range`, or `default`; `why` gives the reason for the range.
    pub(super) fn integer<N: Number>(&self, key: &str, range: RangeInclusive<N>, default: N, why: &str) -> N {
        self.optional(key).and_then(|item| item.integer(range, why)).unwrap_or(default)
    }

    /// A boolean, or `default`.
    pub(super) fn boolean(&self, key: &str, default: bool) -> bool {
        self.optional(key).and_then(|item| item.boolean()).unwrap_or(default)
    }

    /// One of `choices`, or `default`.
    pub(super) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)], default: T) -> T {
        self.optional(key).and_then(|item| item.choice(choices)).unwrap_or(default)
    }

    /// Reads the table under `key`; an empty one when it is not there, nothing when it is no table.
    pub(super) fn table<T>(&self, key: &str, read: impl FnOnce(&Section<'_>) -> T) -> Option<T> {
        match self.optional(key) {
            Some(item) => item.table(read),
            None => {
                let path = self.path_of(key);
                let empty =
                    Section { table: &EMPTY, place: Place::File, path, sink: self.sink, asked: RefCell::default() };
                Some(empty.read(read))
            }
        }
    }

    /// Reads each table of the array of tables under `key`; none when it is not there.
    pub(super) fn tables<T>(&self, key: &str, read: impl Fn(&Section<'_>) -> T) -> Vec<T> {
        let Some(item) = self.optional(key) else { return Vec::new() };
        if matches!(item.node.value, Value::Table(_)) {
            let problem = Problem::new(FaultCode::WrongType, "there can be several, and this is a single table");
            item.fault(problem.remedy(format!("write [[{0}]] instead of [{0}]", item.path)));
            return item.table(read).into_iter().collect();
        }
        item.items().unwrap_or_default().iter().filter_map(|item| item.table(&read)).collect()
    }

    /// Every key with its value, for tables whose keys are free; all of them count as asked for.
    pub(super) fn entries(&self) -> Vec<(&'a str, Place, Item<'a>)> {
        self.table
            .iter()
            .map(|(key, entry)| {
                self.asked.borrow_mut().push(key.clone());
                let item = Item { node: &entry.node, path: self.path_of(key), sink: self.sink };
                (key.as_str(), entry.key.clone(), item)
            })
            .collect()
    }
}

/// An integer type that a key can have.
pub(super) trait Number: TryFrom<i64> + Into<u64> + Copy + PartialOrd + Display {}
impl Number for u16 {}
impl Number for u32 {}
impl Number for u64 {}

/// A value that is being read.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    node: &'a Node,
    path: String,
    sink: &'a Sink,
}

impl<'a> Item<'a> {
    /// Records what is wrong with the value.
    pub(super) fn fault(&self, problem: Problem) {
        self.sink.fault(self.node.place.clone(), &self.path, problem);
    }

    /// Says what to know about the value.
    pub(super) fn warn(&self, message: &str) {
        self.sink.warn(self.path.clone(), message);
    }

    /// The key's path.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Where the value stands.
    pub(super) fn place(&self) -> &'a Place {
        &self.node.place
    }

    fn wrong_type(&self, expected: &str) -> Problem {
        Problem::new(FaultCode::WrongType, format!("expected {expected}, found {}", self.node.kind()))
    }

    /// The text, when it is a string; no fault otherwise.
    pub(super) fn as_str(&self) -> Option<&'a str> {
        if let Value::String(text) = &self.node.value { Some(text) } else { None }
    }

    /// A string.
    pub(super) fn string(&self) -> Option<&'a str> {
        let text = self.as_str();
        if text.is_none() {
            let problem = self.wrong_type("a string");
            self.fault(match (&self.node.value, &self.node.place) {
                (Value::Array(_) | Value::Table(_), _) => problem,
                (_, Place::Variable(_)) => problem.remedy("the value reads as TOML; quote it: '\"...\"'"),
                (_, _) => problem.remedy("put it in quotes"),
            });
        }
        text
    }

    /// A string that `T` can be parsed from; the error's text becomes the problem.
    pub(super) fn parse<T: FromStr<Err: Display>>(&self) -> Option<T> {
        self.check(|text| text.parse().map_err(|error: T::Err| Problem::invalid(error.to_string())))
    }

    /// A string that passes `check`.
    pub(super) fn check<T>(&self, check: impl FnOnce(&'a str) -> Result<T, Problem>) -> Option<T> {
        check(self.string()?).map_err(|problem| self.fault(problem)).ok()
    }

    /// A boolean.
    pub(super) fn boolean(&self) -> Option<bool> {
        if let Value::Boolean(flag) = self.node.value {
            return Some(flag);
        }
        self.fault(self.wrong_type("a boolean").remedy("write true or false, without quotes"));
        None
    }

    /// An integer within `range`; `why` gives the reason for the range.
    pub(super) fn integer<N: Number>(&self, range: RangeInclusive<N>, why: &str) -> Option<N> {
        let Value::Integer(number) = self.node.value else {
            self.fault(self.wrong_type("an integer").remedy("write digits only, without quotes"));
            return None;
        };
        let fitting = N::try_from(number).ok().filter(|number| range.contains(number));
        if fitting.is_none() {
            let text = format!("{number} is out of range; {} to {} is possible", range.start(), range.end());
            self.fault(Problem::invalid(text).remedy(why));
        }
        fitting
    }

    /// A string that is one of `choices`.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        let words = || choices.iter().map(|(word, _)| *word);
        self.check(|text| {
            choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
                let problem = Problem::invalid(format!("{text:?} is not a possible value")).suggest(text, words());
                problem.remedy(format!("possible: {}", words().collect::<Vec<_>>().join(", ")))
            })
        })
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Option<Vec<Self>> {
        let Value::Array(items) = &self.node.value else {
            self.fault(self.wrong_type("a list").remedy("write [...], even around a single value"));
            return None;
        };
        let item = |(index, node)| Item { node, path: format!("{}[{index}]", self.path), sink: self.sink };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// Reads a list; items that `read` refuses are left out, and it has recorded why.
    pub(super) fn list<T>(&self, read: impl Fn(&Self) -> Option<T>) -> Vec<T> {
        self.items().unwrap_or_default().iter().filter_map(read).collect()
    }

    /// Whether the value is a list without items.
    pub(super) fn is_empty_list(&self) -> bool {
        matches!(&self.node.value, Value::Array(items) if items.is_empty())
    }

    /// Whether the value is a table.
    pub(super) fn is_table(&self) -> bool {
        matches!(self.node.value, Value::Table(_))
    }

    /// Whether the value is a boolean.
    pub(super) fn is_boolean(&self) -> bool {
        matches!(self.node.value, Value::Boolean(_))
    }

    /// The items, when it is a list; no fault otherwise.
    pub(super) fn as_list(&self) -> Option<Vec<Self>> {
        matches!(self.node.value, Value::Array(_)).then(|| self.items()).flatten()
    }

    /// Whether the value is an integer.
    pub(super) fn is_integer(&self) -> bool {
        matches!(self.node.value, Value::Integer(_))
    }

    /// Reads a table.
    pub(super) fn table<T>(&self, read: impl FnOnce(&Section<'_>) -> T) -> Option<T> {
        let Value::Table(table) = &self.node.value else {
            let problem = self.wrong_type("a table");
            self.fault(if self.node.is_array_of_tables() {
                problem.remedy(format!("there is one only: write [{0}] instead of [[{0}]]", self.path))
            } else {
                problem
            });
            return None;
        };
        let place = self.node.place.clone();
        let section = Section { table, place, path: self.path.clone(), sink: self.sink, asked: RefCell::default() };
        Some(section.read(read))
    }
}
