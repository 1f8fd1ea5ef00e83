//! Journals as use leaves them: compressed, with files removed for their age, with lines of a failed sync, with a key that
//! was rolled. The gateway's own verifier and the one that was written from docs/audit.md alone have to say the same of
//! each, as it is and tampered with.

use std::collections::BTreeMap;

use iam_mcp_gateway::audit::{DigestFault, Fault, Verdict, VerifyReport, Witness, verify};
use serde_json::{Value, json};

use self::made::Scenario;
use self::tampering::tamper;
use crate::support::dice::Dice;
use crate::support::program::Program;

mod folder;
mod made;
mod tampering;

/// What a verifier says: whether the journal is broken, at which file and line, at which digest, and up to which record it
/// is signed.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    broken: bool,
    bad: Option<(String, u64)>,
    bad_digest: Option<String>,
    signed: Option<u64>,
}

impl Said {
    fn by(report: &VerifyReport) -> Self {
        Self {
            broken: report.verdict == Verdict::Broken,
            bad: report.first_bad.as_ref().map(|bad| (bad.file.clone(), bad.line)),
            bad_digest: report.digests.first_bad.as_ref().and_then(|bad| bad.file.clone()),
            signed: report.signatures.through,
        }
    }

    fn by_the_other(told: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        let bad = &told["firstBad"];
        Self {
            broken: told["verdict"] == "broken",
            bad: text(&bad["file"]).zip(bad["line"].as_u64()),
            bad_digest: text(&told["firstBadDigest"]),
            signed: told["signedThrough"].as_u64(),
        }
    }
}

/// Both verifiers, and what is given to them.
struct Verifiers<'a> {
    other: &'a mut Program,
    witness: &'a Witness,
    kms_public_keys: &'a [String],
}

impl Verifiers<'_> {
    /// What this project's says of a folder with these files, after looking that the other agrees.
    fn agree(&mut self, files: &folder::Files, what: &str) -> VerifyReport {
        let lies = folder::write(files);
        let report = verify(lies.path(), self.witness).expect("the folder can be read");
        let public_keys: Vec<String> = self.witness.public_keys.iter().map(ToString::to_string).collect();
        let kms_public_keys = self.kms_public_keys;
        self.other.say(&json!({
            "folder": lies.path(), "public_keys": public_keys, "kms_public_keys": kms_public_keys,
        }));
        let (here, there) = (Said::by(&report), Said::by_the_other(&self.other.hear()));
        if folder::is_readable(files) {
            assert_eq!(here, there, "{what}: here and there");
        } else {
            // How much of it comes out before the data breaks is up to the decompressor.
            assert_eq!((here.broken, there.broken), (true, true), "{what}");
        }
        report
    }
}

/// Looks at each scenario as it is, and `times` tampered with.
async fn look(times: u64) {
    let mut other = Program::python("verify_journal.py", &["--serve"], &[]);
    for scenario in made::all().await {
        let Scenario { name, files, witness, kms_public_keys } = &scenario;
        let mut verifiers = Verifiers { other: &mut other, witness, kms_public_keys };
        let whole = verifiers.agree(files, name);
        assert_ne!(whole.verdict, Verdict::Broken, "{name}: {:?} {:?}", whole.first_bad, whole.digests.first_bad);
        let (mut seen, mut broken) = (BTreeMap::<_, u64>::new(), 0);
        for seed in 1..=times {
            let mut files = files.clone();
            let how = tamper(&mut Dice::new(seed), &mut files);
            let report = verifiers.agree(&files, &format!("{name}, seed {seed}: {how}"));
            *seen.entry(how).or_default() += 1;
            broken += u64::from(report.verdict == Verdict::Broken);
        }
        assert!(seen.len() >= 12, "{name}: {seen:?}");
        assert!(broken > times / 2 && broken < times, "{name}: {broken} of {times} are broken");
    }
    assert!(other.finish().is_empty());
}

#[tokio::test(start_paused = true)]
async fn both_verifiers_say_the_same_of_journals_in_long_use_and_of_tampered_ones() {
    look(40).await;
}

#[tokio::test(start_paused = true)]
#[ignore = "takes minutes: both verifiers look at thousands"]
async fn both_verifiers_say_the_same_of_thousands_of_tampered_journals_in_long_use() {
    look(1_000).await;
}

/// That the scenarios are what their names say: what a test of them shows hangs on it.
#[tokio::test(start_paused = true)]
async fn the_scenarios_have_what_they_are_named_for() {
    for scenario in made::all().await {
        let lies = folder::write(&scenario.files);
        let report = verify(lies.path(), &scenario.witness).expect("the folder can be read");
        let of_kind = |ending: &str| scenario.files.keys().filter(|name| name.ends_with(ending)).count();
        let compressed = of_kind(".jsonl.gz");
        let begins = report.files.first().and_then(|file| file.first_sequence);
        let unconfirmed = report.files.iter().filter(|file| file.unconfirmed > 0).count();
        assert!(report.digests.count > 1, "{}: {report:?}", scenario.name);
        match scenario.name {
            "compressed" => assert!(compressed > 1 && begins == Some(1)),
            "recovered" => assert!(unconfirmed > 1 && compressed == 0 && report.verdict == Verdict::UnconfirmedTail),
            "everything" => {
                assert!(unconfirmed > 0 && compressed > 1 && begins > Some(1) && of_kind(".torn") == 1);
                assert_eq!(report.signatures.keys.len(), 2);
            }
            "unsigned" => assert!(begins > Some(1) && report.signatures.keys.is_empty()),
            name => assert!(begins > Some(1) && name.starts_with("removed"), "{name}: {begins:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_rolled_key_both_verifiers_want_both_halves_and_this_one_says_so() {
    let mut other = Program::python("verify_journal.py", &["--serve"], &[]);
    let files = made::everything().await;
    let [former, present] = [made::FORMER, made::PRESENT].map(|seed| made::key(seed).public());
    let mut look = |public_keys: &[_]| {
        let witness = Witness { public_keys: public_keys.to_vec(), ..Witness::default() };
        Verifiers { other: &mut other, witness: &witness, kms_public_keys: &[] }.agree(&files, "a rolled key")
    };
    assert_eq!(look(&[former, present]).verdict, Verdict::UnconfirmedTail);
    let bad = |report: VerifyReport| report.first_bad.expect("one key is not enough").fault;
    assert_eq!(bad(look(&[present])), Fault::KeyDiffers);
    assert!(matches!(bad(look(&[former])), Fault::MissingSegment { .. }), "what let files go is not taken");
    let report = look(&[]);
    let bad = report.first_bad.expect("nobody gave the key that let files go");
    assert_eq!(bad.fault, Fault::RemovedUnderAnotherKey { key: present, counting: former });
    let bad = report.digests.first_bad.expect("nor that which let digests go");
    assert!(matches!(bad.fault, DigestFault::RemovedUnderAnotherKey { key, .. } if key == present), "{bad:?}");
    assert!(bad.explanation.contains("give both with --public-key"), "{}", bad.explanation);
    assert!(other.finish().is_empty());
}
