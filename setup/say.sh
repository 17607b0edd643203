# Speaking from the set-up scripts: each line in Chinese, then in English.

step() {
    printf '→ %s / %s\n' "$1" "$2"
}

fail() {
    printf '✗ %s\n✗ %s\n' "$1" "$2" >&2
    exit 1
}
