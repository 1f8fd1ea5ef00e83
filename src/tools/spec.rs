//! What a tool is, as data.

use serde::Serialize;
use serde_json::Value;

use super::Arguments;
use super::parameter::{self, Parameter};
use crate::config::Toolset;
use crate::iam::Action;

/// What a tool does to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Creates or changes.
    Write,
    /// Removes access, data, credentials or entities.
    Destructive,
    /// May give a principal more than it had.
    Grant,
}

impl Effect {
    /// The word in records, metrics and context keys.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
            Self::Grant => "grant",
        }
    }

    /// Whether calls change something.
    #[must_use]
    pub fn writes(self) -> bool {
        self != Self::Read
    }

    /// Whether calls are confirmed before they are made.
    #[must_use]
    pub fn is_confirmed(self) -> bool {
        matches!(self, Self::Destructive | Self::Grant)
    }
}

/// What a record keeps of what a writing tool tells.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeptOfResult {
    /// The ways to members of the result.
    pub result: &'static [&'static str],
    /// The ways to members of what a plan says will be lost, and of what stays.
    pub lost: &'static [&'static str],
}

impl KeptOfResult {
    /// Nothing: of a tool whose results do not stand in records.
    pub const NOTHING: Self = Self { result: &[], lost: &[] };

    /// Of the result nothing, and all of what will be lost: IAM tells no secret of what it has, and what goes is written
    /// down whole so that it can be put back.
    pub const ALL_LOST: Self = Self { result: Self::GONE, lost: &["**"] };

    /// What a removal tells of what was gone before it.
    pub const GONE: &'static [&'static str] = &["already_gone/*/action", "already_gone/*/parameters/**"];
}

/// What agents, policies and records know of a tool.
#[derive(Debug)]
pub struct Spec {
    /// Its name: a contract.
    pub name: &'static str,
    /// Other names under which it is called; accepted, not listed.
    pub aliases: &'static [&'static str],
    /// A title for people.
    pub title: &'static str,
    /// What it does and answers, for a model.
    pub description: &'static str,
    /// The toolset that a role mapping allows or not.
    pub toolset: Toolset,
    /// What it does to the account: the strongest of what its calls can do.
    pub effect: Effect,
    /// What other calls of it do, where that depends on the arguments.
    pub other_effects: &'static [Effect],
    /// What a call with these arguments does, where that depends on them.
    pub effect_of: Option<fn(&Arguments) -> Effect>,
    /// Whether calls of it can remove or overwrite what is there although none of its effects is destructive: a tag's value,
    /// a boundary, a document, a name.
    pub overwrites: bool,
    /// Whether calling it again with the same arguments changes nothing more.
    pub idempotent: bool,
    /// Whether it deals with the world beyond the gateway.
    pub open_world: bool,
    /// Whether its calls read a whole account, which takes longer than other calls may.
    pub scans: bool,
    /// Its own parameters; [`Spec::parameters`] adds those of its effect.
    pub own_parameters: &'static [Parameter],
    /// The members of its result.
    pub output: fn() -> Value,
    /// What a record keeps of its result, and of [`Plan::lost`](super::Plan), as [`Redaction::members`] takes it. What is
    /// not declared here counts as secret. Only results of writing tools stand in records.
    ///
    /// [`Redaction::members`]: crate::audit::Redaction::members
    pub kept: KeptOfResult,
    /// Every action that its calls can need for reading: the read session's policy is made of these.
    pub reads: &'static [Action],
    /// Every action that its calls can need for writing: the write session's policy is made of these.
    pub writes: &'static [Action],
    /// Actions, of both, that every call of it needs, whatever its arguments: a caller who could never have one of them
    /// could never call the tool.
    pub always: &'static [Action],
}

impl Spec {
    /// What every tool that reads IAM is like, as far as it says nothing else: its name and all that belongs to it is to be
    /// said.
    pub const READING: Self = Self {
        name: "",
        aliases: &[],
        title: "",
        description: "",
        toolset: Toolset::Users,
        effect: Effect::Read,
        other_effects: &[],
        effect_of: None,
        overwrites: false,
        idempotent: true,
        open_world: false,
        scans: false,
        own_parameters: &[],
        output: || Value::Null,
        kept: KeptOfResult::NOTHING,
        reads: &[],
        writes: &[],
        always: &[],
    };

    /// What every tool that changes IAM is like, as far as it says nothing else; its effect too is to be said.
    pub const WRITING: Self = Self { effect: Effect::Write, idempotent: false, ..Self::READING };

    /// What a call with these arguments does to the account.
    #[must_use]
    pub fn effect_with(&self, arguments: &Arguments) -> Effect {
        self.effect_of.map_or(self.effect, |effect_of| effect_of(arguments))
    }

    /// Whether calls of it can have this effect.
    #[must_use]
    pub fn can_be(&self, effect: Effect) -> bool {
        self.effect == effect || self.other_effects.contains(&effect)
    }

    /// Whether calls of it can do anything else than add: MCP's `destructiveHint`.
    /// <https://modelcontextprotocol.io/specification/2025-06-18/schema#toolannotations>
    #[must_use]
    pub fn destroys(&self) -> bool {
        self.overwrites || self.can_be(Effect::Destructive)
    }

    /// All parameters: its own, and those that every tool of its effect takes. Those of a confirmation are taken by every
    /// tool that writes: a role mapping may want all of them confirmed.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> + use<> {
        let effect = self.effect;
        self.own_parameters
            .iter()
            .chain(parameter::OF_WRITES.iter().filter(move |_| effect.writes()))
            .chain(parameter::OF_CONFIRMED.iter().filter(move |_| effect.writes()))
    }
}
