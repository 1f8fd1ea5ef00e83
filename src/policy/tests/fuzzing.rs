//! The fuzzer's corpus, and inputs made of it by chance: what holds on them is in `fuzzing.rs` of the engine.

use std::panic::catch_unwind;
use std::{fs, thread};

use super::dice::Dice;
use super::mutation::{mutated, words};
use crate::policy::Verdict;
use crate::policy::fuzzing::{Reached, check};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/policy");
const DICTIONARY: &str = include_str!("../../../fuzz/policy.dict");

/// The committed inputs by their names.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(CORPUS).expect("the corpus is a folder");
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("the folder is read").path();
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("a file of the corpus is read"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_input_of_the_corpus_holds() {
    let corpus = corpus();
    assert!(corpus.len() >= 30, "{}", corpus.len());
    let mut read = 0;
    for (name, bytes) in corpus {
        assert!(bytes.len() < 2_048, "{name} is longer than a seed should be");
        read += checked(&name, &bytes).read;
    }
    assert!(read >= 50, "{read}");
}

#[test]
fn a_hundred_thousand_inputs_made_by_chance_hold() {
    const INPUTS: u64 = 100_000;
    let (corpus, words) = (&corpus(), &words(DICTIONARY));
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let reached: Vec<Reached> = thread::scope(|scope| {
        let share = |own| (0..INPUTS).skip(own).step_by(threads);
        let runs: Vec<_> = (0..threads)
            .map(|own| {
                scope.spawn(move || {
                    let input = |seed| mutated(&mut Dice::new(seed), corpus, words);
                    share(own).map(|seed| checked(&format!("seed {seed}"), &input(seed))).collect::<Vec<_>>()
                })
            })
            .collect();
        runs.into_iter().flat_map(|run| run.join().expect("the input is told above")).collect()
    });
    // Inputs that are all refused at the first letter would prove little.
    let often = |what: fn(&Reached) -> bool| reached.iter().filter(|reached| what(reached)).count();
    let counts = [
        often(|reached| reached.read > 0),
        often(|reached| reached.refused > 0),
        often(|reached| reached.read > 0 && reached.refused > 0),
        often(|reached| reached.verdict == Verdict::Allowed),
        often(|reached| matches!(reached.verdict, Verdict::ExplicitDeny(_))),
    ];
    assert!(
        counts.into_iter().zip([10, 10, 100, 100, 100]).all(|(count, of)| count * of > reached.len()),
        "{counts:?}"
    );
}

fn checked(name: &str, bytes: &[u8]) -> Reached {
    match catch_unwind(|| check(bytes)) {
        Ok(reached) => reached,
        Err(_) => panic!("{name}: {:?}", String::from_utf8_lossy(bytes)),
    }
}
