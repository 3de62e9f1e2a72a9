#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sums up a folder of test results and ends with "N passed, N failed" alone on the last line; exits 1 when one failed.

  tools/sum_tests.py DIR [--filtered]      --filtered: a suite in which no test was asked for is no failure

Reads what ./test leaves in DIR: checks.txt ("passed NAME" or "failed NAME" a line), cpp-PRESET/*.xml of GoogleTest with
ctest.junit beside them, web.json of Vitest, e2e.xml (JUnit), ended.txt ("STATUS SUITE" a line: how the suite's runner ended).
A program or runner that ended badly counts as one failed test, whatever its file says. Nothing run is a failure.
"""
import collections
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


class Sum:
    def __init__(self):
        self.counts = collections.OrderedDict()             # suite -> [passed, failed, skipped]
        self.failures = []

    def add(self, suite, name, outcome, why=""):
        count = self.counts.setdefault(suite, [0, 0, 0])
        count[("passed", "failed", "skipped").index(outcome)] += 1
        if outcome == "failed":
            self.failures.append((suite, name, first_lines(why)))

    def total(self, index):
        return sum(count[index] for count in self.counts.values())


def first_lines(text, most=6):
    lines = [line for line in (text or "").strip().splitlines() if line.strip()]
    return lines[:most] + (["…"] if len(lines) > most else [])


def read_xml(path):
    try:
        return ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return None                                          # half a file: the program died while it wrote


def add_gtest(total, suite, root):
    """Counts the cases; returns (run, failed)."""
    run = failed = 0
    for case in root.iter("testcase"):
        if case.get("status") == "notrun":                   # filtered out, or DISABLED_
            continue
        name = f"{case.get('classname')}.{case.get('name')}"
        failures = case.findall("failure")
        if failures:
            total.add(suite, name, "failed", failures[0].get("message") or failures[0].text)
            failed += 1
        else:
            skipped = case.get("result") == "skipped" or case.find("skipped") is not None
            total.add(suite, name, "skipped" if skipped else "passed")
        run += 1
    return run, failed


def add_cpp(total, folder):
    suite = "C++" if folder.name == "cpp-release" else f"C++ ({folder.name.removeprefix('cpp-')})"
    programs = read_xml(folder / "ctest.junit")
    if programs is None:
        return total.add(suite, "ctest", "failed", "ctest wrote no results")
    for program in programs.iter("testcase"):
        name = program.get("name")
        root = read_xml(folder / f"{name}.xml")
        failed = add_gtest(total, suite, root)[1] if root is not None else 0
        good = program.get("status") == "run" and program.find("failure") is None
        said = program.findtext("system-out") or ""
        if root is None and good and said.strip() and "[==========]" not in said:
            total.add(suite, name, "passed")                # a command that is one test; a silent program is none
        elif root is None and good:
            total.add(suite, name, "failed", "the GoogleTest program wrote no results")
        elif not good and failed == 0:
            failure = program.find("failure")
            why = failure.get("message", "") if failure is not None else program.get("status", "")
            total.add(suite, name, "failed", f"the program failed outside its tests: {why}\n" + "\n".join(said.splitlines()[-5:]))


def add_vitest(total, path):
    report = json.loads(path.read_text(encoding="utf-8"))
    for file in report.get("testResults", []):
        cases = file.get("assertionResults", [])
        for case in cases:
            outcome = {"passed": "passed", "failed": "failed"}.get(case.get("status"), "skipped")
            if outcome == "skipped" and "--filtered" in sys.argv[2:]:
                continue                                     # Vitest calls so what the filter left out
            total.add("web", case.get("fullName", "?"), outcome, "\n".join(case.get("failureMessages") or []))
        if file.get("status") == "failed" and not any(case.get("status") == "failed" for case in cases):
            total.add("web", file.get("name", "?"), "failed", file.get("message", ""))


def add_junit(total, suite, path):
    root = read_xml(path)
    if root is None:
        return total.add(suite, path.name, "failed", "the results cannot be read")
    for case in root.iter("testcase"):
        failure = next((child for child in case if child.tag in ("failure", "error")), None)
        name = " ".join(filter(None, (case.get("classname"), case.get("name"))))
        if failure is not None:
            total.add(suite, name, "failed", "\n".join(filter(None, (failure.get("message"), failure.text))))
        else:
            total.add(suite, name, "skipped" if case.find("skipped") is not None else "passed")


def main():
    folder = pathlib.Path(sys.argv[1])
    total = Sum()
    checks = folder / "checks.txt"
    if checks.is_file():
        for line in checks.read_text(encoding="utf-8").splitlines():
            outcome, name = line.split(" ", 1)
            total.add("checks", name, outcome, "see build/logs")
    for cpp in sorted(folder.glob("cpp-*"), key=lambda path: (path.name != "cpp-release", path.name)):
        add_cpp(total, cpp)
    if (folder / "web.json").is_file():
        add_vitest(total, folder / "web.json")
    if (folder / "e2e.xml").is_file():
        add_junit(total, "end to end", folder / "e2e.xml")

    ended = folder / "ended.txt"
    if ended.is_file():
        for line in ended.read_text(encoding="utf-8").splitlines():
            status, suite = line.split(" ", 1)
            if suite not in total.counts and "--filtered" in sys.argv[2:]:
                continue
            if status != "0" and total.counts.get(suite, [0, 0, 0])[1] == 0:
                total.add(suite, "the run as a whole", "failed", f"ended with {status}; see build/logs")
            elif suite not in total.counts:
                total.add(suite, "the run as a whole", "failed", "no test was run; see build/logs")

    for suite, name, why in total.failures:
        print(f"FAILED {suite}: {name}")
        for line in why:
            print(f"    {line}")
    for suite, (passed, failed, skipped) in total.counts.items():
        print(f"  {suite:<14} {passed:6} passed {failed:4} failed" + (f" {skipped:4} skipped" if skipped else ""))
    if not total.counts:
        print("no test was run")
    passed, failed = total.total(0), total.total(1)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
