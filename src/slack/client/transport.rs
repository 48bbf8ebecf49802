//! HTTP below the Web API: connections, time limits, and plain posts.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, DATE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;
use url::Url;

use crate::https::Connector;

/// Longest answer that is read, in bytes: a page of 999 accounts takes some megabytes.
const LONGEST_ANSWER: usize = 32 * 1024 * 1024;

/// Sends requests to Slack without following redirects.
#[derive(Clone, Debug)]
pub(super) struct Plain(Client<Connector, Full<Bytes>>);

/// The status and headers of a response.
#[derive(Clone, Debug)]
pub(super) struct ResponseHead {
    pub(super) status: StatusCode,
    headers: HeaderMap,
}

/// Returns the header for a token, marked as sensitive so that it is not logged.
///
/// # Errors
/// When the token is not a valid header value.
pub(super) fn authorization(token: &str) -> anyhow::Result<HeaderValue> {
    let mut authorization =
        HeaderValue::from_str(&format!("Bearer {token}")).context("cannot send a token like this one")?;
    authorization.set_sensitive(true);
    Ok(authorization)
}

impl Plain {
    pub(super) fn new(connector: Connector) -> Self {
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }

    /// Calls a method of the Web API, with a JSON body or with all arguments in the query string, and reads the answer,
    /// all within `limit`.
    pub(super) async fn call(
        &self,
        url: &Url,
        authorization: &HeaderValue,
        body: Option<String>,
        limit: Duration,
    ) -> anyhow::Result<(ResponseHead, Bytes)> {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .body(body.map(Full::from).unwrap_or_default())
            .context("cannot write the request")?;
        let exchange = async {
            let response = self.0.request(request).await.context("cannot reach Slack")?;
            let answer = ResponseHead { status: response.status(), headers: response.headers().clone() };
            let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
            let body = body.map_err(|error| anyhow!(error).context("cannot read Slack's answer"))?;
            Ok((answer, body.to_bytes()))
        };
        tokio::time::timeout(limit, exchange)
            .await
            .map_err(|_| anyhow!("Slack did not answer within {limit:?}"))?
    }

    /// Posts `body` without a token, within `limit`.
    pub(super) async fn post(
        &self,
        url: &Url,
        body: &Value,
        limit: Duration,
    ) -> anyhow::Result<ResponseHead> {
        // No token: the URL may come from a payload.
        let request = Request::builder()
            .method(Method::POST)
            .uri(url.as_str())
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .body(Full::from(body.to_string()))
            .context("cannot write the request")?;
        let response = tokio::time::timeout(limit, self.0.request(request))
            .await
            .map_err(|_| anyhow!("Slack did not answer within {limit:?}"))?
            .context("cannot reach Slack")?;
        Ok(ResponseHead { status: response.status(), headers: response.headers().clone() })
    }
}

impl ResponseHead {
    /// Returns the response itself.
    ///
    /// # Errors
    /// When its status is a server error.
    pub(super) fn unless_broken(self) -> anyhow::Result<Self> {
        if self.status.is_server_error() {
            return Err(anyhow!("Slack answered with HTTP status {}", self.status.as_u16()));
        }
        Ok(self)
    }

    /// Returns the time on the server's clock.
    pub(super) fn date(&self) -> Option<Timestamp> {
        let text = self.headers.get(DATE)?.to_str().ok()?;
        rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
    }

    /// Returns the scopes of the token; `None` if Slack does not say.
    pub(super) fn scopes(&self) -> Option<BTreeSet<String>> {
        let listed = self.headers.get("x-oauth-scopes")?.to_str().ok()?;
        Some(listed.split(',').map(|scope| scope.trim().to_owned()).collect())
    }

    /// Returns how long the server asks to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        // Slack sends seconds, never a date.
        self.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
    }
}
