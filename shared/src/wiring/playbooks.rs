//! The playbooks of the environment.

use super::WiringError;
use crate::config::PlaybookSection;
use crate::domain::playbook::{Playbook, Playbooks};

/// Those that come with the product; the usual one is the one that is named, or in the file that is.
pub fn playbooks(section: &PlaybookSection) -> Result<Playbooks, WiringError> {
    let (named, shipped) = (section.playbook.as_str(), Playbooks::shipped()?);
    if named.ends_with(".toml") {
        let text = std::fs::read_to_string(named).map_err(|error| format!("PLAYBOOK: {named}: {error}"))?;
        return Ok(shipped.with_usual(Playbook::parse(named, &text)?));
    }
    let Some(usual) = shipped.find(Some(named)).map(|usual| Playbook::clone(usual)) else {
        let names = shipped.names();
        return Err(format!("PLAYBOOK: there is no `{named}`; there are {names}, and files that end with .toml").into());
    };
    Ok(shipped.with_usual(usual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_playbook_is_found_by_name_or_file_and_a_wrong_one_named() {
        let usual = |named: &str| playbooks(&PlaybookSection { playbook: named.to_owned() });
        let name = |named| usual(named).expect("there is one").usual().name.clone();
        assert_eq!(name("appointment_reminder"), "appointment_reminder");
        assert_eq!(name(concat!(env!("CARGO_MANIFEST_DIR"), "/playbooks/payment_reminder.toml")), "payment_reminder");
        let unknown = usual("poem").expect_err("none").to_string();
        assert!(unknown.contains("there are `payment_reminder`, `appointment_reminder`"), "{unknown}");
        assert!(usual("no/such.toml").expect_err("none").to_string().starts_with("PLAYBOOK: no/such.toml: "));
    }
}
