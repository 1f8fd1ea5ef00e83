//! Threads that work on jobs side by side, while what comes of them is taken in the order of the jobs.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// How many threads work, and how much may wait to be taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hands {
    pub(super) threads: usize,
    /// How much of one job may wait to be taken, before work on it waits, too.
    pub(super) waiting: usize,
}

/// A job, and to whom what comes of it is told.
struct Job<J, T> {
    job: J,
    to: SyncSender<T>,
}

/// Has threads do `work` on jobs, and lets `take` take what is told of each job, in the order of the jobs. What is not
/// taken is not begun, but for a few jobs ahead.
///
/// # Errors
/// When not one thread can be begun. Fewer than there should be do all of the work.
///
/// # Panics
/// When `work` does, once `take` is done: what was told of such a job is not all.
pub(super) fn side_by_side<J: Send, T: Send, R>(
    hands: Hands,
    jobs: impl Iterator<Item = J>,
    work: impl Fn(J, &SyncSender<T>) + Sync,
    take: impl FnOnce(&mut dyn Iterator<Item = Receiver<T>>) -> R,
) -> io::Result<R> {
    let (hand_out, to_do) = channel();
    // The threads' alone: when the last one ends, be it by a panic, nobody waits for what they would have told.
    let to_do = Arc::new(Mutex::new(to_do));
    let work = &work;
    thread::scope(|scope| {
        let mut threads = 0;
        for _ in 0..hands.threads.max(1) {
            let to_do = Arc::clone(&to_do);
            match thread::Builder::new().spawn_scoped(scope, move || work_off(&to_do, work)) {
                Ok(_) => threads += 1,
                Err(error) if threads == 0 => return Err(error),
                Err(_) => break,
            }
        }
        drop(to_do);
        let most = threads * 2;
        Ok(take(&mut UnderWay { left: jobs, hand_out, told: VecDeque::new(), most, waiting: hands.waiting }))
    })
}

fn work_off<J, T>(to_do: &Mutex<Receiver<Job<J, T>>>, work: &impl Fn(J, &SyncSender<T>)) {
    loop {
        let next = to_do.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { job, to }) = next else { return };
        work(job, &to);
    }
}

/// Jobs that are worked on: a few more than there are threads, so that none waits, and no more, so that what is told
/// ahead of its turn stays little.
struct UnderWay<I, J, T> {
    left: I,
    hand_out: Sender<Job<J, T>>,
    told: VecDeque<Receiver<T>>,
    most: usize,
    waiting: usize,
}

impl<J, T, I: Iterator<Item = J>> Iterator for UnderWay<I, J, T> {
    type Item = Receiver<T>;

    fn next(&mut self) -> Option<Receiver<T>> {
        while self.told.len() < self.most
            && let Some(job) = self.left.next()
        {
            let (to, told) = sync_channel(self.waiting);
            self.told.push_back(told);
            // It fails when all threads are gone.
            self.hand_out.send(Job { job, to }).ok()?;
        }
        self.told.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const HANDS: Hands = Hands { threads: 3, waiting: 1 };

    #[test]
    fn what_is_told_comes_in_the_order_of_the_jobs_however_much_that_is() {
        let tell = |job: usize, to: &SyncSender<usize>| {
            for _ in 0..job % 7 {
                to.send(job).unwrap();
            }
        };
        let taken = side_by_side(HANDS, 0..100, tell, |told| told.flatten().collect::<Vec<_>>()).unwrap();
        assert_eq!(taken, (0..100).flat_map(|job| vec![job; job % 7]).collect::<Vec<_>>());
    }

    #[test]
    fn little_is_begun_that_is_not_taken() {
        let begun = AtomicUsize::new(0);
        let tell = |_: usize, to: &SyncSender<usize>| {
            begun.fetch_add(1, Ordering::Relaxed);
            // Whoever has enough does not listen any more.
            let _enough = to.send(0);
        };
        side_by_side(HANDS, 0.., tell, |told| assert!(told.flatten().next().is_some())).unwrap();
        assert!(begun.into_inner() <= 2 * HANDS.threads + 1);
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_in_every_thread_is_told_and_nothing_waits_for_them() {
        let fail = |job: usize, to: &SyncSender<usize>| {
            to.send(job).unwrap();
            panic!("of job {job}");
        };
        let _taken = side_by_side(HANDS, 0..100, fail, |told| told.flatten().count());
    }
}
