// SPDX-License-Identifier: Apache-2.0
// What `tagwire probe modbus` asks, finds and prints.
#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include "modbusconfig.h"
#include "modbusfixture.h"
#include "modbusprober.h"
#include "testprogram.h"

namespace tst_modbus_probe {

using namespace tagwire;
using namespace tagwire::modbus;

namespace {

QByteArray exception(const Frame &request, int code) {
  return QByteArray(1, static_cast<char>(request.pdu[0] | 0x80)).append(static_cast<char>(code));
}

int wordAt(const QByteArray &bytes, int at) {
  return static_cast<quint8>(bytes[at]) << 8 | static_cast<quint8>(bytes[at + 1]);
}

/// A device on paper: which addresses each table has, and who it says it is. An address holds its own number, in
/// tables of bits whether it is odd.
struct Device {
  QMap<Table, QList<AddressRange>> served;
  QList<QByteArray> identity;  ///< answers to 43/14, without function and MEI; asked for in this order
  int refusal = 2;
  int largestRead = 2000;
  QSet<quint8> functions;  ///< that were asked for
  int identityRequests = 0;

  bool serves(Table table, int address) const {
    for (const AddressRange &range : served.value(table)) {
      if (range.first <= address && address <= range.last) return true;
    }
    return false;
  }
  QByteArray answer(const Frame &request) {
    const auto function = static_cast<quint8>(request.pdu[0]);
    functions.insert(function);
    if (function == 43) {
      if (identityRequests >= identity.size()) return exception(request, 1);
      return QByteArray::fromHex("2B0E") + identity[identityRequests++];
    }
    constexpr std::array tables{Table::Coil, Table::Discrete, Table::Holding, Table::Input};
    const Table table = tables.at(function - 1U);
    if (!served.contains(table)) return exception(request, 1);
    const int first = wordAt(request.pdu, 1);
    const int count = wordAt(request.pdu, 3);
    if (count > largestRead) return exception(request, 3);
    for (int i = 0; i < count; ++i) {
      if (!serves(table, first + i)) return exception(request, refusal);
    }
    return holdsBits(table) ? bits(request, first, count) : registers(request, first, count);
  }
  static QByteArray bits(const Frame &request, int first, int count) {
    QByteArray values((count + 7) / 8, '\0');
    for (int i = 0; i < count; ++i) {
      if ((first + i) % 2 == 1) values[i / 8] = static_cast<char>(values[i / 8] | (1 << (i % 8)));
    }
    return request.pdu.left(1) + static_cast<char>(values.size()) + values;
  }
  static QByteArray registers(const Frame &request, int first, int count) {
    QByteArray pdu = request.pdu.left(1) + static_cast<char>(count * 2);
    for (int i = 0; i < count; ++i) {
      pdu.append(static_cast<char>((first + i) >> 8)).append(static_cast<char>((first + i) & 0xFF));
    }
    return pdu;
  }
};

/// Units behind one server; those that are not there stay silent.
FaultyServer::Behaviour playing(QMap<int, Device> &units) {
  return [&units](QTcpSocket *client, const Frame &request) {
    const auto unit = units.find(request.unit);
    if (unit == units.end()) return;
    client->write(encodeMbap({request.transaction, request.unit, unit->answer(request)}));
  };
}

/// A scan of `range` on `device`, without a wire: the ranges found; counts the requests.
QString scanned(const AddressRange &range, Device &device, int *requests = nullptr) {
  RangeScan scan(range);
  QStringList found;
  while (const auto block = scan.block()) {
    if (requests) ++*requests;
    if (block->size() > (holdsBits(range.table) ? maxReadBits : maxReadRegisters)) return QStringLiteral("too large");
    const QByteArray request =
        readPdu(block->table, static_cast<quint16>(block->first), static_cast<quint16>(block->size()));
    const modbus::Reply reply = checkReply(request, device.answer({0, 1, request}));
    if (reply.kind == modbus::Reply::Kind::Answer) {
      scan.answered(reply.bytes);
    } else {
      scan.refused();
    }
    for (const FoundRange &each : scan.takeFound()) {
      found << toText(each.range);
      for (int i = 0; i < each.range.size(); ++i) {
        const int due = holdsBits(range.table) ? (each.range.first + i) % 2 : each.range.first + i;
        if (each.values[i] != due) found << QStringLiteral("wrong value at %1").arg(each.range.first + i);
      }
    }
  }
  return found.join(QStringLiteral(", "));
}

/// The prober with all it printed; times are written as T.
class ProberUnderTest : public QObject {
 public:
  explicit ProberUnderTest(const QString &arguments) {
    connect(&prober, &Tool::line, this, [this](const QString &text) { lines << text; });
    connect(&prober, &Tool::finished, this, [this](int code) { exitCode = code; });
    const auto started = prober.start(arguments.split(u' ', Qt::SkipEmptyParts));
    if (started) {
      first = *started;
    } else {
      error = started.error().text;
    }
  }
  QString text() const {
    static const QRegularExpression time(QStringLiteral("\\d+\\.\\d\\d ms"));
    return lines.join(u'\n').replace(time, QStringLiteral("T")) + u'\n';
  }

  ModbusProber prober;
  QStringList lines;
  QString first;
  QString error;
  std::optional<int> exitCode;
};

QString tcp(quint16 port) { return QStringLiteral("tcp://127.0.0.1:%1").arg(port); }

/// Vendor and two more in two answers, then the regular objects.
const QList<QByteArray> wholeIdentity{
    QByteArray::fromHex("0182FF0101") + QByteArray::fromHex("0004") + "Acme",
    QByteArray::fromHex("0182000002") + QByteArray::fromHex("0102") + "X1" + QByteArray::fromHex("0203") + "1.2",
    QByteArray::fromHex("0282000002") + QByteArray::fromHex("0404") + "Pump" + QByteArray::fromHex("8003") +
        QByteArray::fromHex("1B5B6D")};

}  // namespace

class TestModbusProbe : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

 private Q_SLOTS:
  void unitLists_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("isLine");
    QTest::addColumn<QString>("units");
    const auto row = [](const char *text, bool isLine, const char *units) {
      QTest::addRow("%s %s", isLine ? "line" : "tcp", text)
          << QString::fromLatin1(text) << isLine << QString::fromLatin1(units);
    };
    row("1", false, "1");
    row("1,5,10-20", false, "1, 5, 10-20");
    row(" 3 - 4 , 1", false, "3-4, 1");
    row("1-3,2-5", false, "1-5");
    row("0-255", false, "0-255");
    row("1-247", true, "1-247");
    row("256", false, "");
    row("5-1", false, "");
    row("1-2-3", false, "");
    row("-1", false, "");
    row("", false, "");
    row("1,,2", false, "");
    row("a", false, "");
    row("0", true, "");
    row("248", true, "");
  }
  void unitLists() {
    QFETCH(QString, text);
    QFETCH(bool, isLine);
    QFETCH(QString, units);
    const auto read = unitsFromText(text, isLine);
    QCOMPARE(read ? toText(*read) : QString(), units);
    if (!read) QVERIFY2(read.error().contains(isLine ? u"1 to 247" : u"0 to 255"), qPrintable(read.error()));
  }

  void registerRanges_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("ranges");
    const auto row = [](const char *text, const char *ranges) {
      QTest::newRow(text) << QString::fromLatin1(text) << QString::fromLatin1(ranges);
    };
    row("holding:0-199", "holding 0-199");
    row("holding:7", "holding 7");
    row("holding:10-20,coil:0-65535,holding:0-4", "coil 0-65535, holding 0-4, holding 10-20");
    row("input:5-9,input:0-4,input:3-12", "input 0-12");
    row("holding:1-65536", "");
    row("holding:5-4", "");
    row("holding", "");
    row("registers:1-5", "");
    row("", "");
  }
  void registerRanges() {
    QFETCH(QString, text);
    QFETCH(QString, ranges);
    const auto read = rangesFromText(text);
    QStringList words;
    if (read) {
      for (const AddressRange &range : *read) words << toText(range);
    } else {
      QVERIFY2(read.error().contains(u"holding:0-199"), qPrintable(read.error()));
    }
    QCOMPARE(words.join(QStringLiteral(", ")), ranges);
  }

  void argumentsThatAreWrong_data() {
    QTest::addColumn<QString>("arguments");
    QTest::addColumn<QString>("error");
    const auto row = [](const char *arguments, const char *error) {
      QTest::newRow(arguments) << QString::fromLatin1(arguments) << QString::fromLatin1(error);
    };
    row("", "usage:");
    row("tcp://a tcp://b", "unexpected \"tcp://b\"\nusage:");
    row("plc", "rtu+tcp://host:port");
    row("127.0.0.1", "\"127.0.0.1\": not an endpoint, did you mean \"tcp://127.0.0.1\"? (allowed: tcp://host:port");
    row("plc:502/x", "\"plc:502/x\": not an endpoint (allowed: tcp://host:port");
    row("tcp://a --nonsense", "nonsense");
    row("tcp://a --units 300", "--units");
    row("tcp://a --timeout-ms 5", "from 10 to 60000");
    row("tcp://a --values", "--values needs");
    row("tcp://a --csv x.csv", "--csv needs");
    row("tcp://a --scan --registers holding:1", "one of the two");
    row("tcp://a --registers holding:x", "--registers");
    row("tcp://a --scan --csv /nonexistent/x.csv", "can't make");
    row("rtu:///dev/ttyS0 --units 0", "1 to 247");
  }
  void argumentsThatAreWrong() {
    QFETCH(QString, arguments);
    QFETCH(QString, error);
    ProberUnderTest test(arguments);
    QVERIFY2(test.error.contains(error), qPrintable(test.error));
  }

  void helpIsNoError() {
    ProberUnderTest test(QStringLiteral("--help"));
    QVERIFY(test.first.startsWith(u"usage: tagwire probe modbus"));
    QVERIFY(!test.exitCode);
    QTRY_COMPARE(test.exitCode, std::optional(0));
  }

  void everyUnitOfALineUnlessToldOtherwise() {
    const auto line = ProbeOptions::fromArguments({QStringLiteral("rtu:///dev/ttyS0?baud=9600")});
    QCOMPARE(toText(line->units), QStringLiteral("1-247"));
    QVERIFY(line->ranges.isEmpty());
    const auto overTcp = ProbeOptions::fromArguments({QStringLiteral("tcp://plc"), QStringLiteral("--scan")});
    QCOMPARE(toText(overTcp->units), QStringLiteral("1-10, 255, 0"));
    QCOMPARE(overTcp->ranges.size(), 4);
  }

  void rangesAreFoundByBisecting() {
    Device device;
    device.served[Table::Holding] = {
        {Table::Holding, 0, 99}, {Table::Holding, 101, 101}, {Table::Holding, 300, 700}, {Table::Holding, 999, 1005}};
    device.served[Table::Coil] = {{Table::Coil, 5, 2100}, {Table::Coil, 65535, 65535}};
    QCOMPARE(scanned({Table::Holding, 0, 999}, device),
             QStringLiteral("holding 0-99, holding 101, holding 300-700, holding 999"));
    QCOMPARE(scanned({Table::Holding, 101, 101}, device), QStringLiteral("holding 101"));
    QCOMPARE(scanned({Table::Holding, 102, 299}, device), QString());
    QCOMPARE(scanned({Table::Coil, 0, 65535}, device), QStringLiteral("coil 5-2100, coil 65535"));
    int requests = 0;
    QCOMPARE(scanned({Table::Holding, 325, 699}, device, &requests), QStringLiteral("holding 325-699"));
    QCOMPARE(requests, 3);
  }

  void smallReadsOfADeviceMakeOneRange() {
    Device device;
    device.served[Table::Input] = {{Table::Input, 0, 499}};
    device.largestRead = 10;
    QCOMPARE(scanned({Table::Input, 0, 499}, device), QStringLiteral("input 0-499"));
  }

  void aSilentDeviceEndsAScan() {
    RangeScan scan({Table::Holding, 100, 999});
    scan.answered(QByteArray(250, '\1'));
    int requests = 0;
    while (scan.block() && requests < 100) {
      scan.unanswered();
      ++requests;
    }
    QCOMPARE(requests, 4);
    QCOMPARE(scan.givenUpAt(), std::optional(225));
    const QList<FoundRange> found = scan.takeFound();
    QCOMPARE(found.size(), 1);
    QCOMPARE(found[0].range, (AddressRange{Table::Holding, 100, 224}));
    QCOMPARE(found[0].values, Registers(125, 0x0101));
    QVERIFY(scan.takeFound().isEmpty());
  }

  void tellsWhoIsThere() {
    QMap<int, Device> units;
    units[1].served = {{Table::Holding, {{Table::Holding, 0, 9}}}, {Table::Coil, {{Table::Coil, 8, 9}}}};
    units[1].identity = wholeIdentity;
    units[4].served = {{Table::Holding, {}}};
    FaultyServer server;
    server.behaviour = [&, play = playing(units)](QTcpSocket *client, const Frame &request) {
      if (request.unit != 5) return play(client, request);
      client->write(encodeMbap({request.transaction, request.unit, exception(request, 11)}));
    };
    ProberUnderTest test(tcp(server.port()) + QStringLiteral(" --units 1-5 --timeout-ms 100"));
    QVERIFY2(test.error.isEmpty(), qPrintable(test.error));
    QCOMPARE(test.first, QStringLiteral("asking %1 for unit ids 1-5, up to 100 ms each").arg(tcp(server.port())));
    QTRY_VERIFY(test.exitCode);
    QCOMPARE(test.text(), QStringLiteral("unit 1                  answers in T (median of 5; T at best)\n"
                                         "  coil                  at address 0: exception 2 (illegal data address)\n"
                                         "  discrete              exception 1 (illegal function)\n"
                                         "  input                 exception 1 (illegal function)\n"
                                         "  holding               can be read\n"
                                         "  VendorName            \"Acme\"\n"
                                         "  ProductCode           \"X1\"\n"
                                         "  MajorMinorRevision    \"1.2\"\n"
                                         "  ProductName           \"Pump\"\n"
                                         "  object 128            \"\\x1b[m\"\n"
                                         "unit 4                  answers in T (median of 5; T at best)\n"
                                         "  coil                  exception 1 (illegal function)\n"
                                         "  discrete              exception 1 (illegal function)\n"
                                         "  input                 exception 1 (illegal function)\n"
                                         "  holding               at address 0: exception 2 (illegal data address)\n"
                                         "  identification        none: exception 1 (illegal function)\n"
                                         "no answer: 2-3\n"
                                         "not reached, says the gateway: 5\n"
                                         "2 of 5 unit ids answer: 1, 4\n"));
    QCOMPARE(test.exitCode, std::optional(0));
    QCOMPARE(units[1].identityRequests, 3);
  }

  void tellsWhatCanBeRead() {
    QMap<int, Device> units;
    units[7].served = {{Table::Holding, {{Table::Holding, 0, 1}, {Table::Holding, 300, 599}}},
                       {Table::Input, {}},
                       {Table::Discrete, {{Table::Discrete, 3, 4}}}};
    FaultyServer server;
    server.behaviour = playing(units);
    ProberUnderTest test(tcp(server.port()) +
                         QStringLiteral(" --units 7 --registers holding:0-999,discrete:0-4,input:2-9 --values"));
    QTRY_VERIFY(test.exitCode);
    const QString text = test.text();
    const QString scan = text.mid(text.indexOf(u"  discrete 3-4"));
    QVERIFY2(scan.startsWith(QStringLiteral("  discrete 3-4          2 addresses\n"
                                            "    discrete 3          1\n"
                                            "    discrete 4          0\n"
                                            "  input 2-9             none can be read: exception 2 (illegal data "
                                            "address)\n"
                                            "  holding 0-1           2 addresses\n"
                                            "    holding 0           0x0000  0\n"
                                            "    holding 1           0x0001  1\n"
                                            "  holding 300-599       300 addresses\n"
                                            "    holding 300         0x012c  300\n")),
             qPrintable(scan));
    QVERIFY2(scan.endsWith(QStringLiteral("    holding 599         0x0257  599\n"
                                          "304 addresses can be read\n"
                                          "1 of 1 unit ids answer: 7\n")),
             qPrintable(scan));
    QCOMPARE(units[7].functions, (QSet<quint8>{1, 2, 3, 4, 43}));
  }

  void whatIsFoundIsReadBackByThePlugin() {
    QMap<int, Device> units;
    units[1].served = {{Table::Holding, {{Table::Holding, 10, 12}}}, {Table::Coil, {{Table::Coil, 1, 2}}}};
    units[3].served = {{Table::Input, {{Table::Input, 500, 500}}}};
    FaultyServer server;
    server.behaviour = playing(units);
    const QString csv = m_folder.filePath(QStringLiteral("found.csv"));
    ProberUnderTest test(tcp(server.port()) + QStringLiteral(" --units 1,3 --scan --csv ") + csv);
    QTRY_COMPARE(test.exitCode, std::optional(0));

    const QByteArray json = "{\"endpoint\": \"tcp://plc\", \"points\": [{\"$csv\": \"" + csv.toUtf8() + "\"}]}";
    Problems problems;
    const ConfigNode node = parseJson(json, QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    auto config = reader.read<ModbusConfig>();
    QVERIFY(config);
    const QList<ModbusPoint> points = config->settlePoints(reader);
    QVERIFY2(problems.isEmpty(), qPrintable(problems.isEmpty() ? QString() : toText(problems.first())));
    QCOMPARE(points.size(), 6);
    QCOMPARE(points[0].name, QStringLiteral("unit1/coil/1"));
    QCOMPARE(points[5].unit, quint8(3));
    SourceUnderTest source(server.port(), points, 1000);
    source.source->start();
    const QList<Value> due{true, false, qint64(10), qint64(11), qint64(12), qint64(500)};
    for (int i = 0; i < due.size(); ++i) {
      QTRY_COMPARE(source.quality(i), QStringLiteral("good"));
      QVERIFY2(source.value(i) == due[i], qPrintable(points[i].name));
    }

    // What stands there already is not written over.
    ProberUnderTest again(tcp(server.port()) + QStringLiteral(" --scan --csv ") + csv);
    QVERIFY2(again.error.contains(u"a new file"), qPrintable(again.error));
  }

  void aSilentServerIsNobody() {
    FaultyServer server;
    server.behaviour = [](QTcpSocket *, const Frame &) {};
    const QString csv = m_folder.filePath(QStringLiteral("nothing.csv"));
    ProberUnderTest test(tcp(server.port()) + QStringLiteral(" --units 1-3 --timeout-ms 30 --scan --csv ") + csv);
    QTRY_COMPARE(test.exitCode, std::optional(69));
    QCOMPARE(test.text(),
             QStringLiteral("no answer: 1-3\n0 addresses can be read\nnobody answers at %1\n").arg(tcp(server.port())));
    QCOMPARE(server.requests.size(), 3);
    QCOMPARE(server.connections, 3);
    QVERIFY(!QFile::exists(csv));
  }

  void noServerIsSaid() {
    quint16 port = 0;
    {
      FaultyServer placeholder;
      port = placeholder.port();
    }
    ProberUnderTest test(tcp(port));
    QTRY_COMPARE(test.exitCode, std::optional(69));
    QCOMPARE(test.lines, QStringList(QStringLiteral("no connection to %1: Connection refused").arg(tcp(port))));
  }

  void aServerThatNeverLetsAskIsSaid_data() {
    QTest::addColumn<QByteArray>("banner");
    QTest::addColumn<bool>("hangsUp");
    QTest::addColumn<QString>("why");
    const QString closed = QStringLiteral("The remote host closed the connection");
    QTest::newRow("hangs up") << QByteArray() << true << closed;
    QTest::newRow("says why and hangs up") << QByteArray("Port already in use\r\n") << true << closed;
    QTest::newRow("talks") << QByteArray(100'000, 'x') << false << QStringLiteral("bytes that nobody asked for");
  }
  void aServerThatNeverLetsAskIsSaid() {
    QFETCH(QByteArray, banner);
    QFETCH(bool, hangsUp);
    QFETCH(QString, why);
    FaultyServer server;
    server.behaviour = [](QTcpSocket *, const Frame &) {};
    server.onConnect = [&](QTcpSocket *client) {
      client->write(banner);
      if (hangsUp) client->disconnectFromHost();
    };
    // Before the first question a line has to be silent for a moment, behind a device server too. On a machine that is
    // very busy one may get through all the same: then the next unit is on.
    const QString address = QStringLiteral("rtu+") + tcp(server.port());
    ProberUnderTest test(address + QStringLiteral(" --units 1-247 --timeout-ms 50"));
    QTRY_COMPARE(test.exitCode, std::optional(69));
    QCOMPARE(test.lines.last(), QStringLiteral("no connection to %1 lasts: the last of 5 in a row ended before a "
                                               "question could be asked: %2")
                                    .arg(address, why));
    QVERIFY(server.connections >= 5);
  }

  void aDeviceThatHangsUpAfterEachAnswerIsReadToTheEnd() {
    QMap<int, Device> units;
    units[1].served = {{Table::Holding, {{Table::Holding, 0, 9}}}};
    FaultyServer server;
    server.behaviour = [play = playing(units)](QTcpSocket *client, const Frame &request) {
      play(client, request);
      client->disconnectFromHost();
    };
    ProberUnderTest test(tcp(server.port()) + QStringLiteral(" --units 1 --registers holding:0-9"));
    QTRY_COMPARE(test.exitCode, std::optional(0));
    QVERIFY2(test.text().contains(u"  holding 0-9           10 addresses\n"), qPrintable(test.text()));
  }

  void aServerThatIsNotModbusIsSaid() {
    FaultyServer server;
    server.behaviour = [](QTcpSocket *client, const Frame &request) {
      if (request.unit == 1) client->write("SSH-2.0-OpenSSH_9.2p1\r\n");
      if (request.unit == 2) client->abort();
      if (request.unit == 3) client->write(encodeMbap({request.transaction, 9, QByteArray::fromHex("03020000")}));
    };
    ProberUnderTest test(tcp(server.port()) + QStringLiteral(" --units 1-3"));
    QTRY_COMPARE(test.exitCode, std::optional(69));
    QCOMPARE(test.lines.size(), 4);
    QVERIFY2(test.lines[0].startsWith(u"unit 1                  no usable answer: protocol id"),
             qPrintable(test.lines[0]));
    QVERIFY2(test.lines[1].contains(u"no usable answer: The remote host closed"), qPrintable(test.lines[1]));
    QVERIFY2(test.lines[2].contains(u"unit id 9 in the answer"), qPrintable(test.lines[2]));
  }

  void oneDeviceThatAnswersForAllIsSaid() {
    FaultyServer server;
    Device device;
    device.served = {{Table::Holding, {{Table::Holding, 0, 0}}}};
    server.behaviour = [&](QTcpSocket *client, const Frame &request) {
      client->write(encodeMbap({request.transaction, request.unit, device.answer(request)}));
    };
    ProberUnderTest test(tcp(server.port()) + QStringLiteral(" --units 1-4"));
    QTRY_COMPARE(test.exitCode, std::optional(0));
    QVERIFY2(test.text().contains(u"perhaps one device"), qPrintable(test.text()));
    QCOMPARE(test.lines.last(), QStringLiteral("4 of 4 unit ids answer: 1-4"));
  }

  void anIdentityThatNeverEndsDoesEnd() {
    QMap<int, Device> units;
    units[1].served = {{Table::Holding, {{Table::Holding, 0, 0}}}};
    // More follows, always at object 0.
    for (int i = 0; i < 1000; ++i)
      units[1].identity.append(QByteArray::fromHex("0101FF0001") + QByteArray::fromHex("000141"));
    FaultyServer server;
    server.behaviour = playing(units);
    ProberUnderTest test(tcp(server.port()) + QStringLiteral(" --units 1"));
    QTRY_COMPARE(test.exitCode, std::optional(0));
    QCOMPARE(units[1].identityRequests, 2);
    QVERIFY2(test.text().contains(u"  VendorName            \"A\"\n"), qPrintable(test.text()));
  }

  void aDeviceThatFallsSilentLeavesTheRestOut() {
    QMap<int, Device> units;
    units[1].served = {{Table::Holding, {{Table::Holding, 0, 999}}}};
    FaultyServer server;
    server.behaviour = [&, play = playing(units)](QTcpSocket *client, const Frame &request) {
      const bool isBehind = request.pdu.size() == 5 && wordAt(request.pdu, 1) >= 250;
      if (!isBehind) play(client, request);
    };
    ProberUnderTest test(tcp(server.port()) + QStringLiteral(" --units 1 --timeout-ms 50 --registers holding:0-999"));
    QTRY_COMPARE(test.exitCode, std::optional(0));
    QVERIFY2(test.text().contains(QStringLiteral("  holding 0-249         250 addresses\n"
                                                 "  holding 250-999       left out: no answer within 50 ms, time and "
                                                 "again\n"
                                                 "250 addresses can be read\n")),
             qPrintable(test.text()));
  }

  void busyIsAskedAgain() {
    QMap<int, Device> units;
    units[1].served = {{Table::Holding, {{Table::Holding, 0, 9}}}};
    FaultyServer server;
    int busy = 0;
    server.behaviour = [&, play = playing(units)](QTcpSocket *client, const Frame &request) {
      const bool isBlock = request.pdu.size() == 5 && wordAt(request.pdu, 3) == 10;
      if (!isBlock || ++busy == 3) return play(client, request);
      client->write(encodeMbap({request.transaction, request.unit, exception(request, 6)}));
    };
    ProberUnderTest test(tcp(server.port()) + QStringLiteral(" --units 1 --registers holding:0-9"));
    QTRY_COMPARE(test.exitCode, std::optional(0));
    QVERIFY2(test.text().contains(u"  holding 0-9           10 addresses\n"), qPrintable(test.text()));
    QCOMPARE(busy, 3);
  }
};

TAGWIRE_TEST(TestModbusProbe)

}  // namespace tst_modbus_probe

#include "tst_modbus_probe.moc"
