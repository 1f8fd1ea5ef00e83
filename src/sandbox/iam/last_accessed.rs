//! Which services an entity may call, and when it did so last.
//!
//! The report tells what the account knows: services that permission policies allow (boundaries, trust policies and
//! denials do not count, as AWS has it), and the uses that were noted on users, their access keys and roles. Single
//! actions are not noted, so a report of actions tells the same as one of services.

mod granted;
mod services;

use jiff::{SignedDuration, Timestamp};

use super::page::Page;
use super::{Answer, Guarded, Operation};
use crate::random::uuid;
use crate::sandbox::account::{Account, LastAccess, LastAccessedJob, Policies, Role, ServiceAccess, ServiceUse, User};
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ARN, JOB_ID};
use crate::sandbox::error::ServiceError;
use crate::sandbox::xml::Xml;

/// For how long AWS remembers
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_access-advisor.html>).
const TRACKED: SignedDuration = SignedDuration::from_hours(400 * 24);

/// For how long a job can be looked at here.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The operations of this file.
pub(super) fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "GenerateServiceLastAccessedDetails" => generate,
        "GetServiceLastAccessedDetails" => get,
        _ => return None,
    })
}

fn generate(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (arn, granularity)) = guarded.read(call, |input| {
        (input.required("Arn", &ARN), input.choice("Granularity", &["SERVICE_LEVEL", "ACTION_LEVEL"]))
    })?;
    let services = Subject::of(account, arn)?.services(account, call.now);
    let id = uuid(call.random);
    let job = LastAccessedJob {
        requester: call.identity.user_id().to_owned(),
        granularity: if granularity == Some("ACTION_LEVEL") { "ACTION_LEVEL" } else { "SERVICE_LEVEL" },
        created: call.now,
        completed: None,
        services,
    };
    let mut xml = Xml::new();
    xml.text("JobId", &id);
    account.last_accessed_jobs.retain(|_, job| call.now.duration_since(job.created) <= KEPT);
    account.last_accessed_jobs.insert(id, job);
    Ok(xml)
}

/// The first look finds the job at work, the second finds it done.
fn get(guarded: Guarded<'_>, call: &Call<'_>) -> Answer {
    let (account, (id, page)) = guarded.read(call, |input| (input.required("JobId", &JOB_ID), Page::read(input)))?;
    let job = account
        .last_accessed_jobs
        .get_mut(id)
        .filter(|job| job.requester == call.identity.user_id())
        .ok_or_else(|| ServiceError::no_such_entity(format!("The job with id {id} cannot be found.")))?;
    let services = page.of(&job.services, |service| service.namespace.clone())?;
    let mut xml = Xml::new();
    xml.text("JobStatus", if job.completed.is_some() { "COMPLETED" } else { "IN_PROGRESS" })
        .text("JobType", job.granularity)
        .time("JobCreationDate", job.created);
    if let Some(completed) = job.completed {
        xml.time("JobCompletionDate", completed);
        services.write_into(&mut xml, "ServicesLastAccessed", write);
    } else {
        xml.texts("ServicesLastAccessed", []).value("IsTruncated", false);
        job.completed = Some(call.now);
    }
    Ok(xml)
}

fn write(xml: &mut Xml, service: &ServiceAccess) {
    xml.text("ServiceName", services::name(&service.namespace));
    if let Some(last) = &service.last {
        xml.time("LastAuthenticated", last.at)
            .text("LastAuthenticatedEntity", &last.entity)
            .text("LastAuthenticatedRegion", &last.region);
    }
    xml.text("ServiceNamespace", &service.namespace).value("TotalAuthenticatedEntities", service.entities);
}

/// What a report is about: the policies that grant, and the users and roles that they grant to.
struct Subject<'a> {
    documents: Vec<&'a str>,
    users: Vec<&'a User>,
    roles: Vec<&'a Role>,
}

impl<'a> Subject<'a> {
    fn of(account: &'a Account, arn: &str) -> Result<Self, ServiceError> {
        let is = |resource: String| account.arn(&resource) == arn;
        if let Some(user) = account.users.iter().find(|user| is(user.resource())) {
            let groups = account.groups.iter().filter(|group| group.members.contains(&user.id));
            let mut documents = documents(account, &user.policies);
            documents.extend(groups.flat_map(|group| self::documents(account, &group.policies)));
            return Ok(Self { documents, users: vec![user], roles: Vec::new() });
        }
        if let Some(role) = account.roles.iter().find(|role| is(role.resource())) {
            let documents = documents(account, &role.policies);
            return Ok(Self { documents, users: Vec::new(), roles: vec![role] });
        }
        if let Some(group) = account.groups.iter().find(|group| is(group.resource())) {
            let users = account.users.iter().filter(|user| group.members.contains(&user.id)).collect();
            return Ok(Self { documents: documents(account, &group.policies), users, roles: Vec::new() });
        }
        if let Some(policy) = account.policies.get(arn) {
            let has = |policies: &Policies| policies.attached.contains(arn);
            let in_group = |user: &User| {
                account.groups.iter().any(|group| has(&group.policies) && group.members.contains(&user.id))
            };
            let users = account.users.iter().filter(|user| has(&user.policies) || in_group(user)).collect();
            let roles = account.roles.iter().filter(|role| has(&role.policies)).collect();
            return Ok(Self { documents: vec![policy.document()], users, roles });
        }
        let kinds = ["user/", "group/", "role/", "policy/"];
        let resource = arn.splitn(6, ':').nth(5).filter(|_| arn.starts_with("arn:")).unwrap_or_default();
        Err(match kinds.iter().any(|kind| resource.starts_with(kind)) {
            true => ServiceError::no_such_entity(format!("ARN {arn} was not found.")),
            false => ServiceError::invalid_input(format!("ARN {arn} is not valid.")),
        })
    }

    fn services(&self, account: &Account, now: Timestamp) -> Vec<ServiceAccess> {
        let access = |namespace: String| {
            let of_users = self.users.iter().filter_map(|user| Some((used(user, &namespace)?, user.resource())));
            let of_roles = self
                .roles
                .iter()
                .filter_map(|role| Some((role.service_uses.get(&namespace)?.clone(), role.resource())));
            let uses: Vec<(ServiceUse, String)> =
                of_users.chain(of_roles).filter(|(used, _)| now.duration_since(used.at) <= TRACKED).collect();
            let entities = uses.len();
            let last = uses.into_iter().max_by_key(|(used, _)| used.at).map(|(used, resource)| LastAccess {
                at: used.at,
                region: used.region,
                entity: account.arn(&resource),
            });
            ServiceAccess { namespace, last, entities }
        };
        granted::services(&self.documents).into_iter().map(access).collect()
    }
}

/// The documents in force among an entity's policies.
fn documents<'a>(account: &'a Account, policies: &'a Policies) -> Vec<&'a str> {
    let attached = policies.attached.iter().filter_map(|arn| account.policies.get(arn)).map(|policy| policy.document());
    policies.inline.values().map(String::as_str).chain(attached).collect()
}

/// A user's last call of a service: what was noted, or the last use of one of its keys.
fn used(user: &User, namespace: &str) -> Option<ServiceUse> {
    user.access_keys
        .iter()
        .filter_map(|key| key.last_used.as_ref())
        .filter(|used| used.service == namespace)
        .map(|used| ServiceUse { at: used.at, region: used.region.clone() })
        .chain(user.service_uses.get(namespace).cloned())
        .max_by_key(|used| used.at)
}

#[cfg(test)]
mod tests;
