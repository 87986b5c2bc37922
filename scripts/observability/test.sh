#!/usr/bin/env bash
# Checks Prometheus' configuration and the alert rules, and runs every rule's cases.
set -euo pipefail
cd "$(dirname "$0")"
command -v promtool >/dev/null || {
    echo "observability/test.sh: \`promtool\` is missing: run scripts/setup-observability.sh" >&2
    exit 3
}
promtool check config prometheus.yml
promtool test rules rules/palisade_test.yml
for alert in $(sed -n 's/^ *- alert: //p' rules/palisade.yml); do
    grep -qx "### $alert" README.md || {
        echo "observability/test.sh: README.md does not say what to do about $alert" >&2
        exit 1
    }
done
for board in dashboards/*.json; do
    python3 -m json.tool "$board" >/dev/null || {
        echo "observability/test.sh: $board is not JSON" >&2
        exit 1
    }
done
