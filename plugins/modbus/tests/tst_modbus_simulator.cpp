// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmath>

#include "modbusfixture.h"
#include "modbussimulator.h"
#include "rtu.h"
#include "testprogram.h"

namespace tst_modbus_simulator {

using namespace tagwire;
using namespace tagwire::modbus;
using namespace std::chrono_literals;

namespace {

ModbusPoint unitPoint(const char *name, Table table, int address, PointType type) {
  ModbusPoint point = makePoint(name, table, address, type);
  return point;
}

}  // namespace

class TestModbusSimulator : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

  QStringList argumentsFor(const QByteArray &csv) {
    const QString name = m_folder.filePath(QStringLiteral("points.csv"));
    QFile file(name);
    if (file.open(QIODevice::WriteOnly)) file.write(csv);
    return {QStringLiteral("--points"), name, QStringLiteral("--listen"), QStringLiteral("127.0.0.1:0")};
  }

 private Q_SLOTS:
  void motions() {
    Motion sine = *Motion::fromText(QStringLiteral("sine:10:20:4"));
    QCOMPARE(sine.next(0, 0, 0), 15.0);
    QCOMPARE(sine.next(1, 1, 0), 20.0);
    QCOMPARE(sine.next(3, 2, 0), 10.0);
    Motion ramp = *Motion::fromText(QStringLiteral("ramp:-1:1:10"));
    QCOMPARE(ramp.next(5, 5, 0), 0.0);
    QCOMPARE(ramp.next(12.5, 7.5, 0), -0.5);
    Motion square = *Motion::fromText(QStringLiteral("square:2"));
    QCOMPARE(square.next(0.9, 0, 0), 0.0);
    QCOMPARE(square.next(1.1, 0, 0), 1.0);
    Motion random = *Motion::fromText(QStringLiteral("random:0:5"));
    QSet<double> seen;
    for (int i = 0; i < 1000; ++i) {
      const double value = random.next(i, 1, 0);
      QVERIFY(value >= 0 && value <= 5);
      seen.insert(value);
    }
    QVERIFY(seen.size() > 500);
    Motion follow = *Motion::fromText(QStringLiteral("follow:set:10"));
    QCOMPARE(follow.followedName(), QStringLiteral("set"));
    QVERIFY(std::abs(follow.next(10, 10, 100) - 63.2) < 0.1);
    Motion constant = *Motion::fromText(QStringLiteral("constant:4.5"));
    QCOMPARE(constant.next(7, 1, 0), 4.5);
  }

  void motionsThatAreNone() {
    for (const char *text : {"", "sine", "sine:1:2", "sine:2:1:3", "sine:1:2:0", "sine:a:2:3", "square:-1",
                             "wobble:1:2", "follow:x", "ramp:0:inf:3"}) {
      const auto motion = Motion::fromText(QString::fromLatin1(text));
      QVERIFY2(!motion && motion.error().contains(u"allowed:"), text);
    }
  }

  void aTextStandsInNoNumber() {
    for (const char *type : {"int16", "float32", "bcd16", "float64"}) {
      for (const char *value : {"abc", "", "1,5", "nan"}) {
        ModbusSimulator simulator;
        const auto started = simulator.start(
            argumentsFor(QByteArray("name,register,type,x-sim\na,40001,") + type + ",\"constant:" + value + "\"\n"));
        QVERIFY2(!started && started.error().text.contains(u"allowed:"), value);
        QVERIFY2(started.error().text.contains(u"points[0].x-sim"), qPrintable(started.error().text));
      }
    }
    ModbusSimulator simulator;
    const auto started = simulator.start(argumentsFor("name,register,x-sim\na,00001,constant:on\n"));
    QVERIFY2(!started && started.error().text.contains(u"(allowed: 0 to 1)"), "a coil");
  }

  void servesWhatTheFileSays() {
    ManualClock clock;
    ModbusSimulator simulator(&clock);
    const auto line =
        simulator.start(argumentsFor("name,register,table,address,type,bit,scale,unit_id,length,writable,x-sim\n"
                                     "temp,40001,,,float32,,,,,true,ramp:60:80:20\n"
                                     "pressure,,input,10,uint16,,0.01,,,,constant:2.5\n"
                                     "run,00001,,,,,,,,true,square:20\n"
                                     "flag,40010,,,,3,,,,,constant:1\n"
                                     "name,40020,,,string,,,,8,,constant:Boiler 1\n"
                                     "far,40001,,,int16,,,7,,,constant:-5\n"));
    QVERIFY2(line, qPrintable(line ? QString() : line.error().text));
    QCOMPARE(*line, QStringLiteral("listening on 127.0.0.1:%1, 6 points").arg(simulator.port()));

    QList<ModbusPoint> points{unitPoint("temp", Table::Holding, 0, PointType::Float32),
                              unitPoint("pressure", Table::Input, 10, PointType::Uint16),
                              unitPoint("run", Table::Coil, 0, PointType::Bool),
                              unitPoint("flag", Table::Holding, 9, PointType::Bool),
                              unitPoint("name", Table::Holding, 19, PointType::String),
                              unitPoint("far", Table::Holding, 0, PointType::Int16),
                              unitPoint("absent", Table::Holding, 500, PointType::Int16)};
    points[1].format.scale = 0.01;
    points[3].format.bit = 3;
    points[4].format.length = 8;
    points[5].unit = 7;
    SourceUnderTest test(simulator.port(), points, 1000);
    test.source->start();
    QTRY_VERIFY(test.value(0) == Value(60.0));
    QTRY_VERIFY(test.value(1) == Value(2.5));
    QTRY_VERIFY(test.value(2) == Value(false));
    QTRY_VERIFY(test.value(3) == Value(true));
    QTRY_VERIFY(test.value(4) == Value(QStringLiteral("Boiler 1")));
    QTRY_VERIFY(test.value(5) == Value(qint64(-5)));
    QTRY_COMPARE(test.quality(6), QStringLiteral("bad:illegal_address"));

    clock.advance(15s);
    QTRY_VERIFY(test.value(0) == Value(75.0));
    QTRY_VERIFY(test.value(2) == Value(true));

    // What a client writes stays; the rest moves on.
    test.write(0, 12.5);
    QTRY_COMPARE(test.stepsText(), QStringLiteral("sent,acked,succeeded"));
    clock.advance(10s);
    QTRY_VERIFY(test.value(2) == Value(false));
    QVERIFY(test.value(0) == Value(12.5));
  }

  void followersNearTheirPoint() {
    ManualClock clock;
    ModbusSimulator simulator(&clock);
    const auto line =
        simulator.start(argumentsFor("name,register,type,writable,x-sim\n"
                                     "set,40001,float32,true,constant:10\n"
                                     "actual,30001,float32,,follow:set:1\n"));
    QVERIFY2(line, qPrintable(line ? QString() : line.error().text));
    SourceUnderTest test(simulator.port(),
                         {unitPoint("set", Table::Holding, 0, PointType::Float32),
                          unitPoint("actual", Table::Input, 0, PointType::Float32)},
                         1000);
    test.source->start();
    QTRY_COMPARE(test.quality(1), QStringLiteral("good"));
    test.write(0, 50.0);
    QTRY_COMPARE(test.stepsText(), QStringLiteral("sent,acked,succeeded"));
    simulator.move();
    clock.advance(20s);
    QTRY_VERIFY(std::abs(toNumber(test.value(1)).value_or(0) - 50) < 0.01);
  }

  void pointsWithoutAMotionMoveUnlessWritable() {
    ManualClock clock;
    ModbusSimulator simulator(&clock);
    QVERIFY(simulator.start(argumentsFor("name,register,type,writable\na,30001,int16,\nb,40001,int16,true\n")));
    SourceUnderTest test(
        simulator.port(),
        {unitPoint("a", Table::Input, 0, PointType::Int16), unitPoint("b", Table::Holding, 0, PointType::Int16)}, 1000);
    test.source->start();
    QTRY_VERIFY(test.value(0) == Value(qint64(50)));
    QTRY_VERIFY(test.value(1) == Value(qint64(0)));
    clock.advance(15s);
    QTRY_VERIFY(test.value(0) == Value(qint64(100)));
    QVERIFY(test.value(1) == Value(qint64(0)));
  }

  void saysWhatIsWrong_data() {
    QTest::addColumn<QByteArray>("csv");
    QTest::addColumn<QString>("error");
    QTest::newRow("motion") << QByteArray("name,register,type,x-sim\na,40001,int16,wobble\n")
                            << QStringLiteral("not a motion");
    QTest::newRow("does not fit") << QByteArray("name,register,type,x-sim\na,40001,int16,sine:0:40000:5\n")
                                  << QStringLiteral("does not fit into int16");
    QTest::newRow("register") << QByteArray("name,register,type\na,4,int16\n") << QStringLiteral("5 or 6 digits");
    QTest::newRow("column") << QByteArray("name,register,tipe\na,40001,int16\n") << QStringLiteral("points.csv:2:9");
    QTest::newRow("leader") << QByteArray("name,register,type,x-sim\na,40001,int16,follow:b:1\n")
                            << QStringLiteral("follows");
    QTest::newRow("empty") << QByteArray("name,register,type\n") << QStringLiteral("no points");
  }
  void saysWhatIsWrong() {
    QFETCH(QByteArray, csv);
    QFETCH(QString, error);
    ModbusSimulator simulator;
    const auto line = simulator.start(argumentsFor(csv));
    QVERIFY(!line);
    QVERIFY2(line.error().text.contains(error), qPrintable(line.error().text));
  }

  void helpIsNoError() {
    ModbusSimulator simulator;
    QSignalSpy finished(&simulator, &Tool::finished);
    const auto help = simulator.start({QStringLiteral("--help")});
    QVERIFY(help && help->startsWith(u"usage: tagwire sim modbus") && help->contains(u"x-sim"));
    QTRY_COMPARE(finished.size(), 1);
    QCOMPARE(finished.first().first().toInt(), 0);
  }

  void argumentsThatAreWrong() {
    const QStringList good = argumentsFor("name,register,type\na,40001,int16\n");
    const auto errorOf = [](const QStringList &arguments) {
      ModbusSimulator simulator;
      const auto line = simulator.start(arguments);
      return line ? QString() : line.error().text;
    };
    QVERIFY(errorOf({}).startsWith(u"--points is due\nusage:"));
    QVERIFY(errorOf(good + QStringList{QStringLiteral("more")}).startsWith(u"unexpected \"more\"\nusage:"));
    QVERIFY(errorOf(good + QStringList{QStringLiteral("--unit"), QStringLiteral("256")}).contains(u"255"));
    QVERIFY(errorOf(good + QStringList{QStringLiteral("--nonsense")}).contains(u"nonsense"));
    QVERIFY(errorOf({QStringLiteral("--points"), QStringLiteral("/nonexistent.csv")}).contains(u"can't read"));
    QVERIFY(errorOf(good + QStringList{QStringLiteral("--listen"), QStringLiteral("plc")}).contains(u"--listen"));
    ModbusSimulator first;
    QVERIFY(first.start(good));
    const QString busy = errorOf(
        good.first(2) + QStringList{QStringLiteral("--listen"), QStringLiteral("127.0.0.1:%1").arg(first.port())});
    QVERIFY2(busy.contains(u"can't listen"), qPrintable(busy));
    ModbusSimulator second;
    const auto refused =
        second.start(good.first(2) +
                     QStringList{QStringLiteral("--listen"), QStringLiteral("tcp://127.0.0.1:%1").arg(first.port())});
    QVERIFY(!refused && refused.error().portBusy);
    const auto wrongUse = second.start(good + QStringList{QStringLiteral("--delay-ms"), QStringLiteral("-1")});
    QVERIFY(!wrongUse && !wrongUse.error().portBusy);
    QVERIFY(errorOf(good + QStringList{QStringLiteral("--silent-unit"), QStringLiteral("x")}).contains(u"silent-unit"));
    QVERIFY(errorOf(good + QStringList{QStringLiteral("--listen"), QStringLiteral("rtu:///dev/tty-not-there")})
                .contains(u"can't open rtu:///dev/tty-not-there"));
    const QString secret =
        errorOf(good + QStringList{QStringLiteral("--listen"), QStringLiteral("tcp://u:hunter2@127.0.0.1:0")});
    QVERIFY2(secret.contains(u"--listen") && !secret.contains(u"hunter2"), qPrintable(secret));
  }

  void severalListenersUnitsAndWhatClientsMustBear() {
    const int line = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    QVERIFY(line >= 0 && ::grantpt(line) == 0 && ::unlockpt(line) == 0);
    const QString device = QString::fromLocal8Bit(::ptsname(line));
    ModbusSimulator simulator;
    const auto started = simulator.start(
        argumentsFor("name,register,type,unit_id,x-sim\n"
                     "a,40001,int16,1,constant:11\nb,40001,int16,2,constant:22\nc,40001,int16,3,constant:33\n") +
        QStringList{QStringLiteral("--listen"), QStringLiteral("rtu://%1?baud=115200").arg(device),
                    QStringLiteral("--silent-unit"), QStringLiteral("2"), QStringLiteral("--delay-ms"),
                    QStringLiteral("30")});
    QVERIFY2(started, qPrintable(started ? QString() : started.error().text));
    QCOMPARE(*started,
             QStringLiteral("listening on 127.0.0.1:%1, rtu://%2, 3 points").arg(simulator.port()).arg(device));

    QTcpSocket client;
    client.connectToHost(QStringLiteral("127.0.0.1"), simulator.port());
    client.write(
        QByteArray::fromHex("000100000006020300000001"
                            "000200000006030300000001"));
    QByteArray received;
    QTRY_COMPARE((received += client.readAll()).toHex(), QByteArray("0002000000050303020021"));

    const QByteArray request = encodeRtu({0, 1, readPdu(Table::Holding, 0, 1)});
    QCOMPARE(::write(line, request.constData(), static_cast<size_t>(request.size())), ssize_t(request.size()));
    QByteArray answer;
    QTRY_COMPARE(readFrom(line, answer).toHex(), encodeRtu({0, 1, QByteArray::fromHex("0302000b")}).toHex());
    QSignalSpy lines(&simulator, &Tool::line);
    ::close(line);
    QTRY_COMPARE(lines.size(), 1);
    QVERIFY(lines[0][0].toString().contains(u"is lost"));
  }

 private:
  static QByteArray readFrom(int descriptor, QByteArray &all) {
    char bytes[256];
    const ssize_t count = ::read(descriptor, bytes, sizeof bytes);
    if (count > 0) all.append(bytes, count);
    return all;
  }
};

TAGWIRE_TEST(TestModbusSimulator)

}  // namespace tst_modbus_simulator

#include "tst_modbus_simulator.moc"
