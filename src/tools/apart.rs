//! Work that keeps a processor busy for long, done beside the tasks that serve connections.

use tokio::task::spawn_blocking;

use super::ToolError;

/// What `work` comes to. Who hangs up does not stop it: it makes no calls and soon ends.
///
/// # Errors
/// `InternalError` where it panicked.
pub async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ToolError> {
    spawn_blocking(work).await.map_err(|_| ToolError::gateway("InternalError", "the analysis broke off"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_breaks_off_is_an_error_of_the_gateways() {
        assert_eq!(apart(|| 1 + 1).await.unwrap(), 2);
        let error = apart(|| -> u8 { panic!("as the test asks") }).await.unwrap_err();
        assert_eq!(error.code, "InternalError");
    }
}
