use super::*;
use crate::domain::call::Disposition;
use crate::domain::dialogue::{Brief, Dialogue};
use crate::domain::id::CustomerId;
use crate::domain::money::Paise;
use crate::domain::session::SessionCustomer;
use proptest::prelude::*;

const LONGEST: u64 = 600_000;

fn turn() -> Turn {
    let customer = SessionCustomer {
        id: CustomerId::new(jiff::Timestamp::UNIX_EPOCH, [7; 10]),
        name: "Kavita".to_owned(),
        state: None,
        loan_id: Some("LN-004321".to_owned()),
        amount: Some(Paise(1_500_000)),
        due_date: None,
        language: Language::English,
    };
    let brief = Brief {
        language: Language::English,
        lender: "Asha Finance".to_owned(),
        customer: Some(customer),
        agents: true,
    };
    Turn::new(Dialogue::new(brief), LONGEST)
}

/// A line on a virtual clock: plays what is said in no time when asked to, and keeps the actions.
struct Line {
    turn: Turn,
    at: u64,
    unplayed: Vec<u32>,
    said: Vec<String>,
    actions: Vec<Action>,
}

impl Line {
    fn begin() -> Self {
        let mut line = Self { turn: turn(), at: 0, unplayed: vec![], said: vec![], actions: vec![] };
        line.event(Event::StreamStarted);
        line
    }
    fn event(&mut self, event: Event) -> Vec<Action> {
        let actions = self.turn.step(event, self.at);
        for action in &actions {
            match action {
                Action::Say { id, sentence } => {
                    self.unplayed.push(*id);
                    self.said.push(sentence.text.clone());
                }
                Action::StopPlayback => self.unplayed.clear(),
                _ => {}
            }
        }
        self.actions.extend(actions.clone());
        actions
    }
    /// Lets time pass with its deadlines.
    fn wait(&mut self, ms: u64) {
        let until = self.at + ms;
        while let Some(due) = self.turn.deadline().filter(|due| *due <= until) {
            self.at = due.max(self.at);
            self.event(Event::Tick);
            if self.turn.deadline() == Some(due) {
                panic!("a deadline that does not pass: {due}");
            }
        }
        self.at = until;
    }
    fn play_one(&mut self) {
        self.wait(1_000);
        let id = self.unplayed.remove(0);
        self.event(Event::Played { id });
    }
    fn play_all(&mut self) {
        while !self.unplayed.is_empty() {
            self.play_one();
        }
    }
    fn voice(&mut self, ms: u64) {
        self.event(Event::VoiceStarted);
        self.wait(ms);
        self.event(Event::VoiceStopped);
    }
    fn hear(&mut self, text: &str) {
        self.voice(600);
        self.wait(FLUSH_AFTER_MS + 50);
        self.event(Event::Final { text: text.to_owned(), language: Some(Language::English) });
        self.wait(PATIENCE_MS);
    }
    fn has(&self, action: &Action) -> bool {
        self.actions.contains(action)
    }
    fn disposition(&self) -> Option<Disposition> {
        self.turn.outcome().disposition
    }
}

#[test]
fn a_whole_call_to_an_agent() {
    let mut line = Line::begin();
    line.play_all();
    line.hear("yes speaking");
    assert!(line.said.iter().any(|s| s.contains("fifteen thousand rupees")), "{:?}", line.said);
    line.play_all();
    line.hear("connect me to an agent");
    assert!(line.actions.iter().any(|a| matches!(a, Action::HandOver { .. })));
    assert!(!line.has(&Action::HangUp), "the hold line must be heard first");
    line.play_all();
    assert!(line.has(&Action::HangUp) && line.turn.hands_over());
    assert_eq!(line.disposition(), Some(Disposition::Transferred));
}

#[test]
fn the_callers_voice_over_the_bot_stops_it() {
    let mut line = Line::begin();
    line.play_all();
    line.hear("yes");
    line.play_one();
    line.event(Event::VoiceStarted);
    line.wait(BARGE_IN_MS - 1);
    assert!(!line.has(&Action::StopPlayback));
    line.wait(1);
    assert!(line.has(&Action::StopPlayback));
}

#[test]
fn a_cough_does_not_stop_the_bot_and_a_longer_noise_resumes_where_it_cut() {
    let mut line = Line::begin();
    line.play_all();
    line.hear("yes");
    line.voice(BARGE_IN_MS - 60);
    assert!(!line.has(&Action::StopPlayback));
    line.wait(2_000);
    line.event(Event::Final { text: String::new(), language: None });
    line.play_one();
    let cut = line.said[line.said.len() - 3].clone();
    line.voice(400);
    assert!(line.has(&Action::StopPlayback));
    line.wait(FLUSH_AFTER_MS);
    line.event(Event::Final { text: String::new(), language: None });
    line.wait(PATIENCE_MS);
    assert_eq!(line.said[line.said.len() - 3], cut, "{:?}", line.said);
    assert_eq!(line.unplayed.len(), 3);
}

#[test]
fn the_greeting_is_not_interrupted_by_a_hello() {
    let mut line = Line::begin();
    line.hear("hello");
    assert!(!line.has(&Action::StopPlayback));
    line.play_all();
    line.wait(1_000);
    assert_eq!(line.said.len(), 2, "a hello into the greeting answers nothing: {:?}", line.said);
}

#[test]
fn a_noise_that_ends_after_the_nudge_was_due_does_not_put_it_off() {
    let mut line = Line::begin();
    line.play_all();
    line.event(Event::VoiceStarted);
    line.wait(6_000);
    line.event(Event::VoiceStopped);
    line.wait(PATIENCE_MS);
    let said = line.said.len();
    line.event(Event::Final { text: String::new(), language: None });
    assert!(line.said.len() > said, "{:?}", line.said);
    assert!(line.turn.deadline().is_none_or(|due| due > line.at));
}

#[test]
fn silence_is_nudged_twice_and_then_ends() {
    let mut line = Line::begin();
    line.play_all();
    for _ in 0..2 {
        line.wait(NUDGE_AFTER_MS);
        assert!(line.said[line.said.len() - 2].contains("did not hear"), "{:?}", line.said);
        line.play_all();
    }
    line.wait(NUDGE_AFTER_MS);
    line.play_all();
    assert!(line.has(&Action::HangUp));
    assert_eq!(line.disposition(), Some(Disposition::NoResponse));
}

#[test]
fn a_wrong_person_hears_an_apology_and_nothing_about_a_debt() {
    let mut line = Line::begin();
    line.play_all();
    line.hear("no, wrong number");
    line.play_all();
    assert!(line.has(&Action::HangUp));
    assert_eq!(line.disposition(), Some(Disposition::WrongNumber));
    assert!(line.said.iter().all(|s| !s.contains("loan") && !s.contains("rupees")), "{:?}", line.said);
}

#[test]
fn a_promise_is_recorded() {
    let mut line = Line::begin();
    line.play_all();
    line.hear("yes");
    line.play_all();
    line.hear("I will pay tomorrow");
    line.play_all();
    assert_eq!(line.disposition(), Some(Disposition::PromiseToPay));
}

#[test]
fn key_1_means_an_agent_while_speaking_listening_and_saying_goodbye() {
    for moment in 0..3 {
        let mut line = Line::begin();
        if moment > 0 {
            line.play_all();
        }
        if moment > 1 {
            line.hear("wrong number");
        }
        line.event(Event::Dtmf { digit: '1' });
        line.play_all();
        assert!(line.turn.hands_over() && line.has(&Action::HangUp), "moment {moment}");
    }
}

#[test]
fn another_key_says_the_question_again() {
    let mut line = Line::begin();
    line.play_all();
    line.event(Event::Dtmf { digit: '2' });
    assert!(line.said.last().expect("something").contains("Am I speaking with"));
}

#[test]
fn a_transcript_that_never_comes_is_asked_for_again_within_three_seconds() {
    let mut line = Line::begin();
    line.play_all();
    line.voice(600);
    line.wait(FLUSH_AFTER_MS + FINAL_WAIT_MS);
    assert!(line.said[line.said.len() - 2].contains("did not understand"), "{:?}", line.said);
    let said = line.said.len();
    line.event(Event::Final { text: "no".to_owned(), language: None });
    line.play_all();
    line.wait(1_000);
    assert_eq!(line.said.len(), said, "late news is dropped");
    assert!(!line.has(&Action::HangUp));
}

#[test]
fn a_pause_inside_an_answer_joins_its_two_parts() {
    let mut line = Line::begin();
    line.play_all();
    line.hear("yes");
    line.play_all();
    line.voice(500);
    line.wait(FLUSH_AFTER_MS + 50);
    line.event(Event::Final { text: "I don't want".to_owned(), language: None });
    line.wait(PATIENCE_MS / 4);
    line.voice(500);
    line.wait(FLUSH_AFTER_MS + 50);
    line.event(Event::Final { text: "to talk to an agent".to_owned(), language: None });
    line.wait(PATIENCE_MS);
    let heard: Vec<_> = line
        .actions
        .iter()
        .filter_map(|a| if let Action::Heard { text, .. } = a { Some(text.as_str()) } else { None })
        .collect();
    assert_eq!(heard, ["yes", "I don't want to talk to an agent"]);
    assert_eq!(line.disposition(), Some(Disposition::Informed));
}

#[test]
fn an_answer_into_the_end_of_the_question_counts() {
    let mut line = Line::begin();
    line.play_one();
    line.wait(300);
    line.event(Event::VoiceStarted);
    line.wait(100);
    let id = line.unplayed.remove(0);
    line.event(Event::Played { id });
    line.wait(200);
    line.event(Event::VoiceStopped);
    line.wait(FLUSH_AFTER_MS + 20);
    line.event(Event::Final { text: "yes".to_owned(), language: None });
    line.wait(PATIENCE_MS);
    assert!(line.turn.is_confirmed());
}

#[test]
fn a_hand_over_asked_for_at_the_dashboard_stops_the_bot() {
    let mut line = Line::begin();
    line.event(Event::HandOverRequested);
    assert!(line.has(&Action::StopPlayback));
    line.play_all();
    assert!(line.turn.hands_over() && line.turn.is_over());
}

#[test]
fn without_hearing_the_key_is_offered_and_then_an_apology() {
    let mut line = Line::begin();
    line.event(Event::HearingLost);
    assert!(line.said.last().expect("something").contains("press 1"));
    line.play_all();
    line.wait(NUDGE_AFTER_MS);
    line.play_all();
    assert!(line.has(&Action::HangUp));
    assert_eq!(line.disposition(), Some(Disposition::Broken));
}

#[test]
fn without_a_voice_the_call_ends() {
    let mut line = Line::begin();
    line.event(Event::SpeechFailed { id: 1 });
    assert!(line.turn.is_over() && line.has(&Action::HangUp));
    assert_eq!(line.disposition(), Some(Disposition::Broken));
}

#[test]
fn the_longest_call_ends_with_a_goodbye() {
    let mut line = Line::begin();
    line.at = LONGEST;
    line.event(Event::Tick);
    line.play_all();
    assert!(line.turn.is_over());
}

#[test]
fn who_hangs_up_in_mid_conversation_hung_up_but_a_wish_already_heard_stays() {
    let mut line = Line::begin();
    line.event(Event::Closed);
    assert_eq!(line.disposition(), Some(Disposition::HungUp));
    let mut line = Line::begin();
    line.play_all();
    line.hear("don't call me again");
    line.event(Event::Closed);
    assert_eq!(line.disposition(), Some(Disposition::DoNotCall));
}

#[test]
fn a_steady_noise_does_not_hold_the_line_for_ever() {
    let mut line = Line::begin();
    line.play_all();
    line.event(Event::VoiceStarted);
    line.wait(LONGEST_UTTERANCE_MS);
    assert!(line.has(&Action::SpeechEnd));
    line.wait(FINAL_WAIT_MS);
    assert!(line.said.iter().any(|s| s.contains("did not understand")));
}

fn any_event() -> impl Strategy<Value = Event> {
    let texts = [
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
    ];
    let text = prop::sample::select(texts.to_vec());
    let language =
        prop::sample::select(vec![None, Some(Language::Hindi), Some(Language::English), Some(Language::Tamil)]);
    prop_oneof![
        Just(Event::StreamStarted),
        Just(Event::VoiceStarted),
        Just(Event::VoiceStopped),
        Just(Event::Tick),
        Just(Event::HearingLost),
        Just(Event::HandOverRequested),
        (0_u32..12).prop_map(|id| Event::Played { id }),
        (0_u32..12).prop_map(|id| Event::SpeechFailed { id }),
        prop::sample::select(vec!['1', '2', '#']).prop_map(|digit| Event::Dtmf { digit }),
        text.clone().prop_map(|text| Event::Partial { text: text.to_owned() }),
        (text, language).prop_map(|(text, language)| Event::Final { text: text.to_owned(), language }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn no_sequence_of_events_makes_a_debt_sentence_before_a_yes(
        events in prop::collection::vec((any_event(), 0_u64..4_000), 1..40),
    ) {
        let mut turn = turn();
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
                        let debt = ["loan", "fifteen thousand", "four three", "चार तीन", "लोन", "கடன்", "credit", "क्रेडिट"];
                        let about_debt = debt.iter().any(|word| sentence.text.contains(word));
                        prop_assert!(!about_debt || (heard_yes && turn.is_confirmed()), "{}", sentence.text);
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn no_deadline_is_met_twice(events in prop::collection::vec((any_event(), 0_u64..4_000), 1..40)) {
        let mut turn = turn();
        let mut at = 0;
        turn.step(Event::StreamStarted, at);
        for (event, after) in events {
            at += after;
            turn.step(event, at);
            prop_assert!(turn.deadline().is_none_or(|due| due > at), "{:?} at {at}", turn.deadline());
        }
    }
}
