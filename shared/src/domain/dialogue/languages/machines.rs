//! What telephones say that ask callers on behalf of their owner. Only data: what an answering machine
//! says is in each language's own words.

use crate::domain::language::Language;

/// "State your name and the reason of your call." A person who asks who is calling asks for one of the
/// two; only a machine asks for both, or says that it screens.
pub(in super::super) fn asks_for_name_and_reason(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "state your name",
            "record your name",
            "your name and why",
            "name and why you",
            "who you are and why",
            "your name and reason",
            "name and the reason",
            "and reason for calling",
            "and the reason for calling",
            "and the reason for your call",
            "state the reason",
            "screening service",
            "call screening",
            "call assistant",
            "screening calls",
            "screening this call",
            "screens calls",
        ],
        Language::Hindi => &[
            "नाम और कॉल करने का कारण",
            "नाम और फोन करने का कारण",
            "कॉल करने का कारण",
            "कॉल का कारण",
            "नाम और कारण",
            "कॉल स्क्रीनिंग",
            "स्क्रीनिंग सेवा",
            "naam aur call karne ka karan",
            "call karne ka karan",
        ],
        Language::Tamil => &[
            "பெயரையும் அழைப்பின் காரணத்தையும்",
            "பெயரையும் அழைப்பதற்கான காரணத்தையும்",
            "அழைப்பின் காரணத்தை",
            "அழைப்பதற்கான காரணத்தை",
            "கால் ஸ்கிரீனிங்",
        ],
        Language::Telugu => &["పేరు మరియు కాల్ చేయడానికి కారణం", "కాల్ చేయడానికి కారణం", "కాల్ చేస్తున్న కారణం", "కాల్ స్క్రీనింగ్"],
        Language::Kannada => &["ಹೆಸರು ಮತ್ತು ಕರೆ ಮಾಡಿದ ಕಾರಣ", "ಕರೆ ಮಾಡಿದ ಕಾರಣ", "ಕರೆ ಮಾಡುತ್ತಿರುವ ಕಾರಣ", "ಕಾಲ್ ಸ್ಕ್ರೀನಿಂಗ್"],
        Language::Malayalam => &["പേരും വിളിക്കുന്ന കാരണവും", "പേരും കാരണവും", "വിളിക്കുന്നതിന്റെ കാരണം", "കോൾ സ്ക്രീനിംഗ്"],
        Language::Marathi => {
            &["नाव आणि कॉल करण्याचे कारण", "कॉल करण्याचे कारण", "फोन करण्याचे कारण", "नाव आणि कारण", "कॉल स्क्रीनिंग"]
        }
        Language::Gujarati => {
            &["નામ અને કૉલ કરવાનું કારણ", "કૉલ કરવાનું કારણ", "કોલ કરવાનું કારણ", "નામ અને કારણ", "કૉલ સ્ક્રીનિંગ"]
        }
        Language::Bengali => &["নাম এবং কল করার কারণ", "কল করার কারণ", "ফোন করার কারণ", "নাম ও কারণ", "কল স্ক্রিনিং"],
        Language::Punjabi => &["ਨਾਂ ਅਤੇ ਕਾਲ ਕਰਨ ਦਾ ਕਾਰਨ", "ਕਾਲ ਕਰਨ ਦਾ ਕਾਰਨ", "ਫੋਨ ਕਰਨ ਦਾ ਕਾਰਨ", "ਕਾਲ ਸਕ੍ਰੀਨਿੰਗ"],
        Language::Odia => &["ନାମ ଏବଂ କଲ୍ କରିବାର କାରଣ", "କଲ୍ କରିବାର କାରଣ", "ଫୋନ୍ କରିବାର କାରଣ", "କଲ୍ ସ୍କ୍ରିନିଂ"],
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
