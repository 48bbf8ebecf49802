//! The HTTP client that reaches the bot.

use axum::body::Body;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

pub(super) type Client = HyperClient<HttpConnector, Body>;

pub(super) fn client() -> Client {
    HyperClient::builder(TokioExecutor::new()).build_http()
}
