//! The process environment, behind a trait, so that configuration is testable.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// The environment variables of the process.
pub trait Environment: Debug + Send + Sync {
    /// One variable's value; `None` when it is not set. What is not UTF-8 is replaced by U+FFFD.
    fn get(&self, name: &str) -> Option<String>;

    /// Every variable, sorted by name. What is not UTF-8 is replaced by U+FFFD.
    fn all(&self) -> BTreeMap<String, String>;
}

/// The real environment of this process: the only place that reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessEnvironment;

#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
impl Environment for ProcessEnvironment {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    }

    fn all(&self) -> BTreeMap<String, String> {
        let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value))).collect()
    }
}

/// An environment that is what it is given; for tests, and for a process that must not hear its own.
impl Environment for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<String> {
        BTreeMap::get(self, name).cloned()
    }

    fn all(&self) -> BTreeMap<String, String> {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_environment_is_the_one_of_this_process() {
        let all = ProcessEnvironment.all();
        assert!(!all.is_empty());
        for (name, value) in all {
            assert_eq!(ProcessEnvironment.get(&name), Some(value));
        }
        assert_eq!(ProcessEnvironment.get("IAM_MCP_GATEWAY_TEST_THAT_NOBODY_SETS"), None);
    }
}
