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
        runtime.block_on(ready(&gateway))?;
        starts.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let mut demos = Vec::new();
    for _ in 0..STARTS.min(effort.rounds * 2) {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let began = Instant::now();
        let demo = Server::demo(folder.path())?;
        runtime.block_on(ready(&demo))?;
        demos.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(vec![
        Figure::new("start, until ready, 1,000 keys", "ms", starts).aiming(Aim::AtMost(200.0)),
        Figure::new("start of the demo, until ready", "ms", demos).aiming(Aim::AtMost(300.0)),
    ])
}

async fn ready(server: &Server) -> Outcome<()> {
    let mut connection = Connection::open(server.address).await?;
    while connection.ask(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n").await?.0 != 200 {}
    Ok(())
}
