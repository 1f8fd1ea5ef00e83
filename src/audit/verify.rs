//! Reading a journal back: is it whole, and if not, where is it broken?
//!
//! A file is verified on its own chain: from whatever record its header says it follows. A folder is verified across its
//! files, from the very first record. What a failed write left at the end of a segment, after the last durable record
//! that the next segment's recovery header names, was never confirmed to anyone: it is counted as unconfirmed, neither
//! taken for tampering nor vouched for.
//!
//! A journal that is being written and kept can be verified: what contradicts itself because files were begun, compressed or
//! removed meanwhile is looked at again, and so is a last line that was seen half written.
//!
//! In a signed journal the last record of each group that was made durable has a signature, which covers all before it. What
//! comes after the last signature is exposed: whoever can write the folder could have changed it. It is what a process that
//! was killed had written and not yet made durable, and is covered by the first signature of the next start.
//!
//! What this cannot show: that records were cut off at the end, that the newest segments were removed, or, without a key
//! that was kept elsewhere, that someone computed the whole chain anew.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::chain::{ChainHead, Hash};
use super::digest::digests_of;
use super::files::{Hashed, of_the_journal, open, open_either, plain};
use super::scan::{Fault, Problem, Scan, confirmed_through, read_header, scan};
use super::segment::{EXTENSION, Header, SegmentName};
use super::signing::{KmsPublicKey, PublicKey};
use super::unsettled::{Link, UnderWay};

use digests::Reading;
use listing::Listing;

mod digests;
mod listing;
mod report;
#[cfg(test)]
mod tests;

pub use report::{
    BadDigest, BadRecord, DigestFault, Digests, FileReport, Signatures, UnsettledWrites, Verdict, VerifyReport,
};

/// What is known of a journal from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Witness {
    /// The public keys that it may be signed with; where there are any, every segment has to name one of them.
    pub public_keys: Vec<PublicKey>,
    /// The public halves of the KMS keys that digests may be signed with; where there are any, every digest has to be
    /// signed by one of them.
    pub kms_keys: Vec<KmsPublicKey>,
    /// Hashes that were kept elsewhere, of digest files or of records: the journal has to contain each of them.
    pub anchors: Vec<Hash>,
}

impl Witness {
    fn trusted(&self) -> Option<&[PublicKey]> {
        Some(self.public_keys.as_slice()).filter(|keys| !keys.is_empty())
    }
}

/// Why a journal could not be verified at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The folder holds no journal; if there was one, it was removed.
    #[error("there is no journal in {}: no file ends in {EXTENSION}, compressed or not", .0.display())]
    NoSegments(PathBuf),
    /// Files vanished each time that the folder was read.
    #[error(
        "{} changed while it was read, {ATTEMPTS} times: files are being removed; try again, or verify a copy of the folder",
        .0.display()
    )]
    Changing(PathBuf),
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system answered.
        source: io::Error,
    },
}

impl VerifyError {
    fn is_missing_file(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// How often a folder is read whose files change meanwhile.
const ATTEMPTS: u32 = 3;

/// Verifies a file or a folder of files, against what is known from elsewhere. Memory is bounded by the longest line and by
/// what digests and the removals of old files name, not by the journal. Blocks.
///
/// # Errors
/// When something cannot be read, or there is nothing to verify. A broken journal is a report, not an error.
pub fn verify(path: &Path, witness: &Witness) -> Result<VerifyReport, VerifyError> {
    verify_beside(path, witness, &mut || {})
}

/// As [`verify`]; `listed` is called each time when a folder was listed and nothing but its digests was read.
fn verify_beside(path: &Path, witness: &Witness, listed: &mut dyn FnMut()) -> Result<VerifyReport, VerifyError> {
    let failed = |source| VerifyError::Read { path: path.to_owned(), source };
    if !path.metadata().map_err(failed)?.is_dir() {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let mut read = Read::of(witness);
        let found = read.file(open(path).map_err(failed)?, &name, None, witness).map_err(failed)?;
        read.add(&name, found);
        return Ok(read.report(&[]));
    }
    let mut attempt = 1;
    loop {
        let before = Listing::of(path).map_err(failed)?;
        let found = verify_folder(path, witness, listed);
        if found.as_ref().is_ok_and(|report| report.verdict != Verdict::Broken) {
            return found;
        }
        if !Listing::of(path).map_err(failed)?.explains(&found, &before) {
            return found;
        }
        if attempt == ATTEMPTS {
            return found
                .map_err(|error| if error.is_missing_file() { VerifyError::Changing(path.to_owned()) } else { error });
        }
        attempt += 1;
    }
}

fn verify_folder(directory: &Path, witness: &Witness, listed: &mut dyn FnMut()) -> Result<VerifyReport, VerifyError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| VerifyError::Read { path, source }
    };
    let mut read = Read::of(witness);
    // The digests first: what they name lies there then, or goes under a record that is read after them.
    let list = || Listing::of(directory).map(|listing| listing.names).map_err(failed(directory));
    read.digests.folder(directory, &digests_of(&list()?), witness).map_err(failed(directory))?;
    let names = of_the_journal(list()?);
    if names.is_empty() {
        return Err(VerifyError::NoSegments(directory.to_owned()));
    }
    listed();
    let mut headers = Vec::with_capacity(names.len());
    for name in &names {
        let path = directory.join(name);
        headers.push(open_either(&path).and_then(read_header).map_err(failed(&path))?);
    }

    // Files that were old enough are removed from the beginning on. Whether a record says so is known at the end.
    let begins = headers.first().and_then(Option::as_ref).map_or(ChainHead::START, |header| header.last_durable);
    read.head = Some(begins);
    for (index, name) in names.iter().enumerate() {
        let path = directory.join(name);
        let confirmed_through = confirmed_through(&headers[index + 1..], read.head);
        let found = open_either(&path).and_then(|reader| read.file(reader, name, confirmed_through, witness));
        let mut found = found.map_err(failed(&path))?;
        name_fault(name, &names, &mut found);
        previous_fault(read.previous.as_deref(), &names, &mut found);
        read.add(name, found);
    }
    if begins != ChainHead::START && !read.digests.may_begin_after(begins, read.signatures.through) {
        read.begins_too_late(begins, headers[0].as_ref(), &names);
    }
    Ok(read.report(&names))
}

/// What was read so far.
#[derive(Debug, Default)]
struct Read {
    files: Vec<FileReport>,
    /// The end of the chain, where it is known.
    head: Option<ChainHead>,
    /// The file that holds it, where it is known.
    previous: Option<String>,
    signatures: Signatures,
    under_way: UnderWay,
    digests: Reading,
}

impl Read {
    fn of(witness: &Witness) -> Self {
        let signatures = Signatures { trusted: witness.trusted().is_some(), ..Signatures::default() };
        Self { signatures, digests: Reading::of(witness), ..Self::default() }
    }

    /// Reads a file of the folder.
    fn file(
        &mut self,
        reader: Box<dyn BufRead + Send>,
        name: &str,
        confirmed_through: Option<u64>,
        witness: &Witness,
    ) -> io::Result<Scan> {
        let is_digested = self.digests.knows(name);
        let (under_way, digests) = (&mut self.under_way, &mut self.digests);
        let mut seen = |fields: &Map<String, Value>, head: ChainHead| {
            under_way.take(Link::of(fields), head.sequence);
            digests.record(fields, head);
        };
        let (head, trusted) = (self.head, witness.trusted());
        if !is_digested {
            return scan(reader, head, confirmed_through, trusted, &mut seen);
        }
        let mut content = Hashed::of(reader);
        let found = scan(BufReader::new(&mut content), head, confirmed_through, trusted, &mut seen)?;
        // The rest of a file with a problem need not be readable, and is not what a digest vouches for.
        if found.problem.is_none() {
            let (sha256, bytes) = content.end()?;
            self.digests.content(name, sha256, bytes);
        }
        Ok(found)
    }

    /// The first file does not begin the chain, and no record says that those before it were removed for their age.
    fn begins_too_late(&mut self, begins: ChainHead, header: Option<&Header>, names: &[String]) {
        let by_another_key = self.digests.could_begin_after(begins).zip(self.signatures.keys.first().copied());
        let Some(first) = self.files.first_mut() else { return };
        if first.bad.as_ref().is_some_and(|bad| bad.line == 1) {
            return;
        }
        let missing = header.and_then(|header| header.previous_segment.clone());
        let fault = match missing.filter(|missing| !names.iter().any(|name| plain(name) == missing)) {
            _ if let Some((key, counting)) = by_another_key => Fault::RemovedUnderAnotherKey { key, counting },
            Some(name) => Fault::MissingSegment { name },
            None => Fault::SequenceDiffers { expected: 1 },
        };
        let problem = Problem { line: 1, sequence: first.first_sequence, fault };
        first.verdict = Verdict::Broken;
        first.bad = Some(BadRecord::new(&first.file, problem));
    }

    fn add(&mut self, name: &str, found: Scan) {
        match (&found.problem, found.end) {
            // Not to report one fault twice, the next file is taken at its header's word.
            (Some(_), _) => (self.head, self.previous) = (None, None),
            (None, Some(end)) => (self.head, self.previous) = (Some(end), Some(plain(name).to_owned())),
            // Nothing in the file was ever confirmed.
            (None, None) => {}
        }
        let key = found.header.as_ref().and_then(|header| header.signing_key);
        let keys = &mut self.signatures.keys;
        keys.extend(key.filter(|key| !keys.contains(key)));
        let counts = self.signatures.trusted || key == keys.first().copied();
        self.digests.end_of_file(key, found.signed_through, counts);
        let signed_through = found.signed_through.filter(|_| counts);
        self.signatures.through = signed_through.or(self.signatures.through);
        self.files.push(report(name, found));
    }

    fn report(mut self, names: &[String]) -> VerifyReport {
        let last = self.files.iter().filter_map(|file| file.last_sequence).next_back();
        let digests = self.digests.end(names, last.unwrap_or(0), self.signatures.through);
        self.signatures.exposed =
            last.zip(self.signatures.through).map_or(0, |(last, through)| last - through.min(last));
        let digests_verdict = digests.first_bad.as_ref().map(|_| Verdict::Broken);
        VerifyReport {
            verdict: self
                .files
                .iter()
                .map(|file| file.verdict)
                .chain(digests_verdict)
                .max()
                .unwrap_or(Verdict::Verified),
            digests,
            records: self.files.iter().map(|file| file.records).sum(),
            signatures: self.signatures,
            unsettled: UnsettledWrites { count: self.under_way.count(), since: self.under_way.since() },
            first_bad: self.files.iter().find_map(|file| file.bad.clone()),
            files: self.files,
            head: self.head,
        }
    }
}

/// Sees what only the folder's list of names shows.
fn name_fault(name: &str, names: &[String], found: &mut Scan) {
    if let Some(problem) = &mut found.problem {
        let previous = found.header.as_ref().and_then(|header| header.previous_segment.as_ref());
        if let (1, Fault::SequenceDiffers { .. }, Some(previous)) = (problem.line, &problem.fault, previous)
            && !names.iter().any(|name| plain(name) == previous)
        {
            problem.fault = Fault::MissingSegment { name: previous.clone() };
        }
        return;
    }
    let named = SegmentName::parse(plain(name)).map(|name| name.first_sequence);
    if named.is_none() || (found.first_sequence.is_some() && found.first_sequence != named) {
        found.problem = Some(Problem { line: 1, sequence: found.first_sequence, fault: Fault::NameDiffers });
    }
}

/// Sees whether the file before is the one that the header names: no hash covers a file's name otherwise.
fn previous_fault(previous: Option<&str>, names: &[String], found: &mut Scan) {
    let (None, Some(previous), Some(header)) = (&found.problem, previous, &found.header) else { return };
    let named = header.previous_segment.as_deref();
    if found.end.is_none() || named == Some(previous) {
        return;
    }
    let fault = match named {
        Some(name) if !names.iter().any(|other| plain(other) == name) => {
            Fault::MissingSegment { name: name.to_owned() }
        }
        _ => Fault::PreviousSegmentDiffers { name: named.unwrap_or("none").to_owned() },
    };
    found.problem = Some(Problem { line: 1, sequence: found.first_sequence, fault });
}

fn report(name: &str, found: Scan) -> FileReport {
    let verdict = match (&found.problem, found.unconfirmed) {
        (Some(_), _) => Verdict::Broken,
        (None, 0) => Verdict::Verified,
        (None, _) => Verdict::UnconfirmedTail,
    };
    FileReport {
        file: name.to_owned(),
        verdict,
        records: found.records,
        first_sequence: found.end.and(found.first_sequence),
        last_sequence: found.end.map(|end| end.sequence),
        unconfirmed: found.unconfirmed,
        bad: found.problem.map(|problem| BadRecord::new(name, problem)),
    }
}
