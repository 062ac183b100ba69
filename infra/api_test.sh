#!/usr/bin/env bash
# The HTTP API of the whole product with simulators: every route of its OpenAPI document tried by a
# table, then by schemathesis with what it makes up.
#   infra/api_test.sh WORK_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=infra/python_tools.sh
. infra/python_tools.sh
# shellcheck source=infra/product_under_test.sh
. infra/product_under_test.sh
tools=$(api_tools)

RUST_LOG=warn start_product "$1/api"

"$tools/python" -B infra/api_test/routes.py gates "$BASE_URL" "$API_KEY"
"$tools/st" --config-file infra/api_test/schemathesis.toml run functions/overview/openapi.json --url "$BASE_URL"
"$tools/python" -B infra/api_test/routes.py rates "$BASE_URL" "$API_KEY"
