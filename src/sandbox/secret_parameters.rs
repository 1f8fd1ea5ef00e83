//! Parameters whose values are told nowhere: not in the trail, not in a message, not in an answer.

/// Members that botocore's models of IAM and STS mark as sensitive, codes of devices, and what signs a caller in.
pub(super) const SECRET: [&str; 11] = [
    "Password",
    "OldPassword",
    "NewPassword",
    "PrivateKey",
    "AddPrivateKey",
    "TokenCode",
    "AuthenticationCode1",
    "AuthenticationCode2",
    "WebIdentityToken",
    "SAMLAssertion",
    "TradeInToken",
];

/// Whether the parameter of this full name is one of them, wherever it stands.
pub(super) fn is_secret(name: &str) -> bool {
    SECRET.contains(&name.rsplit('.').next().unwrap_or(name))
}
