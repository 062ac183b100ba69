//! What holds whatever happens.

use proptest::prelude::*;

use super::*;

const TEXTS: [&str; 16] = [
    "yes",
    "no",
    "ok",
    "hello",
    "agent",
    "I will pay",
    "wrong number",
    "",
    "call later",
    "haan",
    "what",
    "हाँ",
    "जी",
    "not sure",
    "and",
    "98765",
];

fn any_event() -> impl Strategy<Value = Event> {
    let text = prop::sample::select(TEXTS.to_vec());
    let language =
        prop::sample::select(vec![None, Some(Language::Hindi), Some(Language::English), Some(Language::Tamil)]);
    prop_oneof![
        Just(Event::StreamStarted),
        prop::option::of(0_u8..60).prop_map(|over_floor_db| Event::VoiceStarted { over_floor_db }),
        Just(Event::VoiceStopped),
        Just(Event::VoiceSuspected),
        Just(Event::Tick),
        Just(Event::HearingLost),
        Just(Event::OverQuota),
        Just(Event::HandOverRequested),
        (0_u32..12).prop_map(|id| Event::Played { id }),
        (0_u32..12).prop_map(|id| Event::SpeechFailed { id }),
        prop::sample::select(vec!['1', '2', '#']).prop_map(|digit| Event::Dtmf { digit }),
        text.clone().prop_map(|text| Event::Partial { text: text.to_owned() }),
        (text, language).prop_map(|(text, language)| Event::Final { text: text.to_owned(), language }),
    ]
}

/// What a caller does on a line that behaves.
#[derive(Debug, Clone)]
enum Move {
    /// So many words in so many milliseconds each.
    Speak(&'static str, u64),
    /// A cough.
    Sound(u64),
    Wait(u64),
    /// The bot's next sentence is heard to its end.
    Hear,
    /// The carrier tells late that a sentence was played which was stopped.
    Late,
    Key(char),
    Slow(u64),
}

fn any_move() -> impl Strategy<Value = Move> {
    let words = prop::sample::select(TEXTS.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>());
    prop_oneof![
        4 => (words, 200_u64..1_500).prop_map(|(text, ms)| Move::Speak(text, ms)),
        1 => (100_u64..1_500).prop_map(Move::Sound),
        4 => (0_u64..2_500).prop_map(Move::Wait),
        4 => Just(Move::Hear),
        1 => Just(Move::Late),
        1 => prop::sample::select(vec!['2', '#']).prop_map(Move::Key),
        1 => (100_u64..900).prop_map(Move::Slow),
    ]
}

/// Has the conversation. Every spoken word gets a number, to be found again.
fn converse(moves: &[Move]) -> (Line, Vec<String>) {
    let mut line = Line::begin();
    let mut spoken = Vec::new();
    for (number, step) in moves.iter().enumerate() {
        if line.turn.is_over() {
            break;
        }
        match step {
            Move::Speak(text, ms) => {
                let word = format!("{text} x{number}x");
                spoken.push(format!("x{number}x"));
                line.speak(&word, *ms);
            }
            Move::Sound(ms) => line.sound(*ms),
            Move::Wait(ms) => line.wait(*ms),
            Move::Late => {
                if let Some(id) = line.stopped.last().copied() {
                    assert_eq!(line.event(Event::Played { id }), [], "news of what was stopped");
                }
            }
            Move::Hear if line.unplayed.is_empty() || line.held => line.wait(300),
            Move::Hear => {
                line.wait(700);
                if !line.held && !line.unplayed.is_empty() {
                    let id = line.unplayed.remove(0);
                    line.event(Event::Played { id });
                }
            }
            Move::Key(digit) => {
                line.event(Event::Dtmf { digit: *digit });
            }
            Move::Slow(ms) => line.deaf_for = Some(*ms),
        }
    }
    line.wait(5_000);
    line.event(Event::Closed);
    line.wait(3_000);
    (line, spoken)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn no_sequence_of_events_makes_a_debt_sentence_before_a_yes(
        events in prop::collection::vec((any_event(), 0_u64..4_000), 1..40),
    ) {
        let mut turn = beginning(Speculation::LlmTts, None).turn();
        let mut at = 0;
        let mut heard_yes = false;
        turn.step(Event::StreamStarted, at);
        for (event, after) in events {
            at += after;
            for action in turn.step(event, at) {
                match action {
                    Action::Heard { text, .. } => {
                        heard_yes |= ["yes", "haan", "हाँ", "जी"].iter().any(|yes| text.contains(yes));
                    }
                    Action::Say { sentence, .. } => {
                        let debt = ["loan", "thousand rupees", "हज़ार रुपये", "four three", "चार तीन", "लोन", "கடன்", "credit", "क्रेडिट"];
                        let about_debt = debt.iter().any(|word| sentence.text.contains(word));
                        prop_assert!(!about_debt || (heard_yes && turn.is_confirmed()), "{}", sentence.text);
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn no_deadline_is_met_twice_and_the_same_events_make_the_same_actions(
        events in prop::collection::vec((any_event(), 0_u64..4_000), 1..40),
    ) {
        let play = || {
            let mut turn = beginning(Speculation::LlmTts, None).turn();
            let mut at = 0;
            let mut done = turn.step(Event::StreamStarted, at);
            for (event, after) in events.clone() {
                at += after;
                done.extend(turn.step(event, at));
                if let Some(due) = turn.deadline() {
                    assert!(due > at, "{due} at {at}");
                }
            }
            done
        };
        prop_assert_eq!(play(), play());
    }
}

proptest! {
    // Each is a whole conversation.
    #![proptest_config(ProptestConfig::with_cases(128))]
    /// The line itself checks the rest: nothing prepared is said before the turn is over, nothing is
    /// held that does not sound, what was stopped is played for nobody, no deadline stays.
    #[test]
    fn every_word_is_on_record_exactly_once(moves in prop::collection::vec(any_move(), 1..30)) {
        let (line, spoken) = converse(&moves);
        let record = line.heard().into_iter().map(|(text, _)| text).collect::<Vec<_>>().join(" ");
        for word in spoken {
            prop_assert_eq!(record.matches(&word).count(), 1, "{} in `{}`", word, record);
        }
    }

    #[test]
    fn whoever_has_spoken_hears_something_within_three_seconds(
        moves in prop::collection::vec(any_move(), 1..30),
    ) {
        let (line, _) = converse(&moves);
        let mut waiting_since: Option<u64> = None;
        // Since when the bot is silent: whoever is spoken to does not wait.
        let mut silent_since = 0;
        for (at, action) in &line.actions {
            match action {
                Action::Say { .. } | Action::Resume => {
                    if let Some(since) = waiting_since.take() {
                        prop_assert!(at - since < 3_000, "{} ms before {:?}", at - since, action);
                    }
                }
                // A turn that is answered ended at `end_ms`.
                Action::Heard { answered: true, end_ms, .. } => waiting_since = Some(silent_since.max(*end_ms)),
                Action::Hold => waiting_since = waiting_since.or(Some(*at)),
                // Whoever speaks does not wait.
                Action::SpeechEnd => waiting_since = waiting_since.map(|_| *at),
                Action::StopPlayback => silent_since = waiting_since.take().unwrap_or(*at),
                Action::HangUp => waiting_since = None,
                _ => {}
            }
        }
    }
}
