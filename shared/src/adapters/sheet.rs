//! Reading .csv and .xlsx files row by row.
