//! Work that keeps a processor busy for long, done beside the tasks that serve connections.

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::ToolError;

/// How many of them run at once in a process: each holds a whole account, and whoever cancels one does not stop it.
const AT_ONCE: usize = 2;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// What `work` comes to, after those that were begun before. It keeps its place until it has ended, whether or not anybody still
/// waits for it.
///
/// # Errors
/// `InternalError` where it panicked.
pub async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ToolError> {
    let broke_off = || ToolError::gateway("InternalError", "the analysis broke off");
    let place = PLACES.acquire().await.map_err(|_| broke_off())?;
    let working = spawn_blocking(move || {
        let _place = place;
        work()
    });
    working.await.map_err(|_| broke_off())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_breaks_off_is_an_error_of_the_gateways() {
        assert_eq!(apart(|| 1 + 1).await.unwrap(), 2);
        let error = apart(|| -> u8 { panic!("as the test asks") }).await.unwrap_err();
        assert_eq!(error.code, "InternalError");
    }

    #[tokio::test]
    async fn who_gives_up_does_not_make_room_for_more() {
        let (done, doing) = mpsc::channel::<()>();
        let doing = std::sync::Arc::new(std::sync::Mutex::new(doing));
        for _ in 0..AT_ONCE {
            let doing = std::sync::Arc::clone(&doing);
            let given_up = tokio::spawn(apart(move || doing.lock().map(|doing| doing.recv()).is_ok()));
            while PLACES.available_permits() == AT_ONCE {
                tokio::task::yield_now().await;
            }
            given_up.abort();
        }
        let next = tokio::spawn(apart(|| 7));
        assert!(!next.is_finished());
        drop(done);
        assert_eq!(next.await.unwrap().unwrap(), 7);
    }
}
