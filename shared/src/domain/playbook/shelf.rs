//! The playbooks a deployment phones by.

use std::sync::Arc;

use super::{BadPlaybook, Playbook};

/// All of them, and the one that is meant where an order names none.
#[derive(Debug, Clone)]
pub struct Playbooks {
    usual: Arc<Playbook>,
    others: Vec<Arc<Playbook>>,
}

impl Playbooks {
    /// Those that come with the product; payments are the usual purpose.
    ///
    /// # Errors
    /// As [`Playbook::shipped`].
    pub fn shipped() -> Result<Self, BadPlaybook> {
        let [usual, other] = Playbook::shipped()?.map(Arc::new);
        Ok(Self { usual, others: vec![other] })
    }

    /// The same with another usual one: that of its name, which it takes the place of, or one more.
    #[must_use]
    pub fn with_usual(mut self, playbook: Playbook) -> Self {
        let before = std::mem::replace(&mut self.usual, Arc::new(playbook));
        self.others.insert(0, before);
        let usual = &self.usual;
        self.others.retain(|other| other.name != usual.name);
        self
    }

    /// The one an order is talked by; none where no playbook has that name.
    pub fn find(&self, name: Option<&str>) -> Option<&Arc<Playbook>> {
        let mut all = std::iter::once(&self.usual).chain(&self.others);
        match name {
            None => Some(&self.usual),
            Some(name) => all.find(|playbook| playbook.name == name),
        }
    }

    /// The one that is meant where nothing else is said.
    pub fn usual(&self) -> &Arc<Playbook> {
        &self.usual
    }

    /// All names, for a message to people.
    pub fn names(&self) -> String {
        let all = std::iter::once(&self.usual).chain(&self.others);
        all.map(|playbook| format!("`{}`", playbook.name)).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_without_a_playbook_is_of_the_usual_kind_and_an_unknown_one_of_none() {
        let shipped = Playbooks::shipped().expect("usable");
        let name = |shelf: &Playbooks, named| shelf.find(named).map(|playbook| playbook.name.clone());
        assert_eq!(name(&shipped, None).as_deref(), Some("payment_reminder"));
        assert_eq!(name(&shipped, Some("appointment_reminder")).as_deref(), Some("appointment_reminder"));
        assert_eq!(name(&shipped, Some("poem")), None);
        let appointment = Playbook::clone(shipped.find(Some("appointment_reminder")).expect("shipped"));
        let other = shipped.with_usual(appointment);
        assert_eq!(name(&other, None).as_deref(), Some("appointment_reminder"));
        assert_eq!(other.names(), "`appointment_reminder`, `payment_reminder`");
    }

    #[test]
    fn a_file_takes_the_place_of_what_has_its_name() {
        let [mut own, _] = Playbook::shipped().expect("usable");
        own.persona = "somebody else".to_owned();
        let shelf = Playbooks::shipped().expect("usable").with_usual(own);
        assert_eq!(shelf.names(), "`payment_reminder`, `appointment_reminder`");
        assert_eq!(shelf.find(Some("payment_reminder")).expect("named").persona, "somebody else");
    }
}
