//! `scan_iam_identities` and `list_nhi_identities`: all identities, or those that are machines, a page at a time.

use serde_json::{Map, Value, json};

use super::fetch::{self, Fetched};
use super::permissions::permissions_of;
use super::shown::{Listed, Told, report};
use super::{AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, REGION};
use crate::config::Toolset;
use crate::iam::reads::GET_ACCOUNT_AUTHORIZATION_DETAILS;
use crate::iam::{DeclaredCall, Reader};
use crate::posture::standing::Standings;
use crate::tools::apart::apart;
use crate::tools::pages::{MARKER_OF_PAGE, MAX_ITEMS};
use crate::tools::parameter::{Kept, Kind, Parameter};
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work, place};

/// `scan_iam_identities`
pub const SCAN: Tool = Tool { spec: &SCAN_SPEC, work: Work::Read(&Scan { only_nhi: false }) };

/// `list_nhi_identities`
pub const NHI: Tool = Tool { spec: &NHI_SPEC, work: Work::Read(&Scan { only_nhi: true }) };

const INCLUDE_PERMISSIONS: Parameter = Parameter {
    name: "include_permissions",
    description: "also what each holds",
    kind: Kind::Boolean,
    required: false,
    kept: Kept::AsGiven,
};

const MIN_CONFIDENCE: Parameter = Parameter {
    name: "min_confidence",
    description: "default 0.5",
    kind: Kind::Fraction,
    required: false,
    kept: Kept::AsGiven,
};

static SCAN_SPEC: Spec = Spec {
    name: "scan_iam_identities",
    title: "Scan the account's identities",
    description: "Lists all users and roles: machine or person, how sure, by which signals; what each role is for.",
    own_parameters: &[
        INCLUDE_PERMISSIONS,
        MAX_ITEMS,
        MARKER_OF_PAGE,
        AWS_ACCESS_KEY_ID,
        AWS_SECRET_ACCESS_KEY,
        AWS_SESSION_TOKEN,
        REGION,
    ],
    ..SPEC
};

static NHI_SPEC: Spec = Spec {
    name: "list_nhi_identities",
    title: "List non-human identities",
    description: "Lists users and roles that are machines, with signals; what each role is for, dangers in whom it trusts.",
    own_parameters: &[
        MIN_CONFIDENCE,
        MAX_ITEMS,
        MARKER_OF_PAGE,
        AWS_ACCESS_KEY_ID,
        AWS_SECRET_ACCESS_KEY,
        AWS_SESSION_TOKEN,
        REGION,
    ],
    ..SPEC
};

const SPEC: Spec = Spec {
    toolset: Toolset::Identities,
    scans: true,
    output: || {
        json!({
            "Identities": {"type": "array"}, "Total": {"type": "integer"}, "IsTruncated": {"type": "boolean"},
            "Marker": {"type": "string", "absent": true},
        })
    },
    reads: fetch::ACTIONS_WITH_REPORT,
    always: &[GET_ACCOUNT_AUTHORIZATION_DETAILS],
    ..Spec::READING
};

struct Scan {
    only_nhi: bool,
}

impl ReadTool for Scan {
    fn declare(&self, call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        place::after(call)?;
        Ok(fetch::declared(true))
    }

    fn answer<'a>(&'a self, call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let fetched = fetch::fetch(reader, true).await?;
            let (call, only_nhi) = (call.clone(), self.only_nhi);
            apart(move || page(&call, &fetched, only_nhi)).await?
        })
    }
}

/// The page that a call asks for. What is said of an identity is looked at only where it decides or is told.
fn page(call: &Call, fetched: &Fetched, only_nhi: bool) -> Result<Value, ToolError> {
    let Fetched { snapshot, no_report } = fetched;
    let thresholds = &call.facts.thresholds;
    let least = call.arguments.fraction(MIN_CONFIDENCE.name).unwrap_or(thresholds.nhi.as_f64());
    let told = |listed| Told::of(listed, &snapshot.account, thresholds);
    let listed = Listed::all(snapshot).filter(|listed| !only_nhi || told(*listed).confidence().as_f64() >= least);
    let with_permissions = call.arguments.is_set(INCLUDE_PERMISSIONS.name);
    let mut standings = Standings::of(snapshot);
    let mut page = place::page(call, "Identities", listed.map(|listed| (listed.place(), listed)), |listed| {
        let mut shown: Map<String, Value> = told(*listed).shown();
        if with_permissions {
            shown.insert("Permissions".to_owned(), permissions_of(&mut standings, listed));
        }
        Value::Object(shown)
    })?;
    page["Account"] = json!({"Users": snapshot.users.len(), "Roles": snapshot.roles.len()});
    page["CredentialReport"] = report(no_report.as_ref());
    Ok(page)
}
