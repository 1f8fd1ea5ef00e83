//! Places in JSON, as RFC 9535 writes them.

/// A step to a member: names with colons and the like stand in quotes.
pub(crate) fn member(path: &str, name: &str) -> String {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        format!("{path}.{name}")
    } else {
        format!("{path}['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_plain_stand_in_quotes() {
        assert_eq!(member("$", "Statement"), "$.Statement");
        assert_eq!(member("$.a", "aws:PrincipalTag/it's"), r"$.a['aws:PrincipalTag/it\'s']");
        assert_eq!(member("$", ""), "$['']");
    }
}
