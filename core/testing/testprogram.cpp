// SPDX-License-Identifier: Apache-2.0
#include "testprogram.h"

#include <QMetaMethod>

#include <cstdio>
#include <map>
#include <string>

namespace tagwire::testing {

namespace {

struct Part {
  Main main;
  const QMetaObject *tests;
};

/// Made when the first part is: the order of constructors over files is nobody's.
std::map<std::string, Part> &parts() {
  static std::map<std::string, Part> all;
  return all;
}

std::string stemOf(std::string name) {
  name.erase(0, name.find_last_of('/') + 1);
  return name.substr(0, name.find('.'));
}

/// The functions Qt Test runs: private slots without arguments, but for those it calls around them.
bool isTestFunction(const QMetaMethod &method) {
  if (method.methodType() != QMetaMethod::Slot || method.access() != QMetaMethod::Private) return false;
  if (method.parameterCount() != 0 || method.returnType() != QMetaType::Void) return false;
  const QByteArray name = method.name();
  return !name.endsWith("_data") && name != "initTestCase" && name != "cleanupTestCase" && name != "init" &&
         name != "cleanup";
}

/// A line for each test class: its name, then its functions. CTest's list is made of it.
void list() {
  for (const auto &[name, part] : parts()) {
    if (!part.tests) continue;
    std::printf("%s", name.c_str());
    for (int i = part.tests->methodOffset(); i < part.tests->methodCount(); ++i) {
      if (isTestFunction(part.tests->method(i))) std::printf(" %s", part.tests->method(i).name().constData());
    }
    std::printf("\n");
  }
}

}  // namespace

TestProgramPart::TestProgramPart(const char *name, Main main, const QMetaObject *tests) {
  if (!parts().emplace(stemOf(name), Part{main, tests}).second) qFatal("two tests named %s", name);
}

}  // namespace tagwire::testing

int main(int argc, char *argv[]) {
  using namespace tagwire::testing;
  const std::string name = argc > 1 ? argv[1] : "";
  if (name == "--list") {
    list();
    return 0;
  }
  const auto part = parts().find(name);
  if (part == parts().end()) {
    std::fprintf(stderr, "usage: %s TEST [arguments of Qt Test], where TEST is one of:\n", argv[0]);
    for (const auto &[known, ignored] : parts()) std::fprintf(stderr, "  %s\n", known.c_str());
    return 2;
  }
  argv[1] = argv[0];
  return part->second.main(argc - 1, argv + 1);
}
