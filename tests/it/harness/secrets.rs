//! What nobody outside of the program may see, and the log lines of all journeys, in which it is looked for too.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use quartermaster::config::LogFormat;
use quartermaster::telemetry::subscriber;
use tracing::subscriber::DefaultGuard;

use super::line::APP_TOKEN;
use super::{BOT_TOKEN, EVENTS_SECRET, SIGNING_SECRET};

/// Asks for everything, also by name what is never written.
pub(crate) const EVERYTHING: &str = "trace,aws_smithy_runtime=trace,aws_sdk_sqs=trace";
/// Task tokens of the embedded workflow are so many hexadecimal digits; so are digests and the hashes of templates, which
/// are no secret.
const DIGITS: usize = 64;
/// What an address begins with that answers a person.
const ANSWERS: &str = "/respond/";

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    /// Task tokens that are known.
    pub(crate) tokens: BTreeSet<String>,
    /// What looks like a token and is none: hashes and digests.
    pub(crate) harmless: BTreeSet<String>,
}

impl Secrets {
    /// The first secret in a text.
    pub(crate) fn found_in(&self, text: &str) -> Option<String> {
        let ours = [BOT_TOKEN, SIGNING_SECRET, APP_TOKEN, EVENTS_SECRET];
        let known = ours.into_iter().chain(self.tokens.iter().map(String::as_str));
        let mut known = known.filter(|secret| text.contains(secret));
        let mut looks_like_one = task_tokens(text).filter(|word| !self.harmless.contains(*word));
        known.next().or_else(|| looks_like_one.next()).map(str::to_owned)
    }

    /// As [`Self::found_in`], where addresses that answer a person are secret as well: not towards Slack.
    pub(crate) fn found_inside(&self, text: &str) -> Option<String> {
        self.found_in(text).or_else(|| text.contains(ANSWERS).then(|| ANSWERS.to_owned()))
    }
}

/// What looks like a task token. After a colon stands the digest of an image.
pub(crate) fn task_tokens(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|character: char| !matches!(character, '0'..='9' | 'a'..='f'));
    let before = |word: &str| text.as_bytes()[..word.as_ptr().addr() - text.as_ptr().addr()].last();
    words.filter(move |word| word.len() == DIGITS && before(word) != Some(&b':'))
}

/// Everything that was logged, by whichever journey.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(Arc<Mutex<Vec<String>>>);

impl Ledger {
    /// The one of all journeys. What they log is filtered as in the program and written here.
    pub(super) fn of_the_journeys() -> &'static Self {
        static LEDGER: LazyLock<Ledger> = LazyLock::new(|| {
            let ledger = Ledger::default();
            let writer = ledger.clone();
            let lines = subscriber(LogFormat::Text, Some(EVERYTHING), move || writer.clone());
            tracing::subscriber::set_global_default(lines).unwrap();
            ledger
        });
        &LEDGER
    }

    /// What this thread logs until the guard is dropped, and with it the journey that runs on it. It is written beside what
    /// all journeys log.
    pub(crate) fn of_this_thread() -> (Self, DefaultGuard) {
        let own = Self::default();
        let writer = Both(own.clone(), Self::of_the_journeys().clone());
        let lines = subscriber(LogFormat::Text, Some(EVERYTHING), move || writer.clone());
        (own, tracing::subscriber::set_default(lines))
    }

    /// The warnings and errors of the program so far.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut lines = self.since(0);
        lines.retain(|line| {
            (line.contains("WARN") || line.contains("ERROR")) && line.contains("quartermaster")
        });
        lines
    }

    /// How many lines there are by now.
    pub(super) fn length(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The lines since there were so many.
    pub(crate) fn since(&self, length: usize) -> Vec<String> {
        self.0.lock().unwrap()[length..].to_vec()
    }
}

/// Written twice.
#[derive(Clone, Debug)]
struct Both(Ledger, Ledger);

impl Write for Both {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)?;
        self.1.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Each line comes in one piece.
impl Write for Ledger {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().push(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
