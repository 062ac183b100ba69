//! Which kinds of file hold sheets, and how large each may be.

use super::SheetError;

const MB: u64 = 1024 * 1024;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Separated cells: `.csv`, `.tsv`, `.txt`.
    Text,
    /// `.xlsx`.
    Xlsx,
    /// `.xlsb`, the same in binary.
    Xlsb,
    /// `.xls`, Excel 97 to 2003.
    Xls,
    /// `.ods`, LibreOffice.
    Ods,
}

impl FileKind {
    /// The kind a file's name claims. Its content decides how it is read; the name only refuses
    /// what no sheet is called.
    pub fn of_name(filename: &str) -> Result<Self, SheetError> {
        let extension = filename.rsplit_once('.').map(|(_, e)| e.trim().to_lowercase()).unwrap_or_default();
        match extension.as_str() {
            "csv" | "tsv" | "txt" => Ok(Self::Text),
            "xlsx" => Ok(Self::Xlsx),
            "xlsb" => Ok(Self::Xlsb),
            "xls" => Ok(Self::Xls),
            "ods" => Ok(Self::Ods),
            "" => Err(SheetError::UnsupportedFormat { what: "a file without an ending".to_owned() }),
            other => {
                let shown: String = other.chars().filter(|c| !c.is_control()).take(10).collect();
                Err(SheetError::UnsupportedFormat { what: format!("a .{shown} file") })
            }
        }
    }

    /// Bytes. Text and `.xlsx`, `.xlsb` are read row by row, whatever their length; `.xls` and `.ods`
    /// have to be held in memory whole.
    pub fn max_bytes(self) -> u64 {
        match self {
            Self::Text => 512 * MB,
            Self::Xlsx | Self::Xlsb => 128 * MB,
            Self::Xls | Self::Ods => 20 * MB,
        }
    }

    /// Refuses a file of this kind that is too large.
    pub fn check_size(self, bytes: u64) -> Result<(), SheetError> {
        if bytes <= self.max_bytes() {
            return Ok(());
        }
        let (what, fix) = match self {
            Self::Text => ("a text file", "split it into several"),
            Self::Xlsx => ("an .xlsx file", "save it as .csv"),
            Self::Xlsb => ("an .xlsb file", "save it as .csv"),
            Self::Xls => ("an .xls file", "save it as .xlsx or .csv"),
            Self::Ods => ("an .ods file", "save it as .xlsx or .csv"),
        };
        Err(SheetError::FileTooLarge { what, limit_mb: self.max_bytes() / MB, fix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_kind_whatever_its_case() {
        assert_eq!(FileKind::of_name("List.CSV"), Ok(FileKind::Text));
        assert_eq!(FileKind::of_name("a.b.xls "), Ok(FileKind::Xls));
        for name in ["list", "list.pdf", "csv", "list.xlsm", ""] {
            assert_eq!(FileKind::of_name(name).map_err(|e| e.code()), Err("unsupported_format"), "{name}");
        }
    }

    #[test]
    fn a_file_over_its_kinds_limit_is_told_the_limit_and_the_way_out() {
        assert_eq!(FileKind::Xls.check_size(20 * MB), Ok(()));
        let refusal = FileKind::Xls.check_size(20 * MB + 1).expect_err("too large");
        assert_eq!(refusal.code(), "file_too_large");
        assert!(refusal.to_string().contains("20 MB") && refusal.to_string().contains(".csv"), "{refusal}");
        assert_eq!(FileKind::Text.check_size(20 * MB + 1), Ok(()));
    }
}
