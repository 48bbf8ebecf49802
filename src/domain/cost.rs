//! Monthly cost of a product at list price, from its cost lines, the form's parameters and a price list.
//!
//! Decimal arithmetic only. The module `catalog` reads the prices; actual costs are not known here.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use cloudformation::text::{grouped, parse_number};

/// One line of a monthly estimate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CostLine {
    /// A list price times a quantity.
    Priced {
        /// The key in the price list.
        price: Pick<String>,
        /// The quantity in the price's unit; for hourly prices the number of running units.
        quantity: Quantity,
    },
    /// An amount in US dollars a month.
    Usd(Decimal),
}

/// A value that is fixed or depends on a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick<T> {
    /// The same value for every request.
    Fixed(T),
    /// Looked up by a parameter's value.
    By {
        /// The parameter's key.
        parameter: String,
        /// The result for each value of the parameter.
        values: BTreeMap<String, T>,
    },
}

/// The quantity of a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A number, fixed or depending on a parameter.
    Picked(Pick<Decimal>),
    /// The number that the requester entered for this parameter.
    Parameter(String),
}

/// Public list prices of one region on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceList {
    /// AWS region name, such as `eu-central-1`.
    pub region: String,
    /// The day the prices were read, `YYYY-MM-DD`.
    pub date: String,
    /// Prices by key.
    pub prices: BTreeMap<String, Price>,
}

/// One list price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// US dollars per unit.
    pub usd: Decimal,
    /// The public unit, such as `GB-month` or `hour`.
    pub unit: String,
    /// How many units a month has: 730 for hourly prices, 1 for monthly ones.
    pub per_month: Decimal,
    /// Where the price is published.
    pub source: String,
}

/// A monthly estimate at list price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// US dollars a month.
    pub monthly: Decimal,
    /// Region of the price list; empty if the product itself states the amounts.
    pub region: String,
    /// Day of the price list, `YYYY-MM-DD`; empty if `region` is.
    pub priced_on: String,
}

impl CostLine {
    /// Returns the parameters that it depends on.
    pub fn parameters(&self) -> impl Iterator<Item = &String> {
        let parameters = match self {
            Self::Usd(_) => [None, None],
            Self::Priced { price, quantity } => [price.parameter(), quantity.parameter()],
        };
        parameters.into_iter().flatten()
    }
}

impl<T> Pick<T> {
    fn parameter(&self) -> Option<&String> {
        match self {
            Self::Fixed(_) => None,
            Self::By { parameter, .. } => Some(parameter),
        }
    }
}

impl Quantity {
    fn parameter(&self) -> Option<&String> {
        match self {
            Self::Picked(pick) => pick.parameter(),
            Self::Parameter(key) => Some(key),
        }
    }
}

/// Returns the sum of all lines in US dollars a month, rounded to cents (half a cent goes up) once at the end.
///
/// `None` if there are no lines, or while a parameter that a line needs is missing, not a number, or has a value that
/// the line does not know: an unknown price must never look like a small one.
pub fn estimate<'v>(
    lines: &[CostLine],
    parameters: &dyn Fn(&str) -> Option<&'v str>,
    prices: &PriceList,
) -> Option<Estimate> {
    // The sum of nothing would make a product without cost lines look free.
    if lines.is_empty() {
        return None;
    }
    let mut sum = Decimal::ZERO;
    for line in lines {
        sum = sum.checked_add(monthly(line, parameters, prices)?)?;
    }
    // If the product states all amounts itself, there is no list price to name.
    let is_listed = lines.iter().any(|line| matches!(line, CostLine::Priced { .. }));
    let (region, priced_on) =
        if is_listed { (prices.region.clone(), prices.date.clone()) } else { Default::default() };
    Some(Estimate {
        monthly: sum.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero),
        region,
        priced_on,
    })
}

/// Returns by how much the second estimate is higher, US dollars a month; an unknown one counts as zero.
pub fn increase(before: Option<&Estimate>, after: Option<&Estimate>) -> Decimal {
    let monthly = |estimate: Option<&Estimate>| estimate.map(|estimate| estimate.monthly).unwrap_or_default();
    (monthly(after) - monthly(before)).max(Decimal::ZERO)
}

fn monthly<'v>(
    line: &CostLine,
    parameters: &dyn Fn(&str) -> Option<&'v str>,
    prices: &PriceList,
) -> Option<Decimal> {
    match line {
        CostLine::Usd(amount) => Some(*amount),
        CostLine::Priced { price, quantity } => {
            let price = prices.prices.get(picked(price, parameters)?)?;
            let units = quantity_of(quantity, parameters)?.checked_mul(price.per_month)?;
            price.usd.checked_mul(units)
        }
    }
}

fn quantity_of<'v>(quantity: &Quantity, parameters: &dyn Fn(&str) -> Option<&'v str>) -> Option<Decimal> {
    let number = match quantity {
        Quantity::Picked(pick) => *picked(pick, parameters)?,
        Quantity::Parameter(key) => parse_number(parameters(key)?)?,
    };
    // A negative quantity would lower the sum.
    (!number.is_sign_negative()).then_some(number)
}

fn picked<'p, 'v, T>(pick: &'p Pick<T>, parameters: &dyn Fn(&str) -> Option<&'v str>) -> Option<&'p T> {
    match pick {
        Pick::Fixed(value) => Some(value),
        Pick::By { parameter, values } => values.get(parameters(parameter)?),
    }
}

/// Formats the estimate: `about $15/month, us-east-1 list price of 2026-08-21`, without the list if none was used.
pub fn describe(estimate: &Estimate) -> String {
    let Estimate { monthly, region, priced_on } = estimate;
    let about = format!("about {}/month", dollars(*monthly));
    if region.is_empty() { about } else { format!("{about}, {region} list price of {priced_on}") }
}

/// Formats an amount: `$15`, `$2.15`, `$1,234.50`.
pub fn dollars(amount: Decimal) -> String {
    let cents = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let places = if cents.fract().is_zero() { 0 } else { 2 };
    // `-0.001` rounds to zero, which has no sign.
    let sign = if cents.is_sign_negative() && !cents.is_zero() { "-" } else { "" };
    format!("{sign}${}", grouped(&format!("{:.places$}", cents.abs())))
}

#[cfg(test)]
mod tests {
    use super::*;
    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn prices() -> PriceList {
        let price = |usd: &str, per_month: i64| Price {
            usd: number(usd),
            unit: "unit".into(),
            per_month: Decimal::from(per_month),
            source: "a public list".into(),
        };
        PriceList {
            region: "us-east-1".into(),
            date: "2026-08-21".into(),
            prices: BTreeMap::from([
                ("gb".to_owned(), price("0.023", 1)),
                ("small.hour".to_owned(), price("0.016", 730)),
                ("large.hour".to_owned(), price("0.065", 730)),
            ]),
        }
    }

    fn database() -> Vec<CostLine> {
        let sizes = [("small", "small.hour"), ("large", "large.hour")];
        let zones = [("dev", 1), ("prod", 2)];
        vec![
            CostLine::Priced {
                price: Pick::By {
                    parameter: "Size".into(),
                    values: sizes.map(|(size, key)| (size.to_owned(), key.to_owned())).into(),
                },
                quantity: Quantity::Picked(Pick::By {
                    parameter: "Environment".into(),
                    values: zones.map(|(name, count)| (name.to_owned(), Decimal::from(count))).into(),
                }),
            },
            CostLine::Priced {
                price: Pick::Fixed("gb".into()),
                quantity: Quantity::Parameter("Storage".into()),
            },
            CostLine::Usd(Decimal::ONE),
        ]
    }

    fn cost(lines: &[CostLine], given: &[(&str, &'static str)]) -> Option<String> {
        let lookup = |key: &str| given.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        estimate(lines, &lookup, &prices()).map(|estimate| describe(&estimate))
    }

    #[test]
    fn lines_are_added_up_and_follow_the_parameters() {
        let small = cost(&database(), &[("Size", "small"), ("Environment", "dev"), ("Storage", "20")]);
        insta::assert_snapshot!(small.unwrap(), @"about $13.14/month, us-east-1 list price of 2026-08-21");
        let large = cost(&database(), &[("Size", "large"), ("Environment", "prod"), ("Storage", " 1000 ")]);
        insta::assert_snapshot!(large.unwrap(), @"about $118.90/month, us-east-1 list price of 2026-08-21");
    }

    #[test]
    fn amounts_of_the_products_own_are_nobodys_list_price() {
        let own = [CostLine::Usd(Decimal::ONE), CostLine::Usd(Decimal::TEN)];
        insta::assert_snapshot!(cost(&own, &[]).unwrap(), @"about $11/month");
    }

    #[test]
    fn an_estimate_that_cannot_be_made_is_none_and_never_too_low() {
        let full = [("Size", "small"), ("Environment", "dev"), ("Storage", "20")];
        assert!(cost(&database(), &full).is_some());
        for (key, value) in [
            ("Storage", "many"),
            ("Storage", ""),
            ("Storage", "-5"),
            ("Size", "huge"),
            ("Environment", "staging"),
        ] {
            let given = full.map(|(name, usual)| (name, if name == key { value } else { usual }));
            assert_eq!(cost(&database(), &given), None, "{key}={value}");
        }
        assert_eq!(cost(&database(), &full[..2]), None);
        assert_eq!(cost(&[], &full), None);
        let unknown = CostLine::Priced {
            price: Pick::Fixed("gone".into()),
            quantity: Quantity::Parameter("Storage".into()),
        };
        assert_eq!(cost(&[unknown], &full), None);
    }

    #[test]
    fn a_sum_too_large_for_a_decimal_is_none() {
        let most = CostLine::Usd(Decimal::MAX);
        assert_eq!(cost(&[most.clone(), most], &[]), None);
    }

    #[test]
    fn half_a_cent_goes_up_once_at_the_end() {
        let lines = [CostLine::Usd(number("0.0025")), CostLine::Usd(number("0.0025"))];
        assert_eq!(estimate(&lines, &|_| None, &prices()).unwrap().monthly, number("0.01"));
        assert_eq!(estimate(&lines[..1], &|_| None, &prices()).unwrap().monthly, number("0"));
    }

    #[test]
    fn amounts_read_as_money() {
        let amounts = ["0", "2.15", "15.00", "1234.5", "1234567.891", "-0.001", "-3"];
        let shown: Vec<String> = amounts.iter().map(|text| dollars(number(text))).collect();
        assert_eq!(shown.join(" "), "$0 $2.15 $15 $1,234.50 $1,234,567.89 $0 -$3");
    }
}
