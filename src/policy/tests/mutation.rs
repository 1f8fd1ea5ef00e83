//! Inputs that are near to those of the fuzzer's corpus.

use super::dice::Dice;

/// One of the corpus, altered in one to four places; every twentieth is nothing but bytes.
pub(super) fn mutated(dice: &mut Dice, corpus: &[(String, Vec<u8>)], words: &[Vec<u8>]) -> Vec<u8> {
    if dice.percent(5) {
        return (0..dice.below(64)).map(|_| byte(dice)).collect();
    }
    let mut input = dice.pick(corpus).1.clone();
    for _ in 0..1 + dice.below(4) {
        let at = dice.below(input.len() + 1);
        let end = (at + dice.below(24)).min(input.len());
        match dice.below(8) {
            0 if at < input.len() => input[at] ^= 1 << dice.below(8),
            1 => {
                input.drain(at..end);
            }
            2 => {
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            3 => {
                let other = &dice.pick(corpus).1;
                let from = dice.below(other.len() + 1);
                input.splice(at.., other[from..].iter().copied());
            }
            4 => {
                input.splice(at..at, dice.pick(words).iter().copied());
            }
            _ => quoted(dice, &mut input, words),
        }
    }
    input
}

/// Puts a word in the place of one that stands in quotes, so that what is made is JSON still.
fn quoted(dice: &mut Dice, input: &mut Vec<u8>, words: &[Vec<u8>]) {
    let quotes: Vec<usize> = (0..input.len()).filter(|at| input[*at] == b'"').collect();
    if quotes.len() < 2 {
        return;
    }
    let pair = 2 * dice.below(quotes.len() / 2);
    input.splice(quotes[pair] + 1..quotes[pair + 1], dice.pick(words).iter().copied());
}

fn byte(dice: &mut Dice) -> u8 {
    u8::try_from(dice.below(256)).expect("below 256")
}

/// The words of a dictionary as libFuzzer reads it: a line each, in quotes, with `\\`, `\"` and `\xAB`.
pub(super) fn words(dictionary: &str) -> Vec<Vec<u8>> {
    let lines = dictionary.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let quoted = line.strip_prefix('"').and_then(|line| line.strip_suffix('"'));
            let mut rest = quoted.unwrap_or_else(|| panic!("{line} is not quoted"));
            let mut word = Vec::new();
            while let Some((before, escaped)) = rest.split_once('\\') {
                word.extend(before.bytes());
                rest = match escaped.strip_prefix('x') {
                    Some(hex) => {
                        word.push(u8::from_str_radix(&hex[..2], 16).expect("two hexadecimal digits"));
                        &hex[2..]
                    }
                    None => {
                        word.extend(escaped.bytes().take(1));
                        &escaped[1..]
                    }
                };
            }
            word.extend(rest.bytes());
            word
        })
        .collect()
}
