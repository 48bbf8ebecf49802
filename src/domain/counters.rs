//! Daily counters of a team's requests, so that a month can be summed up without reading each request. Durations are
//! counted in buckets, as in a histogram.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::audit::AuditEntry;
use super::ids::TeamName;
use super::request::Request;

/// Upper bounds of the buckets, in seconds; longer durations fall into one more bucket without a bound.
const ENDS: [u32; 20] = [
    5, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400, 172_800, 259_200,
    432_000, 604_800, 1_209_600,
];

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// A request was submitted.
    Submitted,
    /// A request was approved by its approvers.
    Approved,
    /// A request was auto-approved.
    Auto,
    /// An approver denied a request.
    Denied,
    /// The requester cancelled a request.
    Cancelled,
    /// A request timed out.
    TimedOut,
    /// A product became active.
    Ready,
    /// Provisioning failed.
    Failed,
    /// A lease was renewed.
    Renewed,
    /// A product was removed.
    TornDown,
    /// How long approvers took, from submission.
    ApprovedWithin(DurationBucket),
    /// How long it took from submission to active.
    ReadyWithin(DurationBucket),
}

/// A duration, rounded up to the next bucket bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DurationBucket(u8);

impl DurationBucket {
    /// Returns the bucket of a duration.
    pub fn of(duration: SignedDuration) -> Self {
        // Rounded up, because 5.001 seconds exceed a bound of 5.
        let seconds = (duration.as_millis() + 999) / 1_000;
        let place = ENDS.iter().position(|end| seconds <= i128::from(*end)).unwrap_or(ENDS.len());
        Self(u8::try_from(place).unwrap_or(u8::MAX))
    }

    /// Returns the upper bound; `None` for the last bucket, beyond two weeks.
    pub fn end(self) -> Option<SignedDuration> {
        ENDS.get(usize::from(self.0)).map(|end| SignedDuration::from_secs(i64::from(*end)))
    }

    /// Returns the highest upper bound.
    pub fn longest() -> SignedDuration {
        SignedDuration::from_secs(i64::from(ENDS[ENDS.len() - 1]))
    }
}

impl Counter {
    const PLAIN: [(Self, &str); 10] = [
        (Self::Submitted, "submitted"),
        (Self::Approved, "approved"),
        (Self::Auto, "auto"),
        (Self::Denied, "denied"),
        (Self::Cancelled, "cancelled"),
        (Self::TimedOut, "timed_out"),
        (Self::Ready, "ready"),
        (Self::Failed, "failed"),
        (Self::Renewed, "renewed"),
        (Self::TornDown, "torn_down"),
    ];

    /// Returns the name in the store: letters, digits and `_`.
    pub fn name(self) -> String {
        let plain = |mark| Self::PLAIN.iter().find(|(plain, _)| *plain == mark).map_or("", |(_, word)| *word);
        match self {
            // The index and not the bound: `ENDS` must not change, or stored counters would mean something else.
            Self::ApprovedWithin(DurationBucket(place)) => format!("approved_{place}"),
            Self::ReadyWithin(DurationBucket(place)) => format!("ready_{place}"),
            Self::Submitted
            | Self::Approved
            | Self::Auto
            | Self::Denied
            | Self::Cancelled
            | Self::TimedOut
            | Self::Ready
            | Self::Failed
            | Self::Renewed
            | Self::TornDown => plain(self).to_owned(),
        }
    }

    /// Parses a name; `None` if another version has written something unknown.
    pub fn parse(word: &str) -> Option<Self> {
        if let Some((mark, _)) = Self::PLAIN.iter().find(|(_, name)| *name == word) {
            return Some(*mark);
        }
        let (kind, place) = word.rsplit_once('_')?;
        let span = DurationBucket(place.parse().ok()?);
        match kind {
            "approved" => Some(Self::ApprovedWithin(span)),
            "ready" => Some(Self::ReadyWithin(span)),
            _ => None,
        }
    }
}

/// What one commit adds to a team's counters of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterDay {
    /// The team.
    pub team: TeamName,
    /// The day, UTC.
    pub day: Date,
    /// The counters to increment by one each; never empty.
    pub marks: BTreeSet<Counter>,
}

impl CounterDay {
    /// Returns what these entries of a request's audit trail add, if anything.
    pub fn of(request: &Request, entries: &[AuditEntry]) -> Option<Self> {
        let marks: BTreeSet<Counter> = entries.iter().flat_map(|entry| marks(request, entry)).collect();
        let at = entries.last()?.at;
        // All entries of a commit have the same time.
        (!marks.is_empty()).then(|| Self { team: request.team.clone(), day: day(at), marks })
    }
}

/// Returns the day in UTC.
pub fn day(at: Timestamp) -> Date {
    at.to_zoned_datetime(TimeZone::UTC).date()
}

fn marks(request: &Request, entry: &AuditEntry) -> Vec<Counter> {
    let took = || DurationBucket::of(entry.at.duration_since(request.submitted_at));
    match (entry.event.as_str(), entry.status.as_str()) {
        // Auto-approved requests start as approved.
        ("submitted", "APPROVED") => vec![Counter::Submitted, Counter::Auto],
        ("submitted", _) => vec![Counter::Submitted],
        ("approved" | "approved with changes", "APPROVED") => {
            vec![Counter::Approved, Counter::ApprovedWithin(took())]
        }
        ("denied", _) => vec![Counter::Denied],
        ("cancelled", _) => vec![Counter::Cancelled],
        ("timed out", _) => vec![Counter::TimedOut],
        ("active", _) => vec![Counter::Ready, Counter::ReadyWithin(took())],
        ("provisioning failed", _) => vec![Counter::Failed],
        ("renewed", _) => vec![Counter::Renewed],
        ("terminated", _) => vec![Counter::TornDown],
        _ => Vec::new(),
    }
}

/// Counters of several days, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CounterTotals(BTreeMap<Counter, u64>);

impl CounterTotals {
    /// Adds to one counter.
    pub fn add(&mut self, mark: Counter, count: u64) {
        if count > 0 {
            let so_far = self.0.entry(mark).or_default();
            *so_far = so_far.saturating_add(count);
        }
    }

    /// Adds the counters of other days or other teams.
    pub fn extend(&mut self, others: &Self) {
        others.0.iter().for_each(|(mark, count)| self.add(*mark, *count));
    }

    /// Returns the value of one counter.
    pub fn of(&self, mark: Counter) -> u64 {
        self.0.get(&mark).copied().unwrap_or_default()
    }

    /// Returns the bucket that `percent` of the approvals did not exceed; `None` if there were none.
    pub fn approved_within(&self, percent: u64) -> Option<DurationBucket> {
        self.within(percent, |mark| if let Counter::ApprovedWithin(span) = mark { Some(span) } else { None })
    }

    /// Like [`Self::approved_within`], for requests that became active.
    pub fn ready_within(&self, percent: u64) -> Option<DurationBucket> {
        self.within(percent, |mark| if let Counter::ReadyWithin(span) = mark { Some(span) } else { None })
    }

    fn within(
        &self,
        percent: u64,
        span: impl Fn(Counter) -> Option<DurationBucket>,
    ) -> Option<DurationBucket> {
        let spans: BTreeMap<DurationBucket, u64> =
            self.0.iter().filter_map(|(mark, count)| Some((span(*mark)?, *count))).collect();
        let wanted = spans.values().sum::<u64>().saturating_mul(percent).div_ceil(100);
        let mut seen = 0;
        spans.into_iter().find_map(|(span, count)| {
            seen += count;
            (seen >= wanted.max(1)).then_some(span)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_reads_back_and_is_a_word_of_its_own() {
        let spans = (0..=20).map(DurationBucket);
        let timed = spans.flat_map(|span| [Counter::ApprovedWithin(span), Counter::ReadyWithin(span)]);
        let all: Vec<Counter> = Counter::PLAIN.iter().map(|(mark, _)| *mark).chain(timed).collect();
        let words: BTreeSet<String> = all.iter().map(|mark| mark.name()).collect();
        assert_eq!(words.len(), all.len());
        for mark in all {
            assert_eq!(Counter::parse(&mark.name()), Some(mark));
        }
        for strange in ["", "approved_", "approved_x", "gone_3", "_3"] {
            assert_eq!(Counter::parse(strange), None, "{strange}");
        }
    }

    #[test]
    fn a_span_holds_what_does_not_exceed_its_end() {
        let end =
            |millis| DurationBucket::of(SignedDuration::from_millis(millis)).end().map(|end| end.as_secs());
        for (millis, seconds) in
            [(-5, 5), (0, 5), (5_000, 5), (5_001, 15), (59_999, 60), (86_400_000, 86_400)]
        {
            assert_eq!(end(millis), Some(seconds), "{millis}");
        }
        assert_eq!(end(DurationBucket::longest().as_secs() * 1_000 + 1), None);
    }

    #[test]
    fn of_many_durations_the_middle_and_the_slowest_few_are_told() {
        let mut counts = CounterTotals::default();
        assert_eq!(counts.ready_within(50), None);
        for (seconds, count) in [(10, 94), (200, 5), (90_000, 1)] {
            counts.add(Counter::ReadyWithin(DurationBucket::of(SignedDuration::from_secs(seconds))), count);
        }
        let within =
            |percent| counts.ready_within(percent).and_then(DurationBucket::end).map(|end| end.as_secs());
        assert_eq!([1, 50, 94, 95, 99, 100].map(within), [15, 15, 15, 300, 300, 172_800].map(Some));
        assert_eq!(counts.approved_within(50), None);
    }
}
