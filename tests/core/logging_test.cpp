// SPDX-License-Identifier: Apache-2.0
#include "logging.h"

#include <QLoggingCategory>
#include <QTest>
#include "testprogram.h"

namespace logging_test {

using namespace tagwire;

class LoggingTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void noTextCanForgeALine() {
    QCOMPARE(onOneLine(QStringLiteral("a\nfake line\x1b[31m")), QStringLiteral("a\\x0afake line\\x1b[31m"));
    QCOMPARE(onOneLine(QString(QChar(0x202E)) + u'x'), QStringLiteral("\\u202ex"));
    QCOMPARE(onOneLine(QStringLiteral("81.2 °C")), QStringLiteral("81.2 °C"));
  }
  void unknownLevelIsRefused() {
    QVERIFY(setLogLevel(QStringLiteral("warning")));
    QVERIFY(!QLoggingCategory("tagwire.x").isInfoEnabled());
    QVERIFY(setLogLevel(QStringLiteral("debug")));
    QVERIFY(QLoggingCategory("tagwire.x").isDebugEnabled());
    QVERIFY(setLogLevel(QStringLiteral("loud")).error().contains(QLatin1String("allowed: debug")));
  }
};

TAGWIRE_TEST(LoggingTest)

}  // namespace logging_test

#include "logging_test.moc"
