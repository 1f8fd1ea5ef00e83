//! Actions in policies.

use super::Fault;

/// What is wrong with an action.
pub(super) fn fault(action: &str) -> Option<Fault> {
    if action == "*" {
        return None;
    }
    let Some((vendor, name)) = action.split_once(':') else {
        return Some("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".into());
    };
    if name.contains(':') {
        return Some("Actions/Condition can contain only one colon.".into());
    }
    if !vendor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') {
        return Some(format!("Vendor {vendor} is not valid").into());
    }
    None
}
