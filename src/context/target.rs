//! The condition keys that differ between the AWS calls of one tools/call: those of the request and of what it acts on.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>

use crate::iam::{DeclaredCall, EntityDetail, EntityKind, Member, Resource};
use crate::policy::Context;

const RESOURCE_TAGS: [&str; 2] = ["aws:ResourceTag/", "iam:ResourceTag/"];
const POLICY_ARN: &str = "iam:PolicyARN";
const BOUNDARY: &str = "iam:PermissionsBoundary";
const REQUESTED_REGION: &str = "aws:RequestedRegion";

/// `context` with the keys of one call; `detail` is what AWS told of the entity that it acts on. One that comes to be by
/// another's new name has what that one has.
#[must_use]
pub fn of_declared(context: &Context, call: &DeclaredCall, detail: Option<&EntityDetail>) -> Context {
    let mut context = context.clone();
    let detail = call.was().or(detail);
    if let Some(region) = region_of(&call.resource) {
        context.set(REQUESTED_REGION, region);
    }
    if !call.tags.is_empty() {
        context.set_all("aws:TagKeys", call.tags.iter().map(|(key, _)| key.as_str()));
    }
    if !call.removed_tags.is_empty() {
        context.set_all("aws:TagKeys", call.removed_tags.iter().map(String::as_str));
    }
    for (key, value) in &call.tags {
        context.set(&format!("aws:RequestTag/{key}"), value);
    }
    match call.member("PolicyArn") {
        Some(Member::Is(arn)) => context.set(POLICY_ARN, arn),
        Some(Member::Found | Member::Beginning(_)) => context.leave_open(POLICY_ARN),
        None => {}
    }
    match call.member("PermissionsBoundary") {
        Some(Member::Is(arn)) => context.set(BOUNDARY, arn),
        Some(Member::Found | Member::Beginning(_)) => context.leave_open(BOUNDARY),
        None if has_boundary_of_its_own(call) => match detail {
            Some(detail) => detail.boundary.iter().for_each(|arn| context.set(BOUNDARY, arn)),
            None => context.leave_open(BOUNDARY),
        },
        None => {}
    }
    if exists_with_tags(call) {
        match detail {
            Some(detail) => {
                for (key, value) in &detail.tags {
                    RESOURCE_TAGS.iter().for_each(|prefix| context.set(&format!("{prefix}{key}"), value));
                }
            }
            None => RESOURCE_TAGS.iter().for_each(|prefix| context.leave_open(prefix)),
        }
    }
    context
}

/// The region of a resource that has one: IAM's have none, and are asked for where the partition's global services are.
fn region_of(resource: &Resource) -> Option<&str> {
    let (Resource::Beginning(arn) | Resource::Arn(arn)) = resource else { return None };
    arn.split(':').nth(3).filter(|region| !region.is_empty())
}

/// Actions on a user's or role's policies and boundary, and most on roles, are judged with the boundary that the entity has.
fn has_boundary_of_its_own(call: &DeclaredCall) -> bool {
    let name = call.action.operation();
    if ["GetRole", "DeleteRole", "UpdateRole", "UpdateAssumeRolePolicy"].contains(&name) {
        return true;
    }
    let of_policies =
        ["AttachUser", "AttachRole", "DetachUser", "DetachRole", "PutUser", "PutRole", "DeleteUser", "DeleteRole"];
    of_policies
        .iter()
        .any(|start| name.strip_prefix(start).is_some_and(|rest| rest == "Policy" || rest == "PermissionsBoundary"))
}

/// Whether the call acts on something that exists and can have tags. What is to be created has none yet, a group has none
/// ever, and a list or an action on nothing in particular is about no entity.
fn exists_with_tags(call: &DeclaredCall) -> bool {
    let name = call.action.operation();
    // What tags what it creates needs the permission to tag it as well.
    let creates = name.starts_with("Create") || (name.starts_with("Tag") && !call.is_sent());
    match &call.resource {
        Resource::Entity(entity) => entity.kind != EntityKind::Group && !(creates && entity.path.is_some()),
        Resource::Any(kind) => *kind != EntityKind::Group,
        Resource::Arn(_) => !call.resource.is_of(EntityKind::Group),
        Resource::Below(..) | Resource::AnyOfAws | Resource::Beginning(_) | Resource::All => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::change::actions;
    use crate::iam::{Action, Entity};

    fn detail() -> EntityDetail {
        EntityDetail {
            arn: "arn:aws:iam::123456789012:user/ops/bob".to_owned(),
            tags: vec![("team".to_owned(), "pay".to_owned())],
            boundary: Some("arn:aws:iam::123456789012:policy/b".to_owned()),
        }
    }

    fn on_bob(action: Action) -> DeclaredCall {
        DeclaredCall::new(action, Resource::user("bob"))
    }

    #[test]
    fn the_tags_and_the_boundary_of_an_entity_are_those_that_aws_tells() {
        let call = on_bob(actions::DETACH_USER_POLICY).with("PolicyArn", "arn:aws:iam::aws:policy/X");
        let context = of_declared(&Context::new(), &call, Some(&detail()));
        assert_eq!(context.get("aws:ResourceTag/team"), ["pay"]);
        assert_eq!(context.get("iam:resourcetag/TEAM"), ["pay"]);
        assert_eq!(context.get("iam:PolicyARN"), ["arn:aws:iam::aws:policy/X"]);
        assert_eq!(context.get("iam:PermissionsBoundary"), ["arn:aws:iam::123456789012:policy/b"]);
        let deleted = of_declared(&Context::new(), &on_bob(actions::DELETE_USER), Some(&detail()));
        assert!(deleted.get("iam:PermissionsBoundary").is_empty(), "the deletion of a user is not judged with it");
    }

    #[test]
    fn what_comes_of_a_renaming_has_the_tags_of_what_was_renamed() {
        let renamed = Resource::Arn("arn:aws:iam::123456789012:user/ops/robert".to_owned());
        let permission = DeclaredCall::permission(actions::UPDATE_USER, renamed);
        let alone = of_declared(&Context::new(), &permission, None);
        assert!(alone.get("aws:ResourceTag/team").is_empty(), "nothing is known of it");
        let context = of_declared(&Context::new(), &permission.of(detail()), None);
        assert_eq!(context.get("aws:ResourceTag/team"), ["pay"]);
        // Before anything was read, its path is all that is known of it, and it may have any tags.
        let moved = Entity { kind: EntityKind::User, name: "bob".into(), path: Some("/ops/".into()) };
        let permission = DeclaredCall::permission(actions::UPDATE_USER, Resource::Entity(moved.clone()));
        assert!(exists_with_tags(&permission));
        assert!(!exists_with_tags(&DeclaredCall::permission(actions::TAG_USER, Resource::Entity(moved))));
    }

    #[test]
    fn a_call_to_a_region_is_judged_in_that_region() {
        let before = {
            let mut context = Context::new();
            context.set("aws:RequestedRegion", "us-east-1");
            context
        };
        let secret = Resource::Beginning("arn:aws:secretsmanager:eu-central-1:123456789012:secret:x/".to_owned());
        let stored = of_declared(&before, &DeclaredCall::new(actions::CREATE_SECRET, secret), None);
        assert_eq!(stored.get("aws:RequestedRegion"), ["eu-central-1"]);
        let user = Resource::Arn("arn:aws:iam::123456789012:user/bob".to_owned());
        let read = of_declared(&before, &DeclaredCall::new(actions::DELETE_USER, user), None);
        assert_eq!(read.get("aws:RequestedRegion"), ["us-east-1"]);
    }

    #[test]
    fn what_is_created_has_the_tags_and_the_boundary_of_the_request_and_none_else() {
        let user = Entity { kind: EntityKind::User, name: "bob".into(), path: Some("/".into()) };
        let call = DeclaredCall::new(actions::CREATE_USER, Resource::Entity(user))
            .with("PermissionsBoundary", "arn:b")
            .tagging([("team".to_owned(), "pay".to_owned())]);
        let context = of_declared(&Context::new(), &call, None);
        assert_eq!(context.get("aws:RequestTag/team"), ["pay"]);
        assert_eq!(context.get("aws:TagKeys"), ["team"]);
        assert_eq!(context.get("iam:PermissionsBoundary"), ["arn:b"]);
        assert!(context.get("aws:ResourceTag/team").is_empty());
    }
}
