// SPDX-License-Identifier: Apache-2.0
#include "abusedprogram.h"
#include "crowd.h"
#include "testprogram.h"

namespace ws_idle_test {

using tagwire::ws::RawClient;

/// Ten thousand who stay and say nothing.
class WsIdleTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void tenThousandIdleClients();
};

void WsIdleTest::tenThousandIdleClients() {
  constexpr int clients = 10'000;
  constexpr qint64 mostBytes = 24 * 1024;
  if (Crowd::raiseDescriptorLimit() < clients + 100) QSKIP("this process may not have 10,000 descriptors");
  AbusedProgram program;
  QVERIFY2(program.start("'auth':{'anonymous':['*:read']},'endpoints':[{'path':'/ws/live','protocol':'live',"
                         "'limits':{'connections':20000}}]"),
           qPrintable(program.log()));
  QCOMPARE(http(program.port(), "GET", "/healthz").status, 200);
  const qint64 before = program.residentKiB();
  Crowd crowd;
  int answered = 0;
  for (int opened = 0; opened < clients; opened += 500) {
    QVERIFY(crowd.open(program.port(), 500, RawClient::upgradeHead("/ws/live")));
    QTRY_COMPARE((answered += crowd.answered("HTTP/1.1 101")), opened + 500);
  }
  QTRY_COMPARE(program.metric("tagwire_ws_sessions", {"/ws/live"}), double{clients});
  const qint64 bytes = (program.residentKiB() - before) * 1024 / clients;
  qInfo() << bytes << "bytes of memory for each of" << clients << "idle clients";
  QVERIFY(bytes <= mostBytes);

  // Beside them a client is served, and none of them was lost.
  RawClient client(program.port());
  QVERIFY(client.upgrade("/ws/live"));
  client.send(tagwire::ws::clientText(quoted("{'op':'ping'}")));
  QCOMPARE(client.nextFrame().payload, quoted("{'op':'pong'}"));
  QCOMPARE(crowd.closed(), 0);
  QCOMPARE(program.metric("tagwire_ws_sessions", {"/ws/live"}), clients + 1.0);
}

TAGWIRE_TEST(WsIdleTest)

}  // namespace ws_idle_test

#include "ws_idle_test.moc"
