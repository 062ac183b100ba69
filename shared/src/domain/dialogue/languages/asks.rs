//! The words by which a question asks for a day, a sum of money or digits. Only data.

use crate::domain::language::Language;

/// "When?"
pub(in super::super) fn for_a_day(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["when", "which day", "what day", "which date", "what date", "how soon"],
        Language::Hindi => &["कब", "कब तक", "किस दिन", "किस तारीख", "कौन सा दिन", "कौन से दिन", "कौन सी तारीख"],
        Language::Tamil => &["எப்போது", "எப்போ", "எப்ப", "எந்த நாள்", "எந்த தேதி", "எந்த தேதியில்", "எந்த தேதிக்குள்"],
        Language::Telugu => &["ఎప్పుడు", "ఎప్పటికి", "ఎప్పటిలోగా", "ఏ రోజు", "ఏ తేదీ", "ఏ తేదీన", "ఏ తేదీలోగా", "ఏ తేదీకి"],
        Language::Kannada => &["ಯಾವಾಗ", "ಯಾವ ದಿನ", "ಯಾವ ದಿನಾಂಕ", "ಯಾವ ದಿನಾಂಕದಂದು", "ಯಾವ ತಾರೀಖು", "ಯಾವ ದಿನಾಂಕದೊಳಗೆ"],
        Language::Malayalam => &["എപ്പോൾ", "എപ്പോഴാണ്", "എന്നാണ്", "ഏത് ദിവസം", "ഏത് തീയതി", "ഏത് തീയതിയിൽ"],
        Language::Marathi => {
            &["कधी", "केव्हा", "कधीपर्यंत", "कोणता दिवस", "कोणत्या दिवशी", "कोणत्या तारखेला", "कोणत्या तारखेपर्यंत"]
        }
        Language::Gujarati => &["ક્યારે", "ક્યાં સુધીમાં", "કયો દિવસ", "કયા દિવસે", "કઈ તારીખે", "કઈ તારીખ"],
        Language::Bengali => &["কবে", "কখন", "কোন দিন", "কোন তারিখে", "কোন তারিখের"],
        Language::Punjabi => &["ਕਦੋਂ", "ਕਦੋਂ ਤੱਕ", "ਕਿਹੜਾ ਦਿਨ", "ਕਿਸ ਦਿਨ", "ਕਿਸ ਤਾਰੀਖ", "ਕਿਹੜੀ ਤਾਰੀਖ"],
        Language::Odia => &["କେବେ", "କେତେବେଳେ", "କେଉଁ ଦିନ", "କେଉଁ ତାରିଖ", "କେଉଁ ତାରିଖରେ"],
    }
}

/// "How much?"
pub(in super::super) fn for_money(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["how much", "what amount", "which amount"],
        Language::Hindi => &["कितना", "कितने रुपये", "कितने पैसे", "कितनी रकम", "कितनी राशि"],
        Language::Tamil => &["எவ்வளவு"],
        Language::Telugu => &["ఎంత"],
        Language::Kannada => &["ಎಷ್ಟು"],
        Language::Malayalam => &["എത്ര", "എത്ര രൂപ"],
        Language::Marathi => &["किती रुपये", "किती रक्कम", "किती पैसे", "किती"],
        Language::Gujarati => &["કેટલા", "કેટલી", "કેટલું"],
        Language::Bengali => &["কত", "কত টাকা"],
        Language::Punjabi => &["ਕਿੰਨੇ", "ਕਿੰਨਾ", "ਕਿੰਨੀ"],
        Language::Odia => &["କେତେ", "କେତେ ଟଙ୍କା"],
    }
}

/// "The last four digits."
pub(in super::super) fn for_digits(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["digits", "digit"],
        Language::Hindi => &["अंक", "अंकों"],
        Language::Tamil => &["இலக்கம்", "இலக்கங்கள்", "இலக்கங்களை", "எண்களை"],
        Language::Telugu => &["అంకెలు", "అంకెలను"],
        Language::Kannada => &["ಅಂಕಿಗಳು", "ಅಂಕಿಗಳನ್ನು", "ಅಂಕೆಗಳು", "ಅಂಕೆಗಳನ್ನು"],
        Language::Malayalam => &["അക്കങ്ങൾ", "അക്കം"],
        Language::Marathi => &["अंक", "आकडे"],
        Language::Gujarati => &["અંક", "અંકો", "આંકડા"],
        Language::Bengali => &["সংখ্যা", "সংখ্যাগুলি", "অঙ্ক", "ডিজিট"],
        Language::Punjabi => &["ਅੰਕ"],
        Language::Odia => &["ଅଙ୍କ", "ସଂଖ୍ୟା"],
    }
}
