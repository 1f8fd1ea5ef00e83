//! What completes an argument of a prompt or the variable of a resource template.

use rmcp::model::Reference;

use super::names::Names;
use super::prompts::{self, Takes};
use super::resources;
use crate::tools::ToolError;
use crate::tools::catalogue::Catalogue;
use crate::tools::parameter::{Kind, Parameter, Pattern};

/// The code of the error for what is neither a prompt's argument nor a template's variable.
pub const UNKNOWN_REFERENCE: &str = "UnknownReference";

/// What completes an argument.
#[derive(Debug, Clone, Copy)]
pub enum Completes {
    /// Names of the account that the parameter takes.
    Names(Names, &'static Pattern),
    /// One of a few words, which the gateway itself knows.
    Words(&'static [&'static str]),
    /// Nothing: only who types knows it.
    Nothing,
}

impl Completes {
    /// What completes the argument of that name; `None` if the reference has no such argument. Whether the caller may use
    /// the prompt makes no difference: what is listed is judged by itself.
    #[must_use]
    pub fn of(catalogue: Catalogue, reference: &Reference, argument: &str) -> Option<Self> {
        match (reference.as_prompt_name(), reference.as_resource_uri()) {
            (Some(name), _) => {
                let prompt = prompts::find(name).filter(|prompt| prompt.exists_with(catalogue))?;
                let argument = prompt.arguments.iter().find(|known| known.name == argument)?;
                match argument.takes {
                    Takes::Words(words) => Some(Self::Words(words)),
                    Takes::Parameter { tool, name, names } => {
                        let parameter = parameter(catalogue, tool, name)?;
                        Some(Self::of_parameter(catalogue, parameter, names))
                    }
                }
            }
            (None, uri) => {
                let template = resources::template(uri?).filter(|template| template.variable == argument)?;
                let parameter = parameter(catalogue, template.tool, template.parameter)?;
                Some(Self::of_parameter(catalogue, parameter, Some(template.names)))
            }
        }
    }

    fn of_parameter(catalogue: Catalogue, parameter: &'static Parameter, names: Option<Names>) -> Self {
        match (parameter.kind, names) {
            (Kind::Choice { words, .. }, _) => Self::Words(words),
            (Kind::Text(pattern), Some(names)) if catalogue.find(names.tool()).is_some() => Self::Names(names, pattern),
            _ => Self::Nothing,
        }
    }
}

/// The parameter of that name of the tool of that name.
#[must_use]
pub fn parameter(catalogue: Catalogue, tool: &str, name: &str) -> Option<&'static Parameter> {
    catalogue.find(tool)?.spec.parameters().find(|parameter| parameter.name == name)
}

/// The error for a reference, or an argument of it, that there is not.
#[must_use]
pub fn unknown() -> ToolError {
    ToolError::gateway(UNKNOWN_REFERENCE, "there is no such prompt or resource template, or it has no such argument")
        .hint("prompts/list and resources/templates/list show what there is")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::catalogue::CATALOGUE;

    fn of(reference: &Reference, argument: &str) -> Option<Completes> {
        Completes::of(CATALOGUE, reference, argument)
    }

    #[test]
    fn a_users_name_completes_from_the_accounts_users() {
        for reference in [Reference::for_resource("iam://users/{name}"), Reference::for_prompt("onboard_developer")] {
            let argument = if reference.as_prompt_name().is_some() { "user_name" } else { "name" };
            let found = of(&reference, argument);
            assert!(matches!(found, Some(Completes::Names(Names::Users, _))), "{reference:?}: {found:?}");
        }
    }

    #[test]
    fn a_path_is_completed_by_nobody() {
        let prompt = Reference::for_prompt("onboard_developer");
        assert!(matches!(of(&prompt, "path"), Some(Completes::Nothing)));
    }

    #[test]
    fn what_there_is_not_is_unknown() {
        for (reference, argument) in [
            (Reference::for_prompt("no_such_prompt"), "user_name"),
            (Reference::for_prompt("onboard_developer"), "no_such_argument"),
            (Reference::for_resource("iam://users/alice"), "name"),
            (Reference::for_resource("iam://users/{name}"), "user_name"),
            (Reference::for_resource("file:///{path}"), "path"),
        ] {
            assert!(of(&reference, argument).is_none(), "{reference:?} {argument}");
        }
    }
}
