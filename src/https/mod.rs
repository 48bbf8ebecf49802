//! Outgoing HTTPS: trusted certificates, direct connections or proxies, and posts with a time limit.

mod route;

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

pub use route::{Route, Stream, is_this_machine};

/// Longest answer to a post that is read, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Connects with or without TLS, through a proxy if the environment names one.
pub type Connector = HttpsConnector<Route>;

/// Returns a connector for https, and for plain http on this machine.
///
/// # Errors
/// When the address needs certificates and the system's cannot be loaded.
pub fn connector(address: &Url) -> anyhow::Result<Connector> {
    let tls = tls(address)?;
    let route = Route::from_environment(tls.clone());
    let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    Ok(builder.enable_http1().enable_http2().wrap_connector(route))
}

/// Returns a TLS configuration that trusts the system's certificates. If the address is not encrypted, as in tests, it
/// trusts none.
///
/// # Errors
/// Same as [`connector`].
pub fn tls(address: &Url) -> anyhow::Result<ClientConfig> {
    let builder = ClientConfig::builder();
    let builder = if address.scheme() == "http" {
        builder.with_root_certificates(RootCertStore::empty())
    } else {
        let trusted = builder.with_native_roots();
        trusted.context("cannot load the system's certificates: install `ca-certificates`")?
    };
    Ok(builder.with_no_client_auth())
}

/// Returns whether nobody can read what is sent to this address: it is encrypted, or on this machine.
pub fn is_private(address: &Url) -> bool {
    let is_plain_here = address.scheme() == "http" && is_this_machine(address);
    address.has_host() && (address.scheme() == "https" || is_plain_here)
}

/// Posts to one address. Redirects are returned as answers and never followed.
#[derive(Clone, Debug)]
pub struct Poster(Client<Connector, Full<Bytes>>);

/// The answer to a post.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// The status, whatever it is: 429 and 503 are no errors here.
    pub status: StatusCode,
    /// The headers, such as `Retry-After`.
    pub headers: HeaderMap,
    /// Its body; empty if it was too long or could not be read.
    pub body: Bytes,
}

impl Poster {
    /// Creates a poster that can reach this address.
    ///
    /// # Errors
    /// Same as [`connector`].
    pub fn to(address: &Url) -> anyhow::Result<Self> {
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector(address)?)))
    }

    /// Posts within `limit`, including the answer.
    ///
    /// # Errors
    /// When the server cannot be reached or does not answer in time.
    pub async fn post(&self, request: Request<Bytes>, limit: Duration) -> anyhow::Result<HttpResponse> {
        let posted = async {
            let response = self.0.request(request.map(Full::new)).await.context("cannot be reached")?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
            let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            Ok(HttpResponse { status, headers, body })
        };
        let answer = tokio::time::timeout(limit, posted).await;
        answer.map_err(|_| anyhow!("did not answer within {} s", limit.as_secs()))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_be_called_without_encryption() {
        let private = |address: &str| is_private(&Url::parse(address).unwrap());
        for good in ["https://example.com/x", "http://127.0.0.1:9/", "http://localhost/", "http://[::1]:9/x"]
        {
            assert!(private(good), "{good}");
        }
        for bad in
            ["http://example.com/", "http://10.0.0.1/", "http://localhost.example.com/", "ftp://127.0.0.1/"]
        {
            assert!(!private(bad), "{bad}");
        }
    }
}
