#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks which folder of src/ may include which: the arrows of docs/architecture.md.

  tools/check_arrows.py            check src/ and bench/ of this checkout
  tools/check_arrows.py --list     print every arrow there is, with its count

Prints each forbidden arrow with file and line, and exits 1 when there is one.
"""
import argparse
import collections
import pathlib
import re
import sys

# A module is named by its folder. Where a folder holds many modules (domain, adapters) a module is the folder below it.
SPLIT = {"domain", "adapters"}

# From the first folder to what it may include. A module may always include itself.
ALLOWED = {
    "base": set(),
    "vault": {"base"},
    "domain": {"base"},                                 # and no other domain: app joins them
    "app": {"base", "domain", "app"},
    "runtime": {"base"},
    "voice_link": {"base", "runtime", "generated"},
    "voice": {"base", "vault", "runtime", "voice_link", "voice", "generated"},
    "adapters": {"base", "vault", "domain", "app", "runtime", "voice_link", "generated"},
    "sandbox": {"base", "runtime"},
    "sim": {"base", "domain", "app"},
    # Whole ways are measured: use cases over the real stores, filled with what the simulator makes.
    "bench": {"base", "vault", "domain", "app", "sim", "adapters", "runtime", "voice_link", "voice", "bench"},
    "main": {"base", "vault", "domain", "app", "runtime", "voice_link", "voice", "adapters", "sandbox", "sim", "bench", "main"},
}

# Arrows between adapters, each with its reason.
BETWEEN_ADAPTERS = {
    ("adapters/api", "adapters/http"): "the API is served by the HTTP facade",
    ("adapters/api", "adapters/live"): "its handlers ask the live strand and listen to it",
    ("adapters/api", "adapters/orders"): "files sent to it are judged and kept as orders' attachments",
    ("adapters/flows", "adapters/toml"): "flow files are TOML, read and blamed like the configuration",
    ("adapters/orders", "adapters/toml"): "work-order types are TOML, read and blamed like the configuration",
    ("adapters/tmf", "adapters/http"): "the TM Forum APIs are served by the HTTP facade",
    ("adapters/store", "adapters/search"): "an order's text is indexed in its own transaction",
    ("adapters/outside", "adapters/http"): "partners and push services are reached over HTTPS",
    ("adapters/outside", "adapters/mail"): "notices go out by mail",
    ("adapters/voice", "adapters/live"): "what voice nodes report is posted to the live strand",
}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def module_of(parts):
    """("adapters", "http", "http.hpp") -> "adapters/http"."""
    return "/".join(parts[:2]) if parts[0] in SPLIT and len(parts) > 2 else parts[0]


def target_of(include, file, root):
    """The module an include names; "generated" for what the build makes."""
    if (file.parent / include).is_file() and not (root / "src" / include).is_file():
        include = str((file.parent / include).resolve().relative_to(root)).removeprefix("src/")
    parts = pathlib.PurePosixPath(include).parts
    return module_of(parts) if len(parts) > 1 else "generated"


def is_allowed(source, target):
    if source == target or (source, target) in BETWEEN_ADAPTERS:
        return True
    top, target_top = source.split("/")[0], target.split("/")[0]
    if target == "generated" and top == "adapters":
        return True
    if top == target_top and top in SPLIT:
        return False                                    # another module of the same folder
    return target_top in ALLOWED.get(top, set())


def arrows(root):
    """Every quoted include of the product's own code: (file, line, source module, target module)."""
    for folder in (root / "src", root / "bench"):
        for file in sorted(folder.rglob("*.[ch]pp")):
            parts = file.relative_to(root / "src" if folder.name == "src" else root).parts
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                if match := INCLUDE.match(line):
                    yield file.relative_to(root), number, module_of(parts), target_of(match[1], file, root)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print every arrow with its count")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    args = parser.parse_args()
    seen, wrong = collections.Counter(), 0
    for file, line, source, target in arrows(args.root):
        seen[source, target] += 1
        if not is_allowed(source, target):
            wrong += 1
            print(f"{file}:{line}: {source} must not include {target}")
    if args.list:
        for (source, target), count in sorted(seen.items()):
            print(f"{count:5} {source} -> {target}")
    if not seen:
        print(f"no source files under {args.root}", file=sys.stderr)
        return 2
    print(f"arrows: {sum(seen.values())} includes, {wrong} forbidden")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
