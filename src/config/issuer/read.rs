//! Reading `[[issuer]]`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use super::{ClaimPath, Condition, Issuer, KeySource, Possible};
use crate::config::fault::{FaultCode, Place};
use crate::config::file;
use crate::config::role_mapping::tags as session_tags;
use crate::config::section::{Item, Section};
use crate::config::sink::Problem;

/// Names and URLs that were read so far.
type Seen = RefCell<Vec<(String, Place)>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Exchange,
    Bearer,
}

pub(in crate::config) fn read(root: &Section<'_>, folder: &Path) -> Vec<Issuer> {
    let seen = Seen::default();
    root.tables("issuer", |section| issuer(section, folder, &seen)).into_iter().flatten().collect()
}

fn issuer(section: &Section<'_>, folder: &Path, seen: &Seen) -> Option<Issuer> {
    let name = section.required("name", "write name = \"github\", as role mappings will call it").and_then(|item| {
        once(&item, seen)?;
        item.check(|text| {
            let valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            if (1..=32).contains(&text.len()) && text.bytes().all(valid) {
                return Ok(text.to_owned());
            }
            Err(Problem::invalid(format!("{text:?} is no issuer's name"))
                .remedy("1 to 32 lower-case letters, digits and hyphens are possible"))
        })
    });
    let url = section.required("url", "write url = \"https://...\", as its tokens have it in iss").and_then(|item| {
        once(&item, seen)?;
        item.parse()
    });
    let keys = keys(section, folder);
    let uses = match section.optional("uses") {
        Some(item) => uses(&item),
        None => vec![Use::Exchange],
    };
    let caller = section
        .required("caller", "write caller = \"{sub}\", or other claims in braces that make the caller's name")
        .and_then(|item| item.parse());
    let person = section.optional("person").map(|item| item.parse());
    let person = match person {
        None => None,
        Some(read) => Some(read?),
    };
    let email_verified_by_issuer = section.boolean("email_verified_by_issuer", false);
    let conditions = section.optional("conditions").and_then(|item| item.table(conditions)).unwrap_or_default();
    let tags = tags(section);
    Some(Issuer {
        name: name?,
        url: url?,
        keys: keys?,
        exchange: uses.contains(&Use::Exchange),
        bearer: uses.contains(&Use::Bearer),
        caller: caller?,
        person,
        email_verified_by_issuer,
        conditions,
        tags,
    })
}

fn once(item: &Item<'_>, seen: &Seen) -> Option<()> {
    let text = item.string()?;
    let mut seen = seen.borrow_mut();
    if let Some((_, first)) = seen.iter().find(|(other, _)| other == text) {
        item.fault(Problem::new(FaultCode::Duplicate, format!("{text:?} is already an issuer's, at {first}")));
        return None;
    }
    seen.push((text.to_owned(), item.place().clone()));
    Some(())
}

/// `keys_url` or `keys_file`; discovery without either.
pub(in crate::config) fn keys(section: &Section<'_>, folder: &Path) -> Option<KeySource> {
    match (section.optional("keys_url"), section.optional("keys_file")) {
        (Some(_), Some(item)) => {
            let problem = Problem::conflict("keys_url and keys_file are both set");
            item.fault(problem.remedy("keep one of the two"));
            None
        }
        (Some(item), None) => item.parse().map(KeySource::Url),
        (None, Some(item)) => file(&item, folder).map(KeySource::File),
        (None, None) => Some(KeySource::Discovery),
    }
}

fn uses(item: &Item<'_>) -> Vec<Use> {
    if item.is_empty_list() {
        item.fault(Problem::invalid("is empty, so its tokens would be good for nothing").remedy("remove the issuer"));
        return Vec::new();
    }
    item.list(|item| item.choice(&[("exchange", Use::Exchange), ("bearer", Use::Bearer)]))
}

fn conditions(section: &Section<'_>) -> Vec<Condition> {
    section
        .entries()
        .into_iter()
        .filter_map(|(key, place, item)| {
            let claim = match key.parse::<ClaimPath>() {
                Ok(claim) => claim,
                Err(error) => {
                    section.sink().fault(place, item.path(), Problem::invalid(error.to_string()));
                    return None;
                }
            };
            let possible = match item.as_list() {
                Some(items) => {
                    if items.is_empty() {
                        item.fault(Problem::invalid("is empty, so no token would fulfil it"));
                    }
                    items.iter().map(possible).collect()
                }
                None => vec![possible(&item)],
            };
            Some(Condition { claim, possible: possible.into_iter().collect::<Option<_>>()? })
        })
        .collect()
}

fn possible(item: &Item<'_>) -> Option<Possible> {
    if item.is_boolean() {
        return item.boolean().map(Possible::Boolean);
    }
    item.check(|text| match text {
        "" | "*" => {
            Err(Problem::invalid("holds for every text").remedy("write a value, or its beginning with a * behind"))
        }
        text => Ok(Possible::of_text(text)),
    })
}

/// `tags`: keys of session tags with the claims whose values they get.
pub(in crate::config) fn tags(section: &Section<'_>) -> BTreeMap<String, ClaimPath> {
    section.optional("tags").and_then(|item| item.table(session_tags::of_claims)).unwrap_or_default()
}
