//! Bodies that nobody honest sends, written to plain sockets: the program may close any of them at any time.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use quartermaster::ports::clock::{Clock as _, SystemClock};

/// Connections at once.
const AT_ONCE: usize = 32;
/// 100 MiB.
const LARGE: usize = 100 * 1024 * 1024;
/// A body that the program would read to its end, and how much of it ever comes.
const ALLOWED: usize = 1024 * 1024;
const COMES: usize = ALLOWED - 1024;
/// The program gives up a body that has not come whole after ten seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends them and tells how they ended.
type Send = fn(SocketAddr) -> anyhow::Result<String>;

/// What they are, and how they are sent.
pub(crate) const ALL: [(&str, Send); 4] = [
    ("32 bodies of 100 MiB that say so", announced),
    ("32 bodies of 100 MiB that do not", chunked),
    ("64 requests of which only the head comes", heads),
    ("32 bodies of nearly 1 MiB that never end", endless),
];

fn announced(address: SocketAddr) -> anyhow::Result<String> {
    let head = format!("{}Content-Length: {LARGE}\r\n\r\n", head());
    all_refused(AT_ONCE, &["413"], || refused(address, &head, LARGE, false))
}

fn chunked(address: SocketAddr) -> anyhow::Result<String> {
    let head = format!("{}Transfer-Encoding: chunked\r\n\r\n", head());
    // Too large, or its place was given to somebody who came after it.
    all_refused(AT_ONCE, &["413", "408"], || refused(address, &head, LARGE, true))
}

fn heads(address: SocketAddr) -> anyhow::Result<String> {
    let head = format!("{}Content-Length: 400\r\n\r\n", head());
    all_refused(64, &["408"], || refused(address, &head, 0, false))
}

fn endless(address: SocketAddr) -> anyhow::Result<String> {
    let head = format!("{}Content-Length: {ALLOWED}\r\n\r\n", head());
    all_refused(AT_ONCE, &["408"], || refused(address, &head, COMES, false))
}

/// With a signature that could be right, so that only the whole body can show that it is not.
pub(super) fn head() -> String {
    let now = SystemClock.now().as_second();
    format!(
        "POST /slack/commands HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slack-Request-Timestamp: {now}\r\n\
         X-Slack-Signature: v0={}\r\n",
        "5a".repeat(32)
    )
}

/// Does it so many times at once; each has to end with one of these statuses, or at least without an answer.
fn all_refused(
    count: usize,
    expected: &[&str],
    send: impl Fn() -> anyhow::Result<String> + Sync,
) -> anyhow::Result<String> {
    let statuses = std::thread::scope(|scope| {
        let sending: Vec<_> = (0..count).map(|_| scope.spawn(&send)).collect();
        let ended = sending
            .into_iter()
            .map(|sent| sent.join().map_err(|_| anyhow::anyhow!("a sender ended badly"))?);
        ended.collect::<anyhow::Result<Vec<String>>>()
    })?;
    let refused = statuses.iter().filter(|found| expected.contains(&found.as_str())).count();
    let closed = statuses.iter().filter(|found| found.is_empty()).count();
    let others = count - refused - closed;
    ensure!(others == 0, "{others} of {count} were answered otherwise: {statuses:?}");
    ensure!(refused > 0, "none of {count} was answered");
    Ok(format!("{refused} × {}, {closed} closed", expected.join(" or ")))
}

/// Sends as much of a body as the program takes, then waits for what it says; empty where it only closes.
fn refused(address: SocketAddr, head: &str, length: usize, chunked: bool) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).context("cannot connect")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(head.as_bytes()).context("cannot send a head")?;
    let piece = [b'x'; 16 * 1024];
    let mut left = length;
    while left > 0 {
        let part = piece.get(..left.min(piece.len())).unwrap_or_default();
        let sent = if chunked {
            let frame = format!("{:x}\r\n", part.len());
            stream
                .write_all(frame.as_bytes())
                .and_then(|()| stream.write_all(part))
                .and_then(|()| stream.write_all(b"\r\n"))
        } else {
            stream.write_all(part)
        };
        // Whoever does not want to read more closes.
        if sent.is_err() {
            break;
        }
        left -= part.len();
    }
    status(&mut stream)
}

fn status(stream: &mut TcpStream) -> anyhow::Result<String> {
    let (mut answer, begun) = ([0; 64], Instant::now());
    match stream.read(&mut answer) {
        Ok(read) => {
            let text = String::from_utf8_lossy(answer.get(..read).unwrap_or_default()).into_owned();
            Ok(text.split(' ').nth(1).unwrap_or_default().to_owned())
        }
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(String::new()),
        Err(error) => Err(error).with_context(|| format!("no answer after {:?}", begun.elapsed())),
    }
}
