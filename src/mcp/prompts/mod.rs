//! Prompts: plans for tasks that take several tools, for a person to begin with and a model to follow.
//!
//! A prompt is data. It names the tools that it needs, and who could not call one of them is not offered it; a step or an
//! argument that needs more is left out for who could not call that. What a client gives for an argument stands in text
//! that a model reads, so it is held to the constraint of the tool's parameter that it is for, and quoted.

mod audit_group_permissions;
mod clean_up_inactive_users;
mod create_service_role;
mod onboard_developer;
mod render;
mod review_non_human_identities;
mod rotate_access_key;
mod test_role_access;

use rmcp::model::{Prompt as ListedPrompt, PromptArgument};

use super::names::Names;
use crate::tools::catalogue::Catalogue;

pub use render::render;

/// The prompts of this gateway, in the order in which they are listed.
pub static PROMPTS: [&Prompt; 7] = [
    &onboard_developer::PROMPT,
    &audit_group_permissions::PROMPT,
    &test_role_access::PROMPT,
    &clean_up_inactive_users::PROMPT,
    &create_service_role::PROMPT,
    &rotate_access_key::PROMPT,
    &review_non_human_identities::PROMPT,
];

/// A plan for a task.
#[derive(Debug)]
pub struct Prompt {
    /// Its name: a contract, as those of tools are.
    pub name: &'static str,
    title: &'static str,
    description: &'static str,
    /// The tools without which the task cannot be done.
    needs: &'static [&'static str],
    /// What the person says beforehand.
    pub arguments: &'static [Argument],
    /// The task in a sentence or two. Here and in steps, `{name}` is the place of an argument.
    aim: &'static str,
    steps: &'static [Step],
    /// What belongs to none of the steps.
    closing: &'static str,
}

/// An argument of a prompt.
#[derive(Debug)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    description: &'static str,
    required: bool,
    /// What it takes.
    pub takes: Takes,
}

/// What an argument takes.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// What this parameter takes. A list is given as its items with blanks between them, which none of them can hold.
    Parameter {
        /// The tool.
        tool: &'static str,
        /// Its parameter.
        name: &'static str,
        /// What completes it, where it is a name.
        names: Option<Names>,
    },
    /// One of a few words.
    Words(&'static [&'static str]),
}

/// A step of a plan.
#[derive(Debug)]
struct Step {
    /// Only with this argument.
    given: Option<&'static str>,
    /// Only without this argument.
    missing: Option<&'static str>,
    /// Only for who could call these.
    tools: &'static [&'static str],
    text: &'static str,
}

const fn step(text: &'static str) -> Step {
    Step { given: None, missing: None, tools: &[], text }
}

impl Step {
    const fn given(self, argument: &'static str) -> Self {
        Self { given: Some(argument), ..self }
    }

    const fn missing(self, argument: &'static str) -> Self {
        Self { missing: Some(argument), ..self }
    }

    const fn with(self, tools: &'static [&'static str]) -> Self {
        Self { tools, ..self }
    }
}

impl Prompt {
    /// Whether every tool that it needs is one of the catalogue's.
    #[must_use]
    pub fn exists_with(&self, catalogue: Catalogue) -> bool {
        self.is_offered(|tool| catalogue.find(tool).is_some())
    }

    /// Whether who could call these tools is offered it.
    #[must_use]
    pub fn is_offered(&self, could_call: impl Fn(&str) -> bool) -> bool {
        self.needs.iter().all(|tool| could_call(tool))
    }

    /// The arguments that are offered to who could call these tools.
    fn offered_arguments(&self, could_call: impl Fn(&str) -> bool) -> impl Iterator<Item = &'static Argument> {
        self.arguments.iter().filter(move |argument| match argument.takes {
            Takes::Parameter { tool, .. } => could_call(tool),
            Takes::Words(_) => true,
        })
    }

    /// As MCP lists it for who could call these tools.
    #[must_use]
    pub fn listed(&self, could_call: impl Fn(&str) -> bool) -> ListedPrompt {
        let arguments = self.offered_arguments(could_call).map(|argument| {
            PromptArgument::new(argument.name).with_description(argument.description).with_required(argument.required)
        });
        ListedPrompt::new(self.name, Some(self.description), Some(arguments.collect())).with_title(self.title)
    }

    /// What it is for, in a sentence.
    #[must_use]
    pub fn description(&self) -> &'static str {
        self.description
    }
}

/// The prompt of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Prompt> {
    PROMPTS.iter().copied().find(|prompt| prompt.name == name)
}

#[cfg(test)]
mod tests;
