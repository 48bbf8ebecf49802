//! Lengths of time as written in files: `500ms`, `5s`, `15m`, `24h`, `30d`.

use cloudformation::document::Reader;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest period that is accepted: a century, so that adding it to a date cannot overflow.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 36_525);

// From large to small, because `Display` takes the first that divides.
const UNITS: [(&str, i64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A length of time, never negative, exact to the millisecond; a day is always 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period(SignedDuration);

impl Period {
    /// No time at all, for terms that do without one.
    pub const ZERO: Self = Self(SignedDuration::ZERO);

    /// Returns a period of milliseconds.
    pub const fn millis(millis: u32) -> Self {
        Self(SignedDuration::from_millis(millis as i64))
    }

    /// Returns a period of whole seconds.
    pub const fn seconds(seconds: u32) -> Self {
        Self(SignedDuration::from_secs(seconds as i64))
    }

    /// Returns a period of whole minutes.
    pub const fn minutes(minutes: u16) -> Self {
        Self(SignedDuration::from_secs(minutes as i64 * 60))
    }

    /// Returns a period of whole hours.
    pub const fn hours(hours: u16) -> Self {
        Self(SignedDuration::from_secs(hours as i64 * 3_600))
    }

    /// Returns a period of whole days of 24 hours.
    pub const fn days(days: u16) -> Self {
        Self(SignedDuration::from_secs(days as i64 * 86_400))
    }

    /// Returns the point in time this much later, saturating at the maximum.
    pub fn after(self, start: Timestamp) -> Timestamp {
        start.saturating_add(self.0).unwrap_or(Timestamp::MAX)
    }

    /// Returns the point in time this much earlier, saturating at the minimum.
    pub fn before(self, end: Timestamp) -> Timestamp {
        end.saturating_sub(self.0).unwrap_or(Timestamp::MIN)
    }

    /// Returns the period as a duration, for arithmetic with timestamps.
    pub const fn duration(self) -> SignedDuration {
        self.0
    }

    /// Returns half of it, rounded down to the second.
    #[must_use]
    pub const fn half(self) -> Self {
        Self(SignedDuration::from_secs(self.0.as_secs() / 2))
    }

    /// Whether it is empty.
    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

/// Why a text is not a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// The text is not a whole number followed by a unit.
    #[error(
        "`{0}` is not a length of time: write a whole number and one of ms, s, m, h, d, for example `24h`"
    )]
    Shape(String),
    /// The period is longer than a century.
    #[error("`{0}` is too long: the longest period is 36525d")]
    TooLong(String),
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let shape = || PeriodError::Shape(text.to_owned());
        let too_long = || PeriodError::TooLong(text.to_owned());
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(shape)?;
        if number.is_empty() {
            return Err(shape());
        }
        // Digits only, so nothing but an overflow can fail.
        let number: i64 = number.parse().map_err(|_| too_long())?;
        let period = SignedDuration::from_millis(number.checked_mul(*millis).ok_or_else(too_long)?);
        if period > LONGEST {
            return Err(too_long());
        }
        Ok(Self(period))
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;

    fn try_from(text: String) -> Result<Self, PeriodError> {
        text.parse()
    }
}

impl Period {
    /// Spells the period out for a sentence: `30d` is "30 days", `1h` is "1 hour".
    pub fn describe(self) -> String {
        let written = self.to_string();
        let digits = written.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = written.split_at(digits);
        let word = match unit {
            "d" => "day",
            "h" => "hour",
            "m" => "minute",
            "s" => "second",
            _ => "millisecond",
        };
        format!("{number} {word}{}", if number == "1" { "" } else { "s" })
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

/// Uses the largest unit that divides it: `24h` prints as `1d`, `90m` as `90m`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        // Every unit divides zero, but `0d` would read oddly.
        if millis == 0 {
            return f.write_str("0s");
        }
        match UNITS.iter().find(|(_, unit)| millis % i128::from(*unit) == 0) {
            Some((name, unit)) => write!(f, "{}{name}", millis / i128::from(*unit)),
            None => write!(f, "{millis}ms"),
        }
    }
}

impl Period {
    /// Reads a length of time such as `24h`, if the key is present.
    pub fn read(reader: &Reader<'_>, key: &str) -> Option<Self> {
        reader.parsed(key, "a length of time (ms, s, m, h or d)", "24h")
    }

    /// Reads a list of lengths of time such as `[7d, 1d]`, if the key is present.
    pub fn read_list(reader: &Reader<'_>, key: &str) -> Option<Vec<Self>> {
        reader.parsed_list(key, "lengths of time (ms, s, m, h or d)", "7d, 1d")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudformation::document::{Problems, parse_yaml};

    #[test]
    fn a_period_in_a_sentence_is_written_out() {
        let words =
            ["30d", "24h", "90m", "1s", "5ms", "0s"].map(|text| text.parse::<Period>().unwrap().describe());
        assert_eq!(words, ["30 days", "1 day", "90 minutes", "1 second", "5 milliseconds", "0 seconds"]);
    }

    #[test]
    fn a_period_prints_in_its_largest_whole_unit() {
        for (written, printed) in [
            ("500ms", "500ms"),
            ("5s", "5s"),
            ("0s", "0s"),
            ("0d", "0s"),
            ("90m", "90m"),
            ("24h", "1d"),
            ("36h", "36h"),
            ("30d", "30d"),
            ("3600s", "1h"),
        ] {
            let period: Period = written.parse().unwrap();
            assert_eq!(period.to_string(), printed);
            assert_eq!(printed.parse::<Period>().unwrap(), period);
        }
    }

    #[test]
    fn a_point_in_time_moves_by_the_period_and_never_overflows() {
        let start: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        assert_eq!(Period::days(1).after(start).to_string(), "2026-02-01T12:00:00Z");
        assert_eq!(Period::hours(13).before(start).to_string(), "2026-01-30T23:00:00Z");
        assert_eq!(Period::days(u16::MAX).after(Timestamp::MAX), Timestamp::MAX);
        assert_eq!(Period::minutes(1).before(Timestamp::MIN), Timestamp::MIN);
    }

    #[test]
    fn what_is_no_period_is_refused_in_words() {
        for wrong in ["", "5", "h", "-5s", "1.5h", "5 s", "5w", "99999999999999999999d", "36526d", "９h"] {
            assert!(wrong.parse::<Period>().is_err(), "{wrong}");
        }
        insta::assert_snapshot!("1 day".parse::<Period>().unwrap_err(), @"`1 day` is not a length of time: write a whole number and one of ms, s, m, h, d, for example `24h`");
    }

    #[test]
    fn a_file_gives_periods_and_says_what_is_wrong() {
        let node = parse_yaml("ttl: 30d\nreminders: [7d, 1d]\ngrace: soon\n").unwrap();
        let problems = Problems::new();
        let reader = Reader::new(&node, &problems);
        assert_eq!(Period::read(&reader, "ttl"), Some(Period::days(30)));
        assert_eq!(Period::read_list(&reader, "reminders"), Some(vec![Period::days(7), Period::days(1)]));
        assert_eq!(Period::read(&reader, "grace"), None);
        reader.finish();
        let lines: Vec<String> = problems.into_sorted().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @"line 3: `grace` is `soon` where a length of time (ms, s, m, h or d) should be: write for example `grace: 24h`");
    }
}
