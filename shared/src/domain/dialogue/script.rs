//! What is said next. Pure: an answer in, sentences and a decision out.

mod summary;

use jiff::civil::Date;

use super::choice::Choice;
use super::free::Free;
use super::intent::{Intent, speaks_for_another, understand, understand_person};
use super::languages::{DebtSentences, OpenSentences, table};
use super::lock::{Confirmed, Question, Sealed};
use super::machine::Screening;
use super::reply::{Brief, Expects, Outcome, Reply, Sentence, Then};
use super::wished::{Wished, wished};
use crate::domain::call::Disposition;
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::playbook::Ending;
use crate::domain::spoken;

/// Answers we could not use before we say goodbye: a third "I did not understand" only annoys.
const MOST_UNCLEAR: u8 = 2;
/// Silences we ask into before we say goodbye.
const MOST_NUDGES: u8 = 2;

/// Keys without a meaning that are answered, in a whole call. A number typed in has more, and whoever
/// types it listens to nothing meanwhile.
const MOST_KEYS: u8 = 2;

/// What we may only say to the right person.
#[derive(Clone)]
pub(super) struct Debt {
    pub(super) loan_id: Option<String>,
    pub(super) amount: Option<Paise>,
    pub(super) due_date: Option<Date>,
}

/// One conversation.
pub struct Dialogue {
    pub(super) choice: Choice,
    lender: String,
    name: Option<String>,
    agents: bool,
    debt: Sealed<Debt>,
    /// By which a date is far away or near; unknown, every date counts as near.
    today: Option<Date>,
    proof: Option<Confirmed>,
    pub(super) question: Question,
    /// The caller heard it, or enough of it to answer.
    question_heard: bool,
    pub(super) free: Free,
    pub(super) unclear: u8,
    nudges: u8,
    keys: u8,
    pub(super) deaf: bool,
    /// No agent took the call: there is nothing to say but that.
    untaken: bool,
    /// A telephone has asked who calls, and nobody else has spoken since.
    pub(super) screening: Option<Screening>,
    pub(super) intent: Option<Intent>,
    pub(super) decided: Option<Disposition>,
}

impl Dialogue {
    /// A conversation about to begin.
    pub fn new(brief: Brief) -> Self {
        let (name, debt) = match brief.customer {
            Some(c) => (Some(c.name), Debt { loan_id: c.loan_id, amount: c.amount, due_date: c.due_date }),
            None => (None, Debt { loan_id: None, amount: None, due_date: None }),
        };
        Self {
            choice: Choice::beginning_with(brief.language),
            lender: brief.lender,
            name,
            agents: brief.agents,
            debt: Sealed::new(debt),
            today: None,
            proof: None,
            question: Question::Identity,
            question_heard: false,
            free: Free::new(brief.purpose),
            unclear: 0,
            nudges: 0,
            keys: 0,
            deaf: false,
            untaken: false,
            screening: None,
            intent: None,
            decided: None,
        }
    }

    /// The same on that day.
    pub fn on(mut self, today: Date) -> Self {
        self.today = Some(today);
        self
    }

    /// After agents were rung and none took the call: apologises, promises a call-back, and ends.
    pub fn after_nobody_came(mut self) -> Self {
        (self.untaken, self.agents) = (true, false);
        self
    }

    /// The first words.
    pub fn open(&mut self) -> Reply {
        if self.untaken {
            return self.hand_over();
        }
        if self.name.is_none() {
            return self.technical();
        }
        self.listen(vec![self.firm(|s| s.greeting), self.asked()])
    }

    /// Whether what is said next can answer the question: a yes to something else is no answer to it.
    pub fn question_was_heard(&mut self, heard: bool) {
        self.question_heard = heard;
    }

    /// The caller said something. `heard` is the language the recogniser reports.
    pub fn answer(&mut self, text: &str, heard: Option<Language>) -> Reply {
        self.nudges = 0;
        if let Some(reply) = self.answer_machine(text) {
            return reply;
        }
        // Whoever a telephone fetched has heard nothing yet.
        let fetched = self.screening.take().is_some();
        let before = self.language();
        let wish = wished(text, before, self.name.as_deref());
        match &wish {
            Some(Wished::For(language)) => self.choice.wished(*language),
            Some(Wished::Against(languages)) => self.choice.refused(languages, text, heard),
            None => self.choice.heard(text, heard, self.name.as_deref()),
        }
        let intent = self.understood(text, heard, before);
        // A wish for a language is the whole of an answer, but not where that ends the matter.
        if !intent.ends_the_matter() {
            let changed = wish.is_some() && self.language() != before;
            match wish {
                _ if changed => return self.say_all_again(),
                _ if fetched => {
                    self.intent = Some(intent);
                    return self.repeat_block();
                }
                // "Not Hindi", to somebody who speaks English: a no, but not to our question.
                Some(Wished::Against(_)) => return self.ask_again(),
                Some(Wished::For(_)) | None => {}
            }
        }
        self.intent = Some(intent);
        self.act(intent)
    }

    /// A short answer may be in the language spoken `before`, in one we have only begun to lean to, or in
    /// the customer's own. A yes that one of them reads as something else is none, and neither is one of
    /// somebody else: it opens the lock.
    pub(super) fn understood(&self, text: &str, heard: Option<Language>, before: Language) -> Intent {
        let may_be = [Some(self.language()), Some(before), heard, Some(self.choice.first())];
        let mut read = may_be.into_iter().flatten().filter_map(|language| understand_person(text, language));
        // "His phone is off": in some languages that "is" would be a yes.
        let tells_of_a_telephone = || {
            let mut read = may_be.into_iter().flatten().map(|language| understand(text, language));
            self.proof.is_none() && read.any(|meant| meant == Intent::Machine)
        };
        match read.next() {
            Some(Intent::Yes)
                if read.any(|other| other != Intent::Yes)
                    || tells_of_a_telephone()
                    || self.proof.is_none() && speaks_for_another(text) =>
            {
                Intent::Unclear
            }
            first => first.unwrap_or(Intent::Unclear),
        }
    }

    /// This conversation as it is after that answer, and what would be said; changes nothing.
    pub(super) fn after(&self, text: &str, heard: Option<Language>) -> (Self, Reply) {
        let mut ahead = Self {
            lender: self.lender.clone(),
            name: self.name.clone(),
            debt: self.debt.clone(),
            free: self.free.clone(),
            proof: self.proof.as_ref().map(Confirmed::thought_ahead),
            ..*self
        };
        let reply = ahead.answer(text, heard);
        (ahead, reply)
    }

    /// The caller said nothing for a while.
    pub fn silence(&mut self) -> Reply {
        if self.deaf {
            return self.technical();
        }
        if self.screening.is_some() {
            return self.wait_for_a_person();
        }
        if self.nudges >= MOST_NUDGES {
            return self.goodbye(Disposition::NoResponse, |s| s.no_answer);
        }
        self.nudges += 1;
        self.come_back();
        self.listen(vec![self.soft(|s| s.not_heard), self.asked()])
    }

    /// The caller spoke and nobody could make it out.
    pub fn not_understood(&mut self) -> Reply {
        if self.screening.is_some() {
            return self.wait_for_a_person();
        }
        if self.unclear >= MOST_UNCLEAR {
            return if self.deaf { self.technical() } else { self.goodbye(Disposition::NoResponse, |s| s.no_answer) };
        }
        self.unclear += 1;
        if self.deaf {
            return self.listen(vec![self.soft(|s| s.press_one)]);
        }
        self.come_back();
        self.listen(vec![self.soft(|s| s.not_understood), self.asked()])
    }

    /// The words we asked for again were there, and only late: that counts against nobody.
    pub fn understood_after_all(&mut self) {
        self.unclear = self.unclear.saturating_sub(1);
    }

    /// A key other than 1 was pressed: says the last block again, the first times. `None` once it is ignored:
    /// a key is no answer that could not be understood, and never ends a call.
    pub fn key(&mut self) -> Option<Reply> {
        if self.keys >= MOST_KEYS {
            return None;
        }
        self.keys += 1;
        Some(self.say_all_again())
    }

    /// Says the last block again ("pardon?").
    fn repeat(&mut self) -> Reply {
        if self.unclear >= MOST_UNCLEAR {
            return self.goodbye(Disposition::NoResponse, |s| s.no_answer);
        }
        self.unclear += 1;
        self.repeat_block()
    }

    /// The right person said so.
    pub fn is_confirmed(&self) -> bool {
        self.proof.is_some()
    }

    /// What the model may talk by; the rest of it is in `free`.
    pub(super) fn proof(&self) -> Option<&Confirmed> {
        self.proof.as_ref()
    }
    pub(super) fn debt(&self, proof: &Confirmed) -> &Debt {
        self.debt.open(proof)
    }
    pub(super) fn lender(&self) -> &str {
        &self.lender
    }
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
    pub(super) fn has_agents(&self) -> bool {
        self.agents
    }

    /// The language spoken now.
    pub fn language(&self) -> Language {
        self.choice.spoken()
    }

    /// How it went so far.
    pub fn outcome(&self) -> Outcome {
        Outcome {
            disposition: self.decided,
            intent: self.intent,
            language: self.language(),
            summary: self.summary(),
            promise: self.free.promise().filter(|_| self.decided == Some(Disposition::PromiseToPay)),
        }
    }

    fn act(&mut self, intent: Intent) -> Reply {
        if !self.question_heard && self.would_answer(intent) {
            return self.ask_again();
        }
        if self.is_for_the_model(intent) { self.think(intent) } else { self.act_by_script(intent) }
    }

    /// Whether it says something by what was asked. Who says no to an agent before we offer one does not
    /// want one.
    fn would_answer(&self, intent: Intent) -> bool {
        match self.question {
            Question::Identity | Question::Promise => matches!(intent, Intent::Yes | Intent::Fine | Intent::No),
            Question::Agent => matches!(intent, Intent::Yes | Intent::Fine),
            Question::Open => false,
        }
    }

    pub(super) fn act_by_script(&mut self, intent: Intent) -> Reply {
        match intent {
            Intent::Agent => return self.hand_over(),
            Intent::DoNotCall => return self.goodbye(Disposition::DoNotCall, |s| s.do_not_call),
            Intent::WrongPerson => return self.goodbye(Disposition::WrongNumber, |s| s.wrong_person),
            Intent::CallLater => return self.call_back(),
            Intent::Repeat => return self.repeat(),
            // A machine is known before anything it says is taken for an answer.
            Intent::Yes
            | Intent::Fine
            | Intent::No
            | Intent::WillPay
            | Intent::Paid
            | Intent::Unclear
            | Intent::Machine => {}
        }
        match self.question {
            Question::Identity => self.identity_answer(intent),
            Question::Agent => self.agent_answer(intent),
            Question::Promise => self.promise_answer(intent),
            Question::Open => self.open_answer(intent),
        }
    }

    fn identity_answer(&mut self, intent: Intent) -> Reply {
        if let Some(proof) = Confirmed::from_answer(self.question, intent) {
            self.unclear = 0;
            self.question = Question::Agent;
            let say = self.reason(&proof);
            self.proof = Some(proof);
            return self.listen(say);
        }
        match intent {
            Intent::No => self.goodbye(Disposition::WrongNumber, |s| s.wrong_person),
            _ => self.not_understood(),
        }
    }

    pub(super) fn agent_answer(&mut self, intent: Intent) -> Reply {
        match (intent, &self.proof) {
            (Intent::Yes | Intent::Fine, _) => self.hand_over(),
            (Intent::No, _) => self.informed(),
            // Whoever did not agree to what was read back has promised nothing: a human may settle it.
            (Intent::WillPay | Intent::Paid, Some(_)) if !self.takes_word_of_paying(intent) => self.ask_again(),
            (Intent::WillPay, Some(proof)) => {
                let thanks = self.debt_sentence(proof, |s| s.promise);
                self.close_own(Disposition::PromiseToPay, Ending::Promised, thanks)
            }
            (Intent::Paid, Some(proof)) => {
                let thanks = self.debt_sentence(proof, |s| s.paid);
                self.close_own(Disposition::Informed, Ending::Paid, thanks)
            }
            _ => self.not_understood(),
        }
    }

    /// Why we call: needs the proof, so it cannot be said to anyone else.
    fn reason(&self, proof: &Confirmed) -> Vec<Sentence> {
        if let Some(mut own) = self.own_reason(proof) {
            own.push(self.soft(|s| s.agent));
            return own;
        }
        let table = table(self.language());
        let (sentences, debt) = (table.debt.open(proof), self.debt.open(proof));
        let ending = debt.loan_id.as_deref().and_then(|id| spoken::ending(id, self.language()));
        let amount = debt.amount.map(|amount| spoken::rupees(amount, self.language()));
        let date = debt.due_date.map(|date| spoken::date(date, self.today, self.language()));
        let mut texts = vec![match &ending {
            Some(ending) => sentences.loan.replace("{loan}", ending),
            None => sentences.loan_unnamed.to_owned(),
        }];
        texts.extend(match (amount, date) {
            (Some(amount), Some(date)) => Some(sentences.due.replace("{amount}", &amount).replace("{date}", &date)),
            (Some(amount), None) => Some(sentences.due_amount.replace("{amount}", &amount)),
            (None, Some(date)) => Some(sentences.due_date.replace("{date}", &date)),
            (None, None) => None,
        });
        texts.push(sentences.options.to_owned());
        let interruptible = self.free.purpose().is_none_or(|purpose| purpose.playbook.reason_interruptible);
        let mut say: Vec<Sentence> = texts.into_iter().map(|text| self.sentence(text, interruptible)).collect();
        say.push(self.soft(|s| s.agent));
        say
    }

    pub(super) fn repeat_block(&self) -> Reply {
        match &self.proof {
            Some(proof) => self.listen(self.reason(proof)),
            None => self.listen(vec![self.firm(|s| s.greeting), self.asked()]),
        }
    }

    /// Both questions of the script ask for a yes or a no.
    pub(super) fn listen(&self, say: Vec<Sentence>) -> Reply {
        Reply { say, then: Then::Listen, expects: Expects::YesNo }
    }

    /// The open question once more.
    pub(super) fn asked(&self) -> Sentence {
        match self.question {
            Question::Identity => self.soft(|s| s.identity),
            Question::Agent | Question::Open => self.soft(|s| s.agent),
            Question::Promise => self.promise_check().unwrap_or_else(|| self.soft(|s| s.agent)),
        }
    }

    pub(super) fn soft(&self, pick: fn(&OpenSentences) -> &'static str) -> Sentence {
        self.sentence(self.filled(pick), true)
    }

    /// Must be heard to its end: who calls, that it may be recorded, and every last word.
    pub(super) fn firm(&self, pick: fn(&OpenSentences) -> &'static str) -> Sentence {
        self.sentence(self.filled(pick), false)
    }

    fn filled(&self, pick: fn(&OpenSentences) -> &'static str) -> String {
        let template = pick(&table(self.language()).open);
        template.replace("{lender}", &self.lender).replace("{name}", self.name.as_deref().unwrap_or_default())
    }

    pub(super) fn debt_sentence(&self, proof: &Confirmed, pick: fn(&DebtSentences) -> &'static str) -> Sentence {
        self.sentence(pick(table(self.language()).debt.open(proof)).to_owned(), false)
    }

    fn sentence(&self, text: String, interruptible: bool) -> Sentence {
        Sentence { text, language: self.language(), interruptible }
    }
}
