// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QCoreApplication>
#include <QTest>

#include "patience.h"

/// The test classes of a folder share one program: what they include is compiled and linked once. Each stands in a
/// namespace of its own, named after its file, and the program runs one of them:
///
///     build/test-programs/ws_tests live_test [Qt Test's own arguments]
namespace tagwire::testing {

using Main = int (*)(int argc, char *argv[]);

/// Makes something known to main() by `name`, or by the name of the source file. `tests` is null for what no test is: a
/// process that a test starts from its own program.
struct TestProgramPart {
  TestProgramPart(const char *name, Main main, const QMetaObject *tests);
};

template <class Test>
int runTest(int argc, char *argv[]) {
  QCoreApplication application(argc, argv);
  Test test;
  return QTest::qExec(&test, argc, argv);
}

}  // namespace tagwire::testing

/// At the end of a test class's file, instead of QTEST_GUILESS_MAIN.
#define TAGWIRE_TEST(Class) TAGWIRE_TEST_BY(Class, tagwire::testing::runTest<Class>)
/// The same with a main() of its own.
#define TAGWIRE_TEST_BY(Class, main) \
  static const tagwire::testing::TestProgramPart testProgramPart(__FILE__, main, &Class::staticMetaObject);
/// A process that tests start: the program with the argument `name`, then its own.
#define TAGWIRE_TEST_CHILD(name, main) \
  static const tagwire::testing::TestProgramPart testProgramChild(name, main, nullptr);
