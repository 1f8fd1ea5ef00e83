//! Resident memory after many calls by many callers, each of whom has a session of its own.

use tokio::task::JoinSet;

use crate::processes::{Home, Server, keys};
use crate::report::{Aim, Figure};
use crate::wire::{Connection, call};
use crate::{Effort, Outcome};

const CONNECTIONS: usize = 16;

pub(crate) fn measure(effort: Effort) -> Outcome<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let aws = Server::aws()?;
    let home = Home::new(effort.callers, aws.address)?;
    let gateway = Server::gateway(&home)?;
    let fresh = gateway.memory("VmRSS")?;
    runtime.block_on(async {
        let mut asking = JoinSet::new();
        for number in 0..CONNECTIONS {
            let mut connection = Connection::open(gateway.address).await?;
            asking.spawn(async move {
                for caller in (number..effort.callers).step_by(CONNECTIONS) {
                    let keys = keys(caller);
                    for turn in 0..effort.calls_each {
                        // Lists are what sessions are assumed for; whoami takes none.
                        let tool = if turn % 2 == 0 { "list_users" } else { "whoami" };
                        connection.call(&call(gateway.address, tool, Some(&keys))?).await?;
                    }
                }
                Outcome::Ok(())
            });
        }
        while let Some(asked) = asking.join_next().await {
            asked??;
        }
        Outcome::Ok(())
    })?;
    let one = |value| vec![value];
    Ok(vec![
        Figure::new("memory, resident when ready, 1,000 keys", "MiB", one(fresh)),
        Figure::new("memory, resident after 10,000 calls by 1,000 callers", "MiB", one(gateway.memory("VmRSS")?))
            .aiming(Aim::AtMost(40.0)),
        Figure::new("memory, most that was resident", "MiB", one(gateway.memory("VmHWM")?)),
    ])
}
