// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTest>
#include "testprogram.h"

namespace manifest_cases_test {

/// Runs `tagwire check manifest.json` in each folder of cases/ and compares all that it says, word for word, with the
/// folder's expected.txt; its first line is the exit code.
class ManifestCasesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void saysWhatIsExpected_data() {
    QTest::addColumn<QString>("folder");
    const QDir cases(QStringLiteral(CASES));
    const auto names = cases.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
    QVERIFY(names.size() > 10);
    for (const QString &name : names) QTest::newRow(qPrintable(name)) << cases.filePath(name);
  }
  void saysWhatIsExpected() {
    QFETCH(QString, folder);
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("TAGWIRE_JWT_KEY"), QStringLiteral("only for this test, 32 bytes long"));
    environment.insert(QStringLiteral("TAGWIRE_TEST_TEXT"), QStringLiteral("s3cret/Hunter2-9f8e7d"));
    process.setProcessEnvironment(environment);
    process.setWorkingDirectory(folder);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(QStringLiteral(TAGWIRE_PROGRAM), {QStringLiteral("check"), QStringLiteral("manifest.json")});
    QVERIFY(process.waitForFinished());
    const QByteArray said = QByteArray::number(process.exitCode()) + '\n' + process.readAll();
    QFile expected(folder + QLatin1String("/expected.txt"));
    if (qEnvironmentVariableIsSet("TAGWIRE_WRITE_EXPECTED")) {
      QVERIFY(expected.open(QIODevice::WriteOnly));
      expected.write(said);
      return;
    }
    QVERIFY(expected.open(QIODevice::ReadOnly));
    if (folder.contains(QLatin1String("/reference-"))) QVERIFY2(!said.toLower().contains("hunter2"), said.constData());
    QCOMPARE(QString::fromUtf8(said), QString::fromUtf8(expected.readAll()));
  }
};

TAGWIRE_TEST(ManifestCasesTest)

}  // namespace manifest_cases_test

#include "manifest_cases_test.moc"
