#!/usr/bin/env bash
# Installs Prometheus and promtool, for the checks of scripts/observability, from the distribution's packages.
set -euo pipefail
if command -v promtool >/dev/null; then
    promtool --version 2>&1 | head -n 1
    exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "setup-observability.sh: \`promtool\` is missing and cannot be installed here: install the package" \
        "\`prometheus\` (or https://prometheus.io/download), or run this as root on Debian or Ubuntu" >&2
    exit 3
fi
apt-get update -qq || echo "setup-observability.sh: the package lists could not be refreshed; trying with what is there" >&2
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus >/dev/null
promtool --version 2>&1 | head -n 1
