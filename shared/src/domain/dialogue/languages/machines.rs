//! What telephones say that ask callers on behalf of their owner. Only data: what an answering machine
//! says is in each language's own words.

use crate::domain::language::Language;

/// What only a machine says of itself, or asks in one breath.
pub(in super::super) const SCREENS: &[&str] = &[
    "state your name",
    "record your name",
    "your name and why",
    "name and why you",
    "who you are and why",
    "screening service",
    "call screening",
    "call assistant",
    "screening calls",
    "screening this call",
    "screens calls",
    "कॉल स्क्रीनिंग",
    "स्क्रीनिंग सेवा",
    "கால் ஸ்கிரீனிங்",
    "కాల్ స్క్రీనింగ్",
    "ಕಾಲ್ ಸ್ಕ್ರೀನಿಂಗ್",
    "കോൾ സ്ക്രീനിംഗ്",
    "કૉલ સ્ક્રીનિંગ",
    "কল স্ক্রিনিং",
    "ਕਾਲ ਸਕ੍ਰੀਨਿੰਗ",
    "କଲ୍ ସ୍କ୍ରିନିଂ",
];

/// "Your name": with [`reason`] beside it a machine's question. Either alone is anybody's.
pub(in super::super) fn name(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["your name", "name and"],
        Language::Hindi => &["नाम", "naam"],
        Language::Tamil => &["பெயரை", "பெயரையும்", "பெயர்", "பெயரும்"],
        Language::Telugu => &["పేరు", "పేరును", "పేరూ"],
        Language::Kannada => &["ಹೆಸರು", "ಹೆಸರನ್ನು", "ಹೆಸರನ್ನೂ"],
        Language::Malayalam => &["പേര്", "പേരും"],
        Language::Marathi => &["नाव"],
        Language::Gujarati => &["નામ"],
        Language::Bengali => &["নাম"],
        Language::Punjabi => &["ਨਾਂ", "ਨਾਮ"],
        Language::Odia => &["ନାମ"],
    }
}

/// "The reason of your call."
pub(in super::super) fn reason(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["reason"],
        Language::Hindi => &["कारण", "karan"],
        Language::Tamil => &["காரணத்தை", "காரணத்தையும்", "காரணம்", "காரணமும்"],
        Language::Telugu => &["కారణం", "కారణాన్ని"],
        Language::Kannada => &["ಕಾರಣ", "ಕಾರಣವನ್ನು", "ಕಾರಣವನ್ನೂ"],
        Language::Malayalam => &["കാരണം", "കാരണവും"],
        Language::Marathi => &["कारण"],
        Language::Gujarati => &["કારણ"],
        Language::Bengali => &["কারণ"],
        Language::Punjabi => &["ਕਾਰਨ"],
        Language::Odia => &["କାରଣ"],
    }
}

/// "Stay on the line", while it asks its owner.
pub(in super::super) fn asks_to_hold(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "stay on the line",
            "hold the line",
            "please hold",
            "hold on",
            "please wait",
            "one moment",
            "try to connect",
            "see if",
            "checking if",
            "thank you",
            "thanks",
        ],
        Language::Hindi => &["लाइन पर बने रहें", "लाइन पर रहें", "प्रतीक्षा करें", "होल्ड करें", "होल्ड पर रहें"],
        Language::Tamil => &["காத்திருக்கவும்", "இணைப்பில் இருக்கவும்", "இணைப்பில் இருங்கள்"],
        Language::Telugu => &["లైన్‌లో ఉండండి", "లైన్ లో ఉండండి", "వేచి ఉండండి"],
        Language::Kannada => &["ಲೈನ್‌ನಲ್ಲಿ ಇರಿ", "ಲೈನ್ ನಲ್ಲಿ ಇರಿ", "ನಿರೀಕ್ಷಿಸಿ"],
        Language::Malayalam => &["ലൈനിൽ തുടരുക", "കാത്തിരിക്കുക", "കാത്തിരിക്കൂ"],
        Language::Marathi => &["लाइनवर राहा", "प्रतीक्षा करा"],
        Language::Gujarati => &["લાઇન પર રહો", "રાહ જુઓ"],
        Language::Bengali => &["লাইনে থাকুন", "অপেক্ষা করুন"],
        Language::Punjabi => &["ਲਾਈਨ ਤੇ ਰਹੋ", "ਉਡੀਕ ਕਰੋ"],
        Language::Odia => &["ଲାଇନରେ ରୁହନ୍ତୁ", "ଅପେକ୍ଷା କରନ୍ତୁ"],
    }
}

/// Begins what either kind of machine says: which one it is the next words tell.
pub(in super::super) const BEGINS_EITHER: &[&str] = &["the person you are calling"];
