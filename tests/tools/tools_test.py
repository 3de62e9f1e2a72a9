#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the tools that judge everything else: what must fail does fail."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"

GOOD_XML = """<testsuites><testsuite name="A">
  <testcase name="one" status="run" result="completed" classname="A"/>
  <testcase name="two" status="run" result="skipped" classname="A"><skipped message="no server"/></testcase>
  <testcase name="off" status="notrun" result="suppressed" classname="A"/>
</testsuite></testsuites>"""
BAD_XML = """<testsuites><testsuite name="B">
  <testcase name="one" status="run" result="completed" classname="B"><failure message="1 is not 2"/></testcase>
</testsuite></testsuites>"""


class InTemporaryFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def run_tool(self, tool, *arguments):
        done = subprocess.run([sys.executable, TOOLS / tool, *arguments], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class Arrows(InTemporaryFolder):
    def check(self, path, include):
        self.write(path, f'// first line\n#include "{include}"\n')
        return self.run_tool("check_arrows.py", "--root", str(self.root))

    def test_a_domain_may_include_base_and_itself(self):
        self.write("src/base/ids.hpp", "\n")
        self.assertEqual(self.check("src/domain/acd/acd.cpp", "base/ids.hpp")[0], 0)
        self.assertEqual(self.check("src/domain/acd/acd.cpp", "domain/acd/acd.hpp")[0], 0)

    def test_forbidden_arrows_are_named_with_file_and_line(self):
        for path, include in (("src/domain/acd/acd.cpp", "domain/call/call.hpp"), ("src/base/ids.hpp", "app/records.hpp"),
                              ("src/app/live/live.cpp", "adapters/store/store.hpp"), ("src/voice/node/node.cpp", "app/records.hpp"),
                              ("src/adapters/http/server.cpp", "adapters/store/store.hpp"), ("src/runtime/fd.cpp", "main/config.hpp"),
                              ("bench/media.cpp", "main/config.hpp")):
            with self.subTest(path=path):
                status, out = self.check(path, include)
                self.assertEqual(status, 1)
                self.assertIn(f"{path}:2: ", out)
                (self.root / path).unlink()

    def test_an_empty_tree_is_no_success(self):
        self.assertEqual(self.run_tool("check_arrows.py", "--root", str(self.root))[0], 2)


class Sums(InTemporaryFolder):
    def ctest(self, **programs):
        cases = "".join(f'<testcase name="{name}" status="{status}">{"" if status == "run" else "<failure message=" + chr(34) + "died" + chr(34) + "/>"}</testcase>'
                        for name, status in programs.items())
        self.write("cpp-release/ctest.junit", f"<testsuite>{cases}</testsuite>")

    def sum(self):
        status, out = self.run_tool("sum_tests.py", str(self.root))
        return status, out.splitlines()[-1], out

    def test_a_command_counts_as_one_test_and_a_googletest_program_needs_its_file(self):
        self.write("cpp-release/ctest.junit", "<testsuite><testcase name='command' status='run'><system-out>made</system-out></testcase></testsuite>")
        self.assertEqual(self.sum()[:2], (0, "1 passed, 0 failed"))
        self.write("cpp-release/ctest.junit", "<testsuite><testcase name='program' status='run'><system-out>[==========] Running</system-out></testcase></testsuite>")
        self.assertEqual(self.sum()[:2], (1, "0 passed, 1 failed"))

    def test_counts_cases_of_every_kind(self):
        self.ctest(a="run")
        self.write("cpp-release/a.xml", GOOD_XML)
        self.write("checks.txt", "passed arrows\npassed repository\n")
        self.write("web.json", json.dumps({"testResults": [{"name": "x", "status": "passed", "assertionResults": [{"fullName": "f", "status": "passed"}]}]}))
        self.write("e2e.xml", "<testsuites><testsuite><testcase name='story'/></testsuite></testsuites>")
        self.assertEqual(self.sum()[:2], (0, "5 passed, 0 failed"))

    def test_a_failed_case_fails_the_run_and_is_named(self):
        self.ctest(a="run", b="fail")
        self.write("cpp-release/a.xml", GOOD_XML)
        self.write("cpp-release/b.xml", BAD_XML)
        status, last, out = self.sum()
        self.assertEqual((status, last), (1, "1 passed, 1 failed"))
        self.assertIn("FAILED C++: B.one", out)
        self.assertIn("1 is not 2", out)

    def test_a_program_that_died_counts_as_failed_with_and_without_a_file(self):
        self.ctest(a="fail", b="fail")                     # a leak found at exit leaves a whole file, a crash none
        self.write("cpp-release/a.xml", GOOD_XML)
        self.assertEqual(self.sum()[:2], (1, "1 passed, 2 failed"))

    def test_half_a_file_and_a_missing_one_are_failures(self):
        self.ctest(a="run")
        self.write("cpp-release/a.xml", GOOD_XML[:80])
        self.assertEqual(self.sum()[:2], (1, "0 passed, 1 failed"))

    def test_a_web_file_that_could_not_be_loaded_is_a_failure(self):
        self.write("web.json", json.dumps({"testResults": [{"name": "x", "status": "failed", "message": "syntax", "assertionResults": []}]}))
        self.assertEqual(self.sum()[:2], (1, "0 passed, 1 failed"))

    def test_a_runner_that_was_stopped_fails_although_all_it_reported_is_well(self):
        self.write("e2e.xml", "<testsuites><testsuite><testcase name='story'/></testsuite></testsuites>")
        self.write("ended.txt", "124 end to end\n")
        self.assertEqual(self.sum()[:2], (1, "1 passed, 1 failed"))
        self.write("ended.txt", "0 end to end\n")
        self.assertEqual(self.sum()[:2], (0, "1 passed, 0 failed"))

    def test_a_runner_without_any_report_fails(self):
        self.write("ended.txt", "0 web\n")
        self.assertEqual(self.sum()[:2], (1, "0 passed, 1 failed"))

    def test_nothing_run_is_no_success(self):
        self.assertEqual(self.sum()[:2], (1, "0 passed, 0 failed"))


if __name__ == "__main__":
    unittest.main()
