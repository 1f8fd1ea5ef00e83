//! The trails of an account.
//!
//! A trail takes IAM's events if it is of all regions, or of the one that the partition's global services are in, and takes
//! events of global services:
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events>.

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::Trail;

use super::super::examination::{Seen, Trails, Unseen};
use super::super::identity::GatewayIdentity;
use super::role::Looked;
use super::{Examiner, within};
use crate::iam::{Account, Action, AwsFailure, DeclaredCall, Reader, Resource};

const DESCRIBE_TRAILS: Action = Action::new("cloudtrail:DescribeTrails");
const GET_TRAIL_STATUS: Action = Action::new("cloudtrail:GetTrailStatus");
const LOOKUP_EVENTS: Action = Action::new("cloudtrail:LookupEvents");

/// What is asked of CloudTrail.
pub(super) const ACTIONS: [Action; 3] = [DESCRIBE_TRAILS, GET_TRAIL_STATUS, LOOKUP_EVENTS];

/// How many roles of an account are asked, and of how many trails whether they log: CloudTrail has five of an account and those
/// of its organization.
const MOST_ROLES: usize = 2;
const MOST_TRAILS: usize = 6;

pub(super) fn declared() -> [DeclaredCall; 3] {
    [
        DeclaredCall::new(DESCRIBE_TRAILS, Resource::All),
        DeclaredCall::new(GET_TRAIL_STATUS, Resource::All).with_found("Name"),
        DeclaredCall::new(LOOKUP_EVENTS, Resource::All),
    ]
}

impl Examiner {
    /// What CloudTrail tells of an account: to one of its mapped roles, else to the gateway's own credentials if they are of it.
    pub(super) async fn trails(
        &self,
        account: &Account,
        looked: &[Looked],
        identity: &GatewayIdentity,
    ) -> Seen<Trails> {
        let readers =
            looked.iter().filter(|looked| looked.account == *account).filter_map(|looked| looked.reader.as_ref());
        let mut best = Err(Unseen::new("NoSession", "no session of a role of the account could be had"));
        for reader in readers.take(MOST_ROLES) {
            best = better(best, within(trails(reader, account)).await);
            if matches!(best, Ok(Trails::Described(_))) {
                return best;
            }
        }
        if identity.account() == account.id
            && let Ok(credentials) = self.own_credentials().await
        {
            let (reader, _) = self.reader(account, credentials, declared().into());
            best = better(best, within(trails(&reader, account)).await);
        }
        best
    }
}

/// Of two, the one that tells more; of two that tell nothing the first.
fn better(one: Seen<Trails>, other: Seen<Trails>) -> Seen<Trails> {
    match (&one, &other) {
        (Ok(Trails::Described(_)), _) => one,
        (_, Ok(Trails::Described(_))) | (Err(_), Ok(_)) => other,
        (Err(unseen), Err(_)) if unseen.code == "NoSession" => other,
        _ => one,
    }
}

async fn trails(reader: &Reader, account: &Account) -> Seen<Trails> {
    let Some(client) = reader.cloudtrail() else {
        let message = "the gateway's IAM is not AWS's own here, and no CloudTrail is configured that goes with it";
        return Err(Unseen::new("CloudTrailNotConfigured", message));
    };
    match described(reader, client, account).await {
        Ok(trails) => Ok(Trails::Described(trails)),
        Err(failure) => {
            let request = client.lookup_events().max_results(1);
            reader.read(LOOKUP_EVENTS, &Resource::All, Box::pin(request.send())).await?;
            Ok(Trails::HistoryAlone(failure.into()))
        }
    }
}

/// The trails that take IAM's events, and whether they log.
async fn described(reader: &Reader, client: &Client, account: &Account) -> Result<Vec<(String, bool)>, AwsFailure> {
    let request = client.describe_trails().include_shadow_trails(true);
    let answer = reader.read(DESCRIBE_TRAILS, &Resource::All, Box::pin(request.send())).await?;
    let region = account.partition.global_region();
    let mut trails = Vec::new();
    for trail in
        answer.trail_list().iter().filter(|trail| takes_events_of_iam(trail, region.as_str())).take(MOST_TRAILS)
    {
        // One of another region is known by its ARN alone.
        let Some(arn) = trail.trail_arn() else { continue };
        let request = client.get_trail_status().name(arn);
        let status = reader.read(GET_TRAIL_STATUS, &Resource::All, Box::pin(request.send())).await?;
        let logs = status.is_logging().unwrap_or(false);
        trails.push((trail.name().unwrap_or(arn).to_owned(), logs));
        if logs {
            break;
        }
    }
    Ok(trails)
}

fn takes_events_of_iam(trail: &Trail, region: &str) -> bool {
    let is_of_region = trail.is_multi_region_trail() == Some(true) || trail.home_region() == Some(region);
    is_of_region && trail.include_global_service_events() == Some(true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::arn::Partition;
    use crate::iam::testing::Scripted;

    fn account() -> Account {
        Account { partition: Partition::Aws, id: "123456789012".parse().unwrap() }
    }

    fn trail(name: &str, region: &str, is_of_all: bool, takes_global: bool) -> serde_json::Value {
        json!({"Name": name, "TrailARN": format!("arn:aws:cloudtrail:{region}:123456789012:trail/{name}"),
            "HomeRegion": region, "IsMultiRegionTrail": is_of_all, "IncludeGlobalServiceEvents": takes_global})
    }

    #[test]
    fn a_trail_of_another_region_alone_takes_no_events_of_iam() {
        let takes = |region: &str, is_of_all, takes_global| {
            let trail = Trail::builder().home_region(region).is_multi_region_trail(is_of_all);
            takes_events_of_iam(&trail.include_global_service_events(takes_global).build(), "us-east-1")
        };
        assert!(takes("eu-west-1", true, true) && takes("us-east-1", false, true));
        assert!(!takes("eu-west-1", false, true) && !takes("us-east-1", true, false));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_trail_that_logs_is_enough() {
        let listed = json!({"trailList": [trail("local", "eu-west-1", false, true), trail("off", "us-east-1", false, true),
            trail("org", "eu-west-1", true, true), trail("more", "us-east-1", true, true)]});
        let aws = Scripted::default().answering("DescribeTrails", [Ok(listed.to_string())]).answering(
            "GetTrailStatus",
            [Ok(json!({"IsLogging": false}).to_string()), Ok(json!({"IsLogging": true}).to_string())],
        );
        let found = trails(&aws.reader(declared().into()), &account()).await.unwrap();
        assert_eq!(found, Trails::Described(vec![("off".to_owned(), false), ("org".to_owned(), true)]));
    }

    #[tokio::test(start_paused = true)]
    async fn who_may_not_look_at_trails_is_told_whether_there_is_a_history() {
        let aws = Scripted::default()
            .answering("DescribeTrails", [Err("AccessDeniedException")])
            .answering("LookupEvents", [Ok(json!({"Events": []}).to_string())]);
        let found = trails(&aws.reader(declared().into()), &account()).await.unwrap();
        assert!(matches!(found, Trails::HistoryAlone(unseen) if unseen.code == "AccessDeniedException"));
        let aws = Scripted::default()
            .answering("DescribeTrails", [Err("AccessDeniedException")])
            .answering("LookupEvents", [Err("AccessDeniedException")]);
        assert_eq!(trails(&aws.reader(declared().into()), &account()).await.unwrap_err().code, "AccessDeniedException");
        let nowhere = Scripted::default().reader_of_iam(declared().into());
        assert_eq!(trails(&nowhere, &account()).await.unwrap_err().code, "CloudTrailNotConfigured");
    }
}
