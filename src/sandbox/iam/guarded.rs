//! The account as an operation is given it: behind the question whether the caller may.

use super::authorization::authorize;
use crate::sandbox::account::Account;
use crate::sandbox::call::Call;
use crate::sandbox::error::ServiceError;
use crate::sandbox::input::Input;

/// An account that nobody has looked into yet.
///
/// There is one way to it: the parameters must be as the API reference lets them be, and then the caller must be allowed
/// the operation. So an operation that leaves one out does not compile, a malformed request is told what is wrong with
/// it, as AWS does, and who may not do something learns nothing of the account.
#[derive(Debug)]
pub(in crate::sandbox) struct Guarded<'a> {
    account: &'a mut Account,
    judged: bool,
}

impl<'a> Guarded<'a> {
    /// Guards the account.
    pub(in crate::sandbox) fn new(account: &'a mut Account) -> Self {
        Self { account, judged: true }
    }

    /// An account that is open to everybody, for tests of what operations do.
    #[cfg(test)]
    pub(in crate::sandbox) fn unjudged(account: &'a mut Account) -> Self {
        Self { account, judged: false }
    }

    /// Reads the parameters and, if the caller may do what the call asks for, gives the account out.
    ///
    /// # Errors
    /// A bad parameter, or that the caller may not.
    pub(super) fn read<'f, T>(
        self,
        call: &Call<'f>,
        read: impl FnOnce(&Input<'f>) -> T,
    ) -> Result<(&'a mut Account, T), ServiceError> {
        let parameters = call.fields.read(read)?;
        Ok((self.open(call)?, parameters))
    }

    /// The same for an operation without parameters.
    ///
    /// # Errors
    /// The caller may not.
    pub(super) fn open(self, call: &Call<'_>) -> Result<&'a mut Account, ServiceError> {
        if self.judged {
            authorize(self.account, call)?;
        }
        Ok(self.account)
    }
}
