//! What is said, and to whom.

use serde_json::json;
use shared::domain::language::Language;
use shared::domain::money::Paise;
use shared::domain::spoken::rupees;
use shared::domain::transcript::Speaker;
use shared::sim::exotel::{Phrase, Traffic};

use crate::support::{Person, World};

/// "Loan" or "debt" as the bot says it, in all eleven languages, and the figures of
/// [`Person`]'s debt.
const DEBT: [&str; 14] =
    ["loan", "लोन", "कर्ज", "ঋণ", "લોન", "ಸಾಲ", "വായ്പ", "ଋଣ", "ਲੋਨ", "கடன்", "లోన్", "17,500", "17500", "4321"];
/// Of every [`Person`].
const AMOUNT: Paise = Paise(1_750_000);

/// Whether somebody who hears this learns of a debt.
pub(crate) fn speaks_of_the_debt(text: &str) -> bool {
    let text = text.to_lowercase();
    let said = |language| text.contains(&rupees(AMOUNT, language));
    DEBT.iter().any(|word| text.contains(word)) || Language::ALL.into_iter().any(said)
}

/// In milliseconds: a cut sentence may sound for so long after the caller raised their voice. The
/// bot's own rule is about 200; the rest is for a loaded machine.
const SILENT_WITHIN: u64 = 1_500;
/// What is on the wire when the bot stops may still be heard for so long.
const TAIL: u64 = 300;

pub(crate) async fn a_customer_hears_the_reason_only_after_saying_who_they_are() {
    let world = World::start().await;
    let people = [Person::new(101), Person::speaking(201, Language::Hindi), Person::speaking(301, Language::Tamil)];
    let calls = world.phone(&people).await;
    for person in people {
        let (call, lived) = (&calls[&person.digits], world.lived(person));
        assert_eq!((&call["status"], &call["disposition"]), (&json!("completed"), &json!("informed")), "{call}");
        let confirmed = &lived.said[0];
        assert_eq!(confirmed.text, Phrase::YesSpeaking.text(person.language));
        let reason: Vec<_> = lived.heard.iter().filter(|heard| speaks_of_the_debt(&heard.text)).collect();
        let amount = rupees(AMOUNT, person.language);
        assert!(reason.iter().any(|heard| heard.text.contains(&amount)), "{amount}: {:?}", lived.heard);
        assert!(reason.iter().all(|heard| heard.start_ms >= confirmed.end_ms), "{:?}", lived.heard);
        assert!(lived.heard.iter().all(|heard| heard.language == person.language), "{:?}", lived.heard);
        world.transcript(call).await;
    }
    world.end().await;
}

pub(crate) async fn a_wrong_person_hears_nothing_of_a_debt_in_any_language() {
    let world = World::start().await;
    let people: Vec<Person> =
        (1..).zip(Language::ALL).map(|(n, language)| Person::speaking(n * 100 + 18, language)).collect();
    let calls = world.phone(&people).await;
    for person in people {
        let (call, lived) = (&calls[&person.digits], world.lived(person));
        assert_eq!((&call["status"], &call["disposition"]), (&json!("completed"), &json!("wrong_number")), "{call}");
        assert_eq!(lived.said[0].text, Phrase::WrongNumber.text(person.language));
        assert!(lived.heard.len() >= 3, "greeting, question and goodbye: {:?}", lived.heard);
        let told = lived.heard.iter().find(|heard| speaks_of_the_debt(&heard.text));
        assert!(told.is_none(), "{}: {told:?}", person.language.code());
    }
    world.end().await;
}

pub(crate) async fn a_caller_who_interrupts_is_listened_to_and_the_cut_is_on_record() {
    let world = World::start().await;
    let person = Person::new(115);
    let calls = world.phone(&[person]).await;
    let (call, lived) = (&calls[&person.digits], world.lived(person));
    assert_eq!(call["status"], json!("completed"), "{call}");
    let words = lived.said.iter().find(|said| said.text == Phrase::Repeat.text(person.language)).expect("interrupted");
    let cleared = world.traffic().into_iter().find_map(|event| match event {
        Traffic::Cleared { sid, at_ms } if sid == lived.sid && at_ms >= words.start_ms => Some(at_ms),
        _ => None,
    });
    let cleared = cleared.expect("the bot stopped its audio");
    let cut = lived.heard.iter().rfind(|heard| heard.start_ms < words.start_ms).expect("the bot was speaking");
    assert!(!cut.complete && cut.end_ms <= cleared + TAIL, "cleared at {cleared}: {cut:?}");
    assert!(cut.end_ms < words.start_ms + SILENT_WITHIN, "raised their voice at {}: {cut:?}", words.start_ms);
    let over_them = lived.heard.iter().find(|h| h.start_ms > cut.end_ms && h.start_ms < words.end_ms);
    assert!(over_them.is_none(), "spoke over the caller: {over_them:?}");
    let lines = world.transcript(call).await;
    let cut_lines: Vec<_> = lines.iter().filter(|line| line.speaker == Speaker::Bot && line.interrupted).collect();
    assert!(!cut_lines.is_empty() && cut_lines.iter().all(|line| line.estimated), "{lines:?}");
    world.end().await;
}
