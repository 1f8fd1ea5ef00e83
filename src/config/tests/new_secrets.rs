use super::{MINIMAL, config, faults, parse};
use crate::config::NewSecrets;

fn with(text: &str) -> String {
    format!("{MINIMAL}\n{text}")
}

#[test]
fn new_secrets_are_stored_where_it_says() {
    let stored = with("[tools]\nnew_secrets = \"secrets_manager\"\nsecrets_manager = { region = \"eu-central-1\" }\n");
    let NewSecrets::SecretsManager(store) = config(&stored).tools.new_secrets else { unreachable!("they are stored") };
    assert_eq!((store.region.as_str(), store.name_prefix.as_str()), ("eu-central-1", "iam-mcp/"));
    assert!(store.kms_key.is_none());
    assert_eq!(config(&with("[tools]\nnew_secrets = \"reveal\"\n")).tools.new_secrets, NewSecrets::Reveal);
    // Said, and not in use.
    let idle = config(&with("[tools.secrets_manager]\nregion = \"eu-central-1\"\n"));
    assert_eq!(idle.tools.new_secrets, NewSecrets::Refuse);
}

#[test]
fn what_cannot_store_them_is_a_fault() {
    let store = |more: &str| {
        format!(
            "[tools]\nnew_secrets = \"secrets_manager\"\n[tools.secrets_manager]\nregion = \"eu-central-1\"\n{more}\n"
        )
    };
    let key = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    for (text, expected) in [
        ("[tools]\nnew_secrets = \"secrets_manager\"\n".to_owned(), "nothing says in which region"),
        ("[tools]\nnew_secrets = \"secretsmanager\"\n".to_owned(), "is not a possible value"),
        (store("name_prefix = \"\""), "is not what a secret's name can begin with"),
        (store("name_prefix = \"a b\""), "is not what a secret's name can begin with"),
        (store("name_prefix = \"arn:*\""), "is not what a secret's name can begin with"),
        (store(&format!("kms_key = \"{key}\"")), "is in eu-west-1, and the secrets are not"),
        (store("").replace("eu-central-1", "cn-north-1"), "is in partition aws-cn, and an environment is in aws"),
        (
            store("[aws]\nsts_endpoint = \"http://127.0.0.1:1\"\niam_endpoint = \"http://127.0.0.1:1\""),
            "the keys of an IAM that is not AWS's are not stored at AWS",
        ),
    ] {
        let text = with(&text);
        let found = parse(&text).expect_err(expected);
        let shown = faults(&text);
        assert!(found.faults.len() == 1 && shown.contains(expected), "{expected}: {shown}");
    }
}
