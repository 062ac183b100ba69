use super::*;
use Language::*;
use Wished::{Against, For};

fn check(cases: &[(&str, Option<Wished>)]) {
    let wrong: Vec<_> = cases
        .iter()
        .map(|(text, expected)| (text, wished(text, Odia, None), expected))
        .filter(|(_, read, expected)| read != *expected)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_language_is_known_by_its_name_in_every_script() {
    // Each row: the script's own "in that language" for all eleven, or the bare names.
    let rows: [(&str, [&str; 11]); 10] = [
        (
            "Latin",
            [
                "English",
                "Hindi",
                "Tamil",
                "Telugu",
                "Kannada",
                "Malayalam",
                "Marathi",
                "Gujarati",
                "Bengali",
                "Punjabi",
                "Odia",
            ],
        ),
        (
            "Devanagari",
            ["अंग्रेज़ी", "हिन्दी", "तमिल", "तेलुगु", "कन्नड़", "मलयालम", "मराठी", "गुजराती", "बंगाली", "पंजाबी", "ओड़िया"],
        ),
        (
            "Tamil",
            [
                "ஆங்கிலத்தில்",
                "ஹிந்தியில்",
                "தமிழில்",
                "தெலுங்கில்",
                "கன்னடத்தில்",
                "மலையாளத்தில்",
                "மராத்தியில்",
                "குஜராத்தியில்",
                "பெங்காலியில்",
                "பஞ்சாபியில்",
                "ஒடியா",
            ],
        ),
        ("Telugu", ["ఇంగ్లీష్‌లో", "హిందీలో", "తమిళంలో", "తెలుగులో", "కన్నడలో", "మలయాళంలో", "మరాఠీలో", "గుజరాతీలో", "బెంగాలీలో", "పంజాబీలో", "ఒడియా"]),
        (
            "Kannada",
            [
                "ಇಂಗ್ಲಿಷ್‌ನಲ್ಲಿ",
                "ಹಿಂದಿಯಲ್ಲಿ",
                "ತಮಿಳಿನಲ್ಲಿ",
                "ತೆಲುಗಿನಲ್ಲಿ",
                "ಕನ್ನಡದಲ್ಲಿ",
                "ಮಲಯಾಳಂನಲ್ಲಿ",
                "ಮರಾಠಿಯಲ್ಲಿ",
                "ಗುಜರಾತಿಯಲ್ಲಿ",
                "ಬೆಂಗಾಲಿಯಲ್ಲಿ",
                "ಪಂಜಾಬಿಯಲ್ಲಿ",
                "ಒಡಿಯಾ",
            ],
        ),
        (
            "Malayalam",
            [
                "ഇംഗ്ലീഷിൽ",
                "ഹിന്ദിയിൽ",
                "തമിഴിൽ",
                "തെലുങ്കിൽ",
                "കന്നഡയിൽ",
                "മലയാളത്തിൽ",
                "മറാഠിയിൽ",
                "ഗുജറാത്തിയിൽ",
                "ബംഗാളിയിൽ",
                "പഞ്ചാബിയിൽ",
                "ഒഡിയ",
            ],
        ),
        (
            "Gujarati",
            [
                "અંગ્રેજીમાં",
                "હિન્દીમાં",
                "તમિલમાં",
                "તેલુગુમાં",
                "કન્નડમાં",
                "મલયાલમમાં",
                "મરાઠીમાં",
                "ગુજરાતીમાં",
                "બંગાળીમાં",
                "પંજાબીમાં",
                "ઓડિયામાં",
            ],
        ),
        (
            "Bengali",
            [
                "ইংরেজিতে",
                "হিন্দিতে",
                "তামিলে",
                "তেলুগুতে",
                "কন্নড়",
                "মালায়ালম",
                "মারাঠিতে",
                "গুজরাটিতে",
                "বাংলায়",
                "পাঞ্জাবিতে",
                "ওড়িয়াতে",
            ],
        ),
        ("Gurmukhi", ["ਅੰਗਰੇਜ਼ੀ", "ਹਿੰਦੀ", "ਤਮਿਲ", "ਤੇਲਗੂ", "ਕੰਨੜ", "ਮਲਿਆਲਮ", "ਮਰਾਠੀ", "ਗੁਜਰਾਤੀ", "ਬੰਗਾਲੀ", "ਪੰਜਾਬੀ", "ਉੜੀਆ"]),
        (
            "Odia",
            [
                "ଇଂରାଜୀରେ",
                "ହିନ୍ଦୀରେ",
                "ତାମିଲରେ",
                "ତେଲୁଗୁରେ",
                "କନ୍ନଡରେ",
                "ମାଲାୟଲମରେ",
                "ମରାଠୀରେ",
                "ଗୁଜରାଟୀରେ",
                "ବଙ୍ଗଳାରେ",
                "ପଞ୍ଜାବୀରେ",
                "ଓଡ଼ିଆରେ",
            ],
        ),
    ];
    for (script, row) in rows {
        for (language, name) in Language::ALL.into_iter().zip(row) {
            assert_eq!(wished(name, language, None), Some(For(language)), "{script}: {name}");
            assert_eq!(wished(&format!("{name} please"), English, None), Some(For(language)), "{script}: {name}");
        }
    }
}

#[test]
fn a_wish_is_a_wish_however_it_is_put() {
    check(&[
        ("Can you speak in English please", Some(For(English))),
        ("can't you speak Hindi?", Some(For(Hindi))),
        ("why not Hindi", Some(For(Hindi))),
        ("No, Hindi please", Some(For(Hindi))),
        ("no I want to speak Tamil", Some(For(Tamil))),
        ("I don't understand, speak Hindi", Some(For(Hindi))),
        ("speak Hindi I don't understand", Some(For(Hindi))),
        ("could you please talk to me in Kannada, I did not get what you said", Some(For(Kannada))),
        ("तमिल में बोलिए", Some(For(Tamil))),
        ("हिंदी में बोलो ना", Some(For(Hindi))),
        ("नहीं हिंदी में बोलिए", Some(For(Hindi))),
        ("हिंदी में बोलिए समझ नहीं आ रहा", Some(For(Hindi))),
        ("hindi mein baat karo na", Some(For(Hindi))),
        ("தமிழ்ல பேசுங்க", Some(For(Tamil))),
        ("తెలుగులో మాట్లాడండి", Some(For(Telugu))),
        ("ಕನ್ನಡದಲ್ಲಿ ಮಾತಾಡಿ", Some(For(Kannada))),
        ("മലയാളത്തിൽ സംസാരിക്കൂ", Some(For(Malayalam))),
        ("मराठीत बोला ना", Some(For(Marathi))),
        ("ગુજરાતીમાં બોલો", Some(For(Gujarati))),
        ("বাংলায় বলুন না", Some(For(Bengali))),
        ("ਪੰਜਾਬੀ ਵਿੱਚ ਗੱਲ ਕਰੋ", Some(For(Punjabi))),
        ("ଓଡ଼ିଆରେ କୁହନ୍ତୁ", Some(For(Odia))),
        ("मुझे आपकी बात समझ नहीं आई क्या आप गुजराती में बात कर सकते हैं", Some(For(Gujarati))),
        ("आप हिंदी में बात नहीं कर सकते?", Some(For(Hindi))),
        ("aap hindi mein baat nahi kar sakte kya", Some(For(Hindi))),
        ("तुम्ही मराठीत बोलू शकत नाही का", Some(For(Marathi))),
        ("તમે ગુજરાતીમાં વાત નથી કરી શકતા?", Some(For(Gujarati))),
        ("আপনি বাংলায় কথা বলতে পারেন না?", Some(For(Bengali))),
        ("ਤੁਸੀਂ ਪੰਜਾਬੀ ਵਿੱਚ ਗੱਲ ਨਹੀਂ ਕਰ ਸਕਦੇ?", Some(For(Punjabi))),
        ("நீங்க தமிழ்ல பேச மாட்டீங்களா", Some(For(Tamil))),
        ("Malayalam venam", Some(For(Malayalam))),
        ("yes", None),
        ("இந்தியா", None),
        ("my brother told the bank all of it, he is a Gujarati teacher and nobody listened to him", None),
    ]);
}

#[test]
fn a_refusal_is_no_wish_in_any_language() {
    check(&[
        ("no Hindi please", Some(Against(vec![Hindi]))),
        ("not Hindi", Some(Against(vec![Hindi]))),
        ("please don't speak Hindi", Some(Against(vec![Hindi]))),
        ("I don't understand Hindi", Some(Against(vec![Hindi]))),
        ("I can't speak Hindi", Some(Against(vec![Hindi]))),
        ("I do not want to talk in Hindi", Some(Against(vec![Hindi]))),
        ("Hindi I don't know", Some(Against(vec![Hindi]))),
        ("Hindi? No.", Some(Against(vec![Hindi]))),
        ("anything but Hindi", Some(Against(vec![Hindi]))),
        ("not Hindi or Marathi", Some(Against(vec![Hindi, Marathi]))),
        ("हिंदी नहीं", Some(Against(vec![Hindi]))),
        ("आप हिंदी में मत बोलिए", Some(Against(vec![Hindi]))),
        ("मैं हिंदी में बात नहीं कर सकता", Some(Against(vec![Hindi]))),
        ("मुझे हिंदी नहीं आती", Some(Against(vec![Hindi]))),
        ("हिंदी में मत बोलिए", Some(Against(vec![Hindi]))),
        ("hindi mein baat mat karo", Some(Against(vec![Hindi]))),
        ("hindi nahi aati", Some(Against(vec![Hindi]))),
        ("மன்னிக்கவும், ஹிந்தி தெரியாது", Some(Against(vec![Hindi]))),
        ("ஹிந்தி வேண்டாம்", Some(Against(vec![Hindi]))),
        ("hindi theriyathu", Some(Against(vec![Hindi]))),
        ("నాకు హిందీ రాదు", Some(Against(vec![Hindi]))),
        ("హిందీ వద్దు", Some(Against(vec![Hindi]))),
        ("ನನಗೆ ಹಿಂದಿ ಬರಲ್ಲ", Some(Against(vec![Hindi]))),
        ("ಹಿಂದಿ ಬೇಡ", Some(Against(vec![Hindi]))),
        ("ഹിന്ദി വേണ്ട", Some(Against(vec![Hindi]))),
        ("എനിക്ക് ഹിന്ദി അറിയില്ല", Some(Against(vec![Hindi]))),
        ("हिंदी नको", Some(Against(vec![Hindi]))),
        ("मला हिंदी येत नाही", Some(Against(vec![Hindi]))),
        ("હિન્દી નહીં", Some(Against(vec![Hindi]))),
        ("મને હિન્દી નથી આવડતી", Some(Against(vec![Hindi]))),
        ("হিন্দি না", Some(Against(vec![Hindi]))),
        ("আমি হিন্দি বুঝি না", Some(Against(vec![Hindi]))),
        ("ਹਿੰਦੀ ਨਹੀਂ", Some(Against(vec![Hindi]))),
        ("ਮੈਨੂੰ ਹਿੰਦੀ ਨਹੀਂ ਆਉਂਦੀ", Some(Against(vec![Hindi]))),
        ("ହିନ୍ଦୀ ନୁହେଁ", Some(Against(vec![Hindi]))),
        ("ହିନ୍ଦୀରେ କୁହନ୍ତୁ ନାହିଁ", Some(Against(vec![Hindi]))),
        ("মোটেই ইংরেজি নয়", Some(Against(vec![English]))),
    ]);
}

#[test]
fn who_refuses_one_and_names_another_wants_the_other() {
    check(&[
        ("not Hindi, English please", Some(For(English))),
        ("no Hindi speak Tamil", Some(For(Tamil))),
        ("I don't understand Hindi speak English", Some(For(English))),
        ("Hindi please I do not understand English", Some(For(Hindi))),
        ("speak English not Hindi", Some(For(English))),
        ("English instead of Hindi", Some(For(English))),
        ("Hindi? No, English.", Some(For(English))),
        ("हिंदी नहीं इंग्लिश में बोलिए", Some(For(English))),
        ("hindi nahi, english mein bolo", Some(For(English))),
        ("ஹிந்தி தெரியாது தமிழ்ல பேசுங்க", Some(For(Tamil))),
        ("తెలుగులో మాట్లాడండి, హిందీ రాదు", Some(For(Telugu))),
        ("ಹಿಂದಿ ಬೇಡ, ಕನ್ನಡದಲ್ಲಿ ಹೇಳಿ", Some(For(Kannada))),
        ("ഹിന്ദി വേണ്ട മലയാളം മതി", Some(For(Malayalam))),
        ("हिंदी नको, मराठीत बोला", Some(For(Marathi))),
        ("હિન્દી નહીં ગુજરાતીમાં બોલો", Some(For(Gujarati))),
        ("হিন্দি না বাংলায় বলুন", Some(For(Bengali))),
        ("ਹਿੰਦੀ ਨਹੀਂ ਪੰਜਾਬੀ ਵਿੱਚ ਬੋਲੋ", Some(For(Punjabi))),
        ("ହିନ୍ଦୀ ନୁହେଁ ଓଡ଼ିଆରେ କୁହନ୍ତୁ", Some(For(Odia))),
    ]);
}

#[test]
fn of_two_that_are_wished_for_the_one_spoken_already_is_right() {
    assert_eq!(wished("Hindi or English", Hindi, None), Some(For(Hindi)));
    assert_eq!(wished("Hindi or English", Tamil, None), Some(For(English)));
}

#[test]
fn a_customers_own_name_is_no_language_unless_it_is_asked_for() {
    for (customer, text) in [
        ("Tamil Selvan", "Tamil Selvan"),
        ("Tamil Selvan", "yes, Tamil Selvan here"),
        ("Tamil Selvan", "not Tamil Selvan"),
        ("Harpreet Punjabi", "haan, Punjabi bol raha hoon"),
        ("தமிழ் செல்வன்", "தமிழ் செல்வன்"),
    ] {
        assert_eq!(wished(text, English, Some(customer)), None, "{text}");
    }
    assert_eq!(wished("Tamil please", English, Some("Tamil Selvan")), Some(For(Tamil)));
    assert_eq!(wished("speak in Tamil", English, Some("Tamil Selvan")), Some(For(Tamil)));
    assert_eq!(wished("தமிழ்ல பேசுங்க", English, Some("தமிழ் செல்வன்")), Some(For(Tamil)));
    assert_eq!(wished("yes, Tamil", English, Some("Kavita")), Some(For(Tamil)));
}
