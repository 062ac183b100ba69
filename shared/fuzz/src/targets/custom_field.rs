//! The text that comes back in `CustomField`.

use shared::domain::id::CallId;
use shared::wire::exotel::connect::ConnectForm;
use shared::wire::exotel::custom_field::CustomField;
use shared::wire::exotel::fields::Fields;
use shared::wire::exotel::passthru::PassthruQuery;

use super::passthru::as_query;
use crate::promises::{self, SPELLINGS};

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let field = CustomField::parse(&text);
    assert!(field.pairs.keys().all(|key| !key.to_lowercase().trim().ends_with("call_id") || key.len() > 7));
    let mut bytes = [0; 10];
    bytes.iter_mut().zip(input).for_each(|(to, from)| *to = *from);
    ours_comes_back(CallId::new(jiff::Timestamp::UNIX_EPOCH, bytes), &text);
    hidden(&text);
}

/// What we sent is read, alone and before whatever a flow adds, on every way it travels.
fn ours_comes_back(id: CallId, text: &str) {
    let form = ConnectForm {
        from: "+919876543210",
        caller_id: "02200000000",
        flow_url: "http://my.exotel.com/acmelend1/exoml/start_voice/123456",
        call_id: id,
        ring_timeout_s: 30,
        call_limit_s: 900,
        status_callback: "https://api.example.test/exotel-webhook",
    };
    let fields = form.fields();
    let (_, sent) = fields.iter().find(|(name, _)| *name == "CustomField").expect("it is sent");
    assert!(sent.len() <= 128, "longer is cut or refused");
    let later: String = text.chars().filter(|c| *c != '\0').collect();
    for came in [sent.clone(), format!("{sent}|{later}"), format!("  {sent} |")] {
        assert_eq!(CustomField::parse(&came).call_id, Some(id), "{came}");
        let query = Fields::from_query(&as_query(&[("CustomField".to_owned(), came.clone())]));
        assert_eq!(PassthruQuery::read(&query).custom.call_id, Some(id), "{came}");
    }
}

fn hidden(text: &str) {
    let around: String = text.chars().filter(|c| !c.is_numeric() && !matches!(c, '|' | '=')).take(40).collect();
    for spelling in SPELLINGS {
        let field = CustomField::parse(&format!("name=Asha|phone={around} {spelling} {around}"));
        promises::hides_the_number(&field.masked().to_string());
    }
}
