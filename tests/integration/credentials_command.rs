//! `credentials`, and what the other commands exchange, against a stand-in for the gateway's exchange.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde_json::json;
use tempfile::TempDir;

use crate::support::command::{Ran, run_with};
use crate::support::exchange::{Answers, StandInExchange, refusal};

const SECRET: &str = "the-persons-own-secret";
const SESSION: &str = "the-persons-own-session";

/// Somebody's home with AWS's files in it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        fs::create_dir(home.path().join(".aws")).expect("the folder is ours");
        let home = Self(home);
        home.configure(&format!(
            "[profile person]\naws_access_key_id = ASIAPERSON\naws_secret_access_key = {SECRET}\n\
             aws_session_token = {SESSION}\nregion = eu-west-1\n"
        ));
        home
    }

    fn configure(&self, config: &str) {
        fs::write(self.config(), config).expect("the folder is ours");
    }

    fn config(&self) -> PathBuf {
        self.0.path().join(".aws/config")
    }

    fn cache(&self) -> PathBuf {
        self.0.path().join(".cache/iam-mcp-gateway/credentials")
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let path = self.0.path().to_str().expect("temporary folders have plain names");
        let ran = run_with(arguments, &[&[("HOME", path), ("PATH", "/usr/bin:/bin")], variables].concat(), "");
        assert!(!ran.stderr.contains(SECRET) && !ran.stderr.contains(SESSION), "{}", ran.stderr);
        assert!(!ran.stderr.contains("the-secret-") && !ran.stderr.contains("the-token-"), "{}", ran.stderr);
        ran
    }

    fn credentials(&self, url: &str, more: &[&str]) -> Ran {
        self.run_with(&[&["credentials", "--url", url, "--profile", "person"], more].concat(), &[])
    }
}

fn lasting(minutes: i64) -> StandInExchange {
    StandInExchange::start(Answers::Sealed(SignedDuration::from_mins(minutes)))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn what_it_prints_is_what_awss_tools_expect_and_nothing_else() {
    let (home, exchange) = (Home::new(), lasting(15));
    let ran = home.credentials(exchange.url(), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let printed = ran.json();
    assert_eq!((&printed["Version"], &printed["AccessKeyId"]), (&json!(1), &json!("IMGT1")));
    assert_eq!(printed.as_object().map(|members| members.len()), Some(5));
    let [asked] = &exchange.asked()[..] else { unreachable!("it asked once") };
    assert_eq!((asked.target.as_str(), &asked.authorization), ("/credentials", &None));
    let proof = &asked.body["caller_identity"];
    assert_eq!(proof["url"], "https://sts.eu-west-1.amazonaws.com/");
    let headers = proof["headers"].to_string();
    assert!(headers.contains("\"x-iam-mcp-gateway-id\",\"127.0.0.1;key="), "{headers}");
    assert!(!asked.body.to_string().contains(SECRET));
}

#[test]
fn the_second_time_they_come_from_the_cache_which_is_its_owners_alone() {
    let (home, exchange) = (Home::new(), lasting(15));
    let first = home.credentials(exchange.url(), &[]);
    assert_eq!(home.credentials(exchange.url(), &[]).stdout, first.stdout);
    assert_eq!(exchange.asked().len(), 1);
    assert_eq!(mode(&home.cache()), 0o700);
    for entry in fs::read_dir(home.cache()).expect("the cache is there") {
        assert_eq!(mode(&entry.expect("it can be listed").path()), 0o600);
    }
    for (more, asked) in [
        (["--audience", "another"].as_slice(), 2),
        (&["--no-cache"], 3),
        (&["--cache-dir", "another"], 4),
        (&["--sts-endpoint", "http://127.0.0.1:9"], 5),
        (&[], 5),
    ] {
        let more: Vec<String> =
            more.iter().map(|word| word.replace("another", &home.0.path().join("x").display().to_string())).collect();
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        assert_eq!(home.credentials(exchange.url(), &more).code, 0, "{more:?}");
        assert_eq!(exchange.asked().len(), asked, "{more:?}");
    }
}

#[test]
fn credentials_that_are_about_to_end_are_renewed_and_given_while_they_cannot_be() {
    // Less than a third is left of what lasts as long as the smallest usable time.
    let (home, exchange) = (Home::new(), StandInExchange::start(Answers::Sealed(SignedDuration::from_secs(11))));
    let (first, second) = (home.credentials(exchange.url(), &[]), home.credentials(exchange.url(), &[]));
    assert_eq!((first.code, second.code), (0, 0), "{}{}", first.stderr, second.stderr);
    let over = StandInExchange::start(Answers::Sealed(SignedDuration::from_secs(-60)));
    let refused = home.credentials(over.url(), &[]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("by this machine's clock"), "{}", refused.stderr);
}

#[test]
fn ten_clients_that_ask_at_once_make_one_exchange() {
    let (home, exchange) = (Home::new(), lasting(15));
    let printed: Vec<Ran> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..10).map(|_| scope.spawn(|| home.credentials(exchange.url(), &[]))).collect();
        asking.into_iter().map(|asking| asking.join().expect("running a command does not fail")).collect()
    });
    assert!(printed.iter().all(|ran| ran.code == 0 && ran.stdout == printed[0].stdout), "{printed:?}");
    assert_eq!(exchange.asked().len(), 1);
}

#[test]
fn a_cache_that_others_can_open_is_refused() {
    let (home, exchange) = (Home::new(), lasting(15));
    fs::create_dir_all(home.cache()).expect("the folder is ours");
    fs::set_permissions(home.cache(), fs::Permissions::from_mode(0o755)).expect("the folder is ours");
    let refused = home.credentials(exchange.url(), &[]);
    assert_eq!((refused.code, refused.stdout.as_str(), exchange.asked().len()), (1, "", 0));
    assert!(refused.stderr.contains("open to others") && refused.stderr.contains("--cache-dir"), "{}", refused.stderr);
}

#[test]
fn a_refusal_is_told_on_standard_error_with_its_code_and_hint() {
    let (home, exchange) = (Home::new(), StandInExchange::start(Answers::Refusing(403, refusal("NoRoleMapping"))));
    let refused = home.credentials(exchange.url(), &[]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert_eq!(refused.stderr, "error: NoRoleMapping: this is what is wrong\n  this is what to do\n");
    let refused = home.credentials(exchange.url(), &["--json"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    let said: serde_json::Value = serde_json::from_str(&refused.stderr).expect("it is one line of JSON");
    assert_eq!(said["error"]["code"], "NoRoleMapping");
}

#[test]
fn with_json_everything_that_is_wrong_is_told_in_one_line_of_it() {
    let (home, exchange) = (Home::new(), lasting(15));
    let (good, region) = (exchange.url(), [("AWS_REGION", "no region")]);
    for (url, profile, variables, code) in [
        ("http://gateway.example/mcp", "person", &[][..], 2),
        ("nonsense", "person", &[], 2),
        (good, "person", &region, 1),
        (good, "nobody", &[], 1),
    ] {
        let refused = home.run_with(&["credentials", "--url", url, "--profile", profile, "--json"], variables);
        assert_eq!((refused.code, refused.stdout.as_str()), (code, ""), "{url} {profile}");
        let said: serde_json::Value = serde_json::from_str(&refused.stderr).expect("it is one line of JSON");
        assert!(said["error"]["message"].is_string(), "{said}");
    }
    // What --install shows is for people.
    assert_eq!(home.credentials(good, &["--json", "--install", "gw", "--yes"]).code, 2);
    assert_eq!(exchange.asked().len(), 0);
}

#[test]
fn a_reply_that_anybody_could_read_is_refused() {
    let (home, exchange) = (Home::new(), StandInExchange::start(Answers::Unsealed));
    let refused = home.credentials(exchange.url(), &[]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("not sealed"), "{}", refused.stderr);
    assert!(!home.cache().read_dir().expect("it is there").any(|entry| {
        entry.is_ok_and(|entry| entry.path().extension().is_some_and(|extension| extension == "json"))
    }));
}

#[test]
fn a_token_in_a_file_is_shown_as_it_is() {
    let (home, exchange) = (Home::new(), lasting(15));
    let token = home.0.path().join("token");
    fs::write(&token, "eyJ.a.b\n").expect("the folder is ours");
    let token = token.to_str().expect("temporary folders have plain names");
    let url = format!("{}/dev", exchange.url());
    let ran = home.run_with(&["credentials", "--url", &url, "--web-identity-token-file", token], &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let [asked] = &exchange.asked()[..] else { unreachable!("it asked once") };
    assert_eq!((asked.target.as_str(), &asked.body["token"]), ("/credentials/dev", &json!("eyJ.a.b")));
}

#[test]
fn a_profile_that_asks_itself_is_refused_and_says_what_to_do() {
    let (home, exchange) = (Home::new(), lasting(15));
    home.configure("[profile gw]\ncredential_process = /x/iam-mcp-gateway credentials --url http://127.0.0.1:9/mcp\n");
    for (arguments, variables) in [(&[][..], &[("AWS_PROFILE", "gw")][..]), (&["--profile", "gw"], &[])] {
        let command = [&["credentials", "--url", exchange.url()], arguments].concat();
        let refused = home.run_with(&command, variables);
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
        assert!(refused.stderr.contains("--profile"), "{}", refused.stderr);
    }
    assert_eq!(exchange.asked().len(), 0);
}

#[test]
fn without_an_identity_it_says_how_to_have_one() {
    let (home, exchange) = (Home::new(), lasting(15));
    let refused = home.run_with(&["credentials", "--url", exchange.url()], &[]);
    assert_eq!((refused.code, refused.stdout.as_str(), exchange.asked().len()), (1, "", 0));
    assert!(refused.stderr.contains("aws sso login"), "{}", refused.stderr);
    for url in ["http://gateway.example/mcp", "https://gateway.example/", "nonsense"] {
        assert_eq!(home.credentials(url, &[]).code, 2, "{url}");
    }
    assert_eq!(home.credentials(exchange.url(), &["--sts-endpoint", "https://sts.example.com"]).code, 2);
}

#[test]
fn a_profile_is_installed_after_it_was_shown_and_only_when_somebody_agrees() {
    let (home, exchange) = (Home::new(), lasting(15));
    let before = fs::read_to_string(home.config()).expect("it is there");
    let unasked = home.credentials(exchange.url(), &["--install", "gw"]);
    assert_eq!((unasked.code, fs::read_to_string(home.config()).expect("it is there")), (2, before.clone()));
    let itself = home.credentials(exchange.url(), &["--install", "person", "--yes"]);
    assert_eq!((itself.code, fs::read_to_string(home.config()).expect("it is there")), (2, before.clone()));

    fs::set_permissions(home.config(), fs::Permissions::from_mode(0o640)).expect("the file is ours");
    let written = home.credentials(exchange.url(), &["--install", "gw", "--yes"]);
    assert_eq!((written.code, written.stdout.as_str()), (0, ""), "{}", written.stderr);
    assert!(written.stderr.contains("+[profile gw]"), "{}", written.stderr);
    let after = fs::read_to_string(home.config()).expect("it is there");
    let added = after.strip_prefix(&before).expect("the rest stays");
    let program = env!("CARGO_BIN_EXE_iam-mcp-gateway");
    let url = exchange.url();
    assert_eq!(
        added,
        format!(
            "\n[profile gw]\ncredential_process = {program} credentials --url {url} --profile person\nregion = us-east-1\n"
        )
    );
    assert_eq!((mode(&home.config()), exchange.asked().len()), (0o640, 0));
    let again = home.credentials(exchange.url(), &["--install", "gw"]);
    assert_eq!((again.code, fs::read_to_string(home.config()).expect("it is there")), (0, after));

    // The whole way through AWS's own reading of that file.
    let called = home.run_with(&["call", "whoami", "--url", url], &[("AWS_PROFILE", "gw")]);
    assert_eq!(called.code, 1);
    let last = exchange.asked().pop().expect("it was asked");
    assert_eq!(last.target, "/mcp");
    assert!(last.authorization.is_some_and(|said| said.contains("Credential=IMGT1/")));
}

#[test]
fn another_profile_of_the_name_is_shown_without_its_secrets_and_replaced_by_nobody_s_leave() {
    let (home, exchange) = (Home::new(), lasting(15));
    let elsewhere = home.0.path().join("other config");
    fs::write(&elsewhere, "[profile gw]\naws_access_key_id = AKIAOLD\naws_secret_access_key = hush\n").expect("ours");
    let elsewhere = elsewhere.to_str().expect("temporary folders have plain names");
    let command = ["credentials", "--url", exchange.url(), "--aws-config", elsewhere, "--install", "gw", "--yes"];
    let written = home.run_with(&command, &[]);
    assert_eq!(written.code, 2, "{}", written.stderr);
    assert!(written.stderr.contains("-aws_access_key_id = AKIAOLD") && !written.stderr.contains("hush"));
    assert!(written.stderr.contains("--yes does not replace that"), "{}", written.stderr);
    let text = || fs::read_to_string(elsewhere).expect("it is there");
    assert!(text().contains("AKIAOLD") && text().contains("hush"));

    let own = "[profile gw]\ncredential_process = /old/iam-mcp-gateway credentials --url http://127.0.0.1:9/mcp\n";
    fs::write(elsewhere, own).expect("ours");
    assert_eq!(home.run_with(&command, &[]).code, 0);
    assert!(!text().contains("/old/") && text().contains(&format!(" --aws-config \"{elsewhere}\"")), "{}", text());
    let default = ["credentials", "--url", exchange.url(), "--aws-config", elsewhere, "--install", "default", "--yes"];
    let refused = home.run_with(&default, &[]);
    assert!(refused.code == 2 && refused.stderr.contains("exchanged for itself"), "{}", refused.stderr);
}

#[test]
fn a_call_with_awss_own_credentials_is_signed_with_what_they_are_exchanged_for() {
    let (home, exchange) = (Home::new(), lasting(15));
    let person =
        [("AWS_ACCESS_KEY_ID", "ASIAPERSON"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", SESSION)];
    for _ in 0..2 {
        home.run_with(&["call", "whoami", "--url", exchange.url()], &person);
    }
    let asked = exchange.asked();
    let targets: Vec<&str> = asked.iter().map(|asked| asked.target.as_str()).collect();
    assert_eq!(targets, ["/credentials", "/mcp", "/mcp"]);
    for call in &asked[1..] {
        let authorization = call.authorization.as_deref().unwrap_or_default();
        assert!(authorization.contains("Credential=IMGT1/") && authorization.contains("x-amz-security-token"));
    }
    // A gateway's own key signs as it is, and needs no cache.
    fs::set_permissions(home.cache(), fs::Permissions::from_mode(0o755)).expect("the folder is ours");
    let key = [("AWS_ACCESS_KEY_ID", "IMGKOWN"), ("AWS_SECRET_ACCESS_KEY", "own")];
    home.run_with(&["call", "whoami", "--url", exchange.url()], &key);
    let last = exchange.asked().pop().expect("it was asked");
    assert!(last.authorization.is_some_and(|said| said.contains("Credential=IMGKOWN/")));
    assert_eq!(exchange.asked().len(), 4);
}

#[test]
fn an_approval_is_not_signed_with_what_was_exchanged() {
    let (home, exchange) = (Home::new(), lasting(15));
    let command = ["approve", "--url", exchange.url(), "--show", "a-plan-token"];
    for (more, variables) in [(&[][..], &[("AWS_PROFILE", "person")][..]), (&["--profile", "person"], &[])] {
        let refused = home.run_with(&[&command[..], more].concat(), variables);
        assert_eq!((refused.code, refused.stdout.as_str(), exchange.asked().len()), (2, "", 0));
        assert!(refused.stderr.contains("keyring"), "{}", refused.stderr);
    }
    // What would do nothing is not offered.
    for option in [
        ["--proof", "caller-identity"],
        ["--web-identity-token-file", "token"],
        ["--audience", "x"],
        ["--sts-region", "us-east-1"],
        ["--sts-endpoint", "http://127.0.0.1:9"],
        ["--cache-dir", "x"],
    ] {
        let refused = home.run_with(&[&command[..], &option].concat(), &[("AWS_PROFILE", "person")]);
        assert_eq!(refused.code, 2, "{option:?}");
        assert!(refused.stderr.contains("unexpected argument"), "{option:?}: {}", refused.stderr);
    }
}
