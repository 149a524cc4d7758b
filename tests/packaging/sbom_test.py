# SPDX-License-Identifier: Apache-2.0
"""usage: sbom_test.py SOURCE-TREE BUILD-TREE. packaging/sbom writes SPDX 2.3, and leaves out nothing that is linked."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE, BUILD = pathlib.Path(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1))


class Sbom(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        document, cls.notices = (pathlib.Path(cls.folder.name) / name for name in ("document", "notices"))
        subprocess.run([SOURCE / "packaging/sbom", BUILD, document, cls.notices], check=True,
                       env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})
        cls.document = json.loads(document.read_text())
        cls.packages = {package["SPDXID"]: package for package in cls.document["packages"]}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def related(self, relation, own=None):
        return {self.packages[entry["relatedSpdxElement"]]["name"] for entry in self.document["relationships"]
                if entry["relationshipType"] == relation and own in (None, entry["spdxElementId"])}

    def test_it_has_the_form_of_spdx(self):
        document = self.document
        self.assertEqual((document["spdxVersion"], document["dataLicense"], document["SPDXID"]),
                         ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertEqual(document["creationInfo"]["created"], "2023-11-14T22:13:20Z")
        self.assertRegex(document["documentNamespace"], r"^https://[^#]+$")
        for package in document["packages"]:
            self.assertRegex(package["SPDXID"], r"^SPDXRef-[A-Za-z0-9.-]+$")
            self.assertEqual({"name", "versionInfo", "downloadLocation", "licenseDeclared", "filesAnalyzed"} - package.keys(),
                             set())
            self.assertRegex(package["licenseDeclared"],
                             r"^(NOASSERTION|[A-Za-z0-9.+-]+( (OR|AND|WITH) [A-Za-z0-9.+-]+)*)$")
        self.assertEqual(len(self.packages), len(document["packages"]))
        for entry in document["relationships"]:
            self.assertIn(entry["spdxElementId"], {"SPDXRef-DOCUMENT", *self.packages})
            self.assertIn(entry["relatedSpdxElement"], self.packages)

    def test_it_describes_our_packages(self):
        expected = {"tagwire"} | {f"tagwire-plugin-{type}" for type in ("alarms", "cluster", "mqtt", "rtls", "sql")
                                  if (BUILD / f"plugins/{type}.so").exists()}
        self.assertEqual(self.related("DESCRIBES"), expected)

    def test_every_linked_library_is_there(self):
        files = [BUILD / "tagwire", *BUILD.glob("libtagwire-core.so.*"), *(BUILD / "plugins").glob("*.so")]
        named = set().union(*(re.findall(r"\(NEEDED\).*\[(.*)\]", subprocess.run(
            ["readelf", "-d", file], check=True, capture_output=True, text=True).stdout) for file in files))
        debian = {entry["externalRefs"][0]["referenceLocator"].split("/")[2].split("@")[0].replace("%2B", "+")
                  for entry in self.document["packages"] if "pkg:deb" in str(entry.get("externalRefs"))}
        held = set(subprocess.run(["dpkg-query", "-L", *debian], check=True, capture_output=True, text=True).stdout.split("\n"))
        names = {pathlib.Path(path).name for path in held}
        self.assertEqual({name for name in named if not name.startswith("libtagwire-")} - names, set())

    def test_headers_that_are_all_there_is_of_a_library_count(self):
        # core's Result is tl::expected, which no library file holds.
        self.assertIn("libexpected-dev", self.related("STATIC_LINK", "SPDXRef-tagwire"))

    def test_code_of_the_pages_comes_with_its_licence(self):
        embedded = self.related("CONTAINS", "SPDXRef-tagwire")
        self.assertLessEqual({"lit-html", "uplot"}, embedded)
        self.assertNotIn("vite", embedded)
        text = self.notices.read_text()
        for name in embedded:
            self.assertRegex(text, rf"(?m)^{re.escape(name)} [0-9.]+$")


unittest.main()
