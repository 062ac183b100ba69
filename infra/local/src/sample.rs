//! The sample campaign: thirty people who do not exist, in all eleven languages, with every way a
//! call can go. Numbers are from a range that looks invented at first sight.

use std::fmt::Write as _;

/// Name, state, and how this person's phone or mood is: the last two digits of the number tell the
/// Exotel simulator (`sim::exotel`, table of personas).
const PEOPLE: [(&str, &str, u8); 30] = [
    ("Asha Verma", "Uttar Pradesh", 0),
    ("Ravi Kumar", "Bihar", 0),
    ("Meena Iyer", "Tamil Nadu", 0),
    ("Lakshmi Rao", "Andhra Pradesh", 0),
    ("Suresh Gowda", "Karnataka", 0),
    ("Anu Thomas", "Kerala", 0),
    ("Vijay Patil", "Maharashtra", 0),
    ("Kiran Shah", "Gujarat", 0),
    ("Rina Das", "West Bengal", 0),
    ("Harpreet Singh", "Punjab", 0),
    ("Mamata Sahoo", "Odisha", 0),
    ("Divya Menon", "Kerala", 1),
    ("Arjun Reddy", "Telangana", 2),
    ("Pooja Nair", "Kerala", 2),
    ("Manoj Yadav", "Delhi", 1),
    ("Sunita Devi", "Rajasthan", 3),
    ("Imran Khan", "Maharashtra", 3),
    ("Geeta Joshi", "Uttarakhand", 4),
    ("Naveen Shetty", "Karnataka", 4),
    ("Farah Ali", "Telangana", 5),
    ("Prakash Jena", "Orissa", 5),
    ("Kavya Krishnan", "Tamil Nadu", 5),
    ("Deepa Banerjee", "West Bengal", 5),
    ("Gurpreet Kaur", "Punjab", 6),
    ("Bhavesh Mehta", "Gujarat", 6),
    ("Rohan Kulkarni", "Maharashtra", 7),
    ("Leela Pillai", "Kerala", 7),
    ("Tara Singh", "Haryana", 8),
    ("George Mathew", "Goa", 8),
    ("Nisha Gupta", "Madhya Pradesh", 0),
];
