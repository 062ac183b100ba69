//! Words over a sentence that must be heard to its end.

use super::*;

/// Says that over the greeting, which is then heard to its end.
fn over_the_greeting(words: &str, deaf_for: u64) -> Line {
    let mut line = Line::begin();
    line.wait(500);
    line.deaf_for = Some(deaf_for);
    line.speak(words, 900);
    line.wait(300);
    assert!(!line.has(&Action::Hold) && !line.has(&Action::StopPlayback), "{words}: it is heard to its end");
    line.play_one();
    line.wait(TUNING.endpoint.most_ms);
    line
}

const WISHES: [(&str, Disposition); 5] = [
    ("do not call me", Disposition::DoNotCall),
    ("connect me to an agent", Disposition::Transferred),
    ("wrong number", Disposition::WrongNumber),
    ("hello, wrong number", Disposition::WrongNumber),
    ("call me later", Disposition::CallbackRequested),
];

#[test]
fn a_wish_over_the_greeting_is_followed_once_that_is_over() {
    for (wish, expected) in WISHES {
        // The transcript comes under the greeting, and under the question after it.
        for deaf_for in [RECOGNISER_MS, 1_500] {
            let mut line = over_the_greeting(wish, deaf_for);
            assert!(line.has(&Action::StopPlayback), "{wish}: no question is asked any more");
            assert_eq!((line.disposition(), line.heard()), (Some(expected), vec![(wish, true)]), "{wish}");
            line.play_all();
            assert!(line.turn.is_over(), "{wish}");
        }
    }
}

#[test]
fn who_goes_on_after_a_wish_over_the_greeting_is_heard_out_first() {
    let mut line = Line::begin();
    line.wait(500);
    line.speak("wrong number", 700);
    line.pause(250);
    let id = line.unplayed.remove(0);
    line.event(Event::Played { id });
    line.speak("no no do not call again", 900);
    line.wait(TUNING.endpoint.most_ms);
    assert_eq!(line.heard(), [("wrong number no no do not call again", true)]);
    assert_eq!(line.disposition(), Some(Disposition::DoNotCall));
}

#[test]
fn other_words_over_the_greeting_are_kept_and_answer_nothing() {
    for words in ["hello", "who is this, tell me", "yes", "yes speaking", "I will pay tomorrow", "no"] {
        for deaf_for in [RECOGNISER_MS, 1_500] {
            let mut line = over_the_greeting(words, deaf_for);
            assert!(!line.has(&Action::StopPlayback) && !line.turn.is_confirmed(), "{words}");
            assert_eq!((line.heard(), line.said.len()), (vec![(words, false)], 2), "{words}");
            line.play_all();
            line.hear("yes");
            assert!(line.turn.is_confirmed(), "{words}: and the question is asked as ever");
        }
    }
}

#[test]
fn a_wish_that_comes_while_the_caller_still_speaks_at_the_end_of_the_greeting_cuts_what_follows() {
    let mut line = Line::begin();
    line.wait(900);
    line.spoken.push("please do not call me".to_owned());
    line.event(VOICE);
    line.wait(300);
    let id = line.unplayed.remove(0);
    line.event(Event::Played { id });
    line.wait(600);
    line.event(Event::VoiceStopped);
    line.wait(TUNING.endpoint.most_ms);
    assert_eq!(line.disposition(), Some(Disposition::DoNotCall));
}
