//! Who makes room when a listener has as many connections as it may have.
//!
//! A connection costs its place whether it is used or not, so whoever opens many and says nothing on them would keep
//! everybody else out. Therefore those that wait for a head stand in lines, and where a place is wanted the one that has
//! waited longest is asked to leave:
//! - [`Line::First`]: no request was ever complete. Once it has waited for [`FIRST_GRACE`] it goes before all others, the
//!   oldest first. Before that it goes only where nobody else can: else whoever opens connections quickly would have each
//!   newcomer leave at the next one, while the idle ones stay.
//! - [`Line::Begun`]: a later head has begun and is not complete. It is left alone for [`HEAD_GRACE`], since most heads
//!   come in one piece and the rest of this one is probably on its way; after that it goes before the idle ones, as
//!   something that drips is no client who keeps a connection for its next call.
//! - [`Line::Body`]: the body of a request has not come within [`HEAD_GRACE`]. Nothing was done for it yet, and nobody knows
//!   who sends it; so strangers who send bodies byte by byte keep nobody out either.
//! - [`Line::Next`]: idle between requests, the longest idle first.
//!
//! Else, from the end of a head until the reply has been handed to the network, a connection stands in no line: it is in
//! flight and never asked. Who is asked may have got a head meanwhile; then it stays, and says so, and the next one is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// How long a head that has begun on a connection which was used before counts as a request in flight.
pub(crate) const HEAD_GRACE: Duration = Duration::from_secs(1);

/// How long a new connection has for its first head before it goes ahead of all others: enough for a handshake and a head
/// from the other side of the world, and short enough that the places of those who say nothing come back quickly.
pub(crate) const FIRST_GRACE: Duration = Duration::from_millis(200);

/// The places of one listener, and those who wait on them. Clones are the same room.
#[derive(Debug, Clone)]
pub(crate) struct Room(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    places: Arc<Semaphore>,
    lines: Mutex<Lines>,
    /// Somebody can be asked where there was nobody, or who was asked stays.
    changed: Notify,
}

/// Keyed by tickets, which only ever rise: the first of each line has waited longest. Each change is O(log n).
#[derive(Debug, Default)]
struct Lines {
    ticket: u64,
    first: BTreeMap<u64, Waiting>,
    begun: BTreeMap<u64, Waiting>,
    body: BTreeMap<u64, Waiting>,
    next: BTreeMap<u64, Waiting>,
    /// Whether a place is wanted and there was nobody to ask for it.
    wanted: bool,
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    bell: Arc<Notify>,
}

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// Its first head.
    First,
    /// The rest of a later head.
    Begun,
    /// The rest of a body that is slow to come.
    Body,
    /// Its next head.
    Next,
}

impl Lines {
    fn of(&mut self, line: Line) -> &mut BTreeMap<u64, Waiting> {
        match line {
            Line::First => &mut self.first,
            Line::Begun => &mut self.begun,
            Line::Body => &mut self.body,
            Line::Next => &mut self.next,
        }
    }

    fn enter(&mut self, line: Line, waiting: Waiting) -> u64 {
        self.ticket += 1;
        let ticket = self.ticket;
        self.of(line).insert(ticket, waiting);
        ticket
    }

    /// Takes out who is to leave at this time.
    fn longest(&mut self, now: Instant) -> Option<Waiting> {
        // Who came first into a line is overdue first.
        let overdue = |line: &BTreeMap<u64, Waiting>, grace| {
            line.first_key_value().is_some_and(|(_, waiting)| now >= waiting.since + grace)
        };
        let line = if overdue(&self.first, FIRST_GRACE) {
            &mut self.first
        } else if overdue(&self.begun, HEAD_GRACE) {
            &mut self.begun
        } else {
            [&mut self.body, &mut self.next, &mut self.first].into_iter().find(|line| !line.is_empty())?
        };
        line.pop_first().map(|(_, waiting)| waiting)
    }
}

impl Room {
    /// A room with so many places.
    pub(crate) fn new(places: usize) -> Self {
        let places = Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
        Self(Arc::new(Shared { places, lines: Mutex::default(), changed: Notify::new() }))
    }

    /// A place, as soon as there is one: where all are taken, somebody who waits for a head is asked to leave. Only while
    /// everybody has a request in flight does this wait for one of them. Loses nothing when dropped unfinished.
    pub(crate) async fn place(&self) -> OwnedSemaphorePermit {
        let Shared { places, changed, .. } = &*self.0;
        // What was said before is about places that were given since.
        let _old = changed.notified().now_or_never();
        loop {
            if let Ok(place) = Arc::clone(places).try_acquire_owned() {
                return place;
            }
            let look_again = self.ask_longest(Instant::now());
            tokio::select! {
                biased;
                place = Arc::clone(places).acquire_owned() => return place.expect("the semaphore is never closed"),
                () = changed.notified() => {}
                () = until(look_again) => {}
            }
        }
    }

    /// Asks whoever has waited longest. When there is nobody: the time from which on there will be, if one is known.
    fn ask_longest(&self, now: Instant) -> Option<Instant> {
        let mut lines = self.lines();
        let longest = lines.longest(now);
        lines.wanted = longest.is_none();
        match longest {
            Some(waiting) => {
                waiting.bell.notify_one();
                None
            }
            None => lines.begun.first_key_value().map(|(_, waiting)| waiting.since + HEAD_GRACE),
        }
    }

    /// A new connection, which waits for its first head from now on.
    pub(crate) fn enter(&self) -> Seat {
        let seat = Seat { room: self.clone(), bell: Arc::new(Notify::new()), standing: Mutex::new(None) };
        seat.stand(&mut seat.standing(), Line::First);
        seat
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// One connection's part in it. Only the connection's own task changes where it stands.
#[derive(Debug)]
pub(crate) struct Seat {
    room: Room,
    bell: Arc<Notify>,
    /// The line and the ticket in it. Who was asked is in the line no more and still has both.
    standing: Mutex<Option<(Line, u64)>>,
}

impl Seat {
    /// A request's head is complete.
    pub(crate) fn in_flight(&self) {
        self.leave(&mut self.standing());
    }

    /// A body has been waited for as long as most take.
    pub(crate) fn body_is_slow(&self) {
        self.stand(&mut self.standing(), Line::Body);
    }

    /// A later head has begun, and its rest is waited for. Says nothing of a first head.
    pub(crate) fn has_begun(&self) {
        let mut standing = self.standing();
        if !matches!(*standing, Some((Line::First | Line::Begun, _))) {
            self.stand(&mut standing, Line::Begun);
        }
    }

    /// A reply is sent, and the next head is waited for.
    pub(crate) fn is_idle(&self) {
        let mut standing = self.standing();
        if !matches!(*standing, Some((Line::Next, _))) {
            self.stand(&mut standing, Line::Next);
        }
    }

    /// The connection ends by itself. The peer may still be reading a reply to a request of its own, so whoever got that
    /// far is no longer asked.
    pub(crate) fn is_ending(&self) {
        let mut standing = self.standing();
        if !matches!(*standing, Some((Line::First, _))) {
            self.leave(&mut standing);
        }
    }

    /// What the connection waits for; `None` with a request in flight.
    pub(crate) fn waits_for(&self) -> Option<Line> {
        self.standing().map(|(line, _)| line)
    }

    /// Waits until the connection is asked to leave.
    pub(crate) async fn asked(&self) {
        self.bell.notified().await;
    }

    /// Whether who was asked has to leave: not when it has moved on since, which somebody else is then asked for.
    pub(crate) fn must_leave(&self) -> bool {
        let standing = self.standing();
        let still_there = standing.is_some_and(|(line, ticket)| !self.room.lines().of(line).contains_key(&ticket));
        if !still_there {
            self.room.0.changed.notify_one();
        }
        still_there
    }

    fn stand(&self, standing: &mut Option<(Line, u64)>, line: Line) {
        let waiting = Waiting { since: Instant::now(), bell: Arc::clone(&self.bell) };
        let mut lines = self.room.lines();
        if let Some((old, ticket)) = *standing {
            lines.of(old).remove(&ticket);
        }
        *standing = Some((line, lines.enter(line, waiting)));
        if lines.wanted {
            self.room.0.changed.notify_one();
        }
    }

    fn leave(&self, standing: &mut Option<(Line, u64)>) {
        if let Some((line, ticket)) = standing.take() {
            self.room.lines().of(line).remove(&ticket);
        }
    }

    fn standing(&self) -> MutexGuard<'_, Option<(Line, u64)>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave(&mut self.standing());
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn is_asked(seat: &Seat) -> bool {
        seat.asked().now_or_never().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_had_a_request_goes_first_then_drips_then_slow_bodies_then_the_longest_idle() {
        let room = Room::new(6);
        let [idle, new, dripping, newer, slow, idle_since_now] = [(); 6].map(|()| room.enter());
        slow.in_flight();
        slow.body_is_slow();
        idle.is_idle();
        dripping.is_idle();
        dripping.has_begun();
        idle_since_now.is_idle();
        advance(HEAD_GRACE).await;
        let order = [&new, &newer, &dripping, &slow, &idle, &idle_since_now];
        for next in order {
            assert_eq!(room.ask_longest(Instant::now()), None);
            let asked: Vec<_> = order.into_iter().filter(|seat| is_asked(seat)).map(std::ptr::from_ref).collect();
            assert_eq!(asked, [std::ptr::from_ref(next)]);
            assert!(next.must_leave());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_newcomer_has_its_grace_while_idle_ones_can_go() {
        let room = Room::new(3);
        let [idle, idle_later, new] = [(); 3].map(|()| room.enter());
        idle.is_idle();
        idle_later.is_idle();
        advance(FIRST_GRACE - Duration::from_millis(1)).await;
        room.ask_longest(Instant::now());
        assert!(is_asked(&idle) && !is_asked(&new) && !is_asked(&idle_later));
        advance(Duration::from_millis(1)).await;
        room.ask_longest(Instant::now());
        assert!(is_asked(&new) && new.must_leave() && !is_asked(&idle_later), "its grace is over");
    }

    #[tokio::test(start_paused = true)]
    async fn among_newcomers_alone_the_oldest_goes_at_once() {
        let room = Room::new(2);
        let [older, newer] = [(); 2].map(|()| room.enter());
        assert_eq!(room.ask_longest(Instant::now()), None);
        assert!(is_asked(&older) && older.must_leave() && !is_asked(&newer));
    }

    #[tokio::test(start_paused = true)]
    async fn a_begun_head_is_left_alone_for_its_grace_however_it_drips() {
        let room = Room::new(1);
        let seat = room.enter();
        seat.is_idle();
        seat.has_begun();
        let over = Instant::now() + HEAD_GRACE;
        assert_eq!(room.ask_longest(Instant::now()), Some(over));
        advance(HEAD_GRACE / 2).await;
        seat.has_begun();
        assert_eq!(room.ask_longest(Instant::now()), Some(over));
        advance(HEAD_GRACE / 2).await;
        room.ask_longest(Instant::now());
        assert!(is_asked(&seat) && seat.must_leave());
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_head_that_has_begun_is_no_better_than_none() {
        let room = Room::new(1);
        let seat = room.enter();
        seat.has_begun();
        room.ask_longest(Instant::now());
        assert!(is_asked(&seat) && seat.must_leave());
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_asked_stays_with_a_request_and_says_so() {
        let room = Room::new(1);
        let seat = room.enter();
        room.ask_longest(Instant::now());
        seat.in_flight();
        assert!(is_asked(&seat) && !seat.must_leave());
        assert!(room.0.changed.notified().now_or_never().is_some());
        assert_eq!(room.ask_longest(Instant::now()), None);
        assert!(!is_asked(&seat), "nobody with a request in flight is asked");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_has_come_after_all_is_in_flight_again() {
        let room = Room::new(1);
        let seat = room.enter();
        seat.in_flight();
        seat.body_is_slow();
        seat.in_flight();
        assert_eq!(room.ask_longest(Instant::now()), None);
        assert!(!is_asked(&seat));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wanted_place_is_asked_for_as_soon_as_somebody_waits() {
        let room = Room::new(1);
        let place = room.place().await;
        let seat = room.enter();
        seat.in_flight();
        let mut wanted = std::pin::pin!(room.place());
        assert!(wanted.as_mut().now_or_never().is_none());
        assert!(!is_asked(&seat));
        seat.is_idle();
        assert!(wanted.as_mut().now_or_never().is_none());
        assert!(is_asked(&seat) && seat.must_leave());
        drop((seat, place));
        let _place = wanted.await;
        assert!(room.lines().next.is_empty());
    }
}
