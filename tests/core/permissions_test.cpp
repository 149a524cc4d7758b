// SPDX-License-Identifier: Apache-2.0
#include "access/permissions.h"

#include <QtTest>
#include "testprogram.h"

namespace permissions_test {

using namespace tagwire;

class PermissionsTest : public QObject {
  Q_OBJECT
 private:
  static Permissions of(const QStringList &texts) {
    const auto permissions = Permissions::fromTexts(texts);
    if (!permissions) qFatal("%s", qPrintable(permissions.error()));
    return *permissions;
  }

 private Q_SLOTS:
  void allows_data();
  void allows();
  void nothingIsAllowedByDefault();
  void wholeOrSome();
  void exactNamesOnly();
  void nobodyHandsOutMoreThanTheyHave();
  void keysTellEqualRights();
  void wrongTexts_data();
  void wrongTexts();
};

void PermissionsTest::allows_data() {
  QTest::addColumn<QString>("permission");
  QTest::addColumn<QString>("what");
  QTest::addColumn<QString>("verb");
  QTest::addColumn<QString>("name");
  QTest::addColumn<bool>("expected");
  const auto row = [](const char *permission, const char *what, const char *verb, const char *name, bool expected) {
    QTest::addRow("%s: %s %s %s", permission, verb, what, name)
        << QString::fromLatin1(permission) << QString::fromLatin1(what) << QString::fromLatin1(verb)
        << QString::fromLatin1(name) << expected;
  };
  row("points:read", "points", "read", "plc1/temp", true);
  row("points:read", "points", "write", "plc1/temp", false);
  row("points:read", "positions", "read", "SIM1", false);
  row("points:boiler/*:read", "points", "read", "boiler/temp", true);
  row("points:boiler/*:read", "points", "read", "boiler/a/temp", false);
  row("points:boiler/#:read", "points", "read", "boiler/a/temp", true);
  row("points:boiler/*:read", "points", "read", "boiler2/temp", false);
  row("*:read", "alarms", "read", "hall", true);
  row("*:read", "device", "watch", "ems_001", true);
  row("*:read", "device", "publish", "ems_001", false);
  row("*:read", "ws", "stats", "", true);
  row("*:read", "ws", "broadcast", "", false);
  row("*:read", "tokens", "admin", "", false);
  row("alarms:*", "alarms", "ack", "hall", true);
  row("alarms:*", "points", "read", "plc1/temp", false);
  row("alarms:admin", "alarms", "read", "hall", true);
  row("alarms:admin", "alarms", "ack", "hall", false);
  row("alarms:ack", "alarms", "read", "hall", false);
  row("alarms:cold-store/*:read", "alarms", "read", "cold-store/room1", true);
  row("alarms:cold-store/*:read", "alarms", "read", "", false);
  row("*:*", "users", "admin", "", true);
  row("device:ems_001:publish", "device", "publish", "ems_001", true);
  row("device:ems_001:publish", "device", "publish", "ems_0011", false);
  row("device:ems_001:publish", "device", "watch", "ems_001", false);
}

void PermissionsTest::allows() {
  QFETCH(QString, permission);
  QFETCH(QString, what);
  QFETCH(QString, verb);
  QFETCH(QString, name);
  const QByteArray whatBytes = what.toLatin1();
  const QByteArray verbBytes = verb.toLatin1();
  QTEST(of({permission}).allow({whatBytes.constData(), verbBytes.constData()}, name), "expected");
}

void PermissionsTest::nothingIsAllowedByDefault() {
  QVERIFY(!Permissions().allowSome(right::readPoints));
  QVERIFY(!Permissions().allow(right::readPoints, u"plc1/temp"));
}

void PermissionsTest::wholeOrSome() {
  const Permissions some = of({QStringLiteral("points:boiler/#:read")});
  QVERIFY(some.allowSome(right::readPoints));
  QVERIFY(!some.allowAll(right::readPoints));
  QVERIFY(of({QStringLiteral("points:#:read")}).allowAll(right::readPoints));
  QVERIFY(of({QStringLiteral("points:read")}).allowAll(right::readPoints));
  Permissions both = some;
  both += of({QStringLiteral("*:read")});
  QVERIFY(both.allowAll(right::readPoints));
  QCOMPARE(both.texts().size(), 2);
}

void PermissionsTest::exactNamesOnly() {
  const QString id = QStringLiteral("ems_001");
  QVERIFY(of({QStringLiteral("device:ems_001:publish")}).nameExactly(right::publishDevice, id));
  for (const char *wide : {"device:*:publish", "device:#:publish", "device:publish", "*:*", "device:ems_001:*"}) {
    QVERIFY2(!of({QString::fromLatin1(wide)}).nameExactly(right::publishDevice, id), wide);
  }
}

void PermissionsTest::nobodyHandsOutMoreThanTheyHave() {
  const Permissions some = of({QStringLiteral("points:read"), QStringLiteral("alarms:hall/*:ack")});
  QVERIFY(some.cover(Permissions()));
  QVERIFY(some.cover(of({QStringLiteral("points:boiler/#:read"), QStringLiteral("alarms:hall/*:ack")})));
  QVERIFY(some.cover(of({QStringLiteral("alarms:hall/north:ack")})));
  QVERIFY(!some.cover(of({QStringLiteral("alarms:yard/north:ack")})));
  for (const char *more : {"points:write", "points:*", "*:read", "alarms:ack", "alarms:hall/#:ack", "*:*"}) {
    QVERIFY2(!some.cover(of({QString::fromLatin1(more)})), more);
    QVERIFY(of({QStringLiteral("*:*")}).cover(of({QString::fromLatin1(more)})));
  }
}

void PermissionsTest::keysTellEqualRights() {
  const Permissions one = of({QStringLiteral("points:a/*:read"), QStringLiteral("points:b:read")});
  const Permissions other = of({QStringLiteral("points:b:read"), QStringLiteral("alarms:ack"),
                                QStringLiteral("points:a/*:read"), QStringLiteral("points:b:read")});
  QCOMPARE(one.key(right::readPoints), other.key(right::readPoints));
  QVERIFY(one.key(right::readPoints) != of({QStringLiteral("points:read")}).key(right::readPoints));
  QVERIFY(one.key(right::readPoints) != Permissions().key(right::readPoints));
}

void PermissionsTest::wrongTexts_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("says");
  QTest::newRow("empty") << QString() << QStringLiteral("is no permission");
  QTest::newRow("no verb") << QStringLiteral("points") << QStringLiteral("allowed: <what>");
  QTest::newRow("misspelt") << QStringLiteral("pionts:read") << QStringLiteral("did you mean \"points\"");
  QTest::newRow("unknown verb") << QStringLiteral("points:ack") << QStringLiteral("allowed: read, write");
  QTest::newRow("empty pattern") << QStringLiteral("points::read") << QStringLiteral("empty pattern");
  QTest::newRow("wildcard in a level") << QStringLiteral("points:boil*:read") << QStringLiteral("wildcard within");
  QTest::newRow("rest before the end") << QStringLiteral("points:#/a:read") << QStringLiteral("# before its end");
}

void PermissionsTest::wrongTexts() {
  QFETCH(QString, text);
  QFETCH(QString, says);
  const auto permissions = Permissions::fromTexts({QStringLiteral("points:read"), text});
  QVERIFY(!permissions);
  QVERIFY2(permissions.error().contains(says), qPrintable(permissions.error()));
}

TAGWIRE_TEST(PermissionsTest)

}  // namespace permissions_test

#include "permissions_test.moc"
