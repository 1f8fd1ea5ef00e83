mod stored;

use super::{inline, managed, size, trust};
use crate::sandbox::testing::{ALLOW, Bench, TRUST};

/// A managed policy of one statement with these elements.
fn of(elements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":{{{elements}}}}}"#)
}

#[track_caller]
fn refused(document: &str) -> String {
    let error = managed(document).expect_err(document);
    assert_eq!((error.code, error.status), ("MalformedPolicyDocument", 400));
    error.message.into_owned()
}

#[track_caller]
fn distrusted(bench: &Bench, document: &str) -> String {
    let error = trust(&bench.account, document).expect_err(document);
    assert_eq!(error.code, "MalformedPolicyDocument");
    error.message.into_owned()
}

/// A trust policy of one statement that allows this principal.
fn trusting(principal: &str) -> String {
    format!(r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}}}"#)
}

#[test]
fn a_document_that_is_no_policy_has_syntax_errors() {
    for document in [
        "",
        "no json",
        "[]",
        "\"*\"",
        r#"{"Version":"2012-10-17"}"#,
        r#"{"Version":"2012-10-17","Statement":[]}"#,
        r#"{"Version":"2012-10-17","Statement":["*"]}"#,
        r#"{"Version":"2020-01-01","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Id":1,"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Remark":"","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        &of(r#""Action":"*","Resource":"*""#),
        &of(r#""Effect":"Perhaps","Action":"*","Resource":"*""#),
        &of(r#""Effect":"Allow","Action":"*","Resource":"*","Remark":"""#),
        &of(r#""Effect":"Allow","Action":"*","NotAction":"*","Resource":"*""#),
        &of(r#""Effect":"Allow","Action":"*","Resource":"*","NotResource":"*""#),
        &of(r#""Effect":"Allow","Action":[1],"Resource":"*""#),
        &of(r#""Effect":"Allow","Action":{},"Resource":"*""#),
        &of(r#""Effect":"Allow","Action":"*","Resource":["*",{}]"#),
        &of(r#""Effect":"Allow","Action":"*","Resource":"*","Sid":1"#),
        &of(r#""Effect":"Allow","Action":"*","Resource":"*","Condition":[]"#),
        &of(r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":"a"}"#),
        &of(r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":{}}}"#),
        &of(r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{"Resembles":{"a":"b"}}"#),
        &of(r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForSomeValues:Bool":{"a:b":"b"}}"#),
        &of(r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"${a:b}":"true"}}"#),
        &of(r#""Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*""#),
        &of(r#""Effect":"Allow","Action":"*","Resource":["*",null]"#),
    ] {
        assert_eq!(refused(document), "Syntax errors in policy.", "{document}");
    }
}

#[test]
fn what_the_older_parser_does_not_take_is_refused() {
    for document in [
        format!(" {ALLOW}"),
        of(r#""Effect":"allow","Action":"s3:GetObject","Resource":"*""#),
        of(r#""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3::bucket""#),
        of(r#""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws::::bucket""#),
        of(r#""Effect":"Allow","NotAction":"*","Resource":"*","Condition":{"DateLessThan":{"a:b":["2026-13"]}}"#),
        of(r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"office"}}"#),
    ] {
        assert_eq!(refused(&document), "The policy failed legacy parsing", "{document}");
    }
}

#[test]
fn each_fault_of_a_statement_is_told_in_the_words_of_iam() {
    let long = "IAM resource path must either be \"*\", root, or start with user/, federated-user/, role/, group/, \
                instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, \
                report/, access-report/.";
    let action = |action: &str| of(&format!(r#""Effect":"Allow","Action":"{action}","Resource":"*""#));
    let resource = |resource: &str| of(&format!(r#""Effect":"Allow","Action":"*","NotResource":"{resource}""#));
    for (document, message) in [
        (of(r#""Effect":"Deny","Resource":"*""#), "Policy statement must contain actions."),
        (of(r#""Effect":"Deny","Action":[],"Resource":"*""#), "Policy statement must contain actions."),
        (of(r#""Effect":"Deny","Action":"nothing""#), "Policy statement must contain resources."),
        (of(r#""Effect":"Deny","Action":"*","Resource":[]"#), "Policy statement must contain resources."),
        (
            of(r#""Effect":"Deny","Action":"*","Resource":"*","Principal":"*""#),
            "Policy document should not specify a principal.",
        ),
        (
            of(r#""Effect":"Deny","Action":"*","Resource":"*","Sid":"with blanks""#),
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
             [0-9A-Za-z]*",
        ),
        (action("GetObject"), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        (action("s3:Get:Object"), "Actions/Condition can contain only one colon."),
        (action("s3*:GetObject"), "Vendor s3* is not valid"),
        (resource(""), "Resource  must be in ARN format or \"*\"."),
        (resource("bucket"), "Resource bucket must be in ARN format or \"*\"."),
        (resource("arn:x"), "Partition \"x\" is not valid for resource \"arn:x:*:*:*:*\"."),
        (resource("arn:x:"), "Partition \"x\" is not valid for resource \"arn:x:*:*:*:*\"."),
        (resource("aws:s3:::b"), "Partition \"s3\" is not valid for resource \"arn:s3:::b:*\"."),
        (resource("arn:x:s3:::b:c"), "Partition \"x\" is not valid for resource \"arn:x:s3:::b:c\"."),
        (resource("arn:aws"), "Resource vendor must be fully qualified and cannot contain regexes."),
        (resource("arn:aws:s*:::b"), "Resource vendor must be fully qualified and cannot contain regexes."),
        (
            resource("arn:aws:iam:eu-west-1::user/x"),
            "IAM resource arn:aws:iam:eu-west-1::user/x cannot contain region information.",
        ),
        (resource("arn:aws:iam::123456789012:thing"), long),
        (
            resource("arn:aws:s3:eu-west-1::bucket"),
            "Resource arn:aws:s3:eu-west-1::bucket can not contain region information.",
        ),
    ] {
        assert_eq!(refused(&document), message, "{document}");
    }
}

#[test]
fn statement_ids_stand_once_and_may_be_empty() {
    let twice = |sid: &str| {
        let statement = format!(r#"{{"Sid":"{sid}","Effect":"Allow","Action":"*","Resource":"*"}}"#);
        format!(r#"{{"Version":"2012-10-17","Statement":[{statement},{statement}]}}"#)
    };
    assert_eq!(refused(&twice("One")), "Statement IDs (SID) in a single policy must be unique.");
    managed(&twice("")).unwrap();
}

#[test]
fn documents_that_aws_takes_are_taken() {
    for elements in [
        r#""Effect":"Allow","Action":"*","Resource":"*""#,
        r#""Effect":"Deny","NotAction":["iam:*","s3:Get?bject"],"NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#,
        r#""Effect":"Allow","Action":"new-service:Do","Resource":"arn:*:ec2:*:*:instance/*""#,
        r#""Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:eu-west-1:123456789012:accesspoint/a","*"]"#,
        r#""Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::*:user/${aws:username}""#,
        r#""Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::123456789012:root""#,
        r#""Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::123456789012:*""#,
        r#""Effect":"Allow","Action":"x:*","Resource":"*","Condition":{}"#,
        r#""Effect":"Allow","Action":"x:*","Resource":"*","Condition":{"Bool":{"a:b":true},"Null":{"a:c":"false"}}"#,
        r#""Effect":"Allow","Action":"x:*","Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"a:b":["c"]}}"#,
        r#""Effect":"Allow","Action":"x:*","Resource":"*","Condition":{"NumericLessThan":{"a:b":1}}"#,
    ] {
        managed(&of(elements)).expect(elements);
    }
}

#[test]
fn a_managed_policy_says_its_version_and_an_inline_one_need_not() {
    let document = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let old = document.replacen('{', r#"{"Version":"2008-10-17","#, 1);
    for document in [document, &old] {
        assert_eq!(refused(document), "Policy document must be version 2012-10-17 or greater.");
        inline(document).unwrap();
    }
    let error = inline(r#"{"Statement":[{"Effect":"Allow","Action":"*"}]}"#).unwrap_err();
    assert_eq!(error.message, "Policy statement must contain resources.");
}

#[test]
fn white_space_does_not_count() {
    assert_eq!(size("{ \"a\" :\n\t\"b c\"\r\n}"), r#"{"a":"bc"}"#.len());
}

#[test]
fn a_trust_policy_is_refused_in_words_of_its_own() {
    let bench = Bench::new();
    let one = |elements: &str| of(&format!(r#""Effect":"Allow","Principal":{{"AWS":"*"}},{elements}"#));

    for (document, message) in [
        ("no json".to_owned(), "This policy contains invalid Json"),
        ("[]".to_owned(), "This policy contains invalid Json"),
        (format!(" {TRUST}"), "JSON strings must not have leading spaces"),
        (r#"{"Version":"1"}"#.to_owned(), "The policy must contain a valid version string"),
        (r#"{"Version":"2012-10-17"}"#.to_owned(), "Missing required field Statement"),
        (r#"{"Statement":[]}"#.to_owned(), "Could not parse the policy: Statement is empty!"),
        (r#"{"Statement":[1]}"#.to_owned(), "Syntax error in policy."),
        (r#"{"Statements":[]}"#.to_owned(), "Unknown field Statements"),
        (of(r#""Principal":{"AWS":"*"},"Action":"sts:AssumeRole""#), "Missing required field Effect"),
        (of(r#""Effect":"allow","Action":"sts:AssumeRole""#), "Invalid effect: allow"),
        (of(r#""Effect":"Allow","Action":"sts:AssumeRole""#), "Missing required field Principal"),
        (of(r#""Effect":"Allow","NotPrincipal":{}"#), "Allow with NotPrincipal is not allowed."),
        (of(r#""Effect":"Deny","NotPrincipal":{}"#), "AssumeRole policy must not contain NotPrincipal field."),
        (one(r#""Sid":"x""#), "Missing required field Action"),
        (one(r#""Action":[]"#), "Missing required field Action"),
        (one(r#""Action":"*""#), "AssumeRole policy may only specify STS AssumeRole actions."),
        (one(r#""Action":["sts:AssumeRole","s3:Get"]"#), "AssumeRole policy may only specify STS AssumeRole actions."),
        (one(r#""Action":"sts:AssumeRole","Resource":"*""#), "Has prohibited field Resource"),
        (one(r#""Action":"sts:AssumeRole","NotResource":"*""#), "AssumeRole policy must not contain resources."),
        (one(r#""Action":"sts:AssumeRole","Remark":"""#), "Unknown field Remark"),
        (one(r#""Action":"sts:AssumeRole","Condition":{"Like":{"a:b":"c"}}"#), "Syntax error in policy."),
        (one(r#""Action":"sts:AssumeRole","Action":"sts:TagSession""#), "This policy contains invalid Json"),
        (one(r#""Action":"sts:AssumeRole","NotAction":"sts:AssumeRole""#), "Syntax error in policy."),
        (trusting(r#""*""#), "Principal must be a JSON object."),
        (trusting("{}"), "Missing required field Principal cannot be empty!"),
        (trusting(r#"{"Anyone":"*"}"#), "Invalid principal in policy: \"Anyone\""),
        (trusting(r#"{"AWS":1}"#), "Syntax error in policy."),
        (trusting(r#"{"Service":"ec2"}"#), "Invalid principal in policy: \"SERVICE\":\"ec2\""),
        (trusting(r#"{"Federated":"github.com"}"#), "Invalid principal in policy: \"FEDERATED\":\"github.com\""),
        (
            trusting(r#"{"Federated":"cognito-identity.amazonaws.com"}"#),
            "A condition block must be present for the Cognito provider",
        ),
    ] {
        assert_eq!(distrusted(&bench, &document), message, "{document}");
    }
    let statement = r#"{"Sid":"a","Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}"#;
    let twice = format!(r#"{{"Statement":[{statement},{statement}]}}"#);
    assert_eq!(distrusted(&bench, &twice), "The Statement Ids in the policy are not unique");
}

#[test]
fn principals_of_the_account_must_exist_and_others_be_well_formed() {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[("UserName", "Ann"), ("Path", "/team/")]);
    let id = bench.ok("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)]).get("RoleId").unwrap();
    for value in [
        "*",
        "123456789012",
        "999999999999",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:user/team/Ann",
        "arn:aws:iam::123456789012:role/r",
        "arn:aws:sts::123456789012:assumed-role/r/session",
        "arn:aws:sts::123456789012:federated-user/f",
        "arn:aws:iam::999999999999:role/some/where",
        "arn:aws:iam::999999999999:user/some",
        &id,
    ] {
        trust(&bench.account, &trusting(&format!(r#"{{"AWS":["{value}"]}}"#))).expect(value);
    }
    for value in [
        "",
        "1234",
        "Ann",
        "AIDAGONEGONEGONEGONE1",
        "arn:aws:iam::123456789012:user/Ann",
        "arn:aws:iam::123456789012:role/gone",
        "arn:aws:sts::123456789012:assumed-role/gone/session",
        "arn:aws:sts::123456789012:assumed-role/r",
        "arn:aws:iam::999999999999:role/*",
        "arn:aws:iam::123456789012:root/x",
        "arn:aws:iam::aws:role/x",
        "arn:aws-cn:iam::999999999999:root",
        "arn:aws:s3:::bucket",
    ] {
        let message = distrusted(&bench, &trusting(&format!(r#"{{"AWS":["*","{value}"]}}"#)));
        assert_eq!(message, format!("Invalid principal in policy: \"AWS\":\"{value}\""));
    }
    for principal in [
        r#"{"Service":["ec2.amazonaws.com","ops.apigateway.amazonaws.com","ec2.amazonaws.com.cn"]}"#,
        r#"{"Federated":"arn:aws:iam::123456789012:saml-provider/p"}"#,
        r#"{"Federated":"accounts.google.com","Service":"sns.amazonaws.com"}"#,
    ] {
        trust(&bench.account, &trusting(principal)).expect(principal);
    }
}

#[test]
fn a_trust_policy_has_a_size() {
    let bench = Bench::new();
    let of_size = |size: usize| {
        let bare = TRUST.replace("}]}", r#","Sid":""}]}"#);
        let sid = "x".repeat(size - super::size(&bare));
        bare.replace(r#""Sid":"""#, &format!(r#""Sid" : "{sid}""#))
    };
    trust(&bench.account, &of_size(2048)).unwrap();
    let error = trust(&bench.account, &of_size(2049)).unwrap_err();
    assert_eq!((error.code, &*error.message), ("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"));
}

#[test]
fn the_believable_account_and_the_policies_of_aws_hold_only_what_could_have_been_stored() {
    let account = crate::sandbox::seed::account(Bench::new().now);
    for role in account.roles.iter() {
        trust(&account, &role.trust_policy).unwrap_or_else(|error| panic!("{}: {error:?}", role.name));
    }
    let inline_ones = account.users.iter().map(|user| &user.policies);
    let inline_ones = inline_ones.chain(account.groups.iter().map(|group| &group.policies));
    for policies in inline_ones.chain(account.roles.iter().map(|role| &role.policies)) {
        for (name, document) in &policies.inline {
            inline(document).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        }
    }
    for policy in account.policies.values() {
        for version in &policy.versions {
            // An old version of the language may stand in an account for longer than it may be stored anew.
            inline(&version.document).unwrap_or_else(|error| panic!("{}: {error:?}", policy.arn));
        }
    }
}
