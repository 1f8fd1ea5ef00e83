//! What one entry of a statement names: actions, resources or principals.

use std::cmp::Ordering;

use crate::policy::{Budget, Extent};

use super::principal::Principal;

/// A pattern of actions or resources.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// As it is written, in the language of 2012-10-17.
    pub(super) text: String,
    /// As it is compared: actions in lower case.
    folded: String,
    extent: Extent,
}

impl Pattern {
    /// Of actions.
    pub(super) fn of_actions(text: &str) -> Option<Self> {
        let extent = Extent::of_actions(text)?;
        Some(Self { text: text.to_owned(), folded: text.to_ascii_lowercase(), extent })
    }

    /// Of resources, in a document that has policy variables.
    pub(super) fn of_resources(text: &str) -> Option<Self> {
        let extent = Extent::of_resources(text)?;
        Some(Self { text: text.to_owned(), folded: text.to_owned(), extent })
    }

    /// Everything, of either kind.
    pub(super) fn everything() -> Self {
        Self::of_actions("*").expect("a star is a pattern")
    }

    /// Whether the other is another spelling of it.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Pattern {}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.folded, &self.text).cmp(&(&other.folded, &other.text))
    }
}

/// What one entry names; of a `Not...`, all its entries together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// What fits the pattern.
    Fits(Pattern),
    /// What fits none of them: NotAction, NotResource.
    FitsNone(Vec<Pattern>),
    /// Somebody, in a trust policy.
    Is(Principal),
    /// Whoever is none of them: NotPrincipal, which stands only where it denies.
    IsNone(Vec<Principal>),
}

impl Part {
    /// Whether it names all that `other` names. `true` is certain.
    pub(super) fn includes(&self, other: &Self, budget: &Budget) -> bool {
        match (self, other) {
            (Self::Fits(own), Self::Fits(other)) => own.extent.includes(&other.extent, budget),
            (Self::Fits(own), Self::FitsNone(_)) => own.extent.is_everything(),
            _ if self.depends_on_effect() => self == other,
            (Self::FitsNone(own), Self::Fits(other)) => own.iter().all(|own| !own.extent.meets(&other.extent, budget)),
            (Self::FitsNone(own), Self::FitsNone(other)) => {
                own.iter().all(|own| other.iter().any(|other| other.extent.includes(&own.extent, budget)))
            }
            (Self::Is(own), Self::Is(other)) => own.includes(other),
            _ => self == other,
        }
    }

    /// Whether what it names depends on the effect of its statement: a NotResource with a variable that has no value denies
    /// all the rest, and allows nothing.
    pub(super) fn depends_on_effect(&self) -> bool {
        matches!(self, Self::FitsNone(but) if but.iter().any(|pattern| pattern.extent.has_variables()))
    }

    /// Whether both name something. `false` is certain.
    pub(super) fn meets(&self, other: &Self, budget: &Budget) -> bool {
        match (self, other) {
            (Self::Fits(own), Self::Fits(other)) => own.extent.meets(&other.extent, budget),
            (Self::Fits(one), Self::FitsNone(but)) | (Self::FitsNone(but), Self::Fits(one)) => {
                !but.iter().any(|but| but.extent.includes(&one.extent, budget))
            }
            (Self::Is(own), Self::Is(other)) => own.meets(other),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(text: &str) -> Part {
        Part::Fits(Pattern::of_resources(text).unwrap())
    }

    fn but(texts: &[&str]) -> Part {
        Part::FitsNone(texts.iter().map(|text| Pattern::of_resources(text).unwrap()).collect())
    }

    #[test]
    fn everything_but_some_is_compared_by_what_it_leaves_out() {
        for (one, other, expected) in [
            (fits("*"), but(&["a"]), (true, true)),
            (fits("b*"), but(&["a"]), (false, true)),
            (but(&["a*"]), fits("b*"), (true, true)),
            (but(&["a*"]), fits("*b"), (false, true)),
            (but(&["a*"]), fits("ab"), (false, false)),
            (but(&["ab"]), fits("a*"), (false, true)),
            (but(&["ab"]), but(&["a*", "c"]), (true, true)),
            (but(&["a*", "c"]), but(&["ab"]), (false, true)),
            (but(&["${a:b}"]), but(&["${a:b}"]), (true, true)),
            (but(&["${a:b}"]), but(&["${a:b}", "c"]), (false, true)),
            (but(&["x/${a:b}"]), fits("y"), (false, true)),
            (but(&["x"]), but(&["*"]), (true, true)),
        ] {
            let budget = Budget::new(10_000);
            assert_eq!((one.includes(&other, &budget), one.meets(&other, &budget)), expected, "{one:?} {other:?}");
        }
    }
}
