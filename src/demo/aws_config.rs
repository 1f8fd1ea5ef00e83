//! The AWS config file of a demo: a person with ordinary credentials, and the same person's way to gateway credentials.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>,
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>.

use std::path::{Path, PathBuf};

use aws_credential_types::Credentials;
use zeroize::Zeroizing;

use super::folder::CREDENTIALS_CACHE;
use super::{GATEWAY_NAME, REGION};
use crate::client::process_line::quoted;
use crate::tools::text::visible;

/// A path that the file cannot name.
#[derive(Debug, thiserror::Error)]
#[error(
    "the path {} has characters that no command of an AWS config file can have; name another folder with --dir, or put \
     this program elsewhere",
    visible(&.0.display().to_string())
)]
pub struct Unwritable(PathBuf);

/// The text of `aws-config`. The profile `person` has the credentials, of a user of the sandbox's account, and the
/// sandbox in the place of AWS; the profile `gateway` has the command that proves to the gateway who that is.
///
/// # Errors
/// A path that no command can name.
pub(super) fn text(
    person: &Credentials,
    binary: &Path,
    folder: &Path,
    url: &str,
    sandbox: &str,
) -> Result<Zeroizing<String>, Unwritable> {
    let (id, secret) = (person.access_key_id(), person.secret_access_key());
    let (program, config, cache) =
        (word(binary)?, word(&folder.join("aws-config"))?, word(&folder.join(CREDENTIALS_CACHE))?);
    Ok(Zeroizing::new(format!(
        "# Written by `iam-mcp-gateway demo`: who has ordinary AWS credentials (here, of the sandbox) ...\n\
         [profile person]\n\
         region = {REGION}\n\
         endpoint_url = {sandbox}\n\
         aws_access_key_id = {id}\n\
         aws_secret_access_key = {secret}\n\
         \n\
         # ... gets gateway credentials by proving it, whenever a client asks for this profile.\n\
         [profile gateway]\n\
         region = {REGION}\n\
         credential_process = {program} credentials --url {url} --profile person --aws-config {config} \
         --sts-endpoint {sandbox} --audience {GATEWAY_NAME} --cache-dir {cache}\n"
    )))
}

/// A path as one word of the command.
fn word(path: &Path) -> Result<String, Unwritable> {
    let text = path.to_str().and_then(|text| quoted(text).ok());
    text.ok_or_else(|| Unwritable(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(binary: &str, folder: &str) -> Result<String, Unwritable> {
        let person = Credentials::new("AKIAPERSON", "made-up", None, None, "test");
        let text = text(&person, Path::new(binary), Path::new(folder), "http://127.0.0.1:1/mcp", "http://127.0.0.1:2")?;
        Ok(text.to_string())
    }

    #[test]
    fn the_gateway_s_profile_runs_this_program_with_the_person_s_profile() {
        let text = written("/opt/my tools/iam-mcp-gateway", "/home/it's/a demo").unwrap();
        let (person, gateway) = text.split_once("[profile gateway]").unwrap();
        assert!(person.contains("[profile person]\nregion = us-east-1\nendpoint_url = http://127.0.0.1:2\n"), "{text}");
        assert!(person.contains("aws_access_key_id = AKIAPERSON\naws_secret_access_key = made-up\n"), "{text}");
        assert!(
            gateway.ends_with(
                "\ncredential_process = \"/opt/my tools/iam-mcp-gateway\" credentials --url http://127.0.0.1:1/mcp \
                 --profile person --aws-config \"/home/it's/a demo/aws-config\" --sts-endpoint http://127.0.0.1:2 \
                 --audience iam-mcp.demo --cache-dir \"/home/it's/a demo/credentials-cache\"\n"
            ),
            "{text}"
        );
        assert!(!gateway.contains("made-up"), "{text}");
    }

    #[test]
    fn a_path_that_would_be_more_than_a_word_is_refused() {
        for path in ["/a\n[profile person]", "/a\rb", "/a #b", "/a ;b", "/a\u{1b}[0m"] {
            let refused = written("/bin/x", path).unwrap_err();
            assert!(!refused.to_string().contains(['\n', '\u{1b}']), "{refused}");
            assert!(written(path, "/demo").is_err(), "{path:?}");
        }
    }
}
