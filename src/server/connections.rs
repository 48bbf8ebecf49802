//! Connection limits: no client can hold a connection, keep others out, or delay shutdown forever. `slack/body.rs`
//! limits the time for a body.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1::Builder;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::slow_clients::{ClientProgress, ClientTimeouts, TimedStream, TrackedBody};

/// The longest head of a request in bytes, and how much of a body is read ahead.
const HEAD_BYTES: usize = 8 * 1024;

/// What clients may hold, each and together.
#[derive(Clone, Copy, Debug)]
struct ConnectionLimits {
    /// Connections at once. When all are taken, the client we have waited for longest is disconnected for a new one.
    connections: usize,
    /// How long we must have waited before that: an honest client may be in the middle of a request.
    spared: Duration,
    patience: ClientTimeouts,
}

const LIMITS: ConnectionLimits = ConnectionLimits {
    connections: 512,
    spared: Duration::from_millis(50),
    patience: ClientTimeouts { active: Duration::from_secs(5), idle: Duration::from_secs(75) },
};

/// Serves connections until `stop`, then returns when running requests have ended.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    serve_within(LIMITS, listener, router, stop).await;
}

async fn serve_within(
    limits: ConnectionLimits,
    mut listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) {
    let mut places = Places::new(limits);
    let connections = TaskTracker::new();
    loop {
        let next = async {
            // Retries on ECONNABORTED and EMFILE.
            let stream = Listener::accept(&mut listener).await.0;
            // After accepting, so that a client is disconnected only for another one.
            (stream, places.free().await)
        };
        let (stream, place) = tokio::select! {
            () = stop.cancelled() => break,
            next = next => next,
        };
        let client = ClientProgress::new();
        let answered = answer(limits.patience, stream, client.clone(), router.clone(), stop.clone());
        let task = connections.spawn(async move {
            answered.await;
            // Owned by the task, so that an aborted one frees its place too.
            drop(place);
        });
        places.taken.push((client, task.abort_handle()));
    }
    // Stops accepting connections before waiting for the others.
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// The places for connections, and who holds them.
struct Places {
    limits: ConnectionLimits,
    room: Arc<Semaphore>,
    /// May contain clients that have left; never many more than there are places.
    taken: Vec<(ClientProgress, AbortHandle)>,
}

impl Places {
    fn new(limits: ConnectionLimits) -> Self {
        Self { limits, room: Arc::new(Semaphore::new(limits.connections)), taken: Vec::new() }
    }

    /// Returns a free place. If there is none, disconnects the client we have waited for longest; if we wait for
    /// nobody, waits for a client to leave.
    async fn free(&mut self) -> OwnedSemaphorePermit {
        // Looking at every task is wasted effort while there are places left.
        if self.taken.len() >= self.limits.connections {
            self.taken.retain(|(_, task)| !task.is_finished());
        }
        loop {
            if let Ok(place) = Arc::clone(&self.room).try_acquire_owned() {
                return place;
            }
            self.send_one_away();
            // Whom we wait for changes all the time, so look again soon.
            let place = Arc::clone(&self.room).acquire_owned();
            if let Ok(Ok(place)) = tokio::time::timeout(self.limits.spared / 4, place).await {
                return place;
            }
        }
    }

    fn send_one_away(&self) {
        let waiting = self.taken.iter().filter(|(_, task)| !task.is_finished());
        let waited = waiting.filter_map(|(client, task)| Some((client.owes_since()?, task)));
        if let Some((since, task)) = waited.min_by_key(|(since, _)| *since)
            && since.elapsed() >= self.limits.spared
        {
            tracing::debug!("closing a slow client to make room for another");
            task.abort();
        }
    }
}

/// Serves one client until it leaves, times out or is disconnected.
async fn answer(
    patience: ClientTimeouts,
    stream: TcpStream,
    client: ClientProgress,
    router: Router,
    stop: CancellationToken,
) {
    let io = TokioIo::new(TimedStream::new(stream, client.clone(), patience));
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        client.asks();
        let client = client.clone();
        let answered = router.call(request.map(|body| TrackedBody::request(body, &client)));
        async move { answered.await.map(|answer| answer.map(|body| TrackedBody::answer(body, &client))) }
    });
    let mut connection =
        std::pin::pin!(Builder::new().max_buf_size(HEAD_BYTES).serve_connection(io, service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            // Closes an idle connection now, others after their response.
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
    const BODY: &[u8] = b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n";

    /// `/slow` was requested, and may respond.
    static ASKED: tokio::sync::Notify = tokio::sync::Notify::const_new();
    static ANSWERED: tokio::sync::Notify = tokio::sync::Notify::const_new();

    async fn slow() {
        ASKED.notify_one();
        ANSWERED.notified().await;
    }

    fn large() -> String {
        "x".repeat(64 * 1024 * 1024)
    }

    fn limits(connections: usize, dawdling: Duration, idle: Duration) -> ConnectionLimits {
        ConnectionLimits { connections, spared: BRIEF, patience: ClientTimeouts { active: dawdling, idle } }
    }

    async fn listening(
        limits: ConnectionLimits,
    ) -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let echo = post(async |body: axum::body::Bytes| body);
        let router = Router::new().route("/ping", get(async || "pong")).route("/body", echo);
        let router = router.route("/large", get(async || large()));
        let router = router.route("/slow", get(slow));
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve_within(limits, listener, router, stop.clone()));
        (address, stop, serving)
    }

    async fn sends(address: SocketAddr, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    /// Reads until the server closes the connection.
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
        let (address, ..) = listening(limits(9, BRIEF, LONG)).await;
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
    async fn who_has_sent_nothing_is_cut_off_soon() {
        let (address, ..) = listening(limits(9, BRIEF, LONG)).await;
        assert_eq!(until_the_end(sends(address, b"").await).await, "");
    }

    #[tokio::test]
    async fn who_was_answered_may_stay_as_long_as_a_load_balancer_does_and_no_longer() {
        let (address, ..) = listening(limits(9, LONG, LONG)).await;
        let mut twice = sends(address, PING).await;
        assert!(pongs(&mut twice).await);
        let hung_up = tokio::time::timeout(BRIEF, twice.read_u8()).await;
        assert!(hung_up.is_err(), "it is idle");
        twice.write_all(PING).await.unwrap();
        assert!(pongs(&mut twice).await);

        let (address, ..) = listening(limits(9, BRIEF * 10, BRIEF * 10)).await;
        let mut once = sends(address, PING).await;
        assert!(pongs(&mut once).await);
        assert_eq!(until_the_end(once).await, "");
    }

    #[tokio::test]
    async fn an_answer_that_nobody_takes_is_given_up() {
        let (address, ..) = listening(limits(1, BRIEF, LONG)).await;
        let _deaf = sends(address, b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let mut other = sends(address, PING).await;
        assert!(pongs(&mut other).await, "there is room again");
    }

    #[tokio::test]
    async fn a_head_that_is_too_long_is_refused() {
        let (address, ..) = listening(limits(9, LONG, LONG)).await;
        let long = format!("GET /ping HTTP/1.1\r\nx: {}", "y".repeat(HEAD_BYTES));
        assert!(until_the_end(sends(address, long.as_bytes()).await).await.starts_with("HTTP/1.1 431 "));
    }

    #[tokio::test]
    async fn whoever_is_one_too_many_waits_while_all_others_are_being_answered() {
        let (address, ..) = listening(limits(1, LONG, LONG)).await;
        let first = sends(address, b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
        tokio::time::timeout(LONG, ASKED.notified()).await.expect("it is asked for");
        let mut second = sends(address, PING).await;
        let early = tokio::time::timeout(BRIEF * 2, pongs(&mut second)).await;
        assert!(early.is_err(), "there was room for one");
        ANSWERED.notify_one();
        assert!(pongs(&mut second).await);
        assert!(until_the_end(first).await.starts_with("HTTP/1.1 200 "), "and was answered");
    }

    #[tokio::test]
    async fn whom_we_have_waited_for_longest_makes_room_for_whoever_comes() {
        let (address, ..) = listening(limits(4, LONG, LONG)).await;
        let silent = sends(address, b"").await;
        let mut body = sends(address, BODY).await;
        let mut head = sends(address, b"GET /ping HTTP/1.1\r\nx: ").await;
        let mut idle = sends(address, PING).await;
        assert!(pongs(&mut idle).await);
        let mut guests = Vec::new();
        for _ in 0..4 {
            // Single bytes do not protect a client from being disconnected.
            let _ = (body.write_all(b"x").await, head.write_all(b"x").await);
            let mut guest = sends(address, PING).await;
            assert!(pongs(&mut guest).await);
            guests.push(guest);
        }
        for sent_away in [silent, body, head, idle] {
            let left = until_the_end(sent_away).await;
            assert!(left.is_empty(), "{left}");
        }
        for guest in &mut guests {
            guest.write_all(PING).await.unwrap();
            assert!(pongs(guest).await, "and nobody else");
        }
    }

    #[tokio::test]
    async fn the_end_waits_for_what_is_under_way_and_for_nobody_who_is_idle() {
        let (address, stop, serving) = listening(limits(9, LONG, LONG)).await;
        let mut idle = sends(address, PING).await;
        assert!(pongs(&mut idle).await);
        let mut under_way = sends(address, &[BODY, b"po"].concat()).await;
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
