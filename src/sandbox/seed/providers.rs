//! The identity providers that roles trust, and what concerns the account as a whole.

use jiff::SignedDuration;

use super::ages::Ages;
use super::entity::arn;
use super::seeded;
use crate::sandbox::account::{Account, KeyCase, OidcProvider, PasswordPolicy, RootUser, SamlProvider, Tags};
use crate::sandbox::ids::IdKind;

const GITHUB: &str = "token.actions.githubusercontent.com";
const CLUSTER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/4F1C0A77D2B94E35A8E6C91D53B07F2A";
const IDENTITY_CENTER: &str = "AWSSSO_3b6f19d0c2a7e854_DO_NOT_DELETE";
const ADFS: &str = "acme-adfs";

/// Puts them in.
pub(super) fn put(account: &mut Account, ages: Ages) {
    for (url, age) in [(GITHUB, 396), (CLUSTER, 312)] {
        account.oidc_providers.insert(arn(&format!("oidc-provider/{url}")), oidc(ages, url, age));
    }
    for (name, issuer, age) in [
        (IDENTITY_CENTER, "https://portal.sso.eu-west-1.amazonaws.com/saml/assertion/acme", 351),
        (ADFS, "http://adfs.acme.example/adfs/services/trust", 1430),
    ] {
        account.saml_providers.insert(arn(&format!("saml-provider/{name}")), saml(ages, name, issuer, age));
    }
    account.password_policy = Some(PasswordPolicy {
        minimum_length: 12,
        require_symbols: false,
        require_numbers: true,
        require_uppercase: true,
        require_lowercase: true,
        users_may_change: true,
        max_age: None,
        reuse_prevention: Some(3),
        hard_expiry: None,
    });
    account.root = RootUser {
        created: ages.ago(1701, "root"),
        password_last_used: Some(ages.ago(498, "root signs in")),
        mfa_active: true,
    };
}

fn oidc(ages: Ages, url: &str, age: u32) -> OidcProvider {
    OidcProvider {
        url: url.to_owned(),
        client_ids: vec!["sts.amazonaws.com".to_owned()],
        thumbprints: vec![seeded::thumbprint(url)],
        created: ages.ago(age, url),
        tags: Tags::none(KeyCase::Kept),
    }
}

fn saml(ages: Ages, name: &str, issuer: &str, age: u32) -> SamlProvider {
    let created = ages.ago(age, name);
    let hundred_years = SignedDuration::from_hours(24 * 36_525);
    SamlProvider {
        id: seeded::id(IdKind::SamlProvider, name),
        metadata: metadata(name, issuer),
        created,
        valid_until: created.checked_add(hundred_years).unwrap_or(created),
        assertion_encryption: "Allowed",
        tags: Tags::none(KeyCase::Kept),
    }
}

/// Metadata as identity providers export them. The certificate is noise of the right length.
fn metadata(name: &str, issuer: &str) -> String {
    let certificate = seeded::noise(736, name);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{issuer}">
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing">
      <KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">
        <X509Data><X509Certificate>{certificate}</X509Certificate></X509Data>
      </KeyInfo>
    </KeyDescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{issuer}"/>
  </IDPSSODescriptor>
</EntityDescriptor>
"#
    )
}
