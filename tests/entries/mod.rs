//! Where text from outside comes in: one function for each place, called with anything at all. It must come back, soon,
//! without a panic. The fuzz targets call these without end, `tests/it/mutations.rs` a bounded number of times.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use cloudformation::document::{parse_json, parse_toml, parse_yaml};
use cloudformation::{Pattern, Template};
use quartermaster::catalog;
use quartermaster::config::Settings;
use quartermaster::domain::form::Form;
use quartermaster::domain::parameters::{check_parameters, match_prefill, parse_prefill};
use quartermaster::ports::clock::SystemClock;
use quartermaster::slack::incoming::{
    parse_command, parse_command_json, parse_event, parse_interaction, parse_interaction_json, parse_options,
};
use quartermaster::slack::signature::Verifier;

/// The name of an entry, as the fuzz target and its corpus are called, and the function.
pub(crate) type Entry = (&'static str, fn(&[u8]));

/// Every entry.
pub(crate) const ENTRIES: [Entry; 7] = [
    ("signature", signature),
    ("form", form),
    ("payload", payload),
    ("template", template),
    ("pattern", pattern),
    ("product", product),
    ("settings", settings),
];

/// The first line is the timestamp, the second the signature, the rest the body.
pub(crate) fn signature(data: &[u8]) {
    let verifier = Verifier::new("nobody knows this secret", Arc::new(SystemClock)).unwrap();
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let mut headers = axum::http::HeaderMap::new();
    for name in ["x-slack-request-timestamp", "x-slack-signature"] {
        if let Ok(value) = axum::http::HeaderValue::from_bytes(lines.next().unwrap_or_default()) {
            headers.insert(name, value);
        }
    }
    let checked = verifier.check(&headers, lines.next().unwrap_or_default());
    assert!(checked.is_err(), "nobody has signed this");
}

/// The body of a command, and of a click or a form before its payload is unpacked.
pub(crate) fn form(data: &[u8]) {
    let _ = parse_command(data);
    let _ = parse_interaction(data);
    let _ = parse_options(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let words = parse_prefill(text);
        let template = Template::parse(
            "Parameters: {A: {Type: String}, B: {Type: Number}}\nResources: {R: {Type: 'A::B::C'}}",
        );
        let form = Form::from_template(&template.unwrap(), &BTreeSet::new()).unwrap();
        let _ = match_prefill(&form, &words.pairs);
    }
}

/// A command, a click, a submitted form or an event, unpacked.
pub(crate) fn payload(data: &[u8]) {
    let _ = parse_command_json(data);
    let _ = parse_interaction_json(data);
    let _ = parse_event(data);
}

/// A template, the form it becomes, and that form filled in with parts of it.
pub(crate) fn template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = parse_json(text);
    let _ = parse_yaml(text);
    let Ok(template) = Template::parse(text) else { return };
    let hidden = BTreeSet::new();
    let Ok(form) = Form::from_template(&template, &hidden) else { return };
    let values = text.lines().map(str::trim).cycle();
    let given: BTreeMap<String, Option<String>> =
        form.fields().zip(values).map(|(field, value)| (field.key.clone(), Some(value.to_owned()))).collect();
    if let Ok(values) = check_parameters(&template, &form, &hidden, &given) {
        let _ = template.failed_rules(values.as_slice());
        let _ = template.resources_made(values.as_slice());
    }
}

/// The first line is an expression, the rest the value.
pub(crate) fn pattern(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (expression, value) = text.split_once('\n').unwrap_or((&text, ""));
    let _ = Pattern::new(expression).accepts(value);
}

/// A product file beside the template and the prices of the shipped bucket.
pub(crate) fn product(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = if here.ends_with("fuzz") { here.join("../catalog") } else { here.join("catalog") };
    for (from, to) in
        [("s3-bucket/template.yml", "a/template.yml"), ("prices/us-east-1.yml", "prices/us-east-1.yml")]
    {
        let to = folder.path().join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(shipped.join(from), to).unwrap();
    }
    std::fs::write(folder.path().join("a/product.yml"), data).unwrap();
    if let Err(problems) = catalog::load(folder.path(), None) {
        assert!(!problems.is_empty() && problems.iter().all(|problem| !problem.to_string().is_empty()));
    }
}

/// A settings file.
pub(crate) fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = parse_toml(text);
    if let Err(problems) = Settings::parse("settings", text) {
        assert!(!problems.is_empty());
    }
}
