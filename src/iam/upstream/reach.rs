//! What kept a connection from being made: nothing of the request was sent then.

use std::error::Error;
use std::io;

use aws_smithy_runtime_api::client::dns::ResolveDnsError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use hyper_util::client::legacy;

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lacking {
    /// The host's name was not found.
    Name,
    /// Nobody takes connections there, or not in time.
    Connection,
    /// Whoever answers there did not agree on TLS, or did not prove to be the host.
    Tls,
}

/// A connection that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("no connection")]
pub struct Unconnected {
    /// What is lacking.
    pub lacking: Lacking,
    /// What the connector said.
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl Unconnected {
    /// That of an SDK's error, if it is one.
    #[must_use]
    pub fn within<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Self> {
        std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
    }

    /// The connector's error, which says that nothing was sent.
    #[must_use]
    pub fn into_error(lacking: Lacking, source: impl Into<Box<dyn Error + Send + Sync>>) -> ConnectorError {
        ConnectorError::io(Box::new(Self { lacking, source: source.into() })).never_connected()
    }
}

/// The same error; one of a connection that was not made is told apart.
///
/// hyper's client says so of an error from its connector alone. A request that went onto a connection which then turned out
/// to be closed is connected for anew only while none of it was written.
#[must_use]
pub(super) fn told_apart(error: ConnectorError) -> ConnectorError {
    if error.is_user() || Unconnected::within(&error).is_some() {
        return error;
    }
    let unconnected = chain(&error).any(|error| {
        error.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect) || error.is::<ResolveDnsError>()
    });
    if !unconnected {
        return error;
    }
    let lacking = if chain(&error).any(<dyn Error>::is::<ResolveDnsError>) {
        Lacking::Name
    } else if chain(&error).any(<dyn Error>::is::<rustls::Error>) {
        Lacking::Tls
    } else {
        Lacking::Connection
    };
    Unconnected::into_error(lacking, error.into_source())
}

/// An error and what it comes from. An `io::Error` leaves out what it was made from when asked for its source.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    })
}

#[cfg(test)]
mod tests;
