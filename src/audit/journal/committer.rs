//! The blocking half of the writer: chains records, writes segments, and knows what is durable.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use super::JournalOptions;
use super::entry::Entry;
use super::missed::Uncounted;
use super::state::AuditUnavailable;
use crate::audit::canonical::{Sealed, seal};
use crate::audit::chain::ChainHead;
use crate::audit::event::{Event, Stage};
use crate::audit::record::Record;
use crate::audit::recover::Found;
use crate::audit::segment::{Header, Reason, SegmentName};
use crate::audit::signing::SigningKey;
use crate::audit::storage::{SegmentFile, Storage};
use crate::audit::unsettled::{Link, UnderWay, Unsettled, unknown_outcome};
use crate::clock::SharedClock;
use crate::current::Current;
use crate::random::{SharedRandom, uuid};

/// A buffer larger than this is given back after use: one large group should not cost its memory for ever.
const KEPT_BUFFER: usize = 1024 * 1024;

/// What a commit ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// What was written need not be durable yet.
    Written,
    /// Everything is made durable.
    Synced,
    /// Everything is made durable, and the next segment begun.
    Rotated,
}

/// What a commit achieved.
#[derive(Debug)]
pub(super) struct Committed {
    /// How many of the oldest records that were not durable now are.
    pub(super) durable: usize,
    /// Why the others are not. They must be given again, in their order: the segment they went to is abandoned.
    pub(super) error: Option<io::Error>,
}

#[derive(Debug)]
pub(super) struct Committer {
    storage: Arc<dyn Storage>,
    clock: SharedClock,
    random: SharedRandom,
    directory: PathBuf,
    /// Fields of every header, as they are now.
    context: Arc<Current<Record>>,
    largest_segment: u64,
    signing_key: Option<Arc<SigningKey>>,
    /// The last record known durable.
    durable: ChainHead,
    /// The last record sealed.
    head: ChainHead,
    /// The segment that is written; none after a failure.
    segment: Option<Segment>,
    /// The newest segment with a durable header.
    previous: Option<SegmentName>,
    /// The name of the newest segment that is in the folder, whether or not its header is durable.
    last_name: Option<SegmentName>,
    /// Lines sealed and not yet written.
    buffer: Vec<u8>,
    /// The last of these lines. In a signed journal it waits until it is signed, which is when it is made durable.
    last: Option<Sealed>,
    /// Records given to [`Committer::commit`] that are sealed, but not durable.
    pending: usize,
    /// Records made durable in this commit.
    settled: usize,
    /// Writes that are durably begun, and not durably settled.
    under_way: UnderWay,
    /// What the records that are sealed and not durable do to them.
    links: Vec<(Link, u64)>,
}

#[derive(Debug)]
struct Segment {
    name: SegmentName,
    /// The newest segment that was in the folder before it.
    before: Option<SegmentName>,
    file: Box<dyn SegmentFile>,
    /// Bytes written.
    bytes: u64,
    /// Whether it holds, or its buffer does, more than its header.
    has_records: bool,
    /// Whether its header is durable.
    confirmed: bool,
}

impl Committer {
    /// Begins the first segment of this run; its header is durable.
    pub(super) fn start(
        options: &JournalOptions,
        context: Arc<Current<Record>>,
        storage: Arc<dyn Storage>,
        clock: SharedClock,
        random: SharedRandom,
        found: Found,
    ) -> io::Result<Self> {
        let mut committer = Self {
            storage,
            clock,
            random,
            directory: options.directory.clone(),
            context,
            largest_segment: options.largest_segment,
            signing_key: options.signing_key.clone(),
            durable: found.head,
            head: found.head,
            segment: None,
            previous: found.segment.clone(),
            last_name: found.segment,
            buffer: Vec::new(),
            last: None,
            pending: 0,
            settled: 0,
            // Those that the run before left are, until their outcomes are durable.
            under_way: found.unsettled.under_way(),
            links: Vec::new(),
        };
        if let Err(error) = committer.begin_run(found.torn, &found.unsettled) {
            committer.abandon();
            return Err(error);
        }
        committer.settled = 0;
        Ok(committer)
    }

    /// The header of this run, and the outcomes of writes that the run before did not settle.
    fn begin_run(&mut self, torn: Vec<String>, unsettled: &Unsettled) -> io::Result<()> {
        self.begin(Reason::Start, torn)?;
        for intent in unsettled.intents() {
            let (id, now) = (uuid(&*self.random), self.clock.now());
            self.append(&Entry::unattended(unknown_outcome(intent, id, now, &self.context.get())))?;
        }
        self.sync()
    }

    /// The name of the segment that is written, or of the one before where a failure ended it.
    pub(super) fn segment_name(&self) -> Option<&SegmentName> {
        self.last_name.as_ref()
    }

    /// The record of the oldest intent that is durable and whose outcome is not.
    pub(super) fn unsettled_since(&self) -> Option<u64> {
        self.under_way.since()
    }

    /// Whether a segment is open that holds more than its header.
    pub(super) fn has_records(&self) -> bool {
        self.segment.as_ref().is_some_and(|segment| segment.has_records)
    }

    /// The record of reads that were answered without one.
    pub(super) fn unrecorded_reads(&self, reads: Uncounted) -> Record {
        let reads = Uncounted { until: self.clock.now(), ..reads };
        let why = "the journal could not be written; audit.unrecorded_reads let reads be answered";
        self.gap("ServeUnrecorded", why, "unrecordedReads", reads)
    }

    /// The record of records that were kept until there was no room for them.
    pub(super) fn left_out(&self, records: Uncounted) -> Record {
        let why = "the journal could not be written for so long that older records were left out for newer ones";
        self.gap("LeaveOutRecords", why, "leftOutRecords", records)
    }

    fn gap(&self, name: &'static str, why: &str, what: &str, missing: Uncounted) -> Record {
        let context = self.context.get();
        let mut event = Event::new(&context.text("gateway"), name, Stage::Gap, self.clock.now(), uuid(&*self.random));
        event.fail(AuditUnavailable::CODE, why);
        event.additional_event_data.extend([
            ("configuration".to_owned(), context.text("configuration").into()),
            ("since".to_owned(), missing.since.to_string().into()),
            ("until".to_owned(), missing.until.to_string().into()),
            (what.to_owned(), missing.count.into()),
        ]);
        event.into_record_cut()
    }

    /// The last record known durable.
    pub(super) fn durable(&self) -> ChainHead {
        self.durable
    }

    /// Writes `entries`, and ends with `end`.
    pub(super) fn commit(&mut self, entries: &[Entry], end: End) -> Committed {
        self.settled = 0;
        let written = catch_unwind(AssertUnwindSafe(|| self.write(entries, end)))
            .unwrap_or_else(|_| Err(io::Error::other("writing panicked")));
        if written.is_err() {
            self.abandon();
        }
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT_BUFFER {
            self.buffer = Vec::new();
        }
        Committed { durable: self.settled, error: written.err() }
    }

    fn write(&mut self, entries: &[Entry], end: End) -> io::Result<()> {
        if self.segment.is_none() {
            self.begin(Reason::Recovery, Vec::new())?;
        }
        for entry in entries {
            self.append(entry)?;
        }
        match end {
            End::Written => self.flush_unsigned(),
            End::Synced => self.sync(),
            End::Rotated => {
                self.sync()?;
                self.begin(Reason::Rotation, Vec::new())?;
                self.sync()
            }
        }
    }

    fn append(&mut self, entry: &Entry) -> io::Result<()> {
        let mut sealed = entry.unsealed.seal(&mut self.buffer, self.head);
        let segment = self.segment()?;
        if segment.has_records && segment.bytes + self.buffer.len() as u64 > self.largest_segment {
            self.buffer.truncate(sealed.start);
            self.sync()?;
            self.begin(Reason::Rotation, Vec::new())?;
            sealed = entry.unsealed.seal(&mut self.buffer, self.head);
        }
        self.head = sealed.head;
        self.last = Some(sealed);
        self.pending += 1;
        if entry.link != Link::None {
            self.links.push((entry.link.clone(), sealed.head.sequence));
        }
        self.segment()?.has_records = true;
        Ok(())
    }

    /// Creates the next segment, with its header in the buffer. All before must be durable.
    fn begin(&mut self, reason: Reason, torn: Vec<String>) -> io::Result<()> {
        self.segment = None;
        let now = self.clock.now();
        let name = SegmentName::after(self.last_name.as_ref(), self.durable.sequence + 1, now);
        let previous_segment = self.previous.as_ref().map(ToString::to_string);
        let signing_key = self.signing_key.as_ref().map(|key| key.public());
        let unsettled_since = self.under_way.since();
        let header =
            Header { reason, previous_segment, last_durable: self.durable, torn, unsettled_since, signing_key }
                .to_record(&self.context.get(), uuid(&*self.random), now)
                .map_err(io::Error::other)?;
        let created = self.storage.create(&self.directory.join(name.as_str()));
        // A name counts once there is a file of it: numbers of attempts do not run out while a disk takes none for months.
        let is_there = created.as_ref().map_or_else(|error| error.kind() == io::ErrorKind::AlreadyExists, |_| true);
        let before = self.last_name.clone();
        if is_there {
            self.last_name = Some(name.clone());
        }
        let file = created?;
        self.segment = Some(Segment { name, before, file, bytes: 0, has_records: false, confirmed: false });
        self.buffer.clear();
        let sealed = seal(&mut self.buffer, header.fields(), self.durable);
        self.head = sealed.head;
        self.last = Some(sealed);
        Ok(())
    }

    /// Writes what need not be durable yet: without the line that the signature will stand in.
    fn flush_unsigned(&mut self) -> io::Result<()> {
        let kept = self.last.filter(|_| self.signing_key.is_some());
        self.write_out(kept.map_or(self.buffer.len(), |last| last.start))?;
        self.last = kept.map(Sealed::moved_to_the_start);
        Ok(())
    }

    fn write_out(&mut self, length: usize) -> io::Result<()> {
        if length == 0 {
            return Ok(());
        }
        let segment = self.segment.as_mut().ok_or(io::ErrorKind::NotFound)?;
        segment.file.write_all(&self.buffer[..length])?;
        segment.bytes += length as u64;
        self.buffer.drain(..length);
        Ok(())
    }

    /// Signs the chain, writes what is left, and makes it all durable.
    fn sync(&mut self) -> io::Result<()> {
        if let (Some(key), Some(last)) = (&self.signing_key, self.last.take()) {
            last.sign(&mut self.buffer, &key.sign(last.head.hash));
        }
        self.write_out(self.buffer.len())?;
        let segment = self.segment.as_mut().ok_or(io::ErrorKind::NotFound)?;
        segment.file.sync()?;
        segment.confirmed = true;
        self.previous = Some(segment.name.clone());
        self.durable = self.head;
        self.settled += std::mem::take(&mut self.pending);
        for (link, sequence) in self.links.drain(..) {
            self.under_way.take(link, sequence);
        }
        Ok(())
    }

    fn segment(&mut self) -> io::Result<&mut Segment> {
        self.segment.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Gives up the segment: what the disk holds of it after the last durable record is unknown from now on.
    fn abandon(&mut self) {
        self.pending = 0;
        self.links.clear();
        self.buffer.clear();
        self.last = None;
        if let Some(segment) = self.segment.take()
            && !segment.confirmed
        {
            // Nothing in it was confirmed. What cannot be removed is left, and verifies as unconfirmed.
            if self.storage.remove(&self.directory.join(segment.name.as_str())).is_ok() {
                self.last_name = segment.before;
            }
        }
    }
}
