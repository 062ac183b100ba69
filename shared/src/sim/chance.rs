//! Draws for simulators: variety, not secrecy, from a fixed seed so that a run can be repeated.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::sarvam::{Delay, Hits};

/// A source of draws.
#[derive(Debug)]
pub struct Chance(AtomicU64);

impl Default for Chance {
    fn default() -> Self {
        Self(AtomicU64::new(0x9E37_79B9_7F4A_7C15))
    }
}

impl Chance {
    /// Draws one delay.
    pub fn delay(&self, delay: Delay) -> Duration {
        match delay {
            Delay::Fixed(delay) => delay,
            Delay::Drawn { p50_ms, p95_ms } => {
                let sigma = (p95_ms / p50_ms).ln() / 1.645;
                Duration::from_secs_f64(p50_ms / 1_000.0 * (sigma * self.normal()).exp())
            }
        }
    }

    /// Whether a fault meets this connection or request, counted down where it meets so many.
    pub(super) fn hits(&self, hits: &mut Hits) -> bool {
        match hits {
            Hits::All => true,
            Hits::First(0) => false,
            Hits::First(left) => {
                *left -= 1;
                true
            }
            Hits::Share(share) => self.uniform() <= *share,
        }
    }

    /// A standard normal draw, at most three deviations out (Box and Muller).
    fn normal(&self) -> f64 {
        let (a, b) = (self.uniform(), self.uniform());
        ((-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()).clamp(-3.0, 3.0)
    }

    /// In (0, 1] (SplitMix64).
    fn uniform(&self) -> f64 {
        let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        ((z >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}
