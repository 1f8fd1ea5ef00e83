//! What calls wait for. Times are seconds since the beginning, and nobody asks earlier than whoever asked before.

use crate::waits::Waits;

/// Servers that take whoever came first: processors, or Valkey's one thread.
#[derive(Debug)]
pub(crate) struct Servers {
    free_at: Vec<f64>,
    /// How long they served, together.
    pub(crate) busy: f64,
}

impl Servers {
    pub(crate) fn new(many: usize) -> Self {
        Self { free_at: vec![0.0; many], busy: 0.0 }
    }

    /// When what takes `service` is done.
    pub(crate) fn serve(&mut self, now: f64, service: f64, waits: &mut Waits) -> f64 {
        let mut first = 0;
        for (number, free_at) in self.free_at.iter().enumerate() {
            if *free_at < self.free_at[first] {
                first = number;
            }
        }
        let begins = self.free_at[first].max(now);
        waits.add(begins - now);
        self.free_at[first] = begins + service;
        self.busy += service;
        begins + service
    }
}

/// A token bucket: a quota, or a limit of the gateway.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: f64,
    burst: f64,
    /// When the bucket would have been full, had nobody taken more.
    full_at: f64,
    /// How many were asked for.
    pub(crate) asked: u64,
    /// How many of them were given up.
    pub(crate) refused: u64,
}

impl Bucket {
    pub(crate) fn new(rate: f64, burst: f64) -> Self {
        Self { rate, burst, full_at: 0.0, asked: 0, refused: 0 }
    }

    /// When there is a token, unless that takes longer than anybody waits.
    pub(crate) fn take(&mut self, now: f64, patience: f64, waits: &mut Waits) -> Option<f64> {
        self.asked += 1;
        let full_at = self.full_at.max(now) + 1.0 / self.rate;
        let wait = (full_at - now - self.burst / self.rate).max(0.0);
        if wait > patience {
            self.refused += 1;
            waits.add(patience);
            return None;
        }
        self.full_at = full_at;
        waits.add(wait);
        Some(now + wait)
    }
}

/// A disk that is synced for a group at a time: whoever comes while it is being synced is in the next group.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    /// When the sync ends that is under way, or was last.
    ends: f64,
    /// When the one ends that follows it, if somebody waits for that.
    next_ends: f64,
    pub(crate) syncs: u64,
    pub(crate) busy: f64,
}

impl Disk {
    /// When a record that came now is durable.
    pub(crate) fn sync(&mut self, now: f64, service: f64, waits: &mut Waits) -> f64 {
        if now >= self.ends {
            self.ends = self.next_ends;
        }
        let done = if now >= self.ends {
            self.ends = now + service;
            self.next_ends = self.ends;
            self.began(service);
            self.ends
        } else {
            if self.next_ends <= self.ends {
                self.next_ends = self.ends + service;
                self.began(service);
            }
            self.next_ends
        };
        waits.add(done - now);
        done
    }

    fn began(&mut self, service: f64) {
        self.syncs += 1;
        self.busy += service;
    }
}
