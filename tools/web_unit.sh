#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# Types, lint and unit tests of the front ends; last line "web: N passed, N failed".
set -u
node=$(tools/node.sh); export PATH="$(dirname "$node"):$PATH"
cd web || exit 1
"$node" node_modules/typescript/bin/tsc --noEmit || { echo "web: 0 passed, 1 failed (types)"; exit 1; }
"$node" node_modules/oxlint/bin/oxlint --deny-warnings lib console dashboard field tests || { echo "web: 0 passed, 1 failed (lint)"; exit 1; }
report=$(mktemp); trap 'rm -f "$report"' EXIT
"$node" node_modules/vitest/vitest.mjs run --reporter=json --outputFile="$report" || cat "$report" | head -c 20000
"$node" -e 'const r=JSON.parse(require("fs").readFileSync(process.argv[1]));console.log(`web: ${r.numPassedTests} passed, ${r.numFailedTests+(r.numFailedTestSuites&&!r.numFailedTests?1:0)} failed`);process.exit(r.success?0:1)' "$report"
