//! As much of DER and PEM (X.690, RFC 7468) as certificates and public keys need to be told from other text.

use data_encoding::BASE64;

/// Tags of ASN.1's types.
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const SEQUENCE: u8 = 0x30;

/// Takes one element with this tag off the front and answers its content.
pub(super) fn take<'a>(input: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (&found, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(first) {
        short @ 0..0x80 => (short, rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(long - 0x80)?;
            // Three bytes are sixteen megabytes; none is the indefinite length, which DER does not have.
            let length =
                (1..=3).contains(&bytes.len()).then(|| bytes.iter().fold(0, |n, &b| n << 8 | usize::from(b)))?;
            (length, rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    *input = rest;
    (found == tag).then_some(content)
}

/// One element.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|&&byte| byte == 0).count()..];
    match significant {
        [] => element.push(0),
        [short @ 0..0x80] => element.push(*short),
        long => {
            element.push(0x80 | u8::try_from(long.len()).expect("a length has at most eight bytes"));
            element.extend(long);
        }
    }
    element.extend(content);
    element
}

/// What stands between `-----BEGIN label-----` and its end, if the text is that and nothing else.
pub(super) fn from_pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let inside = text
        .trim()
        .strip_prefix(&format!("-----BEGIN {label}-----"))?
        .strip_suffix(&format!("-----END {label}-----"))?;
    let packed: String = inside.split_ascii_whitespace().collect();
    BASE64.decode(packed.as_bytes()).ok()
}

/// The bytes as PEM, in lines of 64 characters.
pub(super) fn to_pem(bytes: &[u8], label: &str) -> String {
    let packed = BASE64.encode(bytes);
    let lines: Vec<&str> = packed.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_whatever_its_length() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1_0000] {
            let content = vec![7; length];
            let element = element(SEQUENCE, &content);
            let mut rest = element.as_slice();
            assert_eq!(take(&mut rest, SEQUENCE), Some(content.as_slice()), "{length}");
            assert!(rest.is_empty());
        }
        assert_eq!(element(INTEGER, &[0; 0x80])[..3], [INTEGER, 0x81, 0x80]);
    }

    #[test]
    fn what_is_cut_off_endless_or_of_another_type_is_not_read() {
        for bytes in [&[][..], &[0x30], &[0x30, 2, 0], &[0x30, 0x80, 0, 0], &[0x30, 0x82, 1], &[0x02, 1, 0]] {
            let mut rest = bytes;
            assert_eq!(take(&mut rest, SEQUENCE), None, "{bytes:?}");
        }
    }

    #[test]
    fn pem_is_read_with_any_line_breaks_and_only_under_its_label() {
        let pem = to_pem(&[5; 100], "THING");
        assert_eq!(from_pem(&pem, "THING"), Some(vec![5; 100]));
        assert_eq!(from_pem(&pem.replace('\n', "\r\n"), "THING"), Some(vec![5; 100]));
        assert_eq!(from_pem(&pem, "OTHER"), None);
        assert_eq!(from_pem(&pem.replace("BQ", "!!"), "THING"), None);
    }
}
