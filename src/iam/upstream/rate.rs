//! The rate at which accounts take calls, as the configuration in force has it.

use std::fmt;
use std::sync::Arc;

use crate::bucket::Rate;

/// Asked anew for each turn, so that a reload holds from the next one on. Clones ask the same.
#[derive(Clone)]
pub struct AccountRate(Arc<dyn Fn() -> Rate + Send + Sync>);

impl AccountRate {
    /// What `in_force` says.
    pub fn new(in_force: impl Fn() -> Rate + Send + Sync + 'static) -> Self {
        Self(Arc::new(in_force))
    }

    /// What holds now.
    #[must_use]
    pub fn now(&self) -> Rate {
        (self.0)()
    }
}

impl fmt::Debug for AccountRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccountRate").field(&self.now()).finish()
    }
}
