//! `policy explain`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{files, show};
use crate::authorize::documents;
use crate::cli::{Failure, Outcome, out};
use crate::policy_cases::{Doc, Found, GivenLayers, GivenRequest};
use crate::tools::text::visible;

/// Explain what policies decide on a request, and why.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  iam-mcp-gateway policy explain --policy deploy/policies/read-only-via-mcp.json --request request.json\n  \
    iam-mcp-gateway policy explain --kind identity --policy admin.json --boundary boundary.json --request -\n\n\
    The request is JSON, as in `policy test`; put this into request.json to try it:\n  \
    {\"principal\": \"arn:aws:iam::123456789012:user/alice\", \"action\": \"iam:DeleteUser\",\n   \
    \"resource\": \"arn:aws:iam::123456789012:user/bob\", \"context\": {\"aws:ViaAWSMCPService\": true}}\n\n\
    Policies of an endpoint decide alone unless other layers are given; then both have to allow.\n\n\
    Exit codes: 0 the decision was explained, whatever it is; 1 a file cannot be read or a policy has faults; 2 the\n\
    request is none."
)]
pub(super) struct Explain {
    /// The policies: the gateway's own, or the identity's.
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// What --policy is attached to.
    #[arg(long, value_enum, default_value_t = Kind::Endpoint)]
    kind: Kind,
    /// The permissions boundary.
    #[arg(long, value_name = "FILE")]
    boundary: Option<PathBuf>,
    /// The policies that the session was opened with.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    session: Vec<PathBuf>,
    /// The service control policies.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    scp: Vec<PathBuf>,
    /// The policy of the resource; of a role to assume, its trust policy.
    #[arg(long, value_name = "FILE")]
    resource_policy: Option<PathBuf>,
    /// The request; - is standard input.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// At an endpoint such as the gateway.
    Endpoint,
    /// At a user, group or role.
    Identity,
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be read, or the request is none.
pub(super) fn run(command: &Explain) -> Result<Outcome, Failure> {
    let request = files::input(&command.request)
        .map_err(|problem| Failure::from(format!("{} {problem}", visible(&command.request.display().to_string()))))?;
    let request = GivenRequest::read(&request).map_err(|problem| Failure::usage(visible(&problem)))?;
    let layers = command.layers().compile(&request, &|name| documents::text(Path::new(name)));
    match layers.map_err(|problem| Failure::from(visible(&problem)))?.judge(&request) {
        Found::Decided(explanation) => {
            if command.json {
                out::json(&explanation);
            } else {
                out::line(&show::outcome(&explanation));
                show::reasons(&explanation).iter().for_each(|line| out::line(line));
            }
            Ok(Outcome::Done)
        }
        Found::Invalid(faults) => {
            if command.json {
                out::json(&json!({"outcome": "invalid", "faults": faults}));
            } else {
                let faults = faults.iter().flat_map(show::faults);
                faults.for_each(|fault| out::line(&format!("{} {fault}", out::styled(out::BAD, "fault"))));
            }
            Ok(Outcome::Failed)
        }
    }
}

impl Explain {
    fn layers(&self) -> GivenLayers {
        let docs = |paths: &[PathBuf]| -> Option<Vec<Doc>> {
            let docs: Vec<Doc> = paths.iter().map(|path| Doc::File(path.display().to_string())).collect();
            (!docs.is_empty()).then_some(docs)
        };
        let policies = docs(&self.policy);
        let (endpoint, identity) = match self.kind {
            Kind::Endpoint => (policies, None),
            Kind::Identity => (None, policies),
        };
        GivenLayers {
            endpoint,
            identity,
            boundary: docs(self.boundary.as_slice()),
            session: docs(&self.session),
            scp: docs(&self.scp),
            resource: docs(self.resource_policy.as_slice()),
        }
    }
}
