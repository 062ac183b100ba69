//! The sample campaign: thirty people who do not exist, in all eleven languages, with every way a
//! call can go. The numbers look invented at first sight; their last two digits tell the Exotel
//! simulator who answers (`sim::exotel::Persona`).

use std::fmt::Write as _;

/// Name, state, last two digits of the number. The first eleven promise to pay, which only a language
/// model understands: one in each language.
const PEOPLE: [(&str, &str, u8); 30] = [
    ("Asha Verma", "Uttar Pradesh", 20),
    ("Meena Iyer", "Tamil Nadu", 20),
    ("Lakshmi Rao", "Andhra Pradesh", 20),
    ("Suresh Gowda", "Karnataka", 20),
    ("Anu Thomas", "Kerala", 20),
    ("Vijay Patil", "Maharashtra", 20),
    ("Kiran Shah", "Gujarat", 20),
    ("Rina Das", "West Bengal", 20),
    ("Harpreet Singh", "Punjab", 20),
    ("Mamata Sahoo", "Odisha", 20),
    ("George Mathew", "Unknown", 20),
    ("Ravi Kumar", "Bihar", 11),
    ("Divya Menon", "Kerala", 11),
    ("Arjun Reddy", "Telangana", 12),
    ("Pooja Joshi", "Gujarat", 12),
    ("Manoj Yadav", "Delhi", 13),
    ("Sunita Devi", "Rajasthan", 14),
    ("Farah Ali", "Telangana", 14),
    ("Imran Khan", "Maharashtra", 15),
    ("Naveen Shetty", "Karnataka", 16),
    ("Geeta Bisht", "Uttarakhand", 15),
    ("Kavya Krishnan", "Tamil Nadu", 16),
    ("Prakash Jena", "Orissa", 16),
    ("Deepa Banerjee", "West Bengal", 17),
    ("Gurpreet Kaur", "Punjab", 18),
    ("Leela Pillai", "Kerala", 18),
    ("Rohan Kulkarni", "Maharashtra", 19),
    ("Bhavesh Mehta", "Gujarat", 1),
    ("Tara Chauhan", "Haryana", 1),
    ("Nisha Gupta", "Madhya Pradesh", 21),
];

/// How many people the sample has.
pub const CUSTOMERS: usize = PEOPLE.len();

/// The sheet, as a lender would have it: their own headers, their own ways to write a number.
pub fn sheet() -> String {
    let mut csv = String::from("Customer Name,Mobile No,State,Loan ID,EMI Amount,Due Date,Language\n");
    for (index, (name, state, digits)) in PEOPLE.iter().enumerate() {
        let language = if *state == "Unknown" { "English" } else { "" };
        let (day, amount) = (index % 28 + 1, 1_500 + index * 250);
        writeln!(
            csv,
            "{name},+91 90000 {index:03}{digits:02},{state},LN{:06},\"₹ {amount}\",{day:02}/12/2026,{language}",
            100_000 + index
        )
        .expect("writing to a String does not fail");
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::domain::language::Language;
    use shared::domain::phone::PhoneNumber;
    use std::collections::BTreeSet;

    #[test]
    fn every_number_is_valid_and_nobody_shares_one() {
        let sheet = sheet();
        let numbers: BTreeSet<_> = sheet
            .lines()
            .skip(1)
            .map(|line| PhoneNumber::parse(line.split(',').nth(1).expect("a number")).expect("a valid one"))
            .collect();
        assert_eq!(numbers.len(), CUSTOMERS);
    }

    #[test]
    fn all_eleven_languages_are_spoken_with_the_script_and_with_a_model() {
        let promising = || PEOPLE.iter().filter(|(.., digits)| *digits == 20);
        let spoken: BTreeSet<_> = promising().filter_map(|(_, state, _)| Language::of_state(state)).collect();
        assert_eq!(promising().count(), Language::ALL.len());
        assert_eq!(spoken.len(), Language::ALL.len() - 1, "the eleventh is the one English line");
    }
}
