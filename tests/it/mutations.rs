//! Files that are right, made wrong in many ways: no reader panics, and each is done soon. The same functions are the
//! fuzz targets of `fuzz/`; here the number of rounds is bounded and the seed fixed, so that a failure comes again.
//! What Slack sends is acknowledged besides, whichever of its fields is wrong.

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::entries::ENTRIES;
use crate::harness::{Company, Setup, run_in};

/// Mutations of each file of a corpus.
const ROUNDS: usize = 60;
/// Longest that a processor may be busy with one input, without optimization. A form is filled in by hand, and
/// Slack waits three seconds.
const SOON: Duration = Duration::from_secs(3);

/// A small generator (xorshift), so that every run is the same.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn one_of<'t, T: ?Sized>(&mut self, choices: &[&'t T]) -> &'t T {
        choices[self.below(choices.len())]
    }
}

/// Pieces that readers stumble over: structure, ends, numbers, broken encodings, what means something to Slack or AWS.
const PIECES: [&[u8]; 30] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"'",
    b":",
    b": ",
    b"\n",
    b"\n  - ",
    b"\t",
    b",",
    b"=",
    b"&",
    b"%",
    b"%zz",
    b"\\u0000",
    b"\\ud800",
    b"\xff\xfe",
    b"\xc3",
    b"\xf0\x9f\x98\x80",
    b"\0",
    b"null",
    b"-1",
    b"99999999999999999999999999",
    b"1e999",
    b"!Ref ",
    b"*a",
    b"(a+)+$",
    b"<!channel>",
];

/// One to eight changes of a text.
pub(crate) fn mutated(dice: &mut Dice, seed: &[u8]) -> Vec<u8> {
    let mut text = seed.to_vec();
    for _ in 0..=dice.below(8) {
        let at = dice.below(text.len() + 1);
        let end = (at + dice.below(24)).min(text.len());
        match dice.below(6) {
            0 => drop(text.drain(at..end)),
            1 => drop(text.splice(at..at, dice.one_of(&PIECES).to_vec())),
            2 => drop(text.splice(at..end, dice.one_of(&PIECES).to_vec())),
            3 => {
                let copy = text[at..end].repeat(1 + dice.below(40));
                text.splice(at..at, copy);
            }
            4 => text.truncate(at),
            _ => {
                if let Some(byte) = text.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
        }
    }
    text
}

/// Nothing but one piece, nested or repeated; also ended as it should be.
fn monotonous() -> Vec<Vec<u8>> {
    const LENGTH: usize = 200_000;
    let once = [
        "[", "{", "{\"a\":", "- ", "a:\n ", "(", "((?:", "[a[", "a=", "%5B", "&", "!Ref ", "\"", "'", "a.",
        "[[a]]\n", "? ",
    ];
    let repeated = once.iter().map(|piece| piece.repeat(LENGTH / piece.len()));
    let closed = [
        ("", "[", "", "]", ""),
        ("", "{\"a\":", "1", "}", ""),
        ("a = ", "[", "", "]", "\n"),
        ("a = ", "{a=", "1", "}", "\n"),
        ("", "a.", "a = 1", "", "\n"),
        ("[", "a.", "a", "", "]\nb = 1\n"),
        ("[[", "a.", "a", "", "]]\nb = 1\n"),
        ("payload=", "[", "", "]", ""),
        ("", "(", "a", ")", "\na"),
        ("", "(a|", "b", ")*", "\naaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("Resources: {R: {Type: 'A::B::C', Properties: ", "{'Fn::Join': ['', [", "x", "]]}", "}}"),
    ];
    let closed = closed.iter().flat_map(|(before, open, inside, close, after)| {
        // As deep as readers go, a little deeper, and deeper than any stack.
        [100, 200, LENGTH / open.len()]
            .map(|depth| [*before, &open.repeat(depth), inside, &close.repeat(depth), after].concat())
    });
    repeated.chain(closed).map(String::into_bytes).collect()
}

fn corpus(entry: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = |path: &str, extension: &str| {
        let files = std::fs::read_dir(root.join(path)).unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
        files.sort();
        files.iter().map(|path| std::fs::read(path).unwrap()).collect::<Vec<_>>()
    };
    let of_products = |name: &str| {
        ["s3-bucket", "rds-postgres", "ecs-service"]
            .map(|product| std::fs::read(root.join("catalog").join(product).join(name)).unwrap())
            .to_vec()
    };
    let as_payload = |json: Vec<u8>| {
        let text = String::from_utf8(json).unwrap();
        form_urlencoded::Serializer::new(String::new()).append_pair("payload", &text).finish().into_bytes()
    };
    match entry {
        "signature" => vec![
            b"1763800000\nv0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503\nbody".to_vec(),
        ],
        "form" => {
            let clicks = folder("tests/wire/slack", "json").into_iter().map(as_payload);
            folder("tests/wire/slack", "txt").into_iter().chain(clicks).collect()
        }
        "payload" => folder("tests/wire/slack", "json"),
        "template" => of_products("template.yml"),
        "pattern" => patterns(),
        "product" => of_products("product.yml"),
        "settings" => vec![include_bytes!("../../src/cli/dev.toml").to_vec()],
        other => panic!("{other} has no corpus"),
    }
}

/// Expressions that take exponential or quadratic time where an engine allows it, each with a value that provokes it.
fn patterns() -> Vec<Vec<u8>> {
    let long = |text: &str| text.repeat(4096 / text.len());
    let pairs = [
        ("(a+)+$", long("a") + "!"),
        ("(a|aa)+$", long("a") + "!"),
        ("(.*a){20}", long("a") + "!"),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", long("a")),
        (r"(\w+\s?)*\1$", long("ab ") + "!"),
        (r"(?=(.*)+b)(a*)*c\2", long("a")),
        (r"(.*)(.*)(.*)(.*)(.*)\5[xy]", long("ab")),
        ("((((a{1,100}){1,100}){1,100}){1,100})", long("a")),
        ("(?:a?){500}a{500}", long("a")),
        (r"(?<!a{1,50})b", long("a")),
        (r"[\w-\.]+@([\w-]+\.)+[\w-]{2,4}", long("a@a.")),
        (r"\p{L}+\d*(?:\p{L}+\d*)*#", long("é1")),
    ];
    pairs.into_iter().map(|(pattern, value)| format!("{pattern}\n{value}").into_bytes()).collect()
}

/// How long a processor was busy with this thread so far, whatever else the machine had to do; by the clock where the system
/// does not say.
fn busy() -> Duration {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|nanos| nanos.parse().ok());
    nanos.map_or_else(|| BEGAN.elapsed(), Duration::from_nanos)
}

/// Runs one input, and fails with it where it takes too long.
fn runs(entry: &str, read: fn(&[u8]), input: &[u8]) {
    let begun = busy();
    read(input);
    let taken = busy().saturating_sub(begun);
    let shown = String::from_utf8_lossy(&input[..input.len().min(400)]);
    assert!(taken < SOON, "{entry} took {taken:?} for {} bytes: {shown}", input.len());
}

#[test]
fn no_mutation_of_a_right_file_makes_a_reader_panic_or_dawdle() {
    for (entry, read) in ENTRIES {
        let mut dice = Dice(0x51ac_6ead);
        for seed in corpus(entry) {
            runs(entry, read, &seed);
            for _ in 0..ROUNDS {
                runs(entry, read, &mutated(&mut dice, &seed));
            }
        }
    }
}

#[test]
fn no_nesting_and_no_repetition_makes_a_reader_panic_or_dawdle() {
    for (entry, read) in ENTRIES {
        for input in monotonous() {
            runs(entry, read, &input);
        }
    }
}

#[test]
fn the_dice_fall_the_same_way_each_time_and_change_something() {
    let thrown = || {
        let mut dice = Dice(7);
        (0..50).map(|_| mutated(&mut dice, b"{\"type\":\"block_actions\"}")).collect::<Vec<_>>()
    };
    assert_eq!(thrown(), thrown());
    assert!(thrown().iter().filter(|text| text.starts_with(b"{\"type\"")).count() < 50);
}

/// What Slack sends, as its envelopes call it and where it posts it; nothing in it leads out of this machine.
fn payloads() -> Vec<(&'static str, &'static str, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/slack");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let json = files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let read = |path| serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()).unwrap();
    let mut payloads: Vec<_> = json
        .map(read)
        .map(|payload| match payload["type"].as_str().unwrap() {
            "event_callback" => ("events_api", "/slack/events", payload),
            "block_suggestion" => ("interactive", "/slack/options", payload),
            _ => ("interactive", "/slack/interactions", payload),
        })
        .collect();
    let command = form_urlencoded::parse(include_bytes!("../wire/slack/command.txt"));
    let command = command.map(|(name, value)| (name.into_owned(), json!(value))).collect();
    payloads.push(("slash_commands", "/slack/commands", command));
    for (_, _, payload) in &mut payloads {
        if let Some(url) = payload.get_mut("response_url") {
            *url = Value::Null;
        }
    }
    payloads
}

/// The payload with each field in it replaced by what is of another shape.
fn replaced(payload: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for pointer in pointers(payload, "") {
        for odd in [json!([]), json!({}), Value::Null, json!("x"), json!(7)] {
            let mut changed = payload.clone();
            *changed.pointer_mut(&pointer).unwrap() = odd.clone();
            all.push((format!("{pointer} = {odd}"), changed));
        }
    }
    all
}

fn pointers(value: &Value, here: &str) -> Vec<String> {
    let inner: Vec<_> = match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, inner)| (format!("{here}/{name}"), inner)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, inner)| (format!("{here}/{at}"), inner)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let deeper = |(pointer, inner): (String, &Value)| {
        let below = pointers(inner, &pointer);
        std::iter::once(pointer).chain(below)
    };
    inner.into_iter().flat_map(deeper).collect()
}

/// What a form carries of a field.
fn in_a_form(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

async fn posts(company: &Company, kind: &str, path: &str, payload: &Value) -> (u16, String) {
    match kind {
        "interactive" => company.posts_payload(path, payload).await,
        "events_api" => company.posts_signed(path, &payload.to_string()).await,
        _ => {
            let fields = payload.as_object().unwrap().iter().map(|(name, value)| (name, in_a_form(value)));
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            company.posts_signed(path, &body).await
        }
    }
}

#[tokio::test]
async fn whichever_field_slack_sends_in_another_shape_it_is_acknowledged() {
    for over_sockets in [false, true] {
        let setup = if over_sockets { Setup::new().over_sockets() } else { Setup::new() };
        run_in(setup, async |company| {
            company.is_lied_to();
            for (kind, path, payload) in payloads() {
                for (change, payload) in replaced(&payload) {
                    // So that Slack's limits on calls and messages hold nothing up.
                    company.clock.advance("10s");
                    let status = if over_sockets {
                        company.playground.send_envelope(kind, &payload).await.map(|(status, _)| status)
                    } else {
                        Ok(posts(company, kind, path, &payload).await.0)
                    };
                    assert_eq!(status, Ok(200), "{kind} {} {change}", payload["type"]);
                }
            }
        })
        .await;
    }
}
