"""The scripts behind ``npm start`` and ``npm test``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from support import REPOSITORY

NODE = str(REPOSITORY / "node_modules" / ".bin" / "node")
SCRIPTS = REPOSITORY / "scripts"
JUNIT = """<?xml version="1.0"?><testsuites name="pytest tests">
<testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1.0">
<testcase name="a &gt; b"><failure message="tests=&quot;99&quot;"/></testcase></testsuite></testsuites>"""


def in_node(code: str, cwd=SCRIPTS):
    """What the code, a module that lies among the scripts, prints as JSON."""
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", code], cwd=cwd, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def count(function: str, report, exit_code: int) -> dict:
    call = f"{function}({json.dumps(str(report))}, {exit_code})"
    return in_node(f"import {{ {function} }} from './lib/test-report.mjs'; console.log(JSON.stringify({call}))")


def vitest_file(status: str, *tests: str) -> dict:
    return {"name": "a.test.ts", "status": status, "assertionResults": [{"status": test} for test in tests]}


@pytest.mark.parametrize(
    "files, exit_code, expected",
    [
        ([vitest_file("passed", "passed", "passed", "skipped", "todo")], 0, (2, 0, 2)),
        ([vitest_file("failed", "passed", "failed")], 1, (1, 1, 0)),
        ([vitest_file("failed"), vitest_file("passed", "passed")], 1, (1, 1, 0)),
        ([vitest_file("passed", "passed")], 1, (1, 1, 0)),
        ([], 0, (0, 1, 0)),
    ],
    ids=["all pass", "one fails", "a file cannot be loaded", "the runner fails beside its tests", "there are no tests"],
)
def test_vitest_reports_are_counted(tmp_path, files, exit_code, expected):
    report = tmp_path / "vitest.json"
    report.write_text(json.dumps({"testResults": files}))
    assert tuple(count("readVitest", report, exit_code).values()) == expected


@pytest.mark.parametrize("text, exit_code, expected", [(JUNIT, 1, (4, 3, 3)), ("<testsuites/>", 5, (0, 1, 0))])
def test_pytest_reports_are_counted(tmp_path, text, exit_code, expected):
    report = tmp_path / "pytest.xml"
    report.write_text(text)
    assert tuple(count("readJUnit", report, exit_code).values()) == expected


@pytest.mark.parametrize("function", ["readVitest", "readJUnit"])
def test_a_runner_that_left_no_report_has_failed(tmp_path, function):
    assert count(function, tmp_path / "nothing", 0)["failed"] == 1


def test_the_closing_line_names_skipped_tests_only_where_there_are_any():
    lines = "[0, 2].map((skipped) => closingLine({ passed: 7, failed: 1, skipped }))"
    code = f"import {{ closingLine }} from './lib/test-report.mjs'; console.log(JSON.stringify({lines}))"
    assert in_node(code) == ["7 passed, 1 failed", "7 passed, 1 failed, 2 skipped"]


def test_a_missing_python_is_told_in_one_sentence(tmp_path):
    imports = "import { findPython } from './lib/python.mjs'; import { runMain } from './lib/run.mjs';"
    code = f"{imports} await runMain(() => findPython())"
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", code],
        cwd=SCRIPTS,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    sentence = "this needs Python 3.10 or newer on PATH (none was found); install one and run the command again"
    assert done.stderr == f"axoner: {sentence}\n"


def test_a_python_that_is_too_old_is_passed_over(tmp_path):
    (tmp_path / "python3").write_text("#!/bin/sh\necho 3 8 /old/python3\n")
    (tmp_path / "python3.12").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    for program in tmp_path.iterdir():
        program.chmod(0o755)
    code = "import { findPython } from './lib/python.mjs'; console.log(JSON.stringify(findPython()))"
    env = {"PATH": f"{tmp_path}"}
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", code], cwd=SCRIPTS, env=env, capture_output=True, text=True
    )
    assert json.loads(done.stdout) == sys.executable


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_help_explains_both_commands():
    for command, word in ((["start"], "--rows"), (["test"], "typescript")):
        done = subprocess.run(
            ["npm", *command, "--silent", "--", "--help"], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, word in done.stdout) == (0, True)
