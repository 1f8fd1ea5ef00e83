//! Whether two callers are one person.

use crate::authn::Caller;

/// The person behind a caller, as far as it tells persons apart: without surrounding blanks and in one letter case, so that
/// two spellings in a keyring are not two persons. `None` where none is known.
fn person(caller: &Caller) -> Option<String> {
    let person = caller.person.as_deref()?.trim().to_lowercase();
    (!person.is_empty()).then_some(person)
}

/// Whether the caller's person is known.
#[must_use]
pub fn is_known(caller: &Caller) -> bool {
    person(caller).is_some()
}

/// Whether both are known to be persons, and different ones.
#[must_use]
pub fn are_different(one: &Caller, other: &Caller) -> bool {
    matches!((person(one), person(other)), (Some(one), Some(other)) if one != other)
}

/// Whether both are known to be persons, and of one name.
#[must_use]
pub fn are_the_same(one: &Caller, other: &Caller) -> bool {
    matches!((person(one), person(other)), (Some(one), Some(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(name: &str, person: Option<&str>) -> Caller {
        Caller::keyring(name, person.map(Into::into))
    }

    #[test]
    fn persons_are_compared_and_neither_callers_nor_spellings() {
        let alice = caller("alice", Some("alice@example.com"));
        for (other, different) in [
            (caller("bob", Some("bob@example.com")), true),
            (caller("alice-laptop", Some("alice@example.com")), false),
            (caller("admin/alice", Some(" Alice@Example.COM ")), false),
            (caller("bob", None), false),
            (caller("bob", Some(" ")), false),
        ] {
            assert_eq!(are_different(&alice, &other), different, "{other:?}");
            assert_eq!(are_different(&other, &alice), different, "{other:?}");
        }
        assert!(!are_different(&caller("ci", None), &caller("bot", None)), "two unknown persons may be one");
        assert!(!is_known(&caller("ci", Some(""))) && is_known(&alice));
    }
}
