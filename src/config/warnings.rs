//! Variables that other programs obey and the gateway does not.

use super::process::Environment;
use super::sink::Sink;

const PROXIES: [&str; 3] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/// Says what tokens that several processes open mean for calls that are confirmed: no state is shared yet.
pub(super) fn of_shared_tokens(sink: &Sink) {
    sink.warn(
        "sealing.keys",
        "a confirmation or approval can be used once at each replica that has these keys, and a plan that was rejected at one \
         of them be done at another: let one replica alone write, or leave the keys out, and keep tools.approval_seconds \
         short",
    );
}

/// Says of each endpoint and proxy variable that is set that it leads nowhere: whoever can set a variable must not be able
/// to lead signed requests and credentials elsewhere. The SDK's search for the gateway's own credentials does read the
/// endpoint variables, and fails where they name something other than STS.
pub(super) fn of_environment(environment: &dyn Environment, sink: &Sink) {
    for (name, _) in environment.all().into_iter().filter(|(_, value)| !value.is_empty()) {
        if name.starts_with("AWS_ENDPOINT_URL") {
            sink.warn(
                name,
                "is set and not obeyed, and fetching the gateway's own credentials through STS fails unless it names AWS's; unset it \
                 (endpoints on this machine are set with [aws] sts_endpoint, iam_endpoint)",
            );
        } else if PROXIES.iter().any(|proxy| proxy.eq_ignore_ascii_case(&name)) {
            sink.warn(name, "is set and not obeyed; the gateway connects to AWS directly");
        }
    }
}
