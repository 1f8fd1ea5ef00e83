//! What the digest files of a journal say, against what lies in the folder.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::Witness;
use super::report::{BadDigest, DigestFault, Digests};
use crate::audit::chain::{ChainHead, Hash};
use crate::audit::digest::{DigestName, LARGEST, NoDigest, Previous, SignedDigest, file_hash};
use crate::audit::files::plain;
use crate::audit::keeping::Retention;
use crate::audit::signing::{KmsPublicKey, PublicKey};

/// The digests of a folder, while its files are read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    digests: Vec<(DigestName, SignedDigest, Hash)>,
    bad: Option<BadDigest>,
    /// The files that digests name.
    known: HashSet<String>,
    /// The hashes of records, as digests know them, and which digest does.
    records: HashMap<u64, (Hash, usize)>,
    /// The SHA-256 and the length of those that were read without a fault.
    contents: HashMap<String, (Hash, u64)>,
    /// Whether a KMS key has to have signed each digest.
    by_kms: bool,
    anchors: Vec<Hash>,
    anchored: Option<ChainHead>,
    retentions: Vec<(u64, Retention)>,
    /// Those under a key that does not count, because none was given and another was named first.
    under_another_key: Vec<(PublicKey, Retention)>,
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
        self.known.extend(signed.digest.files.iter().map(|file| file.file.clone()));
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
        self.known.contains(plain(file))
    }

    /// The content of a file was read.
    pub(super) fn content(&mut self, file: &str, sha256: Hash, bytes: u64) {
        self.contents.insert(plain(file).to_owned(), (sha256, bytes));
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

    /// A file was read that names `key`, which `counts` or not, and whose signatures go up to `signed_through`. Where it is
    /// signed, a retention record counts only if a signature of the same file covers it: a line that somebody put at its end is
    /// covered by the first signature of the next one.
    pub(super) fn end_of_file(&mut self, key: Option<PublicKey>, signed_through: Option<u64>, counts: bool) {
        let through = if key.is_some() { signed_through.unwrap_or(0) } else { u64::MAX };
        let covered = self.fresh.drain(..).filter(|(sequence, _)| *sequence <= through);
        match key {
            Some(key) if !counts => self.under_another_key.extend(covered.map(|(_, retention)| (key, retention))),
            _ => self.retentions.extend(covered),
        }
    }

    /// The key under which a retention record says that the chain may begin after `head`, where that record does not count.
    pub(super) fn could_begin_after(&self, head: ChainHead) -> Option<PublicKey> {
        self.let_go_by_another_key(|retention| retention.ends_at(head))
    }

    fn let_go_by_another_key(&self, let_go: impl Fn(&Retention) -> bool) -> Option<PublicKey> {
        self.under_another_key.iter().find(|(_, retention)| let_go(retention)).map(|(key, _)| *key)
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

    /// What the digests show of a journal whose last record is `last`, 0 if there is none, and whose files are `names`.
    pub(super) fn end(mut self, names: &[String], last: u64, signed_through: Option<u64>) -> Digests {
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
                    (None, Some(previous)) => retained.iter().any(|retention| names_digest(retention, previous)),
                    (Some((file, other, sha256)), Some(previous)) => {
                        previous.file == file.as_str()
                            && previous.sha256 == *sha256
                            && previous.signature == other.signature
                            && digest.number == other.digest.number + 1
                    }
                    (Some(_), None) => false,
                };
                if !follows {
                    let removed = digest.previous.as_ref().filter(|_| before.is_none()).and_then(|previous| {
                        let key = self.let_go_by_another_key(|retention| names_digest(retention, previous))?;
                        Some(DigestFault::RemovedUnderAnotherKey { name: previous.file.clone(), key })
                    });
                    faults.push((name.clone(), removed.unwrap_or(DigestFault::PreviousDiffers)));
                }
                for file in &digest.files {
                    let name_of = || file.file.clone();
                    if !present.contains(file.file.as_str()) {
                        if !retained.iter().any(|retention| retention.files.contains(file)) {
                            let key = self.let_go_by_another_key(|retention| retention.files.contains(file));
                            let missing = DigestFault::MissingFile { name: name_of() };
                            let removed = |key| DigestFault::RemovedUnderAnotherKey { name: name_of(), key };
                            faults.push((name.clone(), key.map_or(missing, removed)));
                        }
                    } else if self.contents.get(&file.file) != Some(&(file.sha256, file.bytes)) {
                        faults.push((name.clone(), DigestFault::FileDiffers { name: name_of() }));
                    }
                }
                if last < digest.head.sequence {
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

/// Whether the record says that this digest was removed.
fn names_digest(retention: &Retention, digest: &Previous) -> bool {
    retention.digests.iter().any(|removed| removed.file == digest.file && removed.sha256 == digest.sha256)
}

fn changed(fault: NoDigest) -> DigestFault {
    DigestFault::Changed { why: fault.to_string() }
}
