//! A workbook: either the file itself (it begins as an archive or an old Office document does), or
//! its parts, each under a line `== <name>`. Damage to the parts gets past the archive's checksums
//! that way.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::csv::rules;
use crate::sheets::read;

/// What a workbook needs beside its sheet; a part of the same name replaces it.
const FRAME: [(&str, &str); 4] = [
    ("[Content_Types].xml", "<Types><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"),
    (
        "_rels/.rels",
        "<Relationships><Relationship Id=\"rId1\" \
         Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
         Target=\"xl/workbook.xml\"/></Relationships>",
    ),
    (
        "xl/workbook.xml",
        "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>\
         <sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
    ),
    (
        "xl/_rels/workbook.xml.rels",
        "<Relationships><Relationship Id=\"rId1\" \
         Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" \
         Target=\"worksheets/sheet1.xml\"/></Relationships>",
    ),
];

pub(crate) fn run(input: &[u8]) {
    let is_a_file = input.starts_with(b"PK") || input.starts_with(b"\xD0\xCF");
    let file = if is_a_file { input.to_vec() } else { packed(&parts_of(input)) };
    // The ending only refuses; one that is not read yet is refused politely.
    for name in ["a.xlsx", "a.xls"] {
        let _answer = read(name, file.clone(), rules());
    }
}

fn parts_of(input: &[u8]) -> Vec<(&str, &[u8])> {
    let mut parts: Vec<(&str, &[u8])> = Vec::new();
    let mut rest = input;
    while let Some(at) = rest.windows(3).position(|window| window == b"== ") {
        let line = &rest[at + 3..];
        let end = line.iter().position(|b| *b == b'\n').unwrap_or(line.len());
        let body = line.get(end + 1..).unwrap_or_default();
        let length = body.windows(4).position(|window| window == b"\n== ").map_or(body.len(), |at| at + 1);
        if let Ok(name) = std::str::from_utf8(&line[..end]) {
            parts.push((name.trim(), &body[..length]));
        }
        rest = &body[length..];
    }
    parts
}

/// A workbook of these parts and what else it needs.
pub(crate) fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let gives = |name: &str| parts.iter().any(|(given, _)| *given == name);
    // A binary workbook and an OpenDocument one bring all they need.
    let is_of_another_kind = gives("xl/workbook.bin") || gives("content.xml");
    let frame = FRAME.iter().filter(|(name, _)| !is_of_another_kind && !gives(name));
    for (name, content) in parts.iter().copied().chain(frame.map(|(name, content)| (*name, content.as_bytes()))) {
        // Two parts of one name, or a name no archive can hold, are left out.
        if archive.start_file(name, stored).is_ok() {
            archive.write_all(content).expect("memory takes it");
        }
    }
    archive.finish().expect("an archive").into_inner()
}
