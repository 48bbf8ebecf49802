//! A Slack that answers every call with "ok". What the program says to it is not looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::Context as _;
use axum::extract::State;
use axum::routing::any;
use axum::{Json, Router};
use serde_json::{Value, json};

/// The workspace that every request comes from.
pub(crate) const WORKSPACE: &str = "T0BENCH";

/// Starts it on a thread of its own, which ends with the process; the address is that of its Web API.
pub(crate) fn start() -> anyhow::Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").context("cannot listen for calls to Slack")?;
    listener.set_nonblocking(true).context("cannot use the listener")?;
    let address = listener.local_addr().context("cannot read the address")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime of the Slack that says yes")?;
    let router = Router::new().route("/api/{method}", any(answer)).with_state(Arc::new(AtomicU64::new(1)));
    thread::Builder::new()
        .name("slack".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                axum::serve(listener, router).await
            })
        })
        .context("cannot start the thread of the Slack that says yes")?;
    Ok(format!("http://{address}/api/"))
}

/// Every message gets its own time stamp: the program remembers which request stands where.
async fn answer(State(count): State<Arc<AtomicU64>>) -> Json<Value> {
    let number = count.fetch_add(1, Ordering::Relaxed);
    let ts = format!("{}.{:06}", 1_763_800_000 + number / 1_000_000, number % 1_000_000);
    Json(json!({
        "ok": true,
        "team_id": WORKSPACE,
        "team": "Bench",
        "user_id": "U0QM",
        "bot_id": "B0QM",
        "channel": "C0BENCH",
        "message": { "ts": ts },
        "ts": ts,
    }))
}
