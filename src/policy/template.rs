//! Text of a policy that may hold policy variables and wildcards.
//!
//! What a variable stands for is inserted literally: a star in it is a star, because values such as tags can come from
//! people who must not be able to widen a policy.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use std::borrow::Cow;

use super::budget::{LONGEST_TEXT, Scope, Undecided};
use super::context::Context;
use super::glob::{Glob, Token, tokens};
use super::target::Target;
use super::variable::{Malformed, Piece, Variable, split};

/// What a text is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(Box<str>),
    One,
    Many,
    Variable(Variable),
}

/// How a text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// Whether `${...}` is a variable; otherwise it is just text.
    pub(super) variables: bool,
    /// Whether `*` and `?` are wildcards.
    pub(super) wildcards: bool,
}

/// Cuts `text` into its parts.
pub(super) fn parts(text: &str, reading: Reading) -> Result<Vec<Part>, Malformed> {
    let mut parts = Vec::new();
    let pieces = if reading.variables { split(text)? } else { vec![Piece::Text(text)] };
    for piece in pieces {
        match piece {
            Piece::Text(text) if reading.wildcards => parts.extend(tokens(text).map(Part::from)),
            Piece::Text(text) => push(&mut parts, text),
            Piece::Literal(text) => push(&mut parts, text),
            Piece::Variable(variable) => parts.push(Part::Variable(variable)),
        }
    }
    Ok(parts)
}

fn push(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Text(text.into()));
    }
}

impl From<Token<'_>> for Part {
    fn from(token: Token<'_>) -> Self {
        match token {
            Token::Text(text) => Self::Text(text.into()),
            Token::One => Self::One,
            Token::Many => Self::Many,
        }
    }
}

/// Whether one of the variables has no value: then the whole text has none, and equals nothing.
fn is_unset(parts: &[Part], context: &Context) -> bool {
    parts.iter().any(|part| matches!(part, Part::Variable(variable) if variable.is_unset(context)))
}

/// Whether the request leaves one of the variables open.
fn is_open(parts: &[Part], context: &Context) -> bool {
    parts.iter().any(|part| matches!(part, Part::Variable(variable) if variable.is_open(context)))
}

/// How long the text is, in bytes, with its variables filled in; undecided while one of them is open.
fn filled_in(parts: &[Part], context: &Context) -> Result<usize, Undecided> {
    if is_open(parts, context) {
        return Err(Undecided);
    }
    let lengths = parts.iter().map(|part| match part {
        Part::Text(text) => text.len(),
        Part::One | Part::Many => 1,
        Part::Variable(variable) => variable.value(context).map_or(0, str::len),
    });
    let length = lengths.sum();
    if length > LONGEST_TEXT { Err(Undecided) } else { Ok(length) }
}

/// A pattern that is complete once its variables are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Without variables: compiled.
    Fixed(Glob),
    /// To be compiled for each request.
    Open(Box<[Part]>),
}

impl Pattern {
    pub(super) fn new(parts: Vec<Part>) -> Self {
        match glob(&parts, None) {
            Some(glob) => Self::Fixed(glob),
            None => Self::Open(parts.into()),
        }
    }

    /// Whether a variable of it has no value in this request.
    pub(super) fn is_unset(&self, context: &Context) -> bool {
        matches!(self, Self::Open(parts) if is_unset(parts, context))
    }

    /// Whether a variable of it is left open by this request: it may turn out to have no value.
    pub(super) fn is_open(&self, context: &Context) -> bool {
        matches!(self, Self::Open(parts) if is_open(parts, context))
    }

    /// Whether it matches `text`. With a variable that has no value, it matches nothing.
    pub(super) fn matches(&self, text: &str, scope: Scope<'_>) -> Result<bool, Undecided> {
        self.matches_target(Target::Arn(text), scope)
    }

    /// Whether it matches all that `target` could be, or nothing of it.
    pub(super) fn matches_target(&self, target: Target<'_>, scope: Scope<'_>) -> Result<bool, Undecided> {
        match self {
            Self::Fixed(glob) => target.is_matched_by(glob, scope.budget),
            Self::Open(parts) => {
                scope.budget.spend(filled_in(parts, scope.context)?)?;
                let glob = glob(parts, Some(scope.context));
                glob.map_or(Ok(false), |glob| target.is_matched_by(&glob, scope.budget))
            }
        }
    }
}

fn glob(parts: &[Part], context: Option<&Context>) -> Option<Glob> {
    let tokens = parts.iter().map(|part| match part {
        Part::Text(text) => Some(Token::Text(text)),
        Part::One => Some(Token::One),
        Part::Many => Some(Token::Many),
        Part::Variable(variable) => context.and_then(|context| variable.value(context)).map(Token::Text),
    });
    Some(Glob::new(tokens.collect::<Option<Vec<_>>>()?))
}

/// A text without wildcards that is complete once its variables are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    /// Without variables.
    Fixed(Box<str>),
    /// To be put together for each request.
    Open(Box<[Part]>),
}

impl Literal {
    pub(super) fn new(parts: Vec<Part>) -> Self {
        match parts.as_slice() {
            [] => Self::Fixed("".into()),
            [Part::Text(text)] => Self::Fixed(text.clone()),
            _ => Self::Open(parts.into()),
        }
    }

    /// Whether a variable of it has no value in this request.
    pub(super) fn is_unset(&self, context: &Context) -> bool {
        matches!(self, Self::Open(parts) if is_unset(parts, context))
    }

    /// Whether a variable of it is left open by this request: it may turn out to have no value.
    pub(super) fn is_open(&self, context: &Context) -> bool {
        matches!(self, Self::Open(parts) if is_open(parts, context))
    }

    /// Whether `equal` says so of the text. With a variable that has no value, it is not asked.
    pub(super) fn is(&self, equal: impl FnOnce(&str) -> bool, scope: Scope<'_>) -> Result<bool, Undecided> {
        let length = match self {
            Self::Fixed(text) => text.len(),
            Self::Open(parts) => filled_in(parts, scope.context)?,
        };
        scope.budget.spend(length)?;
        Ok(self.text(scope.context).is_some_and(|text| equal(&text)))
    }

    /// The text; `None` with a variable that has no value.
    fn text<'a>(&'a self, context: &'a Context) -> Option<Cow<'a, str>> {
        let parts = match self {
            Self::Fixed(text) => return Some(Cow::Borrowed(text)),
            Self::Open(parts) => parts,
        };
        let texts = parts.iter().map(|part| match part {
            Part::Text(text) => Some(text.as_ref()),
            Part::One => Some("?"),
            Part::Many => Some("*"),
            Part::Variable(variable) => variable.value(context),
        });
        if let [_] = parts.as_ref() {
            return texts.collect::<Option<Vec<_>>>().map(|texts| Cow::Borrowed(texts[0]));
        }
        texts.collect::<Option<String>>().map(Cow::Owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::budget::Budget;

    const BOTH: Reading = Reading { variables: true, wildcards: true };

    fn pattern(text: &str) -> Pattern {
        Pattern::new(parts(text, BOTH).unwrap())
    }

    fn matches(pattern: &Pattern, text: &str, context: &Context) -> Result<bool, Undecided> {
        pattern.matches(text, Scope { context, budget: &Budget::new(1_000) })
    }

    #[test]
    fn what_a_variable_stands_for_is_never_a_wildcard() {
        let pattern = pattern("home/${aws:username}/*");
        let context = Context::from_iter([("aws:username", "*")]);
        assert_eq!(matches(&pattern, "home/*/x", &context), Ok(true));
        assert_eq!(matches(&pattern, "home/alice/x", &context), Ok(false));
    }

    #[test]
    fn what_a_variable_without_a_value_stands_in_matches_nothing() {
        let (pattern, context) = (pattern("home/${aws:username}*"), Context::from_iter([("aws:username", "")]));
        assert!(pattern.is_unset(&Context::new()));
        assert_eq!(matches(&pattern, "home/", &Context::new()), Ok(false));
        assert!(!pattern.is_unset(&context));
        assert_eq!(matches(&pattern, "home/", &context), Ok(true));
    }

    #[test]
    fn a_pattern_without_variables_is_compiled_once() {
        assert!(matches!(pattern("a*${*}b"), Pattern::Fixed(_)));
        assert_eq!(matches(&pattern("a*${*}b"), "axx*b", &Context::new()), Ok(true));
        assert!(matches!(pattern("${aws:username}"), Pattern::Open(_)));
        let old = Reading { variables: false, ..BOTH };
        assert!(matches!(Pattern::new(parts("${aws:username}", old).unwrap()), Pattern::Fixed(_)));
    }

    #[test]
    fn a_literal_keeps_its_wildcards_as_characters() {
        let reading = Reading { variables: true, wildcards: false };
        let literal = |text: &str| Literal::new(parts(text, reading).unwrap());
        let context = Context::from_iter([("aws:username", "al")]);
        assert_eq!(literal("*?").text(&context), Some(Cow::Borrowed("*?")));
        assert_eq!(literal("${aws:username}").text(&context), Some(Cow::Borrowed("al")));
        assert_eq!(literal("x${$}{${aws:username}}").text(&context).unwrap(), "x${al}");
        assert_eq!(literal("").text(&context), Some(Cow::Borrowed("")));
        assert_eq!(Literal::new(parts("a*?", BOTH).unwrap()).text(&context).unwrap(), "a*?");
        assert_eq!(literal("${aws:userid}").text(&context), None);
        assert!(literal("x${aws:userid}").is_unset(&context) && !literal("${aws:username}").is_unset(&context));
    }

    #[test]
    fn a_text_that_grows_beyond_the_bound_is_undecided() {
        let text = "${aws:username}".repeat(8);
        let (pattern, literal) = (pattern(&text), Literal::new(parts(&text, BOTH).unwrap()));
        for (length, decided) in [(LONGEST_TEXT / 8, true), (LONGEST_TEXT / 8 + 1, false)] {
            let (context, budget) =
                (Context::from_iter([("aws:username", "a".repeat(length))]), Budget::new(10 * LONGEST_TEXT));
            let scope = Scope { context: &context, budget: &budget };
            assert_eq!(pattern.matches("", scope).is_ok(), decided);
            assert_eq!(literal.is(|_| true, scope).is_ok(), decided);
        }
    }
}
