//! The key that a webhook's requests are signed with, and the two signatures made with it.

use anyhow::{Context as _, ensure};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What a secret in the form of Standard Webhooks begins with; the base64 form of the key follows.
const PREFIX: &str = "whsec_";
/// Shortest key that Standard Webhooks allows, in bytes.
const SHORTEST: usize = 24;

/// The key of a webhook. Implements no `Debug`, so that it is never shown.
#[derive(Clone)]
pub(super) struct WebhookKey {
    standard: Hmac<Sha256>,
    legacy: Hmac<Sha256>,
}

impl WebhookKey {
    /// Reads a secret: `whsec_` and base64, or any other text, whose bytes are the key.
    ///
    /// # Errors
    /// If what follows `whsec_` is not base64, or is too short.
    pub(super) fn from_secret(secret: &str) -> anyhow::Result<Self> {
        // A secret from a file often ends with a line break.
        let secret = secret.trim();
        let standard = match secret.strip_prefix(PREFIX) {
            Some(encoded) => decode(encoded)?,
            None => secret.as_bytes().to_vec(),
        };
        Ok(Self {
            standard: Hmac::new_from_slice(&standard).context("the secret cannot sign")?,
            // The older signature has always used the text of the secret.
            legacy: Hmac::new_from_slice(secret.as_bytes()).context("the secret cannot sign")?,
        })
    }

    /// Returns the value of `webhook-signature`: `v1,` and the HMAC-SHA256 of id, timestamp and body, joined by full
    /// stops, in base64. See <https://www.standardwebhooks.com>, version 1.0.0 of the specification, read 2026-11-29.
    pub(super) fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
        format!("v1,{}", BASE64_STANDARD.encode(digest(&self.standard, &parts)))
    }

    /// Returns the value of [`super::LEGACY_SIGNATURE`].
    pub(super) fn sign_legacy(&self, timestamp: &str, body: &[u8]) -> String {
        let parts = [b"v0:".as_slice(), timestamp.as_bytes(), b":", body];
        format!("v0={}", hex::encode(digest(&self.legacy, &parts)))
    }
}

fn decode(encoded: &str) -> anyhow::Result<Vec<u8>> {
    // The decoder's error would quote a character of the secret.
    let key = BASE64_STANDARD.decode(encoded).ok();
    let key = key.context("the secret begins with `whsec_`, but what follows is not base64")?;
    ensure!(
        key.len() >= SHORTEST,
        "the secret begins with `whsec_`, but its key is shorter than {SHORTEST} bytes"
    );
    Ok(key)
}

fn digest(key: &Hmac<Sha256>, parts: &[&[u8]]) -> impl AsRef<[u8]> {
    let mut mac = key.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the tests of the specification's own libraries: standard-webhooks/standard-webhooks,
    /// libraries/javascript/src/webhook.test.ts, "sign function works", read 2026-11-29.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: &str = "1614265330";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn a_signature_is_that_of_the_specifications_own_libraries() {
        let key = WebhookKey::from_secret(SECRET).unwrap();
        assert_eq!(key.sign(ID, TIMESTAMP, BODY), SIGNATURE);
        let from_a_file = WebhookKey::from_secret(&format!("{SECRET}\n")).unwrap();
        assert_eq!(from_a_file.sign(ID, TIMESTAMP, BODY), SIGNATURE);
        assert_ne!(key.sign(ID, "1614265331", BODY), SIGNATURE);
        assert_ne!(key.sign("msg_another", TIMESTAMP, BODY), SIGNATURE);
    }

    #[test]
    fn a_secret_without_the_prefix_signs_with_its_own_bytes() {
        let text = "a secret of sixteen or more";
        let encoded = format!("whsec_{}", BASE64_STANDARD.encode(text));
        let signatures =
            [text, &encoded].map(|secret| WebhookKey::from_secret(secret).unwrap().sign(ID, "1", BODY));
        assert_eq!(signatures[0], signatures[1]);
    }

    #[test]
    fn the_older_signature_is_made_with_the_text_of_the_secret() {
        let key = WebhookKey::from_secret(SECRET).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(br#"v0:1614265330:{"test": 2432232314}"#);
        assert_eq!(
            key.sign_legacy(TIMESTAMP, BODY),
            format!("v0={}", hex::encode(mac.finalize().into_bytes()))
        );
    }

    #[test]
    fn a_secret_that_is_damaged_is_refused_and_not_repeated() {
        let error = |secret| WebhookKey::from_secret(secret).err().unwrap().to_string();
        insta::assert_snapshot!(
            ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!", "whsec_c2hvcnQ="].map(error).join("\n"),
            @"
        the secret begins with `whsec_`, but what follows is not base64
        the secret begins with `whsec_`, but its key is shorter than 24 bytes
        "
        );
    }
}
