-- A request with an `Idempotency-Key` may be answered with a single order that is open already. The first
-- such key stands in the order itself; here stand the others. Sent again after the order's end, each
-- still means that order.
create table order_keys (
    idempotency_key text primary key,
    call_id         uuid not null references call_sessions on delete cascade,
    created_at      timestamptz not null
);

create index order_keys_call on order_keys (call_id);
