//! Percentiles of what was measured. Pure.

use serde::Serialize;

/// Of a set of values, in their own unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Percentiles {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) most: f64,
    pub(crate) count: usize,
}

impl Percentiles {
    /// By nearest rank: every figure is a value that was measured. `None` of nothing.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let count = sorted.len();
        let rank = |percent: usize| sorted.get((count * percent).div_ceil(100).max(1) - 1).copied();
        Some(Self { p50: rank(50)?, p95: rank(95)?, p99: rank(99)?, most: rank(100)?, count })
    }

    /// The same values, each less by this much.
    pub(crate) fn less(self, by: f64) -> Self {
        let Self { p50, p95, p99, most, count } = self;
        Self { p50: p50 - by, p95: p95 - by, p99: p99 - by, most: most - by, count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        let found = Percentiles::of(&values).expect("values");
        assert_eq!((found.p50, found.p95, found.p99, found.most, found.count), (100.0, 190.0, 198.0, 200.0, 200));
        assert_eq!(found.less(90.0).p95, 100.0);
    }

    #[test]
    fn of_one_value_each_is_that_one_and_of_none_there_are_none() {
        let one = Percentiles::of(&[7.0]).expect("a value");
        assert_eq!((one.p50, one.p99), (7.0, 7.0));
        assert_eq!(Percentiles::of(&[]), None);
    }
}
