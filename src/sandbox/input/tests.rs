use super::*;
use crate::sandbox::constraint::{ENTITY_NAME_64, TAG_KEY, TAG_VALUE};
use crate::sandbox::secret_parameters::SECRET;

fn fields(pairs: &[(&str, &str)]) -> Fields {
    Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn refused<T: fmt::Debug>(result: Result<T, ServiceError>) -> String {
    result.unwrap_err().message.into_owned()
}

#[test]
fn everything_that_is_bad_is_told_at_once() {
    let fields = fields(&[("MaxItems", "0"), ("UserName", "")]);
    let message = refused(fields.read(|input| {
        (
            input.required("UserName", &ENTITY_NAME_64),
            input.number("MaxItems", 1..=1000),
            input.required("Path", &TAG_KEY),
        )
    }));
    assert_eq!(
        message,
        "3 validation errors detected: Value '' at 'userName' failed to satisfy constraint: Member must have length \
         greater than or equal to 1; Value '0' at 'maxItems' failed to satisfy constraint: Member must have value \
         greater than or equal to 1; Value null at 'path' failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn a_name_with_a_blank_is_refused_in_the_words_of_iam() {
    let message = refused(fields(&[("UserName", "a b")]).read(|i| i.required("UserName", &ENTITY_NAME_64).len()));
    assert_eq!(
        message,
        "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the \
         following: +=,.@_-"
    );
}

#[test]
fn iam_tells_no_values_and_nobody_tells_passwords() {
    let told = |version| {
        let fields = fields(&[("Version", version), ("UserName", ""), ("NewPassword", "")]);
        refused(
            fields.read(|input| (input.required("UserName", &ENTITY_NAME_64), input.required("NewPassword", &TAG_KEY))),
        )
    };
    let (iam, sts) = (told("2010-05-08"), told("2011-06-15"));
    assert!(iam.contains("Value at 'userName'") && iam.contains("Value at 'newPassword'"), "{iam}");
    assert!(sts.contains("Value '' at 'userName'") && sts.contains("Value at 'newPassword'"), "{sts}");
}

#[test]
fn what_the_trail_hides_no_message_tells() {
    for name in SECRET {
        let told = |name: &str, version| {
            let fields = fields(&[("Version", version), (name, "hunter2"), ("A.member.1.Key", "k")]);
            refused(fields.read(|input| {
                input.choice(name, &[]);
                input.number(name, 0..=1);
                input.flag(name);
                input.optional(name, &Text { max: 1, ..ANYTHING });
            }))
        };
        for version in ["2010-05-08", "2011-06-15"] {
            let message = told(name, version);
            assert!(message.starts_with("4 validation errors") && !message.contains("hunter2"), "{message}");
        }
        assert!(told("UserName", "2011-06-15").contains("hunter2"));
    }
}

#[test]
fn one_of_a_few_words_must_be_there_and_among_them() {
    let read = |pairs: &[(&str, &str)]| fields(pairs).read(|i| i.required_choice("Status", &["On", "Off"]).to_owned());
    assert_eq!(read(&[("Status", "Off")]).unwrap(), "Off");
    assert!(refused(read(&[])).contains("Value null at 'status'"));
    assert!(refused(read(&[("Status", "off")])).ends_with("Member must satisfy enum value set"));
    let list = fields(&[("Kinds.member.1", "a"), ("Kinds.member.2", "c")]);
    assert!(refused(list.read(|i| i.choices("Kinds", &["a", "b"]).len())).contains("'c' at 'kinds.2.member'"));
}

#[test]
fn members_are_read_one_after_the_other() {
    let fields = fields(&[
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", ""),
        ("Tags.member.2.Key", "b"),
        ("Tags.member.2.Value", "2"),
        ("TagsOf.member.4", "another list"),
    ]);
    let tags = fields
        .read(|input| input.members("Tags", |tag| (tag.required("Key", &TAG_KEY), tag.required("Value", &TAG_VALUE))));
    assert_eq!(tags.unwrap(), [("a", ""), ("b", "2")]);
}

#[test]
fn what_stands_in_a_list_and_is_no_member_that_is_read_is_refused_by_its_name() {
    let of_list = |more: &[(&str, &str)]| {
        let mut pairs = vec![
            ("Tags.member.1.Key", "a"),
            ("Tags.member.1.Value", ""),
            ("Keys.member.1", "a"),
            ("Kinds.member.1", "a"),
        ];
        pairs.extend(more);
        fields(&pairs).read(|input| {
            let tag =
                |tag: &Input<'_>| (tag.required("Key", &TAG_KEY).len(), tag.optional("Value", &TAG_VALUE).is_some());
            (input.members("Tags", tag), input.texts("Keys", &TAG_KEY).len(), input.choices("Kinds", &["a"]).len())
        })
    };
    of_list(&[]).unwrap();
    // Clients send an empty list as an empty field of the list's own name.
    of_list(&[("Tags", ""), ("Keys", ""), ("Kinds", "")]).unwrap();
    for list in ["Tags", "Keys", "Kinds"] {
        let field = if list == "Tags" { ".Key" } else { "" };
        for name in [
            format!("{list}.member.0{field}"),
            format!("{list}.member.01{field}"),
            format!("{list}.member.3{field}"),
            format!("{list}.member.+2{field}"),
            format!("{list}.member.-1{field}"),
            format!("{list}.member.{field}"),
            format!("{list}.member.1.Other"),
            format!("{list}.member.1{field}.member.1"),
            format!("{list}.member"),
            format!("{list}.Member.2{field}"),
            format!("{list}.entry.1{field}"),
            format!("{list}.2{field}"),
            format!("{list}."),
            list.to_owned(),
        ] {
            assert_eq!(
                refused(of_list(&[(&name, "a")])),
                format!(
                    "1 validation error detected: '{name}' is not part of the list '{list}': its members are \
                     {list}.member.1, {list}.member.2 and so on without a gap, each with fields that it knows"
                )
            );
        }
    }
}

#[test]
fn of_many_strangers_in_a_list_one_is_told_and_of_a_long_name_its_beginning() {
    let long = format!("Keys.{}", "x".repeat(5000));
    let message = refused(fields(&[(&long, ""), ("Keys.y", "")]).read(|input| input.texts("Keys", &TAG_KEY).len()));
    assert!(message.len() < 500 && message.starts_with("1 validation error detected: 'Keys.xxx"), "{message}");
}

#[test]
fn a_fault_within_a_list_names_its_place() {
    let fields = fields(&[("Tags.member.1.Value", "x")]);
    let message = refused(fields.read(|input| input.members("Tags", |tag| tag.required("Key", &TAG_KEY).len())));
    assert!(message.contains("Value null at 'tags.1.member.key'"), "{message}");
}
