//! Sheets longer than any memory: every row is read, and no more than a few batches are held.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;
use shared::domain::customer::{Customer, CustomerDetails};
use shared::domain::id::{CustomerId, UploadId};
use shared::domain::page::{Page, PageRequest};
use shared::domain::phone::PhoneNumber;
use shared::ports::StoreError;
use shared::ports::customers::{CustomerFilter, CustomerImport, Customers, Stored};
use shared::wiring::memory_app;

use crate::nasty_sheets::{scratch, upload};

/// What an upload may add to a process; a Lambda has 512 MB and more at once to do.
const LIMIT_KIB: u64 = 64 * 1024;
/// Where the process that reads a sheet finds it.
const SHEET: &str = "LONG_SHEET";

/// Records that only count: five million customers do not fit this test's memory.
struct Counting;
struct CountingImport(u64);

#[async_trait]
impl CustomerImport for CountingImport {
    async fn add(&mut self, rows: Vec<CustomerDetails>) -> Result<(), StoreError> {
        self.0 += rows.len() as u64;
        Ok(())
    }
    async fn finish(self: Box<Self>) -> Result<Stored, StoreError> {
        Ok(Stored { created: self.0, duplicates: 0 })
    }
}

#[async_trait]
impl Customers for Counting {
    async fn import(&self, _: UploadId) -> Result<Box<dyn CustomerImport>, StoreError> {
        Ok(Box::new(CountingImport(0)))
    }
    async fn find(&self, _: CustomerId) -> Result<Option<Customer>, StoreError> {
        Ok(None)
    }
    async fn find_many(&self, _: &[CustomerId]) -> Result<Vec<Customer>, StoreError> {
        Ok(Vec::new())
    }
    async fn by_phone(&self, _: &PhoneNumber) -> Result<Vec<Customer>, StoreError> {
        Ok(Vec::new())
    }
    async fn list(&self, _: &CustomerFilter, _: &PageRequest) -> Result<Page<Customer>, StoreError> {
        Ok(Page { items: Vec::new(), next_cursor: None })
    }
    async fn ids(&self, _: &CustomerFilter, _: Option<CustomerId>, _: u32) -> Result<Vec<CustomerId>, StoreError> {
        Ok(Vec::new())
    }
}

/// In a process of its own, for what the others hold must not count.
#[test]
fn a_sheet_of_any_length_is_read_to_the_last_row_in_bounded_memory() {
    for (path, rows) in [(long_text(5_000_000), 5_000_000), (long_workbook(1_048_575), 1_048_575)] {
        let done = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "long_sheets::one_long_sheet", "--ignored", "--nocapture"])
            .env(SHEET, &path)
            .output()
            .expect("runs");
        fs::remove_file(&path).expect("removed");
        let said = String::from_utf8_lossy(&done.stdout);
        let told: Vec<u64> = said
            .lines()
            .find_map(|line| line.split_once("rows and KiB: "))
            .map(|(_, told)| told.split(' ').filter_map(|number| number.parse().ok()).collect())
            .unwrap_or_default();
        assert_eq!(told.first(), Some(&rows), "{}: {said}{}", path.display(), String::from_utf8_lossy(&done.stderr));
        assert!(told[1] < LIMIT_KIB, "{}: {} KiB", path.display(), told[1]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "told by the test above, with a sheet"]
async fn one_long_sheet() {
    let path = PathBuf::from(std::env::var_os(SHEET).expect("a sheet"));
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
    let (mut app, _) = memory_app();
    app.customers = Arc::new(Counting);
    let before = memory_kib("VmRSS:");
    let done = upload(&app, &path, name).await.expect("a sheet");
    assert_eq!(done.failed_records, 0);
    let added = memory_kib("VmHWM:") - before;
    writeln!(std::io::stdout(), "rows and KiB: {} {added}", done.processed_records).expect("somebody reads");
}

/// What the kernel counts of this process.
fn memory_kib(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("the field");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn long_text(rows: u32) -> PathBuf {
    let path = scratch("long.csv");
    let mut file = BufWriter::new(File::create(&path).expect("a file"));
    file.write_all(b"Name,Phone\n").expect("written");
    for number in 0..rows {
        writeln!(file, "A,9{number:09}").expect("written");
    }
    file.into_inner().expect("written");
    path
}

/// As long as a worksheet can be, written part by part: a library would hold all of it.
fn long_workbook(rows: u32) -> PathBuf {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let path = scratch("long.xlsx");
    let mut archive = zip::ZipWriter::new(BufWriter::new(File::create(&path).expect("a file")));
    let mut part = |name: &str, write: &mut dyn FnMut(&mut dyn Write) -> std::io::Result<()>| {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("a part");
        write(&mut archive).expect("written");
    };
    part("_rels/.rels", &mut |out| {
        write!(
            out,
            r#"<Relationships><Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
        )
    });
    part("xl/workbook.xml", &mut |out| {
        write!(
            out,
            r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#
        )
    });
    part("xl/_rels/workbook.xml.rels", &mut |out| {
        write!(
            out,
            r#"<Relationships><Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
        )
    });
    part("xl/worksheets/sheet1.xml", &mut |out| {
        let header = r#"<c r="A1" t="str"><v>Name</v></c><c r="B1" t="str"><v>Phone</v></c>"#;
        write!(out, r#"<worksheet xmlns="{MAIN}"><sheetData><row r="1">{header}</row>"#)?;
        for number in 2..rows + 2 {
            write!(
                out,
                r#"<row r="{number}"><c r="A{number}" t="str"><v>A</v></c><c r="B{number}"><v>9{number:09}</v></c></row>"#
            )?;
        }
        out.write_all(b"</sheetData></worksheet>")
    });
    archive.finish().expect("an archive").into_inner().expect("written");
    path
}
