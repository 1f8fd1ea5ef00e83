//! Whether a role's trust policy demands the stamp of the gateway itself.
//!
//! Policies at AWS tell agents by the stamp, and what is not stamped passes for a person: a role that lets the gateway's role in
//! without it is one slip away from that.

use super::trust;
use crate::arn::RoleArn;
use crate::context::stamp::{CALLED_VIA_TAG, CALLER_TAG, VIA_TAG};
use crate::doctor::examination::{Examination, RoleSeen, Trusted};
use crate::doctor::finding::Said;
use crate::policy::{Context, Doubt, PolicySet, Request};

/// No gateway has this name: the domain is nobody's.
const ANOTHER_GATEWAY: &str = "another-gateway.invalid";

/// How the gateway's role comes.
#[derive(Debug, Clone, Copy)]
struct Coming<'a> {
    /// The name in the stamp; none without a stamp.
    stamp: Option<&'a str>,
    source_identity: bool,
}

pub(super) fn required(examination: &Examination, role: &RoleSeen) -> Said {
    let (trust, _, trusted) = match trust::read(examination, role) {
        Ok(read) => read,
        Err(said) => return said,
    };
    let lets_in = |stamp, source_identity| lets_in(&trust, &trusted, &role.role_arn, Coming { stamp, source_identity });
    let mend = trust::mend(examination, &role.role_arn, &trusted);
    if !lets_in(Some(&examination.gateway), true) {
        let evidence = format!("it does not let in {} with its stamp either", trusted.arn);
        return Said::unknown(evidence, mend);
    }
    if lets_in(None, false) {
        let evidence = format!("it lets in {} without any tags: what is not stamped passes for a person", trusted.arn);
        return Said::problem(evidence, mend);
    }
    if lets_in(None, true) {
        return Said::warning("it demands a source identity, but not the tags of the stamp", mend);
    }
    if lets_in(Some(ANOTHER_GATEWAY), true) {
        return Said::warning(format!("it does not compare {CALLED_VIA_TAG}: another gateway's stamp will do"), mend);
    }
    Said::ok(format!("without {VIA_TAG} and {CALLED_VIA_TAG} nobody gets in"))
}

/// Whether it could let the gateway's role in so.
fn lets_in(trust: &PolicySet, trusted: &Trusted, role: &RoleArn, coming: Coming<'_>) -> bool {
    let mut context = Context::new();
    if trusted.is_whole {
        context.set("aws:PrincipalArn", trusted.arn.as_str());
    }
    context.set("aws:PrincipalAccount", trusted.account.to_string());
    let tags = coming.stamp.map(|name| [(VIA_TAG, "true"), (CALLED_VIA_TAG, name), (CALLER_TAG, "ANYBODY")]);
    for (tag, value) in tags.iter().flatten() {
        context.set(&format!("aws:RequestTag/{tag}"), *value);
    }
    context.settle("aws:RequestTag/");
    context.set_all("aws:TagKeys", tags.iter().flatten().map(|(tag, _)| *tag));
    context.set_all("sts:SourceIdentity", coming.source_identity.then_some("somebody"));
    context.set_all("sts:TransitiveTagKeys", tags.iter().flatten().map(|(tag, _)| *tag));
    context.leave_all_open();
    let target = role.to_string();
    let request = Request::new("sts:AssumeRole", target.as_str(), &trusted.principal, &context);
    trust.evaluate_in_doubt(&request, Doubt::Allows).is_allow()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::doctor::Status;
    use crate::doctor::testing::{GATEWAY_ROLE, good, trusting, unseen};

    fn status(condition: &Value) -> Status {
        let mut examination = good();
        let trust = trusting(&json!({"AWS": GATEWAY_ROLE}), condition);
        examination.roles[0].read.as_mut().unwrap().trust = trust;
        required(&examination, &examination.roles[0]).status
    }

    #[test]
    fn the_stamp_is_demanded_whole() {
        let via = json!({"aws:RequestTag/ViaAWSMCPService": "true"});
        let mut both = via.clone();
        both["aws:RequestTag/CalledViaAWSMCP"] = json!("iam-mcp.example.internal");
        assert_eq!(status(&json!({"StringEquals": both})), Status::Ok);
        assert_eq!(status(&json!({})), Status::Problem);
        assert_eq!(status(&json!({"StringEqualsIfExists": both})), Status::Problem, "IfExists demands nothing");
        assert_eq!(status(&json!({"StringEquals": via})), Status::Warning, "of any gateway");
        assert_eq!(status(&json!({"StringLike": {"sts:SourceIdentity": "*"}})), Status::Warning);
        assert_eq!(status(&json!({"StringEquals": {"sts:ExternalId": "x1"}})), Status::Problem);
    }

    #[test]
    fn what_lets_in_nobody_or_was_not_seen_is_not_known() {
        assert_eq!(status(&json!({"StringEquals": {"aws:PrincipalAccount": "999999999999"}})), Status::Unknown);
        let unseen = unseen();
        assert_eq!(required(&unseen, &unseen.roles[0]).status, Status::Unknown);
    }
}
