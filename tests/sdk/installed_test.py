# SPDX-License-Identifier: Apache-2.0
"""usage: installed_test.py SOURCE-TREE BUILD-TREE. What `cmake --install` lays down works wherever it is moved to."""
import filecmp
import pathlib
import re
import sys
import tempfile
import unittest

import installed

SOURCE, BUILD = pathlib.Path(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1))


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.place = installed.install(BUILD, cls.folder.name)
        cls.program = cls.place / "bin/tagwire"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def files(self):
        return [file for file in self.place.rglob("*") if file.is_file()]

    def test_every_plugin_of_the_build_is_there_and_loads(self):
        shown = installed.run(self.program, "plugins")
        self.assertNotIn("refused", shown)
        found = set(re.findall(r"^(\S+) +\S+ +\S+ +(\S+)$", shown, re.M))
        plugins = self.place / "lib/tagwire/plugins"
        built = {file.stem for file in (BUILD / "plugins").glob("*.so")}
        self.assertEqual(found, {(name, str(plugins / f"{name}.so")) for name in built})
        self.assertNotIn("newsource", built)  # templates are no plugins of ours

    def test_nothing_names_the_folders_it_was_made_in(self):
        places = [str(place).encode() for place in (SOURCE, BUILD, self.place.parent / "first")]
        for file in self.files():
            content = file.read_bytes()
            for place in places:
                self.assertNotIn(place, content, f"{file.relative_to(self.place)} names {place.decode()}")

    def test_installed_headers_include_installed_headers_only(self):
        include = self.place / "include/tagwire"
        headers = list(include.rglob("*.h"))
        self.assertGreater(len(headers), 40)
        for header in headers:
            for name in re.findall(r'^#include "([^"]+)"', header.read_text(), re.M):
                found = any((place / name).is_file() for place in (header.parent, include, include / "testing"))
                self.assertTrue(found, f"{header.relative_to(include)} includes {name}, which is not installed")

    def test_new_plugin_writes_the_templates(self):
        for role in ("source", "sink"):
            installed.run(self.program, "new-plugin", f"new{role}", "--role", role, cwd=self.folder.name)
            self.same(SOURCE / "app/templates" / role, pathlib.Path(self.folder.name) / f"new{role}")

    def same(self, first, second):
        compared = filecmp.dircmp(first, second)
        self.assertEqual((compared.left_only, compared.right_only, compared.diff_files), ([], [], []))
        for name in compared.common_dirs:
            self.same(first / name, second / name)

    def test_new_plugin_takes_the_name_everywhere(self):
        installed.run(self.program, "new-plugin", "flow-newsink2", "--role", "sink", cwd=self.folder.name)
        folder = pathlib.Path(self.folder.name) / "flow-newsink2"
        code = (folder / "flow-newsink2plugin.cpp").read_text()
        for expected in ("namespace flow_newsink2_plugin {", "class FlowNewsink2Plugin :", '"flow-newsink2plugin.moc"',
                         '"tagwire_flow_newsink2_lost_total"'):
            self.assertIn(expected, code)
        for file in folder.rglob("*"):
            if file.is_file():
                without = re.sub("flow-newsink2|flow_newsink2|FlowNewsink2", "", file.name + file.read_text())
                self.assertNotIn("newsink", without.lower())

    def test_new_plugin_refuses(self):
        installed.run(self.program, "new-plugin", "taken", cwd=self.folder.name)
        before = (pathlib.Path(self.folder.name) / "taken/plugin.json").stat().st_mtime_ns
        for arguments, code, why in [(["Flow"], 64, '"Flow" can\'t be a plugin\'s name (allowed: '),
                                     (["../flow"], 64, "can't be a plugin's name"),
                                     (["a" * 49], 64, "48 at most"),
                                     (["ws"], 64, 'there is a plugin "ws" already: '),
                                     (["flow", "--role", "both"], 64, '"both" is unknown (allowed: source, sink)'),
                                     ([], 64, "usage: tagwire new-plugin NAME"),
                                     (["taken", "--role", "sink"], 73, "taken is there already; nothing was written")]:
            with self.subTest(arguments):
                said = installed.run(self.program, "new-plugin", *arguments, cwd=self.folder.name, code=code)
                self.assertIn(why, said)
        self.assertEqual((pathlib.Path(self.folder.name) / "taken/plugin.json").stat().st_mtime_ns, before)
        self.assertFalse((pathlib.Path(self.folder.name) / "flow").exists())


unittest.main()
