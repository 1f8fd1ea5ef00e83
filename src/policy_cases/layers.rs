//! The layers of a case: as they are given, and compiled.

use super::documents::{self, Doc, DocumentFaults, Files};
use super::members::Members;
use super::request::GivenRequest;
use crate::policy::{Layers, PolicyKind, PolicySet};

const NAMES: [&str; 6] = ["endpoint", "identity", "boundary", "session", "scp", "resource"];

/// The policies of each layer as they are given; `None` where the layer is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenLayers {
    /// The endpoint's, such as the gateway's own.
    pub endpoint: Option<Vec<Doc>>,
    /// The identity's; without them, it has none.
    pub identity: Option<Vec<Doc>>,
    /// The permissions boundary.
    pub boundary: Option<Vec<Doc>>,
    /// The session's.
    pub session: Option<Vec<Doc>>,
    /// The service control policies.
    pub scp: Option<Vec<Doc>>,
    /// The resource's; of a role that is to be assumed, its trust policy.
    pub resource: Option<Vec<Doc>>,
}

impl GivenLayers {
    /// Reads the member `layers` of a case.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let members = Members::known("\"layers\"", text, &NAMES)?;
        // A layer that is null is one that is not there.
        let given = |name| members.get(name).filter(|text| *text != "null");
        let docs = |name| given(name).map(|text| Doc::read_all(name, text)).transpose();
        Ok(Self {
            endpoint: docs("endpoint")?,
            identity: docs("identity")?,
            boundary: docs("boundary")?,
            session: docs("session")?,
            scp: docs("scp")?,
            resource: docs("resource")?,
        })
    }

    /// Whether only an endpoint's policies are given.
    fn is_endpoint_alone(&self) -> bool {
        *self == Self { endpoint: self.endpoint.clone(), ..Self::default() } && self.endpoint.is_some()
    }

    /// Compiles the policies; the resource's as a trust policy where `request` is to assume a role.
    ///
    /// # Errors
    /// When a file cannot be read. Faults in documents are no error, but found with the layers.
    pub fn compile(&self, request: &GivenRequest, files: Files<'_>) -> Result<CompiledLayers, String> {
        let mut faults = Vec::new();
        let mut set = |layer: &str, kind, docs: &Option<Vec<Doc>>| -> Result<Option<PolicySet>, String> {
            docs.as_ref().map(|docs| documents::compile(layer, kind, docs, files, &mut faults)).transpose()
        };
        let endpoint = set("endpoint", PolicyKind::Endpoint, &self.endpoint)?;
        let identity = set("identity", PolicyKind::Identity, &self.identity)?.unwrap_or_default();
        let boundary = set("boundary", PolicyKind::Identity, &self.boundary)?;
        let session = set("session", PolicyKind::Identity, &self.session)?;
        let scp = set("scp", PolicyKind::Identity, &self.scp)?;
        let (resource, trust) = if request.assumes_a_role() {
            (None, set("resource", PolicyKind::Trust, &self.resource)?)
        } else {
            (set("resource", PolicyKind::Resource, &self.resource)?, None)
        };
        let others = Layers { identity, boundary, session, scp, resource, trust };
        let others = (!self.is_endpoint_alone()).then_some(others);
        Ok(CompiledLayers { endpoint, others, faults })
    }
}

/// The layers compiled.
#[derive(Debug, Clone)]
pub struct CompiledLayers {
    /// The endpoint's policies.
    pub endpoint: Option<PolicySet>,
    /// All others; `None` where only the endpoint decides.
    pub others: Option<Layers>,
    /// What is wrong with the documents.
    pub faults: Vec<DocumentFaults>,
}
