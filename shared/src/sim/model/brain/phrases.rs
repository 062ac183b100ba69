//! What the brain says and recognises.

/// Sentences of one language; `{}` is the value.
pub(super) struct Phrases {
    code: &'static str,
    pub(super) amount: &'static str,
    pub(super) date: &'static str,
    pub(super) who: &'static str,
    /// Before it knows whom it talks with.
    pub(super) not_yet: &'static str,
    pub(super) listens: &'static str,
    pub(super) when: &'static str,
}

/// Words of any language, in lower case, parts of words too.
pub(super) struct Words {
    pub(super) amount: &'static [&'static str],
    pub(super) date: &'static [&'static str],
    pub(super) who: &'static [&'static str],
    pub(super) pay: &'static [&'static str],
    pub(super) today: &'static [&'static str],
    pub(super) tomorrow: &'static [&'static str],
    pub(super) human: &'static [&'static str],
    pub(super) bye: &'static [&'static str],
}

pub(super) static WORDS: Words = Words {
    amount: &[
        "how much",
        "amount",
        "kitna",
        "कितन",
        "எவ்வளவு",
        "ఎంత",
        "ಎಷ್ಟು",
        "എത്ര",
        "किती",
        "કેટલ",
        "কত",
        "ਕਿੰਨ",
        "କେତେ",
    ],
    date: &["when", "which day", "kab", "कब", "எப்போ", "ఎప్పుడు", "ಯಾವಾಗ", "എപ്പോ", "कधी", "ક્યાર", "কবে", "ਕਦੋਂ", "କେବେ"],
    who: &["who", "which bank", "kaun", "कौन", "யார்", "ఎవరు", "ಯಾರು", "ആര", "कोण", "કોણ", "কে ", "ਕੌਣ", "କିଏ"],
    pay: &["pay", "भर द", "दूंगा", "செலுத்து", "చెల్లి", "ಪಾವತಿ", "അടയ്ക്ക", "भरेन", "ભરી", "দেব", "ਭਰ", "ଦେବି"],
    today: &["today", "aaj", "आज", "இன்று", "ఈ రోజు", "ಇಂದು", "ഇന്ന്", "આજે", "আজ", "ਅੱਜ", "ଆଜି"],
    tomorrow: &["tomorrow", "kal", "कल", "நாளை", "రేపు", "ನಾಳೆ", "നാളെ", "उद्या", "કાલે", "কাল", "ਕੱਲ", "କାଲି"],
    human: &["agent", "human", "एजेंट", "ஏஜென்ட்", "ఏజెంట్", "ಏಜೆಂಟ್", "ഏജന്റ", "એજન્ટ", "এজেন্ট", "ਏਜੰਟ", "ଏଜେଣ୍ଟ"],
    bye: &["bye", "that is all", "that's all", "nothing else"],
};

/// The phrases of a two-letter code; English where there are none.
pub(super) fn of_code(code: &str) -> &'static Phrases {
    PHRASES.iter().find(|phrases| phrases.code == code).unwrap_or(&PHRASES[0])
}

static PHRASES: [Phrases; 11] = [
    Phrases {
        code: "en",
        amount: "It comes to {}.",
        date: "The day for it is {}.",
        who: "I am calling for {}.",
        not_yet: "I will gladly tell you more once I know who is on the line.",
        listens: "I understand. Please tell me how I can help you.",
        when: "Which day suits you?",
    },
    Phrases {
        code: "hi",
        amount: "कुल {} देने हैं।",
        date: "इसकी तारीख {} है।",
        who: "मैं {} की ओर से बोल रही हूँ।",
        not_yet: "लाइन पर कौन है यह जानने के बाद मैं आपको और बता सकूँगी।",
        listens: "मैं समझ गई। बताइए मैं आपकी कैसे मदद करूँ।",
        when: "आपके लिए कौन सा दिन ठीक रहेगा?",
    },
    Phrases {
        code: "ta",
        amount: "மொத்தம் {} ஆகும்.",
        date: "அதற்கான நாள் {}.",
        who: "நான் {} சார்பாக பேசுகிறேன்.",
        not_yet: "யார் பேசுகிறீர்கள் என்று தெரிந்த பிறகு மேலும் சொல்கிறேன்.",
        listens: "புரிகிறது. எப்படி உதவலாம் என்று சொல்லுங்கள்.",
        when: "எந்த நாள் உங்களுக்கு வசதியாக இருக்கும்?",
    },
    Phrases {
        code: "te",
        amount: "మొత్తం {} అవుతుంది.",
        date: "దానికి తేదీ {}.",
        who: "నేను {} తరపున మాట్లాడుతున్నాను.",
        not_yet: "ఎవరు మాట్లాడుతున్నారో తెలిసిన తర్వాత మరింత చెప్పగలను.",
        listens: "అర్థమైంది. ఎలా సహాయం చేయగలనో చెప్పండి.",
        when: "మీకు ఏ రోజు వీలవుతుంది?",
    },
    Phrases {
        code: "kn",
        amount: "ಒಟ್ಟು {} ಆಗುತ್ತದೆ.",
        date: "ಅದರ ದಿನಾಂಕ {}.",
        who: "ನಾನು {} ಪರವಾಗಿ ಮಾತನಾಡುತ್ತಿದ್ದೇನೆ.",
        not_yet: "ಯಾರು ಮಾತನಾಡುತ್ತಿದ್ದೀರಿ ಎಂದು ತಿಳಿದ ನಂತರ ಹೆಚ್ಚು ಹೇಳುತ್ತೇನೆ.",
        listens: "ಅರ್ಥವಾಯಿತು. ಹೇಗೆ ಸಹಾಯ ಮಾಡಲಿ ಹೇಳಿ.",
        when: "ನಿಮಗೆ ಯಾವ ದಿನ ಅನುಕೂಲ?",
    },
    Phrases {
        code: "ml",
        amount: "ആകെ {} ആണ്.",
        date: "അതിന്റെ തീയതി {} ആണ്.",
        who: "ഞാൻ {} നു വേണ്ടി വിളിക്കുന്നു.",
        not_yet: "ആരാണ് സംസാരിക്കുന്നതെന്ന് അറിഞ്ഞ ശേഷം കൂടുതൽ പറയാം.",
        listens: "മനസ്സിലായി. എങ്ങനെ സഹായിക്കണമെന്ന് പറയൂ.",
        when: "ഏത് ദിവസം സൗകര്യമാണ്?",
    },
    Phrases {
        code: "mr",
        amount: "एकूण {} आहेत.",
        date: "त्याची तारीख {} आहे.",
        who: "मी {} च्या वतीने बोलत आहे.",
        not_yet: "लाइनवर कोण आहे हे कळल्यावर मी तुम्हाला अधिक सांगेन.",
        listens: "मला समजले. मी तुम्हाला कशी मदत करू ते सांगा.",
        when: "तुम्हाला कोणता दिवस सोयीचा आहे?",
    },
    Phrases {
        code: "gu",
        amount: "કુલ {} થાય છે.",
        date: "તેની તારીખ {} છે.",
        who: "હું {} તરફથી બોલું છું.",
        not_yet: "લાઇન પર કોણ છે તે જાણ્યા પછી હું વધુ કહી શકીશ.",
        listens: "સમજી ગઈ. હું કેવી રીતે મદદ કરું તે કહો.",
        when: "તમને કયો દિવસ અનુકૂળ રહેશે?",
    },
    Phrases {
        code: "bn",
        amount: "মোট {} হয়।",
        date: "তার তারিখ {}।",
        who: "আমি {} এর পক্ষ থেকে বলছি।",
        not_yet: "লাইনে কে আছেন জানার পরে আমি আরও বলতে পারব।",
        listens: "বুঝেছি। কীভাবে সাহায্য করতে পারি বলুন।",
        when: "কোন দিন আপনার সুবিধা হবে?",
    },
    Phrases {
        code: "pa",
        amount: "ਕੁੱਲ {} ਬਣਦੇ ਹਨ।",
        date: "ਇਸਦੀ ਤਾਰੀਖ {} ਹੈ।",
        who: "ਮੈਂ {} ਵੱਲੋਂ ਬੋਲ ਰਹੀ ਹਾਂ।",
        not_yet: "ਲਾਈਨ ਤੇ ਕੌਣ ਹੈ ਇਹ ਜਾਣਨ ਤੋਂ ਬਾਅਦ ਮੈਂ ਹੋਰ ਦੱਸ ਸਕਾਂਗੀ।",
        listens: "ਮੈਂ ਸਮਝ ਗਈ। ਦੱਸੋ ਮੈਂ ਕਿਵੇਂ ਮਦਦ ਕਰਾਂ।",
        when: "ਤੁਹਾਨੂੰ ਕਿਹੜਾ ਦਿਨ ਠੀਕ ਰਹੇਗਾ?",
    },
    Phrases {
        code: "or",
        amount: "ମୋଟ {} ହେଉଛି।",
        date: "ତାହାର ତାରିଖ {}।",
        who: "ମୁଁ {} ତରଫରୁ କହୁଛି।",
        not_yet: "ଲାଇନରେ କିଏ ଅଛନ୍ତି ଜାଣିବା ପରେ ମୁଁ ଅଧିକ କହିପାରିବି।",
        listens: "ମୁଁ ବୁଝିଲି। କିପରି ସାହାଯ୍ୟ କରିବି କୁହନ୍ତୁ।",
        when: "ଆପଣଙ୍କ ପାଇଁ କେଉଁ ଦିନ ସୁବିଧା ହେବ?",
    },
];
