//! The gateway's own identity.

use crate::doctor::examination::{Evidence, Examination, IamReach};
use crate::doctor::finding::Said;
use crate::doctor::identity::Kind;
use crate::posture::standing::Access;

pub(super) const RUN_WHERE_IT_SERVES: &str = "run `doctor` where the gateway runs, with what it runs with";

pub(super) fn credentials(examination: &Examination) -> Said {
    match &examination.own.identity {
        Ok(identity) => Said::ok(format!("STS knows them as {identity}")),
        Err(unseen) if unseen.code == "NoGatewayCredentials" => Said::problem(
            unseen.to_string(),
            "give the container, the instance or the pod a role (an ECS task role, EKS Pod Identity, an instance profile)",
        ),
        Err(unseen) if REFUSED.contains(&unseen.code.as_str()) => {
            Said::problem(unseen.to_string(), "they are too old, revoked or somebody else's: give the gateway new ones")
        }
        Err(unseen) => Said::unknown(
            unseen.to_string(),
            "let the gateway reach STS: its region's endpoint, or a VPC endpoint of it",
        ),
    }
}

/// What STS says of credentials that open nothing.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>
const REFUSED: [&str; 5] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

pub(super) fn identity(examination: &Examination) -> Said {
    let identity = match &examination.own.identity {
        Ok(identity) => identity,
        Err(unseen) => return Said::unknown(unseen.to_string(), RUN_WHERE_IT_SERVES),
    };
    match (identity.kind(), &examination.configured_role) {
        (Kind::Role(_), Some(role)) if identity.is_of(role) => {
            Said::ok(format!("{identity} is a session of {role}, as [protect] gateway_role_arn says"))
        }
        (_, Some(role)) => Said::problem(
            format!("{identity} is none of {role}, which [protect] gateway_role_arn names"),
            format!("{RUN_WHERE_IT_SERVES}; if it does run as this, name it there, so that no tool can change it"),
        ),
        (Kind::Role(name), None) => Said::warning(
            format!(
                "{identity}, and the configuration does not say so: before STS has answered nothing is protected by it"
            ),
            format!("in [protect] write gateway_role_arn = \"{}\"", arn_of(identity.role().as_ref(), name)),
        ),
        (Kind::User(_) | Kind::Root | Kind::Other, None) => Said::problem(
            format!("{identity} is no role's session: its keys do not end, and whoever has them is the gateway"),
            "run the gateway with a role, and name it in [protect] gateway_role_arn",
        ),
    }
}

fn arn_of(role: Option<&crate::arn::RoleArn>, name: &str) -> String {
    role.map_or_else(|| name.to_owned(), ToString::to_string)
}

pub(super) fn free_of_iam(examination: &Examination) -> Said {
    if let Some(other) = examination.somebody_else() {
        return Said::unknown(format!("looked at was {other}, which is not the gateway"), RUN_WHERE_IT_SERVES);
    }
    let IamReach { access, evidence } = match &examination.own.iam {
        Ok(reach) => reach,
        Err(unseen) => {
            let mend = "nothing is to be allowed for this: a refused iam:GetAccountSummary is what is hoped for";
            return Said::unknown(unseen.to_string(), mend);
        }
    };
    let how = match evidence {
        Evidence::Policies => "its policies say so, which it may read",
        Evidence::Simulation => "IAM's simulation says so, which it may ask",
        Evidence::Probe if *access == Access::None => {
            "IAM refused it iam:GetAccountSummary, its own policies and a simulation of them"
        }
        Evidence::Probe => "IAM answered it a read (iam:GetRole or iam:GetAccountSummary)",
    };
    let mend = "take iam:* from the gateway's role: it needs sts:AssumeRole, sts:TagSession and sts:SetSourceIdentity on the mapped \
                roles, and of IAM nothing (callers' own sessions do all of that)";
    match access {
        Access::None => Said::ok(how),
        Access::Read => Said::warning(format!("it may read IAM: {how}"), mend),
        more => Said::problem(format!("it may change IAM ({}): {how}", more.as_str()), mend),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::testing::{good, identity as of, unseen};
    use crate::doctor::{Status, Unseen};

    fn refused(code: &str) -> Examination {
        let mut examination = good();
        examination.own.identity = Err(Unseen::new(code, "no"));
        examination
    }

    #[test]
    fn credentials_are_there_or_not_or_it_is_not_known() {
        assert_eq!(credentials(&good()).status, Status::Ok);
        assert_eq!(credentials(&refused("NoGatewayCredentials")).status, Status::Problem);
        assert_eq!(credentials(&refused("ExpiredToken")).status, Status::Problem);
        assert_eq!(credentials(&refused("AwsUnreachable")).status, Status::Unknown);
    }

    #[test]
    fn the_identity_is_the_protected_role() {
        assert_eq!(identity(&good()).status, Status::Ok);
        let status = |arn: &str, configured: Option<&str>| {
            let mut examination = good();
            examination.own.identity = Ok(of(arn));
            examination.configured_role = configured.map(|role| role.parse().unwrap());
            identity(&examination).status
        };
        let session = "arn:aws:sts::123456789012:assumed-role/gateway/task";
        assert_eq!(status(session, Some("arn:aws:iam::123456789012:role/service/gateway")), Status::Ok);
        assert_eq!(status(session, Some("arn:aws:iam::123456789012:role/other")), Status::Problem);
        assert_eq!(status(session, None), Status::Warning);
        assert_eq!(status("arn:aws:iam::123456789012:user/gateway", None), Status::Problem);
        assert_eq!(status("arn:aws:iam::123456789012:root", None), Status::Problem);
        assert_eq!(identity(&unseen()).status, Status::Unknown);
    }

    #[test]
    fn what_it_may_do_with_iam_is_told_with_how_it_is_known() {
        let said = |access, evidence| {
            let mut examination = good();
            examination.own.iam = Ok(IamReach { access, evidence });
            free_of_iam(&examination)
        };
        let fine = said(Access::None, Evidence::Probe);
        assert!(fine.status == Status::Ok && fine.evidence.contains("refused it iam:GetAccountSummary"), "{fine:?}");
        let reads = said(Access::Read, Evidence::Probe);
        assert!(reads.status == Status::Warning && reads.evidence.contains("answered"), "{reads:?}");
        let grants = said(Access::PermissionsManagement, Evidence::Simulation);
        assert!(grants.status == Status::Problem && grants.evidence.contains("simulation"), "{grants:?}");
        assert_eq!(said(Access::Administrator, Evidence::Policies).status, Status::Problem);
        let mut another = good();
        another.own.identity = Ok(of("arn:aws:iam::123456789012:user/pat"));
        assert_eq!(free_of_iam(&another).status, Status::Unknown, "of a person nothing follows for the gateway");
        assert_eq!(free_of_iam(&unseen()).status, Status::Unknown);
    }
}
