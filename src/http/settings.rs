//! The figures and lists the HTTP side is built from. Their defaults are what a deployment behind a load balancer wants.

use std::time::Duration;

use ipnet::IpNet;

use crate::config::{HostPattern, Origin};

/// What one listener grants its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerLimits {
    /// Connections open at once. For one more, whoever has waited longest for a head makes room; while all have a request
    /// in flight it waits, and the rest stays in the kernel's queue.
    pub connections: usize,
    /// How long a connection may be silent between requests. It outlasts a load balancer's idle timeout
    /// (60 s), so that it is the balancer that closes and no request meets a closing connection.
    pub idle: Duration,
    /// How long a request's head may take: a connection's first from its acceptance on, later ones from their first byte.
    pub head: Duration,
    /// The longest head, request line included, in bytes.
    pub head_bytes: usize,
    /// The most header lines in one request.
    pub headers: usize,
    /// How long a peer may take no byte of a reply before the connection is dropped.
    pub write_stall: Duration,
    /// How long after closing its side the server discards what the peer still sends. Closing at once would make the
    /// kernel reset the connection and the peer lose a reply such as 413.
    pub linger: Duration,
    /// How long the server still accepts after a drain began, so that load balancers see `/readyz` fail first.
    pub announce: Duration,
    /// How long after that requests in flight and tracked tasks may take before they are aborted.
    pub grace: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 1024,
            idle: Duration::from_secs(75),
            head: Duration::from_secs(10),
            head_bytes: 32 * 1024,
            headers: 64,
            write_stall: Duration::from_secs(30),
            linger: Duration::from_secs(1),
            announce: Duration::from_secs(5),
            grace: Duration::from_secs(20),
        }
    }
}

impl ServerLimits {
    /// Limits for the listener of metrics and readiness detail: a scraper or two, and gone at once at the end.
    #[must_use]
    pub fn for_metrics() -> Self {
        Self {
            connections: 16,
            head_bytes: 8 * 1024,
            announce: Duration::ZERO,
            grace: Duration::from_secs(1),
            ..Self::default()
        }
    }
}

/// What the bodies of requests may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimits {
    /// The longest body, in bytes.
    pub max_bytes: usize,
    /// How long a body may take to arrive.
    pub deadline: Duration,
    /// Memory for all bodies together whose author is not yet known, in bytes; rounded down to whole KiB.
    ///
    /// The first 16 KiB of each body are not counted, so that whoever uses this memory up keeps no small body from
    /// being read; they come to at most 16 KiB for each of [`ServerLimits::connections`].
    pub unverified_bytes: usize,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { max_bytes: 1024 * 1024, deadline: Duration::from_secs(10), unverified_bytes: 64 * 1024 * 1024 }
    }
}

/// What verified calls may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Calls worked on at once, those included that go on without their client; one more is refused, not queued.
    pub concurrent: usize,
    /// How long a call may take until its reply begins.
    pub deadline: Duration,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self { concurrent: 256, deadline: Duration::from_secs(120) }
    }
}

/// What the MCP endpoint accepts.
#[derive(Debug, Clone, Default)]
pub struct HttpSettings {
    /// The names this gateway answers to; a request with any other `Host` is refused.
    pub hosts: Vec<HostPattern>,
    /// The web origins that may call; a request without `Origin` (anything but a browser) is not concerned.
    pub origins: Vec<Origin>,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The `Host` that requests through these proxies are signed for, where it is not the one they send.
    pub signed_host: Option<String>,
    /// Limits of bodies.
    pub body: BodyLimits,
    /// Limits of calls.
    pub calls: CallLimits,
}
