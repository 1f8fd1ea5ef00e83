//! The MCP revisions that are spoken.

use rmcp::model::ProtocolVersion;

/// Oldest first. The older ones cost nothing: they are served as statelessly as the newest.
pub const VERSIONS: &[ProtocolVersion] =
    &[ProtocolVersion::V_2025_06_18, ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28];
