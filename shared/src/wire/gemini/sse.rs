//! Server-sent events, as far as Gemini uses them: `data:` lines, a blank line between records.

/// Larger records are not for us: an answer is a few sentences.
const LARGEST: usize = 256 * 1024;

/// Puts records together from pieces that may end anywhere, also inside a character.
#[derive(Debug, Default)]
pub struct Records {
    line: Vec<u8>,
    data: String,
}

/// A record without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record of the answer is longer than {LARGEST} bytes")]
pub struct TooLong;

impl Records {
    /// The records that are whole after these bytes.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLong> {
        let mut whole = Vec::new();
        for byte in bytes {
            if *byte == b'\n' {
                whole.extend(self.end_line());
            } else {
                self.line.push(*byte);
            }
            if self.line.len() + self.data.len() > LARGEST {
                return Err(TooLong);
            }
        }
        Ok(whole)
    }

    /// The last record, where no blank line came after it.
    pub fn finish(mut self) -> Option<String> {
        let blank = self.end_line();
        blank.or_else(|| Some(self.data).filter(|data| !data.is_empty()))
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        if line.is_empty() {
            return Some(std::mem::take(&mut self.data)).filter(|data| !data.is_empty());
        }
        // Other fields and comments are not used.
        let data = line.strip_prefix(b"data:")?;
        if !self.data.is_empty() {
            self.data.push('\n');
        }
        self.data.push_str(String::from_utf8_lossy(data.strip_prefix(b" ").unwrap_or(data)).as_ref());
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "data: {\"a\":\"नमस्ते\"}\r\n\r\n: a comment\n\ndata: {\"b\":1}\n\ndata: last";

    fn records(pieces: &[&[u8]]) -> Vec<String> {
        let mut records = Records::default();
        let mut whole = Vec::new();
        for piece in pieces {
            whole.extend(records.take(piece).expect("short"));
        }
        whole.extend(records.finish());
        whole
    }

    #[test]
    fn records_are_the_same_wherever_the_pieces_end() {
        let expected = ["{\"a\":\"नमस्ते\"}", "{\"b\":1}", "last"];
        for at in 0..STREAM.len() {
            let (left, right) = STREAM.as_bytes().split_at(at);
            assert_eq!(records(&[left, right]), expected, "cut at {at}");
        }
    }

    #[test]
    fn a_record_without_end_is_refused() {
        assert_eq!(Records::default().take(&vec![b'x'; LARGEST + 1]), Err(TooLong));
    }
}
