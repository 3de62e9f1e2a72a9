#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What holds for every file of the repository: a licence line in each source file, none too long, no tabs, carriage
# returns or stray blanks, nothing unfinished, nothing that names one person's machine. Prints each offence; exits 1.
set -euo pipefail
cd "$(dirname "$0")/.."

lines_max=600
# Files that may be longer, each with its reason; better kept few.
too_long_allowed=(src/adapters/api/openapi.yaml)  # one document for whoever reads the API with a tool
wrong=0
complain() { printf '%s\n' "$1"; wrong=$((wrong + 1)); }

# Tracked files, and new ones that are not ignored; without what is binary, made by a tool, or other people's format.
mapfile -t files < <(git ls-files --cached --others --exclude-standard |
  grep -vE '^(fuzz/corpus/|LICENSE$)|/package-lock\.json$|\.(wav|png|svg|ico|woff2?|gz)$' | while read -r f; do [ -f "$f" ] && echo "$f"; done)
[ "${#files[@]}" -gt 0 ] || { echo "no files found"; exit 2; }
mapfile -t sources < <(printf '%s\n' "${files[@]}" |
  grep -E '\.(cpp|hpp|h|c|py|sh|mjs|js|ts|vue|css|cmake|toml|yaml|yml|proto|sql|xml|service)$|/?CMakeLists\.txt$|^(run|test|\.ci/run)$|^tools/[a-z_]+$')

while read -r file; do complain "$file: no SPDX-License-Identifier in its first three lines"; done < <(
  for file in "${sources[@]}"; do head -n 3 -- "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"; done)

while read -r count file; do
  [ "$file" = total ] && continue
  [ "$count" -le "$lines_max" ] && continue
  [[ " ${too_long_allowed[*]-} " == *" $file "* ]] || complain "$file: $count lines, at most $lines_max; split it"
done < <(wc -l -- "${sources[@]}")

# A line that should not be there: pattern, what to say, and which files.
find_lines() {
  local pattern=$1 what=$2
  shift 2
  while IFS= read -r hit; do complain "${hit%%:*}:$(cut -d: -f2 <<<"$hit"): $what"; done < <(grep -HnP -- "$pattern" "$@" || true)
}
find_lines '\t' 'a tab' "${files[@]}"
find_lines '\r' 'a carriage return' "${files[@]}"
find_lines '[ ]$' 'blanks at the end of the line' "${sources[@]}"
own=tools/check_repository.sh
mapfile -t others < <(printf '%s\n' "${files[@]}" | grep -vxF "$own")
find_lines '\b(TODO|FIXME|HACK)\b|\bXXX\b' 'something unfinished; finish it or open an issue' "${others[@]}"
find_lines '(^|[^A-Za-z0-9_.])/(home|Users)/[a-z]' 'a path of one machine' "${others[@]}"
find_lines "\Q$PWD\E/" 'a path of this checkout' "${others[@]}"
find_lines '-----BEGIN [A-Z ]*PRIVATE KEY-----' 'a private key' "${others[@]}"
mapfile -t cpp < <(printf '%s\n' "${files[@]}" | grep -E '\.(cpp|hpp)$')
find_lines '\bfor \([^;]*:[^;]*views\(\)->\w+\)' 'a range-for over a member of what views() returned, which is gone before the first turn; keep the pointer in a variable' "${cpp[@]}"
if grep -q '"resolved"' web/package-lock.json; then complain "web/package-lock.json: names a registry's address (npm: omit-lockfile-registry-resolved)"; fi

echo "repository: ${#files[@]} files looked at, $wrong offences"
[ "$wrong" -eq 0 ]
