//! Use-case and contract tests, one program.

mod upload_customers;
