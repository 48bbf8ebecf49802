//! Absences: an approver is away, and a delegate answers on their behalf.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::ids::PersonId;
use super::refusal::Refusal;

/// Longest absence in days. For longer, other approvers should be named.
const LONGEST: i64 = 366;

/// An absent approver and their delegate. The delegate may answer where the approver could, and only on their behalf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// The absent approver.
    pub person: PersonId,
    /// The person who answers on their behalf.
    pub delegate: PersonId,
    /// The last day, UTC.
    pub until: Date,
}

impl Away {
    /// Starts an absence now; `others` are the absences known.
    ///
    /// # Errors
    /// If the delegate is the person, the end is past or too far ahead, or the delegate is away too: answers are
    /// never delegated twice, so delegation cannot form a cycle.
    pub fn begin(
        person: PersonId,
        delegate: PersonId,
        until: Date,
        others: &[Self],
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let away = Self { person, delegate, until };
        if away.person == away.delegate {
            return Err(Refusal::OwnDelegate);
        }
        let today = today(now);
        let days = today.until(until).map(|span| span.get_days()).unwrap_or_default();
        if until < today || i64::from(days) > LONGEST {
            return Err(Refusal::NotAnAbsence { most: LONGEST });
        }
        // Past absences may still be stored.
        match others.iter().find(|other| other.person == away.delegate && other.holds(now)) {
            Some(other) => {
                Err(Refusal::DelegateIsAway { delegate: other.person.clone(), until: other.until })
            }
            None => Ok(away),
        }
    }

    /// Reads a stored absence; `None` if the stored data is unreadable. An unreadable absence does not hide others,
    /// and is replaced when the person is away the next time.
    pub fn read(person: Option<&str>, delegate: Option<&str>, until: Option<&str>) -> Option<Self> {
        let (person, delegate) = (PersonId::new(person?), PersonId::new(delegate?));
        Some(Self { person, delegate, until: until?.parse().ok()? })
    }

    /// Whether the absence applies at this time.
    pub fn holds(&self, now: Timestamp) -> bool {
        today(now) <= self.until
    }
}

/// Returns the day in UTC.
pub fn today(now: Timestamp) -> Date {
    now.to_zoned_datetime(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{person, submitted_at};
    use jiff::ToSpan as _;

    fn day(days: i64) -> Date {
        today(submitted_at()).saturating_add(days.days())
    }

    fn begins(who: &str, delegate: &str, days: i64, others: &[Away]) -> Result<Away, Refusal> {
        Away::begin(person(who), person(delegate), day(days), others, submitted_at())
    }

    #[test]
    fn an_absence_holds_up_to_its_last_day() {
        let away = begins("morgan", "sam", 1, &[]).unwrap();
        assert!(away.holds("2026-03-03T23:59:59Z".parse().unwrap()));
        assert!(!away.holds("2026-03-04T00:00:00Z".parse().unwrap()));
        assert!(begins("morgan", "sam", 0, &[]).is_ok(), "for the rest of the day");
        assert!(begins("morgan", "sam", 366, &[]).is_ok());
    }

    #[test]
    fn nobody_answers_for_themselves_or_for_ever_or_while_they_are_away() {
        let alone = begins("morgan", "morgan", 1, &[]);
        let past = begins("morgan", "sam", -1, &[]);
        let forever = begins("morgan", "sam", 367, &[]);
        let sam = begins("sam", "morgan", 1, &[]).unwrap();
        let circle = begins("morgan", "sam", 5, std::slice::from_ref(&sam));
        let refusals = [alone, past, forever, circle].map(Result::unwrap_err);
        let is_away =
            Refusal::DelegateIsAway { delegate: person("sam"), until: jiff::civil::date(2026, 3, 3) };
        let (past, forever) = (Refusal::NotAnAbsence { most: 366 }, Refusal::NotAnAbsence { most: 366 });
        assert_eq!(refusals, [Refusal::OwnDelegate, past, forever, is_away]);
    }
}
