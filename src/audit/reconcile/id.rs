//! AWS's ids of requests, in little memory.

/// A request's id. AWS's are UUIDs: as such one takes 16 bytes, and is the same in either letter case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Id {
    Uuid([u8; 16]),
    Other(Box<str>),
}

impl Id {
    pub(super) fn of(text: &str) -> Self {
        uuid(text).map_or_else(|| Self::Other(text.into()), Self::Uuid)
    }
}

/// The bytes of a UUID in its usual form, 8-4-4-4-12.
fn uuid(text: &str) -> Option<[u8; 16]> {
    let text = text.as_bytes();
    if text.len() != 36 {
        return None;
    }
    let mut digits = [0u8; 32];
    let mut at = 0;
    for (place, byte) in text.iter().enumerate() {
        if matches!(place, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        digits[at] = *byte;
        at += 1;
    }
    data_encoding::HEXLOWER_PERMISSIVE.decode(&digits).ok()?.try_into().ok()
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Other(text) => f.write_str(text),
            Self::Uuid(bytes) => {
                let hex = data_encoding::HEXLOWER.encode(bytes);
                write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shown_as_they_were_read() {
        for text in ["0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "", "TX-1", "0a1b2c3d-4e5f-6071-8293+a4b5c6d7e8f9"] {
            assert_eq!(Id::of(text).to_string(), text);
        }
        assert!(matches!(Id::of("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"), Id::Uuid(_)));
        for other in ["0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8fg", "é1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"] {
            assert_eq!(Id::of(other), Id::Other(other.into()));
        }
    }

    #[test]
    fn a_uuid_is_the_same_in_either_letter_case() {
        let (lower, upper) = ("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9");
        assert_eq!(Id::of(lower), Id::of(upper));
        assert_ne!(Id::of("TX-1"), Id::of("tx-1"));
    }
}
