//! Connects to an address: directly, or through the proxy that the environment names for it.
//!
//! `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` have the same meaning as for curl, in either case
//! (hyper-util's `Matcher::from_env`, its documentation as of 2026-11-28). This machine is always reached directly:
//! `dev` and the tests run their Slack here, and no proxy could reach it.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::http::Uri;
use futures_util::future::BoxFuture;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;
use url::{Host, Url};

/// Time limit for connecting to the address or its proxy.
const CONNECT: Duration = Duration::from_secs(5);

/// A connection, before TLS with its destination.
pub type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Opens connections directly or through a proxy.
#[derive(Clone, Debug)]
pub struct Route {
    direct: HttpConnector,
    to_proxy: HttpsConnector<HttpConnector>,
    proxies: Arc<Matcher>,
}

impl Route {
    /// Reads the proxies from the environment. `tls` is for proxies that are reached over TLS.
    pub fn from_environment(tls: ClientConfig) -> Self {
        Self::through(Matcher::from_env(), tls)
    }

    fn through(proxies: Matcher, tls: ClientConfig) -> Self {
        let mut direct = HttpConnector::new();
        // Also used below TLS, so https addresses must be allowed.
        direct.enforce_http(false);
        // A request is written at once, so waiting for more to fill a packet would only delay it.
        direct.set_nodelay(true);
        direct.set_connect_timeout(Some(CONNECT));
        let to_proxy = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
        Self { to_proxy: to_proxy.wrap_connector(direct.clone()), direct, proxies: Arc::new(proxies) }
    }

    /// Connects to the host and port of this address, whatever its scheme.
    ///
    /// # Errors
    /// When the address or its proxy cannot be reached, or the proxy refuses.
    pub async fn connect(&self, address: &Url) -> anyhow::Result<Stream> {
        // The proxy settings know only http and https, so WebSocket schemes are treated like these.
        let is_plain = matches!(address.scheme(), "http" | "ws");
        let host = address.host_str().context("the address has no host")?;
        let port = address.port_or_known_default().context("the address has no port")?;
        let scheme = if is_plain { "http" } else { "https" };
        let destination: Uri =
            format!("{scheme}://{host}:{port}/").parse().context("cannot use the address")?;
        let proxy = if is_this_machine(address) { None } else { self.proxies.intercept(&destination) };
        if let Some(proxy) = proxy {
            return Box::pin(self.tunnel(&proxy, destination)).await;
        }
        let stream = self.direct.clone().call(destination).await;
        Ok(MaybeHttpsStream::Http(stream.with_context(|| format!("cannot connect to {host}"))?))
    }

    async fn tunnel(&self, proxy: &Intercept, destination: Uri) -> anyhow::Result<Stream> {
        let (uri, scheme) = (proxy.uri(), proxy.uri().scheme_str().unwrap_or_default());
        let name = uri.authority().map(ToString::to_string).unwrap_or_default();
        ensure!(
            matches!(scheme, "http" | "https"),
            "the proxy {name} is a {scheme} proxy: only those that are reached over http or https can be used"
        );
        // Also for plain http, because the layers above expect a stream to the destination itself.
        let mut tunnel = Tunnel::new(uri.clone(), self.to_proxy.clone());
        if let Some(authorization) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(authorization.clone());
        }
        tunnel.call(destination).await.with_context(|| format!("the proxy {name} gives no connection"))
    }
}

/// The layer below [`HttpsConnector`], which adds TLS.
impl Service<Uri> for Route {
    type Response = Stream;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Stream, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let route = self.clone();
        Box::pin(async move {
            let address = Url::parse(&destination.to_string())?;
            Ok(route.connect(&address).await?)
        })
    }
}

/// Returns whether this address is on this machine.
pub fn is_this_machine(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::https::tls;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    /// Starts a proxy that answers every CONNECT with this line and, if that grants it, the next byte with `here`.
    /// Returns its address and a receiver of what it reads.
    async fn proxy(answer: &'static str) -> (String, mpsc::UnboundedReceiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, hears) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await.unwrap());
                }
                sender.send(String::from_utf8(request).unwrap()).unwrap();
                stream.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes()).await.unwrap();
                if stream.read_u8().await.is_ok() {
                    stream.write_all(b"here").await.unwrap();
                }
            }
        });
        (address, hears)
    }

    fn route(to: &str, no: &str) -> Route {
        let proxies = Matcher::builder().all(to.to_owned()).no(no.to_owned()).build();
        Route::through(proxies, tls(&Url::parse("http://slack.test").unwrap()).unwrap())
    }

    async fn connected(route: &Route, address: &str) -> anyhow::Result<String> {
        let stream = route.connect(&Url::parse(address).unwrap()).await?;
        let (mut stream, mut text) = (TokioIo::new(stream), [0; 4]);
        stream.write_all(b"?").await?;
        stream.read_exact(&mut text).await?;
        Ok(String::from_utf8(text.to_vec())?)
    }

    #[tokio::test]
    async fn whoever_is_behind_a_proxy_is_reached_through_it_with_its_password() {
        let (address, mut hears) = proxy("200 Connection established").await;
        let route = route(&format!("http://ada:secret@{address}"), "");
        for (to, named) in [
            ("https://slack.com/api/", "slack.com:443"),
            ("wss://wss-primary.slack.com/link/", "wss-primary.slack.com:443"),
            ("https://hooks.example.com:8443/x", "hooks.example.com:8443"),
            ("http://slack.test/api/", "slack.test:80"),
        ] {
            assert_eq!(connected(&route, to).await.unwrap(), "here", "{to}");
            let head = hears.recv().await.unwrap();
            assert!(head.starts_with(&format!("CONNECT {named} HTTP/1.1\r\n")), "{head}");
            assert!(head.contains("Proxy-Authorization: Basic YWRhOnNlY3JldA==\r\n"), "{head}");
        }
        assert!(!format!("{route:?}").contains("secret"), "{route:?}");
    }

    #[tokio::test]
    async fn this_machine_and_what_needs_no_proxy_are_reached_directly() {
        let (address, mut hears) = proxy("200 OK").await;
        let (own, _own_hears) = proxy("200 OK").await;
        let route = route(&format!("http://{address}"), "direct.test");
        let mut here =
            TokioIo::new(route.connect(&Url::parse(&format!("http://{own}")).unwrap()).await.unwrap());
        here.write_all(b"hello\r\n\r\n").await.unwrap();
        let unknown = connected(&route, "https://direct.test/").await.unwrap_err();
        assert_eq!(unknown.to_string(), "cannot connect to direct.test");
        assert!(hears.try_recv().is_err(), "the proxy was asked");
    }

    #[tokio::test]
    async fn a_proxy_that_refuses_is_named() {
        let (address, _hears) = proxy("407 Proxy Authentication Required").await;
        let refused = connected(&route(&format!("http://{address}"), ""), "https://slack.com/").await;
        let error = format!("{:#}", refused.unwrap_err()).replace(&address, "proxy");
        insta::assert_snapshot!(error, @"the proxy proxy gives no connection: tunnel error: proxy authorization required");
        let socks = connected(&route("socks5://127.0.0.1:1080", ""), "https://slack.com/").await;
        insta::assert_snapshot!(socks.unwrap_err(), @"the proxy 127.0.0.1:1080 is a socks5 proxy: only those that are reached over http or https can be used");
    }
}
