//! `audit export`: the whole trail, in order, with its chains verified on the way.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{ExportFormat, Failure, print};
use crate::config::{Settings, settings_file};
use crate::domain::audit::{AuditEntry, AuditHead, follows};
use crate::domain::ids::RequestId;
use crate::ports::store::Store;
use crate::wiring;

/// Entries read at a time.
const PAGE: usize = 500;
const COLUMNS: &str = "at,request,seq,event,actor,team,product,status,detail,prev,digest";

/// Prints the trail; exit 1 when a chain is broken, after saying where.
///
/// # Errors
/// Wrong settings, a date that cannot be read, a store that cannot be opened, or a broken chain.
#[expect(clippy::print_stderr, reason = "breaks in the chain are told beside the export, not in it")]
pub async fn export(
    config: Option<PathBuf>,
    since: Option<&str>,
    format: ExportFormat,
) -> Result<(), Failure> {
    let settings = Settings::read(&settings_file(config))?;
    let since = since.map(parse_since).transpose()?;
    let store = wiring::store(&settings).await?;
    let breaks = write_all(store.as_ref(), since, format, &mut |line| print(&line)).await?;
    for text in &breaks {
        eprintln!("audit trail: {text}");
    }
    if breaks.is_empty() { Ok(()) } else { Err(Failure::Found) }
}

/// Writes every entry from `since` on and returns where chains break.
async fn write_all(
    store: &dyn Store,
    since: Option<Timestamp>,
    format: ExportFormat,
    write: &mut (dyn FnMut(String) -> anyhow::Result<()> + Send),
) -> anyhow::Result<Vec<String>> {
    let mut heads: HashMap<RequestId, AuditHead> = HashMap::new();
    let mut breaks = Vec::new();
    if format == ExportFormat::Csv {
        write(format!("{COLUMNS}\n"))?;
    }
    let mut cursor = 0;
    loop {
        let (entries, next) = store.audit_page(cursor, PAGE).await?;
        if entries.is_empty() {
            break;
        }
        cursor = next;
        for entry in entries {
            let head = heads.entry(entry.request).or_default();
            if let Err(why) = follows(head, &entry) {
                breaks.push(format!("request {}: {why}", entry.request));
            }
            *head = AuditHead::at(&entry);
            if since.is_none_or(|since| entry.at >= since) {
                write(line(&entry, format)?)?;
            }
        }
    }
    for (request, head) in heads {
        if is_cut_short(store, request, &head).await? {
            breaks.push(format!("request {request}: entries after entry {} are missing", head.seq));
        }
    }
    Ok(breaks)
}

/// Whether the request's row knows of a later entry than the trail still has. A bot that is running may have added
/// one since the page was read, so the trail is asked once more.
async fn is_cut_short(store: &dyn Store, request: RequestId, head: &AuditHead) -> anyhow::Result<bool> {
    let Some(row) = store.load(request).await? else { return Ok(false) };
    if row.audit.seq <= head.seq {
        return Ok(false);
    }
    let last = store.audit_of(request).await?.last().map(AuditHead::at).unwrap_or_default();
    Ok(row.audit.seq > last.seq)
}

fn line(entry: &AuditEntry, format: ExportFormat) -> anyhow::Result<String> {
    match format {
        ExportFormat::Jsonl => Ok(serde_json::to_string(entry)? + "\n"),
        ExportFormat::Csv => {
            let (at, request, seq) = (entry.at.to_string(), entry.request.to_string(), entry.seq.to_string());
            let fields = [
                &at,
                &request,
                &seq,
                &entry.event,
                &entry.actor,
                &entry.team,
                &entry.product,
                &entry.status,
                &entry.detail,
                &entry.prev,
                &entry.digest,
            ];
            Ok(fields.map(|field| csv_field(field)).join(",") + "\n")
        }
    }
}

/// Quotes a field where it must be, and keeps a spreadsheet from taking what a person typed for a formula.
fn csv_field(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.len() > 1 {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn parse_since(text: &str) -> anyhow::Result<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let day: Date = text.parse().ok().with_context(|| {
        format!("cannot read the date: {text} (write 2026-11-01 or 2026-11-01T12:00:00Z)")
    })?;
    Ok(day.to_zoned(TimeZone::UTC)?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_utc_and_anything_else_is_refused() {
        assert_eq!(parse_since("2026-11-01").unwrap().to_string(), "2026-11-01T00:00:00Z");
        assert_eq!(parse_since("2026-11-01T12:00:00Z").unwrap().to_string(), "2026-11-01T12:00:00Z");
        assert!(parse_since("yesterday").unwrap_err().to_string().contains("write 2026-11-01"));
    }

    #[test]
    fn what_a_person_typed_is_neither_a_second_column_nor_a_formula() {
        assert_eq!(csv_field("a, \"b\"\nc"), "\"a, \"\"b\"\"\nc\"");
        assert_eq!(csv_field("=1+1"), "'=1+1");
        assert_eq!(csv_field("-"), "-");
    }
}
