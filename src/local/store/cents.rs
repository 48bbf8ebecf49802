//! Amounts as SQLite columns: whole US cents, so that sums are exact.

use anyhow::Context as _;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

/// Converts an amount of US dollars to a column value, rounded to whole cents.
pub(super) fn of(dollars: Decimal) -> anyhow::Result<i64> {
    let cents = dollars.checked_mul(Decimal::ONE_HUNDRED).map(|cents| cents.round());
    cents.and_then(|cents| cents.to_i64()).with_context(|| format!("cannot store ${dollars}"))
}

/// Converts a column value to US dollars.
pub(super) fn read(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_in_cents_reads_back_and_one_beyond_all_sense_is_refused() {
        for cents in [0, 1, 215, 123_456_789] {
            assert_eq!(of(read(cents)).unwrap(), cents);
        }
        assert!(of(Decimal::MAX).is_err());
    }
}
