//! Text of a policy, one character after the other: wildcards, and variables with what they stand for.

use super::Asked;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// As it is written in the policy.
    Written(char),
    /// What a variable stands for, which is never a wildcard and never separates the parts of an ARN.
    Inserted(char),
    One,
    Many,
}

/// Text without variables.
pub(super) fn plain(text: &str, wildcards: bool) -> Vec<Token> {
    text.chars()
        .map(|character| match character {
            '*' if wildcards => Token::Many,
            '?' if wildcards => Token::One,
            character => Token::Written(character),
        })
        .collect()
}

/// Text with its variables filled in; `None` if one of them has no value.
pub(super) fn tokens(text: &str, variables: bool, wildcards: bool, asked: &Asked) -> Option<Vec<Token>> {
    if !variables {
        return Some(plain(text, wildcards));
    }
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        tokens.extend(plain(before, wildcards));
        let (value, after) = variable(after, asked);
        tokens.extend(value?.chars().map(Token::Inserted));
        rest = after;
    }
    tokens.extend(plain(rest, wildcards));
    Some(tokens)
}

/// What the variable behind a `${` stands for, and what follows it.
fn variable<'a>(text: &'a str, asked: &'a Asked) -> (Option<&'a str>, &'a str) {
    for special in ["*", "?", "$"] {
        if let Some(after) = text.strip_prefix(special).and_then(|after| after.strip_prefix('}')) {
            return (Some(special), after);
        }
    }
    let end = text.find([',', '}']).expect("a variable ends");
    let (key, after) = (&text[..end], &text[end + 1..]);
    let (default, after) = if text[end..].starts_with('}') {
        (None, after)
    } else {
        let quoted = after.trim_start().strip_prefix('\'').expect("a default is quoted");
        let (default, after) = quoted.split_once('\'').expect("a default ends");
        (Some(default), after.trim_start().strip_prefix('}').expect("a variable ends"))
    };
    match asked.values(key) {
        [] => (default, after),
        [value] => (Some(value), after),
        // Nobody could say with which of them.
        _ => (None, after),
    }
}

/// Whether the tokens match the whole text.
pub(super) fn matches(tokens: &[Token], text: &str) -> bool {
    let Some((first, others)) = tokens.split_first() else { return text.is_empty() };
    let mut characters = text.chars();
    let next = characters.next();
    let behind = characters.as_str();
    match first {
        Token::Many => matches(others, text) || next.is_some() && matches(tokens, behind),
        Token::One => next.is_some() && matches(others, behind),
        Token::Written(own) | Token::Inserted(own) => next == Some(*own) && matches(others, behind),
    }
}

/// The text that the tokens spell.
pub(super) fn spelled(tokens: &[Token]) -> String {
    tokens
        .iter()
        .map(|token| match token {
            Token::Written(character) | Token::Inserted(character) => *character,
            Token::One => '?',
            Token::Many => '*',
        })
        .collect()
}

/// Whether the tokens, cut at the first five colons that are written, match the parts of an ARN one by one.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>
pub(super) fn matches_arn(tokens: &[Token], arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let patterns: Vec<&[Token]> = tokens.splitn(6, |token| *token == Token::Written(':')).collect();
    parts.len() == 6
        && parts[0] == "arn"
        && patterns.len() == 6
        && patterns.iter().zip(parts).all(|(pattern, part)| matches(pattern, part))
}
