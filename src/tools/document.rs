//! The catalogue as a page of documentation.

use std::fmt::Write as _;

use super::catalogue::Catalogue;
use super::parameter::{Kind, Parameter};
use super::spec::{Effect, Spec};
use crate::config::Toolset;
use crate::iam::Action;
use crate::iam::change::actions::{CREATE_ACCESS_KEY, CREATE_SECRET, DECRYPT, DELETE_ACCESS_KEY, GENERATE_DATA_KEY};

/// What stands above the tools.
const HEAD: &str = "\
# Tools

Made from the catalogue by `iam-mcp-gateway tools --markdown`; the tests hold it to that.

An effect is *read*, *write* (creates or changes), *destructive* (removes access, data, credentials or entities) or *grant*
(may give a principal more than it had). Every tool that changes something takes `dry_run`; destructive and granting ones
are confirmed, and take `confirmation_token` and `reason`. Parameters in bold are required. The IAM actions are all that a
call can need; the endpoint policies and the role of the caller must both allow them. `iam-mcp-gateway tools --policy`
prints them as a policy for a role; with `--config FILE` also what storing the secrets of new access keys takes.
";

/// The page.
#[must_use]
pub fn markdown(catalogue: Catalogue) -> String {
    let mut page = HEAD.to_owned();
    for toolset in Toolset::ALL {
        let mut tools = catalogue.iter().filter(|tool| tool.spec.toolset == toolset).peekable();
        if tools.peek().is_none() {
            continue;
        }
        page.push_str(&format!("\n## {toolset}\n"));
        tools.for_each(|tool| put(&mut page, tool.spec));
    }
    page
}

fn put(page: &mut String, spec: &Spec) {
    let effect = match spec.effect_of {
        None => spec.effect.as_str().to_owned(),
        Some(_) => format!("{} (less, by its arguments)", spec.effect.as_str()),
    };
    let mut say = |line: String| writeln!(page, "{line}").expect("a text takes whatever is written to it");
    say(format!("\n### {}\n\n{} Effect: *{effect}*.", spec.name, spec.description));
    if !spec.aliases.is_empty() {
        say(format!("Also called {}.", ticked(spec.aliases.iter().copied())));
    }
    let own: Vec<&Parameter> = spec.own_parameters.iter().filter(|parameter| parameter.is_listed()).collect();
    if !own.is_empty() {
        say("\n| parameter | what it is | what it takes |\n|---|---|---|".to_owned());
        for parameter in own {
            let name = format!("`{}`", parameter.name);
            let name = if parameter.required { format!("**{name}**") } else { name };
            say(format!("| {name} | {} | {} |", parameter.description, constraint(parameter.kind)));
        }
    }
    for (word, actions) in [("Reads with", spec.reads), ("Changes with", spec.writes)] {
        if !actions.is_empty() {
            say(format!("\n{word} {}.", ticked(actions.iter().copied().map(Action::as_str))));
        }
    }
    if spec.writes.contains(&CREATE_ACCESS_KEY) {
        let (delete, create) = (DELETE_ACCESS_KEY.as_str(), CREATE_SECRET.as_str());
        let (generate, decrypt) = (GENERATE_DATA_KEY.as_str(), DECRYPT.as_str());
        say(format!(
            "\nA new key with `tools.new_secrets = \"secrets_manager\"` also takes `{create}` and `{delete}`, and with a\n\
             `kms_key` `{generate}` and `{decrypt}`; see [configuration](configuration.md#toolssecrets_manager)."
        ));
    }
    debug_assert!(spec.effect != Effect::Read || spec.writes.is_empty());
}

fn ticked<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    texts.map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}

/// What a parameter takes, in a few words.
fn constraint(kind: Kind) -> String {
    match kind {
        Kind::Text(pattern) => {
            let default = pattern.default.map(|default| format!("; default `{default}`")).unwrap_or_default();
            format!("{}{default}", pattern.words)
        }
        Kind::Boolean => "true or false; default false".to_owned(),
        Kind::DefaultTrue => "true or false; default true".to_owned(),
        Kind::Integer { min, max, default } => {
            let default = default.map(|default| format!("; default {default}")).unwrap_or_default();
            format!("{min} to {max}{default}")
        }
        Kind::Fraction => "a number between 0 and 1".to_owned(),
        Kind::Words(words) => format!("a list of some of {}", ticked(words.iter().copied())),
        Kind::Tags => "an object of keys to values, or a list of {\"Key\", \"Value\"}".to_owned(),
        Kind::Choice { words, default } => format!("one of {}; default `{default}`", ticked(words.iter().copied())),
        Kind::OneOf(words) => format!("one of {}", ticked(words.iter().copied())),
        Kind::Texts { each, most } => format!("a list of 1 to {most}, each {}", each.words),
        Kind::Document => "an object, or JSON text".to_owned(),
        Kind::Documents { most } => format!("a list of 1 to {most}, each an object or JSON text"),
        Kind::Object => "an object".to_owned(),
        Kind::ContextEntries => "an object of keys to values, or AWS's list of ContextEntry".to_owned(),
        Kind::Refused(_) | Kind::Ignored => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::catalogue::CATALOGUE;

    #[test]
    fn the_page_in_the_repository_is_what_the_catalogue_says() {
        let kept = include_str!("../../docs/tools.md");
        let now = markdown(CATALOGUE);
        let differs = kept.lines().zip(now.lines()).find(|(kept, now)| kept != now);
        assert!(
            kept == now,
            "docs/tools.md is old; first difference {differs:?}; write it with: iam-mcp-gateway tools --markdown > docs/tools.md"
        );
    }
}
