//! Numbers and long texts: how a template writes them, and how messages do.

use rust_decimal::Decimal;

/// Parses a number as CloudFormation does: digits with an optional sign and fraction.
pub fn parse_number(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let has_digits = unsigned.bytes().any(|b| b.is_ascii_digit());
    let shape =
        unsigned.bytes().all(|b| b.is_ascii_digit() || b == b'.') && unsigned.matches('.').count() <= 1;
    // `Decimal` would also parse underscores.
    if has_digits && shape { text.parse().ok() } else { None }
}

/// Formats a number with commas between thousands.
pub fn grouped(number: &impl ToString) -> String {
    let text = number.to_string();
    let (sign, rest) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) =
        rest.split_once('.').map_or((rest, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut short = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            short.push(',');
        }
        short.push(digit);
    }
    if let Some(fraction) = fraction {
        short.push('.');
        short.push_str(fraction);
    }
    short
}

/// Shortens a text to at most `most` characters, ending with an ellipsis if it was cut.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    // One less, because the ellipsis counts, too.
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}
