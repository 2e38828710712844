#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# packages.sh run|test|lint: installs the Debian packages that a purpose needs and that are
# missing. Asks no network when nothing is missing. Needs root or sudo only then.
set -eu
purpose=${1:-run}

build="gcc make pkg-config libc6-dev libmicrohttpd-dev libsqlite3-dev libspatialite-dev
libgdal-dev libgeos-dev libproj-dev libjansson-dev libargon2-dev libgnutls28-dev
libglib2.0-dev libturbojpeg0-dev libpng-dev zlib1g-dev libxlsxwriter-dev libpq-dev
libpango1.0-dev libcairo2-dev fonts-noto-cjk tzdata ca-certificates"
test="libcmocka-dev clang libclang-rt-14-dev chromium sqlite3 gdal-bin curl jq mandoc valgrind
postgresql-15 postgresql-15-postgis-3 postgresql-client-15
pgbouncer poppler-utils python3-openpyxl python3-docx gnumeric"
lint="clang-format clang-tidy cppcheck"

wanted=$build
case $purpose in
    run) ;;
    test) wanted="$wanted $test" ;;
    lint) wanted="$wanted $test $lint" ;;
    *) echo "packages.sh: run, test or lint" >&2; exit 2 ;;
esac
# libcurl's headers come with one of three TLS libraries, and any will do.
pkg-config --exists libcurl 2>/dev/null || wanted="$wanted libcurl4-gnutls-dev"
# Any node and npm will do here: tools/node.sh brings a newer node where this one is too old.
command -v node >/dev/null 2>&1 || wanted="$wanted nodejs"
command -v npm >/dev/null 2>&1 || wanted="$wanted npm"

missing=()
for package in $wanted; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "gridcase is built with Debian 12's packages; there is no apt-get here." >&2
    echo "Install what these names stand for on your system: ${missing[*]}" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "These packages are missing, and neither root nor sudo is available:" >&2
        echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
        echo "Ask somebody with the right to run that line, then repeat." >&2
        exit 1
    fi
    as_root=(sudo)
fi
echo "Installing missing packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; }
install || { "${as_root[@]}" apt-get update -q && install; }
