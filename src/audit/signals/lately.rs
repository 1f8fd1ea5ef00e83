//! What a caller used lately.

/// So many things that were used, each with the day of its last use. Where another would come, the one that was not used
/// longest is forgotten.
#[derive(Debug)]
pub(super) struct Lately<K, const MOST: usize>(Vec<(K, i64)>);

impl<K, const MOST: usize> Default for Lately<K, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: PartialEq, const MOST: usize> Lately<K, MOST> {
    /// Notes a use on the day `today`; whether there was none within the `history` of so many days that ends with it.
    pub(super) fn is_first(&mut self, key: K, today: i64, history: u32) -> bool {
        self.0.retain(|(_, day)| (today - i64::from(history) + 1..=today).contains(day));
        let known = self.0.iter().position(|(used, _)| *used == key);
        if let Some(at) = known {
            self.0.remove(at);
        } else if self.0.len() >= MOST {
            self.0.remove(0);
        }
        self.0.push((key, today));
        known.is_none()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_the_whole_history_is_new_again() {
        let mut lately = Lately::<&str, 8>::default();
        assert!(lately.is_first("a", 100, 10));
        assert!(!lately.is_first("a", 109, 10));
        assert!(lately.is_first("a", 119, 10));
    }

    #[test]
    fn no_more_are_remembered_than_is_said() {
        let mut lately = Lately::<u32, 3>::default();
        for key in [1, 2, 3, 1, 4] {
            lately.is_first(key, 100, 10);
            assert!(lately.len() <= 3);
        }
        assert!(!lately.is_first(1, 100, 10));
        assert!(lately.is_first(2, 100, 10), "it was not used longest when the fourth came");
    }
}
