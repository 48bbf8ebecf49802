//! Price files: what they must contain, and which of several is used.

use std::fs;

use super::super::load;
use super::{PRICES, TEMPLATE, load_files};

#[test]
fn a_price_file_is_checked_line_by_line() {
    let prices = "region: eu-west-1
currency: EUR
date: last week
prices:
  a: {usd: -1, unit: month, source: ''}
  b: {unit: month, source: a list, per_mnth: 730}
  c: 5
  d: {usd: 1, unit: month, source: a list, date: 2026-02-30}
";
    let files =
        [("a/product.yml", "name: A\n"), ("a/template.yml", TEMPLATE), ("prices/us-east-1.yml", prices)];
    insta::assert_snapshot!(load_files(&files).unwrap_err(), @r#"
    catalog/prices/us-east-1.yml: line 1: `region` is `eu-west-1` in the price file of `us-east-1`: write `region: us-east-1`, or rename the file
    catalog/prices/us-east-1.yml: line 2: prices are read in US dollars only: write `currency: USD`
    catalog/prices/us-east-1.yml: line 3: `date` is `last week`, which is not a date: write the day the prices were read, for example `2026-08-21`
    catalog/prices/us-east-1.yml: line 5: `prices.a.usd` is below 0: write a number from 0
    catalog/prices/us-east-1.yml: line 5: `prices.a.source` is blank: write for example `source: "some text"`
    catalog/prices/us-east-1.yml: line 6: `prices.b.usd` is missing: add the price of one unit, for example `usd: "0.023"`
    catalog/prices/us-east-1.yml: line 6: unknown key `prices.b.per_mnth`: did you mean `per_month`?
    catalog/prices/us-east-1.yml: line 7: `prices.c` is `5` where a map should be: write keys with their values, for example `name: value`
    catalog/prices/us-east-1.yml: line 8: `prices.d.date` is `2026-02-30`, which is not a date: write the day the prices were read, for example `2026-08-21`
    "#);
}

#[test]
fn of_several_price_files_the_named_region_counts_else_us_east_1() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("prices")).unwrap();
    fs::create_dir_all(dir.path().join("topic")).unwrap();
    fs::write(dir.path().join("topic/product.yml"), "name: Topic\n").unwrap();
    fs::write(dir.path().join("topic/template.yml"), TEMPLATE).unwrap();
    let write = |region: &str| {
        fs::write(dir.path().join(format!("prices/{region}.yml")), PRICES.replace("us-east-1", region))
            .unwrap();
    };
    let loaded = |region: Option<&str>| {
        let catalog = load(dir.path(), region)
            .map_err(|problems| problems[0].to_string().replace(dir.path().to_str().unwrap(), "catalog"));
        catalog.map_or_else(|problem| problem, |catalog| catalog.prices.region)
    };
    assert_eq!(loaded(None), "");
    insta::assert_snapshot!(loaded(Some("eu-west-1")), @"catalog/prices: there is no price file of the region `eu-west-1`: add `catalog/prices/eu-west-1.yml`");
    write("eu-west-1");
    assert_eq!(loaded(None), "eu-west-1");
    write("ap-south-1");
    insta::assert_snapshot!(loaded(None), @"catalog/prices: there is no price file of the region `us-east-1`: add `us-east-1.yml`, or choose one of these regions: ap-south-1, eu-west-1");
    write("us-east-1");
    assert_eq!(loaded(None), "us-east-1");
    assert_eq!(loaded(Some("ap-south-1")), "ap-south-1");
}

#[test]
fn without_a_price_file_a_price_is_asked_for_in_one() {
    let files =
        [("a/product.yml", "name: A\ncost: [{price: x, quantity: 1}]\n"), ("a/template.yml", TEMPLATE)];
    insta::assert_snapshot!(load_files(&files).unwrap_err(), @"catalog/a/product.yml: line 2: there is no price `x`: add it to `catalog/prices/us-east-1.yml`");
}

#[test]
fn a_price_file_that_cannot_be_read_is_the_only_problem() {
    let files = [
        ("a/product.yml", "name: A\ncost: [{price: x, quantity: 1}]\n"),
        ("a/template.yml", TEMPLATE),
        ("prices/us-east-1.yml", "prices: [\n"),
    ];
    insta::assert_snapshot!(load_files(&files).unwrap_err(), @"catalog/prices/us-east-1.yml: line 1: the `[` here is never closed: correct the text so that it can be read");
}
