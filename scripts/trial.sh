# What test-deb and test-container share: a clean system, and an upstream in it that is broken. Sourced by both,
# outside and in the clean system, where both files lie in /trial.
# shellcheck shell=sh

log=/var/log/nginx/error.log
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# Only when it fails is the output of a command of interest; it is kept in the file named first.
quietly() {
    said=$1
    shift
    "$@" > "$said" 2>&1 || fail "failed: $*: $(tail -n 5 "$said")"
}

# Makes a clean system of a release in a folder: clean_system FOLDER RELEASE.
clean_system() {
    # shellcheck disable=SC2086 # nothing, or one word
    quietly "$1.log" debootstrap --variant=minbase "$2" "$1" ${DEBIAN_MIRROR:-}
    # No package may start a server: this is not yet the network with loopback only.
    printf '#!/bin/sh\nexit 101\n' > "$1/usr/sbin/policy-rc.d"
    chmod +x "$1/usr/sbin/policy-rc.d"
    mkdir "$1/trial"
    cp "$0" scripts/trial.sh "$1/trial/"
}

# Installs packages in it: install_in FOLDER PACKAGE...
install_in() {
    folder=$1
    shift
    quietly "$folder.log" chroot "$folder" apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install "$@"
}

# Runs this script in it, on a network of its own that has loopback only: nginx's default site listens on port 80 of
# all addresses.
alone() {
    cat > "$1/etc/nginx/conf.d/broken.conf" <<'EOF'
server {
    listen 127.0.0.1:8001;
    location / { proxy_pass https://127.0.0.1:8002; }
}
server {
    listen 127.0.0.1:8002;
}
EOF
    # shellcheck disable=SC2016 # for the inner shell
    unshare --net sh -c 'ip link set lo up && exec chroot "$1" "/trial/$2" inside' - "$1" "${0##*/}"
}

# Prints the status line of a request to the broken upstream.
request() {
    bash -c 'exec 3<>/dev/tcp/127.0.0.1/8001
        printf "GET / HTTP/1.0\r\n\r\n" >&3
        timeout 10 head -n 1 <&3' | tr -d '\r'
}

# A failing request; nginx's line and $1 lines of ours must follow.
expect() {
    : > "$log"
    status=$(request)
    [ "$status" = "HTTP/1.1 502 Bad Gateway" ] || fail "the client got '$status'"
    [ "$(grep -c 'SSL_do_handshake() failed' "$log")" = 1 ] || fail "nginx's own line is missing"
    grep 'upstream_tls\[' "$log" || true
    [ "$(grep -c 'upstream_tls\[' "$log")" = "$1" ] || fail "not $1 line(s) of the module: $(cat "$log")"
    [ "$1" = 0 ] || grep -q 'upstream_tls\[plaintext_upstream\] .*; fix: .* (likely, weakens security); facts: .*, client: 127.0.0.1' "$log" ||
        fail "not the line that was expected"
}
