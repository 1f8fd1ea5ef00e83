//! Which services a user or a role called, and when last: what AWS's "last accessed information" is made of.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// The last attempt to call a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct ServiceUse {
    pub(in crate::sandbox) at: Timestamp,
    pub(in crate::sandbox) region: String,
}

/// The last attempts, by the service's namespace (`s3`).
#[derive(Debug, Clone, Default)]
pub(in crate::sandbox) struct ServiceUses(BTreeMap<String, ServiceUse>);

impl ServiceUses {
    /// Notes an attempt, allowed or denied. One that is older than what is known changes nothing.
    pub(in crate::sandbox) fn note(&mut self, namespace: &str, region: &str, at: Timestamp) {
        if self.get(namespace).is_none_or(|known| known.at <= at) {
            self.0.insert(namespace.to_owned(), ServiceUse { at, region: region.to_owned() });
        }
    }

    /// The last attempt to call this service.
    pub(in crate::sandbox) fn get(&self, namespace: &str) -> Option<&ServiceUse> {
        self.0.get(namespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_attempt_is_kept() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut uses = ServiceUses::default();
        for (second, region) in [(20, "eu-west-1"), (10, "us-east-1"), (30, "eu-north-1")] {
            uses.note("s3", region, at(second));
        }
        assert_eq!(uses.get("s3"), Some(&ServiceUse { at: at(30), region: "eu-north-1".to_owned() }));
        assert_eq!(uses.get("ec2"), None);
    }
}
