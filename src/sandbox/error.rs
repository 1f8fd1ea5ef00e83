//! What AWS answers when it refuses.

use std::borrow::Cow;

/// An error as the query protocol tells it: a code for programs, a message for people, an HTTP status.
///
/// Codes and statuses are those of the API reference ("Errors" of each operation, and
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>); messages are worded as AWS words them,
/// because people search for them and programs, regrettably, read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceError {
    pub(super) code: &'static str,
    pub(super) status: u16,
    pub(super) message: Cow<'static, str>,
}

impl ServiceError {
    fn new(code: &'static str, status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, status, message: message.into() }
    }

    /// 400: a parameter breaks its constraints.
    pub(super) fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("ValidationError", 400, message)
    }

    /// 400: parameters that are well-formed and wrong all the same.
    pub(super) fn invalid_input(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("InvalidInput", 400, message)
    }

    /// 400: a policy document that AWS would not store.
    pub(super) fn malformed_policy(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("MalformedPolicyDocument", 400, message)
    }

    /// 404: what the request names is not there.
    pub(super) fn no_such_entity(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("NoSuchEntity", 404, message)
    }

    /// 409: the name is taken.
    pub(super) fn already_exists(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("EntityAlreadyExists", 409, message)
    }

    /// 409: something still hangs on what should be deleted.
    pub(super) fn delete_conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("DeleteConflict", 409, message)
    }

    /// 409: a quota is used up.
    pub(super) fn limit_exceeded(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("LimitExceeded", 409, message)
    }

    /// 400: what is AWS's own cannot be changed.
    pub(super) fn unmodifiable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("UnmodifiableEntity", 400, message)
    }

    /// 403: nothing allows it, or something denies it.
    pub(super) fn access_denied(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("AccessDenied", 403, message)
    }

    /// Any other error of the API reference.
    pub(super) fn other(code: &'static str, status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code, status, message)
    }
}
