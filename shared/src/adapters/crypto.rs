//! Encryption of personal data at rest (AES-256-GCM) and keyed look-up hashes.
