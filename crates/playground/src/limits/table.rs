//! Limits of the table block: rows, cells and column settings.

use serde_json::Value;

use super::Checker;

const ROWS: usize = 100;
/// The most cells in a row, and the most column settings.
const COLUMNS: usize = 20;

impl Checker {
    pub(super) fn table(&mut self, block: &Value, path: &str) {
        self.fields(block, path, &["rows", "column_settings", "block_id"]);
        self.tables += 1;
        let rows = self.list(block, "rows", path, 1, ROWS);
        for (index, row) in rows.iter().enumerate() {
            self.row(row, &format!("{path}/rows/{index}"));
        }
        if block.get("column_settings").is_some() {
            let columns = self.list(block, "column_settings", path, 0, COLUMNS);
            // Null skips a column, to configure one after it.
            for (index, column) in columns.iter().enumerate().filter(|(_, column)| !column.is_null()) {
                self.column(column, &format!("{path}/column_settings/{index}"));
            }
        }
    }

    fn row(&mut self, row: &Value, path: &str) {
        let Some(cells) = row.as_array() else {
            self.fail(path, "must be an array");
            return;
        };
        if cells.is_empty() {
            self.fail(path, "no fewer than 1 items required");
        }
        if cells.len() > COLUMNS {
            self.fail(path, format!("no more than {COLUMNS} items allowed"));
        }
        for (index, cell) in cells.iter().enumerate() {
            self.cell(cell, &format!("{path}/{index}"));
        }
    }

    fn cell(&mut self, cell: &Value, path: &str) {
        let empty = match cell["type"].as_str() {
            Some("raw_text") => {
                self.fields(cell, path, &["text"]);
                cell["text"].as_str().is_none_or(str::is_empty)
            }
            Some("rich_text") => {
                self.fields(cell, path, &["elements", "block_id"]);
                is_blank(&cell["elements"])
            }
            _ => {
                self.fail(&format!("{path}/type"), "must be raw_text or rich_text");
                return;
            }
        };
        if empty {
            self.fail(path, "a cell must not be empty");
        }
    }

    fn column(&mut self, column: &Value, path: &str) {
        self.fields(column, path, &["align", "is_wrapped"]);
        let is_known = |align: &Value| matches!(align.as_str(), Some("left" | "center" | "right"));
        if column.get("align").is_some_and(|align| !is_known(align)) {
            self.fail(&format!("{path}/align"), "must be left, center or right");
        }
        self.boolean(column, "is_wrapped", path);
    }
}

/// Whether all sections are empty. Anything but a list counts as empty.
fn is_blank(sections: &Value) -> bool {
    let Some(sections) = sections.as_array() else { return true };
    sections.iter().all(|section| section["elements"].as_array().is_none_or(Vec::is_empty))
}
