//! `audit export` prints the whole audit trail in order and verifies it; `audit verify` only verifies it.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::outcome::{CommandFailure, CommandOutput, print, show};
use crate::config::{Settings, settings_file};
use crate::domain::audit::AuditEntry;
use crate::portal::people::verify::{self, Verdict};
use crate::wiring;

const COLUMNS: &str = "at,request,seq,event,actor,team,product,status,detail,prev,digest";

/// Prints the trail. Problems go to standard error, and then the exit code is 1.
///
/// # Errors
/// Wrong settings, an invalid date, a store that cannot be opened, or a trail that was tampered with.
#[expect(clippy::print_stderr, reason = "what is wrong with the trail is told beside the export, not in it")]
pub async fn export(
    config: Option<PathBuf>,
    since: Option<&str>,
    format: ExportFormat,
) -> Result<(), CommandFailure> {
    let settings = Settings::read(&settings_file(config))?;
    let since = since.map(parse_since).transpose()?;
    let store = wiring::store(&settings).await?;
    if format == ExportFormat::Csv {
        print(&format!("{COLUMNS}\n"))?;
    }
    // The whole trail is verified, also the part that is not printed.
    let write = |entry: &AuditEntry| {
        if since.is_none_or(|since| entry.at >= since) { print(&line(entry, format)?) } else { Ok(()) }
    };
    let verdict = verify::verify(&*store, write).await?;
    for finding in &verdict.findings {
        eprintln!("audit trail: {finding}");
    }
    if verdict.holds { Ok(()) } else { Err(CommandFailure::Found) }
}

/// Verifies the trail and prints a line for each problem; the exit code is then 1.
///
/// # Errors
/// Wrong settings, a store that cannot be opened, or a trail that was tampered with.
pub async fn verify(config: Option<PathBuf>, json: bool) -> Result<(), CommandFailure> {
    let settings = Settings::read(&settings_file(config))?;
    let store = wiring::store(&settings).await?;
    let verdict = verify::verify(&*store, |_| Ok(())).await?;
    show(&CommandOutput { text: said(&verdict, json)?, ok: verdict.holds })
}

fn said(verdict: &Verdict, json: bool) -> anyhow::Result<String> {
    if json {
        return Ok(serde_json::to_string_pretty(verdict)? + "\n");
    }
    let mut lines: Vec<String> = verdict.findings.iter().map(ToString::to_string).collect();
    let entries = if verdict.entries == 1 { "entry" } else { "entries" };
    let holds = if verdict.holds { "holds" } else { "does not hold" };
    lines.push(format!("The trail of {} {entries} {holds}.\n", verdict.entries));
    Ok(lines.join("\n"))
}

fn line(entry: &AuditEntry, format: ExportFormat) -> anyhow::Result<String> {
    match format {
        ExportFormat::Jsonl => Ok(serde_json::to_string(entry)? + "\n"),
        ExportFormat::Csv => {
            let (time, request, seq) =
                (entry.at.to_string(), entry.request.to_string(), entry.seq.to_string());
            let fields = [
                &time,
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

/// Characters that separate cells or lines in any spreadsheet, whatever separator it is set to.
const SEPARATORS: [char; 5] = [',', ';', '\t', '\n', '\r'];
/// Characters that start a formula, including the full-width forms that some keyboards produce.
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Quotes a field if necessary, and keeps spreadsheets from evaluating user input as a formula.
fn csv_field(text: &str) -> String {
    // A spreadsheet may split at another character than the comma, so every part could become a cell.
    let text: String = text.split_inclusive(SEPARATORS).map(guarded).collect();
    if text.contains('"') || text.contains(SEPARATORS) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// Prefixes a cell with an apostrophe if a spreadsheet would take it for a formula.
fn guarded(cell: &str) -> String {
    // Spreadsheets ignore these characters at the start of a cell.
    let is_passed_over = |c: char| c == '"' || c.is_whitespace() || c.is_control() || is_invisible(c);
    let bare = cell.trim_start_matches(is_passed_over);
    // A dash alone stands for a missing team, product or status, and is no formula.
    let is_dash = bare.trim_end_matches(SEPARATORS) == "-";
    if bare.starts_with(FORMULAS) && !is_dash { format!("'{cell}") } else { cell.to_owned() }
}

/// Whether the character has no width, such as marks of writing direction.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn parse_since(text: &str) -> anyhow::Result<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let day: Date = text.parse().ok().with_context(|| {
        format!("cannot read the date: {text} (write 2026-11-01 or 2026-11-01T12:00:00Z)")
    })?;
    Ok(day.to_zoned_datetime(TimeZone::UTC)?.timestamp())
}

/// The output format of the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values.
    Csv,
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

    #[test]
    fn no_separator_opens_a_cell_with_a_formula() {
        let hostile = [
            ("no;=cmd|' /C calc'!A0", "\"no;'=cmd|' /C calc'!A0\""),
            ("no,@SUM(A1)", "\"no,'@SUM(A1)\""),
            ("no\t+1", "\"no\t'+1\""),
            ("no\r\n-1", "\"no\r\n'-1\""),
            ("; =1", "\";' =1\""),
            (";\"=1\"", "\";'\"\"=1\"\"\""),
            ("\u{200b}=1", "'\u{200b}=1"),
            ("＝1+1", "'＝1+1"),
            // Text that is not a formula stays unchanged.
            ("two nodes; a = b, not c", "\"two nodes; a = b, not c\""),
            ("a;-;b", "\"a;-;b\""),
            ("by 30d [button in C0PAYMENTS]", "by 30d [button in C0PAYMENTS]"),
        ];
        for (typed, written) in hostile {
            assert_eq!(csv_field(typed), written, "{typed}");
        }
    }
}
