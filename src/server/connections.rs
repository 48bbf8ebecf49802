//! Who is connected, and for how long: nobody can hold a connection, or keep the program from ending, for ever. How
//! long a body may take is the business of `slack/body.rs`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1::Builder;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::hurried::{Head, Hurried};

/// Longest head of a request, in bytes, and the most that is read ahead of a body.
const HEAD_BYTES: usize = 8 * 1024;

/// What clients may hold, each and together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at once; whoever comes then waits until one ends.
    pub(super) connections: usize,
    /// A connection without a request. Load balancers keep theirs for 60 s and must be the first to end it.
    pub(super) idle: Duration,
    /// The head of a request, from its first byte; also an answer that nobody takes.
    pub(super) dawdling: Duration,
}

const LIMITS: Limits =
    Limits { connections: 512, idle: Duration::from_secs(75), dawdling: Duration::from_secs(5) };

/// Answers whoever connects until `stop`, then ends when what is under way has ended.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    serve_within(LIMITS, listener, router, stop).await;
}

async fn serve_within(limits: Limits, mut listener: TcpListener, router: Router, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    loop {
        let next = async {
            let place = Arc::clone(&room).acquire_owned().await;
            // Goes on when a connection is gone before it was taken, or there are too many files.
            (place, Listener::accept(&mut listener).await.0)
        };
        let (place, stream) = tokio::select! {
            () = stop.cancelled() => break,
            next = next => next,
        };
        let answered = answer(limits, stream, router.clone(), stop.clone());
        connections.spawn(async move {
            answered.await;
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Answers one client until it leaves, dawdles or has to go.
async fn answer(limits: Limits, stream: TcpStream, router: Router, stop: CancellationToken) {
    let head = Head::default();
    let io = TokioIo::new(Hurried::new(stream, head.clone(), limits.dawdling));
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        head.is_there();
        router.call(request)
    });
    let mut http = Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.idle).max_buf_size(HEAD_BYTES);
    let mut connection = std::pin::pin!(http.serve_connection(io, service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::{get, post};
    use std::net::SocketAddr;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const BRIEF: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_mins(1);
    const PING: &[u8] = b"GET /ping HTTP/1.1\r\nhost: x\r\n\r\n";

    fn large() -> String {
        "x".repeat(64 * 1024 * 1024)
    }

    async fn listening(limits: Limits) -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let echo = post(async |body: axum::body::Bytes| body);
        let router = Router::new().route("/ping", get(async || "pong")).route("/body", echo);
        let router = router.route("/large", get(async || large()));
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve_within(limits, listener, router, stop.clone()));
        (address, stop, serving)
    }

    async fn sends(address: SocketAddr, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    /// Everything until the other side hangs up.
    async fn until_the_end(mut stream: TcpStream) -> String {
        let mut text = String::new();
        let _ = tokio::time::timeout(LONG, stream.read_to_string(&mut text)).await.expect("it hangs up");
        text
    }

    async fn pongs(stream: &mut TcpStream) -> bool {
        let mut text = [0; 512];
        let read = tokio::time::timeout(LONG, stream.read(&mut text)).await.unwrap().unwrap();
        String::from_utf8_lossy(&text[..read]).ends_with("pong")
    }

    #[tokio::test]
    async fn a_head_that_does_not_end_is_cut_off_however_it_trickles() {
        let (address, ..) = listening(Limits { connections: 9, idle: LONG, dawdling: BRIEF }).await;
        assert_eq!(until_the_end(sends(address, b"GET /ping HTTP/1.1\r\nhos").await).await, "");
        let mut trickling = sends(address, b"GET /ping HTTP/1.1\r\nx: ").await;
        let mut pause = tokio::time::interval(BRIEF / 5);
        let cut_off = async {
            while trickling.write_all(b"x").await.is_ok() {
                pause.tick().await;
            }
        };
        tokio::time::timeout(LONG, cut_off).await.expect("a byte now and then is not enough");
    }

    #[tokio::test]
    async fn who_says_nothing_may_stay_as_long_as_a_load_balancer_does_and_no_longer() {
        let (address, ..) = listening(Limits { connections: 9, idle: BRIEF * 10, dawdling: BRIEF }).await;
        assert_eq!(until_the_end(sends(address, b"").await).await, "");
        let mut twice = sends(address, PING).await;
        assert!(pongs(&mut twice).await);
        let hung_up = tokio::time::timeout(BRIEF * 2, twice.read_u8()).await;
        assert!(hung_up.is_err(), "longer than a head may take, but idle");
        twice.write_all(PING).await.unwrap();
        assert!(pongs(&mut twice).await);
        assert_eq!(until_the_end(twice).await, "");
    }

    #[tokio::test]
    async fn an_answer_that_nobody_takes_is_given_up() {
        let limits = Limits { connections: 1, idle: LONG, dawdling: BRIEF };
        let (address, ..) = listening(limits).await;
        let _deaf = sends(address, b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let mut other = sends(address, PING).await;
        assert!(pongs(&mut other).await, "there is room again");
    }

    #[tokio::test]
    async fn a_head_that_is_too_long_is_refused() {
        let (address, ..) = listening(LIMITS).await;
        let long = format!("GET /ping HTTP/1.1\r\nx: {}", "y".repeat(HEAD_BYTES));
        assert!(until_the_end(sends(address, long.as_bytes()).await).await.starts_with("HTTP/1.1 431 "));
    }

    #[tokio::test]
    async fn whoever_is_one_too_many_waits_for_a_place() {
        let (address, ..) = listening(Limits { connections: 1, idle: LONG, dawdling: LONG }).await;
        let first = sends(address, b"GET /ping").await;
        let mut second = sends(address, PING).await;
        let early = tokio::time::timeout(BRIEF, pongs(&mut second)).await;
        assert!(early.is_err(), "there was room for one");
        drop(first);
        assert!(pongs(&mut second).await);
    }

    #[tokio::test]
    async fn the_end_waits_for_what_is_under_way_and_for_nobody_who_is_idle() {
        let (address, stop, serving) = listening(LIMITS).await;
        let mut idle = sends(address, PING).await;
        assert!(pongs(&mut idle).await);
        let mut under_way =
            sends(address, b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\npo").await;
        let mut last = sends(address, PING).await;
        assert!(pongs(&mut last).await, "so the one before is under way");
        stop.cancel();
        assert_eq!(until_the_end(idle).await, "");
        assert!(!serving.is_finished());
        under_way.write_all(b"ng").await.unwrap();
        assert!(until_the_end(under_way).await.ends_with("pong"));
        serving.await.unwrap();
    }
}
