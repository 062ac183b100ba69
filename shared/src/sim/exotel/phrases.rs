//! What the virtual callers say, in all eleven languages.

use crate::domain::language::Language;

/// One thing a caller can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phrase {
    /// Yes, it is me.
    YesSpeaking,
    /// No, nothing more.
    NoThanks,
    /// A human, please.
    Agent,
    /// Somebody else's phone.
    WrongNumber,
    /// Who is calling?
    WhoIsThis,
    /// Stop; say it again.
    Repeat,
    /// Will pay tomorrow.
    WillPay,
    /// Is anybody there?
    Hello,
    /// An answering machine's text.
    Voicemail,
    /// Listens on ("hmm").
    Murmur,
    /// A telephone asks on behalf of its owner; in English, whatever people speak.
    Screening,
}

const SCREENING: &str = "Hi, the person you are calling is using a screening service and will get a copy of this \
                         conversation. Please say your name and why you are calling.";

impl Phrase {
    /// All phrases of people and machines that speak the caller's language.
    pub const ALL: [Self; 10] = [
        Self::YesSpeaking,
        Self::NoThanks,
        Self::Agent,
        Self::WrongNumber,
        Self::WhoIsThis,
        Self::Repeat,
        Self::WillPay,
        Self::Hello,
        Self::Voicemail,
        Self::Murmur,
    ];

    /// The sentence in a language, in its own script.
    pub fn text(self, language: Language) -> &'static str {
        let column = match self {
            Self::YesSpeaking => 0,
            Self::NoThanks => 1,
            Self::Agent => 2,
            Self::WrongNumber => 3,
            Self::WhoIsThis => 4,
            Self::Repeat => 5,
            Self::WillPay => 6,
            Self::Hello => 7,
            Self::Voicemail => 8,
            Self::Murmur => 9,
            Self::Screening => return SCREENING,
        };
        sentences(language)[column]
    }
}

/// How thanks begin. A bot that has been told whom it speaks with thanks, and says why it calls.
pub(super) fn thanks(language: Language) -> &'static str {
    match language {
        Language::English => "Thank",
        Language::Hindi | Language::Marathi => "धन्यवाद",
        Language::Tamil => "நன்றி",
        Language::Telugu => "ధన్యవాదాలు",
        Language::Kannada => "ಧನ್ಯವಾದಗಳು",
        Language::Malayalam => "നന്ദി",
        Language::Gujarati => "આભાર",
        Language::Bengali => "ধন্যবাদ",
        Language::Punjabi => "ਧੰਨਵਾਦ",
        Language::Odia => "ଧନ୍ୟବାଦ",
    }
}

/// In the order of [`Phrase::ALL`].
fn sentences(language: Language) -> &'static [&'static str; 10] {
    match language {
        Language::English => &[
            "Yes, speaking.",
            "No, thank you.",
            "Connect me to an agent.",
            "This is a wrong number.",
            "Who is this?",
            "Wait, please say that again.",
            "Yes, I will pay tomorrow.",
            "Hello?",
            "The person you are calling is not available. Please leave a message after the tone.",
            "Hmm.",
        ],
        Language::Hindi => &[
            "हाँ, बोल रहा हूँ।",
            "नहीं, धन्यवाद।",
            "मुझे एजेंट से बात करनी है।",
            "यह गलत नंबर है।",
            "कौन बोल रहा है?",
            "रुकिए, फिर से बोलिए।",
            "हाँ, मैं कल भुगतान कर दूँगा।",
            "हैलो?",
            "आप जिनसे बात करना चाहते हैं वे उपलब्ध नहीं हैं। कृपया बीप के बाद संदेश छोड़ें।",
            "हम्म।",
        ],
        Language::Tamil => &[
            "ஆமாம், நான்தான் பேசுகிறேன்.",
            "இல்லை, வேண்டாம், நன்றி.",
            "ஏஜென்ட் கிட்ட பேசணும்.",
            "இது தவறான எண்.",
            "யார் பேசுவது?",
            "கொஞ்சம் இருங்க, திரும்ப சொல்லுங்க.",
            "ஆமாம், நாளைக்கு பணம் கட்டுவேன்.",
            "ஹலோ?",
            "நீங்கள் அழைத்தவரை தொடர்பு கொள்ள முடியவில்லை. பீப் ஒலிக்குப் பிறகு செய்தியை விடுங்கள்.",
            "ம்ம்.",
        ],
        Language::Telugu => &[
            "అవును, నేనే మాట్లాడుతున్నాను.",
            "లేదు, వద్దు, ధన్యవాదాలు.",
            "ఏజెంట్ తో మాట్లాడాలి.",
            "ఇది తప్పు నంబర్.",
            "ఎవరు మాట్లాడుతున్నారు?",
            "ఆగండి, మళ్ళీ చెప్పండి.",
            "అవును, రేపు డబ్బు కడతాను.",
            "హలో?",
            "మీరు పిలిచిన వ్యక్తి అందుబాటులో లేరు. బీప్ తర్వాత సందేశం ఇవ్వండి.",
            "ఊఁ.",
        ],
        Language::Kannada => &[
            "ಹೌದು, ನಾನೇ ಮಾತನಾಡುತ್ತಿದ್ದೇನೆ.",
            "ಇಲ್ಲ, ಬೇಡ, ಧನ್ಯವಾದಗಳು.",
            "ಏಜೆಂಟ್ ಜೊತೆ ಮಾತನಾಡಬೇಕು.",
            "ಇದು ತಪ್ಪು ನಂಬರ್.",
            "ಯಾರು ಮಾತನಾಡುತ್ತಿರುವುದು?",
            "ನಿಲ್ಲಿ, ಮತ್ತೆ ಹೇಳಿ.",
            "ಹೌದು, ನಾಳೆ ಹಣ ಕಟ್ಟುತ್ತೇನೆ.",
            "ಹಲೋ?",
            "ನೀವು ಕರೆ ಮಾಡಿದವರು ಲಭ್ಯವಿಲ್ಲ. ಬೀಪ್ ನಂತರ ಸಂದೇಶ ಬಿಡಿ.",
            "ಹೂಂ.",
        ],
        Language::Malayalam => &[
            "അതെ, ഞാൻ തന്നെയാണ് സംസാരിക്കുന്നത്.",
            "ഇല്ല, വേണ്ട, നന്ദി.",
            "എനിക്ക് ഒരു ഏജന്റ് വേണം.",
            "ഇത് തെറ്റായ നമ്പർ ആണ്.",
            "ആരാണ് സംസാരിക്കുന്നത്?",
            "നിൽക്കൂ, ഒന്നുകൂടി പറയൂ.",
            "അതെ, നാളെ പണം അടയ്ക്കാം.",
            "ഹലോ?",
            "നിങ്ങൾ വിളിച്ച ആൾ ലഭ്യമല്ല. ബീപ്പിന് ശേഷം സന്ദേശം നൽകുക.",
            "മ്മ്.",
        ],
        Language::Marathi => &[
            "हो, मीच बोलतोय.",
            "नाही, धन्यवाद.",
            "मला एजंट शी बोलायचे आहे.",
            "हा चुकीचा नंबर आहे.",
            "कोण बोलतंय?",
            "थांबा, पुन्हा सांगा.",
            "हो, मी उद्या पैसे भरतो.",
            "हॅलो?",
            "आपण संपर्क केलेली व्यक्ती उपलब्ध नाही. कृपया बीपनंतर संदेश ठेवा.",
            "हं.",
        ],
        Language::Gujarati => &[
            "હા, હું જ બોલું છું.",
            "ના, આભાર.",
            "મારે એજન્ટ સાથે વાત કરવી છે.",
            "આ ખોટો નંબર છે.",
            "કોણ બોલે છે?",
            "ઊભા રહો, ફરીથી કહો.",
            "હા, હું કાલે પૈસા ભરીશ.",
            "હેલો?",
            "તમે જેમને ફોન કર્યો છે તે ઉપલબ્ધ નથી. બીપ પછી સંદેશ મૂકો.",
            "હં.",
        ],
        Language::Bengali => &[
            "হ্যাঁ, আমিই বলছি।",
            "না, ধন্যবাদ।",
            "আমি এজেন্ট এর সাথে কথা বলতে চাই।",
            "এটা ভুল নম্বর।",
            "কে বলছেন?",
            "দাঁড়ান, আবার বলুন।",
            "হ্যাঁ, আমি কাল টাকা দেব।",
            "হ্যালো?",
            "আপনি যাকে ফোন করেছেন তিনি এখন নেই। বিপের পরে বার্তা রাখুন।",
            "হুম।",
        ],
        Language::Punjabi => &[
            "ਹਾਂ ਜੀ, ਬੋਲ ਰਿਹਾ ਹਾਂ।",
            "ਨਹੀਂ, ਧੰਨਵਾਦ।",
            "ਮੈਨੂੰ ਏਜੰਟ ਨਾਲ ਗੱਲ ਕਰਨੀ ਹੈ।",
            "ਇਹ ਗਲਤ ਨੰਬਰ ਹੈ।",
            "ਕੌਣ ਬੋਲ ਰਿਹਾ ਹੈ?",
            "ਰੁਕੋ, ਦੁਬਾਰਾ ਬੋਲੋ।",
            "ਹਾਂ, ਮੈਂ ਕੱਲ੍ਹ ਪੈਸੇ ਦੇ ਦਿਆਂਗਾ।",
            "ਹੈਲੋ?",
            "ਜਿਸ ਨੂੰ ਤੁਸੀਂ ਫੋਨ ਕੀਤਾ ਹੈ ਉਹ ਉਪਲਬਧ ਨਹੀਂ ਹੈ। ਬੀਪ ਤੋਂ ਬਾਅਦ ਸੁਨੇਹਾ ਛੱਡੋ।",
            "ਹੂੰ।",
        ],
        Language::Odia => &[
            "ହଁ, ମୁଁ କହୁଛି।",
            "ନା, ଧନ୍ୟବାଦ।",
            "ମୁଁ ଏଜେଣ୍ଟ ସହ କଥା ହେବାକୁ ଚାହେଁ।",
            "ଏହା ଭୁଲ ନମ୍ବର।",
            "କିଏ କହୁଛନ୍ତି?",
            "ରୁହନ୍ତୁ, ପୁଣି କୁହନ୍ତୁ।",
            "ହଁ, ମୁଁ କାଲି ଟଙ୍କା ଦେବି।",
            "ହେଲୋ?",
            "ଆପଣ ଡାକିଥିବା ବ୍ୟକ୍ତି ଉପଲବ୍ଧ ନାହାନ୍ତି। ବିପ୍ ପରେ ସନ୍ଦେଶ ଛାଡ଼ନ୍ତୁ।",
            "ହୁଁ।",
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_every_phrase_in_its_own_script() {
        for language in Language::ALL {
            for phrase in Phrase::ALL {
                let text = phrase.text(language);
                assert!(!text.trim().is_empty());
                let latin = text.chars().any(|c| c.is_ascii_alphabetic());
                assert_eq!(latin, language == Language::English, "{language}: {text}");
            }
        }
    }

    #[test]
    fn no_two_phrases_of_a_language_are_the_same() {
        for language in Language::ALL {
            let texts: std::collections::BTreeSet<_> = Phrase::ALL.iter().map(|p| p.text(language)).collect();
            assert_eq!(texts.len(), Phrase::ALL.len(), "{language}");
        }
    }

    #[test]
    fn a_murmur_and_a_hello_leave_the_bot_the_floor_and_nothing_else_does() {
        use crate::domain::dialogue::{Said, said};
        for language in Language::ALL {
            for phrase in Phrase::ALL {
                let listens = matches!(phrase, Phrase::Murmur | Phrase::Hello);
                let expected = if listens { Said::Listening } else { Said::Words };
                assert_eq!(said(phrase.text(language), language), expected, "{language}: {phrase:?}");
            }
        }
    }

    #[test]
    fn the_scripted_bot_understands_its_callers_in_every_language() {
        use crate::domain::dialogue::{Intent, understand};
        for language in Language::ALL {
            for (phrase, intent) in [
                (Phrase::YesSpeaking, Intent::Yes),
                (Phrase::NoThanks, Intent::No),
                (Phrase::Agent, Intent::Agent),
                (Phrase::WrongNumber, Intent::WrongPerson),
                (Phrase::WhoIsThis, Intent::Repeat),
                (Phrase::Repeat, Intent::Repeat),
                (Phrase::WillPay, Intent::WillPay),
                (Phrase::Voicemail, Intent::Machine),
            ] {
                let text = phrase.text(language);
                assert_eq!(understand(text, language), intent, "{language}: {text}");
            }
        }
    }
}
