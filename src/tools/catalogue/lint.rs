//! What tools may say of themselves: a model chooses by it, so it is short, plain and true.

use serde_json::json;

use super::CATALOGUE;
use crate::mcp::listing::Listing;
use crate::tools::{Effect, Spec};

/// The longest description, in characters.
const LONGEST: usize = 300;

/// Words that say nothing, or that belong to an advertisement.
const VAGUE: [&str; 14] = [
    "etc", "various", "stuff", "things", "manage", "manages", "handle", "handles", "easily", "powerful", "helps",
    "useful", "some", "general",
];

/// What only a tool that changes something may say that it does.
const CHANGING: [&str; 16] = [
    "Activates",
    "Adds",
    "Attaches",
    "Changes",
    "Creates",
    "Deactivates",
    "Deletes",
    "Detaches",
    "Puts",
    "Removes",
    "Renames",
    "Replaces",
    "Rotates",
    "Sets",
    "Updates",
    "Writes",
];

/// What a tool that removes something says that it does.
const REMOVING: [&str; 7] = ["Deletes", "Detaches", "Removes", "Deactivates", "Activates", "Rotates", "Revokes"];

/// What only a tool says that can remove or overwrite something.
const OVERWRITING: [&str; 9] = [
    "Removes",
    "Replaces",
    "Renames",
    "Changes",
    "overwritten",
    "replaced",
    "replaces",
    "in the place of",
    "Puts another version",
];

fn words(spec: &Spec) -> Vec<&'static str> {
    spec.description.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

/// What is wrong with a description.
fn faults(spec: &Spec) -> Vec<String> {
    let (words, mut faults) = (words(spec), Vec::new());
    let length = spec.description.chars().count();
    if !(30..=LONGEST).contains(&length) {
        faults.push(format!("is {length} characters long"));
    }
    if !spec.description.ends_with('.') {
        faults.push("does not end as a sentence".to_owned());
    }
    faults.extend(
        words
            .iter()
            .filter(|word| VAGUE.contains(&word.to_lowercase().as_str()))
            .map(|word| format!("is vague: {word}")),
    );
    let first = words.first().copied().unwrap_or_default();
    let changes = words.iter().any(|word| CHANGING.contains(word));
    if changes != spec.effect.writes() {
        faults.push("says of changing something what its annotations deny".to_owned());
    }
    if spec.effect.writes() && !CHANGING.contains(&first) && !REMOVING.contains(&first) {
        faults.push(format!("does not begin with what it does: {first}"));
    }
    if spec.effect == Effect::Destructive && !REMOVING.contains(&first) {
        faults.push(format!("does not begin with what goes: {first}"));
    }
    if spec.effect != Effect::Destructive && spec.effect_of.is_none() && ["Deletes", "Detaches"].contains(&first) {
        faults.push("begins with a removal that its annotations deny".to_owned());
    }
    if !spec.destroys()
        && let Some(said) = OVERWRITING.iter().find(|said| spec.description.contains(*said))
    {
        faults.push(format!("says {said}, and its annotations that it only adds"));
    }
    if spec.effect == Effect::Read && words.iter().any(|word| word.eq_ignore_ascii_case("confirmed")) {
        faults.push("speaks of a confirmation that it does not have".to_owned());
    }
    faults
}

#[test]
fn descriptions_are_short_plain_and_true() {
    let faulty: Vec<String> = CATALOGUE
        .iter()
        .flat_map(|tool| faults(tool.spec).into_iter().map(|fault| format!("{} {fault}", tool.spec.name)))
        .collect();
    assert!(faulty.is_empty(), "{faulty:#?}");
}

#[test]
fn what_is_vague_long_or_denied_by_the_annotations_is_found() {
    let spec = |description, effect| Spec { name: "x", description, effect, ..Spec::READING };
    let long: &'static str = Box::leak(format!("Shows {}.", "a".repeat(LONGEST)).into_boxed_str());
    for (description, effect, fault) in [
        ("Manages various users of the account.", Effect::Read, "is vague: Manages"),
        (long, Effect::Read, "is 307 characters long"),
        ("Shows a user and Deletes its keys for good.", Effect::Read, "says of changing"),
        ("Shows what a user is allowed to do.", Effect::Destructive, "says of changing"),
        ("Changes who is in the group, by removal.", Effect::Destructive, "does not begin with what goes"),
        ("Deletes a user with all that hangs on it.", Effect::Write, "begins with a removal"),
        ("Shows a user, when it is confirmed so.", Effect::Read, "speaks of a confirmation"),
        ("Writes a policy, in the place of one of the same name.", Effect::Grant, "says in the place of"),
        ("Changes the name of a user and nothing else.", Effect::Write, "says Changes"),
    ] {
        let found = faults(&spec(description, effect));
        assert!(found.iter().any(|found| found.starts_with(fault)), "{description}: {found:?}");
    }
    assert!(faults(&spec("Shows one user and what hangs on it.", Effect::Read)).is_empty());
    let overwriting = Spec { overwrites: true, ..spec("Changes the name of a user and nothing else.", Effect::Write) };
    assert!(faults(&overwriting).is_empty());
}

/// What a model reads of all tools: names, descriptions and input schemas.
const MOST_READ: usize = 48 * 1024;
/// The whole of tools/list.
const MOST_LISTED: usize = 100 * 1024;

#[test]
fn what_a_model_reads_and_what_is_listed_stay_small() {
    let listed: Vec<_> = Listing::of(CATALOGUE).all().map(|tool| json!(tool)).collect();
    let read: usize = listed
        .iter()
        .map(|tool| json!({"name": tool["name"], "description": tool["description"], "inputSchema": tool["inputSchema"]}))
        .map(|read| read.to_string().len())
        .sum();
    let whole = json!({"tools": listed}).to_string().len();
    assert!(read < MOST_READ, "{read} of {MOST_READ}");
    assert!(whole < MOST_LISTED, "{whole} of {MOST_LISTED}");
}
