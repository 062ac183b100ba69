//! How sums become figures.

/// In percent; nothing of nothing is nothing.
pub(crate) fn share(part: f64, whole: f64) -> f64 {
    100.0 * part / whole.max(1.0)
}

/// The half and the most but one in twenty.
pub(crate) fn percentiles(values: &[u64]) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let at = |share: usize| sorted.get((sorted.len() * share / 100).min(sorted.len().saturating_sub(1)));
    match (at(50), at(95)) {
        (Some(half), Some(most)) => format!("{half} / {most}"),
        _ => "–".to_owned(),
    }
}
