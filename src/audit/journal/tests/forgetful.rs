//! A machine that stops at every point at which it can: what was not synced is forgotten, and every promise holds of what is
//! left. (A killed process leaves the page cache behind; a machine that loses its power does not.)

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::audit::{SegmentFile, Storage};

/// What the disk kept of bytes that were written and not synced.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Nothing,
    Half,
    Everything,
}

/// A disk of a machine that stops at the step `stops_at`.
#[derive(Debug)]
struct Machine {
    steps: usize,
    stops_at: usize,
    /// Bytes written and bytes synced of each file.
    files: HashMap<PathBuf, (u64, u64)>,
}

#[derive(Debug, Clone)]
struct Forgetful(Arc<Mutex<Machine>>);

impl Forgetful {
    fn stopping_at(stops_at: usize) -> Self {
        Self(Arc::new(Mutex::new(Machine { steps: 0, stops_at, files: HashMap::new() })))
    }

    /// Takes a step, unless the machine has stopped.
    fn step(&self) -> io::Result<std::sync::MutexGuard<'_, Machine>> {
        let mut machine = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if machine.steps >= machine.stops_at {
            return Err(io::Error::other("the machine has stopped"));
        }
        machine.steps += 1;
        Ok(machine)
    }

    fn has_stopped(&self) -> bool {
        let machine = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        machine.steps >= machine.stops_at
    }

    /// Forgets what was not synced.
    fn lose_power(&self, kept: Kept) {
        let machine = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (path, (written, synced)) in &machine.files {
            let length = match kept {
                Kept::Nothing => *synced,
                Kept::Half => synced + (written - synced) / 2,
                Kept::Everything => *written,
            };
            if path.exists() {
                std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
            }
        }
    }
}

impl Storage for Forgetful {
    fn prepare(&self, directory: &Path) -> io::Result<()> {
        DiskStorage.prepare(directory)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        DiskStorage.list(directory)
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        DiskStorage.read(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn SegmentFile>> {
        let mut machine = self.step()?;
        let inner = DiskStorage.create(path)?;
        machine.files.insert(path.to_owned(), (0, 0));
        Ok(Box::new(ForgetfulFile { inner, path: path.to_owned(), machine: self.clone() }))
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        let mut machine = self.step()?;
        DiskStorage.truncate(path, length)?;
        machine.files.insert(path.to_owned(), (length, length));
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut machine = self.step()?;
        DiskStorage.rename(from, to)?;
        if let Some(state) = machine.files.remove(from) {
            machine.files.insert(to.to_owned(), state);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let _machine = self.step()?;
        DiskStorage.remove(path)
    }
}

#[derive(Debug)]
struct ForgetfulFile {
    inner: Box<dyn SegmentFile>,
    path: PathBuf,
    machine: Forgetful,
}

impl SegmentFile for ForgetfulFile {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut machine = self.machine.step()?;
        self.inner.write_all(bytes)?;
        machine.files.entry(self.path.clone()).or_default().0 += bytes.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut machine = self.machine.step()?;
        let state = machine.files.entry(self.path.clone()).or_default();
        state.1 = state.0;
        Ok(())
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// What the callers of one run were told, by the name of the call.
#[derive(Debug, Default)]
struct Told {
    forwarded: Vec<String>,
    settled: Vec<String>,
}

/// Three callers with three writes each, and reads between, on a machine that stops.
async fn run(folder: &Folder, storage: &Forgetful, signed: bool) -> Told {
    let told = Mutex::new(Told::default());
    let options = JournalOptions {
        largest_segment: 1_500,
        signing_key: signed.then(|| Arc::new(SigningKey::from_seed(&[7; 32]))),
        ..JournalOptions::new(folder.path())
    };
    let opened = Journal::open(options, Arc::new(storage.clone()), folder.clock.clone(), Arc::new(SystemRandom)).await;
    let Ok(journal) = opened else { return Told::default() };
    let caller = |caller: usize| {
        let (journal, told) = (&journal, &told);
        async move {
            for n in 0..3 {
                let name = format!("{caller}-{n}");
                let _either_way = journal.note(record("read", &name));
                let Ok(permit) = journal.intent(intent_of(&name)).await else { continue };
                told.lock().unwrap().forwarded.push(name.clone());
                tokio::task::yield_now().await;
                if journal.outcome(permit, record("outcome", &name)).await.is_ok() {
                    told.lock().unwrap().settled.push(name);
                }
            }
        }
    };
    join_all((0..3).map(caller)).await;
    told.into_inner().unwrap()
}

/// The machine stops at `stops_at` of the run, and again at `stops_again` of the start after it.
fn promises_hold(stops_at: usize, stops_again: usize, kept: Kept, signed: bool) -> bool {
    let folder = Folder::new();
    let storage = Forgetful::stopping_at(stops_at);
    let told = runtime().block_on(run(&folder, &storage, signed));
    let has_stopped = storage.has_stopped();
    storage.lose_power(kept);
    let again = Forgetful::stopping_at(stops_again);
    let options = || JournalOptions::new(folder.path());
    runtime().block_on(async {
        let random = Arc::new(SystemRandom);
        drop(Journal::open(options(), Arc::new(again.clone()), folder.clock.clone(), random).await);
    });
    again.lose_power(kept);
    runtime().block_on(async { folder.open().await.close().await.unwrap() });

    let place = format!("stopped at {stops_at}, then at {stops_again}, kept {kept:?}: {:#?}", folder.told());
    let report = folder.verify();
    assert_eq!((report.verdict, report.unsettled.count), (Verdict::Verified, 0), "{place}");
    let is_told =
        |what: &str, name: &String| folder.told().iter().filter(|told| **told == format!("{what} {name}")).count();
    for name in &told.forwarded {
        assert_eq!(is_told("intent", name), 1, "{name}, {place}");
        let settled = is_told("outcome", name);
        assert_eq!(settled + is_told("unknown", name) + is_told("lost", name), 1, "{name}, {place}");
        assert!(settled == 1 || !told.settled.contains(name), "{name} was settled, {place}");
    }
    has_stopped
}

#[test]
fn every_promise_holds_wherever_the_machine_stops() {
    for signed in [false, true] {
        let mut stops_at = 0;
        while promises_hold(stops_at, usize::MAX, Kept::Nothing, signed) {
            for kept in [Kept::Half, Kept::Everything] {
                promises_hold(stops_at, usize::MAX, kept, signed);
            }
            stops_at += 1;
        }
        assert!(stops_at > 20, "{stops_at} steps");
    }
}

#[test]
fn a_start_that_is_stopped_too_loses_nothing() {
    for stops_at in (3..30).step_by(4) {
        for stops_again in 0..8 {
            for kept in [Kept::Nothing, Kept::Half] {
                promises_hold(stops_at, stops_again, kept, true);
            }
        }
    }
}
