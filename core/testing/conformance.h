// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tagwire::testing {

/// Tries what every plugin has to do, whatever it is: its example.json loads, an unknown key is refused, nothing comes
/// after stop(), two at once, and so on; its README.md holds the table of its keys. Arguments: a plugin's library and
/// the folder with its example.json and README.md, or a folder of libraries and one with a folder for each type; then
/// Qt Test's own. main() of the target Tagwire::conformance is this.
int runConformance(int argc, char *argv[]);

}  // namespace tagwire::testing
