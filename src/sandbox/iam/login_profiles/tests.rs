use crate::sandbox::testing::Bench;

const BOB: (&str, &str) = ("UserName", "bob");
const PASSWORD: (&str, &str) = ("Password", "correct-Horse-1");

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[BOB]);
    bench
}

#[test]
fn a_profile_is_made_told_changed_and_deleted() {
    let mut bench = bench();
    let told = |reset| {
        format!(
            "<LoginProfile><UserName>bob</UserName><CreateDate>2026-03-01T12:00:00Z</CreateDate>\
             <PasswordResetRequired>{reset}</PasswordResetRequired></LoginProfile>"
        )
    };
    assert_eq!(bench.ok("CreateLoginProfile", &[("UserName", "BOB"), PASSWORD]).0, told(false));
    assert_eq!(bench.ok("GetLoginProfile", &[BOB]).0, told(false));
    bench.now += jiff::SignedDuration::from_hours(1);
    bench.ok("UpdateLoginProfile", &[BOB, ("PasswordResetRequired", "true")]);
    assert_eq!(bench.account.user("bob").unwrap().password_changed, None);
    bench.ok("UpdateLoginProfile", &[BOB, ("Password", "another-Horse-2")]);
    assert_eq!(bench.account.user("bob").unwrap().password_changed, Some(bench.now));
    assert_eq!(bench.ok("GetLoginProfile", &[BOB]).0, told(true));
    bench.ok("DeleteLoginProfile", &[BOB]);
    assert_eq!(bench.refused("GetLoginProfile", &[BOB], "NoSuchEntity"), "Login Profile for User bob cannot be found.");
}

#[test]
fn a_password_is_neither_kept_nor_told() {
    let mut bench = bench();
    bench.ok("CreateLoginProfile", &[BOB, PASSWORD]);
    bench.ok("UpdateLoginProfile", &[BOB, ("Password", "another-Horse-2")]);
    assert!(!format!("{:?}", bench.account).contains("Horse"));
    for password in ["short", &"long".repeat(40), "euro \u{20ac} sign"] {
        let error = bench.run("UpdateLoginProfile", &[BOB, ("Password", password)]).unwrap_err();
        assert!(!error.message.contains(password), "{error:?}");
    }
}

#[test]
fn a_user_has_one_profile() {
    let mut bench = bench();
    bench.ok("CreateLoginProfile", &[BOB, PASSWORD]);
    assert_eq!(
        bench.refused("CreateLoginProfile", &[BOB, PASSWORD], "EntityAlreadyExists"),
        "Login Profile for user bob already exists."
    );
}

#[test]
fn missing_users_profiles_and_passwords_are_told() {
    let mut bench = bench();
    for action in ["GetLoginProfile", "UpdateLoginProfile", "DeleteLoginProfile"] {
        let message = bench.refused(action, &[BOB], "NoSuchEntity");
        assert_eq!(message, "Login Profile for User bob cannot be found.");
        bench.refused(action, &[("UserName", "gone")], "NoSuchEntity");
    }
    bench.refused("CreateLoginProfile", &[("UserName", "gone"), PASSWORD], "NoSuchEntity");
    bench.refused("CreateLoginProfile", &[BOB], "ValidationError");
    bench.refused("UpdateLoginProfile", &[PASSWORD], "ValidationError");
    bench.refused("CreateLoginProfile", &[BOB, ("Password", "weak")], "PasswordPolicyViolation");
}

#[test]
fn without_a_user_name_the_caller_is_meant() {
    let mut bench = bench();
    bench.ok("CreateUser", &[("UserName", "caller")]);
    bench.ok("CreateLoginProfile", &[PASSWORD]);
    assert_eq!(bench.ok("GetLoginProfile", &[]).get("UserName").unwrap(), "caller");
    bench.ok("DeleteLoginProfile", &[]);
}
