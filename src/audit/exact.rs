//! Numbers that a record can say exactly.

use serde_json::Value;

use super::record::LARGEST_EXACT;

/// Spells out numbers that canonical JSON would round: a record must say exactly what was meant.
pub fn make_exact(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            if magnitude.is_none_or(|magnitude| magnitude > LARGEST_EXACT) {
                *value = Value::String(number.to_string());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_exact),
        Value::Object(members) => members.values_mut().for_each(make_exact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_that_readers_would_round_are_spelled_out() {
        let mut value =
            json!({"a": [9_007_199_254_740_991_u64, 9_007_199_254_740_992_u64], "b": -1, "c": 1.5, "d": "1"});
        make_exact(&mut value);
        let exact = json!({"a": [9_007_199_254_740_991_u64, "9007199254740992"], "b": -1, "c": "1.5", "d": "1"});
        assert_eq!(value, exact);
    }
}
