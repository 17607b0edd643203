#!/bin/sh
# Remove what the set-up can make again. The service's data (var/postgres) stays.
set -eu
cd "$(dirname "$0")/.."
. setup/say.sh

if [ -d var/test ] && [ -x .venv/bin/python ]; then
    .venv/bin/python -c 'from pathlib import Path; from geo.store.cluster import remove
remove(Path("var/test"))'
fi
rm -rf .venv .tools node_modules api/static/vendor dist
rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
rm -f api/locale/*/LC_MESSAGES/messages.mo
find . -path ./.git -prune -o -path ./var -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
step "已删除可重建的文件；数据仍在 var/" "Removed what can be made again; the data stays in var/"
