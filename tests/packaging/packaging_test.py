# SPDX-License-Identifier: Apache-2.0
"""usage: packaging_test.py SOURCE-TREE PROGRAM. The manual page, bash's completion, the unit and what stands in /etc."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

SOURCE, PROGRAM = pathlib.Path(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1))
PACKAGING = SOURCE / "packaging"


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, **more)


def verbs():
    found = re.findall(r"^  tagwire ([a-z-]+)", run(PROGRAM, "--help").stdout, re.M)
    assert "run" in found and "new-plugin" in found, found
    return found


class ManualPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.file = pathlib.Path(cls.folder.name) / "tagwire.1"
        subprocess.run([PACKAGING / "man/make-page", PROGRAM, cls.file], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_it_has_every_command(self):
        page = self.file.read_text().replace("\\-", "-")
        for verb in verbs():
            self.assertRegex(page, rf"(?m)^\.B tagwire {verb}\b")
        self.assertNotRegex(page, "@[A-Z]+@")
        for option in ("--plugin-dir", "--log-level"):
            self.assertIn(option, page)

    @unittest.skipUnless(shutil.which("man"), "man is not here")
    def test_it_can_be_shown(self):
        shown = run("man", "--warnings", "-l", self.file, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "MANWIDTH": "100"})
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertIn("list the plugins found, and why one was refused", shown.stdout)


class Completion(unittest.TestCase):
    def complete(self, *words):
        """What bash offers for the last word."""
        script = f"""source {PACKAGING}/completion/tagwire
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tagwire; printf '%s\\n' "${{COMPREPLY[@]}}"
            complete -p tagwire >/dev/null || echo unknown"""
        said = run("bash", "-c", script, "bash", PROGRAM, *words)
        self.assertEqual(said.stderr, "")
        return said.stdout.split()

    def test_commands(self):
        self.assertEqual(set(self.complete("")), {*verbs(), "--help", "--version"})
        self.assertEqual(self.complete("new-"), ["new-plugin"])
        self.assertEqual(self.complete("nonsense"), [])

    def test_what_follows_a_command(self):
        self.assertEqual(set(self.complete("token", "")), {"create", "list", "revoke"})
        self.assertEqual(set(self.complete("history", "")), {"export", "import"})
        self.assertEqual(self.complete("user", "pass"), ["password"])
        self.assertEqual(self.complete("watch", ""), [])

    def test_options(self):
        self.assertLessEqual({"--json", "--stdin", "--log-level", "--plugin-dir"}, set(self.complete("check", "--")))
        self.assertNotIn("--markdown", self.complete("check", "--"))
        self.assertEqual(self.complete("token", "create", "--all"), ["--allow"])
        self.assertEqual(self.complete("new-plugin", "x", "--role", "so"), ["source"])
        self.assertEqual(set(self.complete("run", "--log-level", "")), {"debug", "info", "warning", "error"})

    def test_types(self):
        folder = PROGRAM.parent / "plugins"
        types = {file.stem for file in folder.glob("*.so")} | {file.parent.name for file in folder.glob("*/plugin.json")}
        self.assertEqual(set(self.complete("schema", "")), types)
        self.assertIn("modbus", self.complete("sim", "mod"))


class Service(unittest.TestCase):
    UNIT = PACKAGING / "systemd/tagwire.service"

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not here")
    def test_it_is_shut_in(self):
        said = run("systemd-analyze", "security", "--offline=true", "--no-pager", self.UNIT, env={"LC_ALL": "C.UTF-8"})
        level = re.search(r"Overall exposure level for tagwire.service: ([0-9.]+)", said.stdout)
        self.assertIsNotNone(level, said.stdout + said.stderr)
        self.assertLessEqual(float(level[1]), 2.0)

    def test_what_the_program_needs_stays_possible(self):
        lines = self.UNIT.read_text().splitlines()
        for line in ("Type=notify", "ExecReload=/bin/kill -HUP $MAINPID", "SupplementaryGroups=dialout",
                     "DeviceAllow=char-ttyUSB rw", "StateDirectory=tagwire", "SystemCallFilter=@system-service"):
            self.assertIn(line, lines)
        for key in ("PrivateDevices=yes", "PrivateNetwork=yes", "ProcSubset=pid"):
            self.assertNotIn(key, lines)  # serial ports, sockets, figures of the machine

    def test_the_unit_and_the_manifest_mean_the_same_places(self):
        unit = self.UNIT.read_text()
        manifest = (PACKAGING / "etc/manifest.json").read_text()
        self.assertIn('"data_dir": "/var/lib/tagwire"', manifest)
        self.assertIn("LoadCredential=secret:/etc/tagwire/credentials", unit)
        self.assertIn("/run/credentials/tagwire.service/secret_NAME", manifest)
        kept = (PACKAGING / "deb/conffiles").read_text().split()
        for file in re.findall(r"(/etc/tagwire/[a-z.]+\b)(?!/)", unit):
            self.assertTrue(file in kept or file == "/etc/tagwire/credentials", file)


class Notification(unittest.TestCase):
    """What systemd hears of a program under Type=notify and WatchdogSec."""

    def test_ready_then_alive_then_stopping(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            path = pathlib.Path(folder) / "notify"
            systemd.bind(str(path))
            systemd.settimeout(30)
            manifest = pathlib.Path(folder) / "manifest.json"
            manifest.write_text('{"data_dir": "data", "plugins": [{"id": "wave", "type": "example", "config": {}}]}')
            heard = []

            def hear(word):
                while not any(line.startswith(word) for line in heard):
                    heard.extend(systemd.recv(4096).decode().split("\n"))

            with subprocess.Popen([PROGRAM, "run", manifest], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  env={**os.environ, "NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "150000"}) as program:
                try:
                    hear("READY=1")
                    for _ in range(3):
                        heard.clear()
                        hear("WATCHDOG=1")
                    program.terminate()
                    hear("STOPPING=1")
                    self.assertEqual(program.wait(30), 0)
                finally:
                    program.kill()


class Starter(unittest.TestCase):
    def test_the_starter_manifest_is_right(self):
        said = run(PROGRAM, "check", PACKAGING / "etc/manifest.json")
        self.assertEqual((said.returncode, said.stderr), (0, ""))

    def test_so_is_what_it_proposes_in_comments(self):
        text = (PACKAGING / "etc/manifest.json").read_text()
        text = re.sub(r"^( *)// (\{|    )", r"\1\2", text, flags=re.M)
        # Two histories are proposed, one is taken.
        text = text.replace('"id": "history"', '"id": "past"', 1)
        with tempfile.TemporaryDirectory() as folder:
            secret = pathlib.Path(folder) / "secret"
            secret.write_text("x")
            secret.chmod(0o600)
            file = pathlib.Path(folder) / "manifest.json"
            file.write_text(text.replace("/run/credentials/tagwire.service/secret_NAME", str(secret)))
            said = run(PROGRAM, "check", file)
            self.assertEqual((said.returncode, said.stderr), (0, ""))
            self.assertIn("ok: 5 plugins", said.stdout)

    def test_scripts_of_the_package_are_shell(self):
        for script in ("postinst", "prerm", "postrm"):
            self.assertEqual(run("dash", "-n", PACKAGING / "deb" / script).stderr, "")


unittest.main()
