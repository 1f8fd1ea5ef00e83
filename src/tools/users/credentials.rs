//! A user's credentials beside keys, password and MFA: what else keeps IAM from deleting it.

use aws_sdk_iam::types;
use serde_json::{Map, Value, json};

use crate::iam::{Action, AwsFailure, DeclaredCall, Reader, Resource, reads};
use crate::tools::pages::all_pages;

const ACTIONS: [Action; 3] =
    [reads::LIST_SIGNING_CERTIFICATES, reads::LIST_SSH_PUBLIC_KEYS, reads::LIST_SERVICE_SPECIFIC_CREDENTIALS];

/// The reads that [`OtherCredentials::read`] makes for the user `name`.
pub fn declared(name: &str) -> impl Iterator<Item = DeclaredCall> + use<> {
    let name = name.to_owned();
    ACTIONS.into_iter().map(move |action| DeclaredCall::new(action, Resource::user(&name)).with("UserName", &name))
}

/// Certificates, SSH keys and service-specific credentials of a user.
#[derive(Debug)]
pub struct OtherCredentials {
    /// X.509 signing certificates.
    pub certificates: Vec<types::SigningCertificate>,
    /// SSH public keys (CodeCommit).
    pub ssh_keys: Vec<types::SshPublicKeyMetadata>,
    /// Service-specific credentials (CodeCommit, Keyspaces, Bedrock).
    pub service_credentials: Vec<types::ServiceSpecificCredentialMetadata>,
}

impl OtherCredentials {
    /// Reads them side by side.
    ///
    /// # Errors
    /// The first read that fails.
    pub async fn read(reader: &Reader, name: &str) -> Result<Self, AwsFailure> {
        let resource = &Resource::user(name);
        let iam = reader.iam();
        let (certificates, ssh_keys, service_credentials) = tokio::try_join!(
            all_pages!(
                reader,
                reads::LIST_SIGNING_CERTIFICATES,
                resource,
                iam.list_signing_certificates().user_name(name),
                certificates
            ),
            all_pages!(
                reader,
                reads::LIST_SSH_PUBLIC_KEYS,
                resource,
                iam.list_ssh_public_keys().user_name(name),
                ssh_public_keys
            ),
            all_pages!(
                reader,
                reads::LIST_SERVICE_SPECIFIC_CREDENTIALS,
                resource,
                iam.list_service_specific_credentials().user_name(name),
                service_specific_credentials
            ),
        )?;
        Ok(Self { certificates, ssh_keys, service_credentials })
    }

    /// Them as JSON, in AWS's field names.
    #[must_use]
    pub fn shown(&self) -> Map<String, Value> {
        let certificates: Vec<Value> = self
            .certificates
            .iter()
            .map(|certificate| {
                json!({"CertificateId": certificate.certificate_id(), "Status": certificate.status().as_str()})
            })
            .collect();
        let ssh_keys: Vec<Value> = self
            .ssh_keys
            .iter()
            .map(|key| json!({"SSHPublicKeyId": key.ssh_public_key_id(), "Status": key.status().as_str()}))
            .collect();
        let service_credentials: Vec<Value> = self
            .service_credentials
            .iter()
            .map(|credential| {
                json!({
                    "ServiceSpecificCredentialId": credential.service_specific_credential_id(),
                    "ServiceName": credential.service_name(),
                    "Status": credential.status().as_str(),
                })
            })
            .collect();
        Map::from_iter([
            ("SigningCertificates".to_owned(), certificates.into()),
            ("SSHPublicKeys".to_owned(), ssh_keys.into()),
            ("ServiceSpecificCredentials".to_owned(), service_credentials.into()),
        ])
    }
}
