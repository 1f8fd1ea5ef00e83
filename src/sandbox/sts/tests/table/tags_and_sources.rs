//! Tags and source identities.

use super::{
    Case, First, Gives, NO_POLICY_FOR_SOURCE, NO_POLICY_FOR_TAGS, NO_SOURCE, NO_TAGS, NONE, PROJECT, PROJECT_ON,
    SOURCE, TEAM, User, YES, check, wrong_value,
};

/// Tags and source identities, which have actions of their own, and what of them a chain keeps.
const TAGS_AND_SOURCES: &[Case] = &[
    (User("alice"), "assume-only", NONE, YES),
    (User("alice"), "assume-only", TEAM, NO_TAGS),
    (User("alice"), "assume-only", SOURCE, NO_SOURCE),
    (User("alice"), "without-source-identity", TEAM, YES),
    (User("alice"), "without-source-identity", SOURCE, NO_SOURCE),
    (User("carol"), "open", NONE, YES),
    (User("carol"), "open", TEAM, NO_POLICY_FOR_TAGS),
    (User("carol"), "open", SOURCE, NO_POLICY_FOR_SOURCE),
    (First("open", PROJECT), "assume-only", NONE, YES),
    (First("open", PROJECT_ON), "assume-only", NONE, NO_TAGS),
    (
        First("open", PROJECT_ON),
        "open",
        PROJECT,
        wrong_value(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the \
         calling session.",
        ),
    ),
    (First("open", PROJECT_ON), "open", TEAM, YES),
    (First("open", SOURCE), "without-source-identity", NONE, NO_SOURCE),
    (First("open", SOURCE), "open", NONE, Gives(&[("SourceIdentity", "ann@example.com")])),
    (First("open", SOURCE), "open", SOURCE, Gives(&[("SourceIdentity", "ann@example.com")])),
    (First("open", SOURCE), "open", &[("SourceIdentity", "bea@example.com")], NO_SOURCE),
    (
        User("alice"),
        "open",
        &[
            ("Tags.member.1.Key", "a"),
            ("Tags.member.1.Value", ""),
            ("Tags.member.2.Key", "A"),
            ("Tags.member.2.Value", ""),
        ],
        wrong_value("Duplicate tag keys found. Please note that Tag keys are case insensitive."),
    ),
    (
        User("alice"),
        "open",
        &[("Tags.member.1.Key", "AWS:x"), ("Tags.member.1.Value", "")],
        wrong_value("Tag keys that begin with aws: are reserved: AWS:x"),
    ),
    (
        User("alice"),
        "open",
        &[("TransitiveTagKeys.member.1", "project")],
        wrong_value("The specified transitive tag key must be included in the requested tags."),
    ),
];

#[tokio::test]
async fn tags_and_source_identities() {
    check(TAGS_AND_SOURCES).await;
}
