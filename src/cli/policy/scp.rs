//! `policy scp`

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::arn::RoleArn;
use crate::authorize::{Documents, documents};
use crate::cli::{Failure, Outcome, out};
use crate::config::{Config, Loaded, ProcessEnvironment};
use crate::policy::{Document, PolicyKind};
use crate::stage_two::translate::{Change, Translated, translate};
use crate::stage_two::{Generated, Limit, resource_control_policy, service_control_policy, trust_policy};
use crate::tools::text::visible;

/// Write the policies that let AWS itself tell the gateway's sessions from all others.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  iam-mcp-gateway policy scp --config gateway.toml\n  \
    iam-mcp-gateway policy scp --config gateway.toml --directory at-aws\n\n\
    Written are a service control policy (only the gateway's role stamps sessions, nobody tags users and roles with the\n\
    stamp), a resource control policy (the same for whom service control policies do not reach), the trust policy of\n\
    each mapped role, and the endpoint policies of the configuration ([policy] documents and those of its environments)\n\
    with their conditions on aws:ViaAWSMCPService and aws:CalledViaAWSMCP translated into conditions on the session tags. A policy of which something cannot be translated\n\
    is not written, and the reason said.\n\n\
    Without --directory everything is one JSON object on standard output.\n\
    Exit codes: 0 all is written, 1 a policy cannot be read or translated, or is longer than AWS takes, 2 the gateway's\n\
    role is not known, 64 bad configuration.")]
pub(super) struct Scp {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The role the gateway itself runs as, where [protect] gateway_role_arn does not say it.
    #[arg(long, value_name = "ARN")]
    gateway_role: Option<RoleArn>,
    /// Policies to translate beside the configuration's own.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// Write each policy into a file of this folder, which is made.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// With --directory: answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Everything that is written.
#[derive(Debug, Serialize)]
struct Written {
    scp: Generated,
    trust_policies: BTreeMap<String, Generated>,
    resource_control_policy: Generated,
    translated: Vec<TranslatedFile>,
    notes: Vec<String>,
    /// The files that were written, with --directory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<String>,
}

#[derive(Debug, Serialize)]
struct TranslatedFile {
    file: String,
    #[serde(flatten)]
    translated: Translated,
}

/// Runs the command.
///
/// # Errors
/// When the gateway's role is not known, a policy cannot be read or has faults, or a file cannot be written.
pub(super) fn run(command: &Scp) -> Result<Outcome, Failure> {
    let config = match Config::load(&command.config, &ProcessEnvironment) {
        Ok(Loaded { config, .. }) => config,
        Err(faults) => return Err(Failure::configuration(faults)),
    };
    let gateway_role = command.gateway_role.as_ref().or(config.protect.gateway_role_arn.as_ref()).ok_or_else(|| {
        Failure::usage("the gateway's own role is not known: set gateway_role_arn in [protect], or give --gateway-role")
    })?;
    let own = Documents::load(&config).map_err(|faults| Failure::configuration(faults.to_string()))?;
    let own = own.all_enforced().into_iter().map(|(name, policy)| Ok((name.to_owned(), policy.document().clone())));
    let given = command.policy.iter().map(|path| read(path));
    let mut policies = own.chain(given).collect::<Result<Vec<(String, Document)>, Failure>>()?;
    // A file that the configuration names is not asked for twice.
    let mut seen = BTreeSet::new();
    policies.retain(|(_, document)| seen.insert(document.to_json()));
    let (mut written, good) = write(&config, gateway_role, policies);
    match &command.directory {
        None => out::json(&written),
        Some(directory) => {
            written.files = save(&written, directory)?;
            if command.json { out::json(&written) } else { tell(&written) }
        }
    }
    Ok(if good { Outcome::Done } else { Outcome::Failed })
}

fn read(path: &Path) -> Result<(String, Document), Failure> {
    let file = path.display().to_string();
    let text = documents::text(path).map_err(|problem| Failure::from(format!("{} {problem}", visible(&file))))?;
    match Document::parse(PolicyKind::Endpoint, &text) {
        Ok(document) => Ok((file, document)),
        Err(faults) => {
            let faults: Vec<_> = faults.to_string().lines().map(|line| visible(line).into_owned()).collect();
            Err(Failure::from(format!("{} has faults:\n{}", visible(&file), faults.join("\n"))))
        }
    }
}

/// The policies for a configuration and its endpoint policies, and whether all of them can be had.
fn write(config: &Config, gateway_role: &RoleArn, policies: Vec<(String, Document)>) -> (Written, bool) {
    let scp = service_control_policy(gateway_role);
    let resource_control_policy = resource_control_policy(gateway_role);
    let trust = trust_policy(config.gateway.name.as_str(), gateway_role);
    let roles: BTreeSet<&RoleArn> = config.role_mappings.iter().map(|mapping| &mapping.role_arn).collect();
    let trust_policies = roles.iter().map(|role| (role.to_string(), trust.clone())).collect();
    let translated: Vec<TranslatedFile> = policies
        .into_iter()
        .map(|(file, document)| TranslatedFile { file, translated: translate(&document) })
        .collect();
    let mut too_long: Vec<String> = [
        Limit::Organization.exceeded("the service control policy", &scp),
        Limit::Organization.exceeded("the resource control policy", &resource_control_policy),
        Limit::Trust.exceeded("the trust policy", &trust),
    ]
    .into_iter()
    .flatten()
    .collect();
    for TranslatedFile { file, translated } in &translated {
        let Some(document) = &translated.document else { continue };
        too_long.extend(Limit::Managed.exceeded(&format!("{file} as a managed policy"), document));
    }
    let good = too_long.is_empty() && translated.iter().all(|file| file.translated.is_whole());
    // Not everybody wants a translated policy as a service control policy: there, too long is only worth a word.
    let documents = translated.iter().filter_map(|file| Some((&file.file, file.translated.document.as_ref()?)));
    let as_scp = documents.filter_map(|(file, document)| {
        Limit::Organization.exceeded(&format!("{file} as a service control policy"), document)
    });
    let notes = too_long.into_iter().chain(as_scp).chain(notes(config, !translated.is_empty())).collect();
    (Written { scp, trust_policies, resource_control_policy, translated, notes, files: Vec::new() }, good)
}

fn notes(config: &Config, translates: bool) -> Vec<String> {
    let mut notes = vec![
        "neither a service nor a resource control policy reaches the management account's own roles: map no role there"
            .to_owned(),
        "attach the service control policy where the mapped roles and all who could assume them are, the resource \
         control policy where the mapped roles are"
            .to_owned(),
        "who may change the gateway's role, or the trust policies of the mapped ones, can undo this: guard them too"
            .to_owned(),
    ];
    for mapping in config.role_mappings.iter().filter(|mapping| mapping.external_id.is_some()) {
        notes.push(format!(
            "the mapping {} passes an external id: add the condition on sts:ExternalId to the trust policy of {}",
            mapping.id, mapping.role_arn
        ));
    }
    if translates {
        notes.push(
            "a translated policy is about this gateway only: keep the original for AWS's own MCP servers".to_owned(),
        );
    }
    notes
}

/// Writes the files, and gives their names.
fn save(written: &Written, directory: &Path) -> Result<Vec<String>, Failure> {
    let mut files: Vec<(PathBuf, Value)> = vec![
        ("service-control-policy.json".into(), json(&written.scp)),
        ("resource-control-policy.json".into(), json(&written.resource_control_policy)),
    ];
    for (role, policy) in &written.trust_policies {
        let role: RoleArn = role.parse()?;
        let name = format!("{}-{}.json", role.account(), role.name());
        files.push((Path::new("trust-policies").join(name), json(policy)));
    }
    for TranslatedFile { file, translated } in &written.translated {
        let Some(document) = &translated.document else { continue };
        files.push((Path::new("translated").join(within(file)), document.clone()));
    }
    let mut names = BTreeSet::new();
    if let Some((twice, _)) = files.iter().find(|(name, _)| !names.insert(name.clone())) {
        return Err(Failure::usage(format!(
            "two policies would be written to {}",
            visible(&twice.display().to_string())
        )));
    }
    let failed = |path: &Path, error| Failure::from(format!("{}: {error}", visible(&path.display().to_string())));
    for (name, policy) in &files {
        let path = directory.join(name);
        let folder = path.parent().unwrap_or(directory);
        fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
        let text = serde_json::to_string_pretty(policy).expect("policies serialize");
        fs::write(&path, text + "\n").map_err(|error| failed(&path, error))?;
    }
    Ok(files.into_iter().map(|(name, _)| directory.join(name).display().to_string()).collect())
}

/// Where below a folder a policy is written: at its own path if that leads down from the configuration's folder.
fn within(file: &str) -> &Path {
    let path = Path::new(file);
    let leads_down = path.components().all(|part| matches!(part, Component::Normal(_)));
    if leads_down { path } else { path.file_name().map_or(path, Path::new) }
}

fn json(policy: &Generated) -> Value {
    serde_json::to_value(policy).expect("policies serialize")
}

fn tell(written: &Written) {
    for file in &written.files {
        out::line(&format!("{} {}", out::styled(out::GOOD, "written"), visible(file)));
    }
    for TranslatedFile { file, translated } in &written.translated {
        let file = visible(file);
        if translated.document.is_none() && translated.is_whole() {
            out::line(&format!("{} {file}: not written, nothing of it is left", out::styled(out::CAUTION, "note   ")));
        } else if translated.document.is_none() {
            out::line(&format!("{} {file}: not written", out::styled(out::BAD, "error  ")));
        }
        translated.changes.iter().for_each(|change| out::line(&format!("        {file}: {}", describe(change))));
        for note in &translated.notes {
            out::line(&format!("{} {file}: {}", out::styled(out::CAUTION, "note   "), visible(note)));
        }
    }
    for note in &written.notes {
        out::line(&format!("{} {}", out::styled(out::CAUTION, "note   "), visible(note)));
    }
}

fn describe(change: &Change) -> String {
    let sid = change.sid.as_ref().map_or_else(String::new, |sid| format!(" {sid}"));
    let mut line = format!("statement {}{sid}: {}", change.statement, change.before);
    if let Some(after) = &change.after {
        line.push_str(&format!(" is now {after}"));
    }
    if let Some(said) = change.note.or(change.problem) {
        let kind = if change.problem.is_some() { "cannot be translated: " } else { "" };
        line.push_str(&format!(": {kind}{said}"));
    }
    visible(&line).into_owned()
}
