//! Narrower documents for what was never used: a proposal, which nothing here applies.

use serde_json::{Map, Value, json};

use super::narrow::{Narrowed, Uses, narrow};
use super::subject::Subject;
use crate::iam::{AwsFailure, Reader, reads};
use crate::tools::holder::USER;
use crate::tools::holder::held::{self, Document, Source};
use crate::tools::managed;
use crate::tools::pages::all_pages;

/// What must not be read into a suggestion.
const NOTE: &str = "A proposal: nothing was changed. Documents that stay as they are are left out, and so is, where * becomes \
                    a list, every service of which AWS tells nothing. What is used less often than AWS's tracking period is \
                    long looks unused: look at each service before it goes.";

/// The suggestion for `subject`; `None` where nobody can change what it allows.
///
/// # Errors
/// The first read that fails.
pub(super) async fn suggestion(
    reader: &Reader,
    subject: &Subject<'_>,
    uses: &Uses,
) -> Result<Option<Value>, AwsFailure> {
    Ok(match subject {
        Subject::Holder(holder, name) => {
            let groups = async { if holder.kind == USER.kind { groups(reader, name).await } else { Ok(Vec::new()) } };
            let (own, groups) = tokio::try_join!(held::own(reader, holder, name), groups)?;
            Some(of(&own, &groups, uses))
        }
        Subject::Policy(arn) => {
            let says = managed::document(reader, arn).await?;
            let source = Source::Managed((*arn).to_owned());
            Some(of(&[Document { of_group: None, source, says }], &[], uses))
        }
        Subject::OfAws => None,
    })
}

/// The names of a user's groups.
async fn groups(reader: &Reader, user: &str) -> Result<Vec<String>, AwsFailure> {
    let (action, resource) = (reads::LIST_GROUPS_FOR_USER, &USER.named(user));
    let request = || reader.iam().list_groups_for_user().user_name(user);
    let groups = all_pages!(reader, action, resource, request(), groups).await?;
    Ok(groups.iter().map(|group| group.group_name().to_owned()).collect())
}

fn of(own: &[Document], groups: &[String], uses: &Uses) -> Value {
    let (mut suggested, mut not_narrowed) = (Vec::new(), Vec::new());
    for document in own {
        let named = |members: Value| named(&document.source, members);
        let Some(Narrowed { document: left, removed, kept }) = narrow(&document.says, uses) else {
            not_narrowed.push(named(json!({"Reason": "the document cannot be read"})));
            continue;
        };
        let reasons = kept.into_iter().map(|(place, reason)| json!({"Statement": place, "Reason": reason}));
        not_narrowed.extend(reasons.map(named));
        if removed.is_empty() {
            continue;
        }
        suggested.push(named(match left {
            Some(left) => json!({"PolicyDocument": left, "Removed": removed}),
            None => json!({"Unneeded": true, "Removed": removed}),
        }));
    }
    let of_groups = groups.iter().map(
        |group| json!({"GroupName": group, "Reason": "its policies are those of all its members: ask about the group"}),
    );
    not_narrowed.extend(of_groups);
    json!({"Documents": suggested, "NotNarrowed": not_narrowed, "Note": NOTE})
}

/// The members with the name of the policy.
fn named(source: &Source, members: Value) -> Value {
    let (name, value) = match source {
        Source::Managed(arn) => ("PolicyArn", arn),
        Source::Inline(name) => ("PolicyName", name),
    };
    let Value::Object(members) = members else { return members };
    let named = Map::from_iter([(name.to_owned(), value.as_str().into())]);
    Value::Object(named.into_iter().chain(members).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(source: Source, actions: &Value) -> Document {
        let says = json!({"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
        Document { of_group: None, source, says }
    }

    #[test]
    fn what_changes_is_suggested_and_what_cannot_is_named() {
        let uses = Uses { used: ["s3".to_owned()].into(), unused: ["ec2".to_owned(), "iam".to_owned()].into() };
        let (inline, managed) = (|name: &str| Source::Inline(name.into()), |name: &str| Source::Managed(name.into()));
        let own = [
            document(inline("deploy"), &json!(["s3:*", "ec2:*"])),
            document(managed("arn:p"), &json!("iam:*")),
            document(inline("used"), &json!("s3:*")),
            document(inline("new"), &json!("newservice:*")),
            Document { of_group: None, source: inline("odd"), says: json!("?") },
        ];
        let suggested = of(&own, &["crew".to_owned()], &uses);
        let narrower = json!({"Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}]});
        assert_eq!(
            suggested["Documents"],
            json!([
                {"PolicyName": "deploy", "PolicyDocument": narrower, "Removed": ["ec2:*"]},
                {"PolicyArn": "arn:p", "Unneeded": true, "Removed": ["iam:*"]},
            ])
        );
        let told: Vec<&Value> = suggested["NotNarrowed"].as_array().unwrap().iter().collect();
        assert_eq!(told.len(), 3);
        assert_eq!((&told[0]["PolicyName"], &told[0]["Statement"]), (&json!("new"), &json!(0)));
        assert_eq!((&told[1]["PolicyName"], &told[2]["GroupName"]), (&json!("odd"), &json!("crew")));
    }
}
