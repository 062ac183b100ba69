//! A promise that is read back: only what was heard of it can be agreed to.

use super::*;

/// The promise is being read back, since now.
fn reading_back() -> Line {
    let mut line = Line::confirmed();
    line.hear("I will pay tomorrow");
    line.calls("record_promise", json!({"date": "tomorrow", "amount": 15_000}));
    assert!(line.said.last().is_some_and(|said| said.ends_with("Is that right?")), "{:?}", line.said);
    line
}

/// How long all of it takes to be heard.
fn length(line: &Line) -> u64 {
    line.said.last().map_or(0, |said| said.chars().count() as u64 * SPOKEN_CHARACTER_MS)
}

/// Hears the rest of it, and whatever the caller said is over.
fn heard_out(line: &mut Line) {
    line.play_all();
    line.wait(TUNING.endpoint.most_ms);
}

#[test]
fn a_nod_before_the_promise_is_half_read_back_agrees_to_nothing() {
    for nod in ["haan", "ok", "yes", "haan theek hai"] {
        let mut line = reading_back();
        line.wait(500);
        line.speak(nod, 300);
        heard_out(&mut line);
        assert_eq!((line.turn.outcome().promise, line.heard().last()), (None, Some(&(nod, false))), "{nod}");
        assert!(line.turn.is_listening() && !line.has(&Action::Hold), "{nod}: it was read to its end");
        line.hear("yes");
        assert_eq!(line.disposition(), Some(Disposition::PromiseToPay), "{nod}: and a yes to all of it counts");
    }
}

#[test]
fn a_yes_into_the_second_half_of_the_read_back_agrees_to_it() {
    let mut line = reading_back();
    line.wait(length(&line) * 3 / 4);
    line.speak("yes", 300);
    heard_out(&mut line);
    assert_eq!(line.disposition(), Some(Disposition::PromiseToPay));
}

#[test]
fn a_nod_into_the_first_half_that_is_transcribed_after_the_read_back_agrees_to_nothing() {
    let mut line = reading_back();
    line.deaf_for = Some(1_500);
    line.wait(300);
    line.speak("yes", 300);
    heard_out(&mut line);
    assert_eq!((line.turn.outcome().promise, line.heard().last()), (None, Some(&("yes", false))));
}

#[test]
fn a_yes_with_more_words_before_the_promise_is_half_read_back_has_it_read_again() {
    let mut line = reading_back();
    let said = line.said.len();
    line.wait(300);
    line.speak("yes yes that is correct", 900);
    heard_out(&mut line);
    assert_eq!(line.turn.outcome().promise, None);
    assert_eq!(line.said[said..], [line.said[said - 1].clone()], "all of it once more");
}
