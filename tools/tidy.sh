#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy (settings: .clang-tidy) and checks the format of C++ files. Slow, so it is no part of ./test.
#
#   tools/tidy.sh              files that differ from the last commit, and new ones
#   tools/tidy.sh --since REV  files that differ from REV
#   tools/tidy.sh FILE...      these files
#
# Needs a configured build in build/release (./run --build-only) and the packages clang-tidy and clang-format.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${HOTLINE_BUILD:-build/release}
if [ ! -f "$build/compile_commands.json" ]; then
  echo "tidy: $build is not configured; run ./run --build-only first" >&2
  exit 2
fi
for program in clang-tidy clang-format; do
  command -v "$program" >/dev/null || { echo "tidy: $program is missing; apt-get install $program" >&2; exit 2; }
done

if [ "${1-}" = --since ]; then
  mapfile -t files < <(git diff --name-only --diff-filter=d "${2:?give a revision}" -- '*.cpp' '*.hpp')
elif [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -t files < <({ git diff --name-only --diff-filter=d HEAD -- '*.cpp' '*.hpp'; git ls-files --others --exclude-standard -- '*.cpp' '*.hpp'; } | sort -u)
fi
[ "${#files[@]}" -gt 0 ] || { echo "tidy: no C++ file has changed"; exit 0; }

status=0
clang-format --dry-run --Werror "${files[@]}" || status=1
mapfile -t units < <(printf '%s\n' "${files[@]}" | grep '\.cpp$' || true)
if [ "${#units[@]}" -gt 0 ]; then
  # clang cannot read gcc's precompiled headers: the include of one is taken out of the commands.
  database=$(mktemp -d)
  trap 'rm -rf "$database"' EXIT
  sed -E 's/-Winvalid-pch//g; s/-include [^ "]*cmake_pch\.hxx/-include utility/g; s/-fpch-preprocess//g; s/-Wno-(restrict|stringop-overflow)//g' \
    "$build/compile_commands.json" >"$database/compile_commands.json"
  printf '%s\n' "${units[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p "$database" || status=1
fi
exit "$status"
