// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDir>
#include <QtTest>

#include "rtls.h"
#include "testing/testcontext.h"

namespace tagwire::rtls {

/// The shell: fixes in by the service, samples and events out, with a real point table and a clock that stands still.
class RtlsFixture : public QObject {
 protected:
  void reset() {
    m_context = std::make_unique<TestContext>(QStringLiteral("uwb"));
    m_batches.clear();
    m_events.clear();
  }

  QString statePath(const char *end = "") {
    return m_context->dataDir() + QStringLiteral("/rtls-uwb.state") + QLatin1String(end);
  }

  /// `keys` may bring tags of its own.
  std::unique_ptr<Rtls> make(const QByteArray &keys = {}, TestContext *context = nullptr) {
    const QByteArray tags =
        keys.startsWith(",\"tags\"")
            ? QByteArray()
            : R"("tags":[{"id":"SIM1","name":"Employee Badge 1"},{"id":"FORK1","name":"Forklift 1"}],)";
    if (!context) context = m_context.get();
    Problems problems;
    const ConfigNode node = parseJson(
        R"({"managers":[{"name":"Manager1","host":"10.0.0.1","port":8001}],"length_unit":"ft",
      "zones":[{"id":417,"name":"Hall","level":"building","polygon":[[0,0],[100,0],[100,60],[0,60]],"z":[0,20]},
               {"id":418,"name":"Gate","level":"area","parent":417,"polygon":[[10,10],[20,10],[20,20],[10,20]],"z":[0,20]}],
      )" + tags +
            R"("triggers":[{"id":123,"name":"Entry Gate","zone":417,"direction":"OnEnter","regions":[{"polygon":[[10,10],[20,10],[20,20],[10,20]]}]},
                  {"id":125,"name":"Exit Gate","zone":417,"direction":"OnExit","regions":[{"polygon":[[10,10],[20,10],[20,20],[10,20]]}]},
                  {"id":124,"name":"Near forklift","zone":417,"direction":"OnEnter","portable":{"tag":"FORK1","radius":3}}])" +
            keys + "}",
        QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    auto rtls = makeRtls(reader, *context);
    for (const Problem &problem : std::as_const(problems)) qWarning() << toText(problem);
    if (!rtls) return nullptr;
    connect(rtls.get(), &Plugin::samplesReady, this, [this, context](const Samples &samples) {
      m_batches << samples;
      context->pointTable().update(samples);
    });
    connect(rtls.get(), &Plugin::eventRaised, this, [this](const Event &event) { m_events << event; });
    return rtls;
  }

  /// Empty when it was accepted, else the reason.
  QString take(Rtls &rtls, const char *tag, double x, double y, int sequence = -1, int zone = 0) {
    IncomingFix fix;
    fix.fix.tag = QString::fromLatin1(tag);
    fix.fix.type = QStringLiteral("Sim");
    fix.fix.sequence = sequence;
    fix.fix.zone = zone;
    fix.x = x;
    fix.y = y;
    fix.z = 1;
    fix.sender = QStringLiteral("test");
    QString reason = QStringLiteral("no answer");
    rtls.take([&](Result<bool> accepted) { reason = accepted ? QString() : accepted.error(); }, fix);
    return reason;
  }

  const Sample &last(const char *point) {
    const PointId id = m_context->points().find(QString::fromLatin1(point));
    if (id == PointId::None) qFatal("no point %s", point);
    return m_context->points().last(id);
  }

  /// Another context with the same data dir's content: its clock that only goes forward begins anew.
  void restartProgram(std::chrono::milliseconds downtime) {
    const Time now = m_context->clock().now();
    auto next = std::make_unique<TestContext>(QStringLiteral("uwb"));
    QVERIFY(QFile::copy(statePath(), next->dataDir() + QStringLiteral("/rtls-uwb.state")));
    next->manualClock().advance(std::chrono::seconds(7));
    next->manualClock().setNow(now + downtime);
    m_context = std::move(next);
    m_batches.clear();
    m_events.clear();
  }

  /// As it does when the loop comes by in time for whatever is due.
  void letTimePass(Rtls &rtls, std::chrono::milliseconds time) {
    for (auto left = time; left.count() > 0; left -= LoopWatch::slack) {
      m_context->manualClock().advance(std::min(left, LoopWatch::slack));
      rtls.answer([](const Result<HubAnswer> &) {}, HubRequest{"GET", {QStringLiteral("nothing")}, {}, {}, {}, {}});
    }
  }

  std::unique_ptr<TestContext> m_context;
  QList<Samples> m_batches;
  QList<Event> m_events;
};

}  // namespace tagwire::rtls
