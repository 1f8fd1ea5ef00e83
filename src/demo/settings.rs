//! The configuration that a demo writes and runs with: small, commented, a place to start from.

use std::net::SocketAddr;

use super::{Caller, GATEWAY_NAME, GATEWAY_ROLE, OPERATOR};
use crate::arn::AccountId;

/// How a demo knows its own configuration again.
pub(super) const FIRST_LINE: &str =
    "# The configuration of `iam-mcp-gateway demo`, written anew at each of its starts.";

/// Where everything is.
#[derive(Debug)]
pub(super) struct Places<'a> {
    pub(super) listen: SocketAddr,
    pub(super) account: AccountId,
    /// The sandbox's URL.
    pub(super) sandbox: &'a str,
    pub(super) web_identity_issuer: &'a str,
    pub(super) oidc_issuer: &'a str,
}

/// The text of `gateway.toml`.
pub(super) fn text(places: &Places<'_>) -> String {
    let Places { listen, account, sandbox, web_identity_issuer, oidc_issuer } = places;
    let mapping = |caller: Caller, access: &str, comment: &str| {
        format!(
            "# {comment}\n[[role_mapping]]\nenvironment = \"demo\"\ncaller = \"{}\"\nrole_arn = \"arn:aws:iam::{{account}}:role/{}\"\n\
             access = \"{access}\"\n",
            caller.name(),
            caller.role(),
        )
    };
    let admin = mapping(
        Caller::Admin,
        "read-write",
        "Who may come, and as which role of the account. Who matches no mapping is refused.",
    );
    let auditor =
        mapping(Caller::Auditor, "read-only", "A caller who only reads does not even see the tools that write.");
    let (auditing, administering) = (Caller::Auditor.role(), Caller::Admin.role());
    format!(
        r#"{FIRST_LINE}
# To start from it: copy it elsewhere, put your account, roles and name in, take out [aws], [log] and metrics_address,
# make the first key with `iam-mcp-gateway keyring add --config gateway.toml --caller admin --environment demo`, and ask
# `iam-mcp-gateway config check --config gateway.toml` what it thinks. docs/configuration.md has every key.

[gateway]
# What AWS sees as the session tag CalledViaAWSMCP, and what every audit record names.
name = "{GATEWAY_NAME}"
# The kill switch. Set it to true while the demo runs: from the next second on, every write is refused.
read_only = false

[listen]
address = "{listen}"
metrics_address = "off"

[limits]
# No load balancer has to be told that the demo ends. Take this out behind one.
shutdown_announce_seconds = 0

[[environment]]
name = "demo"
accounts = ["{account}"]

{admin}
{auditor}
[policy]
# The guardrails, in IAM's own policy language; a changed file is taken from the next second on.
documents = ["guardrails.json"]

[sigv4]
# The keys that clients sign with; what `keyring add` adds is taken at once.
keyring = "keyring.json"

# From here to [audit]: callers without a key of the gateway's, who prove who they are.
[sealing]
# What the tokens of gateway credentials are sealed with; every replica would need it, but there is one.
single_replica = true

[[sealing.keys]]
id = "demo"
file = "sealing.key"
state = "seal"

[exchange.caller_identity]
# Principals of these accounts may prove themselves by a signed GetCallerIdentity, which STS checks.
accounts = ["{account}"]

[[exchange.web_identity]]
# Tokens of sts:GetWebIdentityToken are believed of this account, by the keys that its issuer publishes.
account = "{account}"
issuer = "{web_identity_issuer}"

[[issuer]]
# OIDC tokens of people: exchanged for gateway credentials, or sent with each request by clients that do OAuth.
name = "sandbox"
url = "{oidc_issuer}"
uses = ["exchange", "bearer"]
caller = "{{email}}"
person = "{{email}}"
conditions = {{ email_verified = true }}

[bearer]
# What access tokens must be made for: this, with the path /mcp behind.
url = "http://{listen}"

# GetCallerIdentity says nothing of the session's end, so its credentials are short and read; botocore asks for new ones
# from fifteen minutes before their end on.
[[role_mapping]]
environment = "demo"
caller = {{ kind = "caller-identity", account = "{account}", pattern = "user/{OPERATOR}" }}
role_arn = "arn:aws:iam::{{account}}:role/{auditing}"
access = "read-only"
credential_seconds = 1800

# The same user by the stronger proof, which its policies must allow, may write.
[[role_mapping]]
environment = "demo"
caller = {{ kind = "web-identity", account = "{account}", pattern = "user/{OPERATOR}" }}
role_arn = "arn:aws:iam::{{account}}:role/{administering}"
access = "read-write"

# Everybody for whom the issuer vouches may read.
[[role_mapping]]
environment = "demo"
caller = {{ kind = "oidc", issuer = "sandbox", pattern = "*" }}
role_arn = "arn:aws:iam::{{account}}:role/{auditing}"
access = "read-only"

[audit]
# `iam-mcp-gateway audit verify` says whether it is whole, and up to where it is signed.
directory = "audit"
signing_key = "audit-signing.key"
# Records of reads wait so long for company before they are signed and on the disk.
delay_milliseconds = 50

[protect]
# The role that the gateway itself runs with: no tool changes it, nor the roles named above.
gateway_role_arn = "arn:aws:iam::{account}:role/{GATEWAY_ROLE}"

[aws]
# The sandbox that the demo runs, in the place of AWS. Without these three lines the gateway calls AWS.
sts_endpoint = "{sandbox}"
iam_endpoint = "{sandbox}"
cloudtrail_endpoint = "{sandbox}"

[log]
level = "warn"
"#
    )
}

/// The text of `guardrails.json`: what agents may do through this gateway, before AWS is asked what their roles may.
pub(super) const GUARDRAILS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "AgentsManageIam",
      "Effect": "Allow",
      "Action": ["iam:*", "cloudtrail:LookupEvents"],
      "Resource": "*"
    },
    {
      "Sid": "AgentsBreakNoGlass",
      "Effect": "Deny",
      "Action": ["iam:CreateUser", "iam:CreateRole", "iam:UpdateUser"],
      "Resource": ["arn:aws:iam::*:user/break-glass/*", "arn:aws:iam::*:role/break-glass/*"],
      "Condition": { "Bool": { "aws:ViaAWSMCPService": "true" } }
    }
  ]
}
"#;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::policy::{Document, PolicyKind};

    #[test]
    fn the_configuration_is_good_and_warns_of_nothing() {
        let text = text(&Places {
            listen: "127.0.0.1:8426".parse().unwrap(),
            account: "123456789012".parse().unwrap(),
            sandbox: "http://127.0.0.1:4100",
            web_identity_issuer: "http://127.0.0.1:4100/tokens/0b6e3f10-5b3c-4c8e-9a56-1f6b7c8d9e0f",
            oidc_issuer: "http://127.0.0.1:4100/oidc",
        });
        assert!(text.starts_with(FIRST_LINE));
        let nothing: BTreeMap<String, String> = BTreeMap::new();
        let loaded = Config::parse(&text, Path::new("/demo/gateway.toml"), &nothing)
            .unwrap_or_else(|faults| panic!("{faults}\n{text}"));
        assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    }

    #[test]
    fn the_guardrails_are_good_and_ask_for_nothing_in_vain() {
        let document = Document::parse(PolicyKind::Endpoint, GUARDRAILS).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(crate::context::warnings::of_document(&document, None), Vec::<String>::new());
    }
}
