//! Looking up what the endpoint policies' answer depends on.
//!
//! The look-ups are the gateway's own: they are made with the caller's read session, so AWS decides whether the caller may
//! know, they stand in the record, and what they tell is for the judge alone.

use super::until::Until;
use super::{Brokered, InForce, Road};
use crate::authorize::{Authorized, Settled};
use crate::iam::{Account, EntityKey, Known};
use crate::mcp::trail::Trail;
use crate::tools::{Declared, Plan, ToolError};

impl Road {
    /// Judges the reads of a call for certain, after looking up what that depends on.
    pub(super) async fn settle(
        &self,
        in_force: &InForce,
        call: &Authorized<Declared>,
        brokered: &Brokered,
        until: Until<'_>,
        trail: &mut Trail<'_>,
    ) -> Result<Settled, ToolError> {
        let mut known = Known::default();
        self.look_up(brokered, call.open(), &mut known, until, trail).await?;
        let settled = in_force.authorizer.settle(call, known).map_err(|refused| trail.refuse(refused))?;
        trail.decision = Some(settled.decision().clone());
        Ok(settled)
    }

    /// Adds to `known` what AWS tells of these entities; one that it does not tell of stays unknown. For a write it is asked
    /// anew: what is about to be changed is judged as it is now.
    pub(super) async fn look_up(
        &self,
        brokered: &Brokered,
        open: &[EntityKey],
        known: &mut Known,
        until: Until<'_>,
        trail: &mut Trail<'_>,
    ) -> Result<(), ToolError> {
        let mut asked = Vec::new();
        for key in open {
            match self.look_ups.remembered(&brokered.role, key) {
                Some(detail) if brokered.write.is_none() => known.insert(key.clone(), detail),
                _ => asked.push(key),
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        let declared = asked.iter().map(|key| key.look_up_call()).collect();
        let reader = self.metered_reader(brokered, declared, trail);
        for key in asked {
            let answer = until.within(async { Ok(self.look_ups.ask(&reader, &brokered.role, key).await?) }).await?;
            if let Some(detail) = answer {
                known.insert(key.clone(), detail);
            }
        }
        Ok(())
    }

    /// What a plan has changed is looked up anew.
    pub(super) fn forget(&self, account: &Account, plan: &Plan) {
        for key in plan.calls.iter().filter_map(|call| EntityKey::of(&call.resource)) {
            self.look_ups.forget(account, &key);
        }
    }
}
