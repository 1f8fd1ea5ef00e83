//! What is told of a panic: where it was, and its words only if they were written down in the code. Words that were put
//! together while running can hold whatever a client sent.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{PanicHookInfo, set_hook};

/// Says in the log where each panic was, in place of the standard library's own words on standard error, which repeat
/// what was said. `RUST_BACKTRACE` has its usual meaning.
pub fn log_places() {
    set_hook(Box::new(log));
}

fn log(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(place, backtrace, "a mistake of the gateway: {}", literal(panic.payload()));
}

/// What was said, if it is a part of the code.
#[must_use]
pub fn literal(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("(what was said was put together, and is not told)")
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::literal;

    #[test]
    fn only_words_of_the_code_are_told() {
        let value = String::from("hunter2");
        let put_together = catch_unwind(|| panic!("the value {value}")).unwrap_err();
        assert!(!literal(&*put_together).contains("hunter2"));
        let written = catch_unwind(|| panic!("written in the code")).unwrap_err();
        assert_eq!(literal(&*written), "written in the code");
    }
}
