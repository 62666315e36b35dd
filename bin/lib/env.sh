# shellcheck shell=bash
# Sourced by the commands of bin/: finds or sets up what the module needs to run.
#
# Shared between checkouts, built once:   $HOME_DIR/odoo-19  $HOME_DIR/venv-<key>
# Of this checkout alone:                 $STATE/{pg,run,data,addons,log}  odoo.conf
#
# Nothing of it lies inside the checkout, because Odoo's translation export and the
# linters walk every file below the module.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
MODULE=account_collection
ODOO_SERIES=19.0
DB_USER=collection
LANGUAGES=en_US,fr_FR,de_DE

if [ -n "${ACCOUNT_COLLECTION_HOME:-}" ]; then
    HOME_DIR=$ACCOUNT_COLLECTION_HOME
elif [ "$(id -u)" = 0 ]; then
    HOME_DIR=/var/lib/$MODULE
else
    HOME_DIR=${XDG_DATA_HOME:-$HOME/.local/share}/$MODULE
fi
CHECKOUT=$(printf '%s' "$ROOT" | sha256sum | cut -c1-10)
STATE=$HOME_DIR/checkouts/$CHECKOUT
PG_DATA=$STATE/pg
PG_RUN=$STATE/run
# a socket's path may have some 100 characters only
[ ${#PG_RUN} -le 80 ] || PG_RUN=/tmp/$MODULE-$(id -u)-$CHECKOUT

say() { printf '%s\n' "$*" >&2; }
die() {
    printf '\n%s: %s\n' "$(basename "$0")" "$1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

# step LABEL COMMAND...: one line per long step, its output kept for when it fails
step() {
    local label=$1 log started=$SECONDS
    shift
    log=$(mktemp)
    printf '  %-52s' "$label" >&2
    # as a job of its own: within a condition the shell would not stop at errors
    (set -e; "$@") >"$log" 2>&1 </dev/null &
    if wait "$!"; then
        printf ' %4ss\n' "$((SECONDS - started))" >&2
        rm -f "$log"
    else
        printf ' failed\n' >&2
        tail -n 25 "$log" >&2
        rm -f "$log"
        die "This step failed: $label" \
            "Its last lines are above; nothing half done was kept." \
            "Without a network, connect it for this first time, then run it again."
    fi
}

# ---------------------------------------------------------------- system packages

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

apt_install() {
    local log
    log=$(mktemp)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >"$log" 2>&1 || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
        --no-install-recommends "$@" >>"$log" 2>&1 || { cat "$log"; rm -f "$log"; return 1; }
    rm -f "$log"
}

find_pg() {
    local dir
    dir=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
    if [ -z "$dir" ] && command -v initdb >/dev/null; then
        dir=$(dirname "$(command -v initdb)")
    fi
    printf '%s' "$dir"
}

find_chrome() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" && return
    done
    return 0
}

ensure_system() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
        die "Python 3.10 or newer is needed, as python3 on the PATH."
    local missing=()
    [ -n "$(find_pg)" ] || missing+=(postgresql)
    [ -n "$(find_chrome)" ] || missing+=(chromium)
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    command -v dpkg-deb >/dev/null || die \
        "This set-up is for Debian and Ubuntu." \
        "Elsewhere, install the module into your own Odoo 19: see README.rst."
    local library
    for library in libXrender.so.1 libXext.so.6 libfontconfig.so.1; do
        PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -q "$library" && continue
        case $library in
        libXrender*) missing+=(libxrender1) ;;
        libXext*) missing+=(libxext6) ;;
        *) missing+=(libfontconfig1) ;;
        esac
    done
    find /usr/share/fonts -name 'DejaVuSans.ttf' 2>/dev/null | grep -q . ||
        missing+=(fonts-dejavu-core)
    find /usr/share/fonts -name 'LiberationSans-Regular.ttf' 2>/dev/null | grep -q . ||
        missing+=(fonts-liberation)
    # Ubuntu: Debian's keys, to check the package that comes from there
    if [ -z "${ODOO_SOURCE:-}" ] && [ ! -d "$HOME_DIR/odoo-19" ] &&
        [ ! -r /usr/share/keyrings/debian-archive-keyring.gpg ]; then
        missing+=(debian-archive-keyring)
    fi
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die \
            "These packages are missing and there is no sudo: ${missing[*]}" \
            "As root:  apt-get install -y ${missing[*]}" \
            "Then run this command again."
        sudo -n true 2>/dev/null || [ -t 0 ] || die \
            "These packages are missing and sudo asks for a password: ${missing[*]}" \
            "Run:  sudo apt-get install -y ${missing[*]}" \
            "Then run this command again."
        # asks for the password here, where it can be seen
        sudo -v 2>/dev/null || sudo -n true
    fi
    step "System packages: ${missing[*]}" apt_install "${missing[@]}"
    if [ -z "$(find_chrome)" ]; then
        die "No Chromium or Chrome was found after the installation." \
            "Install one (Ubuntu's own package is a snap), then run this again."
    fi
}

# ---------------------------------------------------------------- Odoo

# The mirror of the machine's own Debian sources, else Debian's public one.
debian_mirror() {
    local uri
    uri=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
        /etc/apt/sources.list.d/*.sources 2>/dev/null |
        grep -v '^[[:space:]]*#' |
        grep -oE '[a-z+]+://[^][ ]*/debian/?([[:space:]]|$)' |
        grep -v security | head -n 1 | tr -d '[:space:]')
    printf '%s' "${uri:-http://deb.debian.org/debian}"
}

fetch_odoo() {
    local target=$1 work apt keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    # a mirror may lag behind the date up to which its (signed) index is valid
    local options="check-valid-until=no"
    work=$target/.fetch
    mkdir -p "$work"/{lists/partial,cache/archives/partial,deb}
    options="$options signed-by=$keyring"
    for suite in sid bookworm; do
        echo "deb [$options] $(debian_mirror) $suite main"
    done >"$work/sources.list"
    apt=(apt-get -q -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache"
        -o "Dir::State::status=/dev/null" -o "Dir::Etc::sourcelist=$work/sources.list"
        -o "Dir::Etc::sourceparts=-" -o "Dir::Etc::preferencesparts=-"
        -o "APT::Sandbox::User=$(id -un)" -o "APT::Get::List-Cleanup=0"
        -o "APT::Architecture=$(dpkg --print-architecture)")
    "${apt[@]}" update
    # the package links into those of its JavaScript and fonts; Font Awesome of
    # bookworm, because sid's lacks the files that are linked to
    (cd "$work/deb" && "${apt[@]}" download odoo-19/sid libjs-jquery/sid \
        libjs-jquery-form/sid libjs-underscore/sid fonts-montserrat/sid \
        fonts-roboto-unhinted/sid fonts-inconsolata/sid fonts-ocr-b/sid \
        fonts-font-awesome/bookworm)
    for deb in "$work"/deb/*.deb; do dpkg-deb -x "$deb" "$target"; done
    # a file left out as non-free, whose absence every browser page reports
    local lib=$target/usr/lib/python3/dist-packages/odoo/addons/mail/static/lib
    mkdir -p "$lib/selfie_segmentation"
    touch "$lib/selfie_segmentation/selfie_segmentation.js"
    rm -rf "$work"
}

# Prints "command|python path|add-ons" of an Odoo tree.
odoo_layout() {
    local tree=$1
    if [ -f "$tree/odoo-bin" ]; then
        printf '%s|%s|%s' "$tree/odoo-bin" "$tree" "$tree/odoo/addons,$tree/addons"
    elif [ -f "$tree/usr/bin/odoo" ]; then
        local packages=$tree/usr/lib/python3/dist-packages
        printf '%s|%s|%s' "$tree/usr/bin/odoo" "$packages" "$packages/odoo/addons"
    fi
}

ensure_odoo() {
    local tree layout release
    if [ -n "${ODOO_SOURCE:-}" ]; then
        tree=$ODOO_SOURCE
        layout=$(odoo_layout "$tree")
        [ -n "$layout" ] || die "There is no Odoo in ODOO_SOURCE=$tree." \
            "It must hold odoo-bin (a checkout) or usr/bin/odoo (an unpacked package)."
    else
        tree=$HOME_DIR/odoo-19
        if [ ! -d "$tree" ]; then
            command -v apt-get >/dev/null || die "apt-get is needed to fetch Odoo." \
                "Or point ODOO_SOURCE at an Odoo 19 that is already there."
            rm -rf "$tree.new"
            mkdir -p "$tree.new"
            step "Odoo $ODOO_SERIES (123 MB)" fetch_odoo "$tree.new"
            mv "$tree.new" "$tree"
        fi
        layout=$(odoo_layout "$tree")
    fi
    IFS='|' read -r ODOO_BIN ODOO_PYTHONPATH ODOO_ADDONS <<<"$layout"
    release=$(PYTHONPATH=$ODOO_PYTHONPATH python3 - <<'PY'
import importlib.util, os
path = os.path.join(os.environ["PYTHONPATH"], "odoo", "release.py")
spec = importlib.util.spec_from_file_location("release", path)
release = importlib.util.module_from_spec(spec)
spec.loader.exec_module(release)
print(release.series)
PY
    )
    [ "$release" = "$ODOO_SERIES" ] || die "This is Odoo $release: $tree" \
        "The module is for Odoo $ODOO_SERIES; point ODOO_SOURCE at one."
}

# ---------------------------------------------------------------- Python

build_venv() {
    local target=$1 binary
    python3 -m venv "$target"
    "$target/bin/pip" install -q --disable-pip-version-check -r "$ROOT/bin/lib/requirements.txt"
    # PyPI's build of wkhtmltopdf has the patched Qt that Debian's lacks
    binary=$(find "$target" -name wkhtmltopdf-pack -type f | head -n 1)
    [ -n "$binary" ]
    chmod +x "$binary"
    ln -sf "$binary" "$target/bin/wkhtmltopdf"
    "$target/bin/wkhtmltopdf" --version
}

ensure_venv() {
    local key
    key=$({ python3 -VV; cat "$ROOT/bin/lib/requirements.txt"; } | sha256sum | cut -c1-10)
    VENV=$HOME_DIR/venv-$key
    [ -d "$VENV" ] && [ -e "$VENV/.complete" ] && return
    rm -rf "$VENV"
    # a virtual environment cannot be moved: it counts once it is marked complete
    step "Python packages" build_venv "$VENV"
    touch "$VENV/.complete"
}

# ---------------------------------------------------------------- PostgreSQL

as_pg() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

create_cluster() {
    rm -rf "$PG_DATA"
    mkdir -p "$PG_DATA" "$PG_RUN"
    if [ "$(id -u)" = 0 ]; then
        chmod 755 "$HOME_DIR" "$HOME_DIR/checkouts" "$STATE"
        chown postgres "$PG_DATA" "$PG_RUN"
    fi
    chmod 700 "$PG_DATA" "$PG_RUN"
    as_pg "$PG_BIN/initdb" -D "$PG_DATA" -U "$DB_USER" -A trust -E UTF8 \
        --locale=C.UTF-8 --no-sync
    # the socket lies in a folder only its owner may enter, so that "trust" is safe;
    # what the cluster holds can be made again, so it does not wait for the disk
    as_pg tee -a "$PG_DATA/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$PG_RUN'
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 512MB
max_connections = 100
max_locks_per_transaction = 256
CONF
    as_pg touch "$PG_DATA/complete"
}

start_cluster() {
    mkdir -p "$PG_RUN"
    [ "$(id -u)" != 0 ] || chown postgres "$PG_RUN"
    chmod 700 "$PG_RUN"
    as_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" -l "$PG_DATA/server.log" -w -t 60 start
}

ensure_cluster() {
    PG_BIN=$(find_pg)
    export PGHOST=$PG_RUN PGUSER=$DB_USER PGDATABASE=postgres
    [ -e "$PG_DATA/complete" ] || step "Database cluster of this checkout" create_cluster
    as_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" status >/dev/null 2>&1 ||
        step "Database server" start_cluster
}

db_exists() { "$PG_BIN/psql" -qtAc "SELECT 1 FROM pg_database WHERE datname = '$1'" | grep -q 1; }

drop_db() {
    "$PG_BIN/dropdb" --force --if-exists "$1" 2>/dev/null || true
    rm -rf "$STATE/data/filestore/$1"
}

# copy_db SOURCE TARGET: with its filestore
copy_db() {
    "$PG_BIN/createdb" -T "$1" "$2"
    if [ -d "$STATE/data/filestore/$1" ]; then
        cp -a "$STATE/data/filestore/$1" "$STATE/data/filestore/$2"
    fi
}

# ---------------------------------------------------------------- all together

write_config() {
    mkdir -p "$STATE"/{addons,data/filestore,log}
    ln -sfn "$ROOT" "$STATE/addons/$MODULE"
    cat >"$STATE/odoo.conf" <<CONF
[options]
addons_path = $ODOO_ADDONS,$STATE/addons
data_dir = $STATE/data
db_host = $PG_RUN
db_user = $DB_USER
http_interface = 127.0.0.1
list_db = False
CONF
}

ensure_all() {
    mkdir -p "$HOME_DIR" 2>/dev/null || die "$HOME_DIR cannot be written." \
        "Choose another place: ACCOUNT_COLLECTION_HOME=/some/folder $0"
    # one set-up at a time; the others wait for it and find it done
    exec 9>"$HOME_DIR/.lock"
    flock 9
    ensure_system
    ensure_odoo
    ensure_venv
    mkdir -p "$STATE"
    ensure_cluster
    write_config
    flock -u 9
    exec 9>&-
    export PATH=$VENV/bin:$PG_BIN:$PATH PYTHONPATH=$ODOO_PYTHONPATH
}

# run_odoo [COMMAND] [ARGUMENT...]: Odoo's own command line with our configuration
run_odoo() {
    local command=server
    if [ $# -gt 0 ] && [[ $1 != -* ]]; then
        command=$1
        shift
    fi
    "$VENV/bin/python" "$ODOO_BIN" "$command" -c "$STATE/odoo.conf" "$@" 9>&-
}

free_port() {
    python3 - <<'PY'
import socket
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    print(probe.getsockname()[1])
PY
}

port_taken() {
    python3 - "$1" <<'PY'
import socket, sys
with socket.socket() as probe:
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind(("127.0.0.1", int(sys.argv[1])))
    except OSError:
        sys.exit(0)
sys.exit(1)
PY
}

depends() {
    python3 - "$ROOT/__manifest__.py" <<'PY'
import ast, sys
with open(sys.argv[1], encoding="utf-8") as manifest:
    print(",".join(ast.literal_eval(manifest.read())["depends"]))
PY
}

build_template() {
    drop_db "$1.new"
    run_odoo server -d "$1.new" -i "$(depends),l10n_fr_account" \
        --load-language="$LANGUAGES" --stop-after-init --log-level=warn \
        --http-port="$(free_port)"
    copy_db "$1.new" "$1"
    drop_db "$1.new"
}

# A database with the modules ours depends on, cloned for every trial.
ensure_template() {
    local key
    key=$(printf '%s' "$(depends) $ODOO_BIN $LANGUAGES" | sha256sum | cut -c1-8)
    TEMPLATE_DB=template_$key
    exec 8>"$STATE/.template.lock"
    flock 8
    db_exists "$TEMPLATE_DB" || step "Template database" build_template "$TEMPLATE_DB"
    flock -u 8
    exec 8>&-
}
