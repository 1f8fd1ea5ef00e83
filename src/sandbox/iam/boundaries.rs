//! Permissions boundaries of users and roles.

use super::names::{Find, policy_arn};
use super::{Answer, Guarded, Operation};
use crate::sandbox::account::Account;
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ARN, ENTITY_NAME_64, ENTITY_NAME_128, Text};
use crate::sandbox::error::ServiceError;
use crate::sandbox::xml::Xml;

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "PutUserPermissionsBoundary" => |guarded, call| put(guarded, call, &USER),
        "DeleteUserPermissionsBoundary" => |guarded, call| delete(guarded, call, &USER),
        "PutRolePermissionsBoundary" => |guarded, call| put(guarded, call, &ROLE),
        "DeleteRolePermissionsBoundary" => |guarded, call| delete(guarded, call, &ROLE),
        _ => return None,
    })
}

/// A kind of entity that has a boundary.
struct Bounded {
    /// The parameter that names the entity.
    parameter: &'static str,
    /// What a name may be.
    name: &'static Text,
    /// The boundary of the entity of this name.
    boundary: Find<Option<String>>,
}

const USER: Bounded = Bounded {
    parameter: "UserName",
    name: &ENTITY_NAME_128,
    boundary: |account, name| account.user_mut(name).map(|user| &mut user.boundary),
};

const ROLE: Bounded = Bounded {
    parameter: "RoleName",
    name: &ENTITY_NAME_64,
    boundary: |account, name| account.modifiable_role(name).map(|role| &mut role.boundary),
};

fn put(guarded: Guarded<'_>, call: &Call<'_>, kind: &Bounded) -> Answer {
    let (account, (name, arn)) = guarded
        .read(call, |input| (input.required(kind.parameter, kind.name), input.required("PermissionsBoundary", &ARN)))?;
    (kind.boundary)(account, name)?;
    let arn = checked(account, arn)?;
    *(kind.boundary)(account, name)? = Some(arn);
    Ok(Xml::new())
}

fn delete(guarded: Guarded<'_>, call: &Call<'_>, kind: &Bounded) -> Answer {
    let (account, name) = guarded.read(call, |input| input.required(kind.parameter, kind.name))?;
    *(kind.boundary)(account, name)? = None;
    Ok(Xml::new())
}

/// The ARN of a policy that may be a boundary.
///
/// # Errors
/// When it is no policy's ARN, or there is no such managed policy.
pub(super) fn checked(account: &Account, arn: &str) -> Result<String, ServiceError> {
    policy_arn(arn)?;
    if !account.policies.contains_key(arn) {
        return Err(ServiceError::no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable.")));
    }
    Ok(arn.to_owned())
}

/// `PermissionsBoundary`, where there is one.
pub(super) fn write(xml: &mut Xml, arn: Option<&str>) {
    if let Some(arn) = arn {
        xml.element("PermissionsBoundary", |xml| {
            xml.text("PermissionsBoundaryType", "Policy").text("PermissionsBoundaryArn", arn);
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{Bench, TRUST};

    const BOUNDARY: &str = "PermissionsBoundary";

    fn bench() -> (Bench, String) {
        let mut bench = Bench::new();
        let arn = bench.managed_policy("Limit");
        bench.ok("CreateUser", &[("UserName", "bob")]);
        bench.ok("CreateRole", &[("RoleName", "bob"), ("AssumeRolePolicyDocument", TRUST)]);
        (bench, arn)
    }

    #[test]
    fn a_boundary_is_put_told_replaced_and_taken_away() {
        let (mut bench, arn) = bench();
        let other = bench.managed_policy("Other");
        for (kind, parameter) in [("User", "UserName"), ("Role", "RoleName")] {
            let name = (parameter, "BOB");
            let [put, delete, get] =
                [format!("Put{kind}{BOUNDARY}"), format!("Delete{kind}{BOUNDARY}"), format!("Get{kind}")];
            bench.ok(&put, &[name, (BOUNDARY, &arn)]);
            bench.ok(&put, &[name, (BOUNDARY, &other)]);
            assert_eq!(
                bench.ok(&get, &[name]).get(BOUNDARY),
                Some(format!(
                    "<PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
                     <PermissionsBoundaryArn>{other}</PermissionsBoundaryArn>"
                ))
            );
            bench.ok(&delete, &[name]);
            bench.ok(&delete, &[name]);
            assert_eq!(bench.ok(&get, &[name]).get(BOUNDARY), None);
        }
    }

    #[test]
    fn a_boundary_must_be_a_managed_policy_that_exists() {
        let (mut bench, _) = bench();
        let gone = "arn:aws:iam::123456789012:policy/gone";
        assert_eq!(
            bench.refused("PutUserPermissionsBoundary", &[("UserName", "bob"), (BOUNDARY, gone)], "NoSuchEntity"),
            format!("Scope ARN: {gone} does not exist or is not attachable.")
        );
        let role = "arn:aws:iam::123456789012:role/bob";
        assert_eq!(
            bench.refused("PutRolePermissionsBoundary", &[("RoleName", "bob"), (BOUNDARY, role)], "InvalidInput"),
            format!("ARN {role} is not valid.")
        );
        bench.refused("CreateUser", &[("UserName", "eve"), (BOUNDARY, gone)], "NoSuchEntity");
        bench.refused("PutUserPermissionsBoundary", &[("UserName", "bob"), (BOUNDARY, "short")], "ValidationError");
        bench.refused("PutUserPermissionsBoundary", &[("UserName", "bob")], "ValidationError");
    }

    #[test]
    fn who_is_missing_is_told_before_the_policy() {
        let (mut bench, _) = bench();
        let gone = [("RoleName", "gone"), (BOUNDARY, "arn:aws:iam::123456789012:role/no-policy")];
        let message = bench.refused("PutRolePermissionsBoundary", &gone, "NoSuchEntity");
        assert_eq!(message, "The role with name gone cannot be found.");
        bench.refused("DeleteRolePermissionsBoundary", &[("RoleName", "gone")], "NoSuchEntity");
        bench.refused("DeleteUserPermissionsBoundary", &[("UserName", "gone")], "NoSuchEntity");
    }

    #[test]
    fn an_entity_with_a_boundary_can_be_deleted() {
        let (mut bench, arn) = bench();
        bench.ok("PutUserPermissionsBoundary", &[("UserName", "bob"), (BOUNDARY, &arn)]);
        bench.ok("DeleteUser", &[("UserName", "bob")]);
        assert_eq!(bench.account.policy_usage(&arn).boundaries, 0);
    }
}
