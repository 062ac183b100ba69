//! How long a thing takes that never takes the same time twice.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ports::clock::Random;

/// 95 of 100 normal draws lie below so many deviations.
const P95_DEVIATIONS: f64 = 1.645;

/// A time in milliseconds: in JSON a number, or an object with the fields of a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Delay {
    /// Always the same.
    Fixed(u64),
    /// A log-normal draw.
    Drawn {
        /// Half of all draws are shorter.
        p50_ms: u64,
        /// 95 of 100 are shorter.
        p95_ms: u64,
        /// None is longer.
        most_ms: u64,
    },
}

impl Delay {
    /// One draw, in milliseconds.
    pub(super) fn draw(self, random: &dyn Random) -> u64 {
        match self {
            Self::Fixed(ms) => ms,
            Self::Drawn { p50_ms, p95_ms, most_ms } => {
                let (p50, p95) = (p50_ms.max(1) as f64, p95_ms.max(p50_ms).max(1) as f64);
                let deviation = (p95 / p50).ln() / P95_DEVIATIONS;
                let drawn = Duration::from_secs_f64(p50 / 1_000.0 * (deviation * normal(random)).exp());
                u64::try_from(drawn.as_millis()).unwrap_or(most_ms).min(most_ms)
            }
        }
    }
}

/// A standard normal draw, at most four deviations out (Box and Muller).
fn normal(random: &dyn Random) -> f64 {
    let (a, b) = (uniform(random), uniform(random));
    ((-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()).clamp(-4.0, 4.0)
}

/// In (0, 1].
pub(super) fn uniform(random: &dyn Random) -> f64 {
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    (f64::from(u32::from_le_bytes(bytes)) + 1.0) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// The same draws every time.
    #[derive(Default)]
    struct Counting(AtomicU64);

    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                let count = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
                let mixed = (count ^ (count >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                *byte = ((mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 56) as u8;
            }
        }
    }

    #[test]
    fn draws_have_the_stated_median_and_tail_and_end() {
        let (random, delay) = (Counting::default(), Delay::Drawn { p50_ms: 660, p95_ms: 1_100, most_ms: 1_500 });
        let mut draws: Vec<u64> = (0..4_000).map(|_| delay.draw(&random)).collect();
        draws.sort_unstable();
        assert!((600..720).contains(&draws[2_000]), "{}", draws[2_000]);
        assert!((1_000..1_200).contains(&draws[3_800]), "{}", draws[3_800]);
        assert_eq!(draws[3_999], 1_500);
    }

    #[test]
    fn a_number_is_a_fixed_delay() {
        let delay: Delay = serde_json::from_str("50").unwrap();
        assert_eq!(delay.draw(&Counting::default()), 50);
    }
}
