//! One connection that stays open: HTTP/1.1 as far as our own servers speak it. Errors are told, never retried.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use tokio::net::TcpStream;

/// Longest answer that is read, in bytes.
const LONGEST: usize = 1024 * 1024;

/// A connection to a server.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// What came back.
pub(crate) struct Answer<'a> {
    /// The status code.
    pub(crate) status: u16,
    /// The whole body.
    pub(crate) body: &'a [u8],
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("cannot connect")?;
        stream.set_nodelay(true).context("cannot switch off delays")?;
        Ok(Self { stream, received: Vec::with_capacity(16 * 1024) })
    }

    /// Sends one request and reads its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.received.clear();
        self.send(request).await?;
        let (status, head, length) = loop {
            self.receive().await?;
            if let Some(head) = position(&self.received, b"\r\n\r\n") {
                let text = str::from_utf8(self.received.get(..head).unwrap_or_default());
                let (status, length) = read_head(text.context("cannot read the head of an answer")?)?;
                break (status, head + 4, length);
            }
        };
        if head + length > LONGEST {
            bail!("an answer of {length} bytes is longer than anything we know");
        }
        while self.received.len() < head + length {
            self.receive().await?;
        }
        let body = self.received.get(head..head + length).unwrap_or_default();
        Ok(Answer { status, body })
    }

    async fn send(&self, mut rest: &[u8]) -> anyhow::Result<()> {
        while !rest.is_empty() {
            self.stream.writable().await.context("cannot send")?;
            match self.stream.try_write(rest) {
                Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error).context("cannot send"),
            }
        }
        Ok(())
    }

    async fn receive(&mut self) -> anyhow::Result<()> {
        loop {
            self.stream.readable().await.context("cannot receive")?;
            match self.stream.try_read_buf(&mut self.received) {
                Ok(0) => bail!("the server closed the connection"),
                Ok(_) if self.received.len() > LONGEST => bail!("an answer never ends"),
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error).context("cannot receive"),
            }
        }
    }
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Status code and length of the body.
fn read_head(head: &str) -> anyhow::Result<(u16, usize)> {
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let status = status.context("an answer without a status")?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok());
    Ok((status, length.context("an answer without a length")?))
}
