// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "isolatedrun.h"
#include "testprogram.h"

namespace isolationfaults_test {

using namespace isolation_tests;

/// All of them crash at the same time, in one program, beside a neighbour.
class IsolationFaultsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    QVERIFY2(m_run.start(faultEntries(), R"({ "write": ["segfault_in_execute/value"], "event": "1" })"),
             qPrintable(m_run.program().errors()));
    m_pid = m_run.program().processId();
  }
  void eachIsContained_data() {
    QTest::addColumn<int>("index");
    for (int i = 0; i < faultCases().size(); ++i) QTest::newRow(faultCases()[i].fault) << i;
  }
  void eachIsContained() {
    QFETCH(int, index);
    const FaultCase &given = faultCases()[index];
    const QString id = QLatin1String(given.fault);
    const QString failed = QStringLiteral("\"%1 is failed: %2").arg(id, QLatin1String(given.says));
    QVERIFY2(m_run.waitFor(failed, 2), qPrintable(m_run.lines().filter(id).join(u'\n') + m_run.program().errors()));
    QVERIFY(m_run.neighbourGoesOn());
    QCOMPARE(m_run.program().processId(), m_pid);
    if (!given.comesUp) return;
    // Up, down with every point, and up again.
    QVERIFY(m_run.count(id + QLatin1String("/value good 1")) >= 2);
    QVERIFY(m_run.count(id + QLatin1String("/value bad:disconnected 1")) >= 2);
  }
  void openCommandEndsAsUnknown() {
    QVERIFY(m_run.count(QStringLiteral("\"error\":\"the plugin crashed\"")) > 0);
    QVERIFY(m_run.count(QStringLiteral("\"status\":\"unknown\"")) > 0);
  }
  void endsWellBesideThem() {
    const QList<qint64> children = m_run.children();
    QCOMPARE(m_run.program().terminate(), 0);
    for (const qint64 child : children) QTRY_VERIFY(hasEnded(child));
  }

 private:
  IsolatedRun m_run;
  qint64 m_pid = 0;
};

TAGWIRE_TEST(IsolationFaultsTest)

}  // namespace isolationfaults_test

#include "isolationfaults_test.moc"
