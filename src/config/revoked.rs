//! `[[revoked]]`: who is not believed any more, whatever they show.

use jiff::Timestamp;

use super::section::Section;
use super::sink::Problem;
use crate::authn::Caller;

/// One `[[revoked]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// What is revoked.
    pub what: Revoked,
    /// Only what was issued before this; without it everything, whenever it was issued.
    pub issued_before: Option<Timestamp>,
}

/// What is revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// Gateway credentials, by their access key id; or an access token, by its `jti`.
    Token(String),
    /// A caller, as records name it: `caller-identity:123456789012:assumed-role/Developer/alice`.
    Caller(String),
    /// A person, under whatever callers.
    Person(String),
    /// Everybody whom this issuer (by its name in the configuration) or this AWS account vouches for.
    Issuer(String),
    /// Every token sealed with the sealing key of this id.
    Key(String),
}

/// All revocations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Revocations(Vec<Revocation>);

/// What is asked of revocations.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// Who shows it.
    pub caller: &'a Caller,
    /// The access key id of gateway credentials, or the `jti` of an access token.
    pub token: Option<&'a str>,
    /// The id of the sealing key.
    pub key: Option<&'a str>,
    /// When it was issued.
    pub issued: Timestamp,
}

impl Revocations {
    /// Whether there is none, so that nothing has to be looked up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether what is shown is revoked.
    #[must_use]
    pub fn cover(&self, presented: &Presented<'_>) -> bool {
        self.0.iter().any(|revocation| {
            revocation.issued_before.is_none_or(|before| presented.issued < before) && revocation.what.is_of(presented)
        })
    }
}

impl Revoked {
    fn is_of(&self, presented: &Presented<'_>) -> bool {
        let caller = presented.caller;
        match self {
            Self::Token(id) => presented.token == Some(id),
            Self::Caller(id) => caller.id() == *id,
            // As persons are told apart elsewhere: two spellings are not two of them.
            Self::Person(name) => caller.person.as_deref().is_some_and(|own| folded(own) == folded(name)),
            Self::Issuer(name) => {
                caller.issuer.as_deref() == Some(name) || caller.account.is_some_and(|account| account.as_str() == name)
            }
            Self::Key(id) => presented.key == Some(id),
        }
    }
}

fn folded(person: &str) -> String {
    person.trim().to_lowercase()
}

pub(super) fn read(root: &Section<'_>) -> Revocations {
    Revocations(root.tables("revoked", revocation).into_iter().flatten().collect())
}

fn revocation(section: &Section<'_>) -> Option<Revocation> {
    type Named = fn(String) -> Revoked;
    let kinds: [(&str, Named); 5] = [
        ("token", Revoked::Token),
        ("caller", Revoked::Caller),
        ("person", Revoked::Person),
        ("issuer", Revoked::Issuer),
        ("key", Revoked::Key),
    ];
    let given: Vec<_> = kinds.into_iter().filter_map(|(key, kind)| Some((section.optional(key)?, kind))).collect();
    let issued_before = section.optional("issued_before").map(|item| {
        item.check(|text| {
            text.parse::<Timestamp>().map_err(|_| Problem::invalid("is not a time such as \"2026-11-27T12:00:00Z\""))
        })
    });
    let [(item, kind)] = given.as_slice() else {
        section.fault(
            Problem::conflict("must name one of token, caller, person, issuer and key")
                .remedy("write a [[revoked]] for each"),
        );
        return None;
    };
    let text = item.check(|text| match text {
        "" => Err(Problem::invalid("is empty")),
        text => Ok(text.to_owned()),
    });
    let issued_before = match issued_before {
        None => None,
        Some(read) => Some(read?),
    };
    Some(Revocation { what: kind(text?), issued_before })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authn::CallerKind;

    fn presented(caller: &Caller) -> Presented<'_> {
        let issued = "2026-11-27T12:00:00Z".parse().unwrap();
        Presented { caller, token: Some("IMGTAAAA"), key: Some("2026-11"), issued }
    }

    fn covers(what: Revoked, before: Option<&str>, caller: &Caller) -> bool {
        let issued_before = before.map(|time| time.parse().unwrap());
        Revocations(vec![Revocation { what, issued_before }]).cover(&presented(caller))
    }

    #[test]
    fn each_way_of_naming_it_finds_it_and_nothing_else() {
        let account = Some("123456789012".parse().unwrap());
        let named = Caller::keyring("user/alice", Some("Alice@example.com".into()));
        let alice = Caller { kind: CallerKind::WebIdentity, account, ..named };
        let ci = Caller { kind: CallerKind::Oidc, issuer: Some("github".into()), ..Caller::keyring("ci", None) };
        for (what, of_alice, of_ci) in [
            (Revoked::Token("IMGTAAAA".into()), true, true),
            (Revoked::Token("IMGTAAA".into()), false, false),
            (Revoked::Caller("web-identity:123456789012:user/alice".into()), true, false),
            (Revoked::Caller("user/alice".into()), false, false),
            (Revoked::Person("alice@EXAMPLE.com ".into()), true, false),
            (Revoked::Issuer("123456789012".into()), true, false),
            (Revoked::Issuer("github".into()), false, true),
            (Revoked::Key("2026-11".into()), true, true),
            (Revoked::Key("2026-10".into()), false, false),
        ] {
            assert_eq!(covers(what.clone(), None, &alice), of_alice, "{what:?}");
            assert_eq!(covers(what.clone(), None, &ci), of_ci, "{what:?}");
        }
    }

    #[test]
    fn what_was_issued_later_can_be_left_alone() {
        let alice = Caller::keyring("alice", None);
        let what = || Revoked::Caller("keyring:alice".into());
        assert!(covers(what(), Some("2026-11-27T12:00:01Z"), &alice));
        assert!(!covers(what(), Some("2026-11-27T12:00:00Z"), &alice));
    }
}
