//! The signals that a user is a machine, as they were published, in one table.

use super::Confidence;
use super::words::{of_name, words};
use crate::posture::snapshot::{Credentials, User};

/// Something about a user that machines are more likely to have than people.
#[derive(Debug, PartialEq, Eq)]
pub struct Signal {
    /// Its name: stable.
    pub code: &'static str,
    /// What it counts, each time that it is found.
    pub weight: Confidence,
    /// What it says.
    pub says: &'static str,
    looks: Looks,
}

/// What it looks at.
#[derive(Debug, PartialEq, Eq)]
enum Looks {
    /// At the words of the name: one of each of these groups, whose members are spellings of one word.
    Name(&'static [&'static [&'static str]]),
    /// At what the credential report says.
    Credentials(Of),
    /// At the value of the tag `Type`.
    TypeTag(&'static [&'static str]),
    /// At the words of each tag, in its key or its value.
    Tags(&'static [&'static str]),
}

/// What the credential report says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Password,
    AccessKeys,
    Mfa,
}

/// All of them, in the order in which they are told.
pub static SIGNALS: [Signal; 7] = [
    Signal {
        code: "NamePattern",
        weight: Confidence::percent(30),
        says: "its name has a word that names of machines have, each such word for itself",
        looks: Looks::Name(&[
            &["svc", "service"],
            &["app", "application"],
            &["bot", "robot"],
            &["api"],
            &["lambda"],
            &["ci", "cicd"],
            &["cd"],
            &["terraform"],
            &["ansible"],
        ]),
    },
    Signal {
        code: "PasswordNeverUsed",
        weight: Confidence::percent(20),
        says: "it never signed in to the console",
        looks: Looks::Credentials(Of::Password),
    },
    Signal {
        code: "ActiveAccessKey",
        weight: Confidence::percent(20),
        says: "it has an active access key",
        looks: Looks::Credentials(Of::AccessKeys),
    },
    Signal {
        code: "NoMfaDevice",
        weight: Confidence::percent(10),
        says: "it has no MFA device",
        looks: Looks::Credentials(Of::Mfa),
    },
    Signal {
        code: "TypeTag",
        weight: Confidence::percent(30),
        says: "its tag Type says that it is a machine",
        looks: Looks::TypeTag(&["service", "bot", "automation", "application"]),
    },
    Signal {
        code: "TagSaysService",
        weight: Confidence::percent(20),
        says: "a tag speaks of a service, each such tag for itself",
        looks: Looks::Tags(&["service", "services", "microservice", "microservices"]),
    },
    Signal {
        code: "TagSaysBot",
        weight: Confidence::percent(20),
        says: "a tag speaks of a bot, each such tag for itself",
        looks: Looks::Tags(&["bot", "bots", "chatbot", "chatbots", "robot", "robots"]),
    },
];

/// What a signal was found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence<'a> {
    /// A word of the name.
    Pattern(&'static str),
    /// A tag: what stands in it was written by whoever may tag.
    Tag {
        /// Its key.
        key: &'a str,
        /// Its value.
        value: &'a str,
    },
    /// What the credential report says.
    Fact(&'static str),
}

/// A signal that was found, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// The signal.
    pub signal: &'static Signal,
    /// By what.
    pub evidence: Evidence<'a>,
}

impl Signal {
    /// What it finds about the user, each for itself; `None` where nobody knows.
    pub(super) fn looks_at<'a>(&self, user: &'a User) -> Option<Vec<Evidence<'a>>> {
        let identity = &user.identity;
        let tags = || identity.tags.iter().map(|(key, value)| (&**key, &**value));
        Some(match self.looks {
            Looks::Name(groups) => {
                let own = of_name(&identity.name);
                let found =
                    groups.iter().filter_map(|group| group.iter().find(|word| own.iter().any(|own| own == **word)));
                found.map(|word| Evidence::Pattern(word)).collect()
            }
            Looks::Credentials(of) => of.fact(user.credentials.as_ref()?).map(Evidence::Fact).into_iter().collect(),
            Looks::TypeTag(values) => {
                let is_type = |(key, value): &(&str, &str)| {
                    key.eq_ignore_ascii_case("type") && values.iter().any(|own| own.eq_ignore_ascii_case(value.trim()))
                };
                tags().filter(is_type).map(|(key, value)| Evidence::Tag { key, value }).collect()
            }
            Looks::Tags(wanted) => {
                let speaks = |text: &str| words(text).iter().any(|own| wanted.contains(&own.as_str()));
                let speaking = tags().filter(|(key, value)| speaks(key) || speaks(value));
                speaking.map(|(key, value)| Evidence::Tag { key, value }).collect()
            }
        })
    }
}

impl Of {
    fn fact(self, credentials: &Credentials) -> Option<&'static str> {
        match self {
            Self::Password if !credentials.password => Some("it has no password"),
            Self::Password if credentials.password_last_used.is_none() => Some("its password was never used"),
            Self::AccessKeys if credentials.has_active_key() => Some("it has an active access key"),
            Self::Mfa if !credentials.mfa => Some("it has no MFA device"),
            Self::Password | Self::AccessKeys | Self::Mfa => None,
        }
    }
}
