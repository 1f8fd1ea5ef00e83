//! Where CloudTrail's events come from.

use std::fmt::Debug;

use futures_util::future::LocalBoxFuture;
use serde::Serialize;

use super::range::Range;

/// What takes the events: the JSON of one, and the file or service that it comes from.
pub type Take<'a> = &'a mut dyn FnMut(&str, &str);

/// A source of CloudTrail's events. It may be read several times, and give an event more than once.
pub trait CloudTrail: Debug {
    /// What it is called in reports.
    fn name(&self) -> String;

    /// Gives every event of the range, and maybe others, in any order. What cannot be read is told, and the rest is given.
    fn read<'a>(&'a self, range: &'a Range, take: Take<'a>) -> LocalBoxFuture<'a, Given>;
}

/// What a source had.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Given {
    /// Files that were read, or pages of LookupEvents.
    pub read: u64,
    /// Files, and folders of a bucket, that were not: of another time than the range, or not of CloudTrail's logs.
    pub left_out: u64,
    /// What could not be read to its end.
    pub unread: Vec<Unread>,
}

/// Something that could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unread {
    /// The file, or the service.
    pub name: String,
    /// Why.
    pub error: String,
}

impl Given {
    pub(super) fn unread(&mut self, name: impl Into<String>, error: &impl ToString) {
        self.unread.push(Unread { name: name.into(), error: error.to_string() });
    }
}
