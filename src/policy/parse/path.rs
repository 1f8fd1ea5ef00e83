//! Places in a JSON document, as RFC 9535 writes them.

use std::fmt;

/// A place in a document: a chain of steps that lives on the stack and is written out only where something is wrong.
#[derive(Debug, Clone, Copy)]
pub(super) enum Path<'a> {
    Root,
    Member(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    pub(super) fn member(&'a self, name: &'a str) -> Self {
        Self::Member(self, name)
    }

    pub(super) fn item(&'a self, index: usize) -> Self {
        Self::Item(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("$"),
            Self::Member(parent, name) if is_plain(name) => write!(f, "{parent}.{name}"),
            Self::Member(parent, name) => {
                write!(f, "{parent}['")?;
                for character in name.chars() {
                    match character {
                        '\'' => f.write_str("\\'")?,
                        '"' => f.write_str("\"")?,
                        _ => write!(f, "{}", character.escape_debug())?,
                    }
                }
                f.write_str("']")
            }
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn a_path_names_every_step_and_quotes_what_is_not_a_plain_name() {
        let statements = Path::Root.member("Statement");
        let statement = statements.item(3);
        let condition = statement.member("Condition");
        let key = condition.member("aws:PrincipalTag/it's");
        assert_eq!(Path::Root.to_string(), "$");
        assert_eq!(key.item(0).to_string(), r"$.Statement[3].Condition['aws:PrincipalTag/it\'s'][0]");
        assert_eq!(Path::Root.member("a\n\u{202e}").to_string(), r"$['a\n\u{202e}']");
        assert_eq!(Path::Root.member("").to_string(), "$['']");
    }
}
