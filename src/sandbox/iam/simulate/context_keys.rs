//! The condition keys that policies ask for.

use std::collections::BTreeMap;

use super::super::Answer;
use super::super::guarded::Guarded;
use super::source::{Source, read_all};
use super::subject::Subject;
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ANYTHING, ARN, DOCUMENT};
use crate::sandbox::xml::Xml;

/// `GetContextKeysForPrincipalPolicy`: those of a user, group or role, and of documents beside them.
pub(super) fn principal(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, texts)) = guarded
        .read(call, |input| (input.required("PolicySourceArn", &ARN), input.texts("PolicyInputList", &DOCUMENT)))?;
    let mut policies = Subject::of(account, arn)?.policies;
    policies.extend(read_all("PolicyInputList", &texts)?);
    Ok(answer(&policies))
}

/// `GetContextKeysForCustomPolicy`: those of documents.
pub(super) fn custom(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (_, texts) = guarded.read(call, |input| {
        let texts = input.texts("PolicyInputList", &DOCUMENT);
        if texts.is_empty() {
            input.required("PolicyInputList", &ANYTHING);
        }
        texts
    })?;
    Ok(answer(&read_all("PolicyInputList", &texts)?))
}

fn answer(policies: &[Source]) -> Xml {
    let keys = policies.iter().flat_map(|source| &source.keys);
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for key in keys {
        names.entry(key.to_lowercase()).or_insert(key);
    }
    let mut xml = Xml::new();
    xml.texts("ContextKeyNames", names.into_values());
    xml
}
