//! The numbers of a JSON text, as they are written: a reader that knows doubles only has already rounded them.

/// The numbers of a text, in their order. What stands in a string is none.
#[derive(Debug)]
pub(super) struct Numbers<'a>(&'a str);

impl<'a> Numbers<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self(text)
    }
}

impl<'a> Iterator for Numbers<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let at = self.0.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit())?;
            let rest = &self.0[at..];
            if let Some(text) = rest.strip_prefix('"') {
                self.0 = behind_string(text)?;
                continue;
            }
            let end = rest.find(|c: char| !c.is_ascii_digit() && !"+-.eE".contains(c)).unwrap_or(rest.len());
            self.0 = &rest[end..];
            return Some(&rest[..end]);
        }
    }
}

/// What follows the closing quote.
fn behind_string(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        let at = rest.find(['"', '\\'])?;
        if rest[at..].starts_with('"') {
            return Some(&rest[at + 1..]);
        }
        let mut characters = rest[at + 1..].chars();
        characters.next()?;
        rest = characters.as_str();
    }
}

/// The number in plain decimal notation, if a double keeps it: if what the double is written as has the same value, and
/// is a whole number only where doubles still tell neighbours apart.
pub(super) fn exact(text: &str) -> Option<String> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let double: f64 = text.parse().ok()?;
    // Rust writes the shortest decimal that reads back as the same number, and never an exponent.
    let shortest = double.to_string();
    (double.abs() < EXACT && decimal(text)? == decimal(&shortest)?).then_some(shortest)
}

/// The digits of a number without zeros at either end, and the power of ten of the last. Signs are kept by any reader.
fn decimal(text: &str) -> Option<(String, i64)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let fraction = mantissa.split_once('.').map_or("", |(_, fraction)| fraction);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    let bare = digits.trim_end_matches('0');
    if bare.is_empty() {
        return Some((String::new(), 0));
    }
    let zeros = i64::try_from(digits.len() - bare.len()).ok()?;
    Some((bare.to_owned(), i64::from(exponent) + zeros - i64::try_from(fraction.len()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_their_order_and_outside_of_strings() {
        let text = r#"{"a1":-1.5e3,"\\":"2\"3","b":[0,true,12]}"#;
        assert_eq!(Numbers::of(text).collect::<Vec<_>>(), ["-1.5e3", "0", "12"]);
        assert_eq!(Numbers::of(r#""1"#).count(), 0);
    }

    #[test]
    fn a_number_is_exact_if_a_double_tells_it_from_its_neighbours() {
        for (text, plain) in [
            ("0.1", Some("0.1")),
            ("-0", Some("-0")),
            ("1.50", Some("1.5")),
            ("1e3", Some("1000")),
            ("1.2e-7", Some("0.00000012")),
            ("9007199254740991", Some("9007199254740991")),
            ("9007199254740992", None),
            ("9007199254740993", None),
            ("0.10000000000000000001", None),
            ("1.00000000000000001", None),
            ("1e-999", None),
            ("1e300", None),
            ("1e99999999999", None),
        ] {
            assert_eq!(exact(text).as_deref(), plain, "{text}");
        }
    }
}
