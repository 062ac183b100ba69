//! The bot's voice on its way back to the bot.

use std::collections::VecDeque;

use super::choices::Echo;
use crate::domain::audio::{FRAME_BYTES, FRAME_MS, bytes, samples};
use crate::sim::speech::Lexicon;

/// Played frames that have not come back yet.
pub(super) struct EchoPath {
    frames: VecDeque<Vec<u8>>,
    gain: f32,
}

impl EchoPath {
    pub(super) fn new(echo: Echo) -> Self {
        let delay = usize::try_from(echo.delay_ms.div_ceil(FRAME_MS)).unwrap_or(0);
        let gain = 10_f32.powf(-f32::from(echo.quieter_db) / 20.0);
        Self { frames: VecDeque::from(vec![vec![0; FRAME_BYTES]; delay]), gain }
    }

    /// Takes the frame that plays now (none: silence) and adds the one that comes back now to the
    /// caller's own. The caller's word mark survives; the bot's does not, being changed audio.
    pub(super) fn mix(&mut self, played: Option<&[u8]>, own: Vec<u8>, lexicon: &Lexicon) -> Vec<u8> {
        self.frames.push_back(played.map_or_else(|| vec![0; FRAME_BYTES], <[u8]>::to_vec));
        let Some(back) = self.frames.pop_front() else {
            return own;
        };
        let mixed: Vec<i16> = samples(&own)
            .into_iter()
            .zip(samples(&back))
            .map(|(own, back)| {
                #[expect(clippy::cast_possible_truncation, reason = "a quieter sample fits where it came from")]
                let echo = (f32::from(back) * self.gain) as i16;
                own.saturating_add(echo)
            })
            .collect();
        let mut frame = bytes(&mixed);
        if let Some(mark) = lexicon.read(&own) {
            lexicon.mark(&mut frame, mark);
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::sim::speech::Voice;

    #[test]
    fn the_echo_comes_back_later_and_quieter() {
        let lexicon = Lexicon::new(Voice::Made);
        let mut path = EchoPath::new(Echo { delay_ms: 40, quieter_db: 20 });
        let silence = || vec![0; FRAME_BYTES];
        let loud = bytes(&[10_000; FRAME_BYTES / 2]);
        assert_eq!(path.mix(Some(&loud), silence(), &lexicon), silence());
        assert_eq!(path.mix(None, silence(), &lexicon), silence());
        assert_eq!(samples(&path.mix(None, silence(), &lexicon))[0], 1_000);
        assert_eq!(path.mix(None, silence(), &lexicon), silence());
    }

    #[tokio::test]
    async fn the_callers_words_stay_readable_under_an_echo_and_the_echo_is_no_word() {
        let lexicon = Lexicon::new(Voice::Made);
        let own = lexicon.speak("yes", Language::English).await.audio[..FRAME_BYTES].to_vec();
        let bot = lexicon.speak("hello", Language::English).await.audio[..FRAME_BYTES].to_vec();
        let mut path = EchoPath::new(Echo { delay_ms: 0, quieter_db: 20 });
        let frame = path.mix(Some(&bot), own.clone(), &lexicon);
        assert_eq!(lexicon.read(&frame), lexicon.read(&own));
        let alone = path.mix(Some(&bot), vec![0; FRAME_BYTES], &lexicon);
        assert_eq!(lexicon.read(&alone), None);
    }
}
