//! Logging setup. Each line is about one thing that an operator should know, with the request's id as a field.

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt, registry};

use crate::config::LogFormat;

/// The filter if `RUST_LOG` is not set.
const DEFAULT_FILTER: &str = "info";

/// Starts logging to standard error. An invalid filter falls back to the default.
pub fn start(format: LogFormat, filter: Option<&str>) {
    // Fails only if logging was started before, which is fine.
    let _ = subscriber(format, filter, std::io::stderr).try_init();
}

/// Returns the subscriber that [`start`] installs, with another writer.
pub fn subscriber<W>(format: LogFormat, filter: Option<&str>, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = filter.and_then(|text| EnvFilter::try_new(text).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(DEFAULT_FILTER)).and(filter_fn(may_be_logged));
    let lines = fmt::layer().with_writer(writer);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    registry().with(lines.with_filter(filter))
}

/// Hides detailed logs of the AWS SDK, whatever `RUST_LOG` says: they contain whole responses, and those of the queue
/// contain task tokens.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || !metadata.target().starts_with("aws_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct LogBuffer(Arc<Mutex<Vec<u8>>>);

    impl Write for LogBuffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_the_sdk_prints_in_detail_is_not_logged_whatever_is_asked_for() {
        let written = LogBuffer::default();
        let writer = written.clone();
        let filter = Some("trace,aws_smithy_runtime=trace");
        let lines = subscriber(LogFormat::Text, filter, move || writer.clone());
        tracing::subscriber::with_default(lines, || {
            tracing::trace!(target: "aws_smithy_runtime::client", "an answer with a token");
            tracing::debug!(target: "aws_sdk_sqs", "a message with a token");
            tracing::warn!(target: "aws_config", "no region");
            tracing::trace!(target: "quartermaster", "a step");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("no region") && text.contains("a step"), "{text}");
        assert!(!text.contains("token"), "{text}");
    }
}
