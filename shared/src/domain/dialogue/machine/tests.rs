use super::super::{Brief, Dialogue};
use super::*;
use crate::domain::id::CustomerId;
use crate::domain::session::SessionCustomer;
use crate::domain::spoken;

const AMOUNT: crate::domain::money::Paise = crate::domain::money::Paise(1_500_000);

/// With a loan that nobody but the customer may hear of.
fn dialogue(language: Language) -> Dialogue {
    let customer = SessionCustomer {
        id: CustomerId::new(jiff::Timestamp::UNIX_EPOCH, [7; 10]),
        name: "Kavita".to_owned(),
        state: None,
        loan_id: Some("LN-004321".to_owned()),
        amount: Some(AMOUNT),
        due_date: Some(jiff::civil::date(2026, 12, 5)),
        language,
    };
    let mut dialogue = Dialogue::new(Brief {
        language,
        lender: "Asha Finance".to_owned(),
        customer: Some(customer),
        agents: true,
        purpose: None,
    });
    dialogue.open();
    dialogue.question_was_heard(true);
    dialogue
}

fn said(reply: &Reply) -> String {
    reply.say.iter().map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// What such a telephone asks in each language.
const SCREENS: [(Language, &str); 11] = [
    (Language::English, "Hi, please state your name and why you are calling."),
    (Language::Hindi, "कृपया अपना नाम और कॉल करने का कारण बताएँ।"),
    (Language::Tamil, "உங்கள் பெயரையும் அழைப்பின் காரணத்தையும் சொல்லுங்கள்."),
    (Language::Telugu, "దయచేసి మీ పేరు మరియు కాల్ చేయడానికి కారణం చెప్పండి."),
    (Language::Kannada, "ದಯವಿಟ್ಟು ನಿಮ್ಮ ಹೆಸರು ಮತ್ತು ಕರೆ ಮಾಡಿದ ಕಾರಣ ತಿಳಿಸಿ."),
    (Language::Malayalam, "ദയവായി നിങ്ങളുടെ പേരും വിളിക്കുന്ന കാരണവും പറയൂ."),
    (Language::Marathi, "कृपया तुमचे नाव आणि कॉल करण्याचे कारण सांगा."),
    (Language::Gujarati, "કૃપા કરીને તમારું નામ અને કૉલ કરવાનું કારણ જણાવો."),
    (Language::Bengali, "অনুগ্রহ করে আপনার নাম এবং কল করার কারণ বলুন।"),
    (Language::Punjabi, "ਕਿਰਪਾ ਕਰਕੇ ਆਪਣਾ ਨਾਂ ਅਤੇ ਕਾਲ ਕਰਨ ਦਾ ਕਾਰਨ ਦੱਸੋ।"),
    (Language::Odia, "ଦୟାକରି ଆପଣଙ୍କ ନାମ ଏବଂ କଲ୍ କରିବାର କାରଣ କୁହନ୍ତୁ।"),
];

#[test]
fn a_telephone_that_asks_is_told_the_company_and_nothing_of_the_customer() {
    for spoken_to in Language::ALL {
        for (asked_in, question) in SCREENS {
            let mut d = dialogue(spoken_to);
            let reply = d.answer(question, Some(asked_in));
            let told = said(&reply);
            assert_eq!(reply.then, Then::Listen, "{spoken_to}: {question}");
            assert!(told.contains("Asha Finance"), "{spoken_to}: {told}");
            for personal in ["Kavita".to_owned(), spoken::rupees(AMOUNT, spoken_to), "loan".to_owned()] {
                assert!(!told.contains(&personal), "{spoken_to}: {told}");
            }
            assert_eq!(d.language(), spoken_to, "a machine is not followed into its language");
            assert!(!d.is_confirmed());
        }
    }
}

#[test]
fn a_person_is_waited_for_in_silence_and_then_greeted_like_anybody() {
    for language in Language::ALL {
        let mut d = dialogue(language);
        d.answer(SCREENS[0].1, Some(Language::English));
        for machine in ["Please stay on the line.", "Thank you, one moment please."] {
            assert!(d.answer(machine, Some(Language::English)).say.is_empty(), "{language}: {machine}");
        }
        assert!(d.silence().say.is_empty(), "nobody is asked whether they are Kavita");
        d.question_was_heard(true);
        // The yes of a person who has heard nothing yet says nothing of who they are.
        let yes = table(language).words.yes[0];
        let greeting = said(&d.answer(yes, Some(language)));
        assert!(greeting.contains("Asha Finance") && greeting.contains("Kavita"), "{language}: {greeting}");
        assert!(!d.is_confirmed(), "{language}");
        d.answer(yes, Some(language));
        assert!(d.is_confirmed(), "{language}");
    }
}

#[test]
fn who_never_comes_leaves_a_machine_and_no_word_of_the_customer() {
    for language in Language::ALL {
        let mut d = dialogue(language);
        let (_, question) = SCREENS.into_iter().find(|(asked_in, _)| *asked_in == language).expect("all eleven");
        let mut told = Vec::new();
        for _ in 0..3 {
            told.extend(d.answer(question, Some(language)).say);
        }
        assert_eq!(told.len(), usize::from(MOST_ANSWERS), "{language}: answered twice, not for ever");
        let last = (0..20).map(|_| d.silence()).find(|reply| reply.then != Then::Listen || !reply.say.is_empty());
        let last = last.expect("it ends");
        assert_eq!((last.say.len(), last.then), (0, Then::HangUp(Disposition::Voicemail)), "{language}");
        assert_eq!(d.outcome().disposition, Some(Disposition::Voicemail));
    }
}

#[test]
fn a_telephone_that_takes_a_message_in_the_end_is_an_answering_machine() {
    let mut d = dialogue(Language::English);
    d.answer(SCREENS[0].1, None);
    let reply = d.answer("This person is not available. Please leave a message after the tone.", None);
    assert_eq!((reply.say.len(), reply.then), (0, Then::HangUp(Disposition::Voicemail)));
}

#[test]
fn every_languages_machine_is_known_whatever_the_customer_speaks() {
    for spoken_to in Language::ALL {
        let d = dialogue(spoken_to);
        for machine in Language::ALL {
            for phrase in table(machine).words.machine {
                assert_eq!(d.machine_in(phrase, true), Some(Machine::Records), "{spoken_to}: {phrase}");
            }
        }
    }
}

/// Who took the customer's call, and speaks of the customer's telephone.
const RELATIVES: [(Language, &str); 21] = [
    (Language::English, "he is out, his phone is switched off"),
    (Language::English, "She's at work and her mobile is not reachable."),
    (Language::English, "My husband can't take your call right now"),
    (Language::English, "Kavita's phone is switched off"),
    (Language::Hindi, "वो बाहर गए हैं, उनका फ़ोन स्विच ऑफ है"),
    (Language::Hindi, "उसका फोन स्विच ऑफ है"),
    (Language::Hindi, "uska phone switched off hai"),
    (Language::Hindi, "unka phone not reachable aa raha hai"),
    (Language::Hindi, "भाई का मोबाइल पहुँच से बाहर है"),
    (Language::Tamil, "அவரோட போன் சுவிட்ச் ஆஃப்"),
    (Language::Telugu, "ఆయన ఇప్పుడు అందుబాటులో లేరు"),
    (Language::Telugu, "ఆయన ఫోన్ స్విచ్ ఆఫ్ అయింది"),
    (Language::Kannada, "ಅವರ ಫೋನ್ ಸ್ವಿಚ್ ಆಫ್ ಆಗಿದೆ"),
    (Language::Malayalam, "പുള്ളിയുടെ ഫോൺ സ്വിച്ച് ഓഫ് ആണ്"),
    (Language::Malayalam, "അവന്റെ മൊബൈൽ പരിധിക്ക് പുറത്താണ്"),
    (Language::Marathi, "त्यांचा फोन संपर्क क्षेत्राबाहेर आहे"),
    (Language::Gujarati, "એમનો ફોન સ્વિચ ઓફ છે"),
    (Language::Bengali, "ওনার ফোন সুইচ অফ"),
    (Language::Punjabi, "ਉਹਨਾਂ ਦਾ ਫੋਨ ਸਵਿੱਚ ਆਫ ਹੈ"),
    (Language::Odia, "ତାଙ୍କ ଫୋନ୍ ସୁଇଚ୍ ଅଫ୍ ଅଛି"),
    (Language::Odia, "ତାଙ୍କ ସହ ଯୋଗାଯୋଗ ହୋଇପାରୁନାହିଁ"),
];

#[test]
fn a_relative_who_says_that_somebodys_telephone_is_off_is_answered() {
    for (language, text) in RELATIVES {
        for all_there in [true, false] {
            assert_eq!(dialogue(language).machine_in(text, all_there), None, "{text}");
        }
        let mut d = dialogue(language);
        let reply = d.answer(text, Some(language));
        assert!(!reply.say.is_empty() && reply.then != Then::HangUp(Disposition::Voicemail), "{text}: {reply:?}");
        assert!(!d.is_confirmed(), "{text}");
    }
}

#[test]
fn networks_announce_in_their_own_wordings_whatever_the_customer_speaks() {
    for text in [
        "The number you are calling is currently switched off. Please try again later.",
        "The Airtel number you have called is not reachable",
        "The subscriber you have dialled has switched off his mobile phone",
        "is currently switched off",
        "आप जिस नंबर पर संपर्क करना चाहते हैं वह अभी स्विच ऑफ है",
        "जिस व्यक्ति से आप बात करना चाहते हैं, उनसे संपर्क नहीं हो पा रहा है",
        "जिस ग्राहक को आपने कॉल किया है उनका मोबाइल कवरेज क्षेत्र से बाहर है",
        "நீங்கள் அழைக்கும் எண் சுவிட்ச் ஆஃப் செய்யப்பட்டுள்ளது",
        "మీరు కాల్ చేసిన వ్యక్తి ప్రస్తుతం అందుబాటులో లేరు",
        "ನೀವು ಕರೆ ಮಾಡಿದ ಚಂದಾದಾರರು ಸಂಪರ್ಕಕ್ಕೆ ಸಿಗುತ್ತಿಲ್ಲ",
        "നിങ്ങൾ വിളിക്കുന്ന സബ്സ്ക്രൈബർ ഇപ്പോൾ പരിധിക്ക് പുറത്താണ്",
        "आपण ज्या व्यक्तीशी बोलू इच्छिता त्यांच्याशी संपर्क होऊ शकत नाही",
        "તમે જે વ્યક્તિને કૉલ કરો છો તેમનો સંપર્ક થઈ શકતો નથી",
        "আপনি যে গ্রাহককে ফোন করেছেন তার সঙ্গে যোগাযোগ করা সম্ভব হচ্ছে না",
        "ਤੁਸੀਂ ਜਿਸ ਗਾਹਕ ਨੂੰ ਕਾਲ ਕੀਤੀ ਹੈ ਉਸ ਨਾਲ ਸੰਪਰਕ ਨਹੀਂ ਹੋ ਰਿਹਾ",
        "ଆପଣ ଯେଉଁ ଗ୍ରାହକଙ୍କୁ କଲ୍ କରିଛନ୍ତି ତାଙ୍କ ସହ ଯୋଗାଯୋଗ ହୋଇପାରୁନାହିଁ",
    ] {
        for spoken_to in [Language::English, Language::Hindi, Language::Tamil] {
            assert_eq!(dialogue(spoken_to).machine_in(text, true), Some(Machine::Records), "{spoken_to}: {text}");
        }
    }
}

#[test]
fn who_has_answered_us_is_no_network() {
    for (first, told) in [("who is this", false), ("blurred words of another language", true)] {
        let mut d = dialogue(Language::English);
        assert_eq!(d.answer(first, None).then, Then::Listen);
        d.question_was_heard(true);
        assert_eq!(d.machine_in("the number is switched off", true).is_some(), told, "{first}");
        assert!(d.machine_in("please record your message after the tone", true).is_some(), "nobody else says that");
    }
}

#[test]
fn what_people_say_of_telephones_too_is_what_machines_say() {
    for language in Language::ALL {
        for phrase in of_a_telephone(language) {
            assert!(table(language).words.machine.contains(phrase), "{language}: {phrase}");
        }
        for (of, words) in Language::ALL.map(|of| (of, of_somebody(of))) {
            let tells = |phrase: &&&str| words.iter().any(|word| holds(&clauses(phrase)[0], word));
            assert_eq!(table(language).words.machine.iter().find(tells), None, "{language}, words of {of}");
        }
    }
}

#[test]
fn words_that_may_begin_either_kind_wait_for_the_next_ones() {
    let d = dialogue(Language::English);
    assert_eq!(d.machine_in("Hi, the person you are calling", false), None);
    assert_eq!(d.machine_in("Hi, the person you are calling", true), Some(Machine::Records));
    let screens = "Hi, the person you are calling is using a screening service";
    assert_eq!(d.machine_in(screens, false), Some(Machine::Screens));
    assert_eq!(d.machine_in("the person you are calling cannot take your call", false), Some(Machine::Records));
}

#[test]
fn a_person_who_asks_who_is_calling_is_no_machine() {
    let d = dialogue(Language::English);
    for text in [
        "who is this",
        "tell me your name first",
        "why are you calling me",
        "what is the reason for this call",
        "अपना नाम बताइए",
        "कॉल करने का कारण क्या है",
        "किस वजह से फोन किया",
        "मेरा नाम किस वजह से लिया",
        "அழைப்பின் காரணத்தை சொல்லுங்கள்",
        "కాల్ చేయడానికి కారణం ఏమిటి",
        "ಕರೆ ಮಾಡಿದ ಕಾರಣ ಏನು",
        "വിളിക്കുന്നതിന്റെ കാരണം എന്താണ്",
        "फोन करण्याचे कारण काय",
        "કૉલ કરવાનું કારણ શું છે",
        "ফোন করার কারণ কী",
        "ਫੋਨ ਕਰਨ ਦਾ ਕਾਰਨ ਕੀ ਹੈ",
        "ଫୋନ୍ କରିବାର କାରଣ କଣ",
        "ଆପଣଙ୍କ ନାମ କଣ",
        "state the reason for your call",
        "किस लिए फोन किया है",
        "hold on",
        "please wait",
    ] {
        assert_eq!(d.machine_in(text, true), None, "{text}");
        assert!(!dialogue(Language::English).answer(text, None).say.is_empty(), "{text}");
    }
}

#[test]
fn what_a_fetched_person_says_first_is_not_lost_where_it_ends_the_matter() {
    for (text, then) in [
        ("wrong number", Then::HangUp(Disposition::WrongNumber)),
        ("do not call me again", Then::HangUp(Disposition::DoNotCall)),
        ("I am driving, call later", Then::HangUp(Disposition::CallbackRequested)),
        ("connect me to an agent", Then::HandOver),
    ] {
        let mut d = dialogue(Language::English);
        d.answer(SCREENS[0].1, None);
        assert_eq!(d.answer(text, None).then, then, "{text}");
    }
}

#[test]
fn a_fetched_person_who_wishes_for_a_language_is_a_person_from_then_on() {
    let mut d = dialogue(Language::English);
    d.answer(SCREENS[0].1, None);
    assert!(said(&d.answer("Hindi please", Some(Language::English))).contains("Asha Finance"));
    d.question_was_heard(true);
    d.answer("हाँ जी", Some(Language::Hindi));
    assert!(d.is_confirmed(), "asked and answered");
}
