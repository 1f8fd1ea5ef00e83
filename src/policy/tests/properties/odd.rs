//! What nobody sends, unless to see what happens.

use serde_json::{Map, Value, json};

use crate::policy::tests::dice::Dice;
use crate::policy::{Context, Principal};

/// Texts with control characters, with what no document means by them, huge and long.
pub(super) fn text(dice: &mut Dice) -> String {
    const ODD: [&str; 26] = [
        "",
        "\0",
        "\u{7f}\u{1b}[2J",
        "\r\n",
        "\u{feff}",
        "\u{202e}",
        "\u{10ffff}",
        "\u{212a}",
        "ß",
        "İ",
        "e\u{301}",
        "${",
        "${}",
        "${aws:username",
        "${aws:username, '",
        "${*",
        "$",
        "arn:",
        "arn:aws:::::",
        "*:*",
        ":",
        "/",
        "::ffff:1.2.3.4",
        "99999-99-99T99:99:99Z",
        "-",
        "=",
    ];
    match dice.below(8) {
        0 => "9".repeat(1 + dice.below(400)),
        1 => format!("-{}.{}e{}", "0".repeat(dice.below(20)), "1".repeat(dice.below(40)), dice.below(400)),
        2 => (*dice.pick(&["a", "*", "?", "a*", "ß", "${a:b}", ":", "*?"])).repeat(1 + dice.below(5_000)),
        3 => (0..dice.below(12))
            .map(|_| char::from_u32(u32::try_from(dice.below(0x500)).expect("small")).expect("no surrogate"))
            .collect(),
        4 => (0..1 + dice.below(4)).map(|_| *dice.pick(&ODD)).collect(),
        5 => (*dice.pick(&["true", "0.0.0.0/0", "1970-01-01", "QQ==", "a", "arn:aws:s3:::a"])).to_owned(),
        _ => (*dice.pick(&ODD)).to_owned(),
    }
}

/// The keys that policies here name, with odd values.
pub(super) fn context(dice: &mut Dice) -> Context {
    let mut context = Context::new();
    for key in ["aws:RequestTag/k", "aws:TagKeys", "aws:username", "s3:max-keys", "aws:CurrentTime", "aws:SourceIp"] {
        let values: Vec<String> = (0..dice.below(4)).map(|_| text(dice)).collect();
        context.set_all(key, values);
    }
    for key in ["aws:PrincipalTag/team", "aws:SecureTransport", "aws:RequestTag/Bin", "aws:PrincipalArn"] {
        context.set(key, text(dice));
    }
    context.set(&text(dice), text(dice));
    context
}

pub(super) fn principal(dice: &mut Dice) -> Principal {
    let text = text(dice);
    let principal = match dice.below(6) {
        0 => Principal::service(&text),
        1 => Principal::federated(&text),
        2 => Principal::anonymous(),
        3 => Principal::role_session(&"arn:aws:iam::123456789012:role/ops/dev".parse().expect("a role"), &text),
        4 => Principal::from_arn(&format!("arn:aws:sts::123456789012:assumed-role/{text}"))
            .unwrap_or_else(|_| Principal::anonymous()),
        _ => Principal::from_arn("arn:aws:iam::123456789012:user/alice").expect("a user"),
    };
    if dice.percent(30) { principal.with_unique_id(&self::text(dice)) } else { principal }
}

/// A JSON value that may stand anywhere but where it is put.
fn value(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(12) {
        0 => Value::Null,
        1 => json!(dice.percent(50)),
        2 => json!(dice.roll()),
        3 => json!(1e300),
        4 => json!(-0.0),
        5 if depth > 0 => (0..dice.below(4)).map(|_| value(dice, depth - 1)).collect(),
        6 if depth > 0 => {
            let name = |dice: &mut Dice| match dice.below(4) {
                0 => text(dice),
                1 => (*dice.pick(&["AWS", "Service", "Federated", "CanonicalUser", "Statement"])).to_owned(),
                2 => (*dice.pick(&["Null", "StringLike", "ForAllValues:ArnLike", "DateEqualsIfExists"])).to_owned(),
                _ => (*dice.pick(&["aws:TagKeys", "aws:username", "Effect", "Action"])).to_owned(),
            };
            Value::Object((0..dice.below(4)).map(|_| (name(dice), value(dice, depth - 1))).collect::<Map<_, _>>())
        }
        7 => json!("*"),
        8 => json!("Allow"),
        _ => json!(text(dice)),
    }
}

/// The document with something odd in some of its places.
pub(super) fn spoilt(dice: &mut Dice, document: &Value) -> Value {
    match document {
        _ if dice.percent(4) => value(dice, 3),
        Value::Array(items) => items.iter().map(|item| spoilt(dice, item)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let name = if dice.percent(2) { text(dice) } else { name.clone() };
                (name, spoilt(dice, value))
            });
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}
