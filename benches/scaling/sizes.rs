//! The three sizes.

use crate::inputs::Inputs;
use crate::mend::{Outcome, mend, try_out};
use crate::simulate::Deployment;

/// How many callers there are, and how long is simulated: the fewer they are, the longer it takes until the rare things have
/// happened. Seconds, before anything counts and then.
const SIZES: [(usize, f64, f64); 3] = [(10, 1200.0, 100_000.0), (1_000, 1200.0, 3_600.0), (100_000, 60.0, 180.0)];

/// A size as it is installed, and mended if it has to be.
#[derive(Debug)]
pub(crate) struct Size {
    pub(crate) callers: usize,
    pub(crate) installed: Outcome,
    pub(crate) mended: Option<Outcome>,
}

/// A deployment with all defaults: two replicas of two processors behind an Application Load Balancer.
pub(crate) fn installed(callers: usize, warm_up: f64, lasting: f64) -> Deployment {
    Deployment {
        callers,
        replicas: 2,
        processors: 2,
        kept: false,
        cold: false,
        warm_up,
        lasting,
        inputs: Inputs::STANDARD,
    }
}

/// The largest size right after all of its replicas were started at once, while callers are at work.
pub(crate) fn started(sizes: &[Size]) -> Option<Outcome> {
    let size = sizes.iter().max_by_key(|size| size.callers)?;
    let deployment = size.mended.as_ref().unwrap_or(&size.installed).deployment.clone();
    Some(try_out(Deployment { cold: true, warm_up: 0.0, lasting: 120.0, ..deployment }))
}

/// All sizes up to this one.
pub(crate) fn sizes(largest: usize) -> Vec<Size> {
    let wanted = SIZES.into_iter().filter(|(callers, ..)| *callers <= largest);
    let size = |(callers, warm_up, lasting)| {
        let installed = try_out(installed(callers, warm_up, lasting));
        Size { callers, mended: mend(&installed), installed }
    };
    wanted.map(size).collect()
}
