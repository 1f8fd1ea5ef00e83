//! A bucket, for what replicas tell each other: a few requests, each of which can fail.

use std::fmt::Debug;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::audit::shipping::SinkError;

/// Objects of a bucket.
pub trait Shelf: Debug + Send + Sync + 'static {
    /// The first objects, by key, whose keys begin with `prefix` and come after `after`.
    fn list<'a>(&'a self, prefix: &'a str, after: &'a str) -> BoxFuture<'a, Result<Page, SinkError>>;

    /// An object's content.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Vec<u8>, SinkError>>;

    /// Stores an object; with `only_if_absent`, says whether there was none.
    fn put<'a>(
        &'a self,
        key: &'a str,
        content: Vec<u8>,
        only_if_absent: bool,
    ) -> BoxFuture<'a, Result<bool, SinkError>>;

    /// Removes an object. With `only` the one that was listed with this tag: whether none other is there now.
    fn remove<'a>(&'a self, key: &'a str, only: Option<&'a str>) -> BoxFuture<'a, Result<bool, SinkError>>;
}

/// A part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// In the order of their keys.
    pub objects: Vec<Listed>,
    /// Whether there are more after the last of them.
    pub more: bool,
}

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// When it was stored, by the bucket's clock.
    pub stored: Timestamp,
    /// Another one when the object was stored anew with another content.
    pub tag: String,
}
