//! What IAM and STS let a text parameter be, from the constraints in their API references.

/// A constraint on a text.
#[derive(Debug)]
pub(super) struct Text {
    /// The fewest characters.
    pub(super) min: usize,
    /// The most characters.
    pub(super) max: usize,
    /// Whether the characters are right.
    pub(super) fits: fn(&str) -> bool,
    /// How AWS says that they are not: by the pattern, or by a rule in words.
    pub(super) said_as: Result<&'static str, &'static str>,
}

const fn named(max: usize) -> Text {
    Text {
        min: 1,
        max,
        fits: is_name,
        said_as: Err("It must contain only alphanumeric characters and/or the following: +=,.@_-"),
    }
}

/// Names of roles, and of users that are made: 64 characters at most.
pub(super) const ENTITY_NAME_64: Text = named(64);
/// Names of groups, policies and instance profiles; and of users in all other operations, which take 128 characters for
/// them.
pub(super) const ENTITY_NAME_128: Text = named(128);

/// A path: `/`, or with a slash at both ends.
pub(super) const PATH: Text = Text {
    min: 1,
    max: 512,
    fits: |text| text == "/" || (text.len() > 2 && text.starts_with('/') && text.ends_with('/') && is_printable(text)),
    said_as: Err("It must begin and end with / and contain only alphanumeric characters and/or / characters."),
};

/// A prefix of paths.
pub(super) const PATH_PREFIX: Text = Text {
    min: 1,
    max: 512,
    fits: |text| text.starts_with('/') && is_printable(text),
    said_as: Ok(r"\u002F[\u0021-\u007F]*"),
};

/// An ARN.
pub(super) const ARN: Text = Text { min: 20, max: 2048, fits: |_| true, said_as: Ok(".*") };

/// A policy document in a request.
pub(super) const DOCUMENT: Text =
    Text { min: 1, max: 131_072, fits: is_document, said_as: Ok(r"[\u0009\u000A\u000D\u0020-\u00FF]+") };

/// A description of a role.
pub(super) const DESCRIPTION: Text = Text {
    min: 0,
    max: 1000,
    fits: |text| text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}')),
    said_as: Ok(r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*"),
};

/// A description of a managed policy.
pub(super) const POLICY_DESCRIPTION: Text = Text { min: 0, max: 1000, fits: |_| true, said_as: Ok(".*") };

/// A version of a managed policy: `v3`.
pub(super) const VERSION_ID: Text =
    Text { min: 0, max: usize::MAX, fits: is_version_id, said_as: Ok(r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?") };

/// A console password.
pub(super) const PASSWORD: Text =
    Text { min: 1, max: 128, fits: is_document, said_as: Ok(r"[\u0009\u000A\u000D\u0020-\u00FF]+") };

/// An MFA device's serial number; that of a virtual one is an ARN.
pub(super) const SERIAL_NUMBER: Text = Text {
    min: 9,
    max: 256,
    fits: |text| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=/:,.@-".contains(&b)),
    said_as: Ok(r"[\w+=/:,.@-]+"),
};

/// What an MFA device shows: six digits.
pub(super) const AUTHENTICATION_CODE: Text =
    Text { min: 6, max: 6, fits: |text| text.bytes().all(|b| b.is_ascii_digit()), said_as: Ok(r"[\d]+") };

/// Ids of SSH public keys and service-specific credentials.
pub(super) const CREDENTIAL_ID: Text = Text { min: 20, max: 128, fits: is_word, said_as: Ok(r"[\w]+") };

/// A signing certificate's id.
pub(super) const CERTIFICATE_ID: Text = Text { min: 24, max: 128, fits: is_word, said_as: Ok(r"[\w]+") };

/// A public key or a certificate, in PEM or as OpenSSH writes it.
pub(super) const KEY_MATERIAL: Text =
    Text { min: 1, max: 16_384, fits: is_document, said_as: Ok(r"[\u0009\u000A\u000D\u0020-\u00FF]+") };

/// The URL of an OpenID Connect provider, and the ids of its clients.
pub(super) const OIDC_TEXT: Text = Text { min: 1, max: 255, fits: |_| true, said_as: Ok(".*") };

/// A certificate's SHA-1 in hexadecimal.
pub(super) const THUMBPRINT: Text = Text { min: 40, max: 40, fits: |_| true, said_as: Ok(".*") };

/// A SAML provider's name.
pub(super) const SAML_NAME: Text = Text {
    min: 1,
    max: 128,
    fits: |text| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)),
    said_as: Ok(r"[\w._-]+"),
};

/// A SAML metadata document.
pub(super) const SAML_METADATA: Text = Text { min: 1000, max: 10_000_000, fits: |_| true, said_as: Ok(".*") };

/// An account's alias.
pub(super) const ACCOUNT_ALIAS: Text =
    Text { min: 3, max: 63, fits: is_alias, said_as: Ok(r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$") };

/// The id of a job: a UUID.
pub(super) const JOB_ID: Text = Text { min: 36, max: 36, fits: |_| true, said_as: Ok(".*") };

/// A text that the operation itself looks at.
pub(super) const ANYTHING: Text = Text { min: 0, max: usize::MAX, fits: |_| true, said_as: Ok(".*") };

/// A tag's key.
pub(super) const TAG_KEY: Text =
    Text { min: 1, max: 128, fits: is_tag_text, said_as: Ok(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+") };

/// A tag's value.
pub(super) const TAG_VALUE: Text =
    Text { min: 0, max: 256, fits: is_tag_text, said_as: Ok(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*") };

/// An access key's id.
pub(super) const ACCESS_KEY_ID: Text = Text { min: 16, max: 128, fits: is_word, said_as: Ok(r"[\w]+") };

/// A marker that an earlier page gave.
pub(super) const MARKER: Text = Text { min: 1, max: 1024, fits: is_printable, said_as: Ok(r"[\u0020-\u00FF]+") };

fn is_name(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn is_version_id(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('v') else { return false };
    let (number, suffix) = rest.split_once('.').unwrap_or((rest, ""));
    number.starts_with(|c: char| c.is_ascii_digit() && c != '0')
        && number.bytes().all(|b| b.is_ascii_digit())
        && suffix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_alias(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.contains("--")
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic())
}

fn is_document(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}'))
}

fn is_tag_text(text: &str) -> bool {
    // `char::is_whitespace` has control characters that \p{Z} has not; those are not letters or numbers either.
    text.chars().all(|c| c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c))
}
