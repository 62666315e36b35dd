# shellcheck shell=bash
# Sourced by the commands of bin/: finds or sets up what the module needs to run.
#
# Shared between checkouts, built once:   $HOME_DIR/{odoo-19,venv-<key>,chromium}
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
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

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
# settings of the user's own PostgreSQL and Python, which would lead away from ours
unset PGHOSTADDR PGSERVICE PGSERVICEFILE PGPASSWORD PGPASSFILE PGOPTIONS PGSSLMODE \
    PGDATA PYTHONHOME
export PGHOST=$PG_RUN PGPORT=5432 PGUSER=$DB_USER PGDATABASE=postgres \
    ODOO_RC=$STATE/odoo.conf

say() { printf '%s\n' "$*" >&2; }
die() {
    printf '\n%s: %s\n' "$(basename "$0")" "$1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

# step LABEL COMMAND...: one line per long step, its output kept for when it fails
step() {
    local label=$1 log started=$SECONDS status
    shift
    log=$(mktemp)
    printf '  %-52s' "$label" >&2
    # Not within a condition: the shell would not stop at errors there. Not in the
    # background: Ctrl-C would not stop it.
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    if [ "$status" -eq 0 ]; then
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

# The PostgreSQL that this checkout's cluster was made with, else the newest.
find_pg() {
    local dir
    if [ -r "$STATE/pg_version" ]; then
        dir=/usr/lib/postgresql/$(<"$STATE/pg_version")/bin
        if [ -x "$dir/initdb" ]; then
            printf '%s' "$dir"
            return
        fi
    fi
    dir=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
    if [ -z "$dir" ] && command -v initdb >/dev/null; then
        dir=$(dirname "$(command -v initdb)")
    fi
    printf '%s' "$dir"
}

is_ubuntu() { grep -qsE '^ID(_LIKE)?=.*ubuntu' /etc/os-release; }

find_chrome() {
    local name path
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        path=$(command -v "$name") || continue
        # Ubuntu's is a snap, which cannot read the profile that a test makes for it
        case $name in chromium*) is_ubuntu && continue ;; esac
        printf '%s' "$path"
        return
    done
}

# An interpreter that Odoo 19 and the pinned packages support. The system's own comes first,
# whatever the PATH says: distributions build theirs with the optimizations that one
# compiled by hand mostly lacks, and it does the same in a tenth less time. One that still
# wants a package to make environments is the last resort.
find_python() {
    local name wants names="/usr/bin/python3 python3 python3.13 python3.12 python3.11 python3.10"
    local supported='import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))'
    for wants in "import ensurepip, venv; " ""; do
        for name in $names; do
            if "$name" -c "$wants$supported" >/dev/null 2>&1; then
                printf '%s' "$name"
                return
            fi
        done
    done
}

ensure_system() {
    PYTHON=$(find_python)
    [ -n "$PYTHON" ] || die \
        "Python 3.10, 3.11, 3.12 or 3.13 is needed; here is: $(python3 --version 2>&1)" \
        "Install one, so that python3 or python3.12 is on the PATH, and run this again."
    local missing=()
    [ -n "$(find_pg)" ] || missing+=(postgresql)
    [ -z "$browser" ] || is_ubuntu || [ -n "$(find_chrome)" ] || missing+=(chromium)
    "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || missing+=("${PYTHON##*/}-venv")
    # without it, what Ubuntu fetches from Debian could not be verified
    [ -r "$KEYRING" ] || missing+=(debian-archive-keyring)
    command -v dpkg-deb >/dev/null || die \
        "This set-up is for Debian and Ubuntu." \
        "Elsewhere, install the module into your own Odoo 19: see README.rst."
    local library libraries
    libraries=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p)
    for library in libXrender.so.1 libXext.so.6 libfontconfig.so.1; do
        [[ $libraries == *"$library"* ]] && continue
        case $library in
        libXrender*) missing+=(libxrender1) ;;
        libXext*) missing+=(libxext6) ;;
        *) missing+=(libfontconfig1) ;;
        esac
    done
    [ -n "$(find /usr/share/fonts -name DejaVuSans.ttf 2>/dev/null)" ] ||
        missing+=(fonts-dejavu-core)
    [ -n "$(find /usr/share/fonts -name LiberationSans-Regular.ttf 2>/dev/null)" ] ||
        missing+=(fonts-liberation)
    # names in Chinese, Japanese and Korean; signs and emoji
    [ -n "$(find /usr/share/fonts -name 'wqy-microhei*' 2>/dev/null)" ] ||
        missing+=(fonts-wqy-microhei)
    [ -n "$(find /usr/share/fonts -name 'Symbola*' 2>/dev/null)" ] ||
        missing+=(fonts-symbola)
    # by which the module tells what letters cannot print
    command -v fc-list >/dev/null || missing+=(fontconfig)
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
}

ensure_chrome() {
    local found
    found=$(find_chrome)
    if [ -n "$found" ]; then
        CHROME_DIR=$(dirname "$found")
        return
    fi
    CHROME_DIR=$HOME_DIR/chromium/bin
    [ ! -x "$CHROME_DIR/chromium" ] || return 0
    rm -rf "$HOME_DIR/chromium.new"
    mkdir -p "$HOME_DIR/chromium.new"
    step "Chromium, Debian's (Ubuntu has a snap only)" \
        fetch_chromium "$HOME_DIR/chromium.new"
    mv "$HOME_DIR/chromium.new" "$HOME_DIR/chromium"
}

# Debian's Chromium, with those of its libraries that this machine has not.
fetch_chromium() {
    local target=$1 work=$1/.fetch name file before
    private_apt "$work" bookworm
    "${APT[@]}" install -y --download-only --no-install-recommends chromium
    for file in "$work"/cache/archives/*.deb; do dpkg-deb -x "$file" "$work/all"; done
    mkdir -p "$target/lib" "$target/bin"
    mv "$work/all/usr/lib/chromium" "$target/chromium"
    name=
    while :; do
        before=$name
        name=$(LD_LIBRARY_PATH=$target/lib ldd "$target/chromium/chromium" |
            sed -n 's/^[[:space:]]*\([^ ]*\) => not found$/\1/p' | sort -u)
        [ -n "$name" ] || break
        # nothing was found in the last round: Debian's packages lack it too
        [ "$name" != "$before" ]
        while read -r file; do
            find "$work/all" -name "$file" -exec cp -L {} "$target/lib/" \; -quit
        done <<<"$name"
    done
    cat >"$target/bin/chromium" <<'WRAPPER'
#!/bin/sh
here=$(dirname "$(dirname "$(readlink -f "$0")")")
LD_LIBRARY_PATH=$here/lib exec "$here/chromium/chromium" "$@"
WRAPPER
    chmod +x "$target/bin/chromium"
    "$target/bin/chromium" --version
    rm -rf "$work"
}

# ---------------------------------------------------------------- Odoo

# The mirror of the machine's own Debian sources, else Debian's public one.
debian_mirror() {
    local uri
    # shellcheck disable=SC2016 # apt fills $(REPO_URI) in
    uri=$(apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Component: main' 2>/dev/null |
        grep -E '/debian/?$' | head -n 1) || true
    printf '%s' "${uri:-http://deb.debian.org/debian}"
}

# private_apt FOLDER SUITE...: makes APT an apt-get that knows these suites of Debian
# only, and nothing of what is installed here
private_apt() {
    local work=$1 suite mirror
    shift
    mirror=$(debian_mirror)
    mkdir -p "$work"/{lists/partial,cache/archives/partial}
    for suite in "$@"; do
        # a mirror may lag behind the date up to which its signed index is valid
        echo "deb [check-valid-until=no signed-by=$KEYRING] $mirror $suite main"
    done >"$work/sources.list"
    APT=(apt-get -q -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache"
        -o "Dir::State::status=/dev/null" -o "Dir::State::extended_states=/dev/null"
        -o "Dir::Etc::sourcelist=$work/sources.list"
        -o "Dir::Etc::sourceparts=-" -o "Dir::Etc::preferences=-"
        -o "Dir::Etc::preferencesparts=-" -o "APT::Default-Release="
        -o "APT::Sandbox::User=$(id -un)" -o "Acquire::Languages=none"
        -o "Acquire::Retries=3" -o "Debug::NoLocking=1")
    "${APT[@]}" update
}

fetch_odoo() {
    local target=$1 work=$1/.fetch deb
    private_apt "$work" sid bookworm
    mkdir -p "$work/deb"
    # the package links into those of its JavaScript and fonts; Font Awesome of
    # bookworm, because sid's lacks the files that are linked to
    (cd "$work/deb" && "${APT[@]}" download odoo-19/sid libjs-jquery/sid \
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
        tree=$(realpath -m -- "$ODOO_SOURCE")
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
            if [ -e "$VENV/.complete" ]; then
                step "Odoo $ODOO_SERIES (123 MB)" fetch_odoo "$tree.new"
            else
                rm -rf "$VENV"
                step "Odoo $ODOO_SERIES (123 MB) and Python packages" \
                    fetch_all "$tree.new" "$VENV"
                touch "$VENV/.complete"
            fi
            mv "$tree.new" "$tree"
        fi
        layout=$(odoo_layout "$tree")
    fi
    IFS='|' read -r ODOO_BIN ODOO_PYTHONPATH ODOO_ADDONS <<<"$layout"
    release=$(PYTHONPATH=$ODOO_PYTHONPATH "$PYTHON" - <<'PY'
import importlib.util, os
path = os.path.join(os.environ["PYTHONPATH"], "odoo", "release.py")
spec = importlib.util.spec_from_file_location("release", path)
release = importlib.util.module_from_spec(spec)
spec.loader.exec_module(release)
print(release.series)
PY
    ) || release=unknown
    [ "$release" = "$ODOO_SERIES" ] || die "This is Odoo $release: $tree" \
        "The module is for Odoo $ODOO_SERIES; point ODOO_SOURCE at one."
}

# ---------------------------------------------------------------- Python

# install_packages ENVIRONMENT LIST: what is imported is compiled then, which takes half
# as long as compiling it all
install_packages() {
    "$1/bin/pip" install -q --no-compile --disable-pip-version-check \
        -r "$ROOT/bin/lib/$2" -c "$ROOT/bin/lib/constraints.txt"
}

build_venv() {
    local target=$1 binary
    "$PYTHON" -m venv "$target"
    install_packages "$target" requirements.txt
    # PyPI's build of wkhtmltopdf has the patched Qt that Debian's lacks
    binary=$(find "$target" -name wkhtmltopdf-pack -type f -print -quit)
    [ -n "$binary" ]
    chmod +x "$binary"
    ln -sf "$binary" "$target/bin/wkhtmltopdf"
    "$target/bin/wkhtmltopdf" --version
}

# fetch_all ODOO ENVIRONMENT: both at once, as each waits for the network now and then
fetch_all() {
    local fetching
    set -m # a process group of its own, which ends with us
    fetch_odoo "$1" &
    fetching=$!
    set +m
    # shellcheck disable=SC2064 # now, while it is known
    trap "kill -- -$fetching 2>/dev/null || true" EXIT
    build_venv "$2"
    wait "$fetching"
}

name_venv() {
    local key
    key=$({
        "$PYTHON" -VV
        cat "$ROOT/bin/lib/requirements.txt" "$ROOT/bin/lib/constraints.txt"
    } | sha256sum | cut -c1-10)
    VENV=$HOME_DIR/venv-$key
}

ensure_venv() {
    [ -d "$VENV" ] && [ -e "$VENV/.complete" ] && return
    rm -rf "$VENV"
    # a virtual environment cannot be moved: it counts once it is marked complete
    step "Python packages" build_venv "$VENV"
    touch "$VENV/.complete"
}

# What bin/lint alone needs, into the same environment.
ensure_linters() {
    local mark
    mark=$VENV/.linters-$(sha256sum <"$ROOT/bin/lib/requirements-lint.txt" | cut -c1-10)
    [ ! -e "$mark" ] || return 0
    exec 9>"$HOME_DIR/.lock"
    flock 9
    [ -e "$mark" ] || step "Linters" install_packages "$VENV" requirements-lint.txt
    touch "$mark"
    flock -u 9
    exec 9>&-
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
port = 5432
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 512MB
max_connections = 100
max_locks_per_transaction = 256
CONF
    as_pg cat "$PG_DATA/PG_VERSION" >"$STATE/pg_version"
    as_pg touch "$PG_DATA/complete"
}

start_cluster() {
    mkdir -p "$PG_RUN"
    [ "$(id -u)" != 0 ] || chown postgres "$PG_RUN"
    chmod 700 "$PG_RUN"
    as_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" -l "$PG_DATA/server.log" -w -t 60 start 9>&-
}

ensure_cluster() {
    PG_BIN=$(find_pg)
    [ -e "$PG_DATA/complete" ] || step "Database cluster of this checkout" create_cluster
    if [ -r "$STATE/pg_version" ] &&
        [[ $("$PG_BIN/postgres" --version) != *") $(<"$STATE/pg_version")"* ]]; then
        die "The databases are those of PostgreSQL $(<"$STATE/pg_version"), which is gone." \
            "Install it again, or start over (the demo's data are lost): rm -r $STATE"
    fi
    as_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" status >/dev/null 2>&1 ||
        step "Database server" start_cluster
}

db_exists() {
    [ -n "$("$PG_BIN/psql" -qtAc "SELECT 1 FROM pg_database WHERE datname = '$1'")" ]
}

drop_db() {
    "$PG_BIN/dropdb" --force --if-exists "$1" 2>/dev/null || true
    rm -rf "$STATE/data/filestore/$1"
}

# copy_db SOURCE TARGET: with its filestore
copy_db() {
    "$PG_BIN/createdb" -T "$1" "$2"
    if [ -d "$STATE/data/filestore/$1" ]; then
        rm -rf "$STATE/data/filestore/$2"
        cp -a "$STATE/data/filestore/$1" "$STATE/data/filestore/$2"
    fi
}

# rename_db SOURCE TARGET: what is complete takes its name, the database last
rename_db() {
    rm -rf "$STATE/data/filestore/$2"
    if [ -d "$STATE/data/filestore/$1" ]; then
        mv "$STATE/data/filestore/$1" "$STATE/data/filestore/$2"
    fi
    "$PG_BIN/psql" -qc "ALTER DATABASE \"$1\" RENAME TO \"$2\""
}

# drop_orphans PREFIX: the databases PREFIX_<pid> and PREFIX_<pid>_<name> of runs that were
# killed
drop_orphans() {
    local db pid
    for db in $("$PG_BIN/psql" -qtAc \
        "SELECT datname FROM pg_database WHERE datname ~ '^$1_[0-9]+(_[a-z0-9]+)?\$'"); do
        pid=${db#"$1_"}
        kill -0 "${pid%%_*}" 2>/dev/null || drop_db "$db"
    done
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
db_port = 5432
db_user = $DB_USER
http_interface = 127.0.0.1
list_db = False
CONF
}

# ensure_all [--no-browser]: tests want a browser, the demo takes the user's own
ensure_all() {
    local browser=1
    [ "${1:-}" != --no-browser ] || browser=
    CHROME_DIR=
    mkdir -p "$HOME_DIR" 2>/dev/null || die "$HOME_DIR cannot be written." \
        "Choose another place: ACCOUNT_COLLECTION_HOME=/some/folder $0"
    # one set-up at a time; the others wait for it and find it done
    exec 9>"$HOME_DIR/.lock"
    flock -n 9 || {
        say "  Another command is setting things up; waiting for it."
        flock 9
    }
    ensure_system
    name_venv
    ensure_odoo
    ensure_venv
    [ -z "$browser" ] || ensure_chrome
    mkdir -p "$STATE"
    ensure_cluster
    write_config
    flock -u 9
    exec 9>&-
    export PATH=$VENV/bin:$PG_BIN${CHROME_DIR:+:$CHROME_DIR}:$PATH PYTHONPATH=$ODOO_PYTHONPATH
}

# run_odoo [COMMAND] [ARGUMENT...]: Odoo's own command line. It finds our configuration
# through ODOO_RC, because the place of a "-c" differs from command to command.
run_odoo() { "$VENV/bin/python" "$ODOO_BIN" "$@"; }

free_port() { free_ports 1; }

# free_ports COUNT: different ones, on one line
free_ports() {
    python3 - "$1" <<'PY'
import socket, sys
probes = [socket.socket() for _ in range(int(sys.argv[1]))]
for probe in probes:
    probe.bind(("127.0.0.1", 0))
print(*(probe.getsockname()[1] for probe in probes))
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

# The part of Odoo's own linters that speaks about add-ons: indexes, names, signatures
# of overrides, routes, manifest, and tests that nothing imports.
ODOO_LINT=(TestIndex TestTestHoles TestNaming TestLintOverrideSignatures RoutesLinter
    ManifestLinter TestOnchangeDomains TestJsTranslations)

# not every package of Odoo has them
has_odoo_lint() { [ -d "${ODOO_ADDONS##*,}/test_lint" ]; }

odoo_lint_tags() { printf "/test_lint:%s," "${ODOO_LINT[@]}"; }

build_template() {
    drop_db "$1.new"
    run_odoo server -d "$1.new" -i "$(depends),l10n_fr_account" \
        --load-language="$LANGUAGES" --stop-after-init --log-level=warn \
        --http-port="$(free_port)"
    rename_db "$1.new" "$1"
}

# What tells one state of Odoo from another: the package's date, a checkout's commit.
odoo_version() {
    stat -c %Y "$ODOO_PYTHONPATH/odoo/release.py"
    git -C "$ODOO_PYTHONPATH" rev-parse HEAD 2>/dev/null || true
}

# A database with the modules ours depends on, cloned for every trial.
ensure_template() {
    local key
    key=$(printf '%s' "$(depends) $ODOO_BIN $(odoo_version) $LANGUAGES" | sha256sum | cut -c1-8)
    TEMPLATE_DB=template_$key
    exec 8>"$STATE/.template.lock"
    flock -n 8 || {
        say "  Another command is building the template database; waiting for it."
        flock 8
    }
    db_exists "$TEMPLATE_DB" || step "Template database" build_template "$TEMPLATE_DB"
    flock -u 8
    exec 8>&-
}
