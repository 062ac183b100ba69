//! Whole calls: what is said, and how they end.

use super::*;

#[test]
fn a_whole_call_to_an_agent() {
    let mut line = Line::begin();
    line.play_all();
    line.hear("yes speaking");
    assert!(line.said.iter().any(|s| s.contains("fifteen thousand rupees")), "{:?}", line.said);
    line.play_all();
    line.hear("connect me to an agent");
    assert!(line.actions.iter().any(|(_, a)| matches!(a, Action::HandOver { .. })));
    assert!(!line.has(&Action::HangUp), "the hold line must be heard first");
    line.play_all();
    assert!(line.has(&Action::HangUp) && line.turn.hands_over());
    assert_eq!(line.disposition(), Some(Disposition::Transferred));
}

#[test]
fn the_greeting_is_not_interrupted_by_a_hello() {
    let mut line = Line::begin();
    line.hear("hello");
    assert!(!line.has(&Action::StopPlayback) && !line.has(&Action::Hold));
    line.play_all();
    line.wait(1_000);
    assert_eq!(line.said.len(), 2, "a hello into the greeting answers nothing: {:?}", line.said);
}

#[test]
fn silence_is_nudged_twice_and_then_ends() {
    let mut line = Line::begin();
    line.play_all();
    for _ in 0..2 {
        line.wait(TUNING.hearing.nudge_after_ms);
        assert!(line.said[line.said.len() - 2].contains("did not hear"), "{:?}", line.said);
        line.play_all();
    }
    line.wait(TUNING.hearing.nudge_after_ms);
    line.play_all();
    assert!(line.has(&Action::HangUp));
    assert_eq!(line.disposition(), Some(Disposition::NoResponse));
}

#[test]
fn a_cough_just_as_the_silence_is_long_enough_does_not_put_the_question_off() {
    let mut line = Line::begin();
    line.play_all();
    line.at += TUNING.hearing.nudge_after_ms - 1_000;
    line.event(VOICE);
    line.at += 200;
    line.event(Event::VoiceStopped);
    line.at += 800;
    line.event(Event::Final { text: String::new(), language: None });
    assert!(line.said.last().expect("something").contains("Am I speaking with"));
    assert!(line.turn.deadline().is_some_and(|due| due > line.at));
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
fn a_number_typed_in_ends_no_call_and_leaves_the_caller_every_answer() {
    let mut line = Line::begin();
    line.play_all();
    for digit in "4325#".chars() {
        line.event(Event::Dtmf { digit });
        line.wait(300);
    }
    assert_eq!(line.said.iter().filter(|s| s.contains("Am I speaking with")).count(), 3, "{:?}", line.said);
    line.play_all();
    for _ in 0..2 {
        line.hear("bananas");
        line.play_all();
    }
    assert!(!line.has(&Action::HangUp), "keys are no answers that could not be understood: {:?}", line.said);
    line.hear("yes speaking");
    assert!(line.turn.is_confirmed());
}

#[test]
fn keys_put_off_no_goodbye_to_a_caller_who_says_nothing() {
    let mut line = Line::begin();
    for _ in 0..3 {
        line.play_all();
        line.event(Event::Dtmf { digit: '7' });
        line.play_all();
        line.wait(TUNING.hearing.nudge_after_ms);
    }
    line.play_all();
    assert_eq!(line.said.iter().filter(|s| s.contains("did not hear")).count(), 2, "{:?}", line.said);
    assert!(line.has(&Action::HangUp));
    assert_eq!(line.disposition(), Some(Disposition::NoResponse));
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
    line.wait(TUNING.hearing.nudge_after_ms);
    line.play_all();
    assert!(line.has(&Action::HangUp));
    assert_eq!(line.disposition(), Some(Disposition::Broken));
}

#[test]
fn who_talks_on_to_a_bot_that_no_longer_hears_is_offered_the_key_and_not_asked_again() {
    let mut line = Line::begin();
    line.event(Event::HearingLost);
    line.deaf_for = Some(60_000);
    for _ in 0..4 {
        line.play_all();
        line.speak("who is this", 700);
        line.wait(TUNING.hearing.final_wait_ms);
    }
    line.play_all();
    assert!(line.said.iter().any(|text| text.contains("press 1")), "{:?}", line.said);
    assert!(!line.said.iter().any(|text| text.contains("did not understand")), "{:?}", line.said);
    assert_eq!(line.disposition(), Some(Disposition::Broken), "our side is broken; the caller did respond");
}

#[test]
fn without_a_voice_the_call_ends() {
    let mut line = Line::begin();
    line.event(Event::SpeechFailed { id: 1 });
    assert!(line.turn.is_over() && line.has(&Action::HangUp));
    assert_eq!(line.disposition(), Some(Disposition::Broken));
}

#[test]
fn whose_conversation_loses_its_voice_is_given_to_an_agent_without_a_word() {
    let mut line = Line::told();
    let sentences = line.said.len();
    let reason = line.unplayed[0];
    line.event(Event::SpeechFailed { id: reason });
    let agent = |action: &Action| matches!(action, Action::HandOver { reason } if reason.contains("voice"));
    assert!(line.turn.is_over() && line.actions.iter().any(|(_, action)| agent(action)), "{:?}", line.actions);
    assert_eq!((line.said.len(), line.disposition()), (sentences, Some(Disposition::Transferred)));
}

#[test]
fn the_longest_call_ends_with_a_goodbye() {
    let mut line = Line::begin();
    line.at = LONGEST;
    line.event(Event::Tick);
    assert!(line.has(&Action::StopPlayback), "in the middle of a sentence: {:?}", line.actions);
    assert!(matches!(&line.said[2..], [last] if last.ends_with("Thank you, goodbye.")), "{:?}", line.said);
    assert!(!line.has(&Action::HangUp), "it is heard to its end");
    line.play_all();
    assert!(line.turn.is_over() && line.has(&Action::HangUp));
    assert_eq!(line.disposition(), Some(Disposition::NoResponse), "nobody said who they are");
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

/// Says "no" to the question who they are, and the recogniser does not answer in time.
fn no_that_is_not_transcribed_in_time() -> Line {
    let mut line = Line::begin();
    line.play_all();
    line.deaf_for = Some(TUNING.hearing.final_wait_ms + 400);
    line.speak("no", 600);
    line.wait(TUNING.hearing.final_wait_ms);
    assert!(line.said[line.said.len() - 2].contains("did not understand"), "{:?}", line.said);
    line
}

#[test]
fn a_transcript_that_does_not_come_is_asked_for_again_and_answered_when_it_comes_after_all() {
    let mut line = no_that_is_not_transcribed_in_time();
    assert_eq!(line.heard(), []);
    let said = line.said.len();
    line.wait(1_000);
    assert!(line.has(&Action::StopPlayback));
    assert!(line.said[said..].iter().any(|s| s.contains("Goodbye")), "{:?}", line.said);
    assert_eq!(line.heard(), [("no", true)]);
}

#[test]
fn words_that_are_late_time_and_again_end_no_call() {
    let mut line = Line::begin();
    for wish in ["Tamil please", "Telugu please", "Kannada please", "English please"] {
        line.play_all();
        line.deaf_for = Some(TUNING.hearing.final_wait_ms + 400);
        line.speak(wish, 900);
        line.wait(TUNING.hearing.final_wait_ms + 1_000);
    }
    assert!(!line.has(&Action::HangUp), "{:?}", line.said);
    assert!(line.said.last().expect("something").contains("Am I speaking with Kavita?"), "{:?}", line.said);
}

#[test]
fn a_late_transcript_answers_nothing_while_the_caller_says_it_again() {
    let mut line = no_that_is_not_transcribed_in_time();
    let said = line.said.len();
    line.event(VOICE);
    line.wait(1_000);
    assert_eq!(line.said.len(), said);
    assert_eq!(line.heard(), [("no", false)], "but it is kept");
}

#[test]
fn half_of_a_late_answer_confirms_nobody() {
    let mut line = Line::begin();
    line.play_all();
    line.deaf_for = Some(TUNING.hearing.final_wait_ms + 1_500);
    line.speak("yes", 300);
    line.pause(500);
    line.speak("is not here", 700);
    line.wait(TUNING.hearing.final_wait_ms + 4_000);
    assert!(line.said.iter().any(|said| said.contains("did not understand")), "{:?}", line.said);
    assert!(!line.turn.is_confirmed(), "{:?}", line.said);
    assert_eq!(line.heard(), [("yes", false), ("is not here", false)]);
}

#[test]
fn a_late_transcript_answers_nothing_when_something_was_said_since() {
    let mut line = no_that_is_not_transcribed_in_time();
    line.speak("don't call me again", 100);
    line.wait(1_000);
    assert!(!line.heard().contains(&("no", true)), "{:?}", line.heard());
}

#[test]
fn a_steady_noise_does_not_hold_the_line_for_ever() {
    let mut line = Line::begin();
    line.play_all();
    line.deaf_for = Some(60_000);
    line.event(VOICE);
    line.wait(TUNING.hearing.longest_utterance_ms);
    assert!(line.has(&Action::SpeechEnd));
    line.wait(TUNING.hearing.final_wait_ms);
    assert!(line.said.iter().any(|s| s.contains("did not understand")));
}

#[test]
fn a_turn_without_end_is_answered_as_far_as_it_goes() {
    let mut line = Line::told();
    line.play_all();
    let said = line.said.len();
    let began = line.at;
    while line.said.len() == said {
        line.speak("and then the minister said", 900);
        line.wait(200);
        assert!(line.at - began < TUNING.hearing.longest_turn_ms + 2_000, "never answered");
    }
    assert!(line.at - began >= TUNING.hearing.longest_turn_ms);
}

#[test]
fn a_goodbye_whose_end_nobody_tells_ends_too() {
    let mut line = Line::told();
    line.play_all();
    line.hear("no");
    assert!(!line.turn.is_over());
    line.wait(GOODBYE_WITHIN_MS);
    assert!(line.turn.is_over() && line.has(&Action::HangUp));
}

#[test]
fn a_prepared_answer_is_said_under_its_id_and_the_rest_after_it() {
    let mut line = Line::begin();
    line.play_all();
    line.speak("yes speaking", 900);
    line.wait(RECOGNISER_MS);
    let [(id, ahead)] = &line.prepared[..] else { panic!("{:?}", line.prepared) };
    let (id, ahead) = (*id, ahead.clone());
    assert!(ahead.starts_with("Thank you. I am calling about your loan"), "{ahead}");
    assert!(line.unplayed.is_empty() && !line.turn.is_confirmed(), "nothing is said, nothing decided");
    line.wait(TUNING.endpoint.most_ms);
    assert_eq!((line.unplayed[0], &line.said[2]), (id, &ahead));
    assert!(line.unplayed.len() == 4 && line.unplayed.windows(2).all(|w| w[1] == w[0] + 1), "{:?}", line.unplayed);
    assert!(!line.has(&Action::Forget));
}

#[test]
fn what_was_prepared_is_forgotten_when_the_caller_goes_on() {
    let mut line = Line::begin();
    line.play_all();
    line.speak("I think", 400);
    line.wait(RECOGNISER_MS);
    assert_eq!(line.prepared.len(), 1);
    line.speak("you want somebody else", 900);
    assert!(line.prepared.is_empty() && line.has(&Action::Forget));
    line.wait(TUNING.endpoint.most_ms);
    assert_eq!(line.heard(), [("I think you want somebody else", true)]);
}

#[test]
fn without_speculation_nothing_is_prepared_and_neither_after_an_and() {
    for mode in [Speculation::Off, Speculation::Llm] {
        let mut line = Line::of(mode);
        line.play_all();
        line.hear("who is this speaking there");
        assert!(line.prepared_ever.is_empty() && line.said.len() > 2, "{mode:?}");
    }
    let mut line = Line::begin();
    line.play_all();
    line.speak("yes and", 500);
    line.wait(TUNING.endpoint.unfinished_ms - STOP_DELAY_MS - 1);
    assert!(line.prepared_ever.is_empty());
    line.wait(1);
    assert_eq!(line.heard(), [("yes and", true)]);
}

#[test]
fn a_provider_over_its_quota_is_asked_for_nothing_ahead() {
    let mut line = Line::begin();
    line.play_all();
    line.event(Event::OverQuota);
    line.hear("who is this speaking there");
    assert!(line.prepared_ever.is_empty() && line.said.len() > 2);
}

#[test]
fn a_machine_that_talks_over_the_greeting_is_left_at_its_first_telling_words() {
    let mut line = Line::begin();
    line.wait(400);
    line.event(VOICE);
    line.wait(900);
    line.event(Event::Partial { text: "please leave".to_owned() });
    assert!(!line.has(&Action::StopPlayback));
    line.event(Event::Partial { text: "please leave a message after".to_owned() });
    assert!(line.has(&Action::StopPlayback), "it is not talked over: {:?}", line.actions);
    assert!(!line.has(&Action::HangUp), "these words are only guessed yet");
    line.event(Event::Final { text: "please leave a message after the tone".to_owned(), language: None });
    assert!(line.has(&Action::HangUp), "{:?}", line.actions);
    assert_eq!(line.said.len(), 2, "the greeting, and nothing after it: {:?}", line.said);
    assert_eq!(line.disposition(), Some(Disposition::Voicemail));
    assert_eq!(line.heard(), [("please leave a message after the tone", false)]);
}

#[test]
fn a_relative_whose_first_words_may_be_a_machines_is_heard_out() {
    let mut line = Line::begin();
    line.play_all();
    line.event(VOICE);
    line.wait(600);
    line.event(Event::Partial { text: "please leave a message".to_owned() });
    line.wait(600);
    assert!(!line.has(&Action::HangUp), "{:?}", line.actions);
    line.spoken.push("please leave him alone you have the wrong number".to_owned());
    line.event(Event::VoiceStopped);
    line.wait(TUNING.endpoint.most_ms);
    assert_eq!(line.disposition(), Some(Disposition::WrongNumber));
}

#[test]
fn a_telephone_that_asks_over_the_greeting_is_heard_out_and_answered_without_a_name() {
    let mut line = Line::begin();
    line.wait(400);
    line.event(VOICE);
    line.wait(900);
    let partial = "hi the person you are calling is using a screening service".to_owned();
    line.event(Event::Partial { text: partial });
    assert!(line.has(&Action::StopPlayback), "it does not talk over it");
    assert_eq!(line.said.len(), 2, "{:?}", line.said);
    line.spoken.push("hi the person you are calling is using a screening service say your name and why".to_owned());
    line.wait(2_000);
    line.event(Event::VoiceStopped);
    line.wait(TUNING.endpoint.most_ms);
    let answer = line.said.last().expect("an answer").clone();
    assert!(line.said.len() == 3 && answer.contains("Asha Finance") && !answer.contains("Kavita"), "{:?}", line.said);
    line.play_all();
    line.wait(TUNING.hearing.nudge_after_ms * 2);
    assert_eq!(line.said.len(), 3, "a person is waited for in silence: {:?}", line.said);
    line.hear("hello yes");
    assert!(line.said.last().expect("something").contains("Am I speaking with Kavita?"), "{:?}", line.said);
    line.play_all();
    line.hear("yes speaking");
    assert!(line.turn.is_confirmed());
}

#[test]
fn words_of_a_confirmed_person_are_no_machines_before_they_are_all_said() {
    let mut line = Line::told();
    line.play_all();
    line.event(VOICE);
    line.event(Event::Partial { text: "my phone was switched off".to_owned() });
    assert!(!line.has(&Action::HangUp));
}
