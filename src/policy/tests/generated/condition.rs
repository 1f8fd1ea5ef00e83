//! Condition blocks: every operator, its key mostly one whose values it can read.

use serde_json::{Map, Value, json};

use super::context::{Family, KEYS};
use crate::policy::operator::{NAMES, Relation};
use crate::policy::tests::dice::Dice;

fn family(relation: Relation) -> Family {
    match relation {
        Relation::Equal | Relation::EqualIgnoringCase | Relation::Like | Relation::Null => Family::Text,
        Relation::Number(_) => Family::Number,
        Relation::Date(_) => Family::Date,
        Relation::Bool => Family::Bool,
        Relation::Binary => Family::Binary,
        Relation::Address => Family::Address,
        Relation::Arn => Family::Arn,
    }
}

/// One or two operators, each mostly with one key.
pub(super) fn block(dice: &mut Dice, has_variables: bool) -> Value {
    let mut operators = Map::new();
    if dice.percent(3) {
        return Value::Object(operators);
    }
    for _ in 0..1 + usize::from(dice.percent(25)) {
        let (name, relation, _) = *dice.pick(&NAMES);
        let (set, suffix) = match relation {
            Relation::Null => ("", ""),
            _ => {
                let set = *dice.pick(&["", "", "ForAllValues:", "ForAnyValue:"]);
                (set, *dice.pick(&["", "", "IfExists"]))
            }
        };
        let mut keys = Map::new();
        for _ in 0..1 + usize::from(dice.percent(10)) {
            let key = key(dice, relation);
            // The same key in two letter cases is a fault.
            if !keys.keys().any(|other: &String| other.eq_ignore_ascii_case(key)) {
                keys.insert(key.to_owned(), values(dice, relation, has_variables));
            }
        }
        operators.insert(format!("{set}{name}{suffix}"), Value::Object(keys));
    }
    Value::Object(operators)
}

fn key(dice: &mut Dice, relation: Relation) -> &'static str {
    let (wanted, any) = (family(relation), relation == Relation::Null || dice.percent(6));
    let keys: Vec<_> = KEYS.iter().filter(|(_, family)| any || *family == wanted).collect();
    dice.pick(&keys).0
}

fn values(dice: &mut Dice, relation: Relation, has_variables: bool) -> Value {
    let values = match relation {
        Relation::Null => vec![json!("true"), json!("false"), json!(true), json!(false)],
        _ => {
            let mut values = written(family(relation));
            // A variable alone is an ARN; the text of one is not.
            values.retain(|value| relation != Relation::Arn || has_variables || !value.to_string().starts_with("\"$"));
            values
        }
    };
    let some = dice.some(&values, 3);
    match some.as_slice() {
        [single] if dice.percent(60) => single.clone(),
        _ => json!(some),
    }
}

/// Values that an operator of the family can compare with.
fn written(family: Family) -> Vec<Value> {
    let values = match family {
        Family::Text => json!([
            "a",
            "A",
            "b",
            "ab",
            "alice",
            "",
            "*",
            "?",
            "a*",
            "?*",
            "a?",
            "a/b",
            "GRÖßE",
            "Straße",
            "$",
            "$a {b}",
            "${aws:username}",
            "${aws:username, 'a'}",
            "x${aws:username}*",
            "${aws:PrincipalTag/team}",
            "${aws:TagKeys}",
            "${AWS:tagkeys, 'a'}",
            "${*}",
            "${?}",
            "${$}{a}",
            "*${*}",
            true,
            false,
            10,
            2.5,
        ]),
        Family::Number => json!([
            "10",
            "10.0",
            "010",
            "-1",
            "2.5",
            "0",
            "-0.0",
            "9007199254740993",
            "0.000000000000000001",
            10,
            2.5,
            -1,
            0,
            "999999999999999999",
        ]),
        Family::Date => json!([
            "2026-11-20T14:00:00Z",
            "2026-11-20T14:00Z",
            "2026-11-20T15:00+01:00",
            "2026-11-20T14:00:00.5Z",
            "2026-11-20",
            "2026-11",
            "2024-02-29",
            "1795183200",
            1_795_183_200,
            "2000-02-29T23:59:59-23:59",
            "1900-03-01",
            "0000-01-01",
            "9999-12-30",
        ]),
        Family::Bool => json!(["true", "false", true, false]),
        Family::Binary => json!(["QQ==", "AAE=", "", "QmluYXJ5", "Kg=="]),
        Family::Address => json!([
            "203.0.113.0/24",
            "203.0.113.77/25",
            "203.0.113.7",
            "203.0.113.7/32",
            "0.0.0.0/0",
            "10.0.0.0/8",
            "2001:db8::/32",
            "2001:DB8::1",
            "::/0",
            "::ffff:203.0.113.0/120",
            "::ffff:203.0.113.7",
            "::ffff:0:0/96",
            "::ffff:0:0/80",
            "2001:db8:8000::/33",
        ]),
        Family::Arn => json!([
            "arn:aws:iam::123456789012:role/dev",
            "arn:aws:iam::123456789012:role/de?",
            "arn:aws:iam::*:role/*",
            "arn:*:*:*:*:*",
            "arn:aws:iam::123456789012:user/${aws:username}",
            "arn:aws:s3:::home/${aws:PrincipalTag/team}",
            "${aws:PrincipalTag/arn}",
            "${aws:PrincipalTag/arn, 'arn:aws:s3:::a:b'}",
            "arn:aws:s3::*:a",
            "arn:aws:s3:::a:*",
            "arn:aws:s3:::${*}",
            "arn:aws:s3:::${aws:username,'a:b'}",
            "arn:aws:?3:::*a*",
        ]),
    };
    values.as_array().expect("made as a list").clone()
}
