//! The free part of a conversation: a model answers, and here it is decided what of that is said
//! and done. Its words pass the guard or are replaced by the script's; its tools are proposals.

use std::sync::Arc;

use jiff::civil::{Date, Time, time};
use serde::{Deserialize, Serialize};

use super::asked::asked_for;
use super::intent::Intent;
use super::languages::table;
use super::lock::{Confirmed, Question};
use super::reply::{Expects, Reply, Sentence, Then};
use super::script::Dialogue;
use crate::domain::call::Disposition;
use crate::domain::money::Paise;
use crate::domain::playbook::{Ending, Fact, Playbook, Reason};
use crate::domain::spoken;
use crate::domain::thinking::{
    Clause, Guard, Known, Limits, ModelRequest, PartOfDay, Said, Scene, Stopped, ToolCall, ToolResult, Wish,
    figures_as_words, read, request,
};
use crate::domain::transcript::Line;

/// About 20 s of speech: nobody listens longer. The answer is cut at the next end of a sentence.
const LONGEST_ANSWER: usize = 280;
/// Where no sentence ends before, it is cut anyway.
const CUT_ANYWAY: usize = 420;
/// A model's answers to somebody who does not say who they are; then the script takes over again.
const MOST_BEFORE_CONFIRMED: u8 = 4;
/// Turns in a row in which no model answered as it may, before the script counts what it does not
/// understand of them: until then the fault is ours.
const MOST_TROUBLES: u8 = 3;
/// From when on it is evening.
const EVENING: Time = time(17, 0, 0, 0);

/// What a call is for, and who talks in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Purpose {
    /// Goals, facts, tools.
    #[serde(with = "whole")]
    pub playbook: Arc<Playbook>,
    /// The day of the call, in India.
    pub today: Date,
    /// A model answers what the script does not decide.
    pub model: bool,
}

/// A playbook is written down whole: the file it came from may change.
mod whole {
    use super::{Arc, Deserialize, Playbook, Serialize};

    pub(super) fn serialize<S: serde::Serializer>(playbook: &Arc<Playbook>, to: S) -> Result<S::Ok, S::Error> {
        playbook.as_ref().serialize(to)
    }
    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Arc<Playbook>, D::Error> {
        Playbook::deserialize(from).map(Arc::new)
    }
}

/// A promise, read back and agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promised {
    /// By when.
    pub date: Date,
    /// How much.
    pub amount: Paise,
}

/// What becomes of a piece of a model's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is said.
    Say(Sentence),
    /// There is nothing in it to be heard.
    Nothing,
    /// It was stopped; the answer ends, and this is said instead of the rest.
    Stopped(Stopped, Reply),
    /// It is done, or long enough: the answer ends, and this follows.
    Instead(Reply),
    /// The model may correct its call; its next answer is awaited.
    Again,
}

/// The state of the free part.
#[derive(Debug, Clone, Default)]
pub(super) struct Free {
    purpose: Option<Purpose>,
    /// What the model owes an answer to.
    owed: Option<Intent>,
    /// Characters of its present answer that were let through.
    said: usize,
    /// A sentence ended with the last of them.
    at_end: bool,
    /// The sentence so far.
    sentence: String,
    /// What the last question of this answer asks for.
    asked: Option<Expects>,
    /// Its calls in this answer that were refused, and why.
    exchange: Vec<Said>,
    before_confirmed: u8,
    /// Turns in a row that the script had to answer for the model.
    troubles: u8,
    promise: Option<Promised>,
    /// One was read back and not agreed to: from then on none is taken that is not read back.
    not_agreed: bool,
    callback: Option<(Date, PartOfDay)>,
    /// Why a human is wanted, as the model has it.
    why_agent: Option<String>,
}

impl Free {
    pub(super) fn new(purpose: Option<Purpose>) -> Self {
        Self { purpose, ..Self::default() }
    }

    pub(super) fn promise(&self) -> Option<Promised> {
        self.promise
    }

    pub(super) fn purpose(&self) -> Option<&Purpose> {
        self.purpose.as_ref()
    }

    fn has_model(&self) -> bool {
        self.purpose.as_ref().is_some_and(|purpose| purpose.model)
    }

    /// What was agreed to, for the summary.
    pub(super) fn agreed(&self, decided: Disposition) -> Option<String> {
        match decided {
            Disposition::PromiseToPay => self.promise.map(|Promised { date, amount }| format!("{amount} by {date}.")),
            Disposition::CallbackRequested => {
                self.callback.map(|(date, part)| format!("On {date}, {}.", part.as_str()))
            }
            _ => None,
        }
    }
}

impl Dialogue {
    /// Whether a model answers this, or the script. What decides something for good is the
    /// script's, and so is the answer to each of its own questions.
    pub(super) fn is_for_the_model(&self, intent: Intent) -> bool {
        let may_talk = self.is_confirmed() || self.free.before_confirmed < MOST_BEFORE_CONFIRMED;
        let scripted = match (self.question, intent) {
            (_, Intent::DoNotCall | Intent::WrongPerson | Intent::Agent) => true,
            // "Who is this?" too: the greeting says it, at once and in full.
            (Question::Identity, Intent::Yes | Intent::No | Intent::CallLater | Intent::Repeat) => true,
            (Question::Agent, Intent::Yes | Intent::Fine | Intent::No | Intent::Repeat) => true,
            // "No, I will pay next week" is a promise too, but not this one.
            (Question::Promise, Intent::Yes | Intent::Fine) => true,
            (Question::Identity | Question::Agent | Question::Promise | Question::Open, _) => false,
        };
        self.free.has_model() && may_talk && !scripted
    }

    /// The model's turn.
    pub(super) fn think(&mut self, intent: Intent) -> Reply {
        let free = &mut self.free;
        (free.owed, free.said, free.at_end, free.asked) = (Some(intent), 0, true, None);
        free.exchange.clear();
        free.sentence.clear();
        if self.question == Question::Promise {
            // Neither yes nor no: the model asks what is meant.
            self.question = Question::Open;
            self.free.promise = None;
            self.free.not_agreed = true;
        }
        Reply { say: Vec::new(), then: Then::Think, expects: Expects::Open }
    }

    /// What the model is asked; `heard` is the conversation so far. `None` where it owes nothing.
    pub fn model_request(&self, heard: &[Line]) -> Option<ModelRequest> {
        let purpose = self.free.purpose.as_ref().filter(|_| self.free.owed.is_some())?;
        let scene = Scene {
            playbook: &purpose.playbook,
            company: self.lender(),
            language: self.language(),
            open: self.facts(&purpose.playbook.open, None),
            locked: self.proof().map(|proof| self.facts(&purpose.playbook.locked, Some(proof))),
            due: self.proof().and_then(|proof| self.debt(proof).amount),
            agents: self.has_agents(),
        };
        let mut request = request(&scene, heard);
        request.history.extend(self.free.exchange.iter().cloned());
        Some(request)
    }

    /// Each as it is said in the language of the call; what is not known is left out.
    fn facts(&self, wanted: &[Fact], proof: Option<&Confirmed>) -> Vec<(Fact, String)> {
        let language = self.language();
        let debt = proof.map(|proof| self.debt(proof));
        let value = |fact: &Fact| match fact {
            Fact::Company => Some(self.lender().to_owned()),
            Fact::Customer => self.name().map(str::to_owned),
            Fact::AmountDue => debt?.amount.map(|amount| spoken::rupees(amount, language)),
            Fact::DueDate | Fact::AppointmentDate => debt?.due_date.map(|date| self.day(date)),
            Fact::LoanEnding => spoken::ending(debt?.loan_id.as_deref()?, language),
        };
        wanted.iter().filter_map(|fact| Some((*fact, value(fact)?))).collect()
    }

    /// As it is said in the language of the call.
    fn day(&self, date: Date) -> String {
        spoken::date(date, self.free.purpose.as_ref().map(|purpose| purpose.today), self.language())
    }

    /// A piece of the model's words. The only way from a model to a voice.
    pub fn clause(&mut self, clause: &Clause) -> Verdict {
        let free = &self.free;
        if free.said >= CUT_ANYWAY || free.said >= LONGEST_ANSWER && free.at_end {
            return Verdict::Instead(self.answered());
        }
        let text = without_markup(&clause.text);
        if !text.chars().any(char::is_alphanumeric) {
            return Verdict::Nothing;
        }
        let known = self.known();
        let guard = Guard { language: self.language(), confirmed: self.is_confirmed(), known: &known };
        if let Err(why) = guard.check(&text) {
            return Verdict::Stopped(why, self.unanswered());
        }
        let text = figures_as_words(&text, &known, self.language());
        self.free.said += text.chars().count();
        self.free.at_end = clause.ends_sentence;
        self.note_question(&text, clause.ends_sentence);
        Verdict::Say(Sentence { text, language: self.language(), interruptible: true })
    }

    /// A question may come in several pieces, and words after it do not take it back.
    fn note_question(&mut self, text: &str, ends_sentence: bool) {
        let language = self.language();
        self.free.sentence.push_str(text);
        self.free.sentence.push(' ');
        self.free.asked = asked_for(&self.free.sentence, language).or(self.free.asked);
        if ends_sentence {
            self.free.sentence.clear();
        }
    }

    /// What may be said because it is ours.
    fn known(&self) -> Known {
        let names = [Some(self.lender()), self.name()].into_iter().flatten().map(str::to_owned).collect();
        let Some(debt) = self.proof().map(|proof| self.debt(proof)) else { return Known { names, ..Known::default() } };
        let promise = self.free.promise;
        let amounts: Vec<Paise> = debt.amount.into_iter().chain(promise.map(|promise| promise.amount)).collect();
        let dates: Vec<Date> = debt.due_date.into_iter().chain(promise.map(|promise| promise.date)).collect();
        let ids: Vec<String> = debt.loan_id.iter().cloned().collect();
        let language = self.language();
        let spoken = amounts
            .iter()
            .map(|amount| spoken::rupees(*amount, language))
            .chain(dates.iter().map(|date| self.day(*date)))
            .chain(ids.iter().filter_map(|id| spoken::ending(id, language)))
            .collect();
        Known { amounts, dates, ids, names, spoken }
    }

    /// A call of the model's.
    pub fn tool(&mut self, call: &ToolCall) -> Verdict {
        let Some(purpose) = self.free.purpose.clone() else { return Verdict::Instead(self.unanswered()) };
        let limits = Limits {
            offered: purpose.playbook.tools(self.is_confirmed()),
            today: purpose.today,
            due: self.proof().and_then(|proof| self.debt(proof).amount),
            evenings: purpose.playbook.window.closes > EVENING,
            language: self.language(),
        };
        match read(call, limits) {
            Ok(wish) => Verdict::Instead(self.follow(wish)),
            Err(_) if !self.free.exchange.is_empty() => Verdict::Instead(self.unanswered()),
            Err(bad) => {
                let result = ToolResult { id: call.id.clone(), name: call.name.clone(), text: bad.0, is_error: true };
                let asked = Said::Bot { text: String::new(), calls: vec![call.clone()] };
                self.free.exchange = vec![asked, Said::Results(vec![result])];
                Verdict::Again
            }
        }
    }

    fn follow(&mut self, wish: Wish) -> Reply {
        self.free.owed = None;
        match wish {
            // The caller's own words decide, not what a model makes of them: a plain yes never comes
            // here, so all there is to do is to put the question again.
            Wish::ConfirmIdentity => self.ask_again(),
            Wish::TransferToAgent { reason } => {
                // An agent takes it for the customer's, so it must be.
                self.free.why_agent = reason.filter(|_| self.is_confirmed());
                self.hand_over()
            }
            Wish::EndCall => self.informed(),
            Wish::SetLanguage(language) => {
                self.choice.wished(language);
                self.say_all_again()
            }
            Wish::RecordPromise { date, amount } => {
                self.free.promise = Some(Promised { date, amount });
                self.question = Question::Promise;
                self.ask_again()
            }
            Wish::MarkWrongNumber => self.goodbye(Disposition::WrongNumber, |s| s.wrong_person),
            Wish::RequestCallback { date, part } => {
                self.free.callback = Some((date, part));
                self.call_back()
            }
            Wish::DoNotCall => self.goodbye(Disposition::DoNotCall, |s| s.do_not_call),
        }
    }

    /// Why the model hands over, for the agent; of the right person only.
    pub fn why_agent(&self) -> Option<&str> {
        self.free.why_agent.as_deref()
    }

    /// The model's answer is over. Before the right person is confirmed our own question follows:
    /// a yes must answer that, and nothing a model has asked.
    pub fn answered(&mut self) -> Reply {
        if self.free.said == 0 {
            return self.unanswered();
        }
        self.free.owed = None;
        (self.free.troubles, self.unclear) = (0, 0);
        if !self.is_confirmed() {
            self.free.before_confirmed += 1;
            return self.ask_again();
        }
        self.question = Question::Open;
        Reply { expects: self.free.asked.unwrap_or(Expects::Open), ..self.listen(Vec::new()) }
    }

    /// The caller has the floor in the middle of the model's answer: what was heard of it stands.
    pub fn interrupted(&mut self) {
        if self.free.owed.take().is_some() && self.free.said > 0 && self.is_confirmed() {
            self.question = Question::Open;
        }
    }

    /// No model answered, or not as it may: the script does. That it does not understand what was
    /// meant for a model is not the caller's fault, and counts against nobody for a while.
    pub fn unanswered(&mut self) -> Reply {
        match self.free.owed.take() {
            Some(intent) if self.free.said == 0 && self.free.troubles < MOST_TROUBLES => {
                self.free.troubles += 1;
                let counted = std::mem::take(&mut self.unclear);
                let reply = self.act_by_script(intent);
                self.unclear = counted;
                reply
            }
            Some(intent) if self.free.said == 0 => self.act_by_script(intent),
            _ => self.ask_again(),
        }
    }

    /// To the read-back of a promise.
    pub(super) fn promise_answer(&mut self, intent: Intent) -> Reply {
        match (intent, self.proof()) {
            (Intent::Yes | Intent::Fine, Some(proof)) => {
                let thanks = self.debt_sentence(proof, |s| s.promise);
                self.close_own(Disposition::PromiseToPay, Ending::Promised, thanks)
            }
            _ => self.not_understood(),
        }
    }

    /// To something a model asked, and no model is there any more: only what speaks for itself counts.
    pub(super) fn open_answer(&mut self, intent: Intent) -> Reply {
        match intent {
            Intent::WillPay | Intent::Paid => self.agent_answer(intent),
            _ => self.not_understood(),
        }
    }

    /// Whether the script may take "I will pay" for a promise of what is due, or "I have paid" for
    /// an answer at all.
    pub(super) fn takes_word_of_paying(&self, intent: Intent) -> bool {
        let about_a_loan = self.free.purpose.as_ref().is_none_or(|purpose| purpose.playbook.reason == Reason::Loan);
        about_a_loan && (intent != Intent::WillPay || !self.free.not_agreed)
    }

    /// What was asked last is a model's, not one of the script's own questions.
    pub fn asks_openly(&self) -> bool {
        self.question == Question::Open
    }

    /// From a model's talk to the script's own question.
    pub(super) fn come_back(&mut self) {
        if self.question == Question::Open {
            self.question = Question::Agent;
        }
    }

    /// The script's question, and nothing else.
    pub(super) fn ask_again(&mut self) -> Reply {
        self.come_back();
        self.listen(vec![self.asked()])
    }

    /// Everything once more in another language; a promise that is being read back, alone: a yes
    /// must answer what was asked last.
    pub(super) fn say_all_again(&mut self) -> Reply {
        self.come_back();
        if self.question == Question::Promise { self.ask_again() } else { self.repeat_block() }
    }

    /// The read-back of a promise, in the words it will be recorded by.
    pub(super) fn promise_check(&self) -> Option<Sentence> {
        let (proof, promise) = (self.proof()?, self.free.promise?);
        let text = table(self.language()).debt.open(proof).promise_check;
        let amount = spoken::rupees(promise.amount, self.language());
        let text = text.replace("{amount}", &amount).replace("{date}", &self.day(promise.date));
        // What is recorded must have been heard.
        Some(Sentence { text, language: self.language(), interruptible: false })
    }

    /// The playbook's own words for why we call; `None` where the script has them. Without the date
    /// they speak of there is nothing to say.
    pub(super) fn own_reason(&self, proof: &Confirmed) -> Option<Vec<Sentence>> {
        let playbook = &self.free.purpose.as_ref()?.playbook;
        let Reason::Own(texts) = &playbook.reason else { return None };
        let text = texts.get(&self.language()).map(|text| text.replace("{company}", self.lender()));
        let date = self.debt(proof).due_date.map(|date| self.day(date));
        let filled = text.and_then(|text| match date {
            Some(date) => Some(text.replace("{date}", &date)),
            None => (!text.contains("{date}")).then_some(text),
        });
        let interruptible = playbook.reason_interruptible;
        let said = |text| Sentence { text, language: self.language(), interruptible };
        Some(filled.into_iter().map(said).collect())
    }
}

/// Marks for the eye that a voice would read out.
fn without_markup(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '*' | '_' | '#' | '`' | '"' | '“' | '”')).collect::<String>().trim().to_owned()
}

#[cfg(all(test, feature = "llm"))]
mod tests;
