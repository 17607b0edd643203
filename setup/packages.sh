# Debian packages: which are missing, and installing just those.

has_postgis() {
    for control in /usr/share/postgresql/*/extension/postgis.control; do
        version=${control#/usr/share/postgresql/}
        [ -x "/usr/lib/postgresql/${version%%/*}/bin/initdb" ] && [ -e "$control" ] && return 0
    done
    command -v pg_config >/dev/null && [ -x "$(pg_config --bindir)/initdb" ] &&
        [ -e "$(pg_config --sharedir)/extension/postgis.control" ]
}

# Prints the newest version of PostgreSQL that has PostGIS, as Debian installs them.
newest_with_postgis() {
    newest=
    for control in /usr/share/postgresql/*/extension/postgis.control; do
        version=${control#/usr/share/postgresql/}
        version=${version%%/*}
        [ -e "$control" ] && [ -x "/usr/lib/postgresql/$version/bin/initdb" ] || continue
        [ "$version" -gt "${newest:-0}" ] && newest=$version
    done
    echo "$newest"
}

# Walks are compared with pgRouting's in the tests. Of a PostGIS from elsewhere it isn't asked for.
lacks_pgrouting() {
    if has_postgis; then
        version=$(newest_with_postgis)
        [ -n "$version" ] && [ ! -e "/usr/share/postgresql/$version/extension/pgrouting.control" ]
    fi
}

pgrouting_package() {
    version=$(newest_with_postgis)
    echo "postgresql-${version:+$version-}pgrouting"
}

has_chromium() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
        command -v google-chrome >/dev/null
}

has_chinese_fonts() {
    command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh-cn family 2>/dev/null)" ]
}

has_library() {
    for library in /usr/lib/*/"$1" /usr/lib/"$1" /usr/lib64/"$1"; do
        [ -e "$library" ] && return 0
    done
    return 1
}

# WeasyPrint sets the pages of documents with Pango, and puts parts of fonts into them.
has_pango() {
    has_library libpango-1.0.so.0 && has_library libpangoft2-1.0.so.0 &&
        has_library libharfbuzz-subset.so.0
}

# Prints the names of the Debian packages that a purpose needs and that are not there.
missing_packages() {
    find_python >/dev/null || echo "python3 python3-venv"
    has_pango || echo "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    has_chinese_fonts || echo "fontconfig fonts-noto-cjk"
    if [ "$1" = run ]; then
        [ -n "${HONGGE_DATABASE_URL:-}" ] || has_postgis || echo postgresql-postgis
    else
        if [ -z "${HONGGE_TEST_DATABASE_URL:-}" ]; then
            has_postgis || echo postgresql-postgis
            ! lacks_pgrouting || pgrouting_package
        fi
        has_chromium || echo chromium
        # The Node inside the playwright package is linked with it, and its wheel can't say so.
        has_library libatomic.so.1 || echo libatomic1
    fi
}

install_missing_packages() {
    # shellcheck disable=SC2046 # the names are words
    set -- "$1" $(missing_packages "$1")
    purpose_wanted=$1
    shift
    [ $# -gt 0 ] || return 0
    can_install "$@"
    step "安装 Debian 软件包：$*" "Installing Debian packages: $*"
    case " $* " in *" postgresql-postgis "*) keep_other_servers_alone ;; esac
    apt_install "$@"
    forget_dropin
    # shellcheck disable=SC2046
    set -- $(missing_packages "$purpose_wanted")
    [ $# -eq 0 ] || fail \
        "已安装软件包，但仍缺少：$*。需要 Debian 12、Ubuntu 24.04 或更新的系统。" \
        "The packages were installed and this is still missing: $*. Debian 12, Ubuntu 24.04 or newer is needed."
}

# Ends with one message that lists the packages when this user can't install any.
can_install() {
    if ! command -v apt-get >/dev/null; then
        fail "本机没有 apt-get。请先安装相当于下列 Debian 软件包的软件：$*" \
            "There is no apt-get here. First install what corresponds to these Debian packages: $*"
    fi
    [ "$(id -u)" -eq 0 ] && return 0
    if command -v sudo >/dev/null; then
        if sudo -n true 2>/dev/null; then return 0; fi
        if [ -t 0 ] && sudo -v; then return 0; fi
    fi
    fail "您没有安装软件包的权限。请管理员运行：apt-get install --no-install-recommends $*" \
        "You may not install packages. Ask an administrator to run: apt-get install --no-install-recommends $*"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" \
        apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@"
}

apt_install() {
    if ! known_to_apt "$@"; then
        step "更新软件包列表" "Updating the lists of packages"
        apt update || fail "apt-get update 失败：请检查网络和软件源设置。" \
            "apt-get update failed: check the network and apt's sources."
    fi
    if ! apt install --no-install-recommends "$@"; then
        step "软件包列表可能已过期，更新后重试" "The lists may be out of date: updating and trying again"
        { apt update && apt install --no-install-recommends "$@"; } || fail \
            "安装失败（原因见上）。解决后重试，或请管理员安装：$*" \
            "Installing failed (see above). Mend that and try again, or ask an administrator to install: $*"
    fi
}

known_to_apt() {
    for package in "$@"; do
        apt-cache show "$package" >/dev/null 2>&1 || return 1
    done
}

# Debian makes and starts a server of its own when PostgreSQL is installed first: not on our account.
DROPIN=/etc/postgresql-common/createcluster.d/hongge-setup.conf

keep_other_servers_alone() {
    trap forget_dropin EXIT
    trap 'exit 130' INT TERM
    as_root mkdir -p "${DROPIN%/*}"
    echo "create_main_cluster = false" | as_root tee "$DROPIN" >/dev/null
}

forget_dropin() {
    [ ! -e "$DROPIN" ] || as_root rm -f "$DROPIN"
}
