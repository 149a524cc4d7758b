// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "runningprogram.h"
#include "testprogram.h"

namespace safestart_test {

/// The real program with somebody's plugin that takes it down, and one of our own.
class SafeStartTest : public QObject {
  Q_OBJECT

  RunningProgram m_program;
  const QByteArray m_manifest = R"({ "data_dir": "var", "plugins": [
      { "id": "bad", "type": "faulty", "config": { "fault": "abort" } },
      { "id": "wave", "type": "example", "config": { "interval_ms": 10, "input": "bad/value" } }]})";

  /// Started, and gone by itself.
  bool crashes() {
    if (!m_program.start(m_manifest)) return m_program.process().exitStatus() == QProcess::CrashExit;
    // It may have gone while start() looked.
    const bool isGone = m_program.process().state() == QProcess::NotRunning;
    return (isGone || m_program.process().waitForFinished(20'000)) &&
           m_program.process().exitStatus() == QProcess::CrashExit;
  }
  bool says(const QString &text) {
    return tagwire::testing::waitFor([&] { return m_program.errors().contains(text); });
  }

 private Q_SLOTS:
  void init() { qputenv("TAGWIRE_PLUGIN_PATH", TEST_PLUGINS); }

  void afterFiveCrashes() {
    for (int i = 0; i < 5; ++i) QVERIFY2(crashes(), qPrintable(m_program.errors()));
    QVERIFY2(m_program.start(m_manifest), qPrintable(m_program.errors()));
    QVERIFY2(says(QStringLiteral("a safe start, without plugins of others, as it ended unexpectedly 5 times within 10 "
                                 "minutes; left out: bad")),
             qPrintable(m_program.errors()));
    QCOMPARE(m_program.process().state(), QProcess::Running);
    // It came to its end as it should: the next start is one like any other.
    QCOMPARE(m_program.terminate(), 0);
    QVERIFY(crashes());
  }

  void whenAskedFor() {
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(QStringLiteral(TAGWIRE_PROGRAM),
                  {QStringLiteral("run"), QStringLiteral("--safe"), m_program.file("manifest.json")});
    QByteArray said;
    QTRY_VERIFY((said += process.readAll()).contains("as --safe was given; left out: bad"));
    process.terminate();
    QVERIFY(process.waitForFinished(20'000));
    QCOMPARE(process.exitCode(), 0);
  }
};

TAGWIRE_TEST(SafeStartTest)

}  // namespace safestart_test

#include "safestart_test.moc"
