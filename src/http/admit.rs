//! The seam to what limits verified callers.

use std::fmt::Debug;

use futures_util::future::{BoxFuture, FutureExt, ready};
use http::request::Parts;

use super::refusal::Refusal;

/// Whose a call is, in the request's extensions, where authentication found it out: calls are counted by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner(pub [u8; 32]);

/// How much verified callers may ask for.
pub trait Admit: Debug + Send + Sync {
    /// How many calls of one owner are worked on at once.
    fn at_once(&self) -> usize;

    /// Whether this request, which has a place, may be worked on now.
    fn admit<'a>(&'a self, head: &'a Parts) -> BoxFuture<'a, Result<(), Refusal>>;
}

/// Limits nobody but by the places there are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Everybody;

impl Admit for Everybody {
    fn at_once(&self) -> usize {
        usize::MAX
    }

    fn admit<'a>(&'a self, _: &'a Parts) -> BoxFuture<'a, Result<(), Refusal>> {
        ready(Ok(())).boxed()
    }
}
