#!/usr/bin/env bash
# The whole job in a real Chromium, against the whole product with simulators.
#   infra/browser_test.sh WORK_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=infra/product_under_test.sh
. infra/product_under_test.sh
start_product "$1/browser"

(cd dashboard && npm ci --silent --no-audit --no-fund)
cd dashboard
npm test
SHEET=tests/customers.xlsx npm run test:product
