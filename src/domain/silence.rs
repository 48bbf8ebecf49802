//! Silences: times in which people's answers could not be received, because the program did not run or Slack was
//! down. Deadlines that passed meanwhile, or would right afterwards, are postponed, so that people can still do what
//! they missed.

use jiff::{SignedDuration, Timestamp};

use super::period::Period;

/// The least that is left of a deadline after a silence, or the whole time limit if that is shorter.
const LEFT_AT_LEAST: Period = Period::days(1);
/// A silence no longer than this, and than this fraction of the time limit, does not postpone a deadline, unless the
/// deadline passed during it.
const SHORT: SignedDuration = SignedDuration::from_mins(5);
const SHORT_PART: i32 = 10;
/// How often one deadline is postponed: a program that is down every night must not keep a product for ever.
const MOST_MOVES: u8 = 7;

/// When answers could not be received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// When an answer could last be received.
    pub from: Timestamp,
    /// When answers can be received again.
    pub until: Timestamp,
}

impl Silence {
    /// Returns the new date of a deadline at `end` with a time limit of `whole`; `None` if it stays. `moved` is how
    /// often it has been postponed before.
    pub fn moves(&self, end: Timestamp, whole: Period, moved: u8) -> Option<Timestamp> {
        // A limit of an hour is not extended to a day.
        let least = LEFT_AT_LEAST.min(whole).after(self.until);
        let ran_out_meanwhile = self.from < end && end <= self.until;
        let short = SHORT.min(whole.duration() / SHORT_PART);
        let counts = ran_out_meanwhile || self.until.duration_since(self.from) > short;
        // A time limit of zero leaves nothing to postpone.
        (counts && end < least && self.until < least && moved < MOST_MOVES).then_some(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-04-{text}Z").parse().unwrap()
    }

    fn moved(from: &str, until: &str, end: &str, whole: Period) -> String {
        let silence = Silence { from: at(from), until: at(until) };
        silence.moves(at(end), whole, 0).map_or("-".to_owned(), |end| end.to_string())
    }

    #[test]
    fn what_ran_out_or_is_about_to_leaves_a_day_or_the_whole_limit_where_that_is_shorter() {
        let (week, hour) = (Period::days(7), Period::hours(1));
        let lines = [
            moved("08T08:00:00", "08T10:00:00", "08T09:00:00", week),
            moved("08T08:59:50", "08T09:00:10", "08T09:00:00", week),
            moved("08T08:00:00", "08T10:00:00", "08T09:00:00", hour),
            moved("08T08:00:00", "08T10:00:00", "08T12:00:00", week),
            moved("08T08:00:00", "08T10:00:00", "08T07:00:00", week),
            moved("08T08:00:00", "08T10:00:00", "09T10:00:00", week),
            moved("08T08:59:50", "08T09:00:10", "08T12:00:00", week),
            moved("08T08:00:00", "08T10:00:00", "08T09:00:00", Period::ZERO),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        2026-04-09T10:00:00Z
        2026-04-09T09:00:10Z
        2026-04-08T11:00:00Z
        2026-04-09T10:00:00Z
        2026-04-09T10:00:00Z
        -
        -
        -
        ");
    }

    #[test]
    fn a_limit_is_moved_seven_times_and_then_holds() {
        let silence = Silence { from: at("08T08:00:00"), until: at("08T10:00:00") };
        let moves =
            (0..9).filter(|moved| silence.moves(at("08T09:00:00"), Period::days(7), *moved).is_some());
        assert_eq!(moves.count(), 7);
    }
}
