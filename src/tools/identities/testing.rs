//! An IAM in memory that has an account with many pages, for the tests of what reads it whole.

use std::fmt::Write as _;

use data_encoding::BASE64;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::iam::testing::{Answer, Scripted};

pub(super) const DETAILS: &str = "GetAccountAuthorizationDetails";
pub(super) const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"},"Id":"a+b %"}"#;
pub(super) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;

pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A user who holds an inline policy and a managed one, has a boundary and a tag, and is in a group.
pub(super) fn user(name: &str) -> String {
    format!(
        "<member><Path>/team/</Path><UserName>{name}</UserName><UserId>AIDA{name}</UserId>\
         <Arn>arn:aws:iam::123456789012:user/team/{name}</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate>\
         <UserPolicyList><member><PolicyName>own</PolicyName><PolicyDocument>{}</PolicyDocument></member></UserPolicyList>\
         <GroupList><member>crew</member></GroupList><AttachedManagedPolicies><member><PolicyName>x</PolicyName>\
         <PolicyArn>arn:aws:iam::123456789012:policy/x</PolicyArn></member></AttachedManagedPolicies>\
         <PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType><PermissionsBoundaryArn>\
         arn:aws:iam::123456789012:policy/x</PermissionsBoundaryArn></PermissionsBoundary>\
         <Tags><member><Key>Type</Key><Value>service</Value></member></Tags></member>",
        encoded(POLICY)
    )
}

pub(super) fn page(inside: &str, marker: Option<&str>) -> Answer {
    let more = marker.map_or_else(
        || "<IsTruncated>false</IsTruncated>".to_owned(),
        |marker| format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>"),
    );
    Ok(format!("{inside}{more}"))
}

pub(super) fn users(names: impl IntoIterator<Item = String>) -> String {
    let users: String = names.into_iter().map(|name| user(&name)).collect();
    format!("<UserDetailList>{users}</UserDetailList>")
}

/// The rest of an account: a group, a role, a policy of its own, and one of AWS's.
pub(super) fn others() -> String {
    let (policy, trust) = (encoded(POLICY), encoded(TRUST));
    format!(
        "<GroupDetailList><member><Path>/</Path><GroupName>crew</GroupName><GroupId>AGPA1</GroupId>\
         <Arn>arn:aws:iam::123456789012:group/crew</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate>\
         <GroupPolicyList><member><PolicyName>own</PolicyName><PolicyDocument>{policy}</PolicyDocument></member>\
         </GroupPolicyList></member></GroupDetailList>\
         <RoleDetailList><member><Path>/</Path><RoleName>app</RoleName><RoleId>AROA1</RoleId>\
         <Arn>arn:aws:iam::123456789012:role/app</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate>\
         <AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument><InstanceProfileList><member><Path>/</Path>\
         <InstanceProfileName>app-profile</InstanceProfileName><InstanceProfileId>AIPA1</InstanceProfileId>\
         <Arn>arn:aws:iam::123456789012:instance-profile/app-profile</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate>\
         <Roles/></member></InstanceProfileList><RolePolicyList/><RoleLastUsed><LastUsedDate>2026-02-03T04:05:06Z\
         </LastUsedDate><Region>eu-west-1</Region></RoleLastUsed></member></RoleDetailList>\
         <Policies><member><PolicyName>x</PolicyName><PolicyId>ANPA1</PolicyId>\
         <Arn>arn:aws:iam::123456789012:policy/x</Arn><DefaultVersionId>v2</DefaultVersionId><PolicyVersionList>\
         <member><Document>{policy}</Document><VersionId>v2</VersionId><IsDefaultVersion>true</IsDefaultVersion></member>\
         <member><Document>{{}}</Document><VersionId>v1</VersionId><IsDefaultVersion>false</IsDefaultVersion></member>\
         </PolicyVersionList></member><member>\
         <Arn>arn:aws:iam::aws:policy/ReadOnlyAccess</Arn><DefaultVersionId>v9</DefaultVersionId><PolicyVersionList/>\
         </member></Policies>"
    )
}

/// An account of so many users in pages of a thousand, and of what else there is on the last.
pub(super) fn account(users_in_it: usize) -> Scripted {
    let names: Vec<String> = (0..users_in_it).map(|number| format!("user-{number}")).collect();
    let chunks: Vec<&[String]> = names.chunks(1000).collect();
    let pages = chunks.iter().enumerate().map(|(number, chunk)| match number + 1 == chunks.len() {
        true => page(&format!("{}{}", users(chunk.to_vec()), others()), None),
        false => page(&users(chunk.to_vec()), Some(&format!("page-{number}"))),
    });
    Scripted::default().answering(DETAILS, pages)
}

pub(super) fn summary(numbers: &[(&str, usize)]) -> Answer {
    let entries: String =
        numbers.iter().map(|(key, value)| format!("<entry><key>{key}</key><value>{value}</value></entry>")).collect();
    Ok(format!("<SummaryMap>{entries}</SummaryMap>"))
}

/// A report on these users with an active key each, and on the root user.
pub(super) fn with_report(aws: Scripted, users: &[&str]) -> Scripted {
    let mut csv = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,mfa_active,\
                   access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
                   access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
                   access_key_2_last_used_date,access_key_2_last_used_service\n\
                   <root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00Z,not_supported,\
                   2026-01-05T09:00:00Z,not_supported,true,false,N/A,N/A,N/A,false,N/A,N/A,N/A\n"
        .to_owned();
    for name in users {
        writeln!(
            csv,
            "{name},arn:aws:iam::123456789012:user/team/{name},2026-01-02T03:04:05Z,false,N/A,N/A,false,true,\
             2026-01-02T03:04:05Z,N/A,N/A,false,N/A,N/A,N/A"
        )
        .unwrap();
    }
    let content = BASE64.encode(csv.as_bytes());
    let report = format!("<Content>{content}</Content><ReportFormat>text/csv</ReportFormat>");
    aws.answering("GenerateCredentialReport", [Ok("<State>COMPLETE</State>".to_owned())])
        .answering("GetCredentialReport", [Ok(report)])
}
