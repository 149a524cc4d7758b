// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include "testprogram.h"

namespace points_test {

namespace {

struct Outcome {
  int code = -1;
  QByteArray out;
  QString errors;
};

Outcome points(const QStringList &arguments, const QString &output = QString()) {
  QProcess process;
  if (!output.isEmpty()) process.setStandardOutputFile(output);
  process.start(QStringLiteral(TAGWIRE_PROGRAM), QStringList(QStringLiteral("points")) + arguments);
  if (!process.waitForFinished(20'000)) return {};
  return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2, process.readAllStandardOutput(),
          QString::fromUtf8(process.readAllStandardError())};
}

// Single quotes stand for double ones: moc of Qt 6.4 loses its way in raw strings.
const QByteArray plc1 =
    "{'id': 'plc1', 'type': 'modbus', 'config': {'endpoint': 'tcp://plc', 'unit': 4, 'poll_interval_ms': 200,"
    "'points': [{'name': 'boiler/temp', 'number': 59, 'register': '40001', 'type': 'float32', 'word_order': 'little',"
    "'unit': '°C', 'writable': true, 'min': -0.1, 'max': 1e21, 'description': '#1, \\\"old\\\"'},"
    "{'name': 'run', 'register': '00001'}, {'$csv': 'own.csv'}],"
    "'templates': {'meter': {'points': [{'name': 'voltage', 'table': 'input', 'address': 8, 'type': 'uint16', "
    "'number': 7,"
    "'scale': '{ratio}', 'description': 'Voltage of {room}', 'verify': false}], 'parameters': {'ratio': 1, 'room': "
    "null}}},"
    "'devices': [{'name': 'm1', 'template': 'meter', 'unit_id': 9, 'base': 100, 'number_base': 1000,"
    "'poll_interval_ms': 500, 'parameters': {'ratio': 0.1, 'room': 'Hall\\nA '}}]}}";
const QByteArray plc2 =
    "{'id': 'plc2', 'type': 'modbus', 'config': {'endpoint': 'tcp://other',"
    "'points': [{'name': 'flag', 'register': '40003', 'bit': 2}]}}";
/// What the points of plc1 have to come out as; the header has the columns in use only.
const QByteArray plc1Csv =
    "name,number,table,address,type,word_order,unit,scale,writable,verify,min,max,description,unit_id,poll_interval_"
    "ms\r\n"
    "boiler/temp,59,holding,0,float32,little,°C,,true,,-0.1,1e+21,'#1, ''old''',4,\r\n"
    "run,,coil,0,bool,,,,,,,,,4,\r\n"
    "own,,holding,20,int16,,,,,,,,,4,\r\n"
    "m1/voltage,1007,input,108,uint16,,,0.1,,false,,,'Voltage of Hall\nA ',9,500\r\n";

}  // namespace

/// `tagwire points` over the real program and plugin.
class PointsTest : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

  QString file(const char *name) const { return m_folder.filePath(QLatin1String(name)); }
  QString write(const char *name, QByteArray text) {
    QFile target(file(name));
    if (!target.open(QIODevice::WriteOnly)) return {};
    target.write(text.replace('\'', '"'));
    return target.fileName();
  }
  QString manifest(const QByteArray &entries) { return write("manifest.json", "{'plugins': [\n" + entries + "\n]}"); }
  static QByteArray expected() { return QByteArray(plc1Csv).replace('\'', '"'); }

 private Q_SLOTS:
  void init() { write("own.csv", "name,table,address,type\nown,holding,20,int16\n"); }

  void exportsEverythingResolved() {
    const Outcome outcome = points({QStringLiteral("export"), manifest(plc1)});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.errors));
    QCOMPARE(outcome.out, expected());
    QCOMPARE(outcome.errors, QString());
  }

  void whatIsExportedGivesTheSamePointsAgain() {
    const QString first = manifest(plc1);
    const QByteArray list = points({QStringLiteral("list"), first}).out;
    const Outcome written = points({QStringLiteral("export"), first, QStringLiteral("--output"), file("points.csv")});
    QVERIFY2(written.code == 0 && written.out.isEmpty(), qPrintable(written.errors));
    const QString again = write(
        "again.json",
        "{'plugins': [{'id': 'plc1', 'type': 'modbus', 'config': {'endpoint': 'tcp://plc', 'poll_interval_ms': 200,"
        "'points': [{'$csv': 'points.csv'}]}}]}");
    const Outcome outcome = points({QStringLiteral("export"), again});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.errors));
    QCOMPARE(outcome.out, expected());
    QVERIFY(list.count('\n') == 5);
    QCOMPARE(points({QStringLiteral("list"), again}).out, list);
  }

  void severalInstancesHaveAColumnOfTheirOwnAndOneCanBePicked() {
    const QString both = manifest(plc1 + ",\n" + plc2);
    const QList<QByteArray> lines = points({QStringLiteral("export"), both}).out.split('\n');
    QVERIFY(lines.first().startsWith("x-plugin,name,number,table,address,type,bit,word_order,"));
    QVERIFY(lines[1].startsWith("plc1,boiler/temp,59,holding,0,float32,,little,"));
    QCOMPARE(lines[6], QByteArray("plc2,flag,,holding,2,bool,2,,,,,,,,,1,\r"));
    QCOMPARE(points({QStringLiteral("export"), both, QStringLiteral("--plugin=plc2")}).out,
             QByteArray("name,table,address,type,bit,unit_id\r\nflag,holding,2,bool,2,1\r\n"));
    QCOMPARE(points({QStringLiteral("export"), both, QStringLiteral("--plugin"), QStringLiteral("plc1")}).out,
             expected());
  }

  void aFileWithTheColumnOfThePluginIsReadAsPoints() {
    const QString both = manifest(plc1 + ",\n" + plc2);
    QCOMPARE(points({QStringLiteral("export"), both, QStringLiteral("--output"), file("points.csv")}).code, 0);
    const QString again =
        write("again.json",
              "{'plugins': [{'id': 'p', 'type': 'modbus', 'config': {'endpoint': 'tcp://plc', 'points': [{'$csv': "
              "'points.csv'}]}}]}");
    const Outcome outcome = points({QStringLiteral("list"), again});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.errors));
    QCOMPARE(outcome.out.count('\n'), 6);
  }

  void listsAllPoints() {
    const QString both = manifest(plc1 + ",\n" + plc2);
    const Outcome text = points({QStringLiteral("list"), both});
    QVERIFY2(text.code == 0, qPrintable(text.errors));
    const QList<QByteArray> lines = text.out.split('\n');
    QCOMPARE(lines[0], QByteArray("name              number  type    unit  writable"));
    QCOMPARE(lines[1], QByteArray("plc1/boiler/temp  59      double  °C    true"));
    QCOMPARE(lines[2], QByteArray("plc1/run                  bool          false"));
    QCOMPARE(lines[4], QByteArray("plc1/m1/voltage   1007    double        false"));
    QCOMPARE(lines.size(), 7);
    const QList<QByteArray> csv = points({QStringLiteral("list"), both, QStringLiteral("--csv")}).out.split('\n');
    QCOMPARE(csv[0], QByteArray("name,number,type,unit,writable\r"));
    QCOMPARE(csv[1], QByteArray("plc1/boiler/temp,59,double,°C,true\r"));
    QCOMPARE(csv[2], QByteArray("plc1/run,,bool,,false\r"));
  }

  void theListMovesNoCursor() {
    const QByteArray hostile =
        "{'id': 'p', 'type': 'modbus', 'config': {'endpoint': 'tcp://h', 'points': [{'name': 'a', 'register': '40001',"
        "'type': 'int16', 'unit': '\\u001b[2J'}]}}";
    const Outcome outcome = points({QStringLiteral("list"), manifest(hostile)});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.errors));
    QVERIFY(!outcome.out.contains('\x1b'));
    QVERIFY(outcome.out.contains("?[2J"));
  }

  void wrongUseIs64_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("said");
    const auto row = [](const char *name, const QStringList &arguments, const char *said) {
      QTest::newRow(name) << arguments << QString::fromLatin1(said);
    };
    const QString given = QStringLiteral("MANIFEST");
    const QString write = QStringLiteral("export");
    row("nothing", {}, "usage: tagwire points export MANIFEST [--plugin ID] [--output FILE]");
    row("unknown", {QStringLiteral("exprt"), given}, "unknown \"points exprt\", did you mean \"export\"?");
    row("no manifest", {write}, "usage: tagwire points export");
    row("two manifests", {QStringLiteral("list"), given, given}, "usage: tagwire points list");
    row("unknown option", {write, given, QStringLiteral("--plugn=x")}, "did you mean \"--plugin\"");
    row("option of the other", {QStringLiteral("list"), given, QStringLiteral("--output=x")},
        "unknown option --output");
    row("no such plugin", {write, given, QStringLiteral("--plugin=plc3")},
        "--plugin: the manifest has no plugin \"plc3\", did you mean \"plc1\" or \"plc2\"? (allowed: plc1, plc2)");
  }
  void wrongUseIs64() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, said);
    arguments.replaceInStrings(QStringLiteral("MANIFEST"), manifest(plc1 + ",\n" + plc2));
    const Outcome outcome = points(arguments);
    QCOMPARE(outcome.code, 64);
    QVERIFY2(outcome.errors.contains(said), qPrintable(outcome.errors));
    QCOMPARE(outcome.out, QByteArray());
  }

  void aBadManifestIs78AndWritesNothing() {
    const QString bad = manifest("{'id': 'plc1', 'type': 'modbus', 'config': {'endpoint': 'tcp://plc'}}");
    for (const char *command : {"export", "list"}) {
      const Outcome outcome = points({QLatin1String(command), bad});
      QCOMPARE(outcome.code, 78);
      QVERIFY2(outcome.errors.contains(u"manifest.json:2:"), qPrintable(outcome.errors));
      QCOMPARE(outcome.out, QByteArray());
    }
    QCOMPARE(points({QStringLiteral("export"), bad, QStringLiteral("--output"), file("none.csv")}).code, 78);
    QVERIFY(!QFile::exists(file("none.csv")));
  }

  void aFileThatCantBeWrittenIs73() {
    const QString target = file("no-such-folder/points.csv");
    const Outcome outcome = points({QStringLiteral("export"), manifest(plc1), QStringLiteral("--output"), target});
    QCOMPARE(outcome.code, 73);
    QVERIFY2(outcome.errors.contains(target), qPrintable(outcome.errors));
    if (!QFile::exists(QStringLiteral("/dev/full"))) return;
    QCOMPARE(points({QStringLiteral("export"), manifest(plc1)}, QStringLiteral("/dev/full")).code, 73);
  }

  void aManifestWithoutPointsSaysSo() {
    const Outcome outcome = points({QStringLiteral("export"), manifest("")});
    QCOMPARE(outcome.code, 64);
    QVERIFY2(outcome.errors.contains(u"no plugin of the manifest has a list of points"), qPrintable(outcome.errors));
  }
};

TAGWIRE_TEST(PointsTest)

}  // namespace points_test

#include "points_test.moc"
