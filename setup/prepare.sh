#!/bin/sh
# Make everything that a purpose needs and that is not there yet:
#   sh setup/prepare.sh run     for the service
#   sh setup/prepare.sh dev     for the tests as well
set -eu
cd "$(dirname "$0")/.."
. setup/say.sh

purpose=${1:-run}
requirements=requirements/$purpose.txt
mkdir -p .tools
# One set-up at a time: a second one waits for the first, and then finds all done.
if [ -z "${HONGGE_SETUP_LOCKED:-}" ] && command -v flock >/dev/null; then
    flock -n .tools/lock true || step "等待另一个安装过程结束" "Waiting for another set-up to end"
    HONGGE_SETUP_LOCKED=1 exec flock .tools/lock sh setup/prepare.sh "$purpose"
fi

. setup/packages.sh
. setup/python.sh

install_missing_packages "$purpose"
make_environment "$purpose" "$requirements"
.venv/bin/python setup/assets.py
# Searches for plans are compiled once; without this the first one would wait for it.
.venv/bin/python -m geo.core.warm
