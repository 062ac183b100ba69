//! UTF-16: told apart from other texts and from no text, and decoded while it is read.

use std::io::Read;

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_16BE, UTF_16LE};

const READ_BYTES: usize = 256 * 1024;
/// Enough of a file without a mark to see that it is text.
const LOOKED_AT: usize = 4096;

/// Which UTF-16 a file is that starts like this; `None` where it is none.
pub(super) fn utf16_of(head: &[u8]) -> Option<&'static Encoding> {
    match head {
        [0xFF, 0xFE, ..] => Some(UTF_16LE),
        [0xFE, 0xFF, ..] => Some(UTF_16BE),
        _ => without_mark(head),
    }
}

/// Headers and separators are plain letters somewhere, so every other byte of theirs is zero.
fn without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let seen = &head[..head.len().min(LOOKED_AT)];
    let zeros = |place: usize| seen.iter().skip(place).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let encoding = match () {
        () if odd > 4 && even == 0 => UTF_16LE,
        () if even > 4 && odd == 0 => UTF_16BE,
        () => return None,
    };
    // The last character may be cut in two.
    let (text, _) = encoding.decode_without_bom_handling(&seen[..seen.len() / 2 * 2]);
    let whole = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
    let odd_ones = |c: char| c == char::REPLACEMENT_CHARACTER || c.is_control() && !matches!(c, '\t' | '\r' | '\n');
    (!whole.contains(odd_ones) && whole.contains(['\n', '\r'])).then_some(encoding)
}

/// UTF-16 as UTF-8, decoded while it is read.
pub(super) struct Utf16Text<R> {
    source: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_start: usize,
    raw_end: usize,
    at_end: bool,
    finished: bool,
}

impl<R: Read> Utf16Text<R> {
    pub(super) fn new(source: R, decoder: Decoder) -> Self {
        Self { source, decoder, raw: vec![0; READ_BYTES], raw_start: 0, raw_end: 0, at_end: false, finished: false }
    }
}

impl<R: Read> Read for Utf16Text<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        // A decoder that has seen the end may not be asked again.
        while !self.finished {
            if self.raw_start == self.raw_end && !self.at_end {
                self.raw_end = self.source.read(&mut self.raw)?;
                self.raw_start = 0;
                self.at_end = self.raw_end == 0;
            }
            let raw = &self.raw[self.raw_start..self.raw_end];
            let (result, read, written, _) = self.decoder.decode_to_utf8(raw, out, self.at_end);
            self.raw_start += read;
            self.finished = self.at_end && result == CoderResult::InputEmpty;
            // Less room than one character needs: the taker comes back with an empty buffer.
            if written > 0 || out.len() < 4 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}
