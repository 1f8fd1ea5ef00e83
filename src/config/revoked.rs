//! `[[revoked]]`: who is not believed any more, whatever they show.

use jiff::Timestamp;

use super::exchange::Exchange;
use super::issuer::Issuer;
use super::sealing::{Sealing, SealingState};
use super::section::{Item, Section};
use super::sink::Problem;
use crate::authn::{Caller, CallerKind};

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
    /// The access key id of gateway credentials and the name of the proof that they were given for, or the `jti` of a token.
    pub tokens: [Option<&'a str>; 2],
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

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether everything is revoked that the sealing key of this id sealed.
    #[must_use]
    pub fn cover_key(&self, id: &str) -> bool {
        self.0.iter().any(|revocation| matches!(&revocation.what, Revoked::Key(own) if own == id))
    }

    /// These, and those beside that are not among them.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        let more = others.0.iter().filter(|other| !self.0.contains(other));
        Self(self.0.iter().chain(more).cloned().collect())
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
            Self::Token(id) => presented.tokens.contains(&Some(id.as_str())),
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

/// What revocations can name.
pub(super) struct Named<'a> {
    pub(super) issuers: &'a [Issuer],
    pub(super) exchange: &'a Exchange,
    pub(super) sealing: &'a Sealing,
}

pub(super) fn read(root: &Section<'_>, named: Option<&Named<'_>>) -> Revocations {
    Revocations(root.tables("revoked", |section| revocation(section, named)).into_iter().flatten().collect())
}

fn revocation(section: &Section<'_>, named: Option<&Named<'_>>) -> Option<Revocation> {
    type Kind = fn(String) -> Revoked;
    let kinds: [(&str, Kind); 5] = [
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
    let what = kind(text?);
    if matches!(what, Revoked::Key(_)) && issued_before.is_some() {
        let problem = Problem::conflict("says nothing of a key: whoever has it can give what it seals any date");
        section.fault_at("issued_before", problem.remedy("leave it out"));
    }
    if let Some(named) = named {
        check_name(&what, item, named);
    }
    Some(Revocation { what, issued_before })
}

/// A revocation that is for nobody would say nothing when it is needed.
fn check_name(what: &Revoked, item: &Item<'_>, named: &Named<'_>) {
    match what {
        Revoked::Caller(id) if !CallerKind::ALL.iter().any(|kind| id.starts_with(&format!("{}:", kind.as_str()))) => {
            let remedy = "write it as records have it: keyring:alice, oidc:github:ci/app, \
                          caller-identity:123456789012:assumed-role/Developer/alice";
            item.fault(Problem::invalid("does not begin with the kind of a caller").remedy(remedy));
        }
        Revoked::Issuer(name) => {
            let accounts = named.exchange.caller_identity.iter().flat_map(|proofs| &proofs.accounts);
            let accounts = accounts.chain(named.exchange.web_identity.iter().map(|issuer| &issuer.account));
            let is_known = named.issuers.iter().any(|issuer| issuer.name == *name)
                || accounts.into_iter().any(|own| own.as_str() == name);
            if !is_known {
                item.warn("is no [[issuer]] and no account that proofs are accepted of: it holds only for credentials that were given before");
            }
        }
        Revoked::Key(id) => match named.sealing.keys.iter().find(|key| key.id == *id) {
            None => item.warn("is the id of no sealing key"),
            Some(key) if key.state == SealingState::Seal => {
                let problem =
                    Problem::conflict("is the key that seals, so nothing that is given from now on would be believed");
                item.fault(problem.remedy("let another key seal first"));
            }
            Some(_) => {}
        },
        Revoked::Token(_) | Revoked::Caller(_) | Revoked::Person(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presented(caller: &Caller) -> Presented<'_> {
        let issued = "2026-11-27T12:00:00Z".parse().unwrap();
        Presented { caller, tokens: [Some("IMGTAAAA"), Some("jti-1")], key: Some("2026-11"), issued }
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
            (Revoked::Token("jti-1".into()), true, true),
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
