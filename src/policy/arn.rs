//! ARNs in conditions: compared part by part, each with its own wildcards.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>

use super::budget::{Scope, Undecided, all};
use super::context::Context;
use super::template::{Literal, Part, Pattern};

/// The parts of an ARN; the sixth may hold colons itself.
const PARTS: usize = 6;

/// An ARN to compare with.
#[derive(Debug, Clone)]
pub(super) enum ArnPattern {
    /// Six patterns, one for each part.
    Parts(Box<[Pattern; PARTS]>),
    /// A single variable that stands for a whole ARN.
    Whole(Literal),
}

impl ArnPattern {
    /// `None` if the text does not have six parts, the first of them `arn`: no ARN would ever match.
    pub(super) fn new(parts: Vec<Part>) -> Option<Self> {
        if let [Part::Variable(_)] = parts.as_slice() {
            return Some(Self::Whole(Literal::new(parts)));
        }
        let components = components(parts);
        if components[0] != [Part::Text("arn".into())] {
            return None;
        }
        let patterns: Vec<Pattern> = components.into_iter().map(Pattern::new).collect();
        Some(Self::Parts(Box::new(patterns.try_into().ok()?)))
    }

    /// Whether a variable of it has no value in this request.
    pub(super) fn is_unset(&self, context: &Context) -> bool {
        match self {
            Self::Parts(patterns) => patterns.iter().any(|pattern| pattern.is_unset(context)),
            Self::Whole(literal) => literal.is_unset(context),
        }
    }

    /// Whether a variable of it is left open by this request: it may turn out to have no value.
    pub(super) fn is_open(&self, context: &Context) -> bool {
        match self {
            Self::Parts(patterns) => patterns.iter().any(|pattern| pattern.is_open(context)),
            Self::Whole(literal) => literal.is_open(context),
        }
    }

    pub(super) fn matches(&self, arn: &str, scope: Scope<'_>) -> Result<bool, Undecided> {
        if !is_arn(arn) {
            return Ok(false);
        }
        match self {
            Self::Whole(literal) => literal.is(|text| text == arn, scope),
            Self::Parts(patterns) => {
                let components = arn.splitn(PARTS, ':');
                all(patterns.iter().zip(components).map(|(pattern, component)| pattern.matches(component, scope)))
            }
        }
    }
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.bytes().filter(|byte| *byte == b':').count() >= PARTS - 1
}

/// Cuts at the first five colons that are written out.
fn components(parts: Vec<Part>) -> Vec<Vec<Part>> {
    let mut components = vec![Vec::new()];
    for part in parts {
        let Part::Text(text) = part else {
            components.last_mut().expect("begins with one").push(part);
            continue;
        };
        let left = PARTS + 1 - components.len();
        for (index, piece) in text.splitn(left, ':').enumerate() {
            if index > 0 {
                components.push(Vec::new());
            }
            if !piece.is_empty() {
                components.last_mut().expect("begins with one").push(Part::Text(piece.into()));
            }
        }
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::budget::Budget;
    use crate::policy::template::{Reading, parts};

    fn pattern(text: &str) -> Option<ArnPattern> {
        ArnPattern::new(parts(text, Reading { variables: true, wildcards: true }).unwrap())
    }

    fn holds(pattern: &ArnPattern, arn: &str, context: &Context) -> bool {
        pattern.matches(arn, Scope { context, budget: &Budget::new(1_000) }).unwrap()
    }

    fn matches(text: &str, arn: &str) -> bool {
        holds(&pattern(text).unwrap(), arn, &Context::from_iter([("aws:PrincipalTag/x", "a:b*")]))
    }

    #[test]
    fn a_wildcard_stays_within_its_part_but_for_the_last() {
        // The example of AWS's page on condition operators.
        let value = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt";
        assert!(!matches("arn:aws:someservice:*:111122223333:finance/*", value));
        assert!(matches("arn:aws:someservice:*:*:store/*", value));
        assert!(matches("arn:aws:*:us-east-?:*:*:finance/*", value));
        assert!(!matches("arn:aws:*:*:*:store", value));
    }

    #[test]
    fn a_variable_stays_within_its_part_unless_it_is_all_there_is() {
        assert!(!matches("arn:aws:s3:::${aws:PrincipalTag/x}", "arn:aws:s3:::a:bc"));
        assert!(matches("arn:aws:s3:::${aws:PrincipalTag/x}", "arn:aws:s3:::a:b*"));
        assert!(!matches("arn:aws:s3::${aws:PrincipalTag/x}:c", "arn:aws:s3::a:b*:c"));
        let whole = pattern("${aws:PrincipalTag/arn}").unwrap();
        let context = Context::from_iter([("aws:PrincipalTag/arn", "arn:aws:s3:::b/*")]);
        assert!(holds(&whole, "arn:aws:s3:::b/*", &context) && !whole.is_unset(&context));
        assert!(!holds(&whole, "arn:aws:s3:::b/c", &context));
        assert!(!holds(&whole, "arn:aws:s3:::b/c", &Context::new()) && whole.is_unset(&Context::new()));
        let open = pattern("arn:aws:s3:::${aws:a}").unwrap();
        assert!(!holds(&open, "arn:aws:s3:::", &Context::new()) && open.is_unset(&Context::new()));
    }

    #[test]
    fn what_could_never_match_an_arn_is_no_pattern() {
        for text in ["", "*", "arn:aws:s3", "arn:aws:iam::*", "*:*:*:*:*:*", "ARN:aws:s3:::a", "${aws:a}:b"] {
            assert!(pattern(text).is_none(), "{text}");
        }
        assert!(!matches("arn:*:*:*:*:*", "arn:aws:s3"));
        assert!(!matches("arn:*:*:*:*:*", "alice"));
    }
}
