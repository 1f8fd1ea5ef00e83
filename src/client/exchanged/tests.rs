use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::*;
use crate::client::exchange::tests::credentials;
use crate::clock::{Clock, ManualClock};

/// An exchange that gives what it is told, and counts.
#[derive(Debug, Clone)]
pub(crate) struct Scripted {
    prefix: &'static str,
    lasts: SignedDuration,
    clock: SharedClock,
    asked: Arc<AtomicUsize>,
    fails: Arc<AtomicUsize>,
    /// Waits for this before it answers.
    waits: Option<Arc<Notify>>,
}

impl Scripted {
    pub(crate) fn giving(prefix: &'static str, clock: SharedClock) -> Self {
        let lasts = SignedDuration::from_mins(15);
        Self { prefix, lasts, clock, asked: Arc::default(), fails: Arc::default(), waits: None }
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn fail(&self, times: usize) {
        self.fails.store(times, Ordering::SeqCst);
    }

    fn keys(&self, cache: Option<Place>) -> ExchangedKeys {
        let clock = Arc::clone(&self.clock);
        ExchangedKeys::new(Box::new(self.clone()), cache, Duration::from_secs(30), clock)
    }
}

impl Exchanges for Scripted {
    fn exchange(
        &self,
        _: Duration,
    ) -> BoxFuture<'_, Result<crate::authn::credentials::GatewayCredentials, ExchangeError>> {
        Box::pin(async move {
            let nth = self.asked.fetch_add(1, Ordering::SeqCst);
            if let Some(waits) = &self.waits {
                waits.notified().await;
            }
            let fails = self.fails.load(Ordering::SeqCst);
            if fails > 0 {
                self.fail(fails - 1);
                return Err(NoKeys { message: "no".to_owned(), hint: None }.into());
            }
            let id = if nth == 0 { self.prefix.to_owned() } else { format!("{}{nth}", self.prefix) };
            Ok(credentials(&id, self.clock.now() + self.lasts))
        })
    }
}

fn clock() -> Arc<ManualClock> {
    ManualClock::at("2026-11-27T12:00:00Z".parse().unwrap())
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

async fn id(keys: &ExchangedKeys) -> String {
    keys.credentials().await.unwrap().credentials.access_key_id.clone()
}

fn cache(folder: &tempfile::TempDir) -> Option<Place> {
    Some(Place { folder: folder.path().join("cache"), shape: Shape::default() })
}

/// The same, as another process has it.
fn other(folder: &tempfile::TempDir) -> Cache {
    Cache::open(&folder.path().join("cache"), &Shape::default()).unwrap()
}

#[tokio::test]
async fn credentials_are_kept_until_a_third_of_their_life_or_five_minutes_are_left() {
    for (lasts, kept) in [(15, 10), (60, 55), (6, 4)] {
        let clock = clock();
        let exchange = Scripted { lasts: minutes(lasts), ..Scripted::giving("IMGT", clock.clone()) };
        let keys = exchange.keys(None);
        assert_eq!(id(&keys).await, "IMGT");
        clock.advance(minutes(kept));
        assert_eq!((id(&keys).await.as_str(), exchange.asked()), ("IMGT", 1), "{lasts}");
        clock.advance(SignedDuration::from_secs(1));
        assert_eq!((id(&keys).await.as_str(), exchange.asked()), ("IMGT1", 2), "{lasts}");
    }
}

#[tokio::test]
async fn when_a_renewal_fails_the_old_ones_are_given_while_they_are_good_and_it_is_tried_again_later() {
    let clock = clock();
    let exchange = Scripted::giving("IMGT", clock.clone());
    let keys = exchange.keys(None);
    id(&keys).await;
    clock.advance(minutes(11));
    exchange.fail(1000);
    for _ in 0..5 {
        assert_eq!(id(&keys).await, "IMGT");
    }
    assert_eq!(exchange.asked(), 2, "not at every request");
    clock.advance(SignedDuration::from_secs(31));
    assert_eq!((id(&keys).await.as_str(), exchange.asked()), ("IMGT", 3));
    exchange.fail(0);
    clock.advance(SignedDuration::from_secs(31));
    assert_eq!(id(&keys).await, "IMGT3");
    exchange.fail(1000);
    clock.advance(minutes(15) - SignedDuration::from_secs(9));
    assert!(matches!(keys.credentials().await, Err(ExchangeError::Proof(_))), "those that end at once are not given");
}

#[tokio::test]
async fn many_that_ask_at_once_make_one_exchange() {
    let clock = clock();
    let waits = Arc::new(Notify::new());
    let exchange = Scripted { waits: Some(Arc::clone(&waits)), ..Scripted::giving("IMGT", clock.clone()) };
    let keys = exchange.keys(None);
    let asking = futures_util::future::join_all((0..10).map(|_| id(&keys)));
    waits.notify_one();
    assert!(asking.await.iter().all(|id| id == "IMGT"));
    assert_eq!(exchange.asked(), 1);
}

#[tokio::test]
async fn while_one_renews_the_others_are_given_the_old_ones() {
    let clock = clock();
    let waits = Arc::new(Notify::new());
    let exchange = Scripted { waits: Some(Arc::clone(&waits)), ..Scripted::giving("IMGT", clock.clone()) };
    let keys = Arc::new(exchange.keys(None));
    waits.notify_one();
    id(&keys).await;
    clock.advance(minutes(12));
    let renewing = tokio::spawn({
        let keys = Arc::clone(&keys);
        async move { id(&keys).await }
    });
    while exchange.asked() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(id(&keys).await, "IMGT");
    waits.notify_one();
    assert_eq!(renewing.await.unwrap(), "IMGT1");
    assert_eq!(id(&keys).await, "IMGT1");
}

#[tokio::test]
async fn another_process_finds_them_in_the_cache() {
    let (clock, folder) = (clock(), tempfile::tempdir().unwrap());
    let (first, second) = (Scripted::giving("IMGTA", clock.clone()), Scripted::giving("IMGTB", clock.clone()));
    assert_eq!(id(&first.keys(cache(&folder))).await, "IMGTA");
    let keys = second.keys(cache(&folder));
    assert_eq!((id(&keys).await.as_str(), second.asked()), ("IMGTA", 0));
    clock.advance(minutes(11));
    assert_eq!((id(&keys).await.as_str(), second.asked()), ("IMGTB", 1));
    assert_eq!((id(&first.keys(cache(&folder))).await.as_str(), first.asked()), ("IMGTB", 1));
}

#[tokio::test]
async fn what_the_cache_has_is_given_while_it_is_good_though_it_cannot_be_renewed() {
    let (clock, folder) = (clock(), tempfile::tempdir().unwrap());
    let exchange = Scripted::giving("IMGT", clock.clone());
    id(&exchange.keys(cache(&folder))).await;
    clock.advance(minutes(11));
    exchange.fail(1000);
    assert_eq!((id(&exchange.keys(cache(&folder))).await.as_str(), exchange.asked()), ("IMGT", 2));
    clock.advance(minutes(4));
    assert!(exchange.keys(cache(&folder)).credentials().await.is_err());
}

#[tokio::test]
async fn who_finds_another_process_at_it_takes_the_old_ones_or_waits_for_the_new() {
    let (clock, folder) = (clock(), tempfile::tempdir().unwrap());
    let exchange = Scripted::giving("IMGT", clock.clone());
    let other = other(&folder);
    id(&exchange.keys(cache(&folder))).await;
    clock.advance(minutes(11));
    let lock = other.try_lock().unwrap();
    assert_eq!((id(&exchange.keys(cache(&folder))).await.as_str(), exchange.asked()), ("IMGT", 1));
    clock.advance(minutes(4));
    let keys = exchange.keys(cache(&folder));
    let waiting = id(&keys);
    let finishing = async {
        other
            .write(&Kept { credentials: credentials("IMGTC", clock.now() + minutes(15)), obtained: clock.now() })
            .unwrap();
        drop(lock);
    };
    let (waited, ()) = tokio::join!(waiting, finishing);
    assert_eq!((waited.as_str(), exchange.asked()), ("IMGTC", 1));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_never_ends_is_not_waited_for_for_ever() {
    let (clock, folder) = (clock(), tempfile::tempdir().unwrap());
    let exchange = Scripted::giving("IMGT", clock);
    let other = other(&folder);
    let _lock = other.try_lock().unwrap();
    assert!(matches!(exchange.keys(cache(&folder)).credentials().await, Err(ExchangeError::Busy(_))));
    assert_eq!(exchange.asked(), 0);
}

#[tokio::test]
async fn a_cache_that_is_not_safe_is_refused_before_anything_is_asked() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let exchange = Scripted::giving("IMGT", clock());
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let open = Some(Place { folder: folder.path().to_owned(), shape: Shape::default() });
    assert!(matches!(exchange.keys(open).credentials().await, Err(ExchangeError::Cache(_))));
    assert_eq!(exchange.asked(), 0);
}

#[test]
fn ten_threads_that_ask_at_once_make_one_exchange() {
    let (clock, folder) = (clock(), tempfile::tempdir().unwrap());
    let exchange = Scripted::giving("IMGT", clock);
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                let keys = exchange.keys(cache(&folder));
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                assert_eq!(runtime.block_on(id(&keys)), "IMGT");
            });
        }
    });
    assert_eq!(exchange.asked(), 1);
}

#[tokio::test]
async fn credentials_that_are_over_already_are_refused() {
    let exchange = Scripted { lasts: -minutes(1), ..Scripted::giving("IMGT", clock()) };
    assert!(matches!(exchange.keys(None).credentials().await, Err(ExchangeError::Expired(_))));
}

#[tokio::test]
async fn what_is_signed_with_is_what_was_given() {
    let keys = Scripted::giving("IMGT", clock()).keys(None);
    let signing = keys.keys().await.unwrap();
    assert_eq!((signing.access_key_id(), signing.session_token()), ("IMGT", Some("the-token-of-IMGT")));
    let shown = format!("{keys:?} {signing:?}");
    assert!(!shown.contains("the-token-of") && !shown.contains("the-secret-of"), "{shown}");
}

#[tokio::test]
async fn what_the_gateway_refused_is_not_given_again_from_memory_nor_from_the_cache() {
    let (clock, folder) = (clock(), tempfile::tempdir().unwrap());
    let exchange = Scripted::giving("IMGT", clock);
    let keys = exchange.keys(cache(&folder));
    assert_eq!(id(&keys).await, "IMGT");
    keys.refused("IMGTOTHER");
    assert_eq!((id(&keys).await.as_str(), exchange.asked()), ("IMGT", 1));
    keys.refused("IMGT");
    assert_eq!((id(&keys).await.as_str(), exchange.asked()), ("IMGT1", 2));
    assert_eq!((id(&keys).await.as_str(), exchange.asked()), ("IMGT1", 2));
    // One that comes late is about a key that is not in use any more.
    keys.refused("IMGT");
    assert_eq!((id(&keys).await.as_str(), exchange.asked()), ("IMGT1", 2));
    keys.refused("IMGT1");
    keys.refused("IMGT");
    exchange.fail(1000);
    assert!(keys.credentials().await.is_err());
}
