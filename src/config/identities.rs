//! `[identities]`: from how sure on an identity is taken for a machine.

use super::section::Section;
use super::sink::Problem;
use crate::posture::classify::{Confidence, Thresholds};

pub(super) fn read(section: &Section<'_>) -> Thresholds {
    let usual = Thresholds::default();
    let why = "what signals make together is 0 to 100 percent sure";
    let percent = |key, usual: Confidence| {
        let percent = section.integer::<u16>(key, 1..=100, usual.as_percent().into(), why);
        Confidence::percent(u8::try_from(percent).unwrap_or(u8::MAX))
    };
    let read = Thresholds { nhi: percent("nhi_percent", usual.nhi), human: percent("human_percent", usual.human) };
    if read.human > read.nhi {
        let text = format!("is above nhi_percent, which is {}", read.nhi.as_percent());
        let remedy = "what is below human_percent is a person's: it cannot be a machine's as well";
        section.fault_at("human_percent", Problem::conflict(text).remedy(remedy));
    }
    read
}
