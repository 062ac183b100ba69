//! Exotel, as far as reference/exotel.md section 8 knows it.
