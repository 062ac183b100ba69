//! A voice over what the bot says.

use super::*;

/// Into the first sentence of the reason.
fn into_the_reason() -> Line {
    let mut line = Line::told();
    line.wait(800);
    line
}

#[test]
fn a_voice_silences_the_bot_with_the_first_news_of_it() {
    let mut line = into_the_reason();
    let began = line.at;
    line.speak("wait, please say that again", 1_500);
    assert_eq!(line.when(&Action::Hold), Some(began + START_DELAY_MS));
    assert!(!line.has(&Action::StopPlayback), "nothing is given up before there are words");
    line.wait(RECOGNISER_MS);
    assert!(line.has(&Action::StopPlayback) && !line.has(&Action::Resume));
    line.wait(TUNING.endpoint.most_ms);
    assert_eq!(line.heard().last(), Some(&("wait, please say that again", true)));
}

#[test]
fn after_a_cough_the_bot_goes_on_within_half_a_second() {
    let mut line = into_the_reason();
    let (began, said) = (line.at, line.said.len());
    line.sound(300);
    line.wait(2_000);
    assert_eq!(line.when(&Action::Resume), Some(began + TUNING.interruption.decide_within_ms));
    assert!(!line.has(&Action::StopPlayback));
    line.play_all();
    assert_eq!(line.said.len(), said, "nothing is said twice");
    assert_eq!(line.heard().len(), 1, "a cough is no word");
}

#[test]
fn after_a_fit_of_coughing_it_goes_on_once_that_was_transcribed() {
    let mut line = into_the_reason();
    let began = line.at;
    line.sound(900);
    line.wait(2_000);
    let silent = line.when(&Action::Resume).expect("goes on") - began;
    assert_eq!(silent, 900 + STOP_DELAY_MS + RECOGNISER_MS);
    assert!(!line.has(&Action::StopPlayback));
}

#[test]
fn a_nod_is_kept_on_record_and_costs_no_word_of_the_bot() {
    for nod in ["hmm", "haan", "yes", "okay, achha", "hello?"] {
        let mut line = into_the_reason();
        let said = line.said.len();
        line.speak(nod, 400);
        line.wait(2_000);
        assert!(line.has(&Action::Resume) && !line.has(&Action::StopPlayback), "{nod}");
        assert_eq!(line.heard().last(), Some(&(nod, false)), "{nod}");
        line.play_all();
        line.wait(1_000);
        assert_eq!(line.said.len(), said, "{nod} answers nothing: {:?}", line.said);
    }
}

#[test]
fn a_short_no_takes_the_floor_though_the_bot_had_gone_on() {
    let mut line = into_the_reason();
    line.deaf_for = Some(600);
    line.speak("no", 300);
    line.wait(200);
    assert!(line.has(&Action::Resume) && !line.has(&Action::StopPlayback));
    line.wait(600);
    assert!(line.has(&Action::StopPlayback));
    line.wait(TUNING.endpoint.most_ms);
    assert_eq!(line.heard().last(), Some(&("no", true)));
}

#[test]
fn a_yes_into_the_second_half_of_the_question_is_its_answer() {
    let mut line = Line::begin();
    line.play_one();
    let question = "Am I speaking with Kavita?".len() as u64 * SPOKEN_CHARACTER_MS;
    line.wait(question * 3 / 4);
    line.speak("yes", 300);
    line.wait(1_000);
    assert!(line.turn.is_confirmed());
    assert!(!line.has(&Action::Resume), "the rest of the question is not said over the answer");
}

#[test]
fn a_yes_into_its_first_half_is_a_nod() {
    let mut line = Line::begin();
    line.play_one();
    line.wait(100);
    line.speak("yes", 300);
    line.wait(1_000);
    assert!(!line.turn.is_confirmed() && line.has(&Action::Resume));
}

#[test]
fn a_yes_with_more_words_before_the_question_is_out_does_not_answer_it() {
    for played in [0, 1] {
        let mut line = Line::begin();
        (0..played).for_each(|_| line.play_one());
        line.wait(100);
        line.speak("yes tell me please", 900);
        line.wait(TUNING.endpoint.most_ms);
        line.play_all();
        assert!(!line.turn.is_confirmed(), "{played}");
        line.hear("yes");
        assert!(line.turn.is_confirmed(), "{played}: and one to the question does");
    }
}

#[test]
fn a_yes_to_a_question_that_does_not_sound_yet_is_no_answer() {
    let mut line = Line::begin();
    line.play_one();
    line.play_one();
    line.hear("what");
    // What comes after "I did not understand" is late in the making.
    let id = line.unplayed.remove(0);
    line.turn.step(Event::Played { id }, line.at);
    line.at += 3_000;
    line.spoken.push("yes please".to_owned());
    line.turn.step(VOICE, line.at);
    line.at += 300;
    line.turn.step(Event::VoiceStopped, line.at);
    line.at += TUNING.hearing.flush_after_ms;
    line.turn.step(Event::Tick, line.at);
    line.turn.step(Event::Final { text: "yes please".to_owned(), language: Some(Language::English) }, line.at + 200);
    line.turn.step(Event::Tick, line.at + 2_000);
    assert!(!line.turn.is_confirmed());
}

#[test]
fn a_second_voice_may_answer_where_the_first_was_too_early() {
    let mut line = Line::begin();
    line.play_one();
    line.deaf_for = Some(1_200);
    line.wait(100);
    line.speak("hm", 200);
    line.wait(900);
    line.speak("yes", 300);
    line.wait(3_000);
    assert!(line.turn.is_confirmed());
}

#[test]
fn crying_over_the_bot_does_not_silence_it_for_ever() {
    let mut line = into_the_reason();
    line.deaf_for = Some(900);
    for _ in 0..20 {
        line.sound(500);
        line.wait(300);
    }
    let held: u64 = {
        let (mut since, mut all) = (None, 0);
        for (at, action) in &line.actions {
            match action {
                Action::Hold => since = Some(*at),
                Action::Resume | Action::StopPlayback => all += since.take().map_or(0, |since| at - since),
                _ => {}
            }
        }
        all + since.map_or(0, |since| line.at - since)
    };
    assert!(held * 2 < line.at, "silent for {held} of {} ms", line.at);
}

#[test]
fn a_nod_that_is_transcribed_after_the_question_is_no_answer_to_it() {
    let mut line = Line::begin();
    line.play_one();
    line.deaf_for = Some(700);
    line.wait(100);
    line.speak("yes", 300);
    line.wait(300);
    assert!(line.has(&Action::Resume));
    let id = line.unplayed.remove(0);
    line.event(Event::Played { id });
    line.wait(2_000);
    assert_eq!(line.heard(), [("yes", false)]);
    assert!(!line.turn.is_confirmed());
}

#[test]
fn the_time_it_held_its_tongue_is_no_time_it_spoke() {
    let mut line = Line::begin();
    line.play_one();
    line.wait(300);
    line.sound(600);
    line.wait(400);
    assert!(line.has(&Action::Resume));
    line.speak("yes", 300);
    line.wait(1_000);
    assert!(!line.turn.is_confirmed(), "half of the question was not out");
}

#[test]
fn a_short_no_takes_the_floor_though_another_sentence_has_begun() {
    let mut line = into_the_reason();
    line.deaf_for = Some(900);
    line.speak("no", 300);
    line.wait(300);
    let id = line.unplayed.remove(0);
    line.event(Event::Played { id });
    line.wait(TUNING.endpoint.most_ms);
    assert_eq!(line.heard().last(), Some(&("no", true)));
    assert!(line.has(&Action::StopPlayback));
}

#[test]
fn an_answer_that_begins_under_the_last_word_counts() {
    let mut line = Line::begin();
    line.play_one();
    line.wait(1_500);
    line.spoken.push("yes".to_owned());
    line.event(VOICE);
    line.wait(100);
    // All of it was out when the bot fell silent.
    let id = line.unplayed.remove(0);
    line.event(Event::Played { id });
    line.wait(200);
    line.event(Event::VoiceStopped);
    line.wait(RECOGNISER_MS + TUNING.endpoint.complete_ms);
    assert!(line.turn.is_confirmed());
}

#[test]
fn what_must_be_heard_to_its_end_is_and_the_words_over_it_are_kept() {
    let mut line = Line::begin();
    line.speak("who is this, tell me", 1_200);
    line.wait(1_000);
    assert!(!line.has(&Action::Hold) && !line.has(&Action::StopPlayback));
    line.play_all();
    assert_eq!(line.heard(), [("who is this, tell me", false)]);
}

#[test]
fn a_soft_voice_silences_the_bot_only_by_lasting() {
    let mut line = into_the_reason();
    let soft = |line: &mut Line, ms: u64| {
        line.event(Event::VoiceStarted { over_floor_db: Some(TUNING.interruption.soft_below_db - 1) });
        line.wait(ms);
        line.event(Event::VoiceStopped);
        line.wait(1_000);
    };
    soft(&mut line, TUNING.interruption.weak_voice_ms - START_DELAY_MS - 20);
    assert!(!line.has(&Action::Hold));
    soft(&mut line, TUNING.interruption.weak_voice_ms);
    assert!(line.has(&Action::Hold));
}

#[test]
fn a_crackle_in_the_first_second_silences_nobody() {
    for (at, silences) in
        [(TUNING.interruption.first_second_ms - 200, false), (TUNING.interruption.first_second_ms, true)]
    {
        let mut line = Line::begin();
        // Something that may be interrupted, from the first moment on.
        line.event(Event::HearingLost);
        line.wait(at - START_DELAY_MS);
        line.sound(150);
        assert_eq!(line.has(&Action::Hold), silences, "at {at}");
    }
}

#[test]
fn a_street_that_silenced_the_bot_twice_for_nothing_must_try_harder() {
    let mut line = into_the_reason();
    for _ in 0..TUNING.interruption.alarms_most {
        line.sound(150);
        line.wait(1_000);
    }
    let holds = |line: &Line| line.actions.iter().filter(|(_, action)| *action == Action::Hold).count();
    assert_eq!(holds(&line), TUNING.interruption.alarms_most);
    line.sound(150);
    line.wait(1_000);
    assert_eq!(holds(&line), TUNING.interruption.alarms_most, "too short to count by now");
    line.speak("stop it", 700);
    assert_eq!(holds(&line), TUNING.interruption.alarms_most + 1);
    line.wait(TUNING.interruption.alarms_within_ms);
    assert!(line.has(&Action::StopPlayback));
}

#[test]
fn a_drill_over_the_bot_leaves_no_three_seconds_of_silence() {
    let mut line = into_the_reason();
    line.event(VOICE);
    line.wait(10_000);
    let silent = line.when(&Action::Resume).expect("goes on") - line.when(&Action::Hold).expect("fell silent");
    assert!(silent < 3_000, "{silent} ms");
    let holds = line.actions.iter().filter(|(_, action)| *action == Action::Hold).count();
    assert_eq!(holds, 1, "the drill goes on, and the bot too");
}

#[test]
fn who_speaks_over_the_bot_for_long_is_waited_for_though_no_word_has_come() {
    let mut line = into_the_reason();
    line.deaf_for = Some(1_500);
    line.speak("please tell me which bank you are from", 1_400);
    line.wait(2_000);
    assert!(!line.has(&Action::Resume) && line.has(&Action::StopPlayback));
}

#[test]
fn a_guess_at_words_keeps_the_bot_silent_until_they_are_sure() {
    let mut line = into_the_reason();
    line.deaf_for = Some(1_500);
    line.spoken.push("no".to_owned());
    line.event(VOICE);
    line.wait(200);
    line.event(Event::Partial { text: "no".to_owned() });
    line.wait(100);
    line.event(Event::VoiceStopped);
    line.wait(1_400);
    assert!(line.has(&Action::Hold) && !line.has(&Action::Resume) && !line.has(&Action::StopPlayback));
    line.wait(200);
    assert!(line.has(&Action::StopPlayback));
}

#[test]
fn a_key_pressed_while_the_bot_is_silent_for_a_voice_is_answered_at_once() {
    let mut line = into_the_reason();
    line.event(VOICE);
    line.wait(200);
    assert!(line.has(&Action::Hold), "{:?}", line.actions);
    line.event(Event::Dtmf { digit: '1' });
    assert!(line.has(&Action::StopPlayback) && !line.has(&Action::Resume), "{:?}", line.actions);
    line.play_all();
    assert!(line.turn.hands_over() && line.turn.is_over());
}
