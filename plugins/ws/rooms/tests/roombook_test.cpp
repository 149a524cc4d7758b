// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QTest>

#include "roomstesting.h"
#include "testprogram.h"

namespace roombook_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

/// A house, and what a restart makes of it.
struct House {
  House() { restart(); }
  void restart() {
    book.reset();
    book = RoomBook::join(config, context);
    book->open(context);
  }
  QString nameOf(int id) const { return book->rooms().value(id).name; }
  QString file() const { return context.dataDir() + QLatin1String("/rooms.json"); }
  void writeFile(const QByteArray &content) {
    book.reset();
    QFile target(file());
    QVERIFY(target.open(QIODevice::WriteOnly));
    target.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    target.write(content);
  }
  /// One that is kept for a minute.
  tl::expected<int, Refusal> send(std::chrono::seconds after = 60s) {
    const QString expires = toIso(context.clock().now() + after);
    const QByteArray text =
        quoted("{'type':'notice','persist':true,'data':{'expires_at':'%'}}").replace("%", expires.toLatin1());
    const auto broadcast = Broadcast::fromJson(QJsonDocument::fromJson(text).object(), context.clock().now());
    if (!broadcast) return tl::unexpected(Refusal{400, broadcast.error(), {}});
    return book->broadcast(*broadcast);
  }

  RoomsContext context;
  WsConfig config = houseConfig();
  std::shared_ptr<RoomBook> book;
};

struct Ear : RoomAudience {
  void reseeded() override { ++reseedings; }
  int reseedings = 0;
  void roomChanged(const Room &room, RoomAction action) override {
    heard << QStringLiteral("%1 %2 %3").arg(QLatin1String(wordOf(action))).arg(room.id).arg(room.name);
  }
  int deliver(const Broadcast &) override { return 1; }
  QStringList heard;
};

}  // namespace

class RoomBookTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R4_8_restartKeepsWhatRestChanged();
  void R4_8_manifestRenamesWhatRestLeftAlone();
  void R4_8_deletedRoomComesBackByRestOnly();
  void R4_8_idsAreGivenOnce();
  void R4_8_refusals();
  void R4_8_gatewaysShareRooms();
  void R4_8_damagedFileIsPutAside_data();
  void R4_8_damagedFileIsPutAside();
  void R4_8_unreadableFileIsNotReplaced();
  void R4_8_failedWriteIsToldAndTriedAgain();
  void R4_8_lastChangeIsWrittenWhenItStops();
  void R4_5_everyChangeIsTold();
  void R4_10_keptBroadcastsOutliveARestart();
  void R4_10_atMost256AreKept();
};

void RoomBookTest::R4_8_restartKeepsWhatRestChanged() {
  House house;
  QCOMPARE(house.nameOf(1), QStringLiteral("Living Room"));
  QVERIFY(!QFile::exists(house.file()));
  QCOMPARE(house.book->create(std::nullopt, QStringLiteral("Study"))->id, 3);
  QVERIFY(house.book->rename(1, QStringLiteral("Lounge")));
  QVERIFY(house.book->remove(2));
  QVERIFY(waitForDisk(*house.book));
  QCOMPARE(QFile::permissions(house.file()) & ~(QFile::ReadUser | QFile::WriteUser),
           QFile::Permissions(QFile::ReadOwner | QFile::WriteOwner));
  house.restart();
  QCOMPARE(house.book->rooms().keys(), (QList<int>{1, 3}));
  QCOMPARE(house.nameOf(1), QStringLiteral("Lounge"));
  QCOMPARE(house.nameOf(3), QStringLiteral("Study"));
}

void RoomBookTest::R4_8_manifestRenamesWhatRestLeftAlone() {
  House house;
  QVERIFY(house.book->rename(1, QStringLiteral("Lounge")));
  house.config.rooms = {{1, QStringLiteral("Salon")}, {2, QStringLiteral("Galley")}};
  house.restart();
  QCOMPARE(house.nameOf(1), QStringLiteral("Lounge"));
  QCOMPARE(house.nameOf(2), QStringLiteral("Galley"));
}

void RoomBookTest::R4_8_deletedRoomComesBackByRestOnly() {
  House house;
  QVERIFY(house.book->remove(2));
  house.restart();
  QVERIFY(!house.book->rooms().contains(2));
  QVERIFY(house.book->create(2, QStringLiteral("Pantry")));
  house.restart();
  QCOMPARE(house.nameOf(2), QStringLiteral("Pantry"));
}

void RoomBookTest::R4_8_idsAreGivenOnce() {
  House house;
  QCOMPARE(house.book->create(std::nullopt, QStringLiteral("Study"))->id, 3);
  QVERIFY(house.book->remove(3));
  house.restart();
  QCOMPARE(house.book->create(std::nullopt, QStringLiteral("Attic"))->id, 4);
  QVERIFY(house.book->create(2147483647, QStringLiteral("Roof")));
  QCOMPARE(house.book->create(std::nullopt, QStringLiteral("Cellar"))->id, 5);
}

void RoomBookTest::R4_8_refusals() {
  House house;
  QCOMPARE(house.book->create(1, QStringLiteral("Again")).error().status, 409);
  QCOMPARE(house.book->rename(9, QStringLiteral("Nowhere")).error().status, 404);
  QCOMPARE(house.book->remove(9).error().status, 404);
  for (int id = 3; id <= mostRooms; ++id) QVERIFY(house.book->create(std::nullopt, QStringLiteral("Cell")));
  QCOMPARE(house.book->create(std::nullopt, QStringLiteral("One more")).error().status, 409);
}

void RoomBookTest::R4_8_gatewaysShareRooms() {
  House house;
  RoomsContext second(QStringLiteral("web2"), &house.context);
  WsConfig config = houseConfig();
  Problems problems;
  const ConfigNode node =
      parseJson("{\"rooms\":[{\"id\":1}],\"entities\":[{\"id\":1}]}", QStringLiteral("t"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  RoomBook::check(config, second, reader);
  QCOMPARE(problems.size(), 3);
  QVERIFY2(toText(problems[0]).contains(QStringLiteral("rooms[0].id: room 1 is given by plc1")),
           qPrintable(toText(problems[0])));
  QVERIFY2(toText(problems[2]).contains(QStringLiteral("light.living_room")), qPrintable(toText(problems[2])));

  config.rooms = {{7, QStringLiteral("Annex")}};
  config.entities.clear();
  house.book.reset();
  house.book = RoomBook::join(house.config, house.context);
  QCOMPARE(RoomBook::join(config, second), house.book);
  house.book->open(second);
  QCOMPARE(house.book->rooms().keys(), (QList<int>{1, 2, 7}));
}

void RoomBookTest::R4_8_damagedFileIsPutAside_data() {
  QTest::addColumn<QByteArray>("content");
  QTest::newRow("empty") << QByteArray();
  QTest::newRow("cut off") << quoted("{'version':1,'rooms':[{'id':3,");
  QTest::newRow("no object") << QByteArray("[]");
  QTest::newRow("newer") << quoted("{'version':2,'rooms':[]}");
  QTest::newRow("no id") << quoted("{'version':1,'rooms':[{'name':'Study'}]}");
  QTest::newRow("no name") << quoted("{'version':1,'rooms':[{'id':3}]}");
  QTest::newRow("no broadcast") << quoted("{'version':1,'broadcasts':[{'type':'x'}]}");
  QTest::newRow("not kept") << quoted("{'version':1,'broadcasts':[{'type':'x','data':{}}]}");
}

void RoomBookTest::R4_8_damagedFileIsPutAside() {
  QFETCH(QByteArray, content);
  House house;
  house.writeFile(content);
  house.restart();
  QCOMPARE(house.book->rooms().keys(), (QList<int>{1, 2}));
  QFile aside(house.file() + QLatin1String(".damaged"));
  QVERIFY(aside.open(QIODevice::ReadOnly));
  QCOMPARE(aside.readAll(), content);
  QVERIFY(house.book->rename(1, QStringLiteral("Lounge")));
  QVERIFY(waitForDisk(*house.book));
}

void RoomBookTest::R4_8_unreadableFileIsNotReplaced() {
  House house;
  house.book.reset();
  QVERIFY(QDir(house.context.dataDir()).mkdir(QStringLiteral("rooms.json")));
  house.restart();
  QCOMPARE(house.book->rooms().keys(), (QList<int>{1, 2}));
  QCOMPARE(house.book->rename(1, QStringLiteral("Lounge")).error().status, 503);
  QCOMPARE(house.book->create(std::nullopt, QStringLiteral("Study")).error().status, 503);
  QCOMPARE(house.book->remove(1).error().status, 503);
  QCOMPARE(house.send().error().status, 503);
  QCOMPARE(house.nameOf(1), QStringLiteral("Living Room"));
}

void RoomBookTest::R4_8_failedWriteIsToldAndTriedAgain() {
  House house;
  QVERIFY(QDir(house.context.dataDir()).removeRecursively());
  QVERIFY(house.book->rename(1, QStringLiteral("Lounge")));
  const auto kept = waitForDisk(*house.book);
  QVERIFY(!kept);
  QVERIFY2(kept.error().contains(QStringLiteral("rooms.json")), qPrintable(kept.error()));
  QVERIFY(QDir().mkpath(house.context.dataDir()));
  house.context.manualClock().advance(100s);
  house.book->tick(house.context.clock());
  QTRY_VERIFY(QFile::exists(house.file()));
  QVERIFY(waitForDisk(*house.book));
  house.restart();
  QCOMPARE(house.nameOf(1), QStringLiteral("Lounge"));
}

void RoomBookTest::R4_8_lastChangeIsWrittenWhenItStops() {
  House house;
  for (int i = 0; i < 100; ++i) QVERIFY(house.book->rename(1, QStringLiteral("Room %1").arg(i)));
  house.restart();
  QCOMPARE(house.nameOf(1), QStringLiteral("Room 99"));
}

void RoomBookTest::R4_5_everyChangeIsTold() {
  House house;
  Ear ear;
  house.book->enter(ear);
  QVERIFY(house.book->create(5, QStringLiteral("Study")));
  QVERIFY(house.book->rename(5, QStringLiteral("Library")));
  QVERIFY(house.book->rename(5, QStringLiteral("Library")));
  QVERIFY(house.book->remove(5));
  QCOMPARE(ear.heard, (QStringList{QStringLiteral("created 5 Study"), QStringLiteral("updated 5 Library"),
                                   QStringLiteral("deleted 5 Library")}));
  house.book->leave(ear);
}

void RoomBookTest::R4_10_keptBroadcastsOutliveARestart() {
  House house;
  QVERIFY(house.send(60s));
  QVERIFY(house.send(3600s));
  house.restart();
  QCOMPARE(house.book->kept().size(), 2);
  QCOMPARE(house.book->kept()[0].type, QStringLiteral("notice"));
  QCOMPARE(house.book->kept()[0].time, house.context.clock().now());
  house.context.manualClock().advance(60s);
  house.book->tick(house.context.clock());
  QCOMPARE(house.book->kept().size(), 1);
  house.restart();
  QCOMPARE(house.book->kept().size(), 1);
  QCOMPARE(house.book->lastNumber(), 2u);
}

void RoomBookTest::R4_10_atMost256AreKept() {
  House house;
  for (int i = 0; i < 255; ++i) QVERIFY(house.send(3600s));
  QVERIFY(house.send(60s));
  QCOMPARE(house.send().error().status, 409);
  house.context.manualClock().advance(60s);
  QVERIFY(house.send());
  house.restart();
  QCOMPARE(house.book->kept().size(), 256);
}

TAGWIRE_TEST(RoomBookTest)

}  // namespace roombook_test

#include "roombook_test.moc"
