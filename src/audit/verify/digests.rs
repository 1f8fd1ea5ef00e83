//! What the digest files of a journal say, against what lies in the folder.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use serde::Serialize;

use super::Witness;
use crate::audit::chain::{ChainHead, Hash};
use crate::audit::digest::{DigestName, DigestedFile, LARGEST, NoDigest, SignedDigest, file_hash};
use crate::audit::files::plain;
use crate::audit::keeping::Retention;
use crate::audit::signing::KmsPublicKey;

/// What the digests show.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Digests {
    /// How many there are.
    pub count: usize,
    /// The end of the chain that the newest vouches for.
    pub through: Option<ChainHead>,
    /// The end of the chain up to which what was anchored elsewhere vouches for the journal.
    pub anchored: Option<ChainHead>,
    /// The first digest that does not hold, or an anchor that the journal does not have.
    pub first_bad: Option<BadDigest>,
}

/// A digest that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BadDigest {
    /// The digest file's name; none for an anchor, and where there is no digest.
    pub file: Option<String>,
    /// What is wrong.
    pub fault: DigestFault,
    /// What is wrong, in plain words.
    pub explanation: String,
}

/// What is wrong with a digest, or with the journal as a digest knows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum DigestFault {
    /// The file is no digest, or was changed.
    #[error("{why}")]
    Changed {
        /// What is wrong with it.
        why: String,
    },
    /// It was to be signed by one of the given keys.
    #[error("it is not signed by a key that was given")]
    KeyDiffers,
    /// It was to be signed by one of the given KMS keys.
    #[error("it is not signed by a KMS key that was given")]
    KmsDiffers,
    /// Digests were to be signed by one of the given KMS keys, and there are none.
    #[error("there is no digest that a KMS key could have signed: none was made yet, or all were removed")]
    NoDigest,
    /// The one before it is missing, or another than it names.
    #[error("the digest before it is missing, or is another than the one that it names")]
    PreviousDiffers,
    /// A file that it names is missing, and no retention record says that it was removed.
    #[error("{name}, which it names, is missing, and no record says that it was removed for its age")]
    MissingFile {
        /// The file.
        name: String,
    },
    /// A file that it names has other content.
    #[error("{name} is not as it was when the digest was made")]
    FileDiffers {
        /// The file.
        name: String,
    },
    /// The chain does not reach the record that it vouches for.
    #[error("records up to {through} were there when it was made: what came after record {last} was cut off")]
    CutOff {
        /// The last record that it vouches for.
        through: u64,
        /// The last record there is.
        last: u64,
    },
    /// The record that it vouches for is another.
    #[error("record {sequence} is another than when it was made: the chain was computed anew")]
    RecordDiffers {
        /// The record.
        sequence: u64,
    },
    /// The anchor is the hash of no digest and no record of the journal.
    #[error(
        "{anchor} is the hash of no digest and of no record of this journal: it was cut off before it, or replaced"
    )]
    AnchorMissing {
        /// What was given.
        anchor: Hash,
    },
}

/// The digests of a folder, while its files are read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    digests: Vec<(DigestName, SignedDigest, Hash)>,
    bad: Option<BadDigest>,
    /// The content of files, as digests know it.
    known: HashMap<String, DigestedFile>,
    /// The hashes of records, as digests know them, and which digest does.
    records: HashMap<u64, (Hash, usize)>,
    /// Files whose content is that of their digests.
    right: HashSet<String>,
    /// Whether a KMS key has to have signed each digest.
    by_kms: bool,
    anchors: Vec<Hash>,
    anchored: Option<ChainHead>,
    retentions: Vec<(u64, Retention)>,
    /// Those under a key that does not count, because none was given and another was named first.
    under_another_key: Vec<Retention>,
    /// Those of the file that is read.
    fresh: Vec<(u64, Retention)>,
}

impl Reading {
    pub(super) fn of(witness: &Witness) -> Self {
        Self { by_kms: !witness.kms_keys.is_empty(), anchors: witness.anchors.clone(), ..Self::default() }
    }

    /// Reads the digests of the folder, which have these names.
    pub(super) fn folder(&mut self, directory: &Path, names: &[DigestName], witness: &Witness) -> io::Result<()> {
        for name in names {
            let mut bytes = Vec::new();
            fs::File::open(directory.join(name.as_str()))?.take(LARGEST + 1).read_to_end(&mut bytes)?;
            match SignedDigest::read(name, &bytes) {
                Ok(signed) => self.take(name.clone(), signed, file_hash(&bytes), witness),
                Err(fault) => self.fault(Some(name), changed(fault)),
            }
        }
        Ok(())
    }

    fn take(&mut self, name: DigestName, signed: SignedDigest, sha256: Hash, witness: &Witness) {
        let key = signed.digest.signing_key;
        if witness.trusted().is_some_and(|trusted| !key.is_some_and(|key| trusted.contains(&key))) {
            self.fault(Some(&name), DigestFault::KeyDiffers);
        }
        let (hash, kms) = (signed.digest.hash(), signed.kms.as_ref());
        let by_kms = |key: &KmsPublicKey| kms.is_some_and(|kms| key.has_signed_digest(hash, kms));
        if !witness.kms_keys.is_empty() && !witness.kms_keys.iter().any(by_kms) {
            self.fault(Some(&name), DigestFault::KmsDiffers);
        }
        if self.anchors.contains(&sha256) {
            self.reach(signed.digest.head, sha256);
        }
        let index = self.digests.len();
        let lasts = signed.digest.files.iter().filter_map(|file| file.last);
        for head in lasts.chain([signed.digest.head]).filter(|head| head.sequence > 0) {
            self.records.entry(head.sequence).or_insert((head.hash, index));
        }
        self.known.extend(signed.digest.files.iter().map(|file| (file.file.clone(), file.clone())));
        self.digests.push((name, signed, sha256));
    }

    /// An anchor was found, which vouches for the chain up to `head`.
    fn reach(&mut self, head: ChainHead, anchor: Hash) {
        self.anchors.retain(|other| *other != anchor);
        if self.anchored.is_none_or(|before| before.sequence < head.sequence) {
            self.anchored = Some(head);
        }
    }

    /// Whether a digest knows the content of the file.
    pub(super) fn knows(&self, file: &str) -> bool {
        self.known.contains_key(plain(file))
    }

    /// The content of a file was read.
    pub(super) fn content(&mut self, file: &str, sha256: Hash, bytes: u64) {
        if self.known.get(plain(file)).is_some_and(|known| known.sha256 == sha256 && known.bytes == bytes) {
            self.right.insert(plain(file).to_owned());
        }
    }

    /// A record that is right was read.
    pub(super) fn record(&mut self, fields: &serde_json::Map<String, serde_json::Value>, head: ChainHead) {
        if let Some((hash, digest)) = self.records.get(&head.sequence)
            && *hash != head.hash
        {
            let name = self.digests[*digest].0.clone();
            self.fault(Some(&name), DigestFault::RecordDiffers { sequence: head.sequence });
        }
        if self.anchors.contains(&head.hash) {
            self.reach(head, head.hash);
        }
        if let Some(retention) = Retention::of(fields) {
            self.fresh.push((head.sequence, retention));
        }
    }

    /// A file was read, whose signatures go up to `signed_through`; `counts` says whether its key does. Where it is signed, a
    /// retention record counts only if a signature of the same file covers it: a line that somebody put at its end is covered
    /// by the first signature of the next one.
    pub(super) fn end_of_file(&mut self, is_signed: bool, signed_through: Option<u64>, counts: bool) {
        let through = if is_signed { signed_through.unwrap_or(0) } else { u64::MAX };
        let covered = self.fresh.drain(..).filter(|(sequence, _)| *sequence <= through);
        if counts {
            self.retentions.extend(covered);
        } else {
            self.under_another_key.extend(covered.map(|(_, retention)| retention));
        }
    }

    /// Whether the chain could begin after `head` if every key counted that the journal names.
    pub(super) fn could_begin_after(&self, head: ChainHead) -> bool {
        self.under_another_key.iter().any(|retention| retention.ends_at(head))
    }

    /// Whether a retention record says that the chain may begin after `head`. In a signed journal it has to be covered by a
    /// signature, which `signed_through` is the last of.
    pub(super) fn may_begin_after(&self, head: ChainHead, signed_through: Option<u64>) -> bool {
        self.retained(signed_through).any(|retention| retention.ends_at(head))
    }

    /// Those that count. Where a KMS key signs digests, the journal's key alone lets nothing go: one of them has to vouch for the
    /// record.
    fn retained(&self, signed_through: Option<u64>) -> impl Iterator<Item = &Retention> {
        let digested = self.digests.last().map_or(0, |(_, signed, _)| signed.digest.head.sequence);
        let vouched = self.by_kms.then_some(digested);
        let counts =
            move |sequence: &u64| [signed_through, vouched].into_iter().flatten().all(|through| *sequence <= through);
        self.retentions.iter().filter(move |(sequence, _)| counts(sequence)).map(|(_, retention)| retention)
    }

    /// What the digests show of a journal whose last record is `last`, and whose files are `names`.
    pub(super) fn end(mut self, names: &[String], last: Option<u64>, signed_through: Option<u64>) -> Digests {
        let present: HashSet<&str> = names.iter().map(|name| plain(name)).collect();
        let mut faults = Vec::new();
        {
            let retained: Vec<&Retention> = self.retained(signed_through).collect();
            let mut before: Option<&(DigestName, SignedDigest, Hash)> = None;
            for entry in &self.digests {
                let (name, signed, _) = entry;
                let digest = &signed.digest;
                let follows = match (before, &digest.previous) {
                    (None, None) => digest.number == 1,
                    (None, Some(previous)) => retained
                        .iter()
                        .flat_map(|retention| &retention.digests)
                        .any(|removed| removed.file == previous.file && removed.sha256 == previous.sha256),
                    (Some((file, other, sha256)), Some(previous)) => {
                        previous.file == file.as_str()
                            && previous.sha256 == *sha256
                            && previous.signature == other.signature
                            && digest.number == other.digest.number + 1
                    }
                    (Some(_), None) => false,
                };
                if !follows {
                    faults.push((name.clone(), DigestFault::PreviousDiffers));
                }
                for file in &digest.files {
                    let name_of = || file.file.clone();
                    if !present.contains(file.file.as_str()) {
                        let mut removed = retained.iter().flat_map(|retention| &retention.files);
                        if !removed.any(|removed| removed == file) {
                            faults.push((name.clone(), DigestFault::MissingFile { name: name_of() }));
                        }
                    } else if !self.right.contains(&file.file) {
                        faults.push((name.clone(), DigestFault::FileDiffers { name: name_of() }));
                    }
                }
                if let Some(last) = last
                    && last < digest.head.sequence
                {
                    faults.push((name.clone(), DigestFault::CutOff { through: digest.head.sequence, last }));
                }
                before = Some(entry);
            }
        }
        for (name, fault) in faults {
            self.fault(Some(&name), fault);
        }
        if self.by_kms && self.digests.is_empty() {
            self.fault(None, DigestFault::NoDigest);
        }
        for anchor in std::mem::take(&mut self.anchors) {
            self.fault(None, DigestFault::AnchorMissing { anchor });
        }
        Digests {
            count: self.digests.len(),
            through: self.digests.last().map(|(_, signed, _)| signed.digest.head),
            anchored: self.anchored,
            first_bad: self.bad,
        }
    }

    /// The first fault of the first digest that has one.
    fn fault(&mut self, file: Option<&DigestName>, fault: DigestFault) {
        let file = file.map(ToString::to_string);
        let is_earlier = match &self.bad {
            None => true,
            Some(bad) => file.is_some() && (bad.file.is_none() || file < bad.file),
        };
        if is_earlier {
            self.bad = Some(BadDigest { file, explanation: fault.to_string(), fault });
        }
    }
}

fn changed(fault: NoDigest) -> DigestFault {
    DigestFault::Changed { why: fault.to_string() }
}
