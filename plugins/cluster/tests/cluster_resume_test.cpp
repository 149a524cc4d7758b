// SPDX-License-Identifier: Apache-2.0
#include <QTest>
#include <QTimer>

#include "clusternode.h"
#include "natsserver.h"
#include "testprogram.h"

namespace cluster_resume_test {

using namespace tagwire;
using namespace tagwire::cluster;
using namespace std::chrono_literals;

class ClusterResumeTest : public QObject {
  Q_OBJECT
 private:
  NatsServer m_server;

 private Q_SLOTS:
  void initTestCase() { QVERIFY(m_server.start()); }
  // A client of one gateway goes on at another, which is an edge as well: values of both edges and events, none
  // missing.
  void aClientGoesOnAtAnotherGateway() {
    Node hub(QStringLiteral("hub1"), "\"hub\"", m_server.url());
    Node edge(QStringLiteral("edge4"), "\"edge\"", m_server.url());
    Node first(QStringLiteral("gateway1"), "\"gateway\"", m_server.url());
    Node second(QStringLiteral("gateway2"), "[\"gateway\",\"edge\"]", m_server.url());
    const PointId far = edge.declare(QStringLiteral("plc4"), {.name = QStringLiteral("a")});
    const PointId own = second.declare(QStringLiteral("plc5"), {.name = QStringLiteral("b")});
    const PointId alone = first.declare(QStringLiteral("web"), {.name = QStringLiteral("c")});
    second.declare(QStringLiteral("web"), {.name = QStringLiteral("c")});
    // Their clocks go twice as fast, and the sources with them.
    QTimer ticking;
    double given = 0;
    connect(&ticking, &QTimer::timeout, this, [&] {
      for (Node *node : {&hub, &edge, &first, &second}) node->context->manualClock().advance(40ms);
      edge.give(far, ++given);
      second.give(own, given);
    });
    for (Node *node : {&hub, &edge, &first, &second}) node->cluster->start();
    second.give(second.find(QStringLiteral("web/c")), 1.0);
    ticking.start(20ms);
    const QString run = first.context->epoch();
    const auto placeAt = [&](quint64 after) {
      std::optional<ResumePoint> place;
      second.cluster->resumeAfter(
          [&](const Result<ResumePoint> &answer) {
            if (answer) place = *answer;
          },
          run, after);
      return place;
    };
    QTRY_VERIFY(placeAt(first.context->sequence()));
    // What the client has had: all up to this number. Then its gateway is gone.
    const quint64 after = first.context->sequence();
    first.cluster->stop();
    const double until = given + 20;
    const auto lastsAre = [&](double value) {
      return toNumber(second.lastOf(QStringLiteral("plc4/a"))).value_or(0) >= value &&
             toNumber(second.lastOf(QStringLiteral("plc5/b"))).value_or(0) >= value;
    };
    QTRY_VERIFY(lastsAre(until));
    ticking.stop();
    const auto place = placeAt(after);
    QVERIFY(place);
    for (const char *name : {"plc4/a", "plc5/b"}) {
      QSet<double> known;
      for (const auto &[number, sample] : first.numbered) {
        if (number <= after && sample.point == first.find(QLatin1String(name))) known << *toNumber(sample.value);
      }
      QVERIFY2(!known.isEmpty(), name);
      // It began with the bucket of last values, not with the first there was.
      const double begin = *std::min_element(known.cbegin(), known.cend());
      int again = 0;
      for (const auto &[number, sample] : second.numbered) {
        if (number <= place->after || sample.point != second.find(QLatin1String(name))) continue;
        again += known.contains(*toNumber(sample.value)) ? 1 : 0;
        known << *toNumber(sample.value);
      }
      for (double value = begin; value <= until; ++value)
        QVERIFY2(known.contains(value), qPrintable(QString::number(value)));
      QVERIFY2(again > 0, "so the clients would notice what is left out");
    }
    // Not what the other node could know: the last values of that come first.
    QVERIFY(first.context->points().last(alone).time == Time());
    QVERIFY(place->own->contains(second.find(QStringLiteral("web/c"))));
    QVERIFY(!place->own->contains(second.find(QStringLiteral("plc4/a"))));
    // A number from before all marks, and a run that nobody knows.
    QVERIFY(!placeAt(0));
    QString refused;
    second.cluster->resumeAfter(
        [&](const Result<ResumePoint> &answer) { refused = answer ? QString() : answer.error(); },
        QStringLiteral("no such run"), after);
    QVERIFY2(refused.contains(QStringLiteral("no node has said")), qPrintable(refused));
  }
};

TAGWIRE_TEST(ClusterResumeTest)

}  // namespace cluster_resume_test

#include "cluster_resume_test.moc"
