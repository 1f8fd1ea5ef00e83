//! Who can be signed in: the people of the account.

use crate::sandbox::account::{Account, User};

/// Who is signed in where `login_hint` names nobody: of the account that comes with the sandbox, somebody with whom
/// everything is as it should be.
pub(super) const DEFAULT: &str = "emma.lindqvist";

/// Where people's users are, and machines' are not.
const PATH: &str = "/people/";

/// What tokens say of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// The user's id, which no other user ever has.
    pub(super) subject: String,
    pub(super) email: String,
    /// The names of the user's groups, sorted.
    pub(super) groups: Vec<String>,
}

/// The person whom a hint names, by user name or email address.
pub(super) fn hinted(account: &Account, hint: &str) -> Option<Person> {
    found(account, |user| user.name == hint || email(user) == hint)
}

/// The person with this subject, as the account has it now.
pub(super) fn with_subject(account: &Account, subject: &str) -> Option<Person> {
    found(account, |user| user.id == subject)
}

fn found(account: &Account, is_meant: impl Fn(&User) -> bool) -> Option<Person> {
    let user = account.users.iter().find(|user| user.path.starts_with(PATH) && is_meant(user))?;
    let mut groups: Vec<String> = account
        .groups
        .iter()
        .filter(|group| group.members.contains(&user.id))
        .map(|group| group.name.clone())
        .collect();
    groups.sort();
    Some(Person { subject: user.id.clone(), email: email(user), groups })
}

fn email(user: &User) -> String {
    if user.name.contains('@') { user.name.clone() } else { format!("{}@acme.example", user.name) }
}
