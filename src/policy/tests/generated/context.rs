//! Condition keys of requests: missing, empty, with one value and with several.

use crate::policy::tests::dice::Dice;

/// What the values of a key are meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Text,
    Number,
    Date,
    Bool,
    Binary,
    Address,
    Arn,
}

/// Keys as policies name them; some stand here in two letter cases, and are one key.
pub(super) const KEYS: [(&str, Family); 14] = [
    ("aws:RequestTag/k", Family::Text),
    ("AWS:requesttag/K", Family::Text),
    ("aws:TagKeys", Family::Text),
    ("aws:username", Family::Text),
    ("aws:PrincipalTag/team", Family::Text),
    ("s3:max-keys", Family::Number),
    ("aws:RequestTag/cost center", Family::Number),
    ("aws:CurrentTime", Family::Date),
    ("aws:SecureTransport", Family::Bool),
    ("aws:RequestTag/Bin", Family::Binary),
    ("aws:SourceIp", Family::Address),
    ("aws:VpcSourceIp", Family::Address),
    ("aws:PrincipalArn", Family::Arn),
    ("aws:PrincipalTag/arn", Family::Arn),
];

/// The keys of a request, none twice.
pub(super) fn entries(dice: &mut Dice) -> Vec<(String, Vec<String>)> {
    let mut entries: Vec<(String, Vec<String>)> = Vec::new();
    for (key, family) in KEYS {
        let is_there = entries.iter().any(|(other, _)| other.eq_ignore_ascii_case(key));
        if is_there || dice.percent(30) {
            continue;
        }
        let family = if dice.percent(4) { dice.pick(&KEYS).1 } else { family };
        let words = words(family);
        let values = match dice.below(10) {
            0 => Vec::new(),
            1 => vec![String::new(); 1 + dice.below(2)],
            2..7 => vec![(*dice.pick(words)).to_owned()],
            _ => dice.some(words, 3).into_iter().map(ToOwned::to_owned).collect(),
        };
        let key = if dice.percent(20) { key.to_ascii_uppercase() } else { key.to_owned() };
        entries.push((key, values));
    }
    entries
}

/// Values of the family, and some that only look like it.
fn words(family: Family) -> &'static [&'static str] {
    match family {
        Family::Text => &[
            "a",
            "a",
            "A",
            "b",
            "ab",
            "alice",
            "ops",
            "*",
            "?",
            "a*",
            "a/b",
            "größe",
            "STRAßE",
            "$",
            "$a {b}",
            "${a}",
            "xa",
            "xalice!",
            "true",
            "10",
            "2.5",
            "${aws:username}",
            "x",
            "",
        ],
        Family::Number => &[
            "10",
            "10.000",
            "9.999",
            "10.001",
            "0010",
            "-1",
            "-1.5",
            "0",
            "-0",
            "2.50",
            "9007199254740992",
            "9007199254740993",
            "0.000000000000000001",
            "ten",
            "",
            "+10",
            "10.",
            ".5",
            "1e1",
            "1000000000000000000",
        ],
        Family::Date => &[
            "2026-11-20T14:00:00Z",
            "2026-11-20T13:59:59.999Z",
            "2026-11-20T14:00:00.500Z",
            "2026-11-20T14:00:01Z",
            "2026-11-20T09:00:00-05:00",
            "2026-11-20",
            "2026-11-01T00:00Z",
            "2024-02-29T00:00:00",
            "2000-03-01T23:58:59Z",
            "1900-02-28T24:00Z",
            "1900-03-01",
            "1795183200",
            "1795183201",
            "0",
            "soon",
            "2026-02-29",
            "2026-11-20t14:00Z",
            "9999-12-31T23:00:00Z",
        ],
        Family::Bool => &["true", "false", "True", "FALSE", "yes", "1"],
        Family::Binary => &["QQ==", "A", "AAE=", "\0\u{1}", "QmluYXJ5", "Binary", "qq==", "QQ", "*"],
        Family::Address => &[
            "203.0.113.7",
            "203.0.113.127",
            "203.0.113.128",
            "203.0.114.0",
            "10.255.255.255",
            "11.0.0.0",
            "::ffff:203.0.113.9",
            "2001:db8::1",
            "2001:0DB8:0::1",
            "2001:db8:8000::1",
            "2001:db9::1",
            "::1",
            "203.0.113",
            "203.0.113.0/24",
            "203.0.113.007",
            "me",
        ],
        Family::Arn => &[
            "arn:aws:iam::123456789012:role/dev",
            "arn:aws:iam::123456789012:role/Dev",
            "arn:aws:iam:x:123456789012:role/dev",
            "arn:aws:iam::999999999999:role/ops/dev",
            "arn:aws:iam::123456789012:user/alice",
            "arn:aws:iam::123456789012:user/a",
            "arn:aws:s3:::home/ops",
            "arn:aws:s3:::home/*",
            "arn:aws:s3:::a:b",
            "arn:aws:s3:::*",
            "arn:aws:s3::a:b:a",
            "arn:aws:s3",
            "not an arn",
        ],
    }
}
