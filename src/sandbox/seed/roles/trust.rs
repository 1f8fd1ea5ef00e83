//! Trust policies that many roles share. Those of one role only are files in `policies/trust/`.

/// Trusts an AWS service.
pub(super) fn service(principal: &str) -> String {
    assume_role("Service", principal)
}

/// Trusts a principal by its ARN, without any condition.
pub(super) fn principal(arn: &str) -> String {
    assume_role("AWS", arn)
}

fn assume_role(kind: &str, principal: &str) -> String {
    format!(
        r#"{{
  "Version": "2012-10-17",
  "Statement": [
    {{
      "Effect": "Allow",
      "Principal": {{"{kind}": "{principal}"}},
      "Action": "sts:AssumeRole"
    }}
  ]
}}"#
    )
}
