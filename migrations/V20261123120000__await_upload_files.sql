-- A large sheet goes straight to the object store: its upload exists before its file does.
alter table file_uploads drop constraint file_uploads_upload_status_check;
alter table file_uploads add constraint file_uploads_upload_status_check
    check (upload_status in ('awaiting_file', 'processing', 'completed', 'partial_failure', 'failed')) not valid;
alter table file_uploads validate constraint file_uploads_upload_status_check;

-- Which delivery of "the file has come" imports it: the news may come twice.
alter table file_uploads add column claimed_by text;

-- Every refused row as it was, for the download. Sealed by the program (adapters/crypto.rs).
create table upload_rejected_rows (
    upload_id uuid not null references file_uploads on delete cascade,
    part      integer not null,
    rows      bytea not null,
    primary key (upload_id, part)
);
