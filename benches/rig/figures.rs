//! Medians and percentiles. Where the samples come from belongs to the benchmarks.

/// The smallest sample that at least `percent` of the samples do not exceed; not a number where there is none.
pub(crate) fn percentile(samples: &[f64], percent: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank is a small number and not negative"
    )]
    let rank = (samples.len() as f64 * percent / 100.0).ceil() as usize;
    let position = rank.max(1) - 1;
    sorted.get(position).copied().unwrap_or(f64::NAN)
}

/// The middle of the samples.
pub(crate) fn median(samples: &[f64]) -> f64 {
    percentile(samples, 50.0)
}
