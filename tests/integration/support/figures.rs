//! Figures out of the metrics.

/// A figure, named without the prefix that all have, once it is there.
pub(crate) fn figure(metrics: &str, name: &str) -> Option<u64> {
    let line =
        metrics.lines().find_map(|line| line.strip_prefix("iam_mcp_gateway_")?.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|rest| rest.trim().parse().ok())
}
