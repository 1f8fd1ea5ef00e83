//! What bounds a mapped role.

use super::trust::UNREAD;
use crate::doctor::examination::{Examination, RoleSeen};
use crate::doctor::finding::Said;
use crate::posture::holder::Certainty;

pub(super) fn boundary(_: &Examination, role: &RoleSeen) -> Said {
    let read = match &role.read {
        Ok(read) => read,
        Err(unseen) => return Said::unknown(unseen.to_string(), UNREAD),
    };
    let name = role.role_arn.name();
    let mend = format!(
        "aws iam put-role-permissions-boundary --role-name {name} --permissions-boundary POLICY_ARN (Terraform: \
         permissions_boundary of the aws_iam_role), with a policy that allows no more than its agents shall ever do"
    );
    match &read.boundary {
        Some(arn) => Said::ok(arn.clone()),
        None if role.writes => Said::problem(
            "none is attached, and agents write with this role: what one grants itself nothing bounds",
            mend,
        ),
        None => Said::warning("none is attached; agents only read with this role", mend),
    }
}

pub(super) fn not_administrator(_: &Examination, role: &RoleSeen) -> Said {
    let read = match &role.read {
        Ok(read) => read,
        Err(unseen) => return Said::unknown(unseen.to_string(), UNREAD),
    };
    let mend = "attach what `iam-mcp-gateway tools --policy --config FILE` prints in place of the policies that allow everything";
    match read.standing.administrator {
        Some(Certainty::Certain) => Said::problem("its policies allow everything", mend),
        Some(Certainty::Conditional) => {
            Said::warning("its policies allow everything where their conditions hold", mend)
        }
        None if !read.standing.unreadable.is_empty() => {
            let policies = read.standing.unreadable.join(", ");
            Said::unknown(
                format!("policies that cannot be read: {policies}"),
                "write them anew: IAM may read them otherwise",
            )
        }
        None => Said::ok(format!("the most that it may do anywhere: {}", read.standing.access().as_str())),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::doctor::Status;
    use crate::doctor::testing::{good, unseen};

    #[test]
    fn a_boundary_matters_more_where_agents_write() {
        let mut examination = good();
        let mut status = |writes, arn: Option<&str>| {
            let role = &mut examination.roles[0];
            role.writes = writes;
            role.read.as_mut().unwrap().boundary = arn.map(ToOwned::to_owned);
            boundary(&examination, &examination.roles[0]).status
        };
        assert_eq!(status(true, Some("arn:aws:iam::123456789012:policy/b")), Status::Ok);
        assert_eq!(status(true, None), Status::Problem);
        assert_eq!(status(false, None), Status::Warning);
        let unseen = unseen();
        assert_eq!(boundary(&unseen, &unseen.roles[0]).status, Status::Unknown);
    }

    #[test]
    fn an_administrator_is_one_always_or_sometimes_or_nobody_knows() {
        let mut examination = good();
        let mut status = |administrator, unreadable: &[&str]| {
            let standing = Arc::make_mut(&mut examination.roles[0].read.as_mut().unwrap().standing);
            standing.administrator = administrator;
            standing.unreadable = unreadable.iter().map(|name| (*name).to_owned()).collect();
            not_administrator(&examination, &examination.roles[0]).status
        };
        assert_eq!(status(None, &[]), Status::Ok);
        assert_eq!(status(Some(Certainty::Certain), &[]), Status::Problem);
        assert_eq!(status(Some(Certainty::Conditional), &[]), Status::Warning);
        assert_eq!(status(None, &["inline policy odd"]), Status::Unknown);
        let unseen = unseen();
        assert_eq!(not_administrator(&unseen, &unseen.roles[0]).status, Status::Unknown);
    }
}
