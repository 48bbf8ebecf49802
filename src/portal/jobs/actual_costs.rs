//! Daily job that writes AWS's actual charges to the requests' rows.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::event::Event;
use crate::domain::job::{JobKind, JobOwner};
use crate::domain::request::Billed;
use crate::portal::Portal;
use crate::portal::commit::{ChangeOptions, applying, unless_refused};
use crate::portal::jobs::outcome::Performed;
use crate::ports::bill::Bill;
use crate::ports::outage::warn_unless;

/// AWS updates the bill a few times a day, and charges for each read.
const EVERY: Duration = Duration::from_hours(24);

/// Schedules the daily job, unless that was done before.
///
/// # Errors
/// If the store cannot be used.
pub async fn begin(portal: &Portal) -> anyhow::Result<()> {
    if portal.ports.bill.is_none() {
        return Ok(());
    }
    // Due at once. The job then repeats itself, so a restart must not add another one: hence the key.
    let job = JobKind::ReadBill.due(JobOwner::Portal, portal.now());
    portal.write_job_once(job, "bill").await
}

/// Reads the bill. Runs again tomorrow even after a failure: each attempt costs money, and the amounts can wait.
pub(super) async fn read_bill(portal: &Portal) -> Performed {
    if let Some(bill) = &portal.ports.bill
        && let Err(error) = read(portal, &**bill).await
    {
        warn_unless!(
            portal.ports.trouble.outages.explains(&error),
            error = format!("{error:#}"),
            "cannot read the actual costs from AWS; the next attempt is tomorrow"
        );
    }
    Performed::Again(EVERY)
}

async fn read(portal: &Portal, bill: &dyn Bill) -> anyhow::Result<()> {
    let (month, before) = days(portal.now()).context("there is no yesterday")?;
    let amounts = bill.of_requests(month, before).await?;
    let requests = amounts.len();
    for (id, amount) in amounts {
        let event = Event::Billed { billed: Billed { month, before, amount } };
        // Refused if there is nothing new, or a tag of this name is not ours.
        unless_refused(portal.change(id, ChangeOptions::default(), applying(&event)).await)?;
    }
    tracing::info!(%month, %before, requests, "read the actual costs from AWS");
    Ok(())
}

/// Returns the first day of yesterday's month, and today: charges of the current day are not complete.
fn days(now: Timestamp) -> Option<(Date, Date)> {
    // The dates of a bill are in UTC.
    let today = now.to_zoned_datetime(TimeZone::UTC).date();
    Some((today.yesterday().ok()?.first_of_month(), today))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_the_first_of_a_month_the_last_one_is_read_to_its_end() {
        let days = |now: &str| {
            let (from, before) = days(now.parse().unwrap()).unwrap();
            format!("{from} {before}")
        };
        assert_eq!(days("2026-11-24T15:00:00Z"), "2026-11-01 2026-11-24");
        assert_eq!(days("2026-12-01T00:00:00Z"), "2026-11-01 2026-12-01");
        assert_eq!(days("2026-12-02T23:59:59Z"), "2026-12-01 2026-12-02");
    }
}
