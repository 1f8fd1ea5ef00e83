//! `[sigv4]`: what a signature must be made for, and the keys that may sign.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::file;
use super::section::{Item, Section};
use super::sink::Problem;

/// `[sigv4]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sigv4 {
    /// The service in the credential scope.
    pub service: String,
    /// The regions accepted in the credential scope; never empty.
    pub regions: Vec<String>,
    /// How far a signature's date may be from the clock, either way.
    pub max_skew: Duration,
    /// The keyring file.
    pub keyring: PathBuf,
    /// Whether the keyring may be readable by its group, as a Kubernetes secret with `fsGroup` is.
    pub keyring_group_readable: bool,
}

pub(super) fn read(section: &Section<'_>, folder: &Path) -> Option<Sigv4> {
    let service = section.optional("service").map_or(Some("iam-mcp".to_owned()), |item| word(&item));
    let regions = regions(section);
    let max_skew = section.integer::<u64>(
        "max_skew_seconds",
        1..=900,
        300,
        "AWS allows 300 s; a captured request can be sent again for as long, and must be remembered for as long",
    );
    let keyring =
        section.required("keyring", "write keyring = \"keyring.json\", the file that holds the gateway's keys");
    let keyring = keyring.and_then(|item| file(&item, folder));
    let keyring_group_readable = section.boolean("keyring_group_readable", false);
    let max_skew = Duration::from_secs(max_skew);
    Some(Sigv4 { service: service?, regions, max_skew, keyring: keyring?, keyring_group_readable })
}

/// `regions`, or `region` for a single one.
fn regions(section: &Section<'_>) -> Vec<String> {
    let single = section.optional("region");
    let several = section.optional("regions");
    if let (Some(single), Some(_)) = (&single, &several) {
        single.fault(Problem::conflict("region and regions are both set").remedy("keep regions, with all of them"));
    }
    match (several, single) {
        (Some(item), _) => {
            if item.is_empty_list() {
                item.fault(Problem::invalid("is empty, so no signature would be accepted").remedy("name a region"));
            }
            item.list(word)
        }
        (None, Some(item)) => word(&item).into_iter().collect(),
        (None, None) => vec!["us-east-1".to_owned()],
    }
}

/// A part of a credential scope. Not `Region`: what the client signs with is agreed on here, not by AWS.
fn word(item: &Item<'_>) -> Option<String> {
    item.check(|text| {
        let valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(valid) {
            Ok(text.to_owned())
        } else {
            Err(Problem::invalid(format!("{text:?} cannot stand in a credential scope"))
                .remedy("1 to 64 lower-case letters, digits and hyphens are possible"))
        }
    })
}
