//! How long a session lasts.

use super::{Case, Gives, NO_POLICY, Task, User, YES, check, invalid};

/// How long.
const DURATIONS: &[Case] = &[
    (User("alice"), "open", &[("DurationSeconds", "900")], Gives(&[("Expiration", "2026-03-01T12:15:00Z")])),
    (
        User("alice"),
        "open",
        &[("DurationSeconds", "899")],
        invalid(
            "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have \
         value greater than or equal to 900",
        ),
    ),
    (
        User("alice"),
        "open",
        &[("DurationSeconds", "43201")],
        invalid(
            "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have \
         value less than or equal to 43200",
        ),
    ),
    (
        User("alice"),
        "open",
        &[("DurationSeconds", "3601")],
        invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
    ),
    (User("alice"), "long", &[("DurationSeconds", "7200")], Gives(&[("Expiration", "2026-03-01T14:00:00Z")])),
    (
        User("alice"),
        "long",
        &[("DurationSeconds", "7201")],
        invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
    ),
    // Who may not assume the role does not learn its maximum.
    (User("bob"), "open", &[("DurationSeconds", "3601")], NO_POLICY),
    (Task("gateway"), "long", &[("DurationSeconds", "3600")], YES),
    (
        Task("gateway"),
        "long",
        &[("DurationSeconds", "3601")],
        invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"),
    ),
];

#[tokio::test]
async fn durations() {
    check(DURATIONS).await;
}
