//! What is new as policies would write it, in an order of its own and within bounds.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::conditions::Conditions;
use super::news::News;
use super::part::{Part, Pattern};
use super::principal::Principal;
use super::reach::EVERYTHING;
use crate::posture::findings::Way;

/// How many items are shown, and how long all of them may be as JSON, in bytes: what one person can read.
pub(super) const MOST_ITEMS: usize = 50;
pub(super) const LONGEST: usize = 16 * 1_024;
/// How many entries a list of an item has; what has more is several items.
const MOST_ENTRIES: usize = 40;
/// How many ways an explanation spells out.
const SPELLED_OUT: usize = 12;

/// The items that are shown, and how many are not, with a digest of all so that two that look the same are.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) shown: Vec<Value>,
    pub(super) more: usize,
    pub(super) digest: Option<String>,
}

impl Items {
    /// Everything that is new; the actions of `opened` come first, so that what is not shown is not the worst.
    pub(super) fn of(news: &News<'_>, is_dangerous: impl Fn(&Part) -> bool) -> Self {
        let mut items: Vec<(bool, Value)> = Vec::new();
        let mut add = |actions: &[&Part], targets: &[&Part], conditions: &Conditions| {
            for actions in each_list(actions) {
                for targets in each_list(targets) {
                    let harmless = !actions.iter().any(|action| is_dangerous(action));
                    items.push((harmless, item(&actions, &targets, conditions)));
                }
            }
        };
        for (actions, targets, conditions) in grouped(news) {
            add(&actions, &targets, conditions);
        }
        let mut items: Vec<(bool, String, Value)> =
            items.into_iter().map(|(harmless, item)| (harmless, item.to_string(), item)).collect();
        items.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        items.dedup_by(|one, other| one.1 == other.1);
        Self::within_bounds(items)
    }

    pub(super) fn within_bounds(items: Vec<(bool, String, Value)>) -> Self {
        let mut all = Self::default();
        let (mut left, mut digest) = (LONGEST, Sha256::new());
        for (_, text, item) in items {
            digest.update(text.as_bytes());
            digest.update(b"\n");
            if all.shown.len() < MOST_ITEMS && text.len() <= left {
                left -= text.len();
                all.shown.push(item);
            } else {
                all.more += 1;
            }
        }
        all.digest = (all.more > 0).then(|| HEXLOWER.encode(&digest.finalize()));
        all
    }
}

/// Pairs put together, the actions that are new on the same targets under the same conditions; and what is whole.
fn grouped<'a>(news: &News<'a>) -> Vec<(Vec<&'a Part>, Vec<&'a Part>, &'a Conditions)> {
    let mut by_actions: BTreeMap<(&Conditions, &BTreeSet<&Part>), Vec<&Part>> = BTreeMap::new();
    for ((conditions, target), actions) in &news.found {
        by_actions.entry((conditions, actions)).or_default().push(target);
    }
    let mut groups = Vec::new();
    for ((conditions, actions), targets) in by_actions {
        groups.push((actions.iter().copied().collect(), targets, conditions));
    }
    groups.extend(news.whole.iter().map(|statement| statement.lists()));
    groups
}

/// Lists that can stand in one statement: of patterns so many, of a `Not...` one.
fn each_list<'p>(parts: &[&'p Part]) -> Vec<Vec<&'p Part>> {
    let is_list = |part: &&&Part| matches!(part, Part::Fits(_) | Part::Is(_));
    let (plain, negated): (Vec<&'p Part>, Vec<&'p Part>) = parts.iter().partition(|part| is_list(part));
    let mut plain = plain;
    plain.dedup_by(|one, other| match (&**one, &**other) {
        (Part::Fits(one), Part::Fits(other)) => one.is_same(other),
        (one, other) => one == other,
    });
    plain.chunks(MOST_ENTRIES).map(<[_]>::to_vec).chain(negated.into_iter().map(|part| vec![part])).collect()
}

fn item(actions: &[&Part], targets: &[&Part], conditions: &Conditions) -> Value {
    let mut item = Map::new();
    put(&mut item, actions, ["Action", "NotAction"]);
    put(&mut item, targets, ["Resource", "NotResource"]);
    if !conditions.is_empty() {
        item.insert("Condition".to_owned(), conditions.shown());
    }
    Value::Object(item)
}

fn put(item: &mut Map<String, Value>, parts: &[&Part], [name, not_name]: [&str; 2]) {
    let texts = |patterns: &[Pattern]| patterns.iter().map(|pattern| pattern.text.as_str()).collect::<Value>();
    let mut fits = Vec::new();
    let mut named = Vec::new();
    for part in parts {
        match part {
            Part::Fits(pattern) => fits.push(pattern.clone()),
            Part::FitsNone(patterns) => drop(item.insert(not_name.to_owned(), texts(patterns))),
            Part::Is(principal) => named.push(principal),
            Part::IsNone(principals) => {
                drop(item.insert("NotPrincipal".to_owned(), who(&principals.iter().collect::<Vec<_>>())));
            }
        }
    }
    if !fits.is_empty() {
        item.insert(name.to_owned(), texts(&fits));
    }
    if !named.is_empty() {
        item.insert("Principal".to_owned(), who(&named));
    }
}

fn who(principals: &[&Principal]) -> Value {
    if principals.iter().any(|principal| principal.kind == "*") {
        return json!("*");
    }
    let mut types: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for principal in principals {
        types.entry(&principal.kind).or_default().push(&principal.name);
    }
    json!(types)
}

/// One entry for each kind of way, with what can be done: nothing of it is text of a policy. Who may do everything is told
/// nothing more.
pub(super) fn escalations(ways: &[Way]) -> Vec<Value> {
    if ways.iter().any(|way| way.code == EVERYTHING.code) {
        return vec![json!({"code": EVERYTHING.code, "explanation": format!("lets its holder {}", EVERYTHING.how)})];
    }
    let mut by_code: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for way in ways {
        by_code.entry(way.code).or_default().push(format!("{} ({})", way.how, way.actions.join(" with ")));
    }
    by_code
        .into_iter()
        .map(|(code, mut ways)| {
            let more = ways.len().saturating_sub(SPELLED_OUT);
            ways.truncate(SPELLED_OUT);
            let mut explanation = format!("lets its holder {}", ways.join("; "));
            if more > 0 {
                explanation.push_str(&format!("; and {more} more"));
            }
            json!({"code": code, "explanation": explanation})
        })
        .collect()
}
