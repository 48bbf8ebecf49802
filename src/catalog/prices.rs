//! Parses the price files `prices/<region>.yml`. What a request costs is computed in `domain::cost`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::files::{CatalogFiles, PriceFile};
use super::problem::FileProblem;
use crate::domain::cost::{Price, PriceList};
use cloudformation::document::{Problem, Problems, Reader, parse_yaml};

const USUAL_REGION: &str = "us-east-1";

/// Parses every price file, so that all are checked, and returns the list of `region`.
///
/// Without `region`, returns the only list or that of us-east-1; without any file, an empty list. `None` if
/// the list could not be read, so that no missing prices are reported.
pub(super) fn read(
    files: &CatalogFiles,
    region: Option<&str>,
    problems: &mut Vec<FileProblem>,
) -> Option<PriceList> {
    let mut lists: Vec<Option<PriceList>> =
        files.prices.iter().map(|file| one_file(file, &files.root, problems)).collect();
    let wanted = match (region, &*lists) {
        (Some(region), _) => region,
        (None, []) => return Some(PriceList::default()),
        (None, [_]) => return lists.remove(0),
        (None, _) => USUAL_REGION,
    };
    let Some(place) = files.prices.iter().position(|file| file.region == wanted) else {
        problems.push(no_such_region(files, wanted));
        return None;
    };
    lists.swap_remove(place)
}

fn no_such_region(files: &CatalogFiles, wanted: &str) -> FileProblem {
    let regions: Vec<&str> = files.prices.iter().map(|file| file.region.as_str()).collect();
    let remedy = if regions.is_empty() {
        format!("add `{}/prices/{wanted}.yml`", files.root)
    } else {
        format!("add `{wanted}.yml`, or choose one of these regions: {}", regions.join(", "))
    };
    let problem = format!("there is no price file of the region `{wanted}`");
    FileProblem::of_file(&format!("{}/prices", files.root), problem, remedy)
}

fn one_file(file: &PriceFile, root: &str, problems: &mut Vec<FileProblem>) -> Option<PriceList> {
    let file_problems = Problems::new();
    let list = match parse_yaml(&file.text) {
        Ok(node) => Some(price_list(Reader::new(&node, &file_problems), &file.region)),
        Err(problem) => {
            file_problems.add(Problem::from(problem));
            None
        }
    };
    let path = file.file(root);
    problems
        .extend(file_problems.into_sorted().into_iter().map(|problem| FileProblem::error(&path, problem)));
    list
}

fn price_list(reader: Reader<'_>, region_of_file: &str) -> PriceList {
    let region = reader.text_or("region", region_of_file);
    if region != region_of_file {
        let problem = format!("`region` is `{region}` in the price file of `{region_of_file}`");
        reader.report("region", problem, format!("write `region: {region_of_file}`, or rename the file"));
    }
    if reader.text_or("currency", "USD") != "USD" {
        reader.report("currency", "prices are read in US dollars only", "write `currency: USD`");
    }
    let date = reader.required_text("date");
    check_date(&reader, &date);
    let prices = reader.section("prices");
    let mut read = BTreeMap::new();
    for entry in prices.entries() {
        let price_reader = prices.map(&entry.key).filter(|_| entry.value.as_map().is_some());
        read.extend(price_reader.map(|reader| (entry.key.clone(), price(reader))));
    }
    reader.finish();
    PriceList { region, date, prices: read }
}

fn price(reader: Reader<'_>) -> Price {
    let price = Price {
        usd: not_negative(&reader, "usd").unwrap_or_else(|| {
            // A number that cannot be read is reported by `decimal`.
            if !reader.has("usd") {
                let problem = format!("`{}` is missing", reader.path_of("usd"));
                reader.report("usd", problem, "add the price of one unit, for example `usd: \"0.023\"`");
            }
            // Stands in for the missing price, so that the rest of the file is checked too.
            Decimal::ZERO
        }),
        unit: reader.required_text("unit"),
        // Without the number the unit is for a month already, such as `GB-month`.
        per_month: not_negative(&reader, "per_month").unwrap_or(Decimal::ONE),
        source: reader.required_text("source"),
    };
    if let Some(date) = reader.text("date") {
        check_date(&reader, &date);
    }
    reader.finish();
    price
}

fn not_negative(reader: &Reader<'_>, key: &str) -> Option<Decimal> {
    let number = reader.decimal(key)?;
    if number.is_sign_negative() {
        reader.report(key, format!("`{}` is below 0", reader.path_of(key)), "write a number from 0");
    }
    Some(number)
}

fn check_date(reader: &Reader<'_>, date: &str) {
    if !date.is_empty() && date.parse::<Date>().is_err() {
        let problem = format!("`{}` is `{date}`, which is not a date", reader.path_of("date"));
        reader.report("date", problem, "write the day the prices were read, for example `2026-08-21`");
    }
}
