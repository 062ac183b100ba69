create table do_not_call (
    phone_index bytea primary key,
    phone       bytea not null,
    reason      text not null,
    source      text not null,
    created_at  timestamptz not null
);

create table promises (
    id           uuid primary key,
    customer_id  uuid not null,
    call_id      uuid not null unique references call_sessions,
    amount_paise bigint,
    due_date     date,
    created_at   timestamptz not null
);

create index promises_customer on promises (customer_id, created_at desc);

-- Versions; the highest number counts.
create table settings (
    version    bigint generated always as identity primary key,
    settings   jsonb not null,
    created_by text not null,
    created_at timestamptz not null
);

create table api_keys (
    id            uuid primary key,
    secret_sha256 bytea not null unique check (length(secret_sha256) = 32),
    name          text not null,
    scopes        text[] not null,
    created_at    timestamptz not null,
    revoked_at    timestamptz
);

create table idempotency_keys (
    scope          text not null,
    key            text not null,
    request_sha256 bytea not null check (length(request_sha256) = 32),
    started_at     timestamptz not null,
    finished_at    timestamptz,
    http_status    smallint,
    body           text,
    primary key (scope, key)
);

create index idempotency_keys_started on idempotency_keys (started_at);
