//! Pauses: nothing sounds in them, and nothing is made of half a sentence.

use super::*;

/// An answer to the first question in fragments, with pauses; the bot must not make a sound before
/// its end. Answers the fragments as they reached the dialogue.
fn answered(fragments: &[&str], pauses: &[u64]) -> String {
    let mut line = Line::begin();
    line.play_all();
    let said = line.said.len();
    for (n, fragment) in fragments.iter().enumerate() {
        if n > 0 {
            line.pause(pauses[(n - 1) % pauses.len()]);
        }
        line.speak(fragment, 500);
        assert_eq!(line.said.len(), said, "a sound inside the sentence, after `{fragment}`");
    }
    line.wait(TUNING.endpoint.most_ms);
    assert!(line.said.len() > said || line.turn.is_over(), "an answer");
    line.heard().into_iter().map(|(text, _)| text).collect::<Vec<_>>().join(" | ")
}

#[test]
fn pauses_of_up_to_600_ms_inside_a_sentence_are_waited_out() {
    for pause in [120, 200, 300, 400, 500, 600] {
        let text = answered(&["I would like", "to know first", "who is calling me"], &[pause]);
        assert_eq!(text, "I would like to know first who is calling me", "{pause} ms");
    }
}

#[test]
fn after_an_and_or_an_um_a_whole_second_is_waited_out() {
    for pause in [700, 1_000] {
        let text = answered(&["I will pay and", "my brother too um", "on Monday"], &[pause]);
        assert_eq!(text, "I will pay and my brother too um on Monday", "{pause} ms");
    }
}

#[test]
fn a_number_that_is_read_out_in_groups_is_waited_for() {
    let text = answered(&["my number is 987", "65", "43", "210"], &[900]);
    assert_eq!(text, "my number is 987 65 43 210");
}

#[test]
fn a_plain_yes_is_answered_soon_and_a_sentence_not_before_450_ms_of_quiet() {
    let quiet_before_answer = |text: &str| {
        let mut line = Line::begin();
        line.play_all();
        line.speak(text, 600);
        let last_sound = line.at - STOP_DELAY_MS;
        line.wait(TUNING.endpoint.most_ms);
        let said = line.actions.iter().find(|(at, action)| *at >= last_sound && matches!(action, Action::Say { .. }));
        said.expect("answered").0 - last_sound
    };
    assert_eq!(quiet_before_answer("yes"), TUNING.endpoint.complete_ms);
    assert_eq!(quiet_before_answer("who is this speaking there"), TUNING.endpoint.patience_ms);
    assert_eq!(quiet_before_answer("yes,"), TUNING.endpoint.unfinished_ms);
}

#[test]
fn a_turn_does_not_end_while_the_detector_makes_up_its_mind_and_no_later_than_that() {
    let answered_after = |suspected: &[u64]| {
        let mut line = Line::begin();
        line.play_all();
        line.speak("who is this speaking there", 600);
        let last_sound = line.at - STOP_DELAY_MS;
        for at in suspected {
            line.wait(last_sound + at - line.at);
            line.event(Event::VoiceSuspected);
        }
        line.wait(TUNING.endpoint.most_ms);
        let said = line.actions.iter().find(|(at, action)| *at >= last_sound && matches!(action, Action::Say { .. }));
        said.expect("answered").0 - last_sound
    };
    let (patience, suspicion) = (TUNING.endpoint.patience_ms, TUNING.endpoint.suspicion_ms);
    assert_eq!(answered_after(&[patience - 20]), patience - 20 + suspicion);
    // Nothing came of it in time: the next one is no reason to wait on.
    assert_eq!(answered_after(&[patience - 20, patience + 20]), patience - 20 + suspicion);
    assert_eq!(answered_after(&[300, 400, patience - suspicion]), patience);
}

#[test]
fn noise_hides_a_part_of_each_word_and_that_much_longer_is_waited() {
    let quiet_before_answer = |over_floor_db| {
        let mut line = Line::begin();
        line.play_all();
        line.spoken.push("who is this speaking there".to_owned());
        line.event(Event::VoiceStarted { over_floor_db });
        line.wait(600);
        line.event(Event::VoiceStopped);
        let last_sound = line.at - STOP_DELAY_MS;
        line.wait(TUNING.endpoint.most_ms);
        let said = line.actions.iter().find(|(at, action)| *at >= last_sound && matches!(action, Action::Say { .. }));
        said.expect("answered").0 - last_sound
    };
    let EndpointTuning { patience_ms, noise_hides_ms, noisy_below_db, .. } = TUNING.endpoint;
    assert_eq!(quiet_before_answer(Some(noisy_below_db)), patience_ms);
    assert_eq!(quiet_before_answer(None), patience_ms);
    assert_eq!(quiet_before_answer(Some(noisy_below_db - 1)), patience_ms + noise_hides_ms);
}

#[test]
fn a_voice_that_was_suspected_in_time_goes_on_with_its_turn() {
    let mut line = Line::begin();
    line.play_all();
    let said = line.said.len();
    line.speak("I would like to know", 700);
    line.pause(TUNING.endpoint.patience_ms - 10);
    line.event(Event::VoiceSuspected);
    line.speak("who is calling me", 700);
    assert_eq!(line.said.len(), said, "a sound inside the sentence");
    line.wait(TUNING.endpoint.most_ms);
    assert_eq!(line.heard(), [("I would like to know who is calling me", true)]);
}

#[test]
fn who_was_cut_short_once_by_long_pauses_is_not_again() {
    let mut line = Line::begin();
    line.play_all();
    let pause = TUNING.endpoint.patience_ms + 150;
    // Twice somebody goes on just after the bot began.
    for rest in ["yes speaking", "that I am at work"] {
        line.speak("I wanted to tell you", 700);
        line.pause(pause);
        line.speak(rest, 700);
        line.wait(TUNING.endpoint.most_ms);
        line.play_all();
    }
    let said = line.said.len();
    line.speak("and my wife comes home", 700);
    line.pause(pause);
    line.speak("in the evening", 700);
    assert_eq!(line.said.len(), said, "by now these pauses are known: {:?}", line.said);
}
