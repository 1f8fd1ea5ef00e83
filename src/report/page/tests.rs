//! What may stand in a page, whoever wrote the account.

use serde_json::{Value, json};

use super::*;
use crate::posture::testing::{Written, allow};
use crate::report::{Thresholds, tests};

const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"' onload='x'\u{202e}&amp;<!--";

/// What stands between these two, where each is found first.
fn between<'p>(page: &'p str, begin: &str, end: &str) -> &'p str {
    page.split_once(begin).and_then(|(_, rest)| rest.split_once(end)).map(|(inside, _)| inside).unwrap()
}

#[test]
fn the_policy_names_the_style_and_the_script_that_are_there_and_nothing_else() {
    use data_encoding::BASE64;
    use sha2::{Digest, Sha256};

    let page = of(&Report::of(&tests::account(), &Thresholds::default()));
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let hash = |text: &str| format!("&#39;sha256-{}&#39;", BASE64.encode(&Sha256::digest(text.as_bytes())));
    let directives: Vec<&str> = policy.split("; ").collect();
    let style = format!("style-src {}", hash(between(&page, "<style>", "</style>")));
    let script = format!("script-src {}", hash(between(&page, "<script>", "</script>")));
    assert_eq!(directives[..3], ["default-src &#39;none&#39;", &style, &script]);
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
}

#[test]
fn nothing_in_the_page_is_fetched_and_nothing_is_a_handler_or_a_style_of_an_element() {
    let page = of(&Report::of(&tests::account(), &Thresholds::default()));
    let page =
        page.replace(between(&page, "<style>", "</style>"), "").replace(between(&page, "<script>", "</script>"), "");
    for forbidden in [" src=", " style=", " onclick=", "<link", "<iframe", "<object", "<base", "javascript:", "@import"]
    {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let links: Vec<&str> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(links.len() > 3 && links.iter().all(|link| link.starts_with('#')), "{links:?}");
}

#[test]
fn hostile_text_is_text_wherever_it_stands() {
    let mut account = Written::default();
    let statement = json!([{"Sid": HOSTILE, "Effect": "Allow", "Action": "*", "Resource": ["*", HOSTILE]}]);
    account.user("bob", &statement, json!({"Tags": [{"Key": HOSTILE, "Value": "service"}], "GroupList": [HOSTILE]}));
    account.user("ann", &json!([allow(&json!("iam:CreateAccessKey"), &json!("*"))]), json!({}));
    account.group("ops", &statement, json!({}));
    account.role("app", &json!({"AWS": ["*", HOSTILE], "Federated": HOSTILE}), &statement, json!({}));
    account.policy("wide", &[statement]);
    let mut snapshot = account.read();
    // IAM gives no such names, but a file may.
    let users = snapshot.users.iter_mut().map(|user| &mut user.identity);
    let groups = snapshot.groups.iter_mut().map(|group| &mut group.identity);
    for identity in users.chain(groups).chain(snapshot.roles.iter_mut().map(|role| &mut role.identity)) {
        if &*identity.name != "ann" {
            identity.name = HOSTILE.into();
            identity.arn = format!("{}{HOSTILE}", identity.arn).into();
        }
    }
    snapshot.policies[0].name = HOSTILE.into();
    let page = of(&Report::of(&snapshot, &Thresholds::default()));
    assert!(!page.contains("<img") && !page.contains('\u{202e}'));
    // Two lists of data and one script: nothing else begins or ends one.
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (3, 3));
    assert_eq!(page.matches("<!--").count(), 0);
    // It is there all the same, to be read.
    assert!(
        page.contains(
            "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39; onload=&#39;x&#39;\\u{202e}&amp;amp;"
        )
    );
    let data = between(&page, "<script type=\"application/json\" id=\"identities\">", "</script>");
    let rows: Value = serde_json::from_str(data).unwrap();
    assert!(rows.as_array().unwrap().iter().any(|row| row[0].as_str().unwrap().starts_with("</script><img")));
}

#[test]
fn policies_as_long_as_they_can_be_are_borne() {
    let mut account = Written::default();
    let statement = json!([{"Sid": "x".repeat(65_536), "Effect": "Allow", "Action": "*", "Resource": "*"}]);
    account.user("bob", &statement, json!({}));
    let report = Report::of(&account.read(), &Thresholds::default());
    let page = of(&report);
    assert!(page.len() < 2_000_000, "{}", page.len());
    assert!(!report.findings.is_empty());
}

#[test]
fn of_long_lists_only_the_first_page_is_in_the_document() {
    let mut account = Written::default();
    for number in 0..200 {
        account.user(
            &format!("user-{number:03}"),
            &json!([allow(&json!("*"), &json!(format!("arn:aws:s3:::{number}")))]),
            json!({}),
        );
    }
    let report = Report::of(&account.read(), &Thresholds::default());
    let page = of(&report);
    assert_eq!(page.matches("<tr><th scope=\"row\">").count(), PAGE);
    assert_eq!(page.matches("<details class=\"finding\">").count(), PAGE.min(report.findings.len()));
    let rows: Value = serde_json::from_str(between(&page, "id=\"identities\">", "</script>")).unwrap();
    let findings: Value = serde_json::from_str(between(&page, "id=\"findings\">", "</script>")).unwrap();
    assert_eq!((rows.as_array().unwrap().len(), findings.as_array().unwrap().len()), (200, report.findings.len()));
}

#[test]
fn charts_say_in_words_what_they_draw() {
    let page = of(&Report::of(&tests::account(), &Thresholds::default()));
    assert_eq!(page.matches("<figure class=\"chart\">").count(), 6);
    assert!(page.contains("<desc>Findings by severity. critical: "), "{page}");
    assert!(page.contains("<desc>Access keys by age in days. 0-30: 1 active, 0 inactive; "), "{page}");
}
