//! Verifies that Slack signed a request: size, then age, then HMAC-SHA256, before anything is parsed. Slack's check of
//! our certificate, the only request that need not be signed, is answered here.

use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::body::Intake;
use crate::ports::clock::Clock;

pub use super::body::MAX_BODY;

/// Most seconds that Slack's timestamp may differ from our clock, in either direction.
pub const MAX_AGE: i64 = 300;

const TIMESTAMP: &str = "x-slack-request-timestamp";
const SIGNATURE: &str = "x-slack-signature";

/// The exact bytes of a body that Slack signed. Only [`Verifier`] creates one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified(Bytes);

impl Verified {
    /// Returns the body, byte for byte as Slack signed it.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Verifies signatures with a signing secret, which it never shows.
#[derive(Clone)]
pub struct Verifier {
    mac: Hmac<Sha256>,
    clock: Arc<dyn Clock>,
    intake: Intake,
}

/// The signing secret is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the Slack signing secret is empty: set `SLACK_SIGNING_SECRET` to the one of the app's Basic Information page"
)]
pub struct UnusableSecret;

/// Why a request was rejected. The response body is always empty, so that an attacker learns nothing from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// Longer than [`MAX_BODY`].
    TooLarge,
    /// The body did not arrive within the time limit.
    TooSlow,
    /// Not signed by Slack, or signed too long ago.
    NotSigned,
    /// Slack's check of our certificate. It expects a success response, and nothing else happens.
    CertificateCheck,
}

impl Verifier {
    /// Creates a verifier. The HMAC key is set up once, so that a request costs one pass over its body and no
    /// allocation.
    ///
    /// # Errors
    /// When the secret is empty.
    pub fn new(secret: &str, clock: Arc<dyn Clock>) -> Result<Self, UnusableSecret> {
        // A secret from a file often ends with a line break.
        let secret = secret.trim();
        if secret.is_empty() {
            return Err(UnusableSecret);
        }
        let mac = Hmac::new_from_slice(secret.as_bytes()).map_err(|_| UnusableSecret)?;
        Ok(Self { mac, clock, intake: Intake::default() })
    }

    /// Verifies that Slack signed these headers and this body within [`MAX_AGE`].
    ///
    /// # Errors
    /// Always [`Rejected::NotSigned`], whatever is wrong.
    pub fn check(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Rejected> {
        // Only digits, because `parse` would also accept a sign.
        let timestamp =
            single(headers, TIMESTAMP).filter(|text| is_unix_time(text)).ok_or(Rejected::NotSigned)?;
        let sent: i64 = timestamp.parse().map_err(|_| Rejected::NotSigned)?;
        if self.clock.now().as_second().saturating_sub(sent).saturating_abs() > MAX_AGE {
            return Err(Rejected::NotSigned);
        }
        let signature = single(headers, SIGNATURE).and_then(|text| text.strip_prefix("v0="));
        let mut expected = [0_u8; 32];
        hex::decode_to_slice(signature.ok_or(Rejected::NotSigned)?, &mut expected)
            .map_err(|_| Rejected::NotSigned)?;
        let mut mac = self.mac.clone();
        for part in [b"v0:".as_slice(), timestamp.as_bytes(), b":", body] {
            mac.update(part);
        }
        // Compares in constant time.
        mac.verify_slice(&expected).map_err(|_| Rejected::NotSigned)
    }

    async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Verified, Rejected> {
        let announced = single(headers, CONTENT_LENGTH.as_str()).and_then(|text| text.parse::<usize>().ok());
        let body = self.intake.read(announced, body).await?;
        if is_certificate_check(&body) {
            return Err(Rejected::CertificateCheck);
        }
        self.check(headers, &body)?;
        Ok(Verified(body))
    }
}

/// Returns whether a body is a form with `ssl_check=1`. Such a form is never processed further, signed or not; Slack's
/// own SDKs also answer it before they check the signature.
///
/// "`ssl_check=1` requests do not require x-slack-signature verification", whatever else is in the form: @slack/bolt
/// 5.1.0, `receivers/HTTPModuleFunctions`, and slack-bolt 1.30, `middleware/ssl_check`, read on 2026-11-29. Slack sends
/// it with `token`: <https://docs.slack.dev/interactivity/implementing-slash-commands>. JSON never matches, because it
/// does not begin with a form field name.
fn is_certificate_check(body: &[u8]) -> bool {
    let is_name = |name: &[u8]| name.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_');
    let mut checks = false;
    for pair in body.split(|byte| *byte == b'&') {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        match name {
            b"ssl_check" if pair == b"ssl_check=1" => checks = true,
            b"ssl_check" => return false,
            name if is_name(name) => {}
            _ => return false,
        }
    }
    checks
}

/// Returns the header's value if the header occurs exactly once; Slack never sends one twice.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_none() { Some(value) } else { None }
}

fn is_unix_time(text: &str) -> bool {
    (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(secret not shown)")
    }
}

impl<S> FromRequest<S> for Verified
where
    S: Send + Sync,
    Arc<Verifier>: FromRef<S>,
{
    type Rejection = Rejected;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejected> {
        let verifier = Arc::<Verifier>::from_ref(state);
        let (parts, body) = request.into_parts();
        verifier.read(&parts.headers, body).await
    }
}

impl IntoResponse for Rejected {
    fn into_response(self) -> Response {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NotSigned => StatusCode::UNAUTHORIZED,
            Self::CertificateCheck => StatusCode::OK,
        }
        .into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use http_body_util::BodyExt as _;
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const SENT: i64 = 1_531_420_618;

    #[derive(Debug)]
    struct At(i64);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(self.0).unwrap()
        }
    }

    fn verifier(now: i64) -> Verifier {
        Verifier::new(SECRET, Arc::new(At(now))).unwrap()
    }

    fn headers(timestamp: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(TIMESTAMP, HeaderValue::from_str(timestamp).unwrap());
        headers.insert(SIGNATURE, HeaderValue::from_str(signature).unwrap());
        headers
    }

    fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("v0:{timestamp}:").as_bytes());
        mac.update(body);
        format!("v0={}", hex::encode(mac.finalize().into_bytes()))
    }

    fn signed(body: &[u8]) -> HeaderMap {
        headers(&SENT.to_string(), &sign(SECRET, &SENT.to_string(), body))
    }

    async fn post(verifier: Verifier, headers: HeaderMap, body: Body) -> Result<Verified, Rejected> {
        let mut request = Request::new(body);
        *request.headers_mut() = headers;
        Verified::from_request(request, &Arc::new(verifier)).await
    }

    #[test]
    fn the_published_example_verifies() {
        let body = include_bytes!("../../tests/wire/slack/signed_command.txt");
        let published = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
        assert_eq!(verifier(SENT).check(&headers("1531420618", published), body), Ok(()));
    }

    #[test]
    fn a_signature_holds_for_300_seconds_in_both_directions() {
        for (now, holds) in [(SENT + 300, true), (SENT + 301, false), (SENT - 300, true), (SENT - 301, false)]
        {
            assert_eq!(verifier(now).check(&signed(b"text=x"), b"text=x").is_ok(), holds, "{now}");
        }
    }

    #[test]
    fn anything_missing_doubled_or_misshapen_is_turned_away() {
        let good = signed(b"b");
        let whole = good.get(SIGNATURE).unwrap().to_str().unwrap().to_owned();
        let mut doubled = good.clone();
        doubled.append(SIGNATURE, HeaderValue::from_str(&whole).unwrap());
        let mut without_time = good.clone();
        without_time.remove(TIMESTAMP);
        let mut bad = vec![HeaderMap::new(), doubled, without_time];
        let time = SENT.to_string();
        for signature in ["", "v0=", &whole[3..], &whole[..whole.len() - 2], &format!("{whole}00"), "v1=zz"] {
            bad.push(headers(&time, signature));
        }
        for timestamp in ["", "+1531420618", "-1", "1531420618 ", "99999999999999999999", "1531420618.0"] {
            bad.push(headers(timestamp, &sign(SECRET, timestamp, b"b")));
        }
        for headers in bad {
            assert_eq!(verifier(SENT).check(&headers, b"b"), Err(Rejected::NotSigned), "{headers:?}");
        }
        assert_eq!(verifier(SENT).check(&good, b"B"), Err(Rejected::NotSigned));
        assert!(Verifier::new(" ", Arc::new(At(SENT))).is_err());
    }

    #[test]
    fn the_secret_is_never_shown() {
        assert_eq!(format!("{:?}", verifier(SENT)), "Verifier(secret not shown)");
    }

    #[tokio::test]
    async fn a_signed_body_comes_through_unchanged() {
        let verified = post(verifier(SENT), signed(b"text=%20"), Body::from("text=%20")).await.unwrap();
        assert_eq!(verified.bytes(), b"text=%20");
    }

    #[tokio::test]
    async fn a_check_of_the_certificate_needs_no_signature_and_is_nothing_else_with_one() {
        for check in [
            "ssl_check=1&token=abc",
            "token=abc&ssl_check=1",
            "ssl_check=1",
            "ssl_check=1&team_id=T0&api_app_id=A0",
            "ssl_check=1&command=%2Fprovision&user_id=U1",
            "command=%2Fprovision&text=&user_id=U1&ssl_check=1",
            "ssl_check=1&payload=%7B%7D",
        ] {
            for headers in [HeaderMap::new(), signed(check.as_bytes())] {
                let answered = post(verifier(SENT), headers, Body::from(check)).await;
                assert_eq!(answered, Err(Rejected::CertificateCheck), "{check}");
            }
        }
        for other in [
            "",
            "token=abc",
            "ssl_check=0",
            "ssl_check=1&ssl_check=0",
            "text=ssl_check%3D1",
            "text=%26ssl_check=1",
            r#"{"ssl_check":"1"}"#,
            r#"{"a":"&ssl_check=1&"}"#,
        ] {
            let answered = post(verifier(SENT), HeaderMap::new(), Body::from(other)).await;
            assert_eq!(answered, Err(Rejected::NotSigned), "{other}");
            assert!(
                post(verifier(SENT), signed(other.as_bytes()), Body::from(other)).await.is_ok(),
                "{other}"
            );
        }
        let long = format!("ssl_check=1&token={}", "x".repeat(MAX_BODY));
        let answered = post(verifier(SENT), HeaderMap::new(), Body::from(long)).await;
        assert_eq!(answered, Err(Rejected::TooLarge));
    }

    #[tokio::test]
    async fn the_largest_body_is_read_and_one_byte_more_is_not() {
        let largest = vec![b'x'; MAX_BODY];
        assert!(post(verifier(SENT), signed(&largest), Body::from(largest)).await.is_ok());
        let larger = vec![b'x'; MAX_BODY + 1];
        let refused = post(verifier(SENT), signed(&larger), Body::from(larger)).await;
        assert_eq!(refused, Err(Rejected::TooLarge));
    }

    #[tokio::test]
    async fn a_refusal_says_nothing() {
        for (rejected, status) in [
            (Rejected::NotSigned, 401),
            (Rejected::TooLarge, 413),
            (Rejected::TooSlow, 408),
            (Rejected::CertificateCheck, 200),
        ] {
            let response = rejected.into_response();
            assert_eq!(response.status().as_u16(), status);
            assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
        }
    }

    proptest! {
        #[test]
        fn what_slack_did_not_sign_never_verifies(
            body in prop::collection::vec(any::<u8>(), 0..200),
            signature in "(v0=)?[0-9a-f]{0,70}",
            timestamp in "[0-9]{0,12}",
        ) {
            let headers = headers(&timestamp, &signature);
            prop_assert_eq!(verifier(SENT).check(&headers, &body), Err(Rejected::NotSigned));
        }

        #[test]
        fn another_secret_never_verifies(secret in "[a-z0-9]{1,40}", body in ".{0,80}") {
            prop_assume!(secret != SECRET);
            let time = SENT.to_string();
            let headers = headers(&time, &sign(&secret, &time, body.as_bytes()));
            prop_assert_eq!(verifier(SENT).check(&headers, body.as_bytes()), Err(Rejected::NotSigned));
        }
    }
}
