//! The parameters of a request, read with the constraints that AWS puts on them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::{Bound, RangeInclusive};

use super::constraint::{ANYTHING, Text};
use super::error::ServiceError;
use super::secret_parameters::is_secret;
use super::service::Service;

/// The parameters as they came: flat names such as `Tags.member.1.Key`, decoded.
#[derive(Default, Clone)]
pub(super) struct Fields(BTreeMap<String, String>);

/// The names only: among the values are passwords and codes.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Fields {
    pub(super) fn new(fields: BTreeMap<String, String>) -> Self {
        Self(fields)
    }

    /// A parameter as it came, unchecked.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names that begin with `prefix`.
    fn below(&self, prefix: &str) -> impl Iterator<Item = &str> {
        let from = self.0.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        from.map(|(name, _)| name.as_str()).take_while(move |name| name.starts_with(prefix))
    }

    /// All of them, in the order of their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Reads parameters. All that are bad are told at once, as AWS does; nothing that was read is handed out then.
    pub(super) fn read<'a, T>(&'a self, read: impl FnOnce(&Input<'a>) -> T) -> Result<T, ServiceError> {
        let input = Input::below(self, String::new());
        let value = read(&input);
        let (whole, listed): (Vec<Fault>, Vec<Fault>) =
            input.faults.into_inner().into_iter().partition(|fault| fault.whole);
        if !listed.is_empty() {
            let errors = if listed.len() == 1 { "error" } else { "errors" };
            let texts: Vec<String> = listed.into_iter().map(|fault| fault.text).collect();
            return Err(ServiceError::validation(format!(
                "{} validation {errors} detected: {}",
                texts.len(),
                texts.join("; ")
            )));
        }
        // Charsets of names and paths are looked at after the rest, and told one at a time.
        match whole.into_iter().next() {
            Some(fault) => Err(ServiceError::validation(fault.text)),
            None => Ok(value),
        }
    }
}

/// One bad parameter.
#[derive(Debug)]
struct Fault {
    text: String,
    /// The text is the whole message and not one entry of a list.
    whole: bool,
}

/// How much of the name of a parameter that nobody knows is told, in characters.
const LONGEST_TOLD: usize = 128;

/// Reads the parameters below one prefix.
#[derive(Debug)]
pub(super) struct Input<'a> {
    fields: &'a Fields,
    prefix: String,
    /// The names that were looked for and found.
    seen: RefCell<BTreeSet<&'a str>>,
    faults: RefCell<Vec<Fault>>,
}

impl<'a> Input<'a> {
    fn below(fields: &'a Fields, prefix: String) -> Self {
        Self { fields, prefix, seen: RefCell::default(), faults: RefCell::default() }
    }

    /// A text that must be there.
    pub(super) fn required(&self, name: &str, constraint: &Text) -> &'a str {
        self.optional(name, constraint).unwrap_or_else(|| {
            if self.raw(name).is_none() {
                self.broken(name, " null", "Member must not be null");
            }
            ""
        })
    }

    /// A text that may be left out.
    pub(super) fn optional(&self, name: &str, constraint: &Text) -> Option<&'a str> {
        let value = self.raw(name)?;
        self.check(name, value, constraint).then_some(value)
    }

    /// A whole number within bounds.
    pub(super) fn number(&self, name: &str, bounds: RangeInclusive<u32>) -> Option<u32> {
        let value = self.raw(name)?;
        let (low, high) = (*bounds.start(), *bounds.end());
        let complaint = match value.parse::<i64>() {
            Err(_) => "Member must be a number".to_owned(),
            Ok(number) if number < i64::from(low) => format!("Member must have value greater than or equal to {low}"),
            Ok(number) if number > i64::from(high) => format!("Member must have value less than or equal to {high}"),
            Ok(number) => return u32::try_from(number).ok(),
        };
        self.complain(name, value, &complaint);
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.raw(name)? {
            "true" => Some(true),
            "false" => Some(false),
            other => {
                self.complain(name, other, "Member must be true or false");
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn choice(&self, name: &str, words: &[&str]) -> Option<&'a str> {
        let value = self.raw(name)?;
        if words.contains(&value) {
            return Some(value);
        }
        self.complain(name, value, "Member must satisfy enum value set");
        None
    }

    /// One of a few words, which must be there.
    pub(super) fn required_choice(&self, name: &str, words: &[&str]) -> &'a str {
        if self.raw(name).is_none() {
            return self.required(name, &ANYTHING);
        }
        self.choice(name, words).unwrap_or_default()
    }

    /// A list of words, each one of a few.
    pub(super) fn choices(&self, name: &str, words: &[&str]) -> Vec<&'a str> {
        let chosen = (1..)
            .map(|index| format!("{name}.member.{index}"))
            .take_while(|name| self.raw(name).is_some())
            .filter_map(|name| self.choice(&name, words))
            .collect();
        self.nothing_else(name);
        chosen
    }

    /// A list of texts.
    pub(super) fn texts(&self, name: &str, constraint: &Text) -> Vec<&'a str> {
        let texts = (1..)
            .map(|index| format!("{name}.member.{index}"))
            .map_while(|name| self.raw(&name).map(|value| (name, value)))
            .filter(|(name, value)| self.check(name, value, constraint))
            .map(|(_, value)| value)
            .collect();
        self.nothing_else(name);
        texts
    }

    /// A list of structures.
    pub(super) fn members<T>(&self, name: &str, mut read: impl FnMut(&Input<'a>) -> T) -> Vec<T> {
        let mut members = Vec::new();
        for index in 1.. {
            let prefix = format!("{}{name}.member.{index}.", self.prefix);
            if self.fields.below(&prefix).next().is_none() {
                break;
            }
            let member = Input::below(self.fields, prefix);
            members.push(read(&member));
            self.seen.borrow_mut().append(&mut member.seen.into_inner());
            self.faults.borrow_mut().append(&mut member.faults.into_inner());
        }
        self.nothing_else(name);
        members
    }

    /// Notes a parameter that belongs to a list and was not read with it. It would be dropped without a word: with a
    /// gap before it, a tag or a policy that narrows a session would be missing, and nobody told.
    fn nothing_else(&self, list: &str) {
        let list = format!("{}{list}", self.prefix);
        let (prefix, seen) = (format!("{list}."), self.seen.borrow());
        let mut rest = self.fields.below(&prefix).filter(|name| !seen.contains(name));
        // An empty list comes as an empty parameter of its name.
        let own =
            self.fields.0.get_key_value(&list).filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.as_str());
        if let Some(name) = own.or_else(|| rest.next()) {
            let name: String = name.chars().take(LONGEST_TOLD).collect();
            let text = format!(
                "'{name}' is not part of the list '{list}': its members are {list}.member.1, {list}.member.2 and so on \
                 without a gap, each with fields that it knows"
            );
            self.faults.borrow_mut().push(Fault { text, whole: false });
        }
    }

    /// Notes that a parameter is not as it must be.
    pub(super) fn complain(&self, name: &str, value: &str, complaint: &str) {
        self.broken(name, &format!(" '{value}'"), complaint);
    }

    /// Notes a fault with a wording of its own.
    pub(super) fn object(&self, message: String) {
        self.faults.borrow_mut().push(Fault { text: message, whole: true });
    }

    fn check(&self, name: &str, value: &str, constraint: &Text) -> bool {
        let length = value.chars().count();
        if length < constraint.min {
            self.complain(name, value, &format!("Member must have length greater than or equal to {}", constraint.min));
        } else if length > constraint.max {
            self.complain(name, value, &format!("Member must have length less than or equal to {}", constraint.max));
        } else if !(constraint.fits)(value) {
            match constraint.said_as {
                Ok(pattern) => {
                    self.complain(name, value, &format!("Member must satisfy regular expression pattern: {pattern}"));
                }
                Err(rule) => self.object(format!("The specified value for {} is invalid. {rule}", self.camel(name))),
            }
        } else {
            return true;
        }
        false
    }

    fn raw(&self, name: &str) -> Option<&'a str> {
        let (name, value) = match self.prefix.as_str() {
            "" => self.fields.0.get_key_value(name)?,
            prefix => self.fields.0.get_key_value(&format!("{prefix}{name}"))?,
        };
        self.seen.borrow_mut().insert(name);
        Some(value)
    }

    /// STS tells a bad value. IAM has ceased to, and of a secret nobody ever did.
    fn broken(&self, name: &str, value: &str, complaint: &str) {
        let untold = self.fields.get("Version") == Some(Service::Iam.version()) || is_secret(name);
        let value = if untold { "" } else { value };
        let text = format!("Value{value} at '{}' failed to satisfy constraint: {complaint}", self.camel(name));
        self.faults.borrow_mut().push(Fault { text, whole: false });
    }

    /// `Tags.member.1.Key` as messages call it: `tags.1.member.key`.
    fn camel(&self, name: &str) -> String {
        let full = format!("{}{name}", self.prefix);
        let parts: Vec<&str> = full.split('.').collect();
        let mut spelt = Vec::with_capacity(parts.len());
        let mut at = 0;
        while let Some(part) = parts.get(at) {
            match (*part, parts.get(at + 1)) {
                ("member", Some(index)) => {
                    spelt.extend([(*index).to_owned(), "member".to_owned()]);
                    at += 2;
                }
                (part, _) => {
                    let mut letters = part.chars();
                    let first = letters.next().map(|first| first.to_ascii_lowercase());
                    spelt.push(first.into_iter().chain(letters).collect());
                    at += 1;
                }
            }
        }
        spelt.join(".")
    }
}

#[cfg(test)]
mod tests;
