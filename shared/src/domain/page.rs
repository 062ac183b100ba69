//! Bounded lists: every list is read in pages by cursor.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The largest page anybody gets.
pub const MAX_PAGE: u32 = 200;
/// The page nobody asked to resize.
pub const DEFAULT_PAGE: u32 = 50;

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct PageRequest {
    /// `next_cursor` of the page before; absent for the first.
    pub cursor: Option<String>,
    /// Rows, 1 to [`MAX_PAGE`].
    pub limit: Option<u32>,
}

impl PageRequest {
    /// The rows to read, always inside the bounds.
    pub fn rows(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE)
    }
}

/// One page, newest first unless the list says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Ask with this for the next page; absent on the last.
    pub next_cursor: Option<String>,
}
