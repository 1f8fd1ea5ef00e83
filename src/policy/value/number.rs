//! Decimal numbers, compared exactly.

/// Digits on either side of the decimal point.
const DIGITS: usize = 18;

/// A number of up to 18 digits before and after its point, as a multiple of 10⁻¹⁸.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::policy) struct Number(i128);

impl Number {
    /// Reads plain decimal notation; no exponent, no spaces, no leading plus.
    pub(in crate::policy) fn read(text: &str) -> Option<Self> {
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (-1, unsigned),
            None => (1, text),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        let fits = (1..=DIGITS).contains(&whole.len()) && fraction.len() <= DIGITS;
        if !fits || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let padding = std::iter::repeat_n(b'0', DIGITS - fraction.len());
        let digits = whole.bytes().chain(fraction.bytes()).chain(padding);
        Some(Self(sign * digits.fold(0, |number, digit| number * 10 + i128::from(digit - b'0'))))
    }
}

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn numbers_compare_exactly() {
        let number = |text: &str| Number::read(text).unwrap();
        assert_eq!(number("10"), number("010.000"));
        assert_eq!(number("0"), number("-0.0"));
        assert!(number("0.1") < number("0.100000000000000001"));
        assert!(number("9007199254740993") > number("9007199254740992"));
        assert!(number("-2") < number("-1.5"));
        assert!(number("999999999999999999.999999999999999999") > number("-999999999999999999"));
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in ["", "-", "+1", "1.", ".5", "1e3", " 1", "1,5", "0x10", "١", "NaN", "--1", "1.2.3"] {
            assert_eq!(Number::read(text), None, "{text}");
        }
        assert_eq!(Number::read(&"9".repeat(19)), None);
        assert_eq!(Number::read(&format!("0.{}", "9".repeat(19))), None);
    }
}
