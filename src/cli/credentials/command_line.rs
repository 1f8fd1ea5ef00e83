//! The command line that a profile runs: this program, with the options that were given.

use std::path::Path;

use super::Credentials;
use crate::cli::exchanging::absolute;
use crate::client::process_line::{Unwritable, quoted};

/// The command line, quoted.
pub(super) fn written(program: &Path, command: &Credentials) -> Result<String, Unwritable> {
    let words = words(program, command);
    let quoted: Result<Vec<String>, Unwritable> = words.iter().map(|word| quoted(word)).collect();
    Ok(quoted?.join(" "))
}

fn words(program: &Path, command: &Credentials) -> Vec<String> {
    let text = |path: &Path| path.display().to_string();
    let file = |path: &Option<std::path::PathBuf>| path.as_deref().map(|path| text(&absolute(path)));
    let options = &command.exchanging;
    let timeout = (command.timeout != 30).then(|| command.timeout.to_string());
    let given = [
        ("--url", Some(command.url.clone())),
        ("--profile", options.profile.clone()),
        ("--aws-config", file(&options.aws_config)),
        ("--proof", options.proof.map(|proof| proof.as_str().to_owned())),
        ("--web-identity-token-file", file(&options.web_identity_token_file)),
        ("--audience", options.audience.clone()),
        ("--sts-region", options.sts_region.as_ref().map(ToString::to_string)),
        ("--sts-endpoint", options.sts_endpoint.as_ref().map(ToString::to_string)),
        ("--cache-dir", file(&options.cache_dir)),
        ("--timeout", timeout),
    ];
    let mut words = vec![text(program), "credentials".to_owned()];
    for (name, value) in given {
        words.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
    }
    words.extend(options.no_cache.then(|| "--no-cache".to_owned()));
    words
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        command: Credentials,
    }

    fn line(program: &str, arguments: &[&str]) -> Result<String, Unwritable> {
        let arguments = ["x", "--url", "https://gateway.example/mcp"].iter().chain(arguments);
        written(Path::new(program), &Line::try_parse_from(arguments).unwrap().command)
    }

    #[test]
    fn everything_that_was_given_is_in_it_and_paths_begin_at_the_root() {
        assert_eq!(
            line("/bin/iam-mcp-gateway", &["--install", "p", "--yes"]).unwrap(),
            "/bin/iam-mcp-gateway credentials --url https://gateway.example/mcp"
        );
        let all = [
            ["--profile", "person"],
            ["--aws-config", "/home/my files/config"],
            ["--proof", "web-identity"],
            ["--audience", "iam-mcp.example.internal"],
            ["--sts-region", "eu-west-1"],
            ["--sts-endpoint", "http://127.0.0.1:4566"],
            ["--cache-dir", "/c"],
            ["--timeout", "12"],
        ];
        assert_eq!(
            line("/my tools/iam-mcp-gateway", all.as_flattened()).unwrap(),
            "\"/my tools/iam-mcp-gateway\" credentials --url https://gateway.example/mcp --profile person --aws-config \
             \"/home/my files/config\" --proof web-identity --audience iam-mcp.example.internal --sts-region eu-west-1 \
             --sts-endpoint http://127.0.0.1:4566 --cache-dir /c --timeout 12"
        );
        let relative = line("/x", &["--web-identity-token-file", "token", "--no-cache"]).unwrap();
        let token = std::path::absolute("token").unwrap();
        assert!(
            relative.ends_with(&format!(" --web-identity-token-file {} --no-cache", token.display())),
            "{relative}"
        );
    }
}
