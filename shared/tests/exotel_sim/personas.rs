//! The people who answer the phone, where they do more than answer questions.

use shared::domain::language::Language;
use shared::sim::exotel::{Phrase, Traffic, Truth};

use crate::app::{Conduct, Stage};
use crate::sid_of;

const GREETING: &str = "Good morning, this is an automated call from the lender, and this call may be recorded";
const WHY: &str = "Thank you. The monthly payment of your loan is due on the fifth and we remind you of it kindly";

async fn met(number: &str, conduct: Conduct) -> (Stage, Truth) {
    let stage = Stage::new(conduct).await;
    sid_of(stage.dial(number, "order-1").await).await;
    let truth = stage.over(1).await;
    (stage, truth)
}

fn said(truth: &Truth) -> Vec<&str> {
    truth.calls[0].said.iter().map(|said| said.text.as_str()).collect()
}

#[tokio::test]
async fn a_cough_is_a_sound_in_the_bots_sentence_and_no_word() {
    let sentences = vec!["Am I speaking with Asha?", WHY, "Goodbye."];
    let (stage, truth) = met("+919000000025", Conduct { sentences, ..Conduct::default() }).await;
    assert_eq!(said(&truth), ["Yes, speaking.", "No, thank you."]);
    let coughed = stage.sim.traffic(0).into_iter().find_map(|line| match line.event {
        Traffic::Coughed { at_ms, .. } => Some(at_ms),
        _ => None,
    });
    let sentence = &truth.calls[0].heard[1];
    assert!((sentence.start_ms..sentence.end_ms).contains(&coughed.unwrap()), "{coughed:?} {sentence:?}");
}

#[tokio::test]
async fn a_telephone_that_screens_calls_speaks_once_and_in_english() {
    let sentences = vec!["Am I speaking with Asha?", "Goodbye."];
    let (_, truth) = met("+919000000026", Conduct { sentences, ..Conduct::default() }).await;
    let screening = Phrase::Screening.text(Language::Tamil);
    assert!(screening.starts_with("Hi, the person you are calling"));
    assert_eq!(said(&truth), [screening]);
}

#[tokio::test]
async fn keys_come_into_a_sentence_and_after_it() {
    let sentences = vec!["Am I speaking with Asha?", WHY, WHY, "Press one.", "Goodbye."];
    let (stage, truth) = met("+919000000027", Conduct { sentences, ..Conduct::default() }).await;
    assert_eq!(truth.calls[0].pressed, "4#1");
    let digits: Vec<String> = stage
        .frames()
        .iter()
        .filter(|frame| frame["event"] == "dtmf")
        .map(|frame| frame["dtmf"]["digit"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(digits, ["4", "#", "1"]);
}

#[tokio::test]
async fn a_caller_goes_on_in_another_language_than_they_were_asked_in() {
    let sentences = vec!["Am I speaking with Asha?", "Thank you. It is due tomorrow.", "Goodbye."];
    let (_, truth) = met("+919000000028", Conduct { sentences, ..Conduct::default() }).await;
    assert_eq!(said(&truth), ["Yes, speaking.", Phrase::Repeat.text(Language::Hindi)]);
    assert_eq!(truth.calls[0].said[1].language, Language::Hindi);
}

#[tokio::test]
async fn a_caller_speaks_over_the_greeting() {
    let sentences = vec![GREETING, "Am I speaking with Asha?", "Goodbye."];
    let (_, truth) = met("+919000000029", Conduct { sentences, ..Conduct::default() }).await;
    let (hello, greeting) = (&truth.calls[0].said[0], &truth.calls[0].heard[0]);
    assert_eq!(hello.text, "Hello?");
    assert!(hello.start_ms < greeting.end_ms, "{hello:?} {greeting:?}");
}

#[tokio::test]
async fn a_caller_thinks_for_eight_seconds_before_answering() {
    let (_, truth) = met("+919000000030", Conduct::default()).await;
    assert_eq!(said(&truth), ["Yes, speaking.", "No, thank you."]);
    let waited = truth.calls[0].said[0].start_ms - truth.calls[0].heard[0].end_ms;
    assert!(waited > 6_000, "{waited} ms");
}
