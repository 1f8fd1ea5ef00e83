//! The sessions that one replica keeps, as `src/broker/cache.rs` does.

use std::collections::VecDeque;

/// A caller's session for reading or for writing.
pub(crate) type Shape = usize;

/// What a call finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Fresh,
    /// Good for this call, and to be replaced meanwhile.
    Ageing,
    Absent,
}

/// A session with less left than this is not given out (`broker::LEAST_LEFT`).
const LEAST_LEFT: f64 = 60.0;

/// The sessions.
#[derive(Debug)]
pub(crate) struct Sessions {
    capacity: usize,
    kept: usize,
    /// When each ends; 0 if it is not kept.
    ends: Vec<f64>,
    /// When each was used last, kept or not.
    used: Vec<f64>,
    /// Uses in order. What was used later again stands in it twice.
    uses: VecDeque<(f64, Shape)>,
}

impl Sessions {
    pub(crate) fn new(shapes: usize, capacity: usize) -> Self {
        Self {
            capacity,
            kept: 0,
            ends: vec![0.0; shapes],
            used: vec![f64::NEG_INFINITY; shapes],
            uses: VecDeque::new(),
        }
    }

    /// Looks for a session, which is used then.
    pub(crate) fn look(&mut self, shape: Shape, now: f64, refresh_ahead: f64) -> Found {
        self.used[shape] = now;
        self.uses.push_back((now, shape));
        match self.ends[shape] - now {
            left if left > refresh_ahead => Found::Fresh,
            left if left > LEAST_LEFT => Found::Ageing,
            _ => Found::Absent,
        }
    }

    /// Keeps a new one. What was not used for the longest time makes room.
    pub(crate) fn keep(&mut self, shape: Shape, ends: f64) {
        if self.ends[shape] == 0.0 {
            while self.kept >= self.capacity {
                let Some((used, oldest)) = self.uses.pop_front() else { break };
                if self.used[oldest] <= used && self.ends[oldest] > 0.0 && oldest != shape {
                    self.ends[oldest] = 0.0;
                    self.kept -= 1;
                }
            }
            self.kept += 1;
        }
        self.ends[shape] = ends;
    }

    /// Keeps one from before the beginning, which was used last then. They are told in the order of their uses.
    pub(crate) fn keep_early(&mut self, shape: Shape, used: f64, ends: f64) {
        self.look(shape, used, 0.0);
        self.keep(shape, ends);
    }

    /// How many would be kept, had they room: of all that were used in this time.
    pub(crate) fn wanted(&self, since: f64) -> usize {
        self.used.iter().filter(|used| **used >= since).count()
    }
}
