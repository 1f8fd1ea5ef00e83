//! IAM with an account of many users and roles, whose policies are as real ones are: some that many hold, some of one's own,
//! boundaries, conditions, denials and policy variables.

use bytes::Bytes;
use data_encoding::BASE64;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::aws::message;

const ACCOUNT: &str = "123456789012";

/// IAM's most in one answer.
const PAGE: usize = 1000;

/// How many managed policies the account has, and how many groups; both grow with it.
const USERS_A_POLICY: usize = 50;
const USERS_A_GROUP: usize = 40;

/// The answers of an account's IAM, made beforehand.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pages: Vec<Bytes>,
    generated: Bytes,
    report: Bytes,
}

impl Account {
    pub(crate) fn of(users: usize, roles: usize) -> Self {
        let (policies, groups) = ((users / USERS_A_POLICY).max(4), (users / USERS_A_GROUP).max(4));
        let mut items: Vec<(&str, String)> = Vec::with_capacity(users + roles + policies + groups);
        items.extend((0..users).map(|number| ("UserDetailList", user(number, policies, groups))));
        items.extend((0..groups).map(|number| ("GroupDetailList", group(number, policies))));
        items.extend((0..roles).map(|number| ("RoleDetailList", role(number, policies))));
        items.extend((0..policies).map(|number| ("Policies", policy(number))));
        let count = items.len().div_ceil(PAGE);
        let pages = items.chunks(PAGE).enumerate().map(|(number, items)| page(items, number + 1, count)).collect();
        let report = BASE64.encode(report(users).as_bytes());
        let generated = "2026-11-01T00:00:00Z";
        Self {
            pages,
            generated: answer("GenerateCredentialReport", "<State>COMPLETE</State>"),
            report: answer(
                "GetCredentialReport",
                &format!(
                    "<Content>{report}</Content><ReportFormat>text/csv</ReportFormat><GeneratedTime>{generated}</GeneratedTime>"
                ),
            ),
        }
    }

    /// What is answered, if it is one of the operations that read an account.
    pub(crate) fn to(&self, body: &[u8]) -> Option<&Bytes> {
        if body.starts_with(b"Action=GetAccountAuthorizationDetails&") {
            let text = std::str::from_utf8(body).ok()?;
            let marker = text.split('&').find_map(|field| field.strip_prefix("Marker="));
            return self.pages.get(marker.map_or(Some(0), |marker| marker.parse().ok())?);
        }
        if body.starts_with(b"Action=GenerateCredentialReport&") {
            return Some(&self.generated);
        }
        body.starts_with(b"Action=GetCredentialReport&").then_some(&self.report)
    }
}

fn answer(operation: &str, inside: &str) -> Bytes {
    message(
        "200 OK",
        &format!(
            "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{operation}Result>{inside}</{operation}Result>\
             <ResponseMetadata><RequestId>7a62c49f-347e-4fc4-9331-6e8eexample1</RequestId></ResponseMetadata></{operation}Response>"
        ),
    )
}

fn page(items: &[(&str, String)], next: usize, count: usize) -> Bytes {
    let mut inside = String::new();
    for list in ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"] {
        inside.push_str(&format!("<{list}>"));
        items.iter().filter(|(own, _)| *own == list).for_each(|(_, item)| inside.push_str(item));
        inside.push_str(&format!("</{list}>"));
    }
    inside.push_str(&match next < count {
        true => format!("<IsTruncated>true</IsTruncated><Marker>{next}</Marker>"),
        false => "<IsTruncated>false</IsTruncated>".to_owned(),
    });
    answer("GetAccountAuthorizationDetails", &inside)
}

fn document(statements: &Value) -> String {
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    utf8_percent_encode(&document, NON_ALPHANUMERIC).to_string()
}

fn attached(numbers: &[usize]) -> String {
    let of = |number: &usize| {
        format!(
            "<member><PolicyName>team-{number}</PolicyName><PolicyArn>arn:aws:iam::{ACCOUNT}:policy/team-{number}</PolicyArn></member>"
        )
    };
    format!("<AttachedManagedPolicies>{}</AttachedManagedPolicies>", numbers.iter().map(of).collect::<String>())
}

fn inline(kind: &str, statements: Option<&Value>) -> String {
    statements.map_or_else(String::new, |statements| {
        let document = document(statements);
        format!(
            "<{kind}><member><PolicyName>own</PolicyName><PolicyDocument>{document}</PolicyDocument></member></{kind}>"
        )
    })
}

/// One in five has a policy of its own, one in ten a boundary; names are those of people, or of machines.
fn user(number: usize, policies: usize, groups: usize) -> String {
    let name = if number.is_multiple_of(3) { format!("svc-deploy-{number}") } else { format!("anna.muster{number}") };
    let own = json!([
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": format!("arn:aws:s3:::home-{number}/*")},
        {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::*:user/${aws:username}"},
    ]);
    let own = inline("UserPolicyList", (number.is_multiple_of(5)).then_some(&own));
    let boundary = if number.is_multiple_of(10) {
        format!(
            "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType><PermissionsBoundaryArn>\
             arn:aws:iam::{ACCOUNT}:policy/team-0</PermissionsBoundaryArn></PermissionsBoundary>"
        )
    } else {
        String::new()
    };
    let attached = attached(&[number % policies]);
    let (first, second) = (number % groups, (number / 7) % groups);
    format!(
        "<member><Path>/</Path><UserName>{name}</UserName><UserId>AIDACKCEVSQ6C{number:08}</UserId>\
         <Arn>arn:aws:iam::{ACCOUNT}:user/{name}</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate>{own}\
         <GroupList><member>group-{first}</member><member>group-{second}</member></GroupList>{attached}{boundary}\
         <Tags><member><Key>team</Key><Value>t{}</Value></member></Tags></member>",
        number % 40
    )
}

fn group(number: usize, policies: usize) -> String {
    let attached = attached(&[(number * 3 + 1) % policies, (number * 5 + 2) % policies]);
    format!(
        "<member><Path>/</Path><GroupName>group-{number}</GroupName><GroupId>AGPACKCEVSQ6C{number:08}</GroupId>\
         <Arn>arn:aws:iam::{ACCOUNT}:group/group-{number}</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate>{attached}</member>"
    )
}

/// Each acts on resources of its own; one in four lets another account in.
fn role(number: usize, policies: usize) -> String {
    let everything = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let own = json!([
        {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
            "Resource": format!("arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/app-{number}")},
        {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*",
            "Condition": {"StringEquals": {"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com"}}},
    ]);
    let principal = match number % 4 {
        0 => json!({"AWS": "arn:aws:iam::210987654321:root"}),
        1 => json!({"Service": "ec2.amazonaws.com"}),
        _ => json!({"Service": "lambda.amazonaws.com"}),
    };
    let trust = document(&json!([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]));
    // One in fifty is an administrator, whom services run code as.
    let own = inline("RolePolicyList", Some(if number % 50 == 6 { &everything } else { &own }));
    let attached = attached(&[number % policies]);
    format!(
        "<member><Path>/app/</Path><RoleName>app-{number}</RoleName><RoleId>AROACKCEVSQ6C{number:08}</RoleId>\
         <Arn>arn:aws:iam::{ACCOUNT}:role/app/app-{number}</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate>\
         <AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument><InstanceProfileList/>{own}{attached}\
         <RoleLastUsed><LastUsedDate>2026-10-01T00:00:00Z</LastUsedDate><Region>eu-west-1</Region></RoleLastUsed></member>"
    )
}

/// One in twenty lets its holders do much in IAM, the others something in a service or two.
fn policy(number: usize) -> String {
    const SERVICES: [&str; 12] =
        ["s3", "ec2", "sqs", "sns", "logs", "lambda", "dynamodb", "rds", "ecs", "ecr", "cloudwatch", "ssm"];
    let (one, other) = (SERVICES[number % SERVICES.len()], SERVICES[(number / 3 + 5) % SERVICES.len()]);
    let mut statements = vec![
        json!({"Effect": "Allow", "Action": [format!("{one}:Get*"), format!("{one}:List*"), format!("{one}:Describe*")], "Resource": "*"}),
        json!({"Effect": "Allow", "Action": format!("{other}:*"), "Resource": format!("arn:aws:{other}:*:*:team-{number}*")}),
        json!({"Sid": "NotTheTrail", "Effect": "Deny", "Action": ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"], "Resource": "*"}),
        json!({"Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}),
    ];
    if number % 20 == 3 {
        statements.push(
            json!({"Effect": "Allow", "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
            "Resource": "*"}),
        );
    }
    let document = document(&json!(statements));
    format!(
        "<member><PolicyName>team-{number}</PolicyName><PolicyId>ANPACKCEVSQ6C{number:08}</PolicyId>\
         <Arn>arn:aws:iam::{ACCOUNT}:policy/team-{number}</Arn><Path>/</Path><DefaultVersionId>v1</DefaultVersionId>\
         <AttachmentCount>9</AttachmentCount><IsAttachable>true</IsAttachable><PolicyVersionList><member><Document>{document}</Document>\
         <VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion></member></PolicyVersionList></member>"
    )
}

fn report(users: usize) -> String {
    let mut report = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
        password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
        cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n"
        .to_owned();
    for number in 0..users {
        let machine = number.is_multiple_of(3);
        let name = if machine { format!("svc-deploy-{number}") } else { format!("anna.muster{number}") };
        let (password, key) = match machine {
            true => {
                ("false,N/A,N/A,N/A,false", "true,2026-02-03T04:05:06+00:00,2026-10-30T00:00:00+00:00,eu-west-1,s3")
            }
            false => ("true,2026-10-29T00:00:00+00:00,2026-03-01T00:00:00+00:00,N/A,true", "false,N/A,N/A,N/A,N/A"),
        };
        report.push_str(&format!(
            "{name},arn:aws:iam::{ACCOUNT}:user/{name},2026-01-02T03:04:05+00:00,{password},{key},false,N/A,N/A,N/A,N/A,false,N/A,\
             false,N/A\n"
        ));
    }
    report
}
