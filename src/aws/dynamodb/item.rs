//! Attributes of items: how each kind of value is written and read. Which item has which attributes is up to
//! the other modules.
//!
//! Timestamps are RFC 3339 in UTC with nine fractional digits, so that text order is time order. Amounts are
//! numbers in US dollars, exact to the last digit.

use std::collections::HashMap;

use anyhow::Context as _;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;

use super::expression::Expression;
use crate::ports::stored::{FORMAT, from_json, readable};

/// An item, or its key.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: &impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn time(timestamp: Timestamp) -> AttributeValue {
    AttributeValue::S(format!("{timestamp:.9}"))
}

/// The TTL attribute (seconds since 1970), as `infra/portal.yml` configures it. DynamoDB deletes expired
/// items up to a few days late.
pub(super) const TTL: &str = "ttl";

/// Sets when the item expires. Readers must check the date, because deletion may be late.
pub(super) fn ends(item: &mut Item, end: Timestamp) {
    // Rounded up: the attribute has whole seconds, and the item must not expire early.
    item.insert(TTL.to_owned(), number(&end.as_second().saturating_add(1)));
}

/// The attribute with the format number of an item; `format` is a reserved word in DynamoDB.
const FORMAT_NUMBER: &str = "formatNumber";
/// The condition that an item does not exist or has a format that this program reads.
pub(super) const IS_READABLE: &str = "(attribute_not_exists(formatNumber) OR formatNumber <= :readable)";

/// Records the format in which an item is written.
pub(super) fn mark(item: &mut Item) {
    item.insert(FORMAT_NUMBER.to_owned(), number(&FORMAT));
}

/// The value of the placeholder in [`IS_READABLE`].
pub(super) fn readable_value() -> (&'static str, AttributeValue) {
    (":readable", number(&FORMAT))
}

/// [`IS_READABLE`] as an expression with its value.
pub(super) fn is_readable() -> Expression {
    Expression::new(IS_READABLE, vec![readable_value()])
}

/// Fails if the item has a format that this program does not read.
pub(super) fn must_be_readable(item: &Item) -> anyhow::Result<()> {
    // Items from before there were formats have no number, and can be read.
    let format =
        read_number(item, FORMAT_NUMBER)?.map_or(FORMAT, |format| format.try_into().unwrap_or(u32::MAX));
    Ok(readable(format)?)
}

/// Whether the item has a format that this program reads.
pub(super) fn may_be_read(item: &Item) -> bool {
    must_be_readable(item).is_ok()
}

/// Reads a text attribute, if the item has it.
pub(super) fn read_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// Reads a text attribute that every item of its kind has.
pub(super) fn must_text<'a>(item: &'a Item, name: &str) -> anyhow::Result<&'a str> {
    read_text(item, name).with_context(|| format!("an item has no `{name}`"))
}

/// Reads a non-negative integer; `None` if the attribute is absent.
pub(super) fn read_number(item: &Item, name: &str) -> anyhow::Result<Option<u64>> {
    let number = item.get(name).and_then(|value| value.as_n().ok());
    number.map(|number| number.parse().with_context(|| format!("`{name}` is no whole number"))).transpose()
}

/// Reads an amount; `None` if the attribute is absent.
pub(super) fn read_amount(item: &Item, name: &str) -> anyhow::Result<Option<Decimal>> {
    let amount = item.get(name).and_then(|value| value.as_n().ok());
    // Also accepts an exponent, as in `1E+2`.
    let parse = |text: &String| text.parse().or_else(|_| Decimal::from_scientific(text));
    amount.map(parse).transpose().with_context(|| format!("`{name}` is no amount"))
}

/// Reads a timestamp; `None` if the attribute is absent.
pub(super) fn read_time(item: &Item, name: &str) -> anyhow::Result<Option<Timestamp>> {
    let time = read_text(item, name);
    time.map(|time| time.parse().with_context(|| format!("`{name}` is no point in time"))).transpose()
}

/// Reads JSON from a text attribute. `what` names the item in errors, which must not quote the JSON.
pub(super) fn read_json<T: DeserializeOwned>(item: &Item, name: &str, subject: &str) -> anyhow::Result<T> {
    let text = read_text(item, name).with_context(|| format!("{subject} is stored without `{name}`"))?;
    Ok(from_json(subject, text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sort_as_texts_and_read_back_to_the_nanosecond() {
        let texts = ["2026-03-02T12:00:00Z", "2026-03-02T12:00:00.000000001Z", "2026-03-02T12:00:00.5Z"];
        let times: Vec<Timestamp> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let items: Vec<Item> =
            times.iter().map(|timestamp| Item::from([("at".to_owned(), time(*timestamp))])).collect();
        assert!(items.is_sorted_by_key(|item| read_text(item, "at").map(str::to_owned)));
        for (item, timestamp) in items.iter().zip(times) {
            assert_eq!(read_time(item, "at").unwrap(), Some(timestamp));
        }
    }

    #[test]
    fn an_amount_reads_back_however_it_is_spelled() {
        for (spelled, amount) in [("99.99", Decimal::new(9_999, 2)), ("1E+2", Decimal::from(100))] {
            let item = Item::from([("monthly".to_owned(), number(&spelled))]);
            assert_eq!(read_amount(&item, "monthly").unwrap(), Some(amount));
        }
        assert!(read_amount(&Item::from([("monthly".to_owned(), number(&"much"))]), "monthly").is_err());
    }

    #[test]
    fn what_cannot_be_read_is_not_quoted() {
        let item = Item::from([("body".to_owned(), text(r#"{"token": "secret"}"#))]);
        let error = read_json::<u32>(&item, "body", "request 1").unwrap_err();
        assert!(!format!("{error:#}").contains("secret"));
    }
}
