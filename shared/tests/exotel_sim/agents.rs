//! The Connect applet: whom it rings, and what it tells of them.

use serde_json::json;

use crate::app::{Conduct, Stage};
use crate::{COOPERATIVE, sid_of};

async fn transfer(numbers: Vec<&'static str>, agent: &str) -> Stage {
    let conduct = Conduct { passthru_b: 200, numbers, sentences: vec!["One moment."], ..Conduct::default() };
    let stage = Stage::new(conduct).await;
    stage.sim.set_switches(&json!({"agent": agent})).unwrap();
    sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    stage.over(1).await;
    stage
}

fn events(stage: &Stage) -> Vec<String> {
    stage.seen("agent-leg").iter().map(|leg| leg.query["EventType"].clone()).collect()
}

#[tokio::test]
async fn an_agent_takes_over() {
    let stage = transfer(vec!["+919000000091", "+919000000092"], "answers").await;
    let call = &stage.sim.truth().calls[0];
    assert!(call.transferred);
    assert_eq!((call.agents.len(), call.agents[0].talk_ms), (1, 100));
    assert_eq!(events(&stage), ["Dial", "Ringing", "Answered", "Terminal"]);
    assert_eq!(stage.seen("connect")[0].version, "1.0");
    let after = &stage.seen("passthru-c")[0].query;
    assert_eq!((after["DialCallStatus"].as_str(), after["CallType"].as_str()), ("completed", "completed"));
    assert_eq!(after["DialWhomNumber"], "+919000000091");
}

#[tokio::test]
async fn every_agent_is_tried_when_none_can_be_reached() {
    for (agent, status, cause) in [
        ("no_answer", "no-answer", "RING_TIMEOUT"),
        ("busy", "busy", "USER_BUSY"),
        ("failed", "failed", "UNALLOCATED_NUMBER"),
    ] {
        let stage = transfer(vec!["+919000000091", "+919000000092"], agent).await;
        let call = &stage.sim.truth().calls[0];
        assert!(!call.transferred, "{agent}");
        assert_eq!(call.agents.len(), 2, "{agent}");
        assert!(call.agents.iter().all(|attempt| !attempt.answered && attempt.talk_ms == 0), "{:?}", call.agents);
        let after = &stage.seen("passthru-c")[0].query;
        assert_eq!((after["DialCallStatus"].as_str(), after["CallType"].as_str()), (status, "incomplete"));
        assert_eq!([&after["Legs[0][CauseCode]"], &after["Legs[1][CauseCode]"]], [cause; 2]);
        assert!(!after.contains_key("RecordingUrl"), "{agent}");
        assert_eq!(events(&stage), ["Dial", "Ringing", "Terminal"].repeat(2), "{agent}");
    }
}

#[tokio::test]
async fn an_empty_list_of_agents_dials_nobody() {
    let stage = transfer(Vec::new(), "answers").await;
    assert!(stage.sim.truth().calls[0].agents.is_empty());
    assert_eq!(stage.seen("passthru-c")[0].query["DialCallStatus"], "no-answer");
}
