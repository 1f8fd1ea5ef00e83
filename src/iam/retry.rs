//! Which AWS calls may be sent again.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority, RetryReason,
};
use aws_smithy_types::retry::ErrorKind;

/// Forbids sending a write again unless AWS said that it turned the request away for its rate.
///
/// After a timeout, a broken connection or an unreadable answer nobody knows whether AWS acted: the SDK's own
/// classifiers would send a `CreateAccessKey` three times when the connection closes after the request was read. A
/// throttled request was refused before it did anything, so that verdict alone is left standing.
#[derive(Debug, Clone, Copy)]
pub struct WritesOnce;

impl ClassifyRetry for WritesOnce {
    fn classify_retry(&self, _context: &InterceptorContext) -> RetryAction {
        RetryAction::RetryForbidden
    }

    fn classify_retry_v2(&self, _context: &InterceptorContext, previous: &RetryAction) -> RetryAction {
        match previous {
            RetryAction::RetryIndicated(RetryReason::RetryableError { kind: ErrorKind::ThrottlingError, .. }) => {
                RetryAction::NoActionIndicated
            }
            _ => RetryAction::RetryForbidden,
        }
    }

    fn name(&self) -> &'static str {
        "writes are sent once"
    }

    fn priority(&self) -> RetryClassifierPriority {
        // After the classifiers of the SDK, whose verdict it narrows.
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::interceptors::context::Input;

    use super::*;

    fn verdict_after(previous: &RetryAction) -> RetryAction {
        WritesOnce.classify_retry_v2(&InterceptorContext::new(Input::doesnt_matter()), previous)
    }

    #[test]
    fn throttling_alone_may_be_sent_again() {
        assert_eq!(verdict_after(&RetryAction::throttling_error()), RetryAction::NoActionIndicated);
        assert_eq!(verdict_after(&RetryAction::transient_error()), RetryAction::RetryForbidden);
        assert_eq!(verdict_after(&RetryAction::server_error()), RetryAction::RetryForbidden);
        assert_eq!(verdict_after(&RetryAction::NoActionIndicated), RetryAction::RetryForbidden);
    }
}
