# The Python environment in .venv, made from a lock file with hashes.

# Prints a Python of 3.11 or newer that can make environments.
find_python() {
    for name in python3 python3.13 python3.12 python3.11 python3.14; do
        "$name" -c 'import sys, ssl, ctypes, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
            2>/dev/null && echo "$name" && return 0
    done
    return 1
}

digest() {
    cat "$@" | sha256sum | cut -c 1-64
}

# What was installed: in .venv/.run and .venv/.dev, digests of the lock file and the place.
make_environment() {
    purpose=$1
    wanted=$(stamp_of "$2")
    .venv/bin/python -c '' 2>/dev/null || rm -rf .venv/.run .venv/.dev
    [ "$(cat ".venv/.$purpose" 2>/dev/null)" = "$wanted" ] && return 0
    # What the tests need includes what the service needs.
    [ "$purpose" = run ] && [ "$(cat .venv/.dev 2>/dev/null)" = "$(stamp_of requirements/dev.txt)" ] &&
        return 0
    if ! fits_here; then
        step "建立 Python 环境" "Making the Python environment"
        "$(find_python)" -m venv --clear .venv || fail \
            "无法建立 Python 环境（原因见上）。请安装 Debian 软件包 python3-venv 后重试。" \
            "The Python environment could not be made (see above). Install Debian's package python3-venv and try again."
    fi
    step "安装 Python 依赖（$2）" "Installing Python packages ($2)"
    .venv/bin/python -m pip install --disable-pip-version-check --require-hashes --no-deps \
        --only-binary :all: -r "$2" || fail \
        "安装 Python 依赖失败（原因见上）：请检查网络或 pip 的镜像设置，然后重试。" \
        "Installing Python packages failed (see above): check the network or pip's mirror setting, then try again."
    .venv/bin/python -m pip install --disable-pip-version-check -q --no-deps --no-index \
        --no-build-isolation -e . || fail \
        "安装本项目失败（原因见上）。" "Installing the project itself failed (see above)."
    pwd >.venv/.place
    echo "$wanted" >".venv/.$purpose"
}

stamp_of() {
    echo "$(digest "$1" pyproject.toml) $(pwd)"
}

# An environment that was moved, or whose Python is gone, is made anew.
fits_here() {
    .venv/bin/python -m pip --version >/dev/null 2>&1 && [ "$(cat .venv/.place 2>/dev/null)" = "$(pwd)" ]
}
