//! Every kind of finding, in one table: what `validate_policy`, `policy check`, the identities tools and the report tell of.

/// A kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What findings of it are told with: stable.
    pub code: &'static str,
    /// What it is about, as a sentence.
    pub about: &'static str,
}

macro_rules! rules {
    ($($code:literal: $about:literal;)*) => {
        /// All rules, by code.
        pub const RULES: &[Rule] = &[$(Rule { code: $code, about: $about },)*];
    };
}

rules! {
    "AdministratorAccess": "Every action on every resource is allowed.";
    "AllActions": "Every action of every service is allowed on the resources that are named.";
    "AllowByPrincipalTag": "What a principal's tag allows, everybody has who may set that tag.";
    "AllowNotAction": "Every action but those that are listed is allowed, those of services to come as well.";
    "AllowNotResource": "Every resource but those that are listed is allowed, those to come as well.";
    "AllowWithoutKey": "A condition also holds for requests that do not have its key.";
    "AlwaysMatches": "A condition holds for whatever value, so that it limits nothing.";
    "AnyoneCanAssume": "The trust policy lets everybody in.";
    "DisguisedResourceWildcard": "A pattern of resources names everything, in another spelling than *.";
    "DisguisedWildcard": "A pattern of actions names all of a service, in another spelling than *.";
    "ForAllValuesWithoutNullCheck": "ForAllValues holds for requests that do not have its key.";
    "ForeignAccountWithoutExternalId": "The trust policy lets another account in that could be tricked into acting for a third.";
    "LiteralWildcard": "A wildcard stands where it is taken as it is written.";
    "McpKeyOfAwsOnly": "A condition is on a key that AWS sets for its own MCP servers only.";
    "MfaDenyMissesKeys": "A denial for want of a second factor does not reach requests with long-term keys.";
    "NeverMatches": "A condition or statement holds for no request.";
    "NotPrincipalAllows": "The trust policy lets everybody in but those that it names.";
    "OidcWideSubject": "The trust policy lets in more of an OIDC provider's subjects than one repository or service account.";
    "OidcWithoutAudience": "The trust policy does not say for which audience an OIDC token must be.";
    "OidcWithoutSubject": "The trust policy does not say which of an OIDC provider's subjects it lets in.";
    "PassRoleEscalation": "A role can be handed to a service that runs what the holder tells it.";
    "PassRoleWithoutService": "Roles can be handed to any service that they trust.";
    "PrivilegeEscalation": "The holder can get more permissions than it was given.";
    "ResourceMisfit": "An action acts on none of the resources that stand beside it.";
    "RunningCodeEscalation": "Code can be changed or run that has a role already.";
    "SamlWithoutAudience": "The trust policy does not say for which audience a SAML assertion must be.";
    "ServiceWildcard": "All of a service is allowed on every resource.";
    "ServiceWithoutSource": "A service may use the role at the request of another account.";
    "SetOperatorMissing": "A key with several values is compared as if it had one.";
    "TooLongToStore": "The document is longer than IAM stores, and was not analysed.";
    "UnknownAction": "AWS has no action of this name, or only since lately.";
    "VariableInOldVersion": "A policy variable stands in a document of a version that has none.";
    "VerbWildcard": "A pattern of actions leaves the verb open.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_the_documentation_has_every_rule() {
        assert!(RULES.windows(2).all(|pair| pair[0].code < pair[1].code));
        let page = include_str!("../../../docs/findings.md");
        for rule in RULES {
            assert!(page.contains(&format!("| `{}` | {} |", rule.code, rule.about)), "{}", rule.code);
        }
        let rows = page.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, RULES.len(), "a row of no rule");
    }
}
