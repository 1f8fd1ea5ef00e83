//! Session tags that a mapping adds.

use std::collections::BTreeMap;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::config::fault::FaultCode;
use crate::config::issuer::ClaimPath;
use crate::config::section::{Item, Section};
use crate::config::sink::Problem;

/// The tags that the gateway itself stamps on every session; nobody else sets them, in any letter case.
pub const RESERVED_TAGS: [&str; 3] = ["ViaAWSMCPService", "CalledViaAWSMCP", "McpCaller"];

/// STS takes 50 tags in all (AssumeRole, `Tags`).
const MAX_TAGS: usize = 50 - RESERVED_TAGS.len();
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

/// Tags with their values.
pub(super) fn read(section: &Section<'_>) -> BTreeMap<String, String> {
    entries(section, value)
}

/// Tags with the claims of a token that their values are taken from.
pub(in crate::config) fn of_claims(section: &Section<'_>) -> BTreeMap<String, ClaimPath> {
    entries(section, |item| item.parse())
}

/// Whether STS takes this as a tag's value.
#[must_use]
pub fn is_tag_value(text: &str) -> bool {
    text.chars().count() <= MAX_VALUE && text.chars().all(is_tag_character)
}

fn entries<T>(section: &Section<'_>, value: impl Fn(&Item<'_>) -> Option<T>) -> BTreeMap<String, T> {
    let entries = section.entries();
    if entries.len() > MAX_TAGS {
        let text = format!("{} tags; {MAX_TAGS} are possible", entries.len());
        section.fault(Problem::invalid(text).remedy("STS takes 50 on a session, and three are the gateway's own"));
    }
    let mut seen: Vec<(String, &str)> = Vec::new();
    let mut tags = BTreeMap::new();
    for (key, place, item) in entries {
        let folded = key.to_lowercase();
        match key_problem(key, &folded, &seen) {
            Some(problem) => section.sink().fault(place, item.path(), problem),
            None => {
                if let Some(value) = value(&item) {
                    tags.insert(key.to_owned(), value);
                }
            }
        }
        seen.push((folded, key));
    }
    tags
}

fn key_problem(key: &str, folded: &str, seen: &[(String, &str)]) -> Option<Problem> {
    let length = key.chars().count();
    if !(1..=MAX_KEY).contains(&length) {
        return Some(Problem::invalid(format!("the tag's key has {length} characters; 1 to {MAX_KEY} are possible")));
    }
    if !key.chars().all(is_tag_character) {
        return Some(Problem::invalid("the tag's key has characters that STS refuses").remedy(CHARACTERS));
    }
    if folded.starts_with("aws:") {
        return Some(Problem::invalid("keys that begin with aws: are AWS's own").remedy("choose another key"));
    }
    if RESERVED_TAGS.iter().any(|reserved| reserved.eq_ignore_ascii_case(key)) {
        let problem = Problem::invalid("the gateway sets this tag itself, and its meaning rests on that");
        return Some(problem.remedy("choose another key; letter case makes no difference to STS"));
    }
    let (_, twin) = seen.iter().find(|(other, _)| other == folded)?;
    let problem = Problem::new(FaultCode::Duplicate, format!("is the same tag as {twin:?}"));
    Some(problem.remedy("STS ignores the letter case of tag keys: keep one"))
}

fn value(item: &Item<'_>) -> Option<String> {
    item.check(|text| {
        let length = text.chars().count();
        if length > MAX_VALUE {
            return Err(Problem::invalid(format!("has {length} characters; a tag's value has at most {MAX_VALUE}")));
        }
        if !text.chars().all(is_tag_character) {
            return Err(Problem::invalid("has characters that STS refuses in a tag's value").remedy(CHARACTERS));
        }
        Ok(text.to_owned())
    })
}

const CHARACTERS: &str = "possible: letters, digits, spaces and _ . : / = + - @";

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`, the pattern of session tags in STS's API reference.
fn is_tag_character(c: char) -> bool {
    let group = c.general_category_group();
    matches!(group, GeneralCategoryGroup::Letter | GeneralCategoryGroup::Separator | GeneralCategoryGroup::Number)
        || "_.:/=+-@".contains(c)
}
