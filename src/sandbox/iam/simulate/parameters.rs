//! What a simulation is asked.

use super::super::page::Page;
use super::source::{Source, read_all};
use crate::policy::Context;
use crate::sandbox::call::Call;
use crate::sandbox::constraint::{ANYTHING, ARN, DOCUMENT, Text};
use crate::sandbox::error::ServiceError;
use crate::sandbox::input::Input;

/// `ActionNameType`.
const ACTION: Text = Text { min: 3, max: 128, fits: |_| true, said_as: Ok(".*") };
/// `ResourceNameType`.
const RESOURCE: Text = Text { min: 1, max: 2048, fits: |_| true, said_as: Ok(".*") };
/// `ContextKeyNameType`.
const KEY: Text = Text { min: 5, max: 256, fits: |_| true, said_as: Ok(".*") };

/// `ContextKeyTypeEnum`.
const KEY_TYPES: [&str; 12] = [
    "string",
    "stringList",
    "numeric",
    "numericList",
    "boolean",
    "booleanList",
    "ip",
    "ipList",
    "binary",
    "binaryList",
    "date",
    "dateList",
];

/// The parameters of a simulation.
#[derive(Debug)]
pub(super) struct Parameters<'a> {
    pub(super) source_arn: Option<&'a str>,
    pub(super) policies: Vec<&'a str>,
    boundaries: Vec<&'a str>,
    pub(super) actions: Vec<&'a str>,
    /// Empty where all resources (`*`) are meant.
    pub(super) resources: Vec<&'a str>,
    pub(super) resource_policy: Option<&'a str>,
    pub(super) resource_owner: Option<&'a str>,
    pub(super) caller_arn: Option<&'a str>,
    pub(super) context: Context,
    pub(super) page: Page<'a>,
}

impl<'a> Parameters<'a> {
    /// Those of SimulatePrincipalPolicy.
    pub(super) fn of_principal(call: &Call<'a>) -> Result<Self, ServiceError> {
        let read =
            |input: &Input<'a>| Self { source_arn: Some(input.required("PolicySourceArn", &ARN)), ..read(input) };
        checked(call.fields.read(read)?)
    }

    /// Those of SimulateCustomPolicy.
    pub(super) fn of_custom(call: &Call<'a>) -> Result<Self, ServiceError> {
        let read = |input: &Input<'a>| {
            let parameters = read(input);
            if parameters.policies.is_empty() {
                input.required("PolicyInputList", &ANYTHING);
            }
            parameters
        };
        checked(call.fields.read(read)?)
    }

    /// The boundary that is given, read.
    ///
    /// # Errors
    /// InvalidInput, when it cannot be read.
    pub(super) fn boundary(&self) -> Result<Option<Vec<Source>>, ServiceError> {
        let read = read_all("PermissionsBoundaryPolicyInputList", &self.boundaries)?;
        Ok((!read.is_empty()).then_some(read))
    }
}

fn read<'a>(input: &Input<'a>) -> Parameters<'a> {
    let actions = input.texts("ActionNames", &ACTION);
    if actions.is_empty() {
        input.required("ActionNames", &ANYTHING);
    }
    let entry = |entry: &Input<'a>| {
        let (name, kind) = (entry.optional("ContextKeyName", &KEY), entry.choice("ContextKeyType", &KEY_TYPES));
        (name, entry.texts("ContextKeyValues", &ANYTHING), kind)
    };
    let mut context = Context::new();
    for (name, values, _kind) in input.members("ContextEntries", entry) {
        if let Some(name) = name {
            context.set_all(name, values);
        }
    }
    Parameters {
        source_arn: None,
        policies: input.texts("PolicyInputList", &DOCUMENT),
        boundaries: input.texts("PermissionsBoundaryPolicyInputList", &DOCUMENT),
        actions,
        resources: input.texts("ResourceArns", &RESOURCE),
        resource_policy: input.optional("ResourcePolicy", &DOCUMENT),
        resource_owner: input.optional("ResourceOwner", &RESOURCE),
        caller_arn: input.optional("CallerArn", &RESOURCE),
        context,
        page: Page::read(input),
    }
}

fn checked(parameters: Parameters<'_>) -> Result<Parameters<'_>, ServiceError> {
    let is_action = |action: &&str| {
        action.split_once(':').is_some_and(|(service, name)| {
            let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            is_word(service) && is_word(name)
        })
    };
    if let Some(action) = parameters.actions.iter().find(|action| !is_action(action)) {
        return Err(ServiceError::invalid_input(format!("Invalid action name: {action}")));
    }
    let is_resource = |resource: &&str| *resource == "*" || resource.starts_with("arn:");
    if let Some(resource) = parameters.resources.iter().find(|resource| !is_resource(resource)) {
        return Err(ServiceError::invalid_input(format!("Invalid resource ARN: {resource}")));
    }
    if parameters.boundaries.len() > 1 {
        return Err(ServiceError::invalid_input("Only one permissions boundary can be simulated."));
    }
    Ok(parameters)
}
