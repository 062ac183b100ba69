//! A text file as it is uploaded.

use shared::domain::settings::AccountSettings;
use shared::domain::sheet::{RowRules, SheetError};

use crate::sheets::read;

/// The rules an account starts with.
pub(crate) fn rules() -> RowRules {
    let settings = AccountSettings::default();
    RowRules { reach: settings.reach, default_language: settings.default_language }
}

pub(crate) fn run(input: &[u8]) {
    let plain = read("clients.csv", input.to_vec(), rules());
    let Ok(text) = std::str::from_utf8(input) else { return };
    // Only of bytes that were read as text another encoding must say the same.
    let is_text = !matches!(plain, Err(SheetError::NotASheet { .. })) && !text.starts_with("PK\u{3}\u{4}");
    // Without a mark, zero bytes are taken for half of UTF-16.
    if !is_text || text.starts_with('\u{feff}') || text.contains('\0') || text.is_empty() {
        return;
    }
    assert_eq!(read("clients.csv", [b"\xEF\xBB\xBF", input].concat(), rules()), plain, "UTF-8 with its mark");
    assert_eq!(read("clients.csv", utf16(text, u16::to_le_bytes), rules()), plain, "UTF-16, little end first");
    assert_eq!(read("clients.csv", utf16(text, u16::to_be_bytes), rules()), plain, "UTF-16, big end first");
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(bytes).collect()
}
