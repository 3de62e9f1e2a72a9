# SPDX-License-Identifier: Apache-2.0
# Sourced by ./run and ./test: the steps that set up and build, each skipped when nothing it reads has changed.
# A step prints one line with its time; what its commands say goes to build/logs/NAME.log, whose end is shown on failure.

node_needed=20.19.0          # web/package.json "engines"; Debian 12 has 18
node_pinned=20.20.2          # the one that is fetched where the machine's is older
build_dir=build/release
log_dir=build/logs
stamp_dir=build/stamps
jobs=${HOTLINE_JOBS:-$(nproc)}
mkdir -p "$log_dir" "$stamp_dir"

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m' clear_line=$'\r\e[K'; else bold='' dim='' red='' green='' plain='' clear_line=''; fi

now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo "${t%???}"; }
seconds() { printf '%d.%d s' $(($1 / 1000)) $(($1 % 1000 / 100)); }

step_pid=''
# Ends the step that is running, with everything it started.
stop_step() { if [ -n "$step_pid" ]; then kill -TERM -- "-$step_pid" 2>/dev/null || kill -TERM "$step_pid" 2>/dev/null || true; fi; }

# step NAME TITLE COMMAND...: runs the command quietly and says how it went. Returns its status.
step() {
  local name=$1 title=$2 log=$log_dir/$1.log begin status=0 progress
  shift 2
  begin=$(now_ms)
  set -m                                     # a process group of its own, so that all of it can be ended
  ("$@") </dev/null >"$log" 2>&1 &
  step_pid=$!
  set +m
  if [ -t 1 ]; then
    while kill -0 "$step_pid" 2>/dev/null; do
      progress=$(tail -c 400 "$log" 2>/dev/null | tr '\r' '\n' | grep -oE '^\[[0-9]+/[0-9]+\]' | tail -n 1 || true)
      printf '%s  %s… %s %s%s%s' "$clear_line" "$title" "$progress" "$dim" "$(seconds $(($(now_ms) - begin)))" "$plain"
      sleep 0.2
    done
  fi
  wait "$step_pid" || status=$?
  step_pid=''
  if [ "$status" -eq 0 ]; then
    printf '%s%s✓%s %s %s%s%s\n' "$clear_line" "$green" "$plain" "$title" "$dim" "$(seconds $(($(now_ms) - begin)))" "$plain"
  else
    printf '%s%s✗ %s failed%s (%s), the end of %s:\n' "$clear_line" "$red" "$title" "$plain" "$(seconds $(($(now_ms) - begin)))" "$log"
    tail -n "${HOTLINE_LOG_LINES:-30}" "$log" | sed 's/^/    /'
  fi
  return "$status"
}

# ---- stamps: a step is done again when the content it depends on is another

# content_of PATH...: one hash over the names and contents of all files below, without what tools leave there.
content_of() {
  find "$@" \( -name node_modules -o -name dist -o -path web/dev/out -o -name __pycache__ -o -name shots -o -path web/src/components.d.ts -o -path web/src/api/schema.d.ts \) -prune \
    -o -type f -print0 2>/dev/null | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}
is_done() { [ "$(cat "$stamp_dir/$1" 2>/dev/null)" = "$2" ]; }
set_done() { printf '%s\n' "$2" >"$stamp_dir/$1"; }

# ---- packages

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# Names of the groups' packages that are not installed. Node may have come from elsewhere than Debian.
missing_packages() {
  local groups wanted installed
  groups=$(IFS='|'; echo "$*")
  wanted=$(grep -E "^($groups) " tools/packages.txt | cut -d' ' -f2 | sort -u)
  if command -v node >/dev/null && command -v npm >/dev/null; then wanted=$(grep -vxE 'nodejs|npm' <<<"$wanted"); fi
  installed=$(dpkg-query -W -f='${db:Status-Status} ${binary:Package}\n' 2>/dev/null | sed -nE 's/^installed ([^:]*).*/\1/p' | sort -u)
  comm -23 <(printf '%s\n' "$wanted") <(printf '%s\n' "$installed")
}

do_install_packages() {
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    echo "These Debian packages are missing: $*"
    echo "Run as root: apt-get update && apt-get install --no-install-recommends $*"
    return 1
  fi
  as_root apt-get update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# install_packages GROUP...: installs what is missing of tools/packages.txt, and asks nobody when nothing is.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if [ "${#missing[@]}" -eq 0 ] || [ -z "${missing[0]}" ]; then return 0; fi
  if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null; then sudo -v || return 1; fi     # the password is asked for here, not in the log
  step packages "Debian packages: ${missing[*]}" do_install_packages "${missing[@]}"
}

# ---- Node

do_fetch_node() {
  local arch
  case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) echo "no Node $node_needed for $(uname -m): install it by hand"; return 1 ;; esac
  mkdir -p build/node
  npm install --prefix build/node --no-save --no-package-lock --ignore-scripts "node-linux-$arch@$node_pinned"
  ln -sfn "node_modules/node-linux-$arch/bin" build/node/bin
  build/node/bin/node --version
}

# Puts a Node that is new enough first in PATH; fetched from the npm registry where the machine's is too old.
use_node() {
  if version_at_least "$(node --version | tr -d v)" "$node_needed"; then return 0; fi
  if [ ! -x build/node/bin/node ]; then step node "Node $node_pinned (this machine has $(node --version))" do_fetch_node || return 1; fi
  PATH=$PWD/build/node/bin:$PATH
}
# npm's own program names the node it wants in its first line; this runs it with ours.
run_npm() { node "$(readlink -f "$(command -v npm)")" "$@"; }

# ---- what is built

configure() {      # configure PRESET [ARGUMENT...]: the first time, and when arguments are given that the cache has not
  local preset=$1 argument fits=true
  shift
  [ -f "build/$preset/build.ninja" ] || fits=false
  for argument in "$@"; do
    grep -qE "^${argument%%=*}(:[A-Z]+)?=${argument#*=}$" <(sed 's/^/-D/' "build/$preset/CMakeCache.txt" 2>/dev/null) || fits=false
  done
  if $fits; then return 0; fi
  step "configure-$preset" "configure ($preset)" cmake --preset "$preset" "$@"
}

build() {          # build PRESET TITLE TARGET...
  local preset=$1 title=$2
  shift 2
  step "build-$preset" "$title" cmake --build "build/$preset" --parallel "$jobs" --target "$@"
}

make_prompts() {
  local content
  content=$(content_of prompts tools/make_prompts tools/prompt_music.py)
  if is_done prompts "$content" && [ -d build/prompts ]; then return 0; fi
  step prompts "prompts" tools/make_prompts --out build/prompts && set_done prompts "$content"
}

do_npm_ci() { cd web && run_npm ci --ignore-scripts; }
install_web() {
  local content
  content="$(content_of web/package.json web/package-lock.json) $(node --version)"
  if is_done npm "$content" && [ -d web/node_modules ]; then return 0; fi
  step npm "npm packages" do_npm_ci && set_done npm "$content"
}

do_build_web() { cd web && run_npm run build; }
build_web() {
  local content
  content=$(content_of web src/adapters/api/openapi.yaml)
  if is_done web "$content" && [ -f web/dist/index.html ]; then return 0; fi
  step web "web application" do_build_web && set_done web "$content"
}
