// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include <csignal>

#include "isolatedrun.h"
#include "testprogram.h"

namespace isolationquarantine_test {

using namespace isolation_tests;

/// Left to themselves until each has crashed too often.
class IsolationQuarantineTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void crashLoopsEndInQuarantine() {
    IsolatedRun run;
    QVERIFY2(run.start(faultEntries(), R"({ "write": ["segfault_in_execute/value"], "event": "1" })"),
             qPrintable(run.program().errors()));
    const qint64 pid = run.program().processId();
    for (const FaultCase &each : faultCases()) {
      const QString told = QStringLiteral("\"text\":\"%1: quarantined after 5 crashes within 10 minutes, the last: %2")
                               .arg(QLatin1String(each.fault), QLatin1String(each.says));
      QVERIFY2(run.waitFor(told), qPrintable(run.lines().filter(QLatin1String(each.fault)).join(u'\n')));
    }
    // Whatever was to be started once more would be there by now: the slowest has waited eight seconds.
    QVERIFY(run.neighbourGoesOn());
    QCOMPARE(run.children(), QList<qint64>());
    for (const FaultCase &each : faultCases()) {
      const QString id = QLatin1String(each.fault);
      QCOMPARE(run.count(QStringLiteral("\"%1 is failed: quarantined after 5").arg(id)), 1);
      if (each.comesUp) QCOMPARE(run.count(id + QLatin1String("/value good 1")), 5);
    }
    QCOMPARE(run.count(QStringLiteral("\"comparison\":\"instance\"")), static_cast<qsizetype>(faultCases().size()));
    // Loaded again, although nothing is another in the manifest: each is tried anew, and ends as before.
    ::kill(static_cast<pid_t>(pid), SIGHUP);
    for (const FaultCase &each : faultCases()) {
      const QString alarm = QStringLiteral("%1 is loaded anew, or gone").arg(QLatin1String(each.fault));
      QVERIFY2(run.waitFor(alarm), qPrintable(alarm));
      const QString told = QStringLiteral("\"%1 is failed: quarantined after 5").arg(QLatin1String(each.fault));
      QVERIFY2(run.waitFor(told, 2), qPrintable(told));
    }
    QVERIFY(run.neighbourGoesOn());
    QCOMPARE(run.program().processId(), pid);
    QCOMPARE(run.program().terminate(), 0);
  }
};

TAGWIRE_TEST(IsolationQuarantineTest)

}  // namespace isolationquarantine_test

#include "isolationquarantine_test.moc"
