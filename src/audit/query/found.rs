//! Lines that were found, one behind the other.

/// Lines in one piece of memory.
#[derive(Debug, Default)]
pub(super) struct Found {
    text: String,
    /// Where each line ends.
    ends: Vec<usize>,
    /// How many lines at the beginning do not count any more.
    dropped: usize,
}

impl Found {
    pub(super) fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.ends.push(self.text.len());
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len() - self.dropped
    }

    /// How much memory the lines take.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Keeps the last `most` lines.
    pub(super) fn keep_last(&mut self, most: usize) {
        self.dropped += self.len().saturating_sub(most);
    }

    /// Keeps at least the last `most` lines, and frees memory when more than twice as many are there.
    pub(super) fn bound(&mut self, most: usize) {
        if self.ends.len() <= most.saturating_mul(2) {
            return;
        }
        self.keep_last(most);
        let freed = self.dropped.checked_sub(1).map_or(0, |last| self.ends[last]);
        self.text.drain(..freed);
        self.ends.drain(..self.dropped);
        self.ends.iter_mut().for_each(|end| *end -= freed);
        self.dropped = 0;
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        (self.dropped..self.ends.len()).map(|index| {
            let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.text[start..self.ends[index]]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_in_bounded_memory() {
        let mut found = Found::default();
        for number in 0..1000 {
            found.push(&number.to_string());
            found.bound(3);
            assert!(found.ends.len() <= 6 && found.text.len() <= 6 * 3);
        }
        found.keep_last(3);
        assert_eq!(found.lines().collect::<Vec<_>>(), ["997", "998", "999"]);
        found.keep_last(1);
        assert_eq!((found.lines().collect::<Vec<_>>(), found.len()), (vec!["999"], 1));
        found.bound(0);
        assert_eq!(found.len(), 0);
    }
}
