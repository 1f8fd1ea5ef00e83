//! Who and what the account's identities are: machines or people, and which roles for whom.

pub mod fetch;
