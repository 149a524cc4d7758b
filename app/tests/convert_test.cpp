// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "testprogram.h"

namespace convert_test {

namespace {

struct Said {
  int code = -1;
  QByteArray out;
  QByteArray errors;
};

Said tagwire(const QStringList &arguments, const QString &folder) {
  QProcess process;
  process.setWorkingDirectory(folder);
  process.start(QStringLiteral(TAGWIRE_PROGRAM), arguments);
  if (!process.waitForFinished(20'000) || process.exitStatus() != QProcess::NormalExit) return {};
  return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

QByteArray contentOf(const QString &name) {
  QFile file(name);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool writeFile(const QString &name, const QByteArray &text) {
  QFile file(name);
  return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
}

}  // namespace

/// `tagwire convert` over the folders of convert/: what it makes of each input, and what it says of the rest, word for
/// word. expected.txt begins with the exit code. TAGWIRE_WRITE_EXPECTED in the environment writes both anew.
class ConvertTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void makesWhatIsExpected_data() {
    QTest::addColumn<QString>("folder");
    const QDir cases(QStringLiteral(CONVERT_CASES));
    const auto names = cases.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
    QVERIFY(names.size() >= 4);
    for (const QString &name : names) QTest::newRow(qPrintable(name)) << cases.filePath(name);
  }
  void makesWhatIsExpected() {
    QFETCH(QString, folder);
    const QString kind = QDir(folder).dirName().section(u'-', 0, 0);
    const QString input = QDir(folder).entryList({QStringLiteral("input.*")}).value(0);
    const Said said = tagwire({QStringLiteral("convert"), kind, input}, folder);
    const QByteArray told = QByteArray::number(said.code) + '\n' + said.errors;
    if (qEnvironmentVariableIsSet("TAGWIRE_WRITE_EXPECTED")) {
      QVERIFY(writeFile(folder + QLatin1String("/expected.json"), said.out));
      QVERIFY(writeFile(folder + QLatin1String("/expected.txt"), told));
    }
    QCOMPARE(QString::fromUtf8(told), QString::fromUtf8(contentOf(folder + QLatin1String("/expected.txt"))));
    QCOMPARE(QString::fromUtf8(said.out), QString::fromUtf8(contentOf(folder + QLatin1String("/expected.json"))));
    const Said checked = tagwire({QStringLiteral("check"), QStringLiteral("expected.json")}, folder);
    QCOMPARE(QString::fromUtf8(checked.errors), QString());
    QCOMPARE(checked.code, 0);
  }

  void writesAFileOnce() {
    const QTemporaryDir folder;
    const QString input = QStringLiteral(CONVERT_CASES "/telegraf-whole/input.conf");
    const QStringList words{QStringLiteral("convert"), QStringLiteral("telegraf"), input, QStringLiteral("-o"),
                            QStringLiteral("made.json")};
    const Said first = tagwire(words, folder.path());
    QCOMPARE(first.code, 0);
    QCOMPARE(first.out, QByteArray());
    const QByteArray made = contentOf(folder.filePath(QStringLiteral("made.json")));
    QCOMPARE(made, contentOf(QStringLiteral(CONVERT_CASES "/telegraf-whole/expected.json")));
    QVERIFY(writeFile(folder.filePath(QStringLiteral("made.json")), "mine"));
    const Said second = tagwire(words, folder.path());
    QCOMPARE(second.code, 73);
    QVERIFY(second.errors.contains("is there already"));
    QCOMPARE(contentOf(folder.filePath(QStringLiteral("made.json"))), QByteArray("mine"));
  }

  void refusesWhatItCannotRead_data() {
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("says");
    const auto telegraf = QStringLiteral("telegraf");
    const auto fuxa = QStringLiteral("fuxa");
    QTest::newRow("no TOML") << telegraf << QByteArray("a = \n[b") << 66 << QByteArray("in:1:");
    QTest::newRow("deep TOML") << telegraf << "a = " + QByteArray(100'000, '[') << 66 << QByteArray("in:1:");
    QTest::newRow("no modbus") << telegraf << QByteArray("[[inputs.cpu]]\n") << 1 << QByteArray("nothing in it");
    QTest::newRow("wrong kinds") << telegraf << QByteArray("inputs = 3\nagent = 4\n") << 1
                                 << QByteArray("nothing in it");
    QTest::newRow("sections of wrong kinds")
        << telegraf
        << QByteArray("[[inputs.modbus]]\ncontroller = \"tcp://h:1\"\ncoils = 5\nrequest = \"a\"\nmetric = [1]\n") << 1
        << QByteArray("no field of it");
    QTest::newRow("fields of wrong kinds")
        << telegraf
        << QByteArray(
               "[[inputs.modbus]]\ncontroller = \"tcp://h:1\"\ncoils = [{name = 1, address = \"x\"}, 7]\n"
               "holding_registers = [{name = \"a\", address = [1.5], data_type = 3}]\n")
        << 1 << QByteArray("no field of it");
    QTest::newRow("password in the URL")
        << telegraf
        << QByteArray("[[inputs.modbus]]\ncontroller = \"tcp://u:hunter2@h:1\"\ncoils = [{name=\"a\",address=[0]}]\n")
        << 1 << QByteArray("no controller");
    QTest::newRow("no JSON") << fuxa << QByteArray("{") << 66 << QByteArray("in:1:");
    QTest::newRow("no project") << fuxa << QByteArray("{}") << 66 << QByteArray("no project of FUXA");
    QTest::newRow("devices of wrong kinds")
        << fuxa
        << QByteArray(
               "{\"devices\":[1,{\"type\":\"ModbusTCP\"},{\"type\":\"ModbusTCP\","
               "\"property\":{\"address\":\"h\"},\"tags\":[3,{\"scale\":[],\"daq\":1}]}]}")
        << 1 << QByteArray("no tag of it");
  }
  void refusesWhatItCannotRead() {
    QFETCH(QString, kind);
    QFETCH(QByteArray, text);
    QFETCH(int, code);
    QFETCH(QByteArray, says);
    const QTemporaryDir folder;
    QVERIFY(writeFile(folder.filePath(QStringLiteral("in")), text));
    const Said said = tagwire({QStringLiteral("convert"), kind, QStringLiteral("in")}, folder.path());
    QVERIFY2(said.errors.contains(says), said.errors.constData());
    QCOMPARE(said.code, code);
    QCOMPARE(said.out, QByteArray());
    QVERIFY(!said.errors.contains("hunter2"));
  }

  void saysHowItIsUsed() {
    const QTemporaryDir folder;
    QCOMPARE(tagwire({QStringLiteral("convert")}, folder.path()).code, 64);
    QCOMPARE(tagwire({QStringLiteral("convert"), QStringLiteral("ignition"), QStringLiteral("x")}, folder.path()).code,
             64);
    QCOMPARE(
        tagwire({QStringLiteral("convert"), QStringLiteral("fuxa"), QStringLiteral("nowhere")}, folder.path()).code,
        66);
  }
};

TAGWIRE_TEST(ConvertTest)

}  // namespace convert_test

#include "convert_test.moc"
