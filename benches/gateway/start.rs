//! From starting the process until `/readyz` answers 200.

use tokio::time::Instant;

use crate::processes::{Home, Server};
use crate::report::{Aim, Figure};
use crate::wire::Connection;
use crate::{Effort, Outcome};

const STARTS: usize = 10;

pub(crate) fn measure(effort: Effort) -> Outcome<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let aws = Server::aws()?;
    let mut starts = Vec::new();
    for _ in 0..STARTS.min(effort.rounds * 2) {
        let home = Home::new(effort.callers, aws.address)?;
        let began = Instant::now();
        // Its log tells the port as soon as there is one, so no time is lost with looking.
        let gateway = Server::gateway(&home)?;
        runtime.block_on(async {
            let mut connection = Connection::open(gateway.address).await?;
            while connection.ask(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n").await?.0 != 200 {}
            Outcome::Ok(())
        })?;
        starts.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(vec![Figure::new("start, until ready, 1,000 keys", "ms", starts).aiming(Aim::AtMost(200.0))])
}
