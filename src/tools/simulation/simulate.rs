//! Asking IAM's simulators, all pages of what they answer.

use aws_sdk_iam::types;

use super::decided::{Decided, decided};
use super::{MOST_RESULTS, SIMULATE_CUSTOM_POLICY, SIMULATE_PRINCIPAL_POLICY};
use crate::iam::{AwsFailure, EntityKind, Reader, Resource};
use crate::tools::Arguments;
use crate::tools::context_entries::Entry;

/// Pages that are read at most. IAM may cut them shorter than asked for; a caller is told when there would be more.
const MOST_PAGES: usize = 50;

/// What is simulated, beside the policies.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) actions: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) context: Vec<Entry>,
}

impl Asked {
    /// What a call asks for.
    pub(super) fn of(arguments: &Arguments) -> Self {
        Self {
            actions: arguments.texts("action_names"),
            resources: arguments.texts("resource_arns"),
            context: arguments.context_entries("context_entries"),
        }
    }

    /// The same under other circumstances.
    pub(super) fn under(&self, context: Vec<Entry>) -> Self {
        Self { context, ..self.clone() }
    }

    fn resources(&self) -> Option<Vec<String>> {
        (!self.resources.is_empty()).then(|| self.resources.clone())
    }

    fn context(&self) -> Option<Vec<types::ContextEntry>> {
        let entry = |entry: &Entry| {
            types::ContextEntry::builder()
                .context_key_name(&entry.name)
                .set_context_key_values(Some(entry.values.clone()))
                .context_key_type(types::ContextKeyTypeEnum::from(entry.kind.as_str()))
                .build()
        };
        (!self.context.is_empty()).then(|| self.context.iter().map(entry).collect())
    }
}

/// What the simulator decided.
#[derive(Debug)]
pub(super) struct Simulated {
    pub(super) decided: Vec<Decided>,
    /// Whether there would be more.
    pub(super) truncated: bool,
}

/// Reads all pages of one simulation.
///
/// A macro, because the two operations have types of their own that share no trait.
macro_rules! simulated {
    ($reader:expr, $action:expr, $resource:expr, $asked:expr, $operation:ident, $($set:ident($value:expr))*) => {{
        let mut results = Vec::new();
        let mut marker = None;
        for _ in 0..MOST_PAGES {
            let request = $reader.iam().$operation()
                $(.$set($value))*
                .set_action_names(Some($asked.actions.clone()))
                .set_resource_arns($asked.resources())
                .set_context_entries($asked.context())
                .max_items(i32::try_from(MOST_RESULTS).unwrap_or(i32::MAX))
                .set_marker(marker.take());
            let page = $reader.read($action, $resource, Box::pin(request.send())).await?;
            results.extend(page.evaluation_results().iter().cloned());
            marker = page.marker().filter(|_| page.is_truncated()).map(ToOwned::to_owned);
            if marker.is_none() {
                break;
            }
        }
        Ok(Simulated { decided: decided(&results), truncated: marker.is_some() })
    }};
}

/// Simulates the policies of a user, group or role, with `boundary` in place of its own; one that was created moments ago
/// is waited for.
///
/// # Errors
/// The first page that fails; when IAM knows no such entity, the message names kind, name and account.
pub(super) async fn principal(
    reader: &Reader,
    arn: &str,
    boundary: &[String],
    asked: &Asked,
) -> Result<Simulated, AwsFailure> {
    let resource = Resource::Arn(arn.to_owned());
    let boundary = (!boundary.is_empty()).then(|| boundary.to_vec());
    let look_up = || {
        Box::pin(async {
            simulated!(
                reader,
                SIMULATE_PRINCIPAL_POLICY,
                &resource,
                asked,
                simulate_principal_policy,
                policy_source_arn(arn) set_permissions_boundary_policy_input_list(boundary.clone())
            )
        })
    };
    let (kind, name) = entity(arn);
    reader.settled(kind, name, look_up).await.map_err(|mut failure: AwsFailure| {
        if failure.is_no_such_entity() {
            failure.message = format!("there is no IAM {} {name} in account {}", kind.as_str(), account(arn));
        }
        failure
    })
}

/// Simulates documents.
///
/// # Errors
/// The first page that fails.
pub(super) async fn custom(reader: &Reader, documents: &[String], asked: &Asked) -> Result<Simulated, AwsFailure> {
    simulated!(
        reader,
        SIMULATE_CUSTOM_POLICY,
        &Resource::All,
        asked,
        simulate_custom_policy,
        set_policy_input_list(Some(documents.to_vec()))
    )
}

/// The kind and name of a principal that the parameter's pattern let through.
fn entity(arn: &str) -> (EntityKind, &str) {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let kind = match resource.split('/').next() {
        Some("group") => EntityKind::Group,
        Some("role") => EntityKind::Role,
        _ => EntityKind::User,
    };
    (kind, resource.rsplit('/').next().unwrap_or_default())
}

fn account(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entity_is_told_by_its_arn() {
        let arn = "arn:aws:iam::123456789012:role/a/b/deploy";
        assert_eq!((entity(arn), account(arn)), ((EntityKind::Role, "deploy"), "123456789012"));
        assert_eq!(entity("arn:aws:iam::123456789012:group/ops"), (EntityKind::Group, "ops"));
        assert_eq!(entity("arn:aws:iam::123456789012:user/bob"), (EntityKind::User, "bob"));
    }
}
