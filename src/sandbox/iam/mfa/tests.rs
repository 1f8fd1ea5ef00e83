use data_encoding::{BASE32, BASE64};

use crate::sandbox::testing::Bench;

const BOB: (&str, &str) = ("UserName", "bob");
const PHONE: &str = "arn:aws:iam::123456789012:mfa/team/phone";
const CODES: [(&str, &str); 2] = [("AuthenticationCode1", "123456"), ("AuthenticationCode2", "654321")];

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateUser", &[BOB]);
    bench.ok("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone"), ("Path", "/team/")]);
    bench
}

fn enable(serial_number: &str) -> [(&str, &str); 4] {
    [BOB, ("SerialNumber", serial_number), CODES[0], CODES[1]]
}

#[test]
fn a_virtual_device_is_made_with_a_seed_that_nobody_keeps() {
    let mut bench = bench();
    let made = bench.ok("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "watch")]);
    assert_eq!(made.get("SerialNumber").unwrap(), "arn:aws:iam::123456789012:mfa/watch");
    let seed = BASE64.decode(made.get("Base32StringSeed").unwrap().as_bytes()).unwrap();
    assert_eq!((seed.len(), BASE32.decode(&seed).unwrap().len()), (64, 40));
    assert!(!format!("{:?}", bench.account).contains(std::str::from_utf8(&seed).unwrap()));
    let again = [("VirtualMFADeviceName", "watch")];
    assert_eq!(bench.refused("CreateVirtualMFADevice", &again, "EntityAlreadyExists"), "MFA device already exists.");
    bench.refused("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "x"), ("Path", "team/")], "ValidationError");
    bench.refused("CreateVirtualMFADevice", &[], "ValidationError");
    let tagged = bench.ok(
        "CreateVirtualMFADevice",
        &[("VirtualMFADeviceName", "key"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")],
    );
    assert_eq!(tagged.tags(), [("k".to_owned(), "v".to_owned())]);
}

#[test]
fn a_device_is_enabled_told_deactivated_and_deleted() {
    let mut bench = bench();
    bench.ok("EnableMFADevice", &enable(PHONE));
    assert_eq!(
        bench.ok("ListMFADevices", &[BOB]).0,
        format!(
            "<IsTruncated>false</IsTruncated><MFADevices><member><UserName>bob</UserName>\
             <SerialNumber>{PHONE}</SerialNumber><EnableDate>2026-03-01T12:00:00Z</EnableDate></member></MFADevices>"
        )
    );
    let delete = [("SerialNumber", PHONE)];
    assert_eq!(
        bench.refused("DeleteVirtualMFADevice", &delete, "DeleteConflict"),
        "MFA VirtualDevice in use. Must deactivate first."
    );
    bench.ok("DeactivateMFADevice", &[BOB, delete[0]]);
    assert!(bench.ok("ListMFADevices", &[BOB]).all("SerialNumber").is_empty());
    bench.ok("DeleteVirtualMFADevice", &delete);
    assert_eq!(
        bench.refused("DeleteVirtualMFADevice", &delete, "NoSuchEntity"),
        format!("MFA Device with serial number {PHONE} does not exist.")
    );
}

#[test]
fn virtual_devices_are_told_with_the_user_who_holds_them() {
    let mut bench = bench();
    for name in ["tablet", "watch"] {
        bench.ok("CreateVirtualMFADevice", &[("VirtualMFADeviceName", name)]);
    }
    bench.ok("EnableMFADevice", &enable(PHONE));
    let assigned = bench.ok("ListVirtualMFADevices", &[("AssignmentStatus", "Assigned")]);
    let id = bench.ok("GetUser", &[BOB]).get("UserId").unwrap();
    assert_eq!(
        assigned.get("VirtualMFADevices").unwrap(),
        format!(
            "<member><SerialNumber>{PHONE}</SerialNumber><User><Path>/</Path><UserName>bob</UserName><UserId>{id}</UserId>\
             <Arn>arn:aws:iam::123456789012:user/bob</Arn><CreateDate>2026-03-01T12:00:00Z</CreateDate></User>\
             <EnableDate>2026-03-01T12:00:00Z</EnableDate></member>"
        )
    );
    let unassigned = bench.ok("ListVirtualMFADevices", &[("AssignmentStatus", "Unassigned")]);
    let others = ["tablet", "watch"].map(|name| format!("arn:aws:iam::123456789012:mfa/{name}"));
    assert_eq!(unassigned.all("SerialNumber"), others);
    assert!(unassigned.get("User").is_none());
    let [first, second] = others;
    let pages = bench.pages("ListVirtualMFADevices", &[], 2, "SerialNumber");
    assert_eq!(
        pages,
        [vec![first, PHONE.to_owned()], vec![second]].map(|mut page| {
            page.sort();
            page
        })
    );
    bench.refused("ListVirtualMFADevices", &[("AssignmentStatus", "Some")], "ValidationError");
}

#[test]
fn a_device_that_a_user_was_given_elsewhere_counts_as_virtual_by_its_arn() {
    let mut bench = bench();
    bench.ok("EnableMFADevice", &enable(PHONE));
    bench.account.virtual_mfa_devices.clear();
    assert_eq!(bench.ok("ListVirtualMFADevices", &[]).all("SerialNumber"), [PHONE]);
    bench.refused("DeleteVirtualMFADevice", &[("SerialNumber", PHONE)], "DeleteConflict");
    bench.ok("DeactivateMFADevice", &[BOB, ("SerialNumber", PHONE)]);
    assert_eq!(bench.ok("ListVirtualMFADevices", &[]).all("SerialNumber"), [PHONE]);
    bench.ok("DeleteVirtualMFADevice", &[("SerialNumber", PHONE)]);
}

#[test]
fn two_codes_must_differ_and_have_six_digits() {
    let mut bench = bench();
    let same = [BOB, ("SerialNumber", PHONE), CODES[0], ("AuthenticationCode2", "123456")];
    let message = bench.refused("EnableMFADevice", &same, "InvalidAuthenticationCode");
    assert_eq!(message, "Authentication code for device is not valid.");
    for code in ["12345", "1234567", "12345x"] {
        let fields = [BOB, ("SerialNumber", PHONE), CODES[0], ("AuthenticationCode2", code)];
        bench.refused("EnableMFADevice", &fields, "ValidationError");
    }
    bench.refused("EnableMFADevice", &[BOB, ("SerialNumber", PHONE)], "ValidationError");
}

#[test]
fn what_is_held_gone_or_one_too_many_is_not_enabled() {
    let mut bench = bench();
    bench.ok("EnableMFADevice", &enable(PHONE));
    bench.ok("CreateUser", &[("UserName", "eve")]);
    let eve = [("UserName", "eve"), ("SerialNumber", PHONE), CODES[0], CODES[1]];
    assert_eq!(bench.refused("EnableMFADevice", &eve, "EntityAlreadyExists"), "MFA Device is already in use.");
    let gone = "arn:aws:iam::123456789012:mfa/gone";
    bench.refused("EnableMFADevice", &enable(gone), "NoSuchEntity");
    let nobody = [("UserName", "nobody"), ("SerialNumber", PHONE), CODES[0], CODES[1]];
    assert_eq!(bench.refused("EnableMFADevice", &nobody, "NoSuchEntity"), "The user with name nobody cannot be found.");
    for number in 1..8 {
        // Tokens that one can hold need not be made first.
        bench.ok("EnableMFADevice", &enable(&format!("GAHT1234567{number}")));
    }
    assert_eq!(
        bench.refused("EnableMFADevice", &enable("GAHT12345678"), "LimitExceeded"),
        "Cannot exceed quota for MFADevicesPerUser: 8"
    );
    let pages = bench.pages("ListMFADevices", &[BOB], 5, "SerialNumber");
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [5, 3]);
    assert_eq!(bench.ok("ListVirtualMFADevices", &[]).all("SerialNumber"), [PHONE]);
}

#[test]
fn a_device_is_deactivated_by_who_holds_it() {
    let mut bench = bench();
    let fields = [BOB, ("SerialNumber", PHONE)];
    assert_eq!(
        bench.refused("DeactivateMFADevice", &fields, "NoSuchEntity"),
        format!("MFA Device with serial number {PHONE} does not exist.")
    );
    bench.refused("DeactivateMFADevice", &[("UserName", "nobody"), fields[1]], "NoSuchEntity");
    bench.refused("DeactivateMFADevice", &[BOB, ("SerialNumber", "short")], "ValidationError");
    bench.ok("CreateUser", &[("UserName", "caller")]);
    bench.ok("EnableMFADevice", &[("UserName", "caller"), fields[1], CODES[0], CODES[1]]);
    assert_eq!(bench.ok("ListMFADevices", &[]).all("UserName"), ["caller"]);
    bench.ok("DeactivateMFADevice", &[fields[1]]);
    bench.refused("ListMFADevices", &[("UserName", "nobody")], "NoSuchEntity");
}
