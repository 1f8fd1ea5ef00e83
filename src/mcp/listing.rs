//! tools/list: the tools that this caller has.

use std::sync::Arc;

use rmcp::model::{Tool as ListedTool, ToolAnnotations};

use crate::authorize::Authorizer;
use crate::config::ConfirmedCalls;
use crate::tools::catalogue::Catalogue;
use crate::tools::{CallFacts, Spec, schema};

/// The tools as MCP lists them, made once: building schemas for every listing would be most of its cost.
#[derive(Debug, Clone)]
pub struct Listing(Arc<[Entry]>);

#[derive(Debug)]
struct Entry {
    spec: &'static Spec,
    listed: ListedTool,
    /// As callers see it who confirm every write, where that is another.
    confirmed: Option<ListedTool>,
}

impl Listing {
    /// The listing of a catalogue.
    #[must_use]
    pub fn of(catalogue: Catalogue) -> Self {
        let entry = |spec: &'static Spec| {
            let differs = spec.effect.writes() && !spec.effect.is_confirmed();
            let confirmed = differs.then(|| listed(spec, true));
            Entry { spec, listed: listed(spec, spec.effect.is_confirmed()), confirmed }
        };
        Self(catalogue.iter().map(|tool| entry(tool.spec)).collect())
    }

    /// The tools of a caller. What it could only be refused is not shown.
    #[must_use]
    pub fn visible(&self, authorizer: &Authorizer, facts: &CallFacts) -> Vec<ListedTool> {
        let confirms_all = facts.mapping.confirming.calls == ConfirmedCalls::AllWrites;
        let listed = |entry: &Entry| entry.confirmed.as_ref().filter(|_| confirms_all).unwrap_or(&entry.listed).clone();
        self.0.iter().filter(|entry| authorizer.could_call(entry.spec, facts)).map(listed).collect()
    }

    /// All tools, whoever asks.
    pub fn all(&self) -> impl Iterator<Item = &ListedTool> {
        self.0.iter().map(|entry| &entry.listed)
    }

    /// The tool of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ListedTool> {
        self.0.iter().find(|entry| entry.spec.name == name).map(|entry| &entry.listed)
    }
}

fn listed(spec: &'static Spec, confirmed: bool) -> ListedTool {
    let annotations = ToolAnnotations::with_title(spec.title)
        .read_only(!spec.effect.writes())
        .destructive(spec.destroys())
        .idempotent(spec.idempotent)
        .open_world(spec.open_world);
    ListedTool::new(spec.name, spec.description, Arc::new(schema::input_of(spec, confirmed)))
        .with_title(spec.title)
        .with_raw_output_schema(Arc::new(schema::output_of(spec, confirmed)))
        .with_annotations(annotations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::catalogue::CATALOGUE;

    #[test]
    fn the_order_is_the_catalogues_whoever_asks() {
        let names = |listed: Vec<ListedTool>| listed.iter().map(|tool| tool.name.to_string()).collect::<Vec<_>>();
        let config = crate::tools::testing::configuration();
        let documents = crate::authorize::Documents::load(&config).expect("no documents, no faults");
        let authorizer = Authorizer::new(crate::authorize::Protected::of(&config), Arc::new(documents));
        let listing = Listing::of(CATALOGUE);
        let whole: Vec<&str> = CATALOGUE.iter().map(|tool| tool.spec.name).collect();
        for caller in ["alice", "auditor"] {
            let facts = crate::tools::testing::facts(caller);
            let (one, again) =
                (names(listing.visible(&authorizer, &facts)), names(listing.visible(&authorizer, &facts)));
            assert_eq!(one, again);
            let places: Vec<_> = one.iter().map(|name| whole.iter().position(|own| own == name)).collect();
            assert!(!one.is_empty() && places.is_sorted(), "{caller}: {one:?}");
        }
    }

    #[test]
    fn who_confirms_every_write_is_told_how_and_nobody_else_is() {
        let listing = Listing::of(CATALOGUE);
        let takes_token = |listed: &ListedTool| listed.input_schema["properties"].get("confirmation_token").is_some();
        let mut whole = 0;
        for Entry { spec, listed, confirmed } in listing.0.iter() {
            assert_eq!(takes_token(listed), spec.effect.is_confirmed(), "{}", spec.name);
            let for_all = confirmed.as_ref().unwrap_or(listed);
            assert_eq!(takes_token(for_all), spec.effect.writes(), "{}", spec.name);
            whole += serde_json::to_string(for_all).unwrap().len();
        }
        assert!(whole < 100 * 1024, "the longest list: {whole}");
    }

    #[test]
    fn a_tool_that_destroys_with_some_arguments_says_so() {
        let listing = Listing::of(CATALOGUE);
        for name in [
            "create_policy_version",
            "delete_access_key",
            "delete_role_permissions_boundary",
            "put_group_policy",
            "put_user_permissions_boundary",
            "rotate_access_key",
            "set_default_policy_version",
            "tag_user",
            "untag_role",
            "update_access_key",
            "update_assume_role_policy",
            "update_role",
            "update_user",
        ] {
            let annotations = listing.get(name).unwrap().annotations.as_ref().unwrap();
            assert_eq!(annotations.destructive_hint, Some(true), "{name}");
            assert_eq!(annotations.read_only_hint, Some(false), "{name}");
        }
        for name in ["add_user_to_group", "attach_user_policy", "create_access_key", "create_user", "list_users"] {
            let annotations = listing.get(name).unwrap().annotations.as_ref().unwrap();
            assert_eq!(annotations.destructive_hint, Some(false), "{name}");
        }
    }
}
