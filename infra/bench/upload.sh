#!/usr/bin/env bash
# How fast is an upload? Clean rows through reader, use-case and import, against `psql \copy` of the
# same rows into a table with the same indexes, in the same database, one after the other.
# The upload also reads, checks and encrypts; the ratio says what that costs.
#
#   infra/bench/upload.sh [ROWS]     1,000,000 rows unless told
set -euo pipefail
cd "$(dirname "$0")/../.."
rows=${1:-1000000}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-upload.XXXXXX")
chmod 755 "$work"
finish() { infra/services.sh stop "$work/services" >/dev/null 2>&1 || true; rm -rf "$work"; }
trap finish EXIT

cargo build --release --quiet -p shared --features memory,store,sheet --example bench_upload
program="${CARGO_TARGET_DIR:-target}/release/examples/bench_upload"

infra/services.sh start "$work/services" >/dev/null
# shellcheck disable=SC1091
DATABASE_URL=$(sed -n 's/^DATABASE_URL=//p' "$work/services/env" | tr -d "'\"")

sheet="$work/customers.csv"
awk -v rows="$rows" 'BEGIN {
    split("Kerala,Tamil Nadu,Maharashtra,Bihar,Punjab", states, ",")
    print "name,phone,loan_id,amount,due_date,state"
    for (i = 0; i < rows; i++)
        printf "Test Person %d,98%08d,LOAN%07d,%d.50,2026-12-%02d,%s\n", i, i, i, 1000 + i % 90000, 1 + i % 28, states[1 + i % 5]
}' >"$sheet"

uploaded=$("$program" "$DATABASE_URL" "$sheet")
echo "upload: $uploaded"

copied=$(psql -X -q "$DATABASE_URL" -v ON_ERROR_STOP=1 <<SQL | sed -n 's/^copy_seconds=//p'
create table copied (
    id uuid primary key default gen_random_uuid(), name text not null, phone text not null, loan_id text,
    amount numeric(14,2), due_date date, state text, language_code text not null default 'hi-IN',
    upload_id uuid not null default '00000000-0000-0000-0000-000000000000',
    constraint copied_phone_loan unique nulls not distinct (phone, loan_id)
);
create index on copied (upload_id, id);
create index on copied (state, id);
create index on copied (language_code, id);
create index on copied using gin (lower(name || ' ' || coalesce(loan_id, '')) public.gin_trgm_ops);
select extract(epoch from clock_timestamp()) as began \gset
\copy copied (name, phone, loan_id, amount, due_date, state) from '$sheet' with (format csv, header)
select 'copy_seconds=' || round((extract(epoch from clock_timestamp()) - :began)::numeric, 2) as took \gset
\echo :took
SQL
)
echo "copy: rows=$rows seconds=$copied"

echo "$uploaded" | awk -v copied="$copied" '{
    for (i = 1; i <= NF; i++) { split($i, part, "="); value[part[1]] = part[2] }
    printf "ratio: upload takes %.2f times as long as \\copy; peak memory %.1f MiB (limit 64)\n", value["seconds"] / copied, value["peak_kib"] / 1024
    if (value["peak_kib"] > 65536) exit 1
}'
