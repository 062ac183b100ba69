//! Somebody who may still go on: the model thinks meanwhile, so that its time is not used up by theirs.

use super::*;

#[test]
fn who_stops_at_a_day_or_an_and_is_answered_by_a_model_that_takes_a_second() {
    for (words, patience) in [
        ("on the 25", TUNING.endpoint.dictation_ms),
        ("I will pay on Monday and", TUNING.endpoint.unfinished_ms),
        ("my number is 98765", TUNING.endpoint.dictation_ms),
    ] {
        let mut line = Line::asking();
        line.answered("When can you pay?");
        line.said.clear();
        let (asked, prepared) = (line.asked, line.prepared_ever.len());
        line.speak(words, 600);
        let last_sound = line.at - STOP_DELAY_MS;
        while line.asked == asked {
            line.wait(20);
            assert!(line.at - last_sound < 3_000, "{words}: never asked");
        }
        // The first token after 700 ms, and 300 more for a clause.
        line.wait(1_000);
        line.clause("I see, thank you.");
        line.thought(Thought::Done);
        line.wait(TUNING.endpoint.most_ms);
        assert_eq!(line.said, ["I see, thank you."], "{words}");
        let said = line.actions.iter().rev().find(|(_, action)| matches!(action, Action::Say { .. }));
        let waited = said.map(|(at, _)| at - last_sound).expect("said");
        assert!((patience..patience + 400).contains(&waited), "{words}: {waited} ms");
        assert_eq!(line.prepared_ever.len(), prepared, "{words}: no voice is ordered for what is unlikely over");
    }
}
