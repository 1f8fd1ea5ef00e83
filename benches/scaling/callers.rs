//! What callers do: an agent works for a while, in bursts of calls, and is away then.

use crate::inputs::Inputs;
use crate::random::Random;

/// What a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It asks AWS nothing.
    Own,
    /// A read of one thing.
    Get,
    /// A page of a list.
    List,
    /// A read of many things.
    Scan,
    /// The first call of a write that wants a confirmation: it is planned, and nothing is changed.
    Ask,
    /// A write; of a confirmed one, the second call.
    Write { confirmed: bool },
}

/// How far a caller's call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is made now, or would be if the caller worked.
    Begin,
    Arrive,
    Process,
    Session,
    Read,
    Admit,
    Intend,
    WriteSession,
    Apply,
    Record,
    Reply,
}

/// How soon a client asks again that was refused. It doubles each time.
pub(crate) const FIRST_RETRY: f64 = 1.0;
/// How long a client waits at most that is refused again and again.
pub(crate) const LONGEST_RETRY: f64 = 30.0;

/// A caller, who makes one call at a time.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) account: usize,
    writes: bool,
    pub(crate) step: Step,
    pub(crate) kind: Kind,
    /// When the call began.
    pub(crate) began: f64,
    /// How many calls to IAM are left to make.
    pub(crate) reads_left: usize,
    /// The replica that has the call; of a connection that is kept, the next ones too.
    pub(crate) replica: usize,
    /// When the last answer came.
    pub(crate) answered: f64,
    pub(crate) credentials_until: f64,
    /// How long a client waits that is refused once more.
    pub(crate) retry_after: f64,
    works_until: f64,
    left_of_burst: usize,
    /// What the next call has to be.
    next: Option<Kind>,
}

impl Caller {
    /// One who is in the midst of its hour; when its next call comes, and how long ago the last one was.
    pub(crate) fn new(account: usize, inputs: &Inputs, random: &mut Random) -> (Self, f64, f64) {
        let mut caller = Self {
            account,
            writes: random.percent(inputs.writers),
            step: Step::Begin,
            kind: Kind::Own,
            began: 0.0,
            reads_left: 0,
            replica: 0,
            answered: f64::NEG_INFINITY,
            credentials_until: inputs.credential_minutes * 60.0 * random.share(),
            retry_after: FIRST_RETRY,
            works_until: 0.0,
            left_of_burst: 0,
            next: None,
        };
        if random.percent(100.0 * inputs.work_minutes / 60.0) {
            caller.works_until = random.exponential(inputs.work_minutes * 60.0);
            (caller, random.exponential(inputs.between_bursts), random.exponential(inputs.between_bursts))
        } else {
            let first = caller.rest(0.0, inputs, random);
            (caller, first, random.exponential((60.0 - inputs.work_minutes).max(0.0) * 60.0))
        }
    }

    /// When the next call comes, if the caller works until then.
    pub(crate) fn next_call(&mut self, now: f64, inputs: &Inputs, random: &mut Random) -> f64 {
        let at = if self.next.is_some() || self.left_of_burst > 0 {
            now + random.exponential(inputs.between_calls)
        } else {
            now + random.exponential(inputs.between_bursts)
        };
        if at < self.works_until { at } else { self.rest(now, inputs, random) }
    }

    /// Until when the caller is away.
    fn rest(&mut self, now: f64, inputs: &Inputs, random: &mut Random) -> f64 {
        self.next = None;
        self.left_of_burst = 0;
        let away = (60.0 - inputs.work_minutes).max(0.0) * 60.0;
        let back = now + if away > 0.0 { random.exponential(away) } else { 0.0 };
        self.works_until = back + random.exponential(inputs.work_minutes * 60.0);
        back
    }

    /// Decides what the call that begins now is.
    pub(crate) fn choose(&mut self, inputs: &Inputs, random: &mut Random) {
        if self.left_of_burst == 0 {
            // At least one, and as many as are meant on average.
            self.left_of_burst = 1;
            while self.left_of_burst < 1000 && random.percent(100.0 - 100.0 / inputs.burst_calls) {
                self.left_of_burst += 1;
            }
        }
        self.left_of_burst -= 1;
        self.kind = self.next.take().unwrap_or_else(|| self.any(inputs, random));
        self.reads_left = match self.kind {
            Kind::Own => 0,
            Kind::Get | Kind::List => 1,
            Kind::Scan => count(inputs.scan_calls),
            Kind::Ask | Kind::Write { .. } => count(inputs.plan_reads),
        };
        self.next = match self.kind {
            Kind::Ask => Some(Kind::Write { confirmed: true }),
            Kind::List if random.percent(inputs.more_pages) => Some(Kind::List),
            _ => None,
        };
    }

    fn any(&self, inputs: &Inputs, random: &mut Random) -> Kind {
        if self.writes && random.percent(inputs.write_share) {
            return if random.percent(inputs.confirmed_share) { Kind::Ask } else { Kind::Write { confirmed: false } };
        }
        let of = |share: f64| 100.0 * share / (100.0 - inputs.own_share);
        if random.percent(inputs.own_share) {
            Kind::Own
        } else if random.percent(of(inputs.list_share)) {
            Kind::List
        } else if random.percent(100.0 * inputs.scan_share / (100.0 - inputs.own_share - inputs.list_share)) {
            Kind::Scan
        } else {
            Kind::Get
        }
    }
}

/// The whole number nearest to an input.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the inputs are numbers of things")]
pub(crate) fn count(number: f64) -> usize {
    number.round() as usize
}
