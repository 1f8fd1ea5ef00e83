//! How agents and people are connected to a running demo: exact commands and configurations, to be pasted.

use std::path::Path;

use serde_json::json;

use crate::tools::text::visible;

use super::{Caller, OPERATOR, REGION, Running, SERVICE};

/// The version of mcp-proxy-for-aws that the tests run with.
pub const PROXY: &str = "mcp-proxy-for-aws==1.7.0";

/// One way to connect.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Way {
    /// What is connected.
    pub client: &'static str,
    /// What to do with the text.
    pub how: &'static str,
    /// A command, or a part of a configuration file.
    pub text: String,
}

/// The ways to connect to a running demo as `caller`; `binary` is this program.
#[must_use]
pub fn ways(running: &Running, caller: Caller, binary: &Path) -> Vec<Way> {
    let url = running.url();
    let credentials = running.credentials_file().display().to_string();
    let binary = shell_quoted(&binary.display().to_string());
    let profile = caller.name();
    let quoted = shell_quoted(&credentials);
    let config = shell_quoted(&running.aws_config_file().display().to_string());
    let proven = format!("AWS_CONFIG_FILE={config} AWS_PROFILE=gateway");
    let proxy = format!("uvx {PROXY} {url} --service {SERVICE} --region {REGION}");
    let variables =
        [("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()), ("AWS_PROFILE", profile), ("AWS_REGION", REGION)];
    let environment: serde_json::Map<String, serde_json::Value> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let server = json!({
        "command": "uvx",
        "args": [PROXY, url, "--service", SERVICE, "--region", REGION],
        "env": environment,
    });
    let claude = variables
        .iter()
        .map(|(name, value)| format!("--env {name}={}", shell_quoted(value)))
        .collect::<Vec<_>>()
        .join(" ");
    vec![
        Way {
            client: "This binary",
            how: "run",
            text: format!(
                "AWS_SHARED_CREDENTIALS_FILE={quoted} AWS_PROFILE={profile} {binary} call list_users --url {url}"
            ),
        },
        Way {
            client: "mcp-proxy-for-aws",
            how: "with uv, run",
            text: format!("AWS_SHARED_CREDENTIALS_FILE={quoted} AWS_PROFILE={profile} AWS_REGION={REGION} {proxy}"),
        },
        Way {
            client: "Claude Code",
            how: "with uv, run",
            text: format!("claude mcp add iam-demo {claude} -- {proxy}"),
        },
        Way {
            client: "Claude Desktop, Cursor, Windsurf",
            how: "put into the client's mcpServers",
            text: pretty(&json!({"mcpServers": {"iam-demo": server}})),
        },
        Way {
            client: "VS Code",
            how: "put into .vscode/mcp.json",
            text: pretty(&json!({"servers": {"iam-demo": server}})),
        },
        Way {
            client: "mcp-proxy-for-aws as demo-operator, who proves to be it",
            how: "with uv, run",
            text: format!("{proven} {proxy}"),
        },
        Way {
            client: "Clients that speak stdio alone, as demo-operator",
            how: "let them run",
            text: format!("{proven} {binary} connect --url {url}"),
        },
        Way { client: "Clients that do OAuth", how: "name the URL, they find the rest", text: url.to_owned() },
        Way {
            client: "AWS's own command line, past the gateway, on the sandbox itself",
            how: "run",
            text: format!(
                "AWS_SHARED_CREDENTIALS_FILE={} AWS_PROFILE={OPERATOR} AWS_DEFAULT_REGION={REGION} \
                 aws iam list-users --endpoint-url {}",
                shell_quoted(&running.sandbox_credentials_file().display().to_string()),
                running.sandbox_url(),
            ),
        },
    ]
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).expect("a JSON value serializes")
}

/// The text as one word of a POSIX shell.
fn shell_quoted(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./@:=+,%".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    // What a terminal would obey, or a reader not see, is spelled out: bash, zsh and POSIX 2024 read it so.
    if visible(text) != text {
        let spelt = text.bytes().map(|b| match b {
            b if plain(b) => char::from(b).to_string(),
            b => format!("\\x{b:02x}"),
        });
        return format!("$'{}'", spelt.collect::<String>());
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_blanks_and_quotes_is_one_word() {
        assert_eq!(shell_quoted("/home/a/demo"), "/home/a/demo");
        assert_eq!(shell_quoted("/home/it's mine"), r"'/home/it'\''s mine'");
        assert_eq!(shell_quoted(""), "''");
        assert_eq!(shell_quoted("a\u{1b}'b"), r"$'a\x1b\x27b'");
    }
}
