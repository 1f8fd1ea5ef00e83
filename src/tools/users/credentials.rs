//! A user's credentials beside keys, password and MFA: what else keeps IAM from deleting it.

use aws_sdk_iam::types;
use futures_util::future::try_join_all;
use serde_json::{Map, Value, json};

use crate::iam::{Action, AwsFailure, DeclaredCall, Reader, Resource, reads, shape};
use crate::tools::pages::all_pages;

const LISTING: [Action; 3] =
    [reads::LIST_SIGNING_CERTIFICATES, reads::LIST_SSH_PUBLIC_KEYS, reads::LIST_SERVICE_SPECIFIC_CREDENTIALS];

/// The reads that [`OtherCredentials::read`] makes for the user `name`.
pub fn declared(name: &str) -> impl Iterator<Item = DeclaredCall> + use<> {
    let name = name.to_owned();
    let on_user = move |action| DeclaredCall::new(action, Resource::user(&name)).with("UserName", &name);
    let body = on_user(reads::GET_SSH_PUBLIC_KEY).with_found("SSHPublicKeyId");
    LISTING.into_iter().map(on_user).chain([body])
}

/// Certificates, SSH keys and service-specific credentials of a user.
#[derive(Debug)]
pub struct OtherCredentials {
    /// X.509 signing certificates.
    pub certificates: Vec<types::SigningCertificate>,
    /// SSH public keys (CodeCommit).
    pub ssh_keys: Vec<types::SshPublicKey>,
    /// Service-specific credentials (CodeCommit, Keyspaces, Bedrock).
    pub service_credentials: Vec<types::ServiceSpecificCredentialMetadata>,
}

impl OtherCredentials {
    /// Reads them side by side, whole.
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
        let ids = ssh_keys.iter().map(|key| ssh_key(reader, name, key.ssh_public_key_id()));
        Ok(Self { certificates, ssh_keys: try_join_all(ids).await?, service_credentials })
    }

    /// Them as JSON, in AWS's field names: all that it takes to upload them again. A password of a service is told by IAM only
    /// where it is made.
    #[must_use]
    pub fn shown(&self) -> Map<String, Value> {
        let certificates = self.certificates.iter().map(|certificate| {
            json!({
                "CertificateId": certificate.certificate_id(),
                "CertificateBody": certificate.certificate_body(),
                "Status": certificate.status().as_str(),
                "UploadDate": certificate.upload_date().map(shape::time),
            })
        });
        let ssh_keys = self.ssh_keys.iter().map(|key| {
            json!({
                "SSHPublicKeyId": key.ssh_public_key_id(),
                "SSHPublicKeyBody": key.ssh_public_key_body(),
                "Fingerprint": key.fingerprint(),
                "Status": key.status().as_str(),
                "UploadDate": key.upload_date().map(shape::time),
            })
        });
        let service_credentials = self.service_credentials.iter().map(|credential| {
            json!({
                "ServiceSpecificCredentialId": credential.service_specific_credential_id(),
                "ServiceName": credential.service_name(),
                "ServiceUserName": credential.service_user_name(),
                "ServiceCredentialAlias": credential.service_credential_alias(),
                "Status": credential.status().as_str(),
                "CreateDate": shape::time(credential.create_date()),
                "ExpirationDate": credential.expiration_date().map(shape::time),
            })
        });
        Map::from_iter([
            ("SigningCertificates".to_owned(), certificates.collect()),
            ("SSHPublicKeys".to_owned(), ssh_keys.collect()),
            ("ServiceSpecificCredentials".to_owned(), service_credentials.collect()),
        ])
    }
}

/// An SSH key with its body.
async fn ssh_key(reader: &Reader, name: &str, id: &str) -> Result<types::SshPublicKey, AwsFailure> {
    let request = reader.iam().get_ssh_public_key().user_name(name).ssh_public_key_id(id);
    let request = request.encoding(types::EncodingType::Ssh);
    let answer = reader.read(reads::GET_SSH_PUBLIC_KEY, &Resource::user(name), Box::pin(request.send())).await?;
    let found = answer.ssh_public_key().cloned();
    found.ok_or_else(|| AwsFailure::unreadable(reads::GET_SSH_PUBLIC_KEY.as_str(), name))
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;

    #[test]
    fn what_is_lost_can_be_uploaded_again() {
        let at = DateTime::from_secs(1_700_000_000);
        let certificate = types::SigningCertificate::builder()
            .user_name("bob")
            .certificate_id("CERT")
            .certificate_body("-----BEGIN CERTIFICATE-----")
            .status(types::StatusType::Active)
            .upload_date(at);
        let key = types::SshPublicKey::builder()
            .user_name("bob")
            .ssh_public_key_id("APKA1")
            .fingerprint("00:11")
            .ssh_public_key_body("ssh-rsa AAAA bob")
            .status(types::StatusType::Inactive)
            .upload_date(at);
        let credential = types::ServiceSpecificCredentialMetadata::builder()
            .user_name("bob")
            .service_specific_credential_id("ACCA1")
            .service_name("codecommit.amazonaws.com")
            .service_user_name("bob-at-123456789012")
            .status(types::StatusType::Active)
            .create_date(at);
        let others = OtherCredentials {
            certificates: vec![certificate.build().unwrap()],
            ssh_keys: vec![key.build().unwrap()],
            service_credentials: vec![credential.build().unwrap()],
        };
        let shown = Value::Object(others.shown());
        for (way, kept) in [
            ("/SigningCertificates/0/CertificateBody", "-----BEGIN CERTIFICATE-----"),
            ("/SigningCertificates/0/UploadDate", "2023-11-14T22:13:20Z"),
            ("/SSHPublicKeys/0/SSHPublicKeyBody", "ssh-rsa AAAA bob"),
            ("/SSHPublicKeys/0/Status", "Inactive"),
            ("/ServiceSpecificCredentials/0/ServiceUserName", "bob-at-123456789012"),
        ] {
            assert_eq!(shown.pointer(way), Some(&json!(kept)), "{way}");
        }
    }
}
