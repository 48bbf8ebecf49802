//! Repairs JSON that is valid but that serde rejects: lone surrogates, numbers beyond any float, duplicate names in an
//! object, deep nesting. It is rewritten as the nearest JSON that serde accepts, so that an odd value does not affect
//! the rest of the payload. Used only after the normal parser failed.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Nesting limit, deeper than anything that Slack sends; deeper values count as absent.
const DEEPEST: usize = 32;

/// Rewrites JSON so that serde accepts it. Of duplicate names the last counts; unusable values become `null`.
///
/// # Errors
/// When it is not JSON.
pub(super) fn repaired(json: &[u8]) -> serde_json::Result<String> {
    let whole: &RawValue = serde_json::from_slice(json)?;
    Ok(value(whole, DEEPEST).to_string())
}

fn value(raw: &RawValue, depth: usize) -> Value {
    let (json, depth) = (raw.get(), depth.checked_sub(1));
    let read = match (json.as_bytes().first(), depth) {
        (Some(b'{'), Some(depth)) => object(json, depth),
        (Some(b'['), Some(depth)) => list(json, depth),
        (Some(b'{' | b'['), None) => Ok(Value::Null),
        (Some(b'"'), _) => text(json).map(Value::String),
        _ => serde_json::from_str(json),
    };
    read.unwrap_or_default()
}

fn list(json: &str, depth: usize) -> serde_json::Result<Value> {
    let items: Vec<&RawValue> = serde_json::from_str(json)?;
    Ok(items.into_iter().map(|item| value(item, depth)).collect())
}

fn object(json: &str, depth: usize) -> serde_json::Result<Value> {
    serde_json::Deserializer::from_str(json).deserialize_map(Fields(depth)).map(Value::Object)
}

/// Reads a text, with � in place of each lone surrogate. When a text is deserialized as bytes, serde accepts lone
/// surrogates and encodes them as WTF-8, says <https://docs.rs/serde_json/1/serde_json/struct.Deserializer.html>,
/// `deserialize_bytes`, read on 2026-11-29.
fn text(json: &str) -> serde_json::Result<String> {
    serde_json::Deserializer::from_str(json).deserialize_bytes(Letters)
}

struct Fields(usize);

impl<'de> Visitor<'de> for Fields {
    type Value = Map<String, Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, field)) = object.next_entry::<&RawValue, &RawValue>()? {
            if let Ok(name) = text(name.get()) {
                fields.insert(name, value(field, self.0));
            }
        }
        Ok(fields)
    }
}

struct Letters;

impl Visitor<'_> for Letters {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            // A lone surrogate takes three bytes, of which this is the first.
            if chunk.invalid().first() == Some(&0xed) {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> String {
        repaired(json.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_odd_in_one_place_costs_nothing_beside_it() {
        for (json, is) in [
            (r#"{"a":"half \ud83d of a face","b":1}"#, r#"{"a":"half � of a face","b":1}"#),
            (r#"{"a":"\ude00\ud83d","b":"\ud83d\ude00"}"#, r#"{"a":"��","b":"😀"}"#),
            (r#"{"\ud83d":1,"b":[1e999,-1e999,2]}"#, r#"{"b":[null,null,2],"�":1}"#),
            (r#"{"a":{"c":1},"b":2,"a":{"d":3}}"#, r#"{"a":{"d":3},"b":2}"#),
            (r#"{"a":"��� typed","b":"\ud83d�\ud83d"}"#, r#"{"a":"��� typed","b":"���"}"#),
            ("1e999", "null"),
        ] {
            assert_eq!(read(json), is, "{json}");
        }
        for broken in ["", "{", r#"{"a":}"#, r#"{"a":1"#, "[1,]", "\"\u{1}\"", r#""\ud8"#] {
            repaired(broken.as_bytes()).unwrap_err();
        }
        repaired(b"\"\xff\"").unwrap_err();
    }

    #[test]
    fn nesting_ends_somewhere() {
        let deep = format!(r#"{{"a":1,"b":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        let mended = read(&deep);
        assert!(mended.starts_with(r#"{"a":1,"b":[[["#) && mended.len() < 100, "{mended}");
    }

    proptest! {
        #[test]
        fn whatever_is_json_stays_as_it_is(text in ".{0,40}", number in any::<i64>(), names in prop::collection::btree_set("[a-z]{1,3}", 0..4)) {
            let fields: Map<_, _> = names.into_iter().map(|name| (name, serde_json::json!([text, number, {"x": null}, true]))).collect();
            let json = Value::Object(fields).to_string();
            prop_assert_eq!(read(&json), json);
        }

        #[test]
        fn no_text_breaks_it(json in r#"[\[\]{}":,a-c0-9\\ude]{0,60}"#) {
            if let Ok(mended) = repaired(json.as_bytes()) {
                prop_assert!(serde_json::from_str::<Value>(&mended).is_ok());
            }
        }
    }
}
