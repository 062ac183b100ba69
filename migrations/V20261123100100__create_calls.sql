create table campaigns (
    id              uuid primary key,
    name            text not null,
    idempotency_key text not null unique,
    status          text not null check (status in ('scheduled', 'running', 'paused', 'cancelled', 'completed')),
    settings        jsonb not null,
    created_by      text not null,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);

create index campaigns_running on campaigns (id) where status = 'running';

-- Orders, and the calls they become.
create table call_sessions (
    id                      uuid primary key,
    customer_id             uuid not null,
    phone_index             bytea not null,
    campaign_id             uuid references campaigns,
    attempt                 smallint not null check (attempt > 0),
    idempotency_key         text unique,
    call_sid                text unique,
    status                  text not null default 'queued' check (status in (
        'queued', 'dialing', 'initiated', 'ringing', 'in_progress', 'agent_transfer',
        'completed', 'failed', 'not_picked', 'skipped')),
    outcome_unknown         boolean not null default false,
    not_before              timestamptz not null,
    released_until          timestamptz,
    direction               text not null default 'outbound' check (direction in ('outbound', 'inbound')),
    requested_at            timestamptz not null,
    dialed_at               timestamptz,
    answered_at             timestamptz,
    agent_transfer_time     timestamptz,
    end_time                timestamptz,
    duration_s              integer check (duration_s >= 0),
    failure_class           text check (failure_class in (
        'busy', 'no_answer', 'cancelled', 'bad_number', 'dnd', 'refused', 'credentials', 'balance', 'carrier',
        'not_placed', 'conversation', 'do_not_call', 'attempt_limit', 'campaign_cancelled', 'customer_gone')),
    reason                  text,
    recording_url           text,
    recording_key           text,
    agent                   text,
    conversation_transcript bytea,
    intent_detected         text,
    language_detected       text,
    disposition             text check (disposition in (
        'transferred', 'informed', 'promise_to_pay', 'callback_requested', 'wrong_number', 'do_not_call',
        'no_response', 'hung_up', 'voicemail', 'broken')),
    summary                 bytea,
    cost_paise              bigint,
    timings                 jsonb,
    updated_at              timestamptz not null,
    -- Nobody knows of a call only while we are asking for it.
    constraint unknown_only_while_dialing check (not outcome_unknown or status = 'dialing')
);

-- One attempt of one campaign is one order, however often it is placed.
create unique index call_sessions_attempt on call_sessions (campaign_id, customer_id, attempt)
    where campaign_id is not null;

-- The last line of defence of "nobody is phoned twice": at most one live call per phone. An order
-- whose outcome is unknown stays `dialing`.
create unique index call_sessions_one_live_per_phone on call_sessions (phone_index)
    where status in ('dialing', 'initiated', 'ringing', 'in_progress', 'agent_transfer');

-- feeder
create index call_sessions_due on call_sessions (not_before, id) where status = 'queued';
create index call_sessions_leased on call_sessions (released_until)
    where status = 'queued' and released_until is not null;
-- attempts of a phone
create index call_sessions_phone on call_sessions (phone_index, dialed_at);
-- reconcile: quiet and unresolved calls, and the count of live ones
create index call_sessions_live on call_sessions (updated_at, id)
    where status in ('dialing', 'initiated', 'ringing', 'in_progress', 'agent_transfer');
-- lists, statistics and campaign counts
create index call_sessions_status on call_sessions (status, id);
create index call_sessions_campaign on call_sessions (campaign_id, status);
create index call_sessions_campaign_newest on call_sessions (campaign_id, id);
create index call_sessions_customer on call_sessions (customer_id, id);
create index call_sessions_requested on call_sessions (requested_at) include (status, duration_s);

create table call_status_updates (
    id              bigint generated always as identity primary key,
    call_session_id uuid not null references call_sessions on delete cascade,
    status          text not null,
    source          text not null check (source in ('api', 'dial', 'passthru', 'stream', 'webhook', 'reconcile')),
    message         text not null,
    occurred_at     timestamptz not null,
    received_at     timestamptz not null,
    applied         boolean not null,
    extra_data      jsonb not null,
    dedupe_key      text unique
);

create index call_status_updates_call on call_status_updates (call_session_id, id);
