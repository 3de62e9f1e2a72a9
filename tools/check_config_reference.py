#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that packaging/hotline.toml explains exactly the keys that src/main/config*.cpp read; and that, with every
comment mark before a key taken away, it is still TOML. Prints what differs; exits 1."""
import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
READ = re.compile(r'Section section\(file, "(?P<section>\w+)"\)|Section section\(\*table, (?P<listed>)'
                  r'|file\.list\("(?P<list>\w+)"\)|each_table\(file, "(?P<each>\w+)"|section(?:\.|->)(?:text|choice|flag|number|port|port_or_off|duration|long_duration|path|texts'
                  r'|required_string)\("(?P<key>\w+)"')


def keys_read(source):
    """{section: keys} as the program reads them; a list of tables is a section as well."""
    out, section, listed = {}, None, None
    for match in READ.finditer(source):
        if match["list"]:
            listed = match["list"]
        elif match["section"] or match["each"]:
            section = match["section"] or match["each"]
        elif match["key"]:
            out.setdefault(section, set()).add(match["key"])
        else:
            section = listed
    return out


def keys_explained(text):
    lines = [re.sub(r"^# (?=\[\[?\w+\]|\w+ = )", "", line) for line in text.splitlines()]
    out = {}
    for name, content in tomllib.loads("\n".join(lines)).items():
        tables = content if isinstance(content, list) else [content]
        out[name] = set().union(*(table.keys() for table in tables))
    return out


def main():
    sources = sorted((ROOT / "src/main").glob("config*.cpp"))
    read = keys_read("\n".join(source.read_text(encoding="utf-8") for source in sources))
    explained = keys_explained((ROOT / "packaging/hotline.toml").read_text(encoding="utf-8"))
    wrong = 0
    for section in sorted(read.keys() | explained.keys()):
        for key in sorted(read.get(section, set()) ^ explained.get(section, set())):
            wrong += 1
            known = key in read.get(section, set())
            print(f"packaging/hotline.toml: [{section}] {key}: " + ("not explained" if known else "not read by the program"))
    print(f"configuration: {sum(map(len, read.values()))} keys, {wrong} differ")
    return 1 if wrong or not read else 0


if __name__ == "__main__":
    sys.exit(main())
