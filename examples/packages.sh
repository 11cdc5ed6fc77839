# Sourced by the scripts that build: installs what is missing from Debian, or says what is.
# need PACKAGE...

need() {
  missing=""
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
  done
  [ -z "$missing" ] && return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing:$missing" >&2
    echo "There is no apt-get here: install these packages (named as in Debian 12), then run this again." >&2
    exit 1
  fi
  as_root=""
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "Missing:$missing (not root, and there is no sudo)" >&2; exit 1; }
    as_root="sudo"
  fi
  echo "installing:$missing"
  $as_root apt-get update -qq >/dev/null 2>&1 || true
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null || {
    echo "apt-get could not install:$missing" >&2
    exit 1
  }
}

# What a build of the library, the command line and the examples takes.
BUILD_PACKAGES="gcc libc6-dev cmake ninja-build pkg-config liblua5.4-dev libuv1-dev libsqlite3-dev libyajl-dev libyaml-dev libssl-dev libnghttp2-dev zlib1g-dev libbrotli-dev libzstd-dev libpq-dev libc-ares-dev libcurl4-openssl-dev libmicrohttpd-dev"
