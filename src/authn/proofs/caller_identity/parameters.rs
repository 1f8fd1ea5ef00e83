//! What a proof asks STS for.

use super::reasons::{self, Reason};

const ACTION: &str = "GetCallerIdentity";
const VERSION: &str = "2011-06-15";

/// The bodies there are: the signature covers the order. One of these is forwarded, never a client's own text.
const BODIES: [&str; 2] =
    ["Action=GetCallerIdentity&Version=2011-06-15", "Version=2011-06-15&Action=GetCallerIdentity"];

/// The body to forward.
///
/// Names are compared in lower case first: a server that overlooks letter case may take the last of `Action` and `action`
/// where the first was checked.
pub(super) fn checked(body: &str) -> Result<&'static str, Reason> {
    let (mut action, mut version) = (None, None);
    let mut other_case = false;
    for pair in body.split('&') {
        let (name, value) = pair.split_once('=').ok_or(reasons::BODY)?;
        // Escapes would be a second spelling of everything.
        if !pair.bytes().all(|b| b.is_ascii_graphic() && b != b'%' && b != b'+') || value.contains('=') {
            return Err(reasons::BODY);
        }
        let (slot, spelled) = match name.to_ascii_lowercase().as_str() {
            "action" => (&mut action, "Action"),
            "version" => (&mut version, "Version"),
            _ => return Err(reasons::PARAMETER_UNKNOWN),
        };
        other_case |= name != spelled;
        if slot.replace(value).is_some() {
            return Err(reasons::PARAMETER_REPEATED);
        }
    }
    if other_case {
        return Err(reasons::PARAMETER_CASE);
    }
    let (Some(action), Some(version)) = (action, version) else { return Err(reasons::PARAMETER_MISSING) };
    if action != ACTION {
        return Err(reasons::ACTION);
    }
    if version != VERSION {
        return Err(reasons::VERSION);
    }
    BODIES.into_iter().find(|known| *known == body).ok_or(reasons::BODY)
}
