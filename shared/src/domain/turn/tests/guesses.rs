//! What the recogniser only guesses at, over the bot and where its transcript does not come.

use super::*;

/// Says that over the reason, with these guesses on the way: when each comes, counted from the first sound.
/// Answers when that was.
fn over_the_reason(line: &mut Line, words: &str, ms: u64, guesses: &[(u64, &str)]) -> u64 {
    line.wait(800);
    line.deaf_for = Some(900);
    let began = line.at;
    if !words.is_empty() {
        line.spoken.push(words.to_owned());
    }
    line.wait(START_DELAY_MS);
    line.event(VOICE);
    for (after, text) in guesses {
        line.wait(began + after - line.at);
        line.event(Event::Partial { text: (*text).to_owned() });
    }
    line.wait(began + ms + STOP_DELAY_MS - line.at);
    line.event(Event::VoiceStopped);
    began
}

#[test]
fn two_words_that_are_no_nods_take_the_floor_while_they_are_still_spoken() {
    for after in [300, 700] {
        let mut line = Line::told();
        let began = over_the_reason(&mut line, "which bank is this", 1_600, &[(after, "which bank")]);
        let decided = began + TUNING.interruption.decide_within_ms.max(after);
        assert_eq!(line.when(&Action::StopPlayback), Some(decided));
        line.wait(3_000);
        assert_eq!(line.heard().last(), Some(&("which bank is this", true)));
    }
}

#[test]
fn after_a_long_nod_the_bot_goes_on_as_soon_as_the_voice_is_over() {
    let mut line = Line::told();
    let nod = "haan haan theek hai";
    let began = over_the_reason(&mut line, nod, 900, &[(500, "haan haan"), (780, nod)]);
    line.wait(3_000);
    assert_eq!(line.when(&Action::Resume), Some(began + 900 + STOP_DELAY_MS));
    assert!(!line.has(&Action::StopPlayback));
    assert_eq!(line.heard().last(), Some(&(nod, false)));
}

#[test]
fn a_nod_that_goes_on_into_words_takes_the_floor_after_all() {
    let mut line = Line::told();
    over_the_reason(&mut line, "haan but which bank is this", 900, &[(500, "haan haan")]);
    line.wait(3_000);
    assert!(line.has(&Action::Resume) && line.has(&Action::StopPlayback), "{:?}", line.actions);
}

#[test]
fn a_cough_that_is_guessed_to_be_words_cuts_nothing() {
    let mut line = Line::told();
    over_the_reason(&mut line, "", 300, &[(250, "thanks for watching")]);
    line.wait(3_000);
    assert!(line.has(&Action::Resume) && !line.has(&Action::StopPlayback));
}

#[test]
fn the_bots_own_words_come_back_cut_nothing_before_they_are_transcribed() {
    let mut line = Line::told();
    over_the_reason(&mut line, "", 1_200, &[(600, "calling about your loan ending")]);
    line.wait(3_000);
    assert!(line.has(&Action::Resume) && !line.has(&Action::StopPlayback));
}

#[test]
fn words_that_were_guessed_and_are_none_leave_no_silence_behind() {
    let mut line = Line::told();
    over_the_reason(&mut line, "", 900, &[(400, "which bank")]);
    let said = line.said.len();
    line.wait(3_000 - STOP_DELAY_MS);
    assert!(line.has(&Action::StopPlayback) && line.said.len() > said, "{:?}", line.said);
}

/// Says that, and the recogniser guesses it and answers too late.
fn only_guessed(line: &mut Line, words: &str) {
    line.play_all();
    line.deaf_for = Some(TUNING.hearing.final_wait_ms + 1_000);
    line.spoken.push(words.to_owned());
    line.event(VOICE);
    line.wait(500);
    line.event(Event::Partial { text: words.to_owned() });
    line.wait(300);
    line.event(Event::VoiceStopped);
    line.wait(TUNING.hearing.final_wait_ms);
}

#[test]
fn a_wish_whose_transcript_does_not_come_is_followed_as_it_was_guessed() {
    let mut line = Line::begin();
    only_guessed(&mut line, "connect me to an agent");
    assert_eq!(line.disposition(), Some(Disposition::Transferred));
    line.wait(2_000);
    assert_eq!(line.heard(), [("connect me to an agent", true)], "and is on record once");
}

#[test]
fn an_answer_that_is_only_guessed_decides_nothing() {
    for words in ["yes", "no"] {
        let mut line = Line::begin();
        only_guessed(&mut line, words);
        assert!(!line.turn.is_confirmed() && line.disposition() == Some(Disposition::HungUp), "{words}");
        assert!(line.said.iter().any(|said| said.contains("did not understand")), "{words}: {:?}", line.said);
    }
    let mut line = Line::begin();
    only_guessed(&mut line, "ye");
    line.finals[0].1 = "yes".to_owned();
    line.wait(1_500);
    assert!(line.turn.is_confirmed(), "half of a word is replaced by all of it");
    let mut line = Line::told();
    only_guessed(&mut line, "I will pay tomorrow");
    assert_ne!(line.disposition(), Some(Disposition::PromiseToPay));
}
