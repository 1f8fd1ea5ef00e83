//! Policy variables: `${key}`, `${key, 'default'}`, and the characters `${*}`, `${?}` and `${$}`.

use thiserror::Error;

use super::context::{Context, Key};

/// A place in a policy that is filled in from the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    key: Key,
    default: Option<Box<str>>,
}

impl Variable {
    /// Whether its key is left open, so that nobody knows what would stand in its place.
    pub(super) fn is_open(&self, context: &Context) -> bool {
        context.is_open(&self.key)
    }

    /// Whether nothing stands in its place for this request.
    pub(super) fn is_unset(&self, context: &Context) -> bool {
        !self.is_open(context) && self.value(context).is_none()
    }

    /// Its key.
    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// What stands in its place for this request. A key with several values fills no place: nobody could say with which.
    pub(super) fn value<'a>(&'a self, context: &'a Context) -> Option<&'a str> {
        match context.values(&self.key) {
            [] => self.default.as_deref(),
            [value] => Some(value),
            _ => None,
        }
    }
}

/// Why a text with `${` in it cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Malformed {
    #[error("a variable begins with ${{ and does not end; write ${{$}} for a dollar sign")]
    Unclosed,
    #[error("{0:?} is not a condition key such as aws:username, so it is no variable")]
    Key(String),
    #[error("the default of a variable stands in single quotes: ${{key, 'default'}}")]
    Default,
}

/// What a text is made of, apart from wildcards.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text as it is written.
    Text(&'a str),
    /// A character that is only itself.
    Literal(&'a str),
    Variable(Variable),
}

/// Cuts `text` at its variables.
pub(super) fn split(text: &str) -> Result<Vec<Piece<'_>>, Malformed> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if at > 0 {
            pieces.push(Piece::Text(&rest[..at]));
        }
        let (piece, after) = variable(&rest[at + 2..])?;
        pieces.push(piece);
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

/// Reads what follows a `${`, and gives what comes after its end.
fn variable(text: &str) -> Result<(Piece<'_>, &str), Malformed> {
    for special in ["*", "?", "$"] {
        if let Some(after) = text.strip_prefix(special).and_then(|rest| rest.strip_prefix('}')) {
            return Ok((Piece::Literal(special), after));
        }
    }
    let end = text.find([',', '}']).ok_or(Malformed::Unclosed)?;
    let key = Key::new(&text[..end]).ok_or_else(|| Malformed::Key(text[..end].to_owned()))?;
    if let Some(after) = text[end..].strip_prefix('}') {
        return Ok((Piece::Variable(Variable { key, default: None }), after));
    }
    let quoted = text[end + 1..].trim_start_matches(' ').strip_prefix('\'').ok_or(Malformed::Default)?;
    let (default, after) = quoted.split_once('\'').ok_or(Malformed::Default)?;
    let after = after.trim_start_matches(' ').strip_prefix('}').ok_or(Malformed::Default)?;
    Ok((Piece::Variable(Variable { key, default: Some(default.into()) }), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only_variable(text: &str) -> Variable {
        match split(text).unwrap().as_slice() {
            [Piece::Variable(variable)] => variable.clone(),
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn a_text_is_cut_at_its_variables() {
        let pieces = split("a$b${*}${?}c${aws:username}").unwrap();
        assert_eq!(pieces[..4], [Piece::Text("a$b"), Piece::Literal("*"), Piece::Literal("?"), Piece::Text("c")]);
        assert!(matches!(pieces[4], Piece::Variable(_)));
        assert_eq!(split("").unwrap(), []);
    }

    #[test]
    fn a_variable_has_the_value_of_its_key_or_its_default() {
        let variable = only_variable("${aws:PrincipalTag/team, 'no, } team'}");
        assert_eq!(variable.value(&Context::new()), Some("no, } team"));
        let mut context = Context::from_iter([("AWS:principaltag/TEAM", "")]);
        assert_eq!(variable.value(&context), Some(""));
        context.set_all("aws:PrincipalTag/team", ["a", "b"]);
        assert_eq!(variable.value(&context), None);
        assert_eq!(only_variable("${aws:userid}").value(&context), None);
        assert_eq!(only_variable("${aws:userid,'x'}").value(&context), Some("x"));
    }

    #[test]
    fn what_is_not_a_variable_is_refused_with_its_reason() {
        for text in ["${", "a${aws:username", "${aws:username${"] {
            assert_eq!(split(text), Err(Malformed::Unclosed), "{text}");
        }
        for text in ["${}", "${username}", "${aws:user*}", "${ aws:username}", "${a}b}"] {
            assert!(matches!(split(text), Err(Malformed::Key(_))), "{text}");
        }
        for text in ["${aws:a, b}", "${aws:a, 'b}", "${aws:a, 'b' c}", "${aws:a,}"] {
            assert_eq!(split(text), Err(Malformed::Default), "{text}");
        }
    }
}
