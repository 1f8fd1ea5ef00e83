//! An access key that was just made, with the secret that AWS tells this once.

use aws_sdk_iam::types::AccessKey;
use serde_json::Value;

use super::shape;
use crate::secret::Secret;

/// A new access key. Its secret leaves it only where somebody says so: it cannot be shown, compared or serialized.
#[derive(Debug)]
pub struct NewKey {
    user_name: String,
    id: String,
    shown: Value,
    secret: Secret,
}

impl NewKey {
    /// Takes the key out of AWS's answer.
    pub(super) fn of(key: AccessKey) -> Self {
        let shown = shape::new_access_key(&key);
        Self { shown, user_name: key.user_name, id: key.access_key_id, secret: Secret::new(key.secret_access_key) }
    }

    /// The user whose key it is.
    #[must_use]
    pub fn user_name(&self) -> &str {
        &self.user_name
    }

    /// The key's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The text of the secret that is stored: what a program needs to use the key, as JSON.
    pub(super) fn secret_text(&self) -> Secret {
        let quoted = |text: &str| Secret::new(serde_json::to_string(text).expect("a text is JSON"));
        let (user_name, id, secret) = (quoted(&self.user_name), quoted(&self.id), quoted(self.secret.expose()));
        let parts = [
            "{\"UserName\":",
            user_name.expose(),
            ",\"AccessKeyId\":",
            id.expose(),
            ",\"SecretAccessKey\":",
            secret.expose(),
            "}",
        ];
        // All at once: a text that grows leaves parts of it behind in memory.
        Secret::new(parts.concat())
    }

    /// The key without its secret, in AWS's field names.
    #[must_use]
    pub fn shown(&self) -> Value {
        self.shown.clone()
    }

    /// The key with its secret, for the one result that tells it.
    #[must_use]
    pub fn revealed(self) -> Value {
        let mut shown = self.shown;
        shown["SecretAccessKey"] = self.secret.expose().into();
        shown
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_who_reveals_it_sees_the_secret() {
        let key = AccessKey::builder()
            .user_name("bob")
            .access_key_id("AKIAIOSFODNN7EXAMPLE")
            .status(aws_sdk_iam::types::StatusType::Active)
            .secret_access_key("hunter2")
            .build()
            .unwrap();
        let key = NewKey::of(key);
        assert!(!format!("{key:?} {}", key.shown()).contains("hunter2"));
        assert_eq!((key.user_name(), key.id()), ("bob", "AKIAIOSFODNN7EXAMPLE"));
        let stored: Value = serde_json::from_str(key.secret_text().expose()).unwrap();
        assert_eq!(
            stored,
            json!({"UserName": "bob", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "hunter2"})
        );
        assert_eq!(key.revealed()["SecretAccessKey"], "hunter2");
    }
}
