//! The table of all tools.

use std::collections::BTreeSet;

use super::{Spec, Tool, access_keys, governance, groups, identities, policies, roles, simulation, users};
use crate::config::Toolset;
use crate::iam::Action;
use crate::suggest::suggest;

/// The tools of this gateway, in the order in which they are listed.
pub static CATALOGUE: Catalogue = Catalogue(&[
    users::list::TOOL,
    users::get::TOOL,
    users::create::TOOL,
    users::update::TOOL,
    users::delete::TOOL,
    users::bounded::TAG,
    users::bounded::UNTAG,
    users::bounded::PUT_BOUNDARY,
    users::bounded::DELETE_BOUNDARY,
    users::policies::ATTACH,
    users::policies::DETACH,
    users::policies::PUT,
    users::policies::GET_POLICY,
    users::policies::DELETE_POLICY,
    users::policies::LIST_POLICIES,
    roles::list::TOOL,
    roles::get::TOOL,
    roles::create::TOOL,
    roles::update::TOOL,
    roles::trust::TOOL,
    roles::delete::TOOL,
    roles::bounded::TAG,
    roles::bounded::UNTAG,
    roles::bounded::PUT_BOUNDARY,
    roles::bounded::DELETE_BOUNDARY,
    roles::policies::ATTACH,
    roles::policies::DETACH,
    roles::policies::PUT,
    roles::policies::GET_POLICY,
    roles::policies::DELETE_POLICY,
    roles::policies::LIST_POLICIES,
    groups::list::TOOL,
    groups::get::TOOL,
    groups::create::TOOL,
    groups::delete::TOOL,
    groups::membership::ADD,
    groups::membership::REMOVE,
    groups::policies::ATTACH,
    groups::policies::DETACH,
    groups::policies::PUT,
    groups::policies::GET_POLICY,
    groups::policies::DELETE_POLICY,
    groups::policies::LIST_POLICIES,
    policies::list::TOOL,
    policies::get::TOOL,
    policies::get::DOCUMENT,
    policies::versions::TOOL,
    policies::entities::TOOL,
    policies::create::TOOL,
    policies::new_version::TOOL,
    policies::default_version::TOOL,
    policies::delete_version::TOOL,
    policies::delete::TOOL,
    access_keys::list::TOOL,
    access_keys::last_used::TOOL,
    access_keys::create::TOOL,
    access_keys::update::TOOL,
    access_keys::delete::TOOL,
    access_keys::rotate::TOOL,
    simulation::PRINCIPAL,
    simulation::custom::TOOL,
    simulation::compare::TOOL,
    simulation::validate::TOOL,
    identities::SCAN,
    identities::NHI,
    identities::details::TOOL,
    identities::distinguish::TOOL,
    identities::caller::TOOL,
    governance::inactive::TOOL,
    governance::whoami::TOOL,
    governance::version::TOOL,
    governance::why_denied::TOOL,
    governance::escalations::TOOL,
    governance::account_summary::TOOL,
    governance::credential_report::TOOL,
    governance::last_accessed::TOOL,
    governance::lookup_events::TOOL,
]);

/// A table of tools.
#[derive(Debug, Clone, Copy)]
pub struct Catalogue(pub &'static [Tool]);

impl Catalogue {
    /// All tools.
    pub fn iter(&self) -> impl Iterator<Item = &'static Tool> + use<> {
        self.0.iter()
    }

    /// The tool of that name or alias.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'static Tool> {
        self.iter().find(|tool| tool.spec.name == name || tool.spec.aliases.contains(&name))
    }

    /// The name of the tool that a misspelt name most likely meant.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        suggest(name, self.iter().map(|tool| tool.spec.name))
    }

    /// Every action that tools of these toolsets read with, sorted.
    #[must_use]
    pub fn read_actions(&self, toolsets: &BTreeSet<Toolset>) -> BTreeSet<Action> {
        self.actions_of(toolsets, |spec| spec.reads)
    }

    /// Every action that tools of these toolsets write with, sorted.
    #[must_use]
    pub fn write_actions(&self, toolsets: &BTreeSet<Toolset>) -> BTreeSet<Action> {
        self.actions_of(toolsets, |spec| spec.writes)
    }

    fn actions_of(&self, toolsets: &BTreeSet<Toolset>, of: fn(&Spec) -> &'static [Action]) -> BTreeSet<Action> {
        self.iter()
            .filter(|tool| toolsets.contains(&tool.spec.toolset))
            .flat_map(|tool| of(tool.spec))
            .copied()
            .collect()
    }
}

#[cfg(test)]
mod lint;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::parameter::Kept;
    use crate::tools::{Effect, Work};

    #[test]
    fn names_and_aliases_are_unique_snake_case() {
        let mut seen = BTreeSet::new();
        for name in CATALOGUE.iter().flat_map(|tool| std::iter::once(&tool.spec.name).chain(tool.spec.aliases)) {
            assert!(seen.insert(name), "{name} twice");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        }
    }

    #[test]
    fn the_effect_and_the_kind_of_work_agree() {
        for tool in CATALOGUE.iter() {
            let writes = matches!(tool.work, Work::Write(_));
            assert_eq!(tool.spec.effect.writes(), writes, "{}", tool.spec.name);
            assert_eq!(!tool.spec.writes.is_empty(), writes, "{}", tool.spec.name);
            assert_eq!(
                tool.spec.reads.is_empty(),
                matches!(tool.work, Work::Local(_))
                    || tool.spec.name.starts_with("create_") && tool.spec.effect == Effect::Write,
                "{}",
                tool.spec.name
            );
        }
    }

    #[test]
    fn every_listed_parameter_is_described() {
        for tool in CATALOGUE.iter() {
            for parameter in tool.spec.parameters().filter(|parameter| parameter.is_listed()) {
                let length = parameter.description.chars().count();
                assert!((8..=100).contains(&length), "{}.{}", tool.spec.name, parameter.name);
            }
        }
    }

    /// Whoever adds a parameter whose values stand in records adds it here, and so decides it twice.
    #[test]
    fn these_parameters_and_no_others_are_kept_as_given() {
        let mut kept: Vec<&str> = CATALOGUE
            .iter()
            .flat_map(|tool| tool.spec.parameters())
            .filter(|parameter| parameter.kept == Kept::AsGiven)
            .map(|parameter| parameter.name)
            .collect();
        kept.sort_unstable();
        kept.dedup();
        let expected = [
            "access_key_id",
            "action_names",
            "arn",
            "assume_role_policy_document",
            "days",
            "description",
            "dry_run",
            "end_time",
            "event_name",
            "force",
            "grace_days",
            "group_name",
            "identity_name",
            "identity_type",
            "include_permissions",
            "kinds",
            "max_items",
            "max_session_duration",
            "min_confidence",
            "new_path",
            "new_user_name",
            "old_access_key_id",
            "only_attached",
            "path",
            "path_prefix",
            "permissions_boundary",
            "permissions_boundary_documents",
            "policy_arn",
            "policy_document",
            "policy_documents",
            "policy_name",
            "policy_source_arn",
            "policy_type",
            "principal_arn",
            "reason",
            "request_id",
            "resource_arns",
            "role_name",
            "scope",
            "set_as_default",
            "stage",
            "start_time",
            "status",
            "tag_keys",
            "tags",
            "tool_name",
            "unused_for_days",
            "user_name",
            "version_id",
            "via_gateway_only",
        ];
        assert_eq!(kept, expected);
    }

    #[test]
    fn what_is_not_listed_is_secret_and_tokens_are_tokens() {
        for parameter in CATALOGUE.iter().flat_map(|tool| tool.spec.parameters()) {
            assert!(parameter.is_listed() || parameter.kept == Kept::Secret, "{}", parameter.name);
            let is_token = parameter.name == "confirmation_token";
            assert_eq!(parameter.kept == Kept::Token, is_token, "{}", parameter.name);
        }
    }

    #[test]
    fn a_misspelt_name_finds_its_neighbour() {
        assert_eq!(CATALOGUE.nearest("list_user"), Some("list_users"));
        assert_eq!(CATALOGUE.nearest("zzz"), None);
    }
}
