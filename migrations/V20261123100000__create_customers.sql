-- Trigrams serve "part of the name or of the loan id".
create extension if not exists pg_trgm with schema public;

create table file_uploads (
    id                uuid primary key,
    filename          text not null,
    storage_key       text,
    bytes             bigint not null,
    total_records     bigint not null,
    processed_records bigint not null,
    failed_records    bigint not null,
    duplicate_records bigint not null,
    upload_status     text not null check (upload_status in ('processing', 'completed', 'partial_failure', 'failed')),
    processing_errors jsonb not null,
    upload_time       timestamptz not null,
    finished_at       timestamptz
);

-- phone and attributes are sealed by the program (adapters/crypto.rs); phone_index is a keyed hash.
create table customers (
    id            uuid primary key,
    name          text not null,
    phone         bytea not null,
    phone_index   bytea not null check (length(phone_index) = 16),
    phone_last4   text not null,
    state         text,
    loan_id       text,
    amount_paise  bigint,
    due_date      date,
    language_code text not null,
    attributes    bytea,
    upload_id     uuid not null,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    constraint customers_phone_loan unique nulls not distinct (phone_index, loan_id)
);

create index customers_upload on customers (upload_id, id);
create index customers_state on customers (state, id);
create index customers_language on customers (language_code, id);
create index customers_text on customers
    using gin (lower(name || ' ' || coalesce(loan_id, '')) public.gin_trgm_ops);
