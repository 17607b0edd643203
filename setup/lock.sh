#!/bin/sh
# Write the lock files anew: hashes of every package, no address of any registry.
set -eu
cd "$(dirname "$0")/.."
. setup/say.sh

python=.venv/bin/python
[ -x "$python" ] || fail "请先运行 make serve。" "Run “make serve” first."

uv=.tools/uv/bin/uv
if [ ! -x "$uv" ]; then
    step "安装 uv" "Installing uv"
    "$python" -m pip install -q --target .tools/uv uv
fi

compile() {
    step "锁定 $1" "Locking $1"
    output=$1
    shift
    UV_PYTHON="$python" "$uv" pip compile -q --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
        "$@" -o "$output"
}

compile requirements/dev.txt --extra dev pyproject.toml requirements/build.in
compile requirements/run.txt -c requirements/dev.txt pyproject.toml requirements/build.in
compile requirements/bench.txt -c requirements/dev.txt --extra bench --extra dev \
    pyproject.toml requirements/build.in
compile requirements/node.txt requirements/node.in

step "锁定 package-lock.json" "Locking package-lock.json"
npm install --package-lock-only --loglevel=error
