//! Both sides of a call on one tape: the caller on the left as the line brought it, the bot on the
//! right at the moments at which it sounded. What is final goes to a file on the scratch disk.
//! Whatever fails in here costs the recording and never the call.

use std::collections::VecDeque;

use tempfile::TempPath;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::tape::{self, Tape};
use crate::domain::audio::{FRAME_BYTES, LineRate, SAMPLE_RATE_HZ, bytes, samples};
use crate::domain::vad::rms;

/// Samples per millisecond.
const MS: u64 = SAMPLE_RATE_HZ as u64 / 1_000;
/// In samples.
const FRAME: u64 = FRAME_BYTES as u64 / 2;
/// Written at a time: a second is 32 kB. More costs memory in every call, less costs system calls.
const CHUNK: u64 = SAMPLE_RATE_HZ as u64;
/// The newest part of the tape stays in memory: a sentence may still be placed in it.
const OPEN_END: u64 = 200 * MS;
/// Chunks that may wait for the disk: one that stands still for eight seconds loses the recording.
const WAITING: usize = 8;
/// A line whose clock runs faster than ours brings more audio than time: it then loses a frame that
/// nobody would miss.
const QUIET_RMS: f32 = 120.0;

/// The recording of one call under way.
pub(super) struct Recorder {
    rate: LineRate,
    /// Both tracks are final up to here and gone to the disk.
    written: u64,
    /// The caller from there on.
    caller: Vec<i16>,
    /// Pieces of the bot that end after that: when each begins, in samples.
    bot: VecDeque<(u64, Vec<i16>)>,
    /// None once it failed.
    disk: Option<mpsc::Sender<Vec<u8>>>,
    tape: JoinHandle<Option<TempPath>>,
}

impl Recorder {
    /// An empty tape for a line of that rate.
    pub(super) fn start(rate: LineRate) -> Self {
        let (disk, chunks) = mpsc::channel(WAITING);
        let tape = tokio::spawn(async move { tape::fill(Tape::new().await, chunks).await });
        Self { rate, written: 0, caller: Vec::new(), bot: VecDeque::new(), disk: Some(disk), tape }
    }

    /// Audio of the caller as it came, which ended at `end_ms`; not known before a whole frame came.
    pub(super) fn caller(&mut self, audio: &[u8], end_ms: Option<u64>) {
        let audio = samples(&self.rate.heard(audio));
        let here = self.written + self.caller.len() as u64;
        let start = end_ms.map_or(here, |end| (end * MS).saturating_sub(audio.len() as u64));
        let ahead = here.saturating_sub(start);
        if ahead >= 2 * FRAME && rms(&audio) < QUIET_RMS {
            return;
        }
        // Less than a frame is the line's own jitter: the audio is whole.
        if start >= here + FRAME {
            self.caller.resize((start - self.written) as usize, 0);
        }
        self.caller.extend(audio);
        self.write();
    }

    /// A piece of the bot that begins to sound at `start_ms`.
    pub(super) fn bot(&mut self, piece: &[u8], start_ms: u64) {
        self.bot.push_back((start_ms * MS, samples(piece)));
    }

    /// The line's queue was emptied: what sounded then is played out, the rest never sounds.
    pub(super) fn cleared(&mut self, at_ms: u64) {
        self.bot.retain(|(start, _)| *start < at_ms * MS);
    }

    /// The tape up to `end_ms`, on the disk; none where it failed.
    pub(super) async fn finish(mut self, end_ms: u64) -> Option<TempPath> {
        let disk = self.disk.take()?;
        self.cleared(end_ms);
        let end = (self.written + self.caller.len() as u64).max(end_ms * MS);
        self.caller.resize((end - self.written) as usize, 0);
        while self.written < end {
            let chunk = self.cut(CHUNK.min(end - self.written));
            // A disk that fails closes the channel.
            disk.send(chunk).await.ok()?;
        }
        drop(disk);
        self.tape.await.ok().flatten()
    }

    /// Whatever is final.
    fn write(&mut self) {
        while self.caller.len() as u64 >= CHUNK + OPEN_END {
            let chunk = self.cut(CHUNK);
            if self.disk.as_ref().is_some_and(|disk| disk.try_send(chunk).is_err()) {
                tracing::warn!("the scratch disk does not take the recording; this call has none");
                self.disk = None;
            }
        }
    }

    /// Takes the oldest `length` samples off both tracks.
    fn cut(&mut self, length: u64) -> Vec<u8> {
        let (from, until) = (self.written, self.written + length);
        let mut right = vec![0_i16; length as usize];
        for (start, piece) in &self.bot {
            let (first, last) = (from.max(*start), until.min(start + piece.len() as u64));
            if first < last {
                let sounding = &piece[(first - start) as usize..(last - start) as usize];
                right[(first - from) as usize..(last - from) as usize].copy_from_slice(sounding);
            }
        }
        self.bot.retain(|(start, piece)| start + piece.len() as u64 > until);
        self.written = until;
        let both: Vec<i16> = self.caller.drain(..length as usize).zip(right).flat_map(|(l, r)| [l, r]).collect();
        bytes(&both)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tape that nobody takes; with the chunks that went to it.
    fn held(waiting: usize) -> (Recorder, mpsc::Receiver<Vec<u8>>) {
        let (disk, chunks) = mpsc::channel(waiting);
        let (rate, tape) = (LineRate::of(None), tokio::spawn(async { None }));
        let bot = VecDeque::new();
        (Recorder { rate, written: 0, caller: Vec::new(), bot, disk: Some(disk), tape }, chunks)
    }

    fn frame(height: i16) -> Vec<u8> {
        bytes(&[height; FRAME as usize])
    }

    async fn tracks(recorder: Recorder, mut chunks: mpsc::Receiver<Vec<u8>>, end_ms: u64) -> [Vec<i16>; 2] {
        recorder.finish(end_ms).await;
        let mut both = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            both.extend(samples(&chunk));
        }
        [0, 1].map(|track| both.iter().skip(track).step_by(2).copied().collect())
    }

    fn at(track: &[i16], ms: u64) -> i16 {
        track[(ms * MS) as usize]
    }

    #[tokio::test]
    async fn audio_stands_at_its_times_and_silence_where_the_line_lost_some() {
        let (mut recorder, chunks) = held(99);
        for end in (20..=2_000).step_by(20) {
            recorder.caller(&frame(1), Some(end));
        }
        // 500 ms are lost.
        for end in (2_520..=3_000).step_by(20) {
            recorder.caller(&frame(2), Some(end));
        }
        recorder.bot(&bytes(&[7; 1_600]), 3_100);
        let [left, right] = tracks(recorder, chunks, 3_400).await;
        assert_eq!(left.len(), 3_400 * MS as usize);
        assert_eq!([0, 1_999, 2_000, 2_499, 2_500, 2_999, 3_000].map(|ms| at(&left, ms)), [1, 1, 0, 0, 2, 2, 0]);
        assert_eq!([3_099, 3_100, 3_299, 3_300].map(|ms| at(&right, ms)), [0, 7, 7, 0]);
    }

    #[tokio::test]
    async fn what_is_cleared_is_not_on_the_tape_but_for_the_piece_that_plays() {
        let (mut recorder, chunks) = held(99);
        for (piece, height) in (0..3).zip([5_i16, 6, 7]) {
            recorder.bot(&bytes(&[height; 1_600]), piece * 200);
        }
        recorder.cleared(210);
        recorder.bot(&bytes(&[8; 1_600]), 500);
        let [_, right] = tracks(recorder, chunks, 1_000).await;
        assert_eq!([0, 199, 200, 399, 400, 499, 500, 699, 700].map(|ms| at(&right, ms)), [5, 5, 6, 6, 0, 0, 8, 8, 0]);
    }

    #[tokio::test]
    async fn the_first_group_of_frames_stands_where_it_was_said() {
        let (mut recorder, chunks) = held(99);
        recorder.caller(&frame(1).repeat(5), Some(100));
        recorder.caller(&frame(2).repeat(5), Some(200));
        let [left, _] = tracks(recorder, chunks, 200).await;
        assert_eq!((left.len(), at(&left, 0), at(&left, 99), at(&left, 100)), (1_600, 1, 1, 2));
    }

    #[tokio::test]
    async fn a_line_that_runs_ahead_of_the_clock_loses_quiet_frames_only() {
        let (mut recorder, chunks) = held(99);
        // 25 frames in the time of 24.
        for n in 1..=100_u64 {
            recorder.caller(&frame(if (45..60).contains(&n) { 9_000 } else { 3 }), Some(n * 20 * 24 / 25));
        }
        let [left, _] = tracks(recorder, chunks, 1_920).await;
        assert!(left.len() as u64 <= (1_920 + 40) * MS, "{}", left.len());
        assert_eq!(left.iter().filter(|sample| **sample == 9_000).count() as u64, 15 * FRAME);
    }

    #[tokio::test]
    async fn memory_is_bounded_while_the_caller_talks_and_while_the_disk_stands_still() {
        let (mut recorder, mut chunks) = held(2);
        for end in (20..=3_000).step_by(20) {
            recorder.bot(&frame(1), end);
            recorder.caller(&frame(1), Some(end));
            assert!(recorder.caller.len() as u64 <= CHUNK + OPEN_END + FRAME && recorder.bot.len() <= 63);
        }
        assert!(recorder.disk.is_some());
        for end in (3_020..=10_000).step_by(20) {
            recorder.caller(&frame(1), Some(end));
        }
        assert!(recorder.disk.is_none(), "nobody took it");
        assert!(recorder.finish(10_000).await.is_none());
        assert_eq!(chunks.recv().await.map(|chunk| chunk.len()), Some(32_000));
    }
}
