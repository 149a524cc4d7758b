// SPDX-License-Identifier: Apache-2.0
#include "isolation/isolationlimits.h"

#include <QTest>
#include "testprogram.h"

namespace crashcount_test {

using namespace tagwire;
using namespace std::chrono_literals;

class CrashCountTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void fiveWithinTenMinutesAreTooMany() {
    CrashCount crashes;
    for (const auto at : {0min, 2min, 4min, 6min}) QVERIFY(!crashes.add(at));
    QVERIFY(crashes.add(10min));
  }
  void oldOnesAreForgotten() {
    CrashCount crashes;
    for (int i = 0; i < 50; ++i) QVERIFY(!crashes.add(i * 151s));  // four fit into ten minutes
    QVERIFY(!crashes.add(50 * 151s));
    QVERIFY(crashes.add(50 * 151s));
  }
};

TAGWIRE_TEST(CrashCountTest)

}  // namespace crashcount_test

#include "crashcount_test.moc"
