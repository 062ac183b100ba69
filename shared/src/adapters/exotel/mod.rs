//! Exotel as our `Telephony`.
