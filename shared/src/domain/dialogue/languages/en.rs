//! English.

use super::{DebtSentences, OpenSentences, Sealed, Table, Words};

pub(super) static TABLE: Table = Table {
    open: OpenSentences {
        greeting: "Hello, this is an automated call from {lender}. This call may be recorded.",
        identity: "Am I speaking with {name}?",
        agent: "Would you like to speak with an agent?",
        not_heard: "Sorry, I did not hear you.",
        not_understood: "Sorry, I did not understand. Please say yes or no, or press 1 for an agent.",
        press_one: "Sorry, I cannot hear you well. To speak with an agent, please press 1.",
        wait: "Please wait, I am connecting you to an agent.",
        no_agent: "Sorry, no agent is free right now. We will call you back. Goodbye.",
        wrong_person: "I am sorry to have troubled you. Goodbye.",
        do_not_call: "Understood. We will not call this number again. Goodbye.",
        call_later: "All right, we will call again later. Goodbye.",
        no_answer: "Sorry, we could not understand each other. We will call again later. Goodbye.",
        technical: "Sorry, we have a technical problem. We will call again later. Goodbye.",
        goodbye: "All right. You can call us whenever you need help. Thank you, goodbye.",
    },
    debt: Sealed::new(DebtSentences {
        loan: "Thank you. I am calling about your loan ending in {loan}.",
        loan_unnamed: "Thank you. I am calling about your loan with us.",
        due: "The due date for the amount of {amount} is {date}.",
        due_amount: "The amount due is {amount}.",
        due_date: "The due date of the instalment is {date}.",
        options: "A delay can add charges and affect your credit score. If paying is difficult, an agent can explain your options.",
        promise: "Thank you, I have noted that you will pay. Goodbye.",
        paid: "Thank you for telling us. We will check our records. Goodbye.",
    }),
    words: Words {
        yes: &[
            "yes", "yeah", "yep", "yup", "yes yes", "speaking", "this is he", "this is she", "this is me", "thats me",
            "that is me", "its me", "it is me", "thats correct", "thats right", "that is right", "correct", "haan", "haa",
            "ji haan", "haan ji",
        ],
        fine: &[
            "ok", "okay", "sure", "of course", "alright", "all right", "fine", "tell me", "go ahead", "please do",
            "no problem", "hmm",
        ],
        no: &[
            "no", "nope", "nah", "no no", "no thanks", "no thank you", "not interested", "im not interested", "dont want",
            "dont want to", "do not want", "dont need", "do not need", "no need", "not required", "not necessary", "im not",
            "i am not", "not me", "will not pay", "wont pay", "cannot pay", "cant pay", "not going to pay", "not paying", "thats not me", "that is not me", "nahi", "nahin",
        ],
        agent: &[
            "agent", "an agent", "human", "human agent", "human being", "real person", "a person", "live person",
            "representative", "executive", "operator", "officer", "manager", "supervisor", "customer care",
            "customer service", "customer support", "connect me", "transfer", "transfer me", "talk to someone",
            "speak to someone", "speak with someone", "talk to somebody", "speak to somebody",
        ],
        wrong_person: &[
            "wrong number", "wrong person", "wrong no", "the wrong number", "not this person", "no such person",
            "no one by that name", "nobody by that name", "no one here by that name", "someone else", "somebody else",
            "another person", "dont know him", "dont know her", "dont know them", "do not know him", "do not know her",
            "dont know this person", "do not know this person", "dont know that person", "not his number",
            "not her number", "not their number",
        ],
        call_later: &[
            "later", "call later", "call me later", "call back", "call me back", "callback", "call again later", "busy",
            "in a meeting", "driving", "not now", "not right now", "not a good time", "another time", "some other time",
            "after some time", "tomorrow", "in the evening", "dont call now", "dont call me now", "do not call now",
            "do not call me now", "not here", "not available", "not at home", "not in", "is out", "gone out",
        ],
        do_not_call: &[
            "dont call", "do not call", "dont call me", "do not call me", "dont call me again", "dont call again",
            "do not call again", "never call", "never call me", "dont ever call", "do not ever call", "stop calling",
            "stop calling me", "stop these calls", "no more calls", "remove my number", "remove this number",
            "delete my number", "take me off", "dont disturb", "do not disturb", "dont phone", "do not phone",
        ],
        will_pay: &[
            "will pay", "ill pay", "shall pay", "can pay", "going to pay", "gonna pay", "am paying", "will make the payment",
            "will make payment", "will do the payment", "will deposit", "will clear it", "paying today", "paying tomorrow",
            "pay today", "pay tomorrow", "pay tonight", "pay it today", "pay it tomorrow", "pay now", "promise to pay",
        ],
        paid: &[
            "already paid", "have paid", "ive paid", "i paid", "paid it", "paid already", "payment is done", "payment done",
            "made the payment", "have already paid",
        ],
        repeat: &[
            "repeat", "repeat that", "please repeat", "say again", "say that again", "come again", "once more", "pardon",
            "what did you say", "who is this", "whos this", "who are you", "who is speaking", "who is calling",
            "whos calling", "what is this about", "what is it about", "which bank", "where are you calling from",
        ],
        unsure: &[
            "dont know", "do not know", "i dont know", "not sure", "im not sure", "i am not sure", "no idea", "cant say",
            "dont understand", "do not understand", "didnt understand", "did not understand", "maybe", "perhaps",
        ],
        machine: &[
            "leave a message", "leave your message", "leave me a message", "after the beep", "after the tone", "voicemail",
            "voice mail", "record your message", "not reachable", "switched off", "the number you have dialled",
            "the person you are calling", "the subscriber",
        ],
        not_before: &[
            "dont", "not", "never", "wont", "cannot", "cant", "didnt", "doesnt", "isnt", "without", "aint", "havent",
        ],
        not_after: &[],
    },
    names: &["english", "angrezi", "angreji", "inglish"],
    months: [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ],
    digits: ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    date: "{day} {month}",
    rupees: "{n} rupees",
    paise: "{n} paise",
};
