//! What the gateway's own identity may do with IAM.
//!
//! Its policies tell most, if it may read them; else IAM's simulation, if it may ask for one; else a read that changes nothing
//! and that it should be refused.

use super::super::examination::{Evidence, IamReach, Seen, Unseen};
use super::super::identity::{GatewayIdentity, Kind};
use super::Examiner;
use crate::arn::RoleArn;
use crate::iam::{Account, Action, AwsFailure, DeclaredCall, Reader, Resource, Sent, reads};
use crate::posture::holder::Certainty;
use crate::posture::standing::Access;
use crate::tools::holder::held::Held;
use crate::tools::holder::{Holder, ROLE, USER, permissions};
use crate::tools::identities::alone;

const SIMULATE: Action = Action::new("iam:SimulatePrincipalPolicy");

/// Actions that stand for what may be done with IAM, the least first.
const SAMPLES: [(&str, Access); 8] = [
    ("iam:GetUser", Access::Read),
    ("iam:ListRoles", Access::Read),
    ("iam:CreateUser", Access::Write),
    ("iam:CreateAccessKey", Access::PermissionsManagement),
    ("iam:PutRolePolicy", Access::PermissionsManagement),
    ("iam:AttachUserPolicy", Access::PermissionsManagement),
    ("iam:CreatePolicyVersion", Access::PermissionsManagement),
    ("iam:UpdateAssumeRolePolicy", Access::PermissionsManagement),
];

impl Examiner {
    pub(super) async fn iam_reach(&self, identity: &GatewayIdentity, configured: Option<&RoleArn>) -> Seen<IamReach> {
        let (holder, name): (&Holder, &str) = match identity.kind() {
            Kind::Role(name) => (&ROLE, name),
            Kind::User(name) => (&USER, name),
            // Nobody takes anything from the root user.
            Kind::Root => return Ok(IamReach { access: Access::Administrator, evidence: Evidence::Probe }),
            Kind::Other => {
                return Err(Unseen::new("UnknownIdentity", format!("{identity} has no policies of its own")));
            }
        };
        let arn = match configured.filter(|role| identity.is_of(role)) {
            Some(role) => role.to_string(),
            None => identity.role().map_or_else(|| identity.to_string(), |role| role.to_string()),
        };
        let account = Account { partition: identity.partition(), id: identity.account() };
        let mut declared = permissions::declared(holder, name);
        declared.push(DeclaredCall::new(SIMULATE, Resource::Arn(arn.clone())).with("PolicySourceArn", &arn));
        declared.push(DeclaredCall::new(reads::GET_ACCOUNT_SUMMARY, Resource::All));
        let (reader, _) = self.reader(&account, self.own_credentials().await?, declared);
        let failure = match Held::read(&reader, holder, name).await {
            Ok(held) => {
                let snapshot = alone::snapshot(&held, holder.kind, &account, self.clock.now());
                let standing = alone::standing(&snapshot);
                let access = standing.map(|standing| match standing.administrator {
                    Some(Certainty::Certain) => Access::Administrator,
                    _ => standing.services.get("iam").map_or(Access::None, |iam| iam.at_best),
                });
                // It was read by it, so it may read.
                let access = access.unwrap_or(Access::Read).max(Access::Read);
                return Ok(IamReach { access, evidence: Evidence::Policies });
            }
            Err(failure) => refused(failure)?,
        };
        let reads_itself = failure.action != holder.get.as_str();
        match simulate(&reader, &arn).await {
            Ok(access) => return Ok(IamReach { access: access.max(Access::Read), evidence: Evidence::Simulation }),
            Err(failure) => drop(refused(failure)?),
        }
        let request = reader.iam().get_account_summary();
        let answer = reader.read(reads::GET_ACCOUNT_SUMMARY, &Resource::All, Box::pin(request.send())).await;
        let access = match answer {
            Ok(_) => Access::Read,
            Err(failure) => {
                refused(failure)?;
                if reads_itself { Access::Read } else { Access::None }
            }
        };
        Ok(IamReach { access, evidence: Evidence::Probe })
    }
}

/// The failure, if it says that AWS does not allow it; of any other nothing follows.
fn refused(failure: AwsFailure) -> Seen<AwsFailure> {
    let denies = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"].contains(&failure.code.as_str());
    if denies && failure.sent == Sent::Refused { Ok(failure) } else { Err(failure.into()) }
}

/// The most that IAM's simulation allows of the samples.
async fn simulate(reader: &Reader, arn: &str) -> Result<Access, AwsFailure> {
    let resource = Resource::Arn(arn.to_owned());
    let actions = SAMPLES.iter().map(|(action, _)| (*action).to_owned()).collect();
    let request = reader.iam().simulate_principal_policy().policy_source_arn(arn).set_action_names(Some(actions));
    let answer = reader.read(SIMULATE, &resource, Box::pin(request.send())).await?;
    let allowed = answer.evaluation_results().iter().filter(|result| result.eval_decision().as_str() == "allowed");
    let access = allowed.filter_map(|result| {
        SAMPLES.iter().find(|(action, _)| *action == result.eval_action_name()).map(|(_, access)| *access)
    });
    Ok(access.max().unwrap_or(Access::None))
}
