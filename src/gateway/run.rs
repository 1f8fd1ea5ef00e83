//! Serving until told to stop, and ending in order.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::assemble::Gateway;
use super::reload::Reloader;
use crate::http::{Drain, Ended, ServerLimits, serve};

/// The sockets of a gateway.
#[derive(Debug)]
pub struct Listeners {
    /// Where callers come.
    pub public: TcpListener,
    /// Where metrics are asked for, if anywhere.
    pub metrics: Option<TcpListener>,
}

/// How long calls that were given up have to let go, and what reads behind the journal to read its end.
const GIVING_UP: Duration = Duration::from_secs(1);

/// Serves until a signal says stop and everything under way has ended, or the grace is over.
///
/// The first SIGTERM or SIGINT begins the end: `/readyz` fails, after the announce there are no new connections, and requests
/// and calls under way are finished. A second one forces it. SIGHUP looks for new versions of configuration and keyring. The journal is closed last, when every call
/// has ended or was given up.
///
/// # Errors
/// When signals cannot be received.
pub async fn run(gateway: Gateway, listeners: Listeners, reloader: Reloader) -> std::io::Result<Ended> {
    let Gateway {
        router, metrics_router, server_limits, metrics, drain, journal, keeper, sinks, signals: watch, ..
    } = gateway;
    let look = Arc::new(Notify::new());
    let signals = Signals::listen()?;
    let reloading = tokio::spawn(reloader.run(Arc::clone(&look)));
    let end_of_watch = CancellationToken::new();
    let watching = tokio::spawn(watch.run(end_of_watch.clone()));
    let signalled = tokio::spawn(signals.obey(drain.clone(), look));

    // Metrics are told until the very end, so they have an end of their own.
    let metrics_drain = Drain::new();
    let metrics_server = listeners.metrics.map(|listener| {
        let (metrics, drain) = (metrics.clone(), metrics_drain.clone());
        tokio::spawn(serve(listener, metrics_router, ServerLimits::for_metrics(), metrics, drain))
    });
    let ended = serve(listeners.public, router, server_limits, metrics, drain.clone()).await;

    reloading.abort();
    // Calls that the grace did not suffice for are given up while the journal still takes records: what they had begun is
    // recorded as an outcome that is not known.
    drain.force();
    drain.tasks().close();
    if tokio::time::timeout(GIVING_UP, drain.tasks().wait()).await.is_err() {
        tracing::error!("calls that were given up did not end; their intents have no outcome");
    }
    keeper.end().await;
    if let Err(failure) = journal.close().await {
        tracing::error!(%failure, "the audit journal could not be closed whole");
    }
    // What was closed is complete: each sink gets the end of it, too.
    sinks.end().await;
    // What the last records say is told too; a disk that does not answer holds up nothing.
    end_of_watch.cancel();
    if tokio::time::timeout(GIVING_UP, watching).await.is_err() {
        tracing::warn!("the last audit records were not read for signals; `audit signals` reads them");
    }
    metrics_drain.force();
    if let Some(server) = metrics_server
        && let Err(error) = server.await
    {
        tracing::warn!(%error, "the metrics listener broke off");
    }
    signalled.abort();
    Ok(ended)
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn obey(mut self, drain: Drain, look: Arc<Notify>) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => end(&drain),
                _ = self.interrupt.recv() => end(&drain),
                _ = self.hang_up.recv() => look.notify_one(),
            }
        }
    }
}

fn end(drain: &Drain) {
    if drain.has_begun() {
        tracing::warn!("a second signal: ending at once");
        drain.force();
    } else {
        tracing::info!(
            "ending: not ready any more, soon no new connections, what is under way is finished; a second signal forces the end"
        );
        drain.begin();
    }
}
