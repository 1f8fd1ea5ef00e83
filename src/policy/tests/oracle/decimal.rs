//! Decimal numbers, compared digit by digit as one does on paper.

use std::cmp::Ordering;

/// How `left` stands to `right`; `None` if either is no number.
pub(super) fn compare(left: &str, right: &str) -> Option<Ordering> {
    let ((left_negative, left), (right_negative, right)) = (read(left)?, read(right)?);
    let is_zero = |(whole, fraction): &(String, String)| whole.is_empty() && fraction.is_empty();
    let magnitudes = || left.0.len().cmp(&right.0.len()).then(left.0.cmp(&right.0)).then(left.1.cmp(&right.1));
    Some(match (left_negative && !is_zero(&left), right_negative && !is_zero(&right)) {
        (false, false) => magnitudes(),
        (true, true) => magnitudes().reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    })
}

/// Whether it is negative, and the digits before and after the point without zeros that say nothing. Texts of digits
/// without trailing zeros are in the order of the fractions they stand for.
fn read(text: &str) -> Option<(bool, (String, String))> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some(halves) => halves,
        None => (digits, ""),
    };
    let is_digits = |text: &str| text.len() <= 18 && text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    Some((negative, (whole.trim_start_matches('0').to_owned(), fraction.trim_end_matches('0').to_owned())))
}
