//! Quiet hours: hours of the day and days of the week, in the team's time zone, when its leases do not end. Resolving
//! the zone's name and delaying the teardown are handled elsewhere.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;

/// Minutes in a day by the local clock. Days on which the clock changes have as many.
const DAY: u16 = 24 * 60;

/// Upper bound of the search for the end: three boundaries a day and a few clock changes, for about a year, whatever
/// a time zone does.
const MOST_BOUNDARIES: usize = 3 * 366;

/// A team's quiet hours and days. They always end: a week without any other hour is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietHours {
    hours: Option<Hours>,
    days: Vec<Weekday>,
    zone: TimeZone,
}

/// A part of every day by the local clock, such as `18:00-08:00`; the end is excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Minutes after midnight, below [`DAY`].
    from: u16,
    /// Minutes after midnight, at most [`DAY`]. Not greater than `from` if the range spans midnight.
    to: u16,
}

/// Why quiet hours are invalid; messages have no final period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuietError {
    /// The text is not two times of day.
    #[error("`{0}` is not a time of the day, a hyphen and another time of the day")]
    Shape(String),
    /// Both times are the same.
    #[error("`{0}` ends when it begins")]
    Empty(String),
    /// No other hour is left.
    #[error("this team would be quiet at every hour of every day, so nothing could ever be torn down")]
    Always,
    /// There are neither hours nor days.
    #[error("there are neither quiet hours nor quiet days")]
    Never,
}

impl QuietHours {
    /// Returns quiet hours on every day and on these whole days, in local time of `zone`.
    ///
    /// # Errors
    /// [`QuietError::Always`] and [`QuietError::Never`].
    pub fn new(hours: Option<Hours>, days: Vec<Weekday>, zone: TimeZone) -> Result<Self, QuietError> {
        let week = Weekday::Monday.cycle_forward().take(7);
        // A lease that could never end would keep the product for ever.
        if hours.is_some_and(Hours::is_whole_day) || week.into_iter().all(|day| days.contains(&day)) {
            return Err(QuietError::Always);
        }
        if hours.is_none() && days.is_empty() {
            return Err(QuietError::Never);
        }
        Ok(Self { hours, days, zone })
    }

    /// Returns the end of the quiet time that contains `now`: the next moment that is not quiet. `None` if `now` is
    /// not quiet.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        if !self.holds_at(now) {
            return None;
        }
        let mut end = now;
        for _ in 0..MOST_BOUNDARIES {
            end = self.next_boundary(end);
            if !self.holds_at(end) {
                break;
            }
        }
        Some(end)
    }

    fn holds_at(&self, moment: Timestamp) -> bool {
        let local = self.zone.to_datetime(moment);
        self.days.contains(&local.weekday())
            || self.hours.is_some_and(|hours| hours.include(minute_of(local)))
    }

    /// Returns the next moment at which quiet time may begin or end: a clock change, or the next boundary by the
    /// local clock.
    fn next_boundary(&self, moment: Timestamp) -> Timestamp {
        let offset = self.zone.to_offset(moment);
        let local = offset.to_datetime(moment);
        let hours = self.hours.map_or([DAY, DAY], |hours| [hours.from, hours.to]);
        let minute = hours.into_iter().filter(|minute| *minute > minute_of(local)).min().unwrap_or(DAY);
        let by_clock = at_minute(local, minute).and_then(|next| offset.to_timestamp(next).ok());
        let change = self.zone.following(moment).next().map(|change| change.timestamp());
        // The offset is constant until the next clock change, which is a boundary itself.
        [by_clock, change].into_iter().flatten().min().unwrap_or(Timestamp::MAX)
    }
}

impl Hours {
    fn include(self, minute: u16) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            // The range spans midnight.
            minute >= self.from || minute < self.to
        }
    }

    fn is_whole_day(self) -> bool {
        self.from == 0 && self.to == DAY
    }
}

impl FromStr for Hours {
    type Err = QuietError;

    fn from_str(text: &str) -> Result<Self, QuietError> {
        let shape = || QuietError::Shape(text.to_owned());
        let (from, to) = text.split_once('-').ok_or_else(shape)?;
        let (from, to) = minutes(from.trim()).zip(minutes(to.trim())).ok_or_else(shape)?;
        // `24:00` is an end; as a start it would have to be `00:00`.
        if from == DAY {
            return Err(shape());
        }
        if from == to {
            return Err(QuietError::Empty(text.to_owned()));
        }
        Ok(Self { from, to })
    }
}

/// Parses `08:00`, up to `24:00`, into minutes after midnight.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        let is_number = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|_| minutes.len() == 2)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= DAY).then_some(total)
}

fn minute_of(local: DateTime) -> u16 {
    u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or_default()
}

/// Returns the local time this many minutes after midnight of the day of `local`.
fn at_minute(local: DateTime, minute: u16) -> Option<DateTime> {
    if minute >= DAY {
        return local.date().tomorrow().ok().map(|day| day.at(0, 0, 0, 0));
    }
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    Some(local.date().at(hour, minute, 0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WEEKEND: [Weekday; 2] = [Weekday::Saturday, Weekday::Sunday];

    fn quiet(hours: &str, days: &[Weekday], zone: &str) -> QuietHours {
        let hours = (!hours.is_empty()).then(|| hours.parse().unwrap());
        QuietHours::new(hours, days.to_vec(), TimeZone::get(zone).unwrap()).unwrap()
    }

    /// Each moment with the end of the quiet time it lies in.
    fn ends(quiet: &QuietHours, moments: &[&str]) -> String {
        let line = |moment: &&str| {
            let end = quiet.until(moment.parse().unwrap());
            let end = end.map_or("not quiet".to_owned(), |end| {
                format!("until {end}, {}", end.to_zoned_datetime(quiet.zone.clone()).strftime("%a %H:%M %Z"))
            });
            format!("{moment}: {end}")
        };
        moments.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_night_ends_in_the_morning_by_the_clock_of_its_zone() {
        let nights = quiet("18:00-08:00", &[], "Europe/Berlin");
        insta::assert_snapshot!(ends(&nights, &[
            "2026-01-14T16:59:59.999Z",
            "2026-01-14T17:00:00Z",
            "2026-01-14T22:59:00Z",
            "2026-01-15T00:00:00.5Z",
            "2026-01-15T06:59:59.999999999Z",
            "2026-01-15T07:00:00Z",
        ]), @"
        2026-01-14T16:59:59.999Z: not quiet
        2026-01-14T17:00:00Z: until 2026-01-15T07:00:00Z, Thu 08:00 CET
        2026-01-14T22:59:00Z: until 2026-01-15T07:00:00Z, Thu 08:00 CET
        2026-01-15T00:00:00.5Z: until 2026-01-15T07:00:00Z, Thu 08:00 CET
        2026-01-15T06:59:59.999999999Z: until 2026-01-15T07:00:00Z, Thu 08:00 CET
        2026-01-15T07:00:00Z: not quiet
        ");
        let lunch = quiet("12:00-13:30", &[], "UTC");
        insta::assert_snapshot!(ends(&lunch, &["2026-01-14T12:10:00Z", "2026-01-14T13:30:00Z"]), @"
        2026-01-14T12:10:00Z: until 2026-01-14T13:30:00Z, Wed 13:30 UTC
        2026-01-14T13:30:00Z: not quiet
        ");
    }

    #[test]
    fn a_weekend_is_joined_to_the_nights_around_it() {
        let all = quiet("18:00-08:00", &WEEKEND, "Europe/Berlin");
        insta::assert_snapshot!(ends(&all, &[
            "2026-01-16T16:59:00Z",
            "2026-01-16T17:00:00Z",
            "2026-01-17T12:00:00Z",
            "2026-01-18T23:30:00Z",
        ]), @"
        2026-01-16T16:59:00Z: not quiet
        2026-01-16T17:00:00Z: until 2026-01-19T07:00:00Z, Mon 08:00 CET
        2026-01-17T12:00:00Z: until 2026-01-19T07:00:00Z, Mon 08:00 CET
        2026-01-18T23:30:00Z: until 2026-01-19T07:00:00Z, Mon 08:00 CET
        ");
        let days_alone = quiet("", &WEEKEND, "America/New_York");
        insta::assert_snapshot!(ends(&days_alone, &["2026-01-17T04:59:00Z", "2026-01-17T05:00:00Z"]), @"
        2026-01-17T04:59:00Z: not quiet
        2026-01-17T05:00:00Z: until 2026-01-19T05:00:00Z, Mon 00:00 EST
        ");
        let one_hour_a_week = quiet(
            "09:00-08:00",
            &[
                Weekday::Tuesday,
                Weekday::Wednesday,
                Weekday::Thursday,
                Weekday::Friday,
                Weekday::Saturday,
                Weekday::Sunday,
            ],
            "UTC",
        );
        insta::assert_snapshot!(ends(&one_hour_a_week, &["2026-01-12T08:59:00Z", "2026-01-12T09:00:00Z"]), @"
        2026-01-12T08:59:00Z: not quiet
        2026-01-12T09:00:00Z: until 2026-01-19T08:00:00Z, Mon 08:00 UTC
        ");
    }

    #[test]
    fn a_night_in_which_the_clock_is_put_forward_is_an_hour_shorter() {
        let nights = quiet("18:00-08:00", &[], "Europe/Berlin");
        insta::assert_snapshot!(ends(&nights, &["2026-03-28T17:00:00Z", "2026-03-29T05:59:00Z"]), @"
        2026-03-28T17:00:00Z: until 2026-03-29T06:00:00Z, Sun 08:00 CEST
        2026-03-29T05:59:00Z: until 2026-03-29T06:00:00Z, Sun 08:00 CEST
        ");
        // 02:30 does not exist in that night: the clock is moved from two to three.
        let until_half_past_two = quiet("18:00-02:30", &[], "Europe/Berlin");
        insta::assert_snapshot!(ends(&until_half_past_two, &["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"]), @"
        2026-03-29T00:00:00Z: until 2026-03-29T01:00:00Z, Sun 03:00 CEST
        2026-03-29T01:00:00Z: not quiet
        ");
        let from_half_past_two = quiet("02:30-03:30", &[], "Europe/Berlin");
        insta::assert_snapshot!(ends(&from_half_past_two, &["2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z"]), @"
        2026-03-29T00:59:00Z: not quiet
        2026-03-29T01:00:00Z: until 2026-03-29T01:30:00Z, Sun 03:30 CEST
        ");
    }

    #[test]
    fn a_night_in_which_the_clock_is_put_back_is_an_hour_longer() {
        let nights = quiet("18:00-08:00", &[], "Europe/Berlin");
        insta::assert_snapshot!(ends(&nights, &["2026-10-24T16:00:00Z", "2026-10-25T06:59:00Z"]), @"
        2026-10-24T16:00:00Z: until 2026-10-25T07:00:00Z, Sun 08:00 CET
        2026-10-25T06:59:00Z: until 2026-10-25T07:00:00Z, Sun 08:00 CET
        ");
        // 02:30 exists twice in that night, so the quiet time begins again at two.
        let until_half_past_two = quiet("18:00-02:30", &[], "Europe/Berlin");
        insta::assert_snapshot!(ends(&until_half_past_two, &[
            "2026-10-25T00:00:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25T01:30:00Z",
        ]), @"
        2026-10-25T00:00:00Z: until 2026-10-25T00:30:00Z, Sun 02:30 CEST
        2026-10-25T00:30:00Z: not quiet
        2026-10-25T01:00:00Z: until 2026-10-25T01:30:00Z, Sun 02:30 CET
        2026-10-25T01:30:00Z: not quiet
        ");
    }

    #[test]
    fn a_quiet_time_that_never_ends_or_never_is_is_refused() {
        let all_day: Hours = "00:00-24:00".parse().unwrap();
        let week: Vec<Weekday> = Weekday::Monday.cycle_forward().take(7).collect();
        assert_eq!(QuietHours::new(Some(all_day), Vec::new(), TimeZone::UTC), Err(QuietError::Always));
        assert_eq!(QuietHours::new(None, week, TimeZone::UTC), Err(QuietError::Always));
        assert_eq!(QuietHours::new(None, Vec::new(), TimeZone::UTC), Err(QuietError::Never));
    }

    #[test]
    fn hours_are_two_different_times_of_the_day() {
        for good in ["18:00-08:00", "8:00-9:30", "18:00 - 24:00", "00:00-23:59"] {
            assert!(good.parse::<Hours>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "18:00",
            "18-8",
            "18:0-08:00",
            "25:00-08:00",
            "18:60-08:00",
            "24:00-08:00",
            "a:00-08:00",
            "+8:00-09:00",
            "18:00-08:00-09:00",
            "24:01-08:00",
            "6pm-8am",
        ] {
            assert_eq!(bad.parse::<Hours>(), Err(QuietError::Shape(bad.to_owned())), "{bad}");
        }
        assert_eq!("08:00-08:00".parse::<Hours>(), Err(QuietError::Empty("08:00-08:00".to_owned())));
    }

    fn quiets() -> impl Strategy<Value = QuietHours> {
        let zones = [
            "UTC",
            "Europe/Berlin",
            "America/New_York",
            "Australia/Lord_Howe",
            "Asia/Kathmandu",
            "America/Nuuk",
        ];
        let hours = proptest::option::of((0..DAY, 0..=DAY).prop_map(|(from, to)| Hours { from, to }));
        let days =
            proptest::sample::subsequence(Weekday::Monday.cycle_forward().take(7).collect::<Vec<_>>(), 0..7);
        (hours, days, proptest::sample::select(zones.to_vec())).prop_filter_map(
            "no quiet time",
            |(hours, days, zone)| {
                let hours = hours.filter(|hours| hours.from != hours.to);
                QuietHours::new(hours, days, TimeZone::get(zone).unwrap()).ok()
            },
        )
    }

    proptest! {
        #[test]
        fn a_quiet_time_ends_later_and_at_the_first_moment_that_is_not_quiet(
            quiet in quiets(),
            second in 1_750_000_000_i64..1_900_000_000,
            step in 1_i64..100_000,
        ) {
            let now = Timestamp::from_second(second).unwrap();
            let Some(end) = quiet.until(now) else {
                prop_assert!(!quiet.holds_at(now));
                return Ok(());
            };
            prop_assert!(end > now);
            prop_assert!(!quiet.holds_at(end));
            prop_assert_eq!(quiet.until(end), None);
            prop_assert!(end.duration_since(now).as_hours() < 24 * 22);
            let mut between = now;
            while between < end {
                prop_assert_eq!(quiet.until(between), Some(end));
                between = Timestamp::from_second(between.as_second() + step).unwrap();
            }
        }
    }
}
