//! `get_credential_report`

use serde_json::{Map, Value, json};

use crate::config::Toolset;
use crate::iam::{DeclaredCall, Reader, shape};
use crate::posture::snapshot::{Cell, ReportRow};
use crate::tools::pages::page;
use crate::tools::{Call, ReadTool, Spec, Tool, ToolError, ToolFuture, Work, credential_report};

/// `get_credential_report`
pub const TOOL: Tool = Tool { spec: &SPEC, work: Work::Read(&GetCredentialReport) };

static SPEC: Spec = Spec {
    name: "get_credential_report",
    title: "Get the credential report",
    description: "Shows the credential report, up to four hours old: of each user and root the password, MFA, keys and \
                  certificates, with age and last use.",
    toolset: Toolset::Governance,
    output: || {
        json!({
            "GeneratedTime": {"type": "string"}, "Report": {"type": "array"},
            "IsTruncated": {"type": "boolean"}, "Count": {"type": "integer"},
        })
    },
    reads: &credential_report::ACTIONS,
    always: &credential_report::ACTIONS,
    ..Spec::READING
};

struct GetCredentialReport;

impl ReadTool for GetCredentialReport {
    fn declare(&self, _call: &Call) -> Result<Vec<DeclaredCall>, ToolError> {
        Ok(credential_report::declared())
    }

    fn answer<'a>(&'a self, _call: &'a Call, reader: &'a Reader) -> ToolFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let report = credential_report::fetch(reader).await?;
            let mut answer = page("Report", report.rows.iter().map(shown).collect(), None);
            answer["GeneratedTime"] = report.generated.as_ref().map_or(Value::Null, shape::time);
            Ok(answer)
        })
    }
}

/// What there are two of at most, and that may not be there at all.
const PARTS: [&str; 4] = ["access_key_1_", "access_key_2_", "cert_1_", "cert_2_"];

/// A row under AWS's names. What a key or certificate that is not there, or a password that is not set, has to tell is left
/// out; of what is there, what AWS does not tell is `null`.
fn shown(row: &ReportRow) -> Value {
    let cell = |column: &str| row.cells.iter().find(|(name, _)| **name == *column).map(|(_, cell)| cell);
    let is_there = |part: &str| {
        let is = |column: &str| cell(&format!("{part}{column}"));
        is("active") == Some(&Cell::Flag(true)) || is("last_rotated").is_some_and(|cell| *cell != Cell::Nothing)
    };
    let has_password = cell("password_enabled") != Some(&Cell::Flag(false));
    let says_something = |column: &str, cell: &Cell| match PARTS.iter().find(|part| column.starts_with(**part)) {
        Some(part) => is_there(part),
        None => *cell != Cell::Nothing || (has_password && column.starts_with("password_")),
    };
    let told = row.cells.iter().filter(|(column, cell)| says_something(column, cell));
    Value::Object(told.map(|(column, cell)| (column.to_string(), value(cell))).collect::<Map<_, _>>())
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Nothing => Value::Null,
        Cell::Flag(flag) => (*flag).into(),
        Cell::Number(number) => (*number).into(),
        Cell::Time(time) => time.to_string().into(),
        Cell::Text(text) => (**text).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::snapshot::report;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
        password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
        cert_1_last_rotated,cert_2_active,cert_2_last_rotated,additional_credentials_info";

    fn row(line: &str) -> Value {
        shown(&report(&format!("{HEADER}\n{line}")).unwrap()[0])
    }

    #[test]
    fn a_row_is_typed_and_says_no_more_than_there_is() {
        let row = row(
            "deploy,arn:aws:iam::123456789012:user/ci/deploy,2024-02-01T10:00:00+00:00,false,N/A,N/A,N/A,false,true,\
            2024-02-02T10:00:00+00:00,N/A,N/A,N/A,false,2023-01-01T00:00:00+00:00,2026-02-27T08:30:00+00:00,eu-west-1,s3,\
            false,N/A,false,N/A,3",
        );
        let expected = json!({
            "user": "deploy", "arn": "arn:aws:iam::123456789012:user/ci/deploy",
            "user_creation_time": "2024-02-01T10:00:00Z", "password_enabled": false, "mfa_active": false,
            "access_key_1_active": true, "access_key_1_last_rotated": "2024-02-02T10:00:00Z",
            "access_key_1_last_used_date": null, "access_key_1_last_used_region": null,
            "access_key_1_last_used_service": null,
            "access_key_2_active": false, "access_key_2_last_rotated": "2023-01-01T00:00:00Z",
            "access_key_2_last_used_date": "2026-02-27T08:30:00Z", "access_key_2_last_used_region": "eu-west-1",
            "access_key_2_last_used_service": "s3", "additional_credentials_info": 3,
        });
        assert_eq!(row, expected);
    }

    #[test]
    fn what_aws_does_not_tell_of_what_is_there_is_null_and_no_word() {
        let row = row(
            "<root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00+00:00,not_supported,no_information,\
            not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A,N/A",
        );
        let expected = json!({
            "user": "<root_account>", "arn": "arn:aws:iam::123456789012:root",
            "user_creation_time": "2020-01-01T00:00:00Z", "password_enabled": null, "password_last_used": null,
            "password_last_changed": null, "password_next_rotation": null, "mfa_active": true,
        });
        assert_eq!(row, expected);
    }
}
