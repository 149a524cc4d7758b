# SPDX-License-Identifier: Apache-2.0
"""usage: check_code_test.py SOURCE-TREE. The docs' code is that of the tree, and docs/check-code would see if not."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))
CODE = """\
namespace {
  int one() {
    return 1;
  }

  int two() { return 2; }
}
"""


class CheckCode(unittest.TestCase):
    def check(self, page):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "code.cpp").write_text(CODE)
            (pathlib.Path(folder) / "page.md").write_text(page)
            return subprocess.run([ROOT / "docs/check-code", folder], capture_output=True, text=True)

    def test_the_docs_of_the_tree(self):
        ran = subprocess.run([ROOT / "docs/check-code", ROOT], capture_output=True, text=True)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertGreaterEqual(int(ran.stdout.split()[0]), 6)  # it finds them at all

    def test_takes_what_stands_in_the_file(self):
        ran = self.check("```cpp code.cpp\nint one() {\n  // …\n}\n// …\nint two() { return 2; }\n```\n")
        self.assertEqual(ran.returncode, 0, ran.stderr)

    def test_refuses_what_does_not(self):
        for block, why in [("```cpp code.cpp\nint one() {\n  return 2;\n}\n```\n", "page.md:2: code.cpp has no such lines"),
                           ("```cpp code.cpp\nint two() { return 2; }\n// …\nint one() {\n```\n", "no such lines"),
                           ("```cpp code.cpp\nint one() {\n    return 1;\n```\n", "no such lines"),
                           ("```cpp other.cpp\nint x;\n```\n", "there is no other.cpp"),
                           ("```c++\nint x;\n```\n", "without the file")]:
            with self.subTest(block):
                ran = self.check("\n" + block)
                self.assertEqual(ran.returncode, 1)
                self.assertIn(why, ran.stderr)


unittest.main()
