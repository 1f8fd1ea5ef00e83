use super::{MINIMAL, config, minimal_with, parse_with};

#[test]
fn the_digest_is_that_of_the_values_and_not_of_the_text() {
    let digest = config(MINIMAL).digest;
    assert_eq!(digest.len(), 64);
    assert!(digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));

    let commented = format!("# a comment\n{}", minimal_with("[audit]", "\n\n[audit] # another"));
    assert_eq!(config(&commented).digest, digest);
    let (head, tail) = MINIMAL.split_once("[sigv4]").unwrap();
    assert_eq!(config(&format!("[sigv4]{tail}{head}")).digest, digest);
    assert_eq!(config(&minimal_with("\"alice\"", "'alice'")).digest, digest);
}

#[test]
fn the_digest_changes_with_each_effective_value() {
    let digest = config(MINIMAL).digest;
    assert_ne!(config(&minimal_with("\"alice\"", "\"alicf\"")).digest, digest);
    assert_ne!(config(&minimal_with("", "[tools]\nconfirmation_seconds = 60")).digest, digest);

    let overridden = parse_with(MINIMAL, &[("IAM_MCP_GATEWAY__TOOLS__CONFIRMATION_SECONDS", "60")]).unwrap().config;
    assert_eq!(overridden.digest, config(&minimal_with("", "[tools]\nconfirmation_seconds = 60")).digest);
    assert_eq!(parse_with(MINIMAL, &[("PATH", "/bin")]).unwrap().config.digest, digest);
}

#[test]
fn the_digest_is_sha_256_of_the_canonical_json() {
    use sha2::{Digest, Sha256};
    let json = r#"{"audit":{"directory":"/var/lib/audit"},"environment":[{"accounts":["123456789012"],"name":"dev"}],"gateway":{"name":"iam-mcp.example.internal"},"policy":{"without_documents":"allow"},"role_mapping":[{"access":"read-only","caller":"alice","environment":"dev","role_arn":"arn:aws:iam::{account}:role/agent"}],"sigv4":{"keyring":"keyring.toml"}}"#;
    assert_eq!(config(MINIMAL).digest, data_encoding::HEXLOWER.encode(&Sha256::digest(json)));
}
