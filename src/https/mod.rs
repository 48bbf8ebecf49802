//! How we call others over https: whom we trust, which way they are reached, and posts that end in time. What is said
//! belongs to whoever says it.

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

/// The most that is read of an answer to a post.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Connects over TLS and without, through a proxy where the environment names one.
pub type Connector = HttpsConnector<Route>;

/// Connects to https, and to plain http where that is this machine's.
///
/// # Errors
/// When the system has no certificates and the address needs them.
pub fn connector(address: &Url) -> anyhow::Result<Connector> {
    let tls = tls(address)?;
    let route = Route::from_environment(tls.clone());
    let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    Ok(builder.enable_http1().enable_http2().wrap_connector(route))
}

/// Trusts whom the system trusts, and nobody beside an address that is not encrypted: that is a test's.
///
/// # Errors
/// As [`connector`].
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

/// Whether what is sent to this address can be read on the way by nobody else.
pub fn is_private(address: &Url) -> bool {
    let is_plain_here = address.scheme() == "http" && is_this_machine(address);
    address.has_host() && (address.scheme() == "https" || is_plain_here)
}

/// Posts to one address. Redirects are answers like any other: nobody is followed.
#[derive(Clone, Debug)]
pub struct Poster(Client<Connector, Full<Bytes>>);

/// What came back.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// Whether it went well.
    pub status: StatusCode,
    /// What is said beside the body.
    pub headers: HeaderMap,
    /// The body, where it was short enough to be read.
    pub body: Bytes,
}

impl Poster {
    /// A poster that can reach this address.
    ///
    /// # Errors
    /// As [`connector`].
    pub fn to(address: &Url) -> anyhow::Result<Self> {
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector(address)?)))
    }

    /// Posts within `limit`, the answer included.
    ///
    /// # Errors
    /// When nobody is reached, or not in time.
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
