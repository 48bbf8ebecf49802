//! Tolerant fields of a payload. A value of an unexpected shape counts as absent and does not affect other fields.
//! Slack has been seen to send an empty list for an empty map.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::ParseError;
use super::json_repair::repaired;

/// A field of shape `S`, if present.
pub(in crate::slack) struct PayloadField<S: FieldShape>(pub(in crate::slack) Option<S::Value>);

/// The JSON types that a field accepts. By default it accepts none.
pub(in crate::slack) trait FieldShape {
    type Value;

    fn text(_: &str) -> Option<Self::Value> {
        None
    }

    fn number(_: serde_json::Number) -> Option<Self::Value> {
        None
    }

    fn flag(_: bool) -> Option<Self::Value> {
        None
    }

    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self::Value>, A::Error> {
        // serde_json requires that a list is read to its end, even if it is ignored.
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self::Value>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// A text. An empty text counts as absent.
pub(in crate::slack) enum TextShape {}

/// User input: a text or a number.
pub(super) enum InputShape {}

/// A non-negative integer.
pub(in crate::slack) enum CountShape {}

/// `true` or `false`; a text such as `"true"` does not count.
pub(in crate::slack) enum FlagShape {}

/// An object with fields of its own.
pub(super) struct ObjectShape<T>(PhantomData<T>);

/// A list of objects; other elements are skipped.
pub(super) struct ListShape<T>(PhantomData<T>);

/// A list of texts; other elements are skipped.
pub(super) enum TextsShape {}

/// A map of objects by name. Other values count as empty objects.
pub(super) struct MapShape<T>(PhantomData<T>);

impl FieldShape for TextShape {
    type Value = String;

    fn text(text: &str) -> Option<String> {
        if text.is_empty() { None } else { Some(text.to_owned()) }
    }
}

impl FieldShape for InputShape {
    type Value = String;

    fn text(text: &str) -> Option<String> {
        TextShape::text(text)
    }

    fn number(number: serde_json::Number) -> Option<String> {
        Some(number.to_string())
    }
}

impl FieldShape for CountShape {
    type Value = u64;

    fn number(number: serde_json::Number) -> Option<u64> {
        number.as_u64()
    }
}

impl FieldShape for FlagShape {
    type Value = bool;

    fn flag(flag: bool) -> Option<bool> {
        Some(flag)
    }
}

impl<T: DeserializeOwned> FieldShape for ObjectShape<T> {
    type Value = T;

    fn object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }
}

impl<T: DeserializeOwned> FieldShape for ListShape<T> {
    type Value = Vec<T>;

    fn list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Vec<T>>, A::Error> {
        items::<ObjectShape<T>, A>(list).map(Some)
    }
}

impl FieldShape for TextsShape {
    type Value = Vec<String>;

    fn list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Vec<String>>, A::Error> {
        items::<TextShape, A>(list).map(Some)
    }
}

fn items<'de, S: FieldShape, A: SeqAccess<'de>>(mut list: A) -> Result<Vec<S::Value>, A::Error> {
    let mut items = Vec::new();
    while let Some(item) = list.next_element::<PayloadField<S>>()? {
        items.extend(item.0);
    }
    Ok(items)
}

impl<S: FieldShape<Value: Default>> FieldShape for MapShape<S> {
    type Value = BTreeMap<String, S::Value>;

    fn object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self::Value>, A::Error> {
        let mut named = BTreeMap::new();
        while let Some((name, item)) = object.next_entry::<String, PayloadField<S>>()? {
            named.insert(name, item.0.unwrap_or_default());
        }
        Ok(Some(named))
    }
}

/// Parses JSON that must be an object.
pub(super) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, ParseError> {
    tolerant::<PayloadField<ObjectShape<T>>>(json)?.0.ok_or(ParseError::Missing("object"))
}

/// Parses JSON, [`repaired`] if serde does not accept it as it is.
pub(in crate::slack) fn tolerant<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    // Repairing is slow, and payloads that need it are rare.
    serde_json::from_slice(json).or_else(|_| serde_json::from_str(&repaired(json)?))
}

struct JsonReader<S>(PhantomData<S>);

impl<'de, S: FieldShape> Visitor<'de> for JsonReader<S> {
    type Value = PayloadField<S>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<PayloadField<S>, E> {
        Ok(PayloadField(S::flag(flag)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<PayloadField<S>, E> {
        Ok(PayloadField(S::number(number.into())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<PayloadField<S>, E> {
        Ok(PayloadField(S::number(number.into())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<PayloadField<S>, E> {
        Ok(PayloadField(serde_json::Number::from_f64(number).and_then(S::number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<PayloadField<S>, E> {
        Ok(PayloadField(S::text(text)))
    }

    fn visit_unit<E>(self) -> Result<PayloadField<S>, E> {
        Ok(PayloadField(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<PayloadField<S>, A::Error> {
        S::list(list).map(PayloadField)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<PayloadField<S>, A::Error> {
        S::object(object).map(PayloadField)
    }
}

impl<'de, S: FieldShape> Deserialize<'de> for PayloadField<S> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(JsonReader(PhantomData))
    }
}

impl<S: FieldShape> Default for PayloadField<S> {
    fn default() -> Self {
        Self(None)
    }
}

impl<S: FieldShape<Value: fmt::Debug>> fmt::Debug for PayloadField<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
