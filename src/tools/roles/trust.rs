//! `update_assume_role_policy`

use serde_json::{Map, json};

use super::create::TRUST;
use crate::config::Toolset;
use crate::iam::change::PolicyText;
use crate::iam::change::actions::UPDATE_ASSUME_ROLE_POLICY;
use crate::iam::reads::GET_ROLE;
use crate::iam::{Change, Reader, Resource, shape};
use crate::policy::PolicyKind;
use crate::tools::documents::{self, Quota};
use crate::tools::holder::held::Held;
use crate::tools::holder::{ROLE, ROLE_PARAMETER, permissions};
use crate::tools::{
    Call, Declaration, Effect, KeptOfResult, Plan, Spec, Tool, ToolError, ToolFuture, Work, WriteTool, grants,
};

/// `update_assume_role_policy`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Write(&UpdateAssumeRolePolicy) };

static SPEC: Spec = Spec {
    name: "update_assume_role_policy",
    title: "Replace a role's trust policy",
    description: "Replaces the trust policy of an IAM role. The plan shows who could newly assume it, what they could do with it, \
                  and the policy that is replaced.",
    toolset: Toolset::Roles,
    effect: Effect::Grant,
    overwrites: true,
    idempotent: true,
    own_parameters: &[ROLE_PARAMETER, TRUST],
    output: || json!({}),
    kept: KeptOfResult::ALL_LOST,
    reads: permissions::OF_ROLES,
    writes: &[UPDATE_ASSUME_ROLE_POLICY],
    always: &[GET_ROLE, UPDATE_ASSUME_ROLE_POLICY],
    ..Spec::WRITING
};

struct UpdateAssumeRolePolicy;

impl WriteTool for UpdateAssumeRolePolicy {
    fn declare(&self, call: &Call) -> Result<Declaration, ToolError> {
        documents::parse_one(&call.arguments, TRUST.name, PolicyKind::Trust, Quota::TRUST)?;
        let name = call.arguments.required(ROLE_PARAMETER.name);
        let reads = permissions::declared(&ROLE, name);
        Ok(Declaration { reads, writes: vec![ROLE.on(UPDATE_ASSUME_ROLE_POLICY, name)] })
    }

    fn plan<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Plan, ToolError>> {
        Box::pin(async move {
            let name = call.arguments.required(ROLE_PARAMETER.name);
            let held = Held::read(reader, &ROLE, name).await?;
            let text = documents::one(&call.arguments, TRUST.name);
            let before = held.principal.trust.clone();
            let after = shape::policy_text(&text);
            let account = call.facts.account.id.as_str();
            let trusted = grants::compare_trust(before.as_ref(), &after, account);
            // Whoever is newly trusted can do whatever the role can.
            let granted = match trusted.is_any() {
                true => trusted.and(grants::all_of(&held.permissions(), account)),
                false => trusted,
            };
            let lost = before.map(|before| ("AssumeRolePolicyDocument".to_owned(), before));
            let change =
                Change::UpdateAssumeRolePolicy { role_name: name.to_owned(), policy_document: PolicyText(text) };
            Ok(Plan {
                calls: vec![change.on(Resource::Arn(held.principal.arn.clone()))],
                lost: Map::from_iter(lost),
                granted: Some(granted),
                ..Plan::default()
            }
            .observing(&held.principal))
        })
    }
}
