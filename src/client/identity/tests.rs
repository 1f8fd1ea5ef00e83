use std::collections::BTreeMap;
use std::fs;

use aws_credential_types::provider::ProvideCredentials;

use super::*;

const CONFIG: &str = "\
[default]
region = eu-central-1

[profile person]
aws_access_key_id = AKIAPERSON
aws_secret_access_key = the-secret
region = eu-west-1

[profile odd]
region = not a region

[profile gateway]
credential_process = \"/opt/my tools/iam-mcp-gateway\" credentials --url https://gateway.example/mcp

[profile role]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = gateway

[profile loop]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = loop2

[profile loop2]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = loop
";

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".aws")).unwrap();
        fs::write(home.path().join(".aws/config"), CONFIG).unwrap();
        fs::write(home.path().join("other"), "[profile person]\nregion = us-gov-west-1\n").unwrap();
        Self(home)
    }

    fn environment(&self, variables: &[(&str, &str)]) -> BTreeMap<String, String> {
        let home = ("HOME", self.0.path().to_str().unwrap());
        variables.iter().chain([&home]).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }
}

fn of(profile: &str) -> AwsIdentity {
    AwsIdentity { profile: Some(profile.to_owned()), config: None }
}

#[tokio::test]
async fn the_region_is_the_variables_or_the_profiles() {
    let home = Home::new();
    let region = async |identity: &AwsIdentity, variables: &[(&str, &str)]| {
        identity.region(&home.environment(variables)).await.map(|region| region.as_str().to_owned())
    };
    let any = AwsIdentity::default();
    assert_eq!(region(&any, &[]).await.as_deref(), Ok("eu-central-1"));
    assert_eq!(region(&any, &[("AWS_PROFILE", "person")]).await.as_deref(), Ok("eu-west-1"));
    assert_eq!(region(&of("person"), &[("AWS_PROFILE", "odd")]).await.as_deref(), Ok("eu-west-1"));
    assert_eq!(region(&of("person"), &[("AWS_REGION", "cn-north-1")]).await.as_deref(), Ok("cn-north-1"));
    assert_eq!(region(&of("gateway"), &[]).await.as_deref(), Ok("us-east-1"));
    let elsewhere = AwsIdentity { config: Some(home.0.path().join("other")), ..of("person") };
    assert_eq!(region(&elsewhere, &[]).await.as_deref(), Ok("us-gov-west-1"));
    assert!(region(&of("odd"), &[]).await.unwrap_err().hint.unwrap().contains("--sts-region"));
}

#[tokio::test]
async fn a_profile_that_comes_from_this_command_is_refused() {
    let home = Home::new();
    let check = async |identity: &AwsIdentity, variables: &[(&str, &str)]| {
        identity.check_is_another(&home.environment(variables)).await
    };
    let any = AwsIdentity::default();
    let refused = check(&any, &[("AWS_PROFILE", "gateway")]).await.unwrap_err();
    assert!(refused.message.contains("the profile gateway"), "{refused}");
    assert!(refused.hint.unwrap().contains("--profile"));
    assert!(check(&of("gateway"), &[]).await.is_err());
    assert!(check(&of("role"), &[]).await.unwrap_err().message.contains("the profile gateway"));
    // Named, it is the identity even where there are keys in the environment.
    assert!(check(&of("gateway"), &[("AWS_ACCESS_KEY_ID", "AKIA")]).await.is_err());
    for (identity, variables) in [
        (&any, [].as_slice()),
        (&of("person"), &[("AWS_PROFILE", "gateway")]),
        (&any, &[("AWS_PROFILE", "gateway"), ("AWS_ACCESS_KEY_ID", "AKIA")]),
        (&of("loop"), &[]),
        (&of("nobody"), &[]),
    ] {
        assert_eq!(check(identity, variables).await, Ok(()), "{identity:?} {variables:?}");
    }
}

#[tokio::test]
async fn a_named_profile_is_the_identity() {
    let home = Home::new();
    let config = home.0.path().join(".aws/config");
    let identity = AwsIdentity { config: Some(config), ..of("person") };
    let provider = identity.credentials(&"us-east-1".parse().unwrap()).await;
    let credentials = provider.provide_credentials().await.unwrap();
    assert_eq!(credentials.access_key_id(), "AKIAPERSON");
    assert!(!format!("{provider:?}").contains("the-secret"));
}
