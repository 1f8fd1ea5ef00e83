use super::*;

fn role(text: &str) -> Result<RoleArn, RoleArnError> {
    text.parse()
}

#[test]
fn an_arn_splits_into_its_parts_and_reads_back_the_same() {
    let text = "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a:b/c";
    let arn: Arn = text.parse().unwrap();
    assert_eq!(
        (arn.partition(), arn.service(), arn.region(), arn.account(), arn.resource()),
        (Partition::AwsCn, "secretsmanager", "cn-north-1", "123456789012", "secret:a:b/c")
    );
    assert_eq!(arn.to_string(), text);
    assert_eq!(serde_json::to_value(&arn).unwrap(), text);
}

#[test]
fn what_is_not_an_arn_is_refused_with_its_reason() {
    let parse = |text: &str| text.parse::<Arn>().unwrap_err();
    assert_eq!(parse(""), ArnError::Form);
    assert_eq!(parse("arn:aws:iam::123456789012"), ArnError::Form);
    assert_eq!(parse("ARN:aws:iam::123456789012:role/a"), ArnError::Form);
    assert!(matches!(parse("arn:aws-mars:iam::123456789012:role/a"), ArnError::Partition(_)));
    assert!(matches!(parse("arn:*:iam::123456789012:role/a"), ArnError::Partition(_)));
    assert_eq!(parse("arn:aws::::a"), ArnError::Service(String::new()));
    assert_eq!(parse("arn:aws:iam:US:123456789012:role/a"), ArnError::Region("US".into()));
    assert_eq!(parse("arn:aws:iam::12345678901:role/a"), ArnError::Account("12345678901".into()));
    assert_eq!(parse("arn:aws:iam::*:role/a"), ArnError::Account("*".into()));
    assert_eq!(parse("arn:aws:iam::123456789012:"), ArnError::Resource(String::new()));
    assert_eq!(parse("arn:aws:iam::123456789012:role/a b"), ArnError::Resource("role/a b".into()));
    assert_eq!(parse(&format!("arn:aws:iam::123456789012:role/{}", "a".repeat(2048))), ArnError::Length(2079));
}

#[test]
fn a_role_arn_knows_account_path_and_name() {
    let arn = role("arn:aws-us-gov:iam::012345678901:role/ops/ci/deploy+x").unwrap();
    assert_eq!(arn.partition(), Partition::AwsUsGov);
    assert_eq!(arn.account().as_str(), "012345678901");
    assert_eq!((arn.path(), arn.name()), ("/ops/ci/", "deploy+x"));
    assert_eq!(arn.to_string(), "arn:aws-us-gov:iam::012345678901:role/ops/ci/deploy+x");
    assert_eq!(role("arn:aws:iam::012345678901:role/x").unwrap().path(), "/");
}

#[test]
fn what_is_not_a_role_arn_is_refused_with_its_reason() {
    let fault = |text: &str| role(text).unwrap_err();
    assert_eq!(fault("x"), RoleArnError::Arn(ArnError::Form));
    assert_eq!(fault("arn:aws:sts::123456789012:assumed-role/dev/session"), RoleArnError::Session(Partition::Aws));
    assert_eq!(fault("arn:aws:s3:::role/dev"), RoleArnError::NotIam(Partition::Aws));
    assert_eq!(fault("arn:aws:iam:us-east-1:123456789012:role/dev"), RoleArnError::NotIam(Partition::Aws));
    assert_eq!(fault("arn:aws:iam::123456789012:user/dev"), RoleArnError::NotARole("user/dev".into()));
    assert_eq!(fault("arn:aws:iam::123456789012:role"), RoleArnError::NotARole("role".into()));
    assert_eq!(fault("arn:aws:iam::aws:role/dev"), RoleArnError::NoAccount);
    assert_eq!(fault("arn:aws:iam::123456789012:role/"), RoleArnError::Name(String::new()));
    assert_eq!(fault("arn:aws:iam::123456789012:role//dev"), RoleArnError::Path("//".into()));
    assert_eq!(fault("arn:aws:iam::123456789012:role/de:v"), RoleArnError::Name("de:v".into()));
    assert_eq!(fault("arn:aws:iam::123456789012:role/*"), RoleArnError::Name("*".into()));
    let name = "a".repeat(64);
    assert!(role(&format!("arn:aws:iam::123456789012:role/{name}")).is_ok());
    assert!(matches!(fault(&format!("arn:aws:iam::123456789012:role/{name}a")), RoleArnError::Name(_)));
    let path = "p".repeat(510);
    assert!(role(&format!("arn:aws:iam::123456789012:role/{path}/a")).is_ok());
    assert!(matches!(fault(&format!("arn:aws:iam::123456789012:role/{path}p/a")), RoleArnError::Path(_)));
}

#[test]
fn a_policy_belongs_to_aws_or_to_an_account() {
    let parse = |text: &str| text.parse::<PolicyArn>();
    let aws = parse("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess").unwrap();
    assert_eq!((aws.owner(), aws.path(), aws.name()), (PolicyOwner::Aws, "/job-function/", "ViewOnlyAccess"));
    assert_eq!(aws.to_string(), "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess");
    let own = parse("arn:aws:iam::123456789012:policy/edge").unwrap();
    assert_eq!(own.owner(), PolicyOwner::Account("123456789012".parse().unwrap()));
    assert_eq!(own.to_string(), "arn:aws:iam::123456789012:policy/edge");
    assert_eq!(parse("arn:aws:iam::123456789012:role/edge"), Err(PolicyArnError::NotAPolicy(Partition::Aws)));
    assert_eq!(parse("arn:aws:iam:::policy/edge"), Err(PolicyArnError::NotAPolicy(Partition::Aws)));
    assert_eq!(parse("arn:aws:iam::123456789012:policy//e"), Err(PolicyArnError::Path("//".into())));
    assert_eq!(parse("arn:aws:iam::123456789012:policy/e*"), Err(PolicyArnError::Name("e*".into())));
}

#[test]
fn a_pattern_matches_in_any_letter_case_and_only_beyond_its_prefix() {
    let exact: ArnPattern = "arn:aws:iam::123456789012:role/Gateway".parse().unwrap();
    assert!(exact.matches("arn:aws:iam::123456789012:role/gateway"));
    assert!(!exact.matches("arn:aws:iam::123456789012:role/gateway2"));
    assert!(!exact.matches("arn:aws:iam::123456789012:role/gate"));
    let prefix: ArnPattern = "arn:aws:iam::123456789012:role/platform/*".parse().unwrap();
    assert!(prefix.matches("arn:aws:iam::123456789012:role/Platform/a"));
    assert!(!prefix.matches("arn:aws:iam::123456789012:role/other"));
    assert!(!prefix.matches("arn:aws:iam::123456789012:rolé/platform/a"));
    assert_eq!(prefix.to_string(), "arn:aws:iam::123456789012:role/platform/*");
}

#[test]
fn a_pattern_has_no_wildcard_before_its_end() {
    let parse = |text: &str| text.parse::<ArnPattern>().unwrap_err();
    assert_eq!(parse("arn:aws:iam::*:role/a"), ArnPatternError::Wildcard);
    assert_eq!(parse("arn:aws:iam::123456789012:role/*/a"), ArnPatternError::Wildcard);
    assert_eq!(parse("arn:aws:iam::123456789012:*"), ArnPatternError::TooWide);
    assert_eq!(parse("arn:aws:iam::*"), ArnPatternError::TooWide);
    assert_eq!(parse("*"), ArnPatternError::TooWide);
    assert!(matches!(parse("role/a"), ArnPatternError::Arn(ArnError::Form)));
}

#[test]
fn an_account_is_twelve_ascii_digits() {
    assert_eq!("000000000001".parse::<AccountId>().unwrap().as_str(), "000000000001");
    for text in ["", "1", "12345678901", "1234567890123", "12345678901a", "１２３４", "+12345678901"] {
        assert!(text.parse::<AccountId>().is_err(), "{text}");
    }
    assert_eq!(serde_json::from_str::<AccountId>("\"123456789012\"").unwrap().to_string(), "123456789012");
    assert!(serde_json::from_str::<AccountId>("\"1234\"").is_err());
}

#[test]
fn each_partition_has_its_own_global_region() {
    let regions = [
        ("aws", "us-east-1", "amazonaws.com"),
        ("aws-cn", "cn-north-1", "amazonaws.com.cn"),
        ("aws-us-gov", "us-gov-west-1", "amazonaws.com"),
        ("aws-eusc", "eusc-de-east-1", "amazonaws.eu"),
    ];
    for (name, region, suffix) in regions {
        let partition: Partition = name.parse().unwrap();
        assert_eq!((partition.global_region().as_str(), partition.dns_suffix()), (region, suffix));
    }
    for partition in Partition::ALL {
        assert_eq!(Partition::of(&partition.global_region()), partition);
        assert_eq!(partition.as_str().parse(), Ok(partition));
        assert_eq!(partition.global_region().as_str().parse(), Ok(partition.global_region()));
    }
    assert!(serde_json::from_str::<Partition>("\"aws-moon\"").is_err());
}

#[test]
fn a_region_has_the_form_of_one() {
    for text in ["us-east-1", "ap-southeast-3", "us-gov-west-1", "eusc-de-east-1"] {
        assert!(text.parse::<Region>().is_ok(), "{text}");
    }
    for text in ["", "us", "us-east", "us-east-", "US-EAST-1", "us-east-1a", "us-east-100", "http://x", "-east-1"] {
        assert!(text.parse::<Region>().is_err(), "{text}");
    }
}

mod properties {
    use proptest::prelude::*;

    use super::super::*;

    proptest! {
        #[test]
        fn a_role_arn_that_parses_reads_back_the_same(
            text in "arn:aws(-cn)?:iam::[0-9]{12}:role/([a-z!:]{1,5}/){0,3}[A-Za-z0-9_+=,.@-]{1,64}",
        ) {
            let arn: RoleArn = text.parse().unwrap();
            prop_assert_eq!(arn.to_string(), text);
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in "\\PC{0,80}|(arn|aws|iam|:|/|\\*|[0-9]{12}|role|é){0,12}") {
            let _ = text.parse::<RoleArn>();
            let _ = text.parse::<PolicyArn>();
            if let Ok(pattern) = text.parse::<ArnPattern>() {
                prop_assert!(pattern.matches(&pattern.arn().to_string()));
            }
        }
    }
}
