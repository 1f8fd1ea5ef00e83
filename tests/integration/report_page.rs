//! The page of `report` in a headless Chromium.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::report::of_sandbox;
use crate::support::chromium;
use crate::support::sandbox::RunningSandbox;

/// Where screenshots are left, to be looked at.
fn artefacts() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-page");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().expect("it is a list").iter().map(|one| one.as_str().expect("of texts")).collect()
}

fn sorted_first(seen: &Value) -> &str {
    seen["sorted"][0].as_str().expect("it is a name")
}

#[test]
fn the_sandboxs_report_is_shown_in_light_dark_and_print_and_the_keyboard_does_everything() {
    let (sandbox, folder) = (RunningSandbox::start(), tempfile::tempdir().expect("a temporary directory can be made"));
    let page = folder.path().join("report.html");
    assert_eq!(of_sandbox(&sandbox, &page).code, 0);
    let artefacts = artefacts();
    let seen = chromium::look_at(&page, &artefacts);
    assert_eq!((&seen["errors"], &seen["requests"]), (&json!([]), &json!([])));
    assert_eq!(seen["charts"], 6);
    assert!(seen["nodes"].as_u64() > Some(5), "{seen}");
    let tabbed = texts(&seen["tabbed"]);
    for reached in [
        "a skip",
        "div graph",
        "input findings-text",
        "select findings-severity",
        "summary ",
        "button findings-next",
        "input identities-text",
        "button 0",
        "button identities-next",
    ] {
        assert!(tabbed.contains(&reached), "{reached} is not among {tabbed:?}");
    }
    assert_eq!(tabbed[0], "a skip");
    assert_eq!(seen["opened"], true);
    assert!(seen["paged"].as_str().is_some_and(|said| said.starts_with("26 to 50 of ")), "{}", seen["paged"]);
    assert!(texts(&seen["sorted"]).is_sorted(), "{}", seen["sorted"]);
    // From the first identity, sorted by name, to the findings about it, all of them.
    let [name, focused, said, findings] = texts(&seen["asked"])[..] else { unreachable!("it says four things") };
    assert_eq!((name, focused), (sorted_first(&seen), "findings-text"));
    let expected = if findings == "0" { "nothing fits".to_owned() } else { format!("1 to {findings} of {findings}") };
    assert_eq!(said, expected);
    let filtered = texts(&seen["filtered"]);
    assert_eq!(filtered[0], "nothing fits");
    assert!(filtered.len() > 1 && filtered[1..].iter().all(|one| one.contains("administrator")), "{filtered:?}");
    let colours = &seen["colours"];
    assert_ne!(colours["light"], colours["dark"]);
    assert_eq!(colours["print"], "rgb(255, 255, 255)", "on paper it is light, whatever the screen is");
    assert!(seen["printed"].as_u64() > Some(20_000), "{seen}");
    for name in ["light.png", "dark.png", "print.png", "print.pdf"] {
        assert!(artefacts.join(name).exists(), "{name}");
    }
}

#[test]
fn a_page_that_was_tampered_with_runs_nothing_of_it() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let details = folder.path().join("details.json");
    let user = json!({"UserName": "bob", "UserId": "AIDA1", "Arn": "arn:aws:iam::123456789012:user/bob"});
    fs::write(&details, json!({"UserDetailList": [user]}).to_string()).expect("the folder is ours");
    let page = folder.path().join("report.html");
    let plain = |path: &Path| path.to_str().expect("temporary folders have plain names").to_owned();
    let ran = crate::support::command::run(&["report", "--from", &plain(&details), "--output", &plain(&page)]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let good = chromium::paint(&page, folder.path());
    assert_eq!(good["errors"], json!([]));
    let html = fs::read_to_string(&page).expect("it was written");
    // An element's handler, a script of somebody else's, and one that was changed.
    for (what, by) in [
        ("<main ", "<main onfocus=\"alert(1)\" tabindex=0 autofocus "),
        ("<main ", "<script>document.title = 'x'</script><main "),
        ("\"use strict\";", "\"use strict\"; document.title = 'x';"),
    ] {
        let changed = html.replacen(what, by, 1);
        assert_ne!(changed, html);
        fs::write(&page, changed).expect("the folder is ours");
        let seen = chromium::paint(&page, folder.path());
        let errors = texts(&seen["errors"]);
        assert!(errors.iter().any(|error| error.contains("Content Security Policy")), "{by}: {errors:?}");
    }
}
