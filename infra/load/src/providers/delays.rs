//! How long the providers take, and the outbox in which a socket's messages wait for their moment.

use std::collections::VecDeque;
use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use serde::Serialize;
use shared::sim::sarvam::Delay;
use tokio::time::{Instant, sleep_until};

/// Milliseconds of every step.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Delays {
    /// From the end of an utterance to its final.
    pub(crate) hearing: f64,
    /// From the request to the first token.
    pub(crate) first_token: f64,
    /// From one token to the next.
    pub(crate) token: f64,
    /// From the text to its first audio.
    pub(crate) first_audio: f64,
    /// How many times as long 95 of 100 take at most, where the first three are log-normal; 1 is always the same.
    pub(crate) spread: f64,
}

/// Audio is made this many times as fast as it sounds.
pub(crate) const SPEED: f64 = 4.0;

impl Default for Delays {
    fn default() -> Self {
        Self { hearing: 150.0, first_token: 300.0, token: 20.0, first_audio: 150.0, spread: 1.0 }
    }
}

impl Delays {
    /// From the end of an utterance to the first sound that any bot could play, by the medians, where it
    /// speaks with the first whole sentence of so many tokens.
    pub(crate) fn floor_ms(&self, tokens: usize) -> f64 {
        self.hearing + self.first_token + self.token * tokens.saturating_sub(1) as f64 + self.first_audio
    }

    /// One delay of that median.
    pub(crate) fn of(&self, median_ms: f64) -> Delay {
        if self.spread > 1.0 {
            Delay::Drawn { p50_ms: median_ms, p95_ms: median_ms * self.spread }
        } else {
            Delay::Fixed(Duration::from_secs_f64(median_ms / 1_000.0))
        }
    }
}

/// Messages of one socket that are not due yet, in the order in which they were put.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: VecDeque<(Instant, Utf8Bytes)>,
}

impl Outbox {
    /// Sent then, and not before what was put earlier.
    pub(crate) fn put(&mut self, due: Instant, message: Utf8Bytes) {
        let due = due.max(self.until());
        self.waiting.push_back((due, message));
    }

    /// When the last of them goes out; now, where there is none.
    pub(crate) fn until(&self) -> Instant {
        self.waiting.back().map_or_else(Instant::now, |(due, _)| *due)
    }

    /// The client's next text, while what is due goes out; `None` at the end of the socket.
    pub(crate) async fn next(&mut self, socket: &mut WebSocket) -> Option<Utf8Bytes> {
        loop {
            let due = self.waiting.front().map(|(due, _)| *due);
            tokio::select! {
                message = socket.recv() => match message? {
                    Ok(Message::Text(text)) => return Some(text),
                    Ok(Message::Close(_)) | Err(_) => return None,
                    Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_)) => {}
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    if let Some((_, text)) = self.waiting.pop_front() {
                        socket.send(Message::Text(text)).await.ok()?;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::sim::chance::Chance;

    #[test]
    fn the_floor_is_the_sum_of_what_the_first_sentence_needs() {
        assert_eq!(Delays::default().floor_ms(10), 780.0);
    }

    #[test]
    fn without_spread_a_delay_is_its_median_and_with_it_19_of_20_are_within_it() {
        let (chance, spread) = (Chance::default(), Delays { spread: 3.0, ..Delays::default() });
        assert_eq!(chance.delay(Delays::default().of(150.0)), Duration::from_millis(150));
        let draw = |_| chance.delay(spread.of(150.0)).as_secs_f64() * 1_000.0;
        let mut drawn: Vec<f64> = (0..4_000).map(draw).collect();
        drawn.sort_unstable_by(f64::total_cmp);
        assert!((drawn[2_000] / 150.0 - 1.0).abs() < 0.1, "{}", drawn[2_000]);
        assert!((drawn[3_800] / 450.0 - 1.0).abs() < 0.1, "{}", drawn[3_800]);
    }

    #[test]
    fn messages_keep_their_order_whatever_their_delays() {
        let (mut outbox, now) = (Outbox::default(), Instant::now());
        outbox.put(now + Duration::from_millis(300), "first".into());
        outbox.put(now + Duration::from_millis(100), "second".into());
        assert_eq!(outbox.until(), now + Duration::from_millis(300));
    }
}
