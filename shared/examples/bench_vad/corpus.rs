//! People who answer the phone: sentences of two parts with a pause between them, each line another
//! language, each sentence another voice.

use std::io;
use std::process::{Command, Stdio};

use shared::domain::audio::{Downsampler, FRAME_SAMPLES, SAMPLE_RATE_HZ, samples};

use crate::noise::Random;

const LEAD_MS: u64 = 2_500;
/// Only noise, after the last word.
const TAIL_MS: u64 = 15_000;
/// Loud and soft lines (RMS of what is spoken, about -17 to -33 dBFS).
const LEVELS: [f32; 4] = [2_300.0, 4_600.0, 730.0, 1_450.0];
const VOICES: [&str; 6] = ["m1", "f2", "m3", "f4", "m7", "f5"];

/// Four answers in two parts each, as they might be given.
const SAID: [(&str, [[&str; 2]; 4]); 11] = [
    (
        "en",
        [
            ["hello", "who is calling please"],
            ["yes", "this is Rajesh speaking"],
            ["my account number is four seven", "two nine"],
            ["not now", "please call in the evening"],
        ],
    ),
    (
        "hi",
        [
            ["नमस्ते", "कौन बोल रहा है"],
            ["हाँ जी", "मैं राजेश बोल रहा हूँ"],
            ["मेरा खाता नंबर चार सात", "दो नौ है"],
            ["अभी समय नहीं है", "शाम को फोन कीजिए"],
        ],
    ),
    (
        "ta",
        [
            ["வணக்கம்", "யார் பேசுவது"],
            ["ஆமாம்", "நான் ராஜேஷ் பேசுகிறேன்"],
            ["என் கணக்கு எண் நான்கு ஏழு", "இரண்டு ஒன்பது"],
            ["இப்போது நேரம் இல்லை", "மாலையில் அழையுங்கள்"],
        ],
    ),
    (
        "te",
        [
            ["నమస్కారం", "ఎవరు మాట్లాడుతున్నారు"],
            ["అవును", "నేను రాజేష్ మాట్లాడుతున్నాను"],
            ["నా ఖాతా సంఖ్య నాలుగు ఏడు", "రెండు తొమ్మిది"],
            ["ఇప్పుడు సమయం లేదు", "సాయంత్రం ఫోన్ చేయండి"],
        ],
    ),
    (
        "kn",
        [
            ["ನಮಸ್ಕಾರ", "ಯಾರು ಮಾತನಾಡುತ್ತಿರುವುದು"],
            ["ಹೌದು", "ನಾನು ರಾಜೇಶ್ ಮಾತನಾಡುತ್ತಿದ್ದೇನೆ"],
            ["ನನ್ನ ಖಾತೆ ಸಂಖ್ಯೆ ನಾಲ್ಕು ಏಳು", "ಎರಡು ಒಂಬತ್ತು"],
            ["ಈಗ ಸಮಯ ಇಲ್ಲ", "ಸಂಜೆ ಕರೆ ಮಾಡಿ"],
        ],
    ),
    (
        "ml",
        [
            ["നമസ്കാരം", "ആരാണ് വിളിക്കുന്നത്"],
            ["അതെ", "ഞാൻ രാജേഷ് ആണ് സംസാരിക്കുന്നത്"],
            ["എന്റെ അക്കൗണ്ട് നമ്പർ നാല് ഏഴ്", "രണ്ട് ഒൻപത്"],
            ["ഇപ്പോൾ സമയമില്ല", "വൈകുന്നേരം വിളിക്കൂ"],
        ],
    ),
    (
        "mr",
        [
            ["नमस्कार", "कोण बोलत आहे"],
            ["हो", "मी राजेश बोलत आहे"],
            ["माझा खाते क्रमांक चार सात", "दोन नऊ आहे"],
            ["आत्ता वेळ नाही", "संध्याकाळी फोन करा"],
        ],
    ),
    (
        "gu",
        [
            ["નમસ્તે", "કોણ બોલે છે"],
            ["હા", "હું રાજેશ બોલું છું"],
            ["મારો ખાતા નંબર ચાર સાત", "બે નવ છે"],
            ["અત્યારે સમય નથી", "સાંજે ફોન કરો"],
        ],
    ),
    (
        "bn",
        [
            ["নমস্কার", "কে বলছেন"],
            ["হ্যাঁ", "আমি রাজেশ বলছি"],
            ["আমার খাতা নম্বর চার সাত", "দুই নয়"],
            ["এখন সময় নেই", "সন্ধ্যায় ফোন করুন"],
        ],
    ),
    (
        "pa",
        [
            ["ਸਤ ਸ੍ਰੀ ਅਕਾਲ", "ਕੌਣ ਬੋਲ ਰਿਹਾ ਹੈ"],
            ["ਹਾਂ ਜੀ", "ਮੈਂ ਰਾਜੇਸ਼ ਬੋਲ ਰਿਹਾ ਹਾਂ"],
            ["ਮੇਰਾ ਖਾਤਾ ਨੰਬਰ ਚਾਰ ਸੱਤ", "ਦੋ ਨੌਂ ਹੈ"],
            ["ਹੁਣ ਸਮਾਂ ਨਹੀਂ ਹੈ", "ਸ਼ਾਮ ਨੂੰ ਫੋਨ ਕਰੋ"],
        ],
    ),
    (
        "or",
        [["ନମସ୍କାର", "କିଏ କହୁଛନ୍ତି"], ["ହଁ", "ମୁଁ ରାଜେଶ କହୁଛି"], ["ମୋ ଖାତା ନମ୍ବର ଚାରି ସାତ", "ଦୁଇ ନଅ"], ["ଏବେ ସମୟ ନାହିଁ", "ସନ୍ଧ୍ୟାରେ ଫୋନ କରନ୍ତୁ"]],
    ),
];

/// A stretch of speech, in samples.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Part {
    pub(crate) fn of(self, samples: &[f32]) -> Vec<i16> {
        samples[self.start..self.end].iter().map(|sample| sample.round() as i16).collect()
    }
}

/// One line without its noise.
pub(crate) struct Clip {
    pub(crate) samples: Vec<f32>,
    pub(crate) parts: Vec<Part>,
}

/// All lines, spoken anew.
pub(crate) fn speak() -> io::Result<Vec<Clip>> {
    SAID.iter().enumerate().map(|(number, (language, answers))| clip(number, language, answers)).collect()
}

fn clip(number: usize, language: &str, answers: &[[&str; 2]; 4]) -> io::Result<Clip> {
    let mut random = Random::new(number as u64);
    let mut samples = silence(LEAD_MS);
    let mut parts = Vec::new();
    let level = LEVELS[number % LEVELS.len()];
    for (index, answer) in answers.iter().enumerate() {
        let voice = format!("{language}+{}", VOICES[(number + index) % VOICES.len()]);
        let (speed, pitch) = (random.between(135, 185), random.between(30, 70));
        for (half, pause_ms) in answer.iter().zip([random.between(300, 600), random.between(900, 2_200)]) {
            let spoken = say(&voice, speed, pitch, half, level)?;
            let start = samples.len();
            samples.extend(spoken);
            parts.push(Part { start, end: samples.len() });
            samples.extend(silence(pause_ms));
        }
    }
    samples.extend(silence(TAIL_MS));
    Ok(Clip { samples, parts })
}

fn silence(ms: u64) -> Vec<f32> {
    vec![0.0; ms as usize * SAMPLE_RATE_HZ as usize / 1_000]
}

fn say(voice: &str, speed: u64, pitch: u64, text: &str, level: f32) -> io::Result<Vec<f32>> {
    let output = Command::new("espeak-ng")
        .args(["-v", voice, "-s", &speed.to_string(), "-p", &pitch.to_string(), "-b", "1", "--stdout", text])
        .stderr(Stdio::null())
        .output()?;
    let wav = output.stdout;
    let rate = wav.get(24..28).and_then(|rate| rate.first_chunk()).map(|rate| u32::from_le_bytes(*rate));
    let rate = rate.ok_or_else(|| io::Error::other(format!("espeak-ng did not speak as {voice}")))?;
    let mut resampler = Downsampler::new(rate);
    let mut audio = resampler.take(&samples(&wav[44..]));
    audio.extend(resampler.finish());
    let audio = trimmed(&audio);
    let gain = level / power(audio).sqrt().max(1.0);
    Ok(audio.iter().map(|sample| (sample * gain).clamp(-32_000.0, 32_000.0)).collect())
}

/// Without what is 38 dB below the loudest half frame at both ends.
fn trimmed(audio: &[f32]) -> &[f32] {
    const STEP: usize = FRAME_SAMPLES / 2;
    let powers: Vec<f32> = audio.chunks(STEP).map(power).collect();
    let limit = powers.iter().copied().fold(0.0, f32::max) / 6_310.0;
    let first = powers.iter().position(|power| *power > limit).unwrap_or(0);
    let last = powers.iter().rposition(|power| *power > limit).unwrap_or(0);
    &audio[first * STEP..audio.len().min((last + 1) * STEP)]
}

/// Mean square.
pub(crate) fn power(audio: &[f32]) -> f32 {
    audio.iter().map(|sample| sample * sample).sum::<f32>() / audio.len().max(1) as f32
}
