//! The simulation: events in the order of their times, each caller's next one in a heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::callers::{Caller, FIRST_RETRY, Kind, LONGEST_RETRY, Step, count};
use crate::inputs::Inputs;
use crate::observed::{Observed, Peaks, Tally};
use crate::queues::{Bucket, Disk, Servers};
use crate::random::Random;
use crate::sessions::{Found, Sessions};

/// What is simulated.
#[derive(Debug, Clone)]
pub(crate) struct Deployment {
    pub(crate) callers: usize,
    pub(crate) replicas: usize,
    /// Processors of each.
    pub(crate) processors: usize,
    /// Whether a caller's connection leads to one replica for as long as it is open (a Network Load Balancer), and not each
    /// call to another one (an Application Load Balancer).
    pub(crate) kept: bool,
    /// Whether it was started just now, and has no sessions.
    pub(crate) cold: bool,
    /// Simulated seconds: before anything counts, and then.
    pub(crate) warm_up: f64,
    pub(crate) lasting: f64,
    pub(crate) inputs: Inputs,
}

impl Deployment {
    /// How many accounts are served.
    pub(crate) fn accounts(&self) -> usize {
        self.callers.div_ceil(count(self.inputs.callers_per_account).max(1))
    }
}

/// How often it is looked how much there is of what is held.
const LOOK_EVERY: f64 = 30.0;
const US: f64 = 1e-6;
const MS: f64 = 1e-3;

struct Replica {
    processors: Servers,
    disk: Disk,
    sessions: Sessions,
    requests: Bucket,
    writes: Bucket,
    in_work: usize,
}

struct Simulation<'a> {
    deployment: &'a Deployment,
    random: Random,
    callers: Vec<Caller>,
    replicas: Vec<Replica>,
    sts: Bucket,
    accounts: Vec<Bucket>,
    valkey: Servers,
    tally: Tally,
    peaks: Peaks,
}

/// Simulates a deployment.
pub(crate) fn simulate(deployment: &Deployment) -> Observed {
    let inputs = &deployment.inputs;
    let mut random = Random::new(0x1a_2b3c_4d5e);
    let mut due = BinaryHeap::with_capacity(deployment.callers);
    let mut callers: Vec<Caller> = Vec::with_capacity(deployment.callers);
    let mut earlier = Vec::new();
    let limited = |rate: f64| Bucket::new(rate, rate);
    let replica = || Replica {
        processors: Servers::new(deployment.processors),
        disk: Disk::default(),
        sessions: Sessions::new(2 * deployment.callers, count(inputs.cached_sessions)),
        requests: limited(inputs.requests_per_second),
        writes: limited(inputs.writes_per_second),
        in_work: 0,
    };
    let mut replicas: Vec<Replica> = (0..deployment.replicas).map(|_| replica()).collect();
    for number in 0..deployment.callers {
        let (mut caller, first, ago) = Caller::new(number % deployment.accounts(), inputs, &mut random);
        caller.replica = random.below(deployment.replicas);
        caller.answered = -ago;
        if ago < inputs.session_seconds && !deployment.cold {
            earlier.push((-ago, number, inputs.session_seconds * random.share()));
        }
        callers.push(caller);
        // Times are not negative, so their bits are in their order.
        due.push(Reverse((first.to_bits(), number)));
    }
    // Their sessions are there, each of some age.
    earlier.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    for (used, number, ends) in earlier {
        for (place, replica) in replicas.iter_mut().enumerate() {
            if !deployment.kept || place == callers[number].replica {
                replica.sessions.keep_early(2 * number, used, ends);
            }
        }
    }
    let mut simulation = Simulation {
        deployment,
        random,
        callers,
        replicas,
        sts: limited(inputs.sts_quota),
        accounts: (0..deployment.accounts())
            .map(|_| Bucket::new(inputs.account_rate(), inputs.account_at_once()))
            .collect(),
        valkey: Servers::new(1),
        tally: Tally::default(),
        peaks: Peaks::default(),
    };
    let (mut look_at, mut counting) = (LOOK_EVERY, false);
    while let Some(Reverse((at, number))) = due.pop() {
        let now = f64::from_bits(at);
        if !counting && now >= deployment.warm_up {
            simulation.forget();
            counting = true;
        }
        if now >= look_at {
            look_at += LOOK_EVERY;
            if counting {
                simulation.look(now);
            }
        }
        if now >= deployment.warm_up + deployment.lasting {
            break;
        }
        let next = simulation.step(number, now);
        due.push(Reverse((next.to_bits(), number)));
    }
    simulation.observed()
}

impl Simulation<'_> {
    /// Takes a caller's call one step further; answers when the next one is due.
    fn step(&mut self, number: usize, now: f64) -> f64 {
        let inputs = &self.deployment.inputs;
        let caller = &mut self.callers[number];
        let replica = &mut self.replicas[caller.replica];
        let random = &mut self.random;
        let tally = &mut self.tally;
        match caller.step {
            Step::Begin => {
                caller.choose(inputs, random);
                caller.step = Step::Arrive;
                if !self.deployment.kept || now - caller.answered > inputs.idle_seconds {
                    caller.replica = random.below(self.deployment.replicas);
                }
                if now < caller.credentials_until {
                    return now;
                }
                caller.credentials_until = now + inputs.credential_minutes * 60.0;
                let replica = &mut self.replicas[caller.replica];
                replica.processors.serve(now, random.service(inputs.processor_exchange * US), &mut tally.processor);
                tally.exchanges += 1;
                match self.sts.take(now, inputs.sts_timeout_seconds, &mut tally.sts) {
                    Some(at) => at + random.service(inputs.sts_time * MS),
                    None => now + inputs.sts_timeout_seconds,
                }
            }
            Step::Arrive => {
                let busy = replica.in_work >= count(inputs.concurrent_requests);
                if busy || replica.requests.take(now, 0.0, &mut tally.limit).is_none() {
                    tally.refused += 1;
                    let wait = caller.retry_after;
                    caller.retry_after = (2.0 * wait).min(LONGEST_RETRY);
                    return now + wait;
                }
                caller.retry_after = FIRST_RETRY;
                caller.began = now;
                replica.in_work += 1;
                self.peaks.in_work = self.peaks.in_work.max(replica.in_work);
                caller.step = Step::Process;
                let trip = inputs.valkey_trip * MS;
                self.valkey.serve(now, inputs.valkey * US, &mut tally.valkey) + random.service(trip)
            }
            Step::Process => {
                let cost = match caller.kind {
                    Kind::Own => inputs.processor_own,
                    Kind::List => inputs.processor_list,
                    Kind::Get => inputs.processor_get,
                    Kind::Scan => inputs.processor_get * inputs.scan_calls,
                    Kind::Ask => inputs.processor_get * inputs.plan_reads,
                    Kind::Write { .. } => inputs.processor_write + inputs.processor_get * inputs.plan_reads,
                };
                caller.step = if caller.kind == Kind::Own { Step::Reply } else { Step::Session };
                replica.processors.serve(now, random.service(cost * US), &mut tally.processor)
            }
            Step::Session => {
                caller.step = Step::Read;
                self.session(number, now, 0)
            }
            Step::Read if caller.reads_left > 0 => {
                caller.reads_left -= 1;
                let late = caller.began + inputs.call_seconds;
                if now >= late { self.fail(number, now) } else { self.ask_iam(number, now) }
            }
            Step::Read => {
                let writes = matches!(caller.kind, Kind::Write { .. });
                caller.step = if writes { Step::Admit } else { Step::Reply };
                now
            }
            Step::Admit => {
                if replica.writes.take(now, 0.0, &mut tally.limit).is_none() {
                    tally.refused += 1;
                    caller.step = Step::Reply;
                    return now;
                }
                caller.step = Step::Intend;
                // The rate of writes, the signature, and the confirmation.
                let questions = if caller.kind == (Kind::Write { confirmed: true }) { 3 } else { 2 };
                (0..questions).fold(now, |at, _| {
                    let answered = self.valkey.serve(now, inputs.valkey * US, &mut tally.valkey);
                    at.max(answered) + random.service(inputs.valkey_trip * MS)
                })
            }
            Step::Intend => {
                caller.step = Step::WriteSession;
                replica.disk.sync(now, random.service(inputs.sync_time * MS), &mut tally.disk)
            }
            Step::WriteSession => {
                caller.step = Step::Apply;
                self.session(number, now, 1)
            }
            Step::Apply => {
                caller.step = Step::Record;
                self.ask_iam(number, now)
            }
            Step::Record => {
                caller.step = Step::Reply;
                tally.records += 1;
                replica.disk.sync(now, random.service(inputs.sync_time * MS), &mut tally.disk)
            }
            Step::Reply => {
                replica.in_work -= 1;
                tally.records += 1;
                let took = now - caller.began;
                tally.took += took;
                if matches!(caller.kind, Kind::Write { .. }) {
                    tally.writes.add(took);
                } else {
                    tally.reads.add(took);
                }
                caller.answered = now;
                caller.step = Step::Begin;
                caller.next_call(now, inputs, random)
            }
        }
    }

    /// The caller's session at its replica: 0 to read, 1 to write.
    fn session(&mut self, number: usize, now: f64, write: usize) -> f64 {
        let inputs = &self.deployment.inputs;
        let caller = &mut self.callers[number];
        let replica = &mut self.replicas[caller.replica];
        let shape = 2 * number + write;
        let found = replica.sessions.look(shape, now, inputs.refresh_ahead_seconds);
        if found == Found::Fresh {
            return now;
        }
        self.tally.sessions += 1;
        let cost = self.random.service(inputs.processor_session * US);
        replica.processors.serve(now, cost, &mut self.tally.processor);
        match self.sts.take(now, inputs.sts_timeout_seconds, &mut self.tally.sts) {
            Some(at) => {
                let assumed = at + self.random.service(inputs.sts_time * MS);
                replica.sessions.keep(shape, assumed + inputs.session_seconds);
                if found == Found::Ageing { now } else { assumed }
            }
            None if found == Found::Ageing => now,
            None => self.fail(number, now + inputs.sts_timeout_seconds),
        }
    }

    fn ask_iam(&mut self, number: usize, now: f64) -> f64 {
        let inputs = &self.deployment.inputs;
        let account = &mut self.accounts[self.callers[number].account];
        match account.take(now, inputs.aws_timeout_seconds, &mut self.tally.iam) {
            Some(at) => at + self.random.service(inputs.iam_time * MS),
            None => self.fail(number, now + inputs.aws_timeout_seconds),
        }
    }

    /// The call ends with an error of AWS.
    fn fail(&mut self, number: usize, at: f64) -> f64 {
        self.tally.failed += 1;
        self.callers[number].step = Step::Reply;
        at
    }

    /// Looks how much there is of what is held, at the replica that holds most.
    fn look(&mut self, now: f64) {
        let inputs = &self.deployment.inputs;
        let mut connections = vec![0_usize; self.deployment.replicas];
        for caller in &self.callers {
            if now - caller.answered < inputs.idle_seconds || caller.step != Step::Begin {
                connections[caller.replica] += 1;
            }
        }
        let sessions = self.replicas.iter().map(|replica| replica.sessions.wanted(now - inputs.session_seconds));
        self.peaks.sessions = self.peaks.sessions.max(sessions.max().unwrap_or_default());
        self.peaks.connections = self.peaks.connections.max(connections.into_iter().max().unwrap_or_default());
    }

    /// Forgets what was counted while things got under way.
    fn forget(&mut self) {
        self.tally = Tally::default();
        self.peaks = Peaks::default();
        self.valkey.busy = 0.0;
        for bucket in self.accounts.iter_mut().chain([&mut self.sts]) {
            (bucket.asked, bucket.refused) = (0, 0);
        }
        for replica in &mut self.replicas {
            replica.processors.busy = 0.0;
            (replica.disk.syncs, replica.disk.busy) = (0, 0.0);
            (replica.requests.asked, replica.writes.asked) = (0, 0);
        }
    }

    fn observed(self) -> Observed {
        let most = |asked: &mut dyn Iterator<Item = u64>| asked.max().unwrap_or_default();
        Observed {
            seconds: self.deployment.lasting,
            processor_busy: self.replicas.iter().map(|replica| replica.processors.busy).sum(),
            valkey_busy: self.valkey.busy,
            syncs: most(&mut self.replicas.iter().map(|replica| replica.disk.syncs)),
            disk_busy: self.replicas.iter().map(|replica| replica.disk.busy).fold(0.0, f64::max),
            requests: most(&mut self.replicas.iter().map(|replica| replica.requests.asked)),
            admitted_writes: most(&mut self.replicas.iter().map(|replica| replica.writes.asked)),
            iam: self.accounts.iter().map(|account| account.asked).sum(),
            iam_busiest: most(&mut self.accounts.iter().map(|account| account.asked)),
            iam_refused: self.accounts.iter().map(|account| account.refused).sum(),
            sts: self.sts.asked,
            sts_refused: self.sts.refused,
            tally: self.tally,
            peaks: self.peaks,
        }
    }
}
