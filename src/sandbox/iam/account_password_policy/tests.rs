use crate::sandbox::testing::Bench;

#[test]
fn a_policy_that_was_never_set_is_not_there() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.refused("GetAccountPasswordPolicy", &[], "NoSuchEntity"),
        "The Password Policy with domain name 123456789012 cannot be found."
    );
    assert_eq!(
        bench.refused("DeleteAccountPasswordPolicy", &[], "NoSuchEntity"),
        "The account policy with name PasswordPolicy cannot be found."
    );
}

#[test]
fn what_is_left_out_goes_back_to_its_default() {
    let mut bench = Bench::new();
    bench.ok(
        "UpdateAccountPasswordPolicy",
        &[
            ("MinimumPasswordLength", "14"),
            ("RequireSymbols", "true"),
            ("RequireNumbers", "true"),
            ("RequireUppercaseCharacters", "true"),
            ("RequireLowercaseCharacters", "true"),
            ("AllowUsersToChangePassword", "true"),
            ("MaxPasswordAge", "90"),
            ("PasswordReusePrevention", "24"),
            ("HardExpiry", "false"),
        ],
    );
    assert_eq!(
        bench.ok("GetAccountPasswordPolicy", &[]).0,
        "<PasswordPolicy><MinimumPasswordLength>14</MinimumPasswordLength><RequireSymbols>true</RequireSymbols>\
         <RequireNumbers>true</RequireNumbers><RequireUppercaseCharacters>true</RequireUppercaseCharacters>\
         <RequireLowercaseCharacters>true</RequireLowercaseCharacters>\
         <AllowUsersToChangePassword>true</AllowUsersToChangePassword><ExpirePasswords>true</ExpirePasswords>\
         <MaxPasswordAge>90</MaxPasswordAge><PasswordReusePrevention>24</PasswordReusePrevention>\
         <HardExpiry>false</HardExpiry></PasswordPolicy>"
    );
    bench.ok("UpdateAccountPasswordPolicy", &[]);
    assert_eq!(
        bench.ok("GetAccountPasswordPolicy", &[]).0,
        "<PasswordPolicy><MinimumPasswordLength>6</MinimumPasswordLength><RequireSymbols>false</RequireSymbols>\
         <RequireNumbers>false</RequireNumbers><RequireUppercaseCharacters>false</RequireUppercaseCharacters>\
         <RequireLowercaseCharacters>false</RequireLowercaseCharacters>\
         <AllowUsersToChangePassword>false</AllowUsersToChangePassword><ExpirePasswords>false</ExpirePasswords>\
         </PasswordPolicy>"
    );
    bench.ok("DeleteAccountPasswordPolicy", &[]);
    bench.refused("GetAccountPasswordPolicy", &[], "NoSuchEntity");
}

#[test]
fn numbers_out_of_bounds_are_told_together() {
    let fields = [("MinimumPasswordLength", "129"), ("PasswordReusePrevention", "25"), ("MaxPasswordAge", "1096")];
    let message = Bench::new().refused("UpdateAccountPasswordPolicy", &fields, "ValidationError");
    assert!(message.starts_with("3 validation errors detected: "), "{message}");
    for field in [("MinimumPasswordLength", "5"), ("MaxPasswordAge", "0"), ("HardExpiry", "no")] {
        Bench::new().refused("UpdateAccountPasswordPolicy", &[field], "ValidationError");
    }
}

#[test]
fn without_a_policy_aws_wants_eight_characters_of_three_kinds_and_not_the_name() {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[("UserName", "Bob-12345")]);
    for (password, good) in
        [("Abcdef12", true), ("abcd-123", true), ("Abcde12", false), ("abcdefg1", false), ("bob-12345", false)]
    {
        let fields = [("UserName", "Bob-12345"), ("Password", password)];
        match good {
            true => {
                bench.ok("CreateLoginProfile", &fields);
                bench.ok("DeleteLoginProfile", &fields[..1]);
            }
            false => {
                let message = bench.refused("CreateLoginProfile", &fields, "PasswordPolicyViolation");
                assert_eq!(message, "Password does not conform to the account password policy.");
            }
        }
    }
}

#[test]
fn each_demand_of_a_policy_is_a_demand() {
    for (demand, good, bad) in [
        (("MinimumPasswordLength", "10"), "aaaaaaaaaa", "aaaaaaaaa"),
        (("RequireLowercaseCharacters", "true"), "AAAAAAa", "AAAAAAA"),
        (("RequireUppercaseCharacters", "true"), "aaaaaaA", "aaaaaaa"),
        (("RequireNumbers", "true"), "aaaaaa1", "aaaaaaa"),
        (("RequireSymbols", "true"), "aaaaaa|", "aaaaaa~"),
    ] {
        let mut bench = Bench::new();
        bench.ok("CreateUser", &[("UserName", "bob")]);
        bench.ok("UpdateAccountPasswordPolicy", &[demand]);
        bench.refused("CreateLoginProfile", &[("UserName", "bob"), ("Password", bad)], "PasswordPolicyViolation");
        bench.ok("CreateLoginProfile", &[("UserName", "bob"), ("Password", good)]);
    }
}
