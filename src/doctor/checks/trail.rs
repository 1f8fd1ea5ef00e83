//! Whether CloudTrail keeps what is done in an account.

use crate::doctor::examination::{AccountSeen, Trails};
use crate::doctor::finding::Said;

pub(super) fn keeps(account: &AccountSeen) -> Said {
    let allow = "allow a mapped role of the account, or the gateway's own, cloudtrail:DescribeTrails and cloudtrail:GetTrailStatus";
    let make = "make a trail of all regions with management events, reads and writes, into a bucket that nobody of this account can \
                change: aws cloudtrail create-trail --is-multi-region-trail, then start-logging";
    match &account.trails {
        Err(unseen) => Said::unknown(unseen.to_string(), allow),
        Ok(Trails::HistoryAlone(unseen)) => {
            Said::unknown(format!("the event history answers; whether a trail keeps it: {unseen}"), allow)
        }
        Ok(Trails::Described(trails)) => match trails.iter().find(|(_, logs)| *logs) {
            Some((name, _)) => Said::ok(format!("the trail {name} logs IAM's events")),
            None if trails.is_empty() => Said::problem(
                "no trail takes IAM's events: they are gone after 90 days, and `audit reconcile` has no files",
                make,
            ),
            None => {
                let names: Vec<&str> = trails.iter().map(|(name, _)| name.as_str()).collect();
                let mend = format!("aws cloudtrail start-logging --name {}", names.first().copied().unwrap_or("NAME"));
                Said::problem(format!("switched off: {}", names.join(", ")), mend)
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::testing::{good, unseen};
    use crate::doctor::{Status, Unseen};

    #[test]
    fn a_trail_has_to_log() {
        let status = |trails| {
            let mut examination = good();
            examination.accounts[0].trails = Ok(trails);
            keeps(&examination.accounts[0]).status
        };
        let trail = |logs| ("org".to_owned(), logs);
        assert_eq!(status(Trails::Described(vec![trail(false), trail(true)])), Status::Ok);
        assert_eq!(status(Trails::Described(vec![trail(false)])), Status::Problem);
        assert_eq!(status(Trails::Described(Vec::new())), Status::Problem);
        assert_eq!(status(Trails::HistoryAlone(Unseen::new("AccessDenied", "no"))), Status::Unknown);
        assert_eq!(keeps(&unseen().accounts[0]).status, Status::Unknown);
    }
}
