# SPDX-License-Identifier: Apache-2.0
"""usage: new_plugin_test.py SOURCE-TREE BUILD-TREE. A new plugin builds, passes its tests, loads and is installed, with
nothing but an installed Tagwire."""
import pathlib
import sys
import tempfile
import unittest

import installed

SOURCE, BUILD = pathlib.Path(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1))


class NewPlugin(unittest.TestCase):
    def test_it_builds_tests_and_loads(self):
        with tempfile.TemporaryDirectory() as folder:
            place = installed.install(BUILD, folder)
            program = place / "bin/tagwire"
            for role, name in [("source", "flow-meter"), ("sink", "paper")]:
                with self.subTest(role):
                    installed.run(program, "new-plugin", name, "--role", role, cwd=folder)
                    self.build(pathlib.Path(folder) / name, place)
                    own = place / f"lib/tagwire/plugins/{name}.so"
                    self.assertIn(f"{own}\n", installed.run(program, "plugins"))
                    said = installed.run(program, "check", pathlib.Path(folder) / name / "example.json")
                    self.assertIn("ok: ", said)

    def build(self, folder, place):
        # Warnings are errors: an author's first build shows none.
        installed.run("cmake", "-B", "build", f"-DCMAKE_PREFIX_PATH={place}", "-DCMAKE_BUILD_TYPE=Release",
                      "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Wshadow -Werror", cwd=folder)
        installed.run("cmake", "--build", "build", cwd=folder)
        said = installed.run("ctest", "--test-dir", "build", "--output-on-failure", "--no-tests=error", cwd=folder)
        self.assertIn("100% tests passed, 0 tests failed out of 2", said)
        installed.run("cmake", "--install", "build", "--prefix", place, cwd=folder)


unittest.main()
