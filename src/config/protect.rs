//! `[protect]`: what no tool changes, whatever a policy says.

use super::section::{Item, Section};
use crate::arn::{ArnPattern, RoleArn};

/// `[protect]`, beside what is always protected: the gateway's own role, the mapped roles, and the boundaries that role
/// mappings require; and beside the managed policies and groups that reach one of these, which each plan looks up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protect {
    /// More that no tool changes.
    pub arns: Vec<ArnPattern>,
    /// The role the gateway itself runs as.
    pub gateway_role_arn: Option<RoleArn>,
}

pub(super) fn read(section: &Section<'_>) -> Protect {
    let arns = section.optional("arns").map(|item| item.list(|item| arn(section, item))).unwrap_or_default();
    let gateway_role_arn = section.optional("gateway_role_arn").and_then(|item| item.parse());
    Protect { arns, gateway_role_arn }
}

fn arn(section: &Section<'_>, item: &Item<'_>) -> Option<ArnPattern> {
    let pattern: ArnPattern = item.parse()?;
    if pattern.arn().service() != "iam" {
        section.sink().warn(item.path(), format!("{pattern} is not IAM's, and the tools change nothing else"));
    }
    Some(pattern)
}
