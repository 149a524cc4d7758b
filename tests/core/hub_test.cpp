// SPDX-License-Identifier: Apache-2.0
#include "hub.h"

#include <QTest>
#include "testprogram.h"

namespace hub_test {

using namespace tagwire;

namespace {

/// Notes the hub's number of all it gets, and may answer each batch with an event.
class Listener : public Plugin, public Sink {
 public:
  explicit Listener(Hub &hub, Metrics &metrics, const QLoggingCategory &log)
      : m_hub(hub), runner(this, this, metrics, log, m_clock) {
    hub.addSink(this, &runner);
    runner.open();
  }
  void start() override {}
  void stop() override {}
  void write(const Samples &) override {
    seen << m_hub.sequence();
    if (answers) m_hub.raise(this, Event());
    Q_EMIT written();
  }
  void notify(const Event &event) override { seen << event.sequence; }

 private:
  Hub &m_hub;
  const Clock m_clock;

 public:
  SinkRunner runner;
  bool answers = false;
  QList<quint64> seen;
};

}  // namespace

class HubTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void allSeeTheSameOrder() {
    Metrics metrics;
    PointTable points;
    Hub hub(points, metrics);
    Listener answering(hub, metrics, m_log);
    Listener other(hub, metrics, m_log);
    answering.answers = true;
    for (int i = 0; i < 3; ++i) hub.publish(nullptr, {Sample()});
    QCOMPARE(answering.seen, (QList<quint64>{1, 3, 5}));       // never its own
    QCOMPARE(other.seen, (QList<quint64>{1, 2, 3, 4, 5, 6}));  // a batch before what it led to
    QVERIFY(hub.isIdle());
  }
  void twoThatAnswerEachOtherForEverDoNotStopTheLoop() {
    Metrics metrics;
    PointTable points;
    Hub hub(points, metrics);
    class Echo : public Listener {
     public:
      using Listener::Listener;
      Hub *hub = nullptr;
      void notify(const Event &event) override {
        if (hub && event.sequence < 50'000) hub->raise(this, Event());
      }
    };
    Echo first(hub, metrics, m_log);
    Echo second(hub, metrics, m_log);
    first.hub = second.hub = &hub;
    hub.raise(nullptr, Event());
    QVERIFY(hub.sequence() < 50'000);  // came back before it was over
    QTRY_VERIFY(hub.isIdle());
    QVERIFY(hub.sequence() >= 50'000);
  }
  void removedSinkGetsNothing() {
    Metrics metrics;
    PointTable points;
    Hub hub(points, metrics);
    Listener listener(hub, metrics, m_log);
    hub.removeSink(&listener);
    hub.publish(nullptr, {Sample()});
    QVERIFY(listener.seen.isEmpty());
  }
  void emptyBatchIsNone() {
    Metrics metrics;
    PointTable points;
    Hub hub(points, metrics);
    hub.publish(nullptr, {});
    QCOMPARE(hub.sequence(), quint64(0));
  }

 private:
  QLoggingCategory m_log{"tagwire.test", QtInfoMsg};
};

TAGWIRE_TEST(HubTest)

}  // namespace hub_test

#include "hub_test.moc"
