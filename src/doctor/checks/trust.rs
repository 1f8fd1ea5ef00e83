//! Whom a role's trust policy lets in beside the gateway.
//!
//! Nothing is read into the policy: everybody whom it names is tried, and for an account, or for everybody, somebody who could
//! come from there. Who tries may bring the stamp: whoever may assume a role chooses the tags. What nobody can know beforehand
//! is open.

use serde_json::Value;

use crate::arn::RoleArn;
use crate::context::stamp::{CALLED_VIA_TAG, CALLER_TAG, VIA_TAG};
use crate::doctor::examination::{Examination, RoleSeen, Trusted};
use crate::doctor::finding::Said;
use crate::policy::{Context, Document, Doubt, Policy, PolicyKind, PolicySet, Principal, Request};
use crate::posture::findings::{self, Severity};
use crate::stage_two;

/// What lets a role be looked at.
pub(super) const UNREAD: &str = "allow the role itself iam:GetRole, iam:ListRolePolicies, iam:GetRolePolicy, \
     iam:ListAttachedRolePolicies, iam:GetPolicy and iam:GetPolicyVersion: it is looked at in a session of its own that may do only \
     that";

/// Who nobody is: an account and names that mean everybody of their kind.
const ANY_ACCOUNT: &str = "000000000000";
const ANYBODY: &str = "zz-anybody";

/// The actions by which a role is assumed.
const ASSUMING: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"];

pub(super) fn only_gateway(examination: &Examination, role: &RoleSeen) -> Said {
    let (trust, json, trusted) = match read(examination, role) {
        Ok(read) => read,
        Err(said) => return said,
    };
    let mut others: Vec<(Stranger, bool)> = Vec::new();
    for stranger in named(json).into_iter().flat_map(|name| strangers(&name, role, &trusted)) {
        if let Some(always) = lets_in(&trust, examination, &stranger, &role.role_arn) {
            others.push((stranger, always));
        }
    }
    let account = role.role_arn.account().to_string();
    let worst = findings::of(PolicyKind::Trust, json, Some(&account));
    let grave: Vec<&str> = worst
        .iter()
        .filter(|finding| finding.severity <= Severity::High)
        .map(|finding| finding.explanation.as_str())
        .collect();
    if others.is_empty() {
        return Said::ok(format!("of those whom it names, only {} gets in", trusted.arn));
    }
    let who: Vec<String> = others
        .iter()
        .map(|(stranger, always)| {
            format!("{}{}", stranger.who, if *always { "" } else { " where its conditions hold" })
        })
        .collect();
    let mut evidence = format!("it lets in, beside {}: {}", trusted.arn, who.join(", "));
    if !grave.is_empty() {
        evidence.push_str(&format!("; {}", grave.join("; ")));
    }
    let mend = mend(examination, &role.role_arn, &trusted);
    let is_grave = others.iter().any(|(stranger, always)| *always || stranger.never_meant);
    if is_grave { Said::problem(evidence, mend) } else { Said::warning(evidence, mend) }
}

/// The policy, its text, and who is meant to get in; or why that is not known.
pub(super) fn read<'a>(examination: &Examination, role: &'a RoleSeen) -> Result<(PolicySet, &'a str, Trusted), Said> {
    let json = match &role.read {
        Ok(read) => read.trust.as_str(),
        Err(unseen) => return Err(Said::unknown(unseen.to_string(), UNREAD)),
    };
    let Some(trusted) = examination.trusted() else {
        return Err(Said::unknown(
            "who the gateway is, is not known",
            "write the role that the gateway runs as into [protect] gateway_role_arn",
        ));
    };
    match Document::parse(PolicyKind::Trust, json) {
        Ok(document) => Ok((PolicySet::from(Policy::new("trust policy", document)), json, trusted)),
        Err(faults) => {
            let mend = mend(examination, &role.role_arn, &trusted);
            Err(Said::unknown(format!("the trust policy cannot be read: {faults}"), mend))
        }
    }
}

pub(super) fn mend(examination: &Examination, role: &RoleArn, trusted: &Trusted) -> String {
    match &trusted.role {
        Some(gateway_role) => {
            let trust = stage_two::trust_policy(&examination.gateway, gateway_role);
            let trust = serde_json::to_string(&trust).expect("policies serialize");
            format!("make this the trust policy of {role} (`policy scp` writes it, too): {trust}")
        }
        None => format!("name only {} in the trust policy of {role}, and demand the stamp's tags", trusted.arn),
    }
}

/// Whom the statements that allow name.
fn named(json: &str) -> Vec<(String, String)> {
    let Ok(document) = serde_json::from_str::<Value>(json) else { return Vec::new() };
    let statements = listed(&document["Statement"]);
    let allowing = statements.into_iter().filter(|statement| statement["Effect"] == "Allow");
    let mut named: Vec<(String, String)> = Vec::new();
    for principal in allowing.map(|statement| &statement["Principal"]) {
        match principal {
            Value::String(everybody) => named.push(("AWS".to_owned(), everybody.clone())),
            Value::Object(kinds) => {
                for (kind, names) in kinds {
                    let names = listed(names).into_iter().filter_map(Value::as_str);
                    named.extend(names.map(|name| (kind.clone(), name.to_owned())));
                }
            }
            _ => {}
        }
    }
    named.sort();
    named.dedup();
    named
}

fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        single => vec![single],
    }
}

/// Somebody who may be let in and should not be.
struct Stranger {
    /// How the report calls it.
    who: String,
    principal: Principal,
    /// What `aws:PrincipalArn` is, where it has one.
    arn: Option<String>,
    /// Whether it is somebody for whom no condition makes it right: whom the policy names, or who is of another account.
    never_meant: bool,
}

impl Stranger {
    fn of_arn(who: String, arn: &str, never_meant: bool) -> Option<Self> {
        let principal = match arn.parse::<RoleArn>() {
            Ok(role) => Principal::role_session(&role, ANYBODY),
            Err(_) => Principal::from_arn(arn).ok()?,
        };
        let arn = principal.role().map_or_else(|| arn.to_owned(), ToOwned::to_owned);
        Some(Self { who, principal, arn: Some(arn), never_meant })
    }
}

/// Who could come by this name; nobody by the gateway's own.
fn strangers((kind, name): &(String, String), role: &RoleSeen, trusted: &Trusted) -> Vec<Stranger> {
    let partition = role.role_arn.partition();
    let own = [role.role_arn.account().to_string(), trusted.account.to_string()];
    let bare = |principal| vec![Stranger { who: name.clone(), principal, arn: None, never_meant: true }];
    match kind.as_str() {
        "Service" => return bare(Principal::service(name)),
        "Federated" => return bare(Principal::federated(name)),
        "AWS" => {}
        _ => return Vec::new(),
    }
    if trusted.is(name) {
        return Vec::new();
    }
    let of_account = |account: &str| {
        let never_meant = !own.iter().any(|own| own == account);
        let who = match account {
            ANY_ACCOUNT => "everybody, of any account".to_owned(),
            account => format!("others of account {account}"),
        };
        let arns = ["role", "user"].map(|kind| format!("arn:{partition}:iam::{account}:{kind}/{ANYBODY}"));
        // Whichever of the two gets in, one word says so.
        arns.iter().filter_map(|arn| Stranger::of_arn(who.clone(), arn, never_meant)).collect::<Vec<_>>()
    };
    if name == "*" {
        let mut all = of_account(ANY_ACCOUNT);
        all.extend(of_account(&own[0]));
        return all;
    }
    let account = name.split(':').nth(4).unwrap_or(name);
    if name == account || name.ends_with(":root") {
        return of_account(account);
    }
    // A unique id is nobody's: the user or role whose it was is gone.
    Stranger::of_arn(name.clone(), name, true).into_iter().collect()
}

/// Whether the policy lets somebody in, and whether always.
fn lets_in(trust: &PolicySet, examination: &Examination, stranger: &Stranger, role: &RoleArn) -> Option<bool> {
    let mut context = Context::new();
    if let Some(arn) = &stranger.arn {
        context.set("aws:PrincipalArn", arn.as_str());
    }
    if let Some(account) = stranger.principal.account() {
        context.set("aws:PrincipalAccount", account.to_string());
    }
    for (tag, value) in [(VIA_TAG, "true"), (CALLED_VIA_TAG, examination.gateway.as_str()), (CALLER_TAG, ANYBODY)] {
        context.set(&format!("aws:RequestTag/{tag}"), value);
    }
    context.set_all("aws:TagKeys", [VIA_TAG, CALLED_VIA_TAG, CALLER_TAG]);
    context.leave_all_open();
    let target = role.to_string();
    let allowed = |doubt| {
        ASSUMING.iter().any(|action| {
            let request = Request::new(action, target.as_str(), &stranger.principal, &context);
            trust.evaluate_in_doubt(&request, doubt).is_allow()
        })
    };
    allowed(Doubt::Allows).then(|| allowed(Doubt::Denies))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doctor::Status;
    use crate::doctor::testing::{GATEWAY_ROLE, good, trusting, unseen};

    fn said(principal: &Value, condition: &Value) -> Said {
        let mut examination = good();
        examination.roles[0].read.as_mut().unwrap().trust = trusting(principal, condition);
        only_gateway(&examination, &examination.roles[0])
    }

    fn root(account: &str) -> Value {
        json!({"AWS": format!("arn:aws:iam::{account}:root")})
    }

    #[test]
    fn the_gateways_role_alone_is_fine_however_it_is_named() {
        let arn = json!({"ArnEquals": {"aws:PrincipalArn": GATEWAY_ROLE}});
        for (principal, condition) in [
            (json!({"AWS": GATEWAY_ROLE}), json!({})),
            (root("123456789012"), arn.clone()),
            (json!({"AWS": "123456789012"}), arn.clone()),
            (json!("*"), arn),
            (json!({"AWS": "AROAGONEGONEGONEGONE"}), json!({})),
        ] {
            let said = said(&principal, &condition);
            assert_eq!(said.status, Status::Ok, "{principal} {condition}: {said:?}");
        }
    }

    #[test]
    fn everybody_else_who_gets_in_is_told() {
        for (principal, who) in [
            (json!("*"), "everybody, of any account"),
            (json!({"AWS": "*"}), "everybody, of any account"),
            (root("123456789012"), "others of account 123456789012"),
            (root("999999999999"), "others of account 999999999999"),
            (json!({"AWS": [GATEWAY_ROLE, "arn:aws:iam::123456789012:role/admin"]}), "role/admin"),
            (json!({"AWS": "arn:aws:iam::123456789012:user/eve"}), "user/eve"),
            (json!({"Service": "ec2.amazonaws.com"}), "ec2.amazonaws.com"),
        ] {
            let said = said(&principal, &json!({}));
            assert_eq!(said.status, Status::Problem, "{principal}: {said:?}");
            assert!(said.evidence.contains(who), "{}", said.evidence);
            assert!(said.mend.as_ref().is_some_and(|mend| mend.contains("OnlyTheGatewayWithItsStamp")), "{said:?}");
        }
    }

    #[test]
    fn a_condition_that_others_can_meet_does_not_keep_them_out() {
        let stamp = json!({"StringEquals": {"aws:RequestTag/ViaAWSMCPService": "true"}});
        assert_eq!(said(&root("123456789012"), &stamp).status, Status::Problem, "anybody can bring the tag");
        let external = json!({"StringEquals": {"sts:ExternalId": "x1"}});
        assert_eq!(said(&root("123456789012"), &external).status, Status::Warning);
        assert_eq!(said(&root("999999999999"), &external).status, Status::Problem, "a foreign account is never meant");
        assert_eq!(said(&json!("*"), &external).status, Status::Problem);
        let source = json!({"StringEquals": {"aws:SourceAccount": "123456789012"}});
        assert_eq!(said(&json!({"Service": "ec2.amazonaws.com"}), &source).status, Status::Problem);
        let device = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
        let admin = json!({"AWS": "arn:aws:iam::123456789012:role/admin"});
        assert_eq!(said(&admin, &device).status, Status::Problem, "who is named is let in by intent");
    }

    #[test]
    fn what_was_not_seen_or_cannot_be_read_is_not_known() {
        let examination = unseen();
        assert_eq!(only_gateway(&examination, &examination.roles[0]).status, Status::Unknown);
        let mut examination = good();
        examination.roles[0].read.as_mut().unwrap().trust = "{}".to_owned();
        assert_eq!(only_gateway(&examination, &examination.roles[0]).status, Status::Unknown);
        let mut examination = good();
        examination.configured_role = None;
        examination.own.identity = Err(crate::doctor::Unseen::new("AwsUnreachable", "no"));
        assert_eq!(only_gateway(&examination, &examination.roles[0]).status, Status::Unknown);
    }
}
