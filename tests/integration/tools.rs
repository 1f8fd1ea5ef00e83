//! Every tool of the catalogue that calls AWS: what becomes of it when AWS does it, knows no such entity, refuses it or
//! throttles it. What to expect of each stands in `tests/tools/`, which has a README; a tool that is not there fails here.

mod account;
mod called;
mod declared;
mod denied;
mod marked;
mod missing;
mod rows;
mod success;
mod throttled;

pub(crate) use account::{At, Place};
pub(crate) use called::{UNCONFIRMED, with_callers};
