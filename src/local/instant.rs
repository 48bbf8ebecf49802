//! Timestamps as SQLite columns: whole microseconds since 1970.
//!
//! Due dates are rounded up and "now" is rounded down, so that nothing is due before its time.

use jiff::Timestamp;

/// Converts a date before which nothing may happen, rounding up.
pub(super) fn not_before(due: Timestamp) -> i64 {
    let micros = -(-due.as_nanosecond()).div_euclid(1_000);
    i64::try_from(micros).unwrap_or(i64::MAX)
}

/// Converts the current time, for comparison with [`not_before`] columns, rounding down.
pub(super) fn reached(now: Timestamp) -> i64 {
    i64::try_from(now.as_nanosecond().div_euclid(1_000)).unwrap_or(i64::MAX)
}

/// Converts a column value to a timestamp; values out of range become the last one there is.
pub(super) fn read(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_between_two_microseconds_is_never_reached_early() {
        let due = Timestamp::from_nanosecond(1_500).unwrap();
        assert!(not_before(due) > reached(Timestamp::from_nanosecond(1_499).unwrap()));
        assert!(not_before(due) <= reached(Timestamp::from_nanosecond(2_000).unwrap()));
        assert_eq!(read(not_before(Timestamp::MAX)), Timestamp::MAX);
        assert_eq!(read(not_before(Timestamp::UNIX_EPOCH)), Timestamp::UNIX_EPOCH);
    }
}
