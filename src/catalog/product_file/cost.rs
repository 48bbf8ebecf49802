//! The `cost` lines of a product file.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::context::{Context, did_you_mean};
use super::references::{check_value, parameter};
use crate::domain::cost::{CostLine, Pick, PriceList, Quantity};
use cloudformation::ParameterKind;
use cloudformation::document::{Node, Reader, Value};
use cloudformation::text::parse_number;

pub(super) fn lines(reader: &Reader<'_>, context: &Context<'_>) -> Vec<CostLine> {
    reader.maps("cost").into_iter().filter_map(|line| cost_line(line, context)).collect()
}

fn cost_line(reader: Reader<'_>, context: &Context<'_>) -> Option<CostLine> {
    let line = if reader.has("usd") && !reader.has("price") && !reader.has("quantity") {
        amount(&reader, "usd").map(CostLine::Usd)
    } else if reader.has("price") && reader.has("quantity") && !reader.has("usd") {
        let price = price(&reader, context);
        let quantity = quantity(&reader, context);
        price.zip(quantity).map(|(price, quantity)| CostLine::Priced { price, quantity })
    } else {
        // Mark the keys as known, so that they are not reported again as unknown ones.
        for key in ["usd", "price", "quantity"] {
            reader.node(key);
        }
        let problem = format!("`{}` is not a cost line", reader.path());
        let remedy = "write `price` and `quantity`, or `usd` alone, for example `{usd: 1.00}`";
        reader.report("", problem, remedy);
        None
    };
    reader.finish();
    line
}

/// Reads a number that is not negative.
fn amount(reader: &Reader<'_>, key: &str) -> Option<Decimal> {
    let number = reader.decimal(key)?;
    if number.is_sign_negative() {
        reader.report(key, format!("`{}` is below 0", reader.path_of(key)), "write a number from 0");
    }
    Some(number)
}

fn price(reader: &Reader<'_>, context: &Context<'_>) -> Option<Pick<String>> {
    if reader.node("price").is_some_and(is_map) {
        let values = |values: &Reader<'_>, choice: &str| {
            let key = values.text(choice)?;
            check_price(values, choice, &key, context);
            Some(key)
        };
        return Some(by(reader.map("price")?, context, &values));
    }
    let key = reader.text("price")?;
    check_price(reader, "price", &key, context);
    Some(Pick::Fixed(key))
}

fn check_price(reader: &Reader<'_>, place: &str, key: &str, context: &Context<'_>) {
    // If the list could not be read, that is the one problem, and not every price that it lacks.
    let Some(PriceList { prices, .. }) = context.prices.filter(|list| !list.prices.contains_key(key)) else {
        return;
    };
    let remedy = if prices.is_empty() {
        format!("add it to `{}/prices/us-east-1.yml`", context.root)
    } else {
        let keys: Vec<&str> = prices.keys().map(String::as_str).collect();
        did_you_mean(key, &keys, "the prices are")
    };
    reader.report(place, format!("there is no price `{key}`"), remedy);
}

fn quantity(reader: &Reader<'_>, context: &Context<'_>) -> Option<Quantity> {
    if !reader.node("quantity").is_some_and(is_map) {
        return amount(reader, "quantity").map(|number| Quantity::Picked(Pick::Fixed(number)));
    }
    let quantity = reader.map("quantity")?;
    if quantity.has("by") || quantity.has("values") {
        return Some(Quantity::Picked(by(quantity, context, &amount)));
    }
    let key = quantity.required_text("parameter");
    quantity.finish();
    if let Some(parameter) = parameter(reader, "quantity", &key, context) {
        let numbers = || parameter.allowed_values.iter().all(|value| parse_number(value).is_some());
        // A text counts as a number if it can only have values that are numbers.
        let is_number = parameter.kind == ParameterKind::Number
            || parameter.kind == ParameterKind::String && !parameter.allowed_values.is_empty() && numbers();
        if !is_number {
            let remedy = "make it `Type: Number`, or write `{by: …, values: {…}}`";
            reader.report("quantity", format!("parameter `{key}` is not a number"), remedy);
        }
    }
    Some(Quantity::Parameter(key))
}

/// Parses `{by: Parameter, values: {value: …}}`. The values must be possible for the parameter.
fn by<T>(
    reader: Reader<'_>,
    context: &Context<'_>,
    read: &dyn Fn(&Reader<'_>, &str) -> Option<T>,
) -> Pick<T> {
    let name = reader.required_text("by");
    let parameter = if name.is_empty() { None } else { parameter(&reader, "by", &name, context) };
    let values = reader.section("values");
    let mut picked = BTreeMap::new();
    for entry in values.entries() {
        if let Some(parameter) = parameter {
            check_value(&values, &entry.key, parameter, &entry.key);
        }
        picked.extend(read(&values, &entry.key).map(|value| (entry.key.clone(), value)));
    }
    if values.entries().is_empty() {
        let problem = format!("`{}` is empty", reader.path_of("values"));
        reader.report("values", problem, "say what each value of the parameter stands for");
    }
    reader.finish();
    Pick::By { parameter: name, values: picked }
}

fn is_map(node: &Node) -> bool {
    matches!(node.value, Value::Map(_))
}
