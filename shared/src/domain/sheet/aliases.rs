//! The words that lenders write above the columns we know, in small letters without spaces and
//! punctuation.

/// The headers that name one thing. A weak one counts only where no strong one is in the sheet:
/// `Date` beside `Due Date` is the day of something else.
pub(super) struct Aliases {
    strong: &'static [&'static str],
    weak: &'static [&'static str],
}

pub(super) const NAME: Aliases = Aliases {
    strong: &[
        "name",
        "customername",
        "borrower",
        "borrowername",
        "nameofborrower",
        "nameofcustomer",
        "nameoftheborrower",
        "nameofthecustomer",
        "fullname",
        "clientname",
        "applicantname",
        "custname",
        "accountholder",
        "accountholdername",
        "accountname",
        "debtorname",
        "membername",
        "contactname",
        "loaneename",
        "personname",
    ],
    weak: &["client", "customer", "applicant", "debtor", "member", "firstname"],
};
pub(super) const PHONE: Aliases = Aliases {
    strong: &[
        "phone",
        "phonenumber",
        "phoneno",
        "phonenum",
        "mobile",
        "mobilenumber",
        "mobileno",
        "mobilenum",
        "mobilephone",
        "cell",
        "cellno",
        "cellphone",
        "cellnumber",
        "contactnumber",
        "contactno",
        "contactphone",
        "contactmobile",
        "customerphone",
        "customerphonenumber",
        "customerphoneno",
        "customermobile",
        "customermobileno",
        "customermobilenumber",
        "customercontact",
        "customercontactno",
        "customercontactnumber",
        "borrowerphone",
        "borrowermobile",
        "borrowermobileno",
        "borrowercontact",
        "registeredmobile",
        "registeredmobileno",
        "registeredmobilenumber",
        "primaryphone",
        "primarymobile",
        "primarycontact",
        "telephone",
        "telephoneno",
        "telephonenumber",
        "tel",
        "telno",
        "phone1",
        "mobile1",
        "mobileno1",
        "contact1",
        "contactno1",
        "ph",
        "phno",
        "mob",
        "mobno",
    ],
    weak: &["contact", "number", "whatsapp", "whatsappnumber", "whatsappno", "callingnumber", "dialnumber"],
};
pub(super) const LOAN_ID: Aliases = Aliases {
    strong: &[
        "loanid",
        "loanno",
        "loannumber",
        "loannum",
        "loanaccount",
        "loanaccountno",
        "loanaccountnumber",
        "loanaccountid",
        "loanacno",
        "loanacctno",
        "lan",
        "lanno",
        "lannumber",
        "loancode",
        "loanref",
        "loanrefno",
        "agreementno",
        "agreementnumber",
        "agreementid",
        "contractno",
        "contractnumber",
        "contractid",
    ],
    weak: &["accountno", "accountnumber", "accountid", "acno", "acctno", "account", "agreement", "loan", "referenceno"],
};
pub(super) const AMOUNT: Aliases = Aliases {
    strong: &[
        "amountdue",
        "dueamount",
        "dueamt",
        "amtdue",
        "emi",
        "emiamount",
        "emiamt",
        "emidue",
        "emidueamount",
        "installment",
        "installmentamount",
        "instalment",
        "instalmentamount",
        "overdue",
        "overdueamount",
        "overdueamt",
        "amountoverdue",
        "outstanding",
        "outstandingamount",
        "outstandingamt",
        "amountoutstanding",
        "totaldue",
        "totaldueamount",
        "totaloutstanding",
        "totaloverdue",
        "amountpayable",
        "payableamount",
        "payable",
        "pendingamount",
        "amountpending",
        "arrears",
        "dues",
        "demandamount",
    ],
    weak: &["amount", "amt", "balance", "balanceamount", "due", "outstandingbalance", "balancedue", "totalamount"],
};
pub(super) const DUE_DATE: Aliases = Aliases {
    strong: &[
        "duedate",
        "duedt",
        "dateofdue",
        "emidate",
        "emiduedate",
        "paymentdate",
        "paymentduedate",
        "duedateofemi",
        "installmentdate",
        "instalmentdate",
        "installmentduedate",
        "instalmentduedate",
        "nextduedate",
        "nextemidate",
        "dueon",
        "payby",
        "paybydate",
        "duedateddmmyyyy",
        "duedateyyyymmdd",
    ],
    weak: &["date"],
};
pub(super) const STATE: Aliases = Aliases {
    strong: &["state", "statename", "customerstate", "borrowerstate", "stateut", "stateofresidence", "residencestate"],
    weak: &["province", "region"],
};
pub(super) const LANGUAGE: Aliases = Aliases {
    strong: &[
        "language",
        "lang",
        "preferredlanguage",
        "languagecode",
        "langcode",
        "languagepreference",
        "preferredlang",
        "customerlanguage",
        "calllanguage",
        "callinglanguage",
        "spokenlanguage",
        "mothertongue",
    ],
    weak: &[],
};

impl Aliases {
    /// The column that has one of these headers; `plain` are all of them in small letters and digits only.
    pub(super) fn find(&self, plain: &[String]) -> Option<usize> {
        let first_of = |names: &[&str]| plain.iter().position(|header| names.contains(&header.as_str()));
        first_of(self.strong).or_else(|| first_of(self.weak))
    }

    /// As `find`, without the currency that many write behind: `EMI Amount (Rs.)`.
    pub(super) fn find_money(&self, plain: &[String]) -> Option<usize> {
        let known = |header: &str| self.strong.contains(&header) || self.weak.contains(&header);
        let bare = |header: &String| {
            let ends = ["inrupees", "inrs", "ininr", "rupees", "rs", "inr"];
            let cut = ends.iter().filter_map(|end| header.strip_suffix(end)).find(|cut| known(cut));
            cut.map_or_else(|| header.clone(), str::to_owned)
        };
        self.find(&plain.iter().map(bare).collect::<Vec<_>>())
    }
}
