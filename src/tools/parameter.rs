//! Parameters of tools: name, meaning and constraint, in one place for the JSON schema and the check.

use std::sync::LazyLock;

use regex::Regex;

pub use crate::audit::Kept;

/// One parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name, in `snake_case`.
    pub name: &'static str,
    /// One short line for a model.
    pub description: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether a call must give it.
    pub required: bool,
    /// What a record keeps of its value, once that fits the constraint; before, a record keeps nothing.
    ///
    /// As given stands what says whom and what a call is about, and is told to everybody who may read IAM: names, paths, ARNs,
    /// actions, numbers, choices, descriptions; tags, which AWS shows in its bills and logs and warns to put secrets into
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>); and policies, which are what an audit is about
    /// and which CloudTrail keeps too. Everything else is a secret, and so is what is free text without a need for it.
    pub kept: Kept,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text that fits a pattern; the length is counted in characters.
    Text(&'static Pattern),
    /// `true` or `false`.
    Boolean,
    /// `true` or `false`; `true` where it is left out.
    DefaultTrue,
    /// A whole number within bounds, both included.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
        /// What a call that leaves it out means, where that is a value.
        default: Option<i64>,
    },
    /// A number between 0 and 1, both included.
    Fraction,
    /// Tags: an object of key to value, or AWS's list of `{Key, Value}`.
    Tags,
    /// One of a few words.
    Choice {
        /// The words.
        words: &'static [&'static str],
        /// What a call that leaves it out means.
        default: &'static str,
    },
    /// One of a few words, none of which goes without saying.
    OneOf(&'static [&'static str]),
    /// A list of at least one of a few words; all of them where a call leaves it out.
    Words(&'static [&'static str]),
    /// A list of at least one text, each of which fits the pattern.
    Texts {
        /// What each of them is.
        each: &'static Pattern,
        /// The most of them.
        most: usize,
    },
    /// A policy document: an object, or its JSON as text.
    Document,
    /// A list of at least one policy document.
    Documents {
        /// The most of them.
        most: usize,
    },
    /// The arguments of a call of another tool, which checks them.
    Object,
    /// Condition keys: an object of key to value or values, or AWS's list of `{ContextKeyName, ContextKeyValues}`.
    ContextEntries,
    /// A parameter that other servers take and this one refuses, with the reason; accepted in name only and not listed.
    Refused(&'static str),
    /// A parameter that other servers take and that means nothing here; any value, not listed.
    Ignored,
}

impl Parameter {
    /// Whether a model is told of it.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        !matches!(self.kind, Kind::Refused(_) | Kind::Ignored)
    }

    /// Whether it is a secret that AWS is sent.
    #[must_use]
    pub fn is_sent_secret(&self) -> bool {
        self.kept == Kept::Secret && self.is_listed()
    }
}

/// A pattern with its length bounds: the JSON schema shows it and the check runs it.
#[derive(Debug)]
pub struct Pattern {
    /// A regular expression that is read alike by ECMA 262 (JSON Schema) and the `regex` crate.
    pub expression: &'static str,
    /// The constraint in words.
    pub words: &'static str,
    /// The fewest characters.
    pub min: usize,
    /// The most characters.
    pub max: usize,
    /// What a call that leaves it out means, where that is a value.
    pub default: Option<&'static str>,
    /// Whether the JSON schema shows the expression: not where the gateway made the text, or any line will do.
    pub is_told: bool,
    /// Whether the gateway or AWS made the text and gets it back unchanged: no client can break a constraint on it unknowingly.
    pub is_made: bool,
    compiled: LazyLock<Regex>,
}

impl Pattern {
    /// Whether the text fits.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        // The length first: it bounds what the expression has to look at.
        (self.min..=self.max).contains(&text.chars().count()) && self.compiled.is_match(text)
    }
}

macro_rules! pattern {
    ($name:ident, $expression:literal, $min:literal..=$max:literal, $words:literal $(, default = $default:literal)? $(; $untold:ident)?) => {
        #[doc = $words]
        pub static $name: Pattern = Pattern {
            expression: $expression,
            words: $words,
            min: $min,
            max: $max,
            default: pattern!(@default $($default)?),
            is_told: pattern!(@told $($untold)?),
            is_made: pattern!(@made $($untold)?),
            compiled: LazyLock::new(|| Regex::new($expression).expect("the patterns of parameters are tested")),
        };
    };
    (@told) => { true };
    (@told untold) => { false };
    (@told made) => { false };
    (@made) => { false };
    (@made untold) => { false };
    (@made made) => { true };
    (@default) => { None };
    (@default $default:literal) => { Some($default) };
}

// Constraints from the IAM API reference, CreateUser, ListUsers and TagUser.
pattern!(USER_NAME, r"^[A-Za-z0-9_+=,.@-]+$", 1..=64, "1-64 letters, digits or any of _+=,.@-");
pattern!(ROLE_NAME, r"^[A-Za-z0-9_+=,.@-]+$", 1..=64, "1-64 letters, digits or any of _+=,.@-");
pattern!(NAME, r"^[A-Za-z0-9_+=,.@-]+$", 1..=128, "1-128 letters, digits or any of _+=,.@-");
pattern!(
    PATH,
    r"^(/|/[!-~]+/)$",
    1..=512,
    "a path that begins and ends with / and has printable ASCII between, at most 512 characters",
    default = "/"
);
pattern!(
    PATH_OF_UPDATE,
    r"^(/|/[!-~]+/)$",
    1..=512,
    "a path that begins and ends with / and has printable ASCII between, at most 512 characters"
);
pattern!(
    PATH_PREFIX,
    r"^/[!-~]*$",
    1..=512,
    "a path that begins with / and has printable ASCII after, at most 512 characters"
);
// A managed policy's path is narrower: CreatePolicy, ListPolicies.
pattern!(
    POLICY_PATH,
    r"^(/[A-Za-z0-9.,+@=_-]+)*/$",
    1..=512,
    "a path of letters, digits and .,+@=_- between slashes, at most 512 characters",
    default = "/"
);
pattern!(
    POLICY_PATH_PREFIX,
    r"^(/[A-Za-z0-9.,+@=_-]+)*/$",
    1..=512,
    "a path of letters, digits and .,+@=_- between slashes, at most 512 characters"
);
pattern!(MARKER, r"^[ -~\u00a0-\u00ff]+$", 1..=320, "the Marker of the answer before, unchanged"; made);
// IAM's least of 20 characters is less than what fits the patterns of ARNs.
pattern!(
    POLICY_ARN,
    r"^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[!-~]+$",
    1..=2048,
    "a policy's ARN, arn:aws:iam::ACCOUNT:policy/NAME"
);
// Constraints from the IAM API reference, SimulatePrincipalPolicy: wildcards in actions are not possible there.
pattern!(
    ACTION_NAME,
    r"^[A-Za-z0-9-]+:[A-Za-z0-9_-]+$",
    3..=128,
    "an action without wildcards, service and name, such as iam:CreateUser"
);
pattern!(RESOURCE_ARN, r"^(\*|arn:[^\p{C}]+)$", 1..=2048, "an ARN, or * for all resources");
pattern!(
    PRINCIPAL_ARN,
    r"^arn:aws[a-z-]*:iam::[0-9]{12}:(user|group|role)/[!-~]+$",
    1..=2048,
    "the ARN of an IAM user, group or role (of a session, that of its role)"
);
pattern!(
    ENTITY_ARN,
    r"^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):(user|group|role|policy)/[!-~]+$",
    1..=2048,
    "the ARN of an IAM user, group, role or managed policy";
    untold
);
pattern!(
    TAG_KEY,
    r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$",
    1..=128,
    "a tag key: 1-128 letters, spaces, digits or any of _.:/=+-@"
);
pattern!(DESCRIPTION, r"^[\t\n\r -~\u00a1-\u00ff]+$", 1..=1000, "1-1000 characters of Latin-1");
// The IAM API reference, UpdateRole.
pattern!(
    DESCRIPTION_OF_UPDATE,
    r"^[\t\n\r -~\u00a1-\u00ff]*$",
    0..=1000,
    "at most 1000 characters of Latin-1; none clears it"
);
// The IAM API reference, SetDefaultPolicyVersion.
pattern!(VERSION_ID, r"^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$", 2..=64, "a version, such as v2");
// IAM takes small letters too; no id has any, and a secret that was mistaken for an id does.
pattern!(ACCESS_KEY_ID, r"^[A-Z0-9]+$", 16..=128, "an access key's id: 16-128 capital letters and digits");
pattern!(SESSION_NAME, r"^[A-Za-z0-9_+=,.@-]+$", 1..=64, "1-64 letters, digits or any of _+=,.@-"; untold);
pattern!(EVENT_NAME, r"^[A-Za-z0-9]+$", 1..=128, "1-128 letters and digits"; untold);
pattern!(TIME, r"^[0-9TZtz:.+-]+$", 1..=35, "a date or time in ISO 8601, such as 2026-11-20T12:00:00Z"; untold);
pattern!(REASON, r"^[^\p{C}]+$", 1..=500, "1-500 characters on one line"; untold);
pattern!(TOKEN, r"^[A-Za-z0-9_-]+$", 1..=2048, "the confirmation_token of the answer before, unchanged"; made);

/// The part of a tag that IAM checks: letters, spaces, digits of any script and `_.:/=+-@`.
pub static TAG_TEXT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$").expect("a fixed expression"));

/// `profile` of Ship CLI's tools, whose names are accepted.
pub const PROFILE: Parameter = Parameter {
    name: "profile",
    description: "",
    kind: Kind::Refused("is not taken here: the gateway chooses the role from who you are; see whoami"),
    required: false,
    kept: Kept::Secret,
};

/// What every writing tool takes.
pub static OF_WRITES: [Parameter; 2] = [
    Parameter {
        name: "dry_run",
        description: "true: only plan, change nothing",
        kind: Kind::Boolean,
        required: false,
        kept: Kept::AsGiven,
    },
    // awslabs' parameter: a model's own word that somebody confirmed, which proves nothing and so changes nothing.
    Parameter { name: "confirmed", description: "", kind: Kind::Ignored, required: false, kept: Kept::Secret },
];

/// What every tool that is confirmed takes.
pub static OF_CONFIRMED: [Parameter; 2] = [
    Parameter {
        name: "confirmation_token",
        description: "the plan's, to do it",
        kind: Kind::Text(&TOKEN),
        required: false,
        kept: Kept::Token,
    },
    Parameter {
        name: "reason",
        description: "why; recorded",
        kind: Kind::Text(&REASON),
        required: false,
        // Free text, and the model is told that it is kept.
        kept: Kept::AsGiven,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_its_default_fits() {
        for pattern in [
            &USER_NAME,
            &ROLE_NAME,
            &NAME,
            &TAG_KEY,
            &DESCRIPTION,
            &VERSION_ID,
            &ACCESS_KEY_ID,
            &PATH,
            &PATH_OF_UPDATE,
            &PATH_PREFIX,
            &POLICY_PATH,
            &POLICY_PATH_PREFIX,
            &MARKER,
            &POLICY_ARN,
            &ACTION_NAME,
            &RESOURCE_ARN,
            &PRINCIPAL_ARN,
            &ENTITY_ARN,
            &SESSION_NAME,
            &EVENT_NAME,
            &TIME,
            &REASON,
            &TOKEN,
        ] {
            assert!(pattern.default.is_none_or(|default| pattern.fits(default)), "{}", pattern.words);
            assert!(!pattern.fits(""));
            assert!(!pattern.fits(&"a".repeat(pattern.max + 1)));
        }
    }

    #[test]
    fn names_and_paths_are_iams() {
        for name in ["bob", "svc+deploy@example.com", "a,b=c.d-e_f", &"x".repeat(64)] {
            assert!(USER_NAME.fits(name), "{name}");
        }
        for name in ["bo b", "bob/x", "bob*", "böb", "bob\n", &"x".repeat(65)] {
            assert!(!USER_NAME.fits(name), "{name}");
        }
        for path in ["/", "/division/team/", "/a!~/"] {
            assert!(PATH.fits(path), "{path}");
        }
        for path in ["", "//", "division/", "/division", "/a b/", "//\u{e9}/"] {
            assert!(!PATH.fits(path) && !PATH_OF_UPDATE.fits(path), "{path}");
        }
    }

    #[test]
    fn the_paths_of_managed_policies_are_narrower() {
        for path in ["/", "/division/team/", "/a.,+@=_-/"] {
            assert!(POLICY_PATH.fits(path) && POLICY_PATH_PREFIX.fits(path), "{path}");
        }
        for path in ["", "//", "/division", "/a//b/", "/a!/", "/a:b/", &format!("/{}/", "a".repeat(511))] {
            assert!(!POLICY_PATH.fits(path) && !POLICY_PATH_PREFIX.fits(path), "{path}");
        }
    }

    #[test]
    fn a_description_is_cleared_by_an_update_and_not_made_empty() {
        assert!(DESCRIPTION_OF_UPDATE.fits("") && !DESCRIPTION.fits(""));
        assert!(DESCRIPTION_OF_UPDATE.fits("caf\u{e9}\n") && !DESCRIPTION_OF_UPDATE.fits("\u{202e}"));
        assert!(!DESCRIPTION_OF_UPDATE.fits(&"a".repeat(1001)));
    }

    #[test]
    fn a_reason_is_one_visible_line() {
        assert!(REASON.fits("left the company, ticket 42"));
        assert!(!REASON.fits("line\nbreak"));
        assert!(!REASON.fits("right-to-left \u{202e} override"));
    }
}
