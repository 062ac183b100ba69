//! Words of each language that the guard knows. Only data. A stem is the beginning of a word, because
//! Indian languages put their endings behind; a word that begins like a harmless one stands whole.

use crate::domain::language::Language;

/// The words of one language.
pub(super) struct Words {
    /// Whoever hears a word that begins like this may guess what the call is about.
    pub(super) stems: &'static [&'static str],
    /// The same where many harmless words begin like it.
    pub(super) whole: &'static [&'static str],
    /// "Date": a number beside it is a day.
    pub(super) date: &'static [&'static str],
    /// Percent, half, double: they make a sum of anything.
    pub(super) shares: &'static [&'static str],
    /// The same as whole words.
    pub(super) shares_whole: &'static [&'static str],
    /// Hundred, thousand, lakh, crore, where they are also spelt otherwise than we say them.
    pub(super) large: &'static [&'static str],
}

/// Said in Latin letters in every language.
pub(super) const ROMANISED: Words = Words {
    stems: &[
        "karz",
        "karj",
        "qarz",
        "udhaar",
        "udhar",
        "kisht",
        "kishth",
        "bakaya",
        "bakaaya",
        "paisa",
        "paise",
        "paiso",
        "rupay",
        "rupya",
        "rupiya",
        "bhugtan",
        "bhugtaan",
        "byaaj",
        "byaj",
        "vyaj",
        "hapta",
        "kadan",
        "kadana",
        "panam",
        "vatti",
        "thavanai",
        "runam",
        "dabbu",
        "sommu",
        "bakayi",
        "duddu",
        "vaypa",
        "vaayp",
        "kudissika",
        "paisalu",
        "vasool",
        "vasuli",
        "vasooli",
        "wasool",
        "jurmana",
        "raqam",
        "rakam",
        "raashi",
        "khaata",
        "khata",
    ],
    whole: &[
        "rin", "kist", "kiste", "kisten", "appu", "baki", "baaki", "rashi", "sood", "dhan", "runa", "taka", "tanka",
    ],
    date: &["tareekh", "tarikh", "taarikh", "thethi", "tedi"],
    shares: &["pratishat", "pratishath", "fisadi", "feesadi", "dugna", "dugun"],
    shares_whole: &["adha", "adhe", "adhi", "aadha", "aadhe", "aadhi"],
    large: &[
        "sau", "hazaar", "hazar", "hajaar", "hajar", "laakh", "lakh", "karod", "karor", "crore", "ayiram", "aayiram",
        "nooru", "savira", "saavira", "veyyi", "vandala", "sahasra",
    ],
};

/// Numbers in Latin letters: Hindi's, which are mixed into all the others.
#[rustfmt::skip]
pub(super) const ROMANISED_NUMBERS: &[&str] = &[
    "gyarah", "gyara", "barah", "baarah", "terah", "chaudah", "pandrah", "pandra", "solah", "satrah", "sattrah", "atharah",
    "athara", "unnis", "bees", "ikkis", "bais", "teis", "chaubis", "pachis", "pachees", "pacchis", "chhabbis", "sattais",
    "atthais", "untis", "tees", "chalis", "chaalis", "pachas", "pachaas", "sattar", "assi", "nabbe", "dedh", "dhai", "dhaai",
];

/// Months in short.
#[rustfmt::skip]
pub(super) const MONTHS_IN_SHORT: [&[&str]; 12] = [
    &["jan"], &["feb"], &["mar"], &["apr"], &["may"], &["jun"], &["jul"], &["aug"], &["sep", "sept"], &["oct"], &["nov"], &["dec"],
];

/// What sticks to figures and makes a day of them, in any of the languages, by its beginning.
#[rustfmt::skip]
pub(super) const ORDINAL_ENDINGS: &[&str] = &[
    "ই", "লা", "রা", "ঠা", "শে", "वीं", "वें", "वां", "वाँ", "वी", "व्या", "वे", "वा", "ला", "મી", "મો", "ਵੀਂ", "ਵੇਂ", "ਵਾਂ", "ଇ", "ଠା", "ରେ",
    "ஆம்", "ம்", "ஆவது", "வது", "వ", "న", "ನೇ", "ನೆ", "ರಂದು", "ാം", "ആം", "ന്", "മത",
];

/// Small words that only Hindi, or only Marathi, has: they share a script.
pub(super) const HINDI_ONLY: &[&str] = &["है", "हैं", "और", "नहीं", "आप", "आपके", "आपकी", "आपको", "मैं", "में", "यह", "क्या"];
pub(super) const MARATHI_ONLY: &[&str] =
    &["आहे", "आहेत", "आणि", "नाही", "तुम्ही", "तुमच्या", "तुमची", "तुम्हाला", "मी", "मध्ये", "हे", "काय", "चा", "ची"];

/// Languages without a list of their own for something.
const NONE: &[&str] = &[];

// A few to a row: a word a line would be six hundred lines.
#[rustfmt::skip]
pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &Words {
            stems: &[
                "account", "amount", "arrear", "balance", "bank", "bill", "borrow", "cash", "cheque", "cibil", "collateral",
                "collect", "cost", "credit", "crore", "debit", "debt", "deduct", "default", "delinquen", "deposit", "disburs",
                "due", "emi", "financ", "fund", "guarantor", "instal", "interest", "invest", "invoice", "lakh", "lawyer",
                "legal", "lend", "liabilit", "loan", "money", "mortgage", "nbfc", "obligat", "outstanding", "overdraft",
                "overdue", "owe", "owing", "paid", "paisa", "paise", "pay", "penal", "pending", "police", "premium", "prepay",
                "price", "principal", "recover", "refund", "reimburs", "remit", "repay", "rupay", "rupee", "sanction",
                "settle", "tenure", "transact", "unpaid", "wallet", "withdraw",
            ],
            whole: &["charge", "charges", "charged", "court", "courts", "fee", "fees", "inr", "lac", "lacs", "rs"],
            date: &["date"],
            shares: &["percent", "half", "halves", "quarter", "double", "twice", "triple", "thrice", "dozen", "discount"],
            shares_whole: &["cent"],
            large: &["hundred", "thousand", "lakh", "lac", "lacs", "crore", "million", "billion"],
        },
        Language::Hindi => &Words {
            stems: &[
                "ऋण", "कर्ज", "लोन", "किस्त", "किश्त", "ईएमआई", "इएमआई", "बकाय", "बकाए", "बाकी", "बाक़ी", "भुगतान", "रकम", "राशि",
                "उधार", "ब्याज", "पेमेंट", "पेमेन्ट", "रुप", "रूपय", "रूपए", "चुका", "चुकत", "चुकौ", "क्रेडिट", "सिबिल", "खाता", "खाते",
                "खातों", "जुर्मान", "पैस", "देनदार", "लेनदार", "देय", "वसूल", "जमा", "फाइनें", "फाइनैं", "फायनें", "फाइनान", "वित्त", "बैंक",
                "बिलों", "शुल्क", "फीस", "गिरवी", "मूलधन", "धनराशि", "डिफॉल्ट", "डिफाल्ट", "कलेक्शन", "रिकवरी", "ओवरड्यू", "अमाउंट",
                "पेंडिंग", "अकाउंट", "एकाउंट", "लेंडर", "कानूनी", "अदालत", "पुलिस", "वकील", "अदायगी", "कटौती", "कीमत",
            ],
            whole: &["बिल", "ड्यू", "धन", "सूद", "मनी", "अदा"],
            date: &["तारीख", "दिनांक"],
            shares: &["प्रतिशत", "परसेंट", "पर्सेंट", "फीसदी", "आधा", "आधी", "आधे", "डेढ", "ढाई", "पौने", "दोगुन", "दुगुन", "तिगुन"],
            shares_whole: &["सवा"],
            large: &["सौ", "हजार", "लाख", "करोड", "सैकड"],
        },
        Language::Marathi => &Words {
            stems: &[
                "कर्ज", "लोन", "हप्त", "थकबाकी", "थकीत", "थकल", "बाकी", "रक्कम", "रकम", "राशी", "देय", "देणं", "व्याज", "पेमेंट", "रुप",
                "रूपय", "भरणा", "भरण्य", "परतफेड", "खात्य", "खाते", "खातं", "पैस", "पैश", "ईएमआय", "इएमआय", "दंड", "वसुल", "वसूल",
                "ऋण", "उधार", "उसन", "फायनान", "फाइनान", "वित्त", "बँक", "बॅंक", "बिला", "शुल्क", "जमा", "क्रेडिट", "सिबिल",
                "कायदेशीर", "न्यायालय", "पोलीस", "पोलिस", "वकील", "अमाउंट", "चुकत", "चुकव", "किंमत",
            ],
            whole: &["बिल", "ड्यू", "थक"],
            date: &["तारीख", "तारख", "दिनांक"],
            shares: &["टक्के", "टक्का", "टक्क्य", "प्रतिशत", "अर्ध", "निम्म", "दीड", "अडीच", "दुप्पट", "सव्वा", "पाऊण"],
            shares_whole: NONE,
            large: &["शंभर", "शे", "हजार", "लाख", "कोटी", "शेकड"],
        },
        Language::Tamil => &Words {
            stems: &[
                "கடன", "லோன", "தவண", "நிலுவ", "தொகை", "தொகய", "வட்டி", "பணம", "பணத்", "ரூபா", "ரூபி", "கட்டண", "கட்டு", "கட்டவ",
                "கட்டி", "கட்டல", "கட்டப", "கட்டின", "செலுத்", "பாக்கி", "இஎம்ஐ", "ஈஎம்ஐ", "கணக்க", "அக்கவுண்ட", "அபராத",
                "பேமெண்ட", "பேமென்ட", "கிரெடிட்", "சிபில்", "வங்கி", "பேங்க்", "நிதி", "ஃபைனான", "பைனான", "வசூல", "பில்ல", "பைசா",
                "காசு", "காசை", "காசோல", "டெபாசிட", "சட்டப்", "சட்டரீ", "போலீஸ", "நீதிமன்ற", "வழக்கறி", "அடமான", "அசல",
            ],
            whole: &["பில்", "டியூ", "காசா"],
            date: &["தேதி"],
            shares: &["சதவீத", "சதவிகித", "சதம", "ஒன்றரை", "இரட்டி", "இருமடங்"],
            shares_whole: &["பாதி", "பாதியை", "அரை", "கால்", "முக்கால்"],
            large: &["நூறு", "நூற்", "ஆயிர", "ாயிர", "லட்ச", "இலட்ச", "கோடி"],
        },
        Language::Telugu => &Words {
            stems: &[
                "రుణ", "ఋణ", "అప్పుల", "అప్పును", "అప్పుగ", "అప్పుత", "అప్పుక", "లోన", "వాయిదా", "బకాయ", "బాకీ", "మొత్త", "వడ్డీ", "డబ్బ",
                "రూపాయ", "చెల్లి", "చెల్లు", "ఈఎంఐ", "ఇఎంఐ", "ఖాతా", "అకౌంట", "పేమెంట", "జరిమానా", "కట్టా", "కట్టం", "కట్టల", "కట్టవ",
                "కట్టి", "కట్టే", "కట్టన", "క్రెడిట", "సిబిల", "బ్యాంక", "ఫైనాన", "ఆర్థిక", "బిల్ల", "వసూల", "కిస్త", "పైస", "సొమ్మ", "తాకట్ట",
                "డిపాజిట", "పోలీస", "కోర్ట", "చట్టపర", "లాయర", "న్యాయస్థాన", "రుసుము",
            ],
            whole: &["అప్పు", "కట్టు", "డ్యూ", "బిల్"],
            date: &["తేదీ", "తేది", "తారీఖు"],
            shares: &["శాతం", "శాతా", "సగం", "సగా", "రెట్టింపు"],
            shares_whole: &["అర", "పావు", "ముప్పావు"],
            large: &["వంద", "నూరు", "నూట", "వేలు", "వేల", "వెయ్యి", "లక్ష", "కోటి", "కోట్"],
        },
        Language::Kannada => &Words {
            stems: &[
                "ಸಾಲ", "ಲೋನ", "ಕಂತ", "ಬಾಕಿ", "ಮೊತ್ತ", "ಬಡ್ಡಿ", "ಹಣ", "ರೂಪಾಯ", "ಪಾವತಿ", "ಇಎಂಐ", "ಈಎಂಐ", "ಖಾತೆ", "ಅಕೌಂಟ", "ಪೇಮೆಂಟ", "ದಂಡ",
                "ದುಡ್ಡ", "ಕಟ್ಟಬ", "ಕಟ್ಟಿ", "ಕಟ್ಟಲ", "ಕಟ್ಟು", "ಕ್ರೆಡಿಟ", "ಸಿಬಿಲ", "ಬ್ಯಾಂಕ", "ಫೈನಾನ", "ವಸೂಲ", "ಬಿಲ್ಲ", "ಪೈಸೆ", "ಋಣ", "ಶುಲ್ಕ",
                "ಅಡಮಾನ", "ಠೇವಣಿ", "ಪೊಲೀಸ", "ನ್ಯಾಯಾಲಯ", "ವಕೀಲ", "ಕಾನೂನ",
            ],
            whole: &["ಬಿಲ್", "ಡ್ಯೂ"],
            date: &["ದಿನಾಂಕ", "ತಾರೀಖ", "ತಾರೀಕ"],
            shares: &["ಶೇಕಡ", "ಪ್ರತಿಶತ", "ಅರ್ಧ", "ಒಂದೂವರೆ", "ದುಪ್ಪಟ್ಟ", "ಎರಡರಷ್ಟ"],
            shares_whole: &["ಶೇ", "ಕಾಲು", "ಮುಕ್ಕಾಲು"],
            large: &["ನೂರ", "ಸಾವಿರ", "ಲಕ್ಷ", "ಕೋಟಿ"],
        },
        Language::Malayalam => &Words {
            stems: &[
                "വായ്പ", "ലോണ", "ലോൺ", "തവണ", "കുടിശ്ശിക", "കുടിശിക", "തുക", "പലിശ", "പണം", "പണത്", "പണമ", "പണവ", "രൂപ", "അടയ്ക്ക", "അടക്ക",
                "അടച്ച", "അടവ", "ഇഎംഐ", "അക്കൗണ്ട", "പേയ്മെന്റ", "പേമെന്റ", "കടം", "കടത്തി", "കടത്തെ", "കടത്തു", "കടബ", "കടക്കാര", "കടമെ",
                "പിഴ", "ബാങ്ക", "ഫിനാൻ", "ഫൈനാൻ", "ധനകാര്യ", "ക്രെഡിറ്റ", "സിബിൽ", "ബില്ല", "പൈസ", "കാശ", "ഗഡു", "പണയ", "ഋണ", "ബാക്കി",
                "നിക്ഷേപ", "നിയമനടപ", "പോലീസ", "കോടതി", "വക്കീല", "ഫീസ", "വസൂല",
            ],
            whole: &["ബിൽ", "ഡ്യൂ"],
            date: &["തീയതി", "തിയതി", "തീയ്യതി"],
            shares: &["ശതമാന", "പകുതി", "ഒന്നര", "ഇരട്ടി"],
            shares_whole: &["അര", "കാൽ", "മുക്കാൽ"],
            large: &["നൂറ", "നൂറ്റ", "ആയിര", "ായിര", "ലക്ഷ", "കോടി"],
        },
        Language::Gujarati => &Words {
            stems: &[
                "લોન", "દેવું", "દેવા", "હપ્ત", "બાકી", "રકમ", "વ્યાજ", "પૈસ", "રૂપિય", "રૂપય", "ચુકવ", "ચૂકવ", "ચુકત", "ઈએમઆઈ", "ઇએમઆઇ",
                "ખાતા", "ખાતું", "ખાતે", "પેમેન્ટ", "પેમેંટ", "ઉધાર", "દંડ", "નાણ", "ઋણ", "કરજ", "કર્જ", "ભરવાન", "ભરપાઈ", "ભરણ", "બેંક", "બૅંક",
                "બેન્ક", "ફાઇના", "ફાઈના", "ફાયના", "ક્રેડિટ", "સિબિલ", "બિલન", "દેય", "વસૂલ", "લેણ", "જમા", "શુલ્ક", "ગીરો", "કાનૂની", "કોર્ટ",
                "પોલીસ", "વકીલ", "એકાઉન્ટ", "અકાઉન્ટ", "રાશિ", "કિંમત",
            ],
            whole: &["બિલ", "ફી", "ડ્યૂ", "ધન"],
            date: &["તારીખ"],
            shares: &["ટકા", "પ્રતિશત", "અડધ", "અર્ધ", "દોઢ", "અઢી", "બમણ", "પોણ"],
            shares_whole: &["સવા"],
            large: &["સો", "હજાર", "લાખ", "કરોડ", "સેંકડ"],
        },
        Language::Bengali => &Words {
            stems: &[
                "ঋণ", "লোন", "কিস্তি", "বকেয়া", "বাকি", "বাকী", "টাকা", "পরিশোধ", "পেমেন্ট", "পেমেণ্ট", "ইএমআই", "অ্যাকাউন্ট", "একাউন্ট",
                "দেনা", "পাওনা", "জরিমানা", "পয়সা", "ব্যাংক", "ব্যাঙ্ক", "ফাইনান", "ফাইন্যান", "ফিনান", "ফিন্যান", "ক্রেডিট", "সিবিল", "আদায়",
                "জমা", "শুল্ক", "কর্জ", "বন্ধক", "আইনি", "আদালত", "পুলিশ", "উকিল", "খেলাপি", "সুদসহ",
            ],
            whole: &["সুদ", "সুদের", "সুদে", "ধার", "ধারের", "বিল", "বিলের", "বিলটি", "ফি", "অর্থ", "অর্থের", "দেয়", "ডিউ"],
            date: &["তারিখ"],
            shares: &["শতাংশ", "শতকরা", "অর্ধেক", "দেড়", "আড়াই", "দ্বিগুণ", "পৌনে"],
            shares_whole: &["আধা", "আধ", "সোয়া"],
            large: &["শত", "শো", "হাজার", "লাখ", "লক্ষ", "কোটি"],
        },
        Language::Punjabi => &Words {
            stems: &[
                "ਕਰਜ਼", "ਲੋਨ", "ਕਿਸ਼ਤ", "ਬਕਾਇ", "ਬਕਾਏ", "ਬਾਕੀ", "ਰਕਮ", "ਵਿਆਜ", "ਪੈਸ", "ਰੁਪ", "ਭੁਗਤਾਨ", "ਈਐਮਆਈ", "ਈਐੱਮਆਈ", "ਖਾਤਾ", "ਖਾਤੇ",
                "ਖਾਤਿਆ", "ਉਧਾਰ", "ਪੇਮੈਂਟ", "ਪੇਮੇਂਟ", "ਜੁਰਮਾਨ", "ਰਿਣ", "ਬੈਂਕ", "ਫਾਈਨਾ", "ਫਾਇਨਾ", "ਫਾਈਨੈ", "ਵਿੱਤ", "ਕ੍ਰੈਡਿਟ", "ਸਿਬਿਲ", "ਵਸੂਲ",
                "ਦੇਣਦਾਰ", "ਲੈਣਦਾਰ", "ਜਮ੍ਹਾ", "ਜਮਾ", "ਫੀਸ", "ਗਿਰਵੀ", "ਕਾਨੂੰਨੀ", "ਅਦਾਲਤ", "ਪੁਲਿਸ", "ਵਕੀਲ", "ਅਕਾਊਂਟ", "ਅਕਾਉਂਟ", "ਅਦਾਇਗੀ", "ਰਾਸ਼ੀ",
            ],
            whole: &["ਬਿਲ", "ਬਿੱਲ", "ਸੂਦ", "ਧਨ", "ਡਿਊ"],
            date: &["ਤਾਰੀਖ", "ਤਰੀਕ", "ਤਾਰੀਕ"],
            shares: &["ਫ਼ੀਸਦ", "ਪ੍ਰਤੀਸ਼ਤ", "ਪ੍ਰਤਿਸ਼ਤ", "ਅੱਧ", "ਡੇਢ", "ਡੇਢ਼", "ਢਾਈ", "ਪੌਣ", "ਦੁੱਗਣ", "ਦੁਗਣ"],
            shares_whole: &["ਸਵਾ"],
            large: &["ਸੌ", "ਹਜ਼ਾਰ", "ਹਜਾਰ", "ਲੱਖ", "ਕਰੋੜ", "ਸੈਂਕੜ"],
        },
        Language::Odia => &Words {
            stems: &[
                "ଋଣ", "ଲୋନ", "କିସ୍ତି", "ବକେୟା", "ବକେଯା", "ବାକି", "ବାକୀ", "ଟଙ୍କା", "ପରିଶୋଧ", "ପେମେଣ୍ଟ", "ଇଏମଆଇ", "ଖାତା", "ଦେୟ", "ଜରିମାନା",
                "ପଇସା", "ଧାରୁଆ", "ରାଶି", "ବ୍ୟାଙ୍କ", "ଫାଇନା", "କ୍ରେଡିଟ", "ଆଦାୟ", "ଜମା", "ଦେଣା", "କରଜ", "ଆକାଉଣ୍ଟ", "ବନ୍ଧକ", "ଶୁଳ୍କ", "ଆଇନଗତ", "ପୋଲିସ",
                "କୋର୍ଟ", "ଓକିଲ", "ସୁଧର", "ସୁଧସହ",
            ],
            whole: &["ସୁଧ", "ଧାର", "ଅର୍ଥ", "ବିଲ", "ଫି", "ଡିଉ"],
            date: &["ତାରିଖ"],
            shares: &["ପ୍ରତିଶତ", "ଶତକଡା", "ଅଧା", "ଦେଢ", "ଅଢେଇ", "ଦୁଇଗୁଣ", "ଦ୍ୱିଗୁଣ"],
            shares_whole: NONE,
            large: &["ଶହ", "ଶତ", "ହଜାର", "ଲକ୍ଷ", "କୋଟି"],
        },
    }
}
