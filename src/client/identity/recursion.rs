//! Profiles whose credentials come from the `credentials` command itself.

use aws_config::profile::ProfileSet;

use crate::client::keys::NoKeys;
use crate::tools::text::visible;

/// The command's own name, as it stands in a `credential_process`.
const PROGRAM: &str = env!("CARGO_PKG_NAME");
const COMMAND: &str = "credentials";

/// Refuses a profile that leads to this command, by itself or through the profiles that it assumes its role with.
pub(super) fn check(profiles: &ProfileSet, name: &str) -> Result<(), NoKeys> {
    let mut seen = vec![name];
    while let Some(profile) = seen.last().and_then(|name| profiles.get_profile(name)) {
        if profile.get("credential_process").is_some_and(runs_this) {
            let shown = visible(profile.name()).into_owned();
            return Err(NoKeys {
                message: format!(
                    "the profile {shown} has its credentials from `{PROGRAM} {COMMAND}`, so it cannot be the identity that they \
                     are exchanged for"
                ),
                hint: Some("name the profile of your AWS identity with --profile".to_owned()),
            });
        }
        match profile.get("source_profile") {
            Some(source) if !seen.contains(&source) => seen.push(source),
            _ => break,
        }
    }
    Ok(())
}

/// Whether a `credential_process` is this command.
pub(crate) fn runs_this(process: &str) -> bool {
    let words = words(process);
    // A shell may stand before it: what counts is that the program is named with its command behind.
    words.windows(2).any(|pair| {
        let program = pair[0].rsplit('/').next().unwrap_or_default();
        program == PROGRAM && pair[1] == COMMAND
    })
}

/// The words of a command line, as a shell splits them where there is nothing but blanks, quotes and backslashes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, quote) {
            (_, Some(open)) if character == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(characters.next()),
            (blank, None) if blank.is_whitespace() => words.extend(word.take()),
            (other, _) => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_command_is_known_however_it_is_written() {
        for process in [
            "iam-mcp-gateway credentials --url https://gateway.example/mcp",
            "/usr/local/bin/iam-mcp-gateway  credentials",
            "\"/opt/my tools/iam-mcp-gateway\" credentials --url u",
            "'/opt/it'\\''s/iam-mcp-gateway' 'credentials'",
            "/opt/my\\ tools/iam-mcp-gateway\tcredentials",
            "env A=b /usr/bin/iam-mcp-gateway credentials",
        ] {
            assert!(runs_this(process), "{process}");
        }
        for process in [
            "",
            "iam-mcp-gateway",
            "aws-vault exec person",
            "iam-mcp-gateway keyring list",
            "/iam-mcp-gateway/tool credentials",
            "'iam-mcp-gateway credentials'",
        ] {
            assert!(!runs_this(process), "{process}");
        }
    }
}
