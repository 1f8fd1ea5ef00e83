//! A scan of a whole account with everybody's permissions, page by page, and who can get to administrator in it.

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::processes::{Home, Server, keys};
use crate::report::{Aim, Figure};
use crate::wire::{Connection, call_with};
use crate::{Effort, Outcome};

/// The most that a scan tells in one answer.
const PAGE: usize = 1000;

/// What a scan of one account took.
#[derive(Debug, Default)]
struct Scanned {
    /// Until the last page.
    seconds: Vec<f64>,
    /// Until the answer of `find_privilege_escalation`.
    escalations: Vec<f64>,
    /// The gateway's most, after both.
    memory: Vec<f64>,
    /// Of AWS, for each hundred identities.
    calls: Vec<f64>,
}

pub(crate) fn measure(effort: Effort) -> Outcome<Vec<Figure>> {
    let (small, large) = effort.accounts;
    let (of_small, of_large) = (scanned(effort, small)?, scanned(effort, large)?);
    let ratio = |of: fn(&Scanned) -> &Vec<f64>| {
        of(&of_large).iter().zip(of(&of_small)).map(|(large, small)| large / small).collect()
    };
    let growth = [ratio(|of| &of.seconds), ratio(|of| &of.escalations), ratio(|of| &of.memory)];
    let [seconds, escalations, memory] = growth;
    Ok(vec![
        Figure::new("scan of 1,200 identities with permissions", "s", of_small.seconds),
        Figure::new("scan of 12,000 identities with permissions", "s", of_large.seconds).aiming(Aim::AtMost(10.0)),
        Figure::new("scan, time of 12,000 to 1,200", "x", seconds).aiming(Aim::AtMost(12.0)),
        Figure::new("scan, AWS calls for 100 identities of 12,000", "calls", of_large.calls).aiming(Aim::AtMost(2.0)),
        Figure::new("find_privilege_escalation among 1,200", "s", of_small.escalations),
        Figure::new("find_privilege_escalation among 12,000", "s", of_large.escalations).aiming(Aim::AtMost(10.0)),
        Figure::new("find_privilege_escalation, time of 12,000 to 1,200", "x", escalations).aiming(Aim::AtMost(12.0)),
        Figure::new("memory after both, most of 1,200", "MiB", of_small.memory),
        Figure::new("memory after both, most of 12,000", "MiB", of_large.memory).aiming(Aim::AtMost(500.0)),
        Figure::new("memory after both, 12,000 to 1,200", "x", memory).aiming(Aim::AtMost(12.0)),
    ])
}

/// Each round with a gateway of its own: the most memory of a process never gets less.
fn scanned(effort: Effort, (users, roles): (usize, usize)) -> Outcome<Scanned> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let aws = Server::aws_of(users, roles)?;
    let mut scanned = Scanned::default();
    for _ in 0..effort.rounds.min(3) {
        let home = Home::new(1, aws.address)?;
        let gateway = Server::gateway(&home)?;
        runtime.block_on(async {
            let mut connection = Connection::open(gateway.address).await?;
            let began = Instant::now();
            let told = pages(&mut connection, &gateway).await?;
            scanned.seconds.push(began.elapsed().as_secs_f64());
            if told != users + roles {
                return Err(format!("{told} of {} identities were told", users + roles).into());
            }
            scanned.calls.push(100.0 * home.aws_calls()? / (users + roles) as f64);
            let began = Instant::now();
            let request = call_with(gateway.address, "find_privilege_escalation", &json!({}), Some(&keys(0)))?;
            let (found, _) = connection.call(&request).await?;
            if found["PrincipalCount"] != json!(users + roles) || found["Count"] == json!(0) {
                return Err(
                    format!("another account was searched: {} {}", found["PrincipalCount"], found["Count"]).into()
                );
            }
            scanned.escalations.push(began.elapsed().as_secs_f64());
            Outcome::Ok(())
        })?;
        scanned.memory.push(gateway.memory("VmHWM")?);
    }
    Ok(scanned)
}

/// All pages; how many identities they told.
async fn pages(connection: &mut Connection, gateway: &Server) -> Outcome<usize> {
    let (mut told, mut marker) = (0, Value::Null);
    loop {
        let arguments = json!({"include_permissions": true, "max_items": PAGE, "marker": marker});
        let request = call_with(gateway.address, "scan_iam_identities", &arguments, Some(&keys(0)))?;
        let (page, _) = connection.call(&request).await?;
        let identities = page["Identities"].as_array().ok_or("a page without identities")?;
        if identities.iter().any(|identity| identity["Permissions"]["AccessLevel"].is_null()) {
            return Err("an identity without an access level".into());
        }
        told += identities.len();
        match &page["Marker"] {
            Value::String(_) => marker = page["Marker"].clone(),
            _ => return Ok(told),
        }
    }
}
