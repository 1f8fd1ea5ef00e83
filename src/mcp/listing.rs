//! tools/list: the tools that this caller has.

use std::sync::Arc;

use rmcp::model::{Tool as ListedTool, ToolAnnotations};

use crate::authorize::Authorizer;
use crate::tools::catalogue::Catalogue;
use crate::tools::{CallFacts, Effect, Spec, schema};

/// The tools as MCP lists them, made once: building schemas for every listing would be most of its cost.
#[derive(Debug, Clone)]
pub struct Listing(Arc<[(&'static Spec, ListedTool)]>);

impl Listing {
    /// The listing of a catalogue.
    #[must_use]
    pub fn of(catalogue: Catalogue) -> Self {
        Self(catalogue.iter().map(|tool| (tool.spec, listed(tool.spec))).collect())
    }

    /// The tools of a caller. What it could only be refused is not shown.
    #[must_use]
    pub fn visible(&self, authorizer: &Authorizer, facts: &CallFacts) -> Vec<ListedTool> {
        let could_call = |spec: &&'static Spec| authorizer.could_call(spec, facts);
        self.0.iter().filter(|(spec, _)| could_call(spec)).map(|(_, listed)| listed.clone()).collect()
    }

    /// All tools, whoever asks.
    pub fn all(&self) -> impl Iterator<Item = &ListedTool> {
        self.0.iter().map(|(_, listed)| listed)
    }

    /// The tool of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ListedTool> {
        self.0.iter().find(|(spec, _)| spec.name == name).map(|(_, listed)| listed)
    }
}

fn listed(spec: &'static Spec) -> ListedTool {
    let annotations = ToolAnnotations::with_title(spec.title)
        .read_only(!spec.effect.writes())
        .destructive(spec.effect == Effect::Destructive)
        .idempotent(spec.idempotent)
        .open_world(spec.open_world);
    ListedTool::new(spec.name, spec.description, Arc::new(schema::input(spec)))
        .with_title(spec.title)
        .with_raw_output_schema(Arc::new(schema::output(spec)))
        .with_annotations(annotations)
}
