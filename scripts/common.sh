# Sourced by the scripts: where the project and its tools are. Changes nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Tools of exactly the version that this project needs live in a folder of their own, so that
# several clones share them and no other project's tools are touched.
EVERBUS_TOOLS="${EVERBUS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/everbus/tools}"
export EVERBUS_TOOLS
export PATH="$EVERBUS_TOOLS/bin:$PATH"

say() { printf '\033[1m== %s\033[0m\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# node_packages FOLDER: what this folder's lock file names, installed unless it is.
node_packages() {
  [ "$1/package-lock.json" -nt "$1/node_modules/.package-lock.json" ] || return 0
  say "installing the node packages of $1"
  npm ci --prefix "$1" --no-audit --no-fund --loglevel=error
  touch "$1/node_modules/.package-lock.json"
}

# audit FOLDER: no package of its lock file has a known vulnerability that is high or critical; not every registry can say.
audit() {
  local report
  report=$(npm audit --prefix "$1" --audit-level=high 2>&1) && return
  [[ "$report" == *"audit endpoint returned an error"* ]] || fail "$report"
  say "npm's registry tells nothing of vulnerabilities from here: the packages of $1 aren't checked for them"
}

# The version of a crate in Cargo.lock: locked_version wasm-bindgen
locked_version() {
  awk -v name="$1" '$1 == "name" { found = ($3 == "\"" name "\"") } found && $1 == "version" { gsub(/"/, "", $3); print $3; exit }' Cargo.lock
}

# cargo_tool BINARY CRATE VERSION [cargo install options]: a binary of exactly this version.
cargo_tool() {
  local binary=$1 crate=$2 version=$3
  shift 3
  if [ "$("$EVERBUS_TOOLS/bin/$binary" --version 2>/dev/null | awk 'NR == 1 { print $2 }')" != "$version" ]; then
    say "installing $crate $version (some minutes, once)"
    cargo install --quiet --force --root "$EVERBUS_TOOLS" --target-dir "$EVERBUS_TOOLS/build" --version "$version" "$@" "$crate"
  fi
}

# The optimizer as the package is built with it: wasm_opt [options] IN -o OUT
wasm_opt() {
  # Features are listed one by one: browsers refuse the output of --all-features. Nothing is inlined and little shared, as
  # code that repeats itself compresses better. Rust has nothing in the first kilobyte of the memory but the stack's end.
  npx wasm-opt -Oz --enable-bulk-memory --enable-mutable-globals --enable-nontrapping-float-to-int \
    --enable-sign-ext --enable-reference-types --enable-multivalue \
    --always-inline-max-function-size=0 --flexible-inline-max-function-size=0 --one-caller-inline-max-function-size=0 \
    --skip-pass=local-cse --skip-pass=merge-similar-functions --low-memory-unused \
    --strip-producers --strip-target-features "$@"
}
