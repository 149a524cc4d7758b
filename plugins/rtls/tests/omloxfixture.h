// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QtTest>

#include <set>

#include "patience.h"
#include "rtls.h"
#include "testing/testcontext.h"

namespace tagwire::rtls {

inline QJsonValue json(const char *text) {
  const QByteArray wrapped = QByteArray("[") + text + ']';
  const QJsonDocument document = QJsonDocument::fromJson(wrapped);
  if (!document.isArray()) qFatal("no JSON: %s", text);
  return document.array().at(0);
}

/// Hears the topics it is told to want.
struct Listening : HubListener {
  bool wants(HubTopic topic, HubCrs crs) const override { return wanted.contains({topic, crs}); }
  void tell(const HubNews &each) override { news << each; }
  QJsonObject body(qsizetype index) const { return QJsonDocument::fromJson(news.value(index).json).object(); }
  QStringList texts(const char *field) const {
    QStringList all;
    for (qsizetype i = 0; i < news.size(); ++i) all << body(i).value(QLatin1String(field)).toString();
    return all;
  }

  std::set<std::pair<HubTopic, HubCrs>> wanted;
  QList<HubNews> news;
};

/// A hall of 100 × 60 ft with a gate in it, two listed tags, and a trigger at the gate.
inline const QByteArray hall =
    "\"length_unit\":\"ft\",\"zones\":[{\"id\":417,\"name\":\"Hall\",\"level\":\"building\",\"polygon\":[[0,0],[100,0],"
    "[100,60],[0,60]],\"z\":[0,20]},{\"id\":418,\"name\":\"Gate\",\"level\":\"area\",\"parent\":417,\"polygon\":[[10,"
    "10],"
    "[20,10],[20,20],[10,20]],\"z\":[0,20]}],\"tags\":[{\"id\":\"SIM1\",\"name\":\"Badge 1\"},{\"id\":\"SIM2\"}],"
    "\"triggers\":[{\"id\":123,\"name\":\"Entry Gate\",\"zone\":417,\"direction\":\"OnEnter\",\"regions\":[{\"circle\":"
    "{\"center\":[50,30],\"radius\":10},\"z\":[0,10]}]}]";
/// The same in metres, and where it lies on earth: x to the east, y to the north.
inline const QByteArray yard =
    "\"zones\":[{\"id\":1,\"name\":\"Yard\",\"level\":\"campus\",\"polygon\":[[0,0],[1000,0],[1000,1000],[0,1000]]}],"
    "\"georeference\":{\"points\":[{\"local\":[0,0],\"wgs84\":[8,50]},{\"local\":[0,1000],\"wgs84\":[8,50.00899]}]}";

/// The host of an instance; what instances share is the first one's.
struct OmloxContext : TestContext {
  explicit OmloxContext(const QString &id, OmloxContext *shareWith = nullptr) : TestContext(id), first(shareWith) {}
  std::shared_ptr<void> sharedObject(const char *name, const std::function<std::shared_ptr<void>()> &make) override {
    return first ? first->sharedObject(name, make) : TestContext::sharedObject(name, make);
  }
  OmloxContext *first;
};

/// Running instances of one program.
struct OmloxFixture {
  explicit OmloxFixture(const QByteArray &keys = hall) { start(keys); }

  Rtls &start(const QByteArray &keys, TestContext *other = nullptr) {
    TestContext &host = other ? *other : context;
    Problems problems;
    const QByteArray manager = "{\"name\":\"" + host.id().toLatin1() + "\",\"host\":\"10.0.0.1\",\"port\":8001}";
    const ConfigNode node =
        parseJson("{\"managers\":[" + manager + "]," + keys + '}', QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    instances.push_back(makeRtls(reader, host));
    for (const Problem &problem : std::as_const(problems)) qWarning() << toText(problem);
    if (!instances.back()) qFatal("no instance");
    instances.back()->start();
    return *instances.back();
  }
  /// The program ends and starts again with what is in its data dir.
  void restart(const QByteArray &keys = hall) {
    instances.front()->stop();
    instances.clear();
    restarted = std::make_unique<OmloxContext>(context.id());
    restarted->manualClock().setNow(context.clock().now());
    const QDir before(context.dataDir());
    for (const QString &file : before.entryList(QDir::Files)) {
      QFile::copy(before.filePath(file), QDir(restarted->dataDir()).filePath(file));
    }
    start(keys, restarted.get());
  }
  HubAnswer ask(const char *method, const QString &path, const QByteArray &body = {}, const QString &crs = {}) {
    HubAnswer answer{0, {}};
    const QStringList segments = path.split(u'/', Qt::SkipEmptyParts);
    instances.front()->answer(
        [&](Result<HubAnswer> given) {
          answer = given.value_or(HubAnswer{599, {}});
        },
        HubRequest{method, segments, crs, body, permissions, QStringLiteral("test")});
    return testing::waitFor([&] { return answer.status != 0; }) ? answer : HubAnswer{598, {}};
  }
  QJsonArray list(const QString &path) {
    return QJsonDocument::fromJson(ask("GET", path, {}, QStringLiteral("local")).json).array();
  }
  QJsonObject object(const QString &path, const QString &crs = QStringLiteral("local")) {
    return QJsonDocument::fromJson(ask("GET", path, {}, crs).json).object();
  }
  static QString message(const HubAnswer &answer) {
    return QJsonDocument::fromJson(answer.json)[u"message"].toString();
  }
  /// A fix as the gateway hands them in; empty when it was accepted.
  QString fix(const char *tag, double x, double y, double z = 1) {
    IncomingFix fix;
    fix.fix.tag = QString::fromLatin1(tag);
    fix.fix.type = QStringLiteral("UWB");
    fix.x = x;
    fix.y = y;
    fix.z = z;
    fix.sender = QStringLiteral("gateway");
    QString reason;
    instances.front()->take([&](Result<bool> taken) { reason = taken ? QString() : taken.error(); }, fix);
    return reason;
  }
  std::shared_ptr<Listening> listen(std::set<std::pair<HubTopic, HubCrs>> wanted) {
    auto listening = std::make_shared<Listening>();
    listening->wanted = std::move(wanted);
    instances.front()->listen([](Result<bool>) {}, listening);
    return listening;
  }
  /// The loop comes by now and then.
  void wait(std::chrono::milliseconds time) {
    for (auto left = time; left.count() > 0; left -= LoopWatch::interval) {
      context.manualClock().advance(std::min(left, LoopWatch::interval));
      instances.front()->answer([](const Result<HubAnswer> &) {},
                                HubRequest{"GET", {QStringLiteral("nothing")}, {}, {}, permissions, {}});
    }
  }

  OmloxContext context{QStringLiteral("uwb")};
  Permissions permissions = *Permissions::fromTexts({QStringLiteral("*:*")});
  std::unique_ptr<OmloxContext> restarted;
  std::vector<std::unique_ptr<Rtls>> instances;
};

/// Two of one program.
struct TwoInstances : OmloxFixture {
  TwoInstances(const QByteArray &first, const char *other, const QByteArray &second)
      : OmloxFixture(first), shared(QString::fromLatin1(other), &context) {
    start(second, &shared);
  }
  ~TwoInstances() { instances.clear(); }
  OmloxContext shared;
};

inline QByteArray location(const char *provider, double x, double y, const char *more = "\"crs\":\"local\"",
                           const char *source = "417") {
  return QByteArray("{\"position\":{\"type\":\"Point\",\"coordinates\":[") + QByteArray::number(x, 'g', 12) + ',' +
         QByteArray::number(y, 'g', 12) + "]},\"source\":\"" + source +
         "\",\"provider_type\":\"uwb\",\"provider_id\":\"" + provider + "\"," + more + '}';
}

}  // namespace tagwire::rtls
