// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "rest/pointindex.h"
#include "rest/readablepoints.h"
#include "restfixture.h"
#include "testprogram.h"

namespace pointtree_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

PointInfo pointCalled(const QString &name, const QString &unit = {}, const QString &description = {}) {
  PointInfo info;
  info.name = name;
  info.unit = unit;
  info.description = description;
  return info;
}

/// Beside plc1/boiler/temp (°C) and plc1/pump/run.
struct Fixture : RestFixture {
  explicit Fixture(const QStringList &permissions = {QStringLiteral("*:*")}) : RestFixture(config(permissions)) {
    more = context.declare({pointCalled(QStringLiteral("boiler"), {}, QStringLiteral("the whole thing")),
                            pointCalled(QStringLiteral("boiler-2/temp"), QStringLiteral("K")),
                            pointCalled(QStringLiteral("boiler/valve/position"), QStringLiteral("%")),
                            pointCalled(QStringLiteral("boiler/valve/open"), {}, QStringLiteral("Limit SWITCH, top")),
                            pointCalled(QStringLiteral("state"))});
  }
  void set(PointId id, Quality quality) {
    context.pointTable().update({{id, quality, context.clock().now(), Value(1.0)}});
  }
  /// "boiler 3 bad, state"
  QString tree(const QByteArray &query = {}) {
    const QJsonObject json = get("/api/v1/points/tree" + query).object();
    QStringList all;
    for (const QJsonValue &each : json.value(QStringLiteral("groups")).toArray()) {
      all << QStringLiteral("%1 %2 %3")
                 .arg(each[u"name"].toString())
                 .arg(each[u"points"].toInt())
                 .arg(each[u"worst"].toString());
    }
    return (all + names(json.value(QStringLiteral("points")).toArray())).join(QStringLiteral(", "));
  }
  QString search(const QByteArray &query) { return names(get("/api/v1/points?" + query).array()).join(u' '); }
  static QStringList names(const QJsonArray &points) {
    QStringList all;
    for (const QJsonValue &each : points) all << each[u"name"].toString();
    return all;
  }
  QList<PointId> more;
};

/// Counts what comes back from the threads of DiskWorkers.
class Outcomes : public QObject {
 public:
  Outcomes() { QCoreApplication::instance()->installEventFilter(this); }
  bool eventFilter(QObject *to, QEvent *event) override {
    if (event->type() == QEvent::MetaCall && to->inherits("tagwire::ws::DiskWorker")) ++count;
    return false;
  }
  int count = 0;
};

}  // namespace

class PointTreeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void oneLevelAtATime();
  void worstQualityOfAGroup();
  void onlyWhatMayBeRead();
  void pagesOfALevel();
  void searchFindsWordsAnywhere_data();
  void searchFindsWordsAnywhere();
  void searchPagesAndRights();
  void wrongQuestions();
  void pointsLearnedLater();
  void orderIsThatOfTheNames();
  void listsInTheOrderOfTheirDeclaration();
  void whoMayReadWhatIsWorkedOutOnce();
  void setsOfReadablePointsAreBounded();
  void listsAreMadeInAnotherThread();
};

void PointTreeTest::oneLevelAtATime() {
  Fixture fixture;
  QCOMPARE(fixture.tree(), QStringLiteral("plc1 7 bad"));
  QCOMPARE(fixture.tree("?under=plc1"),
           QStringLiteral("boiler-2 1 bad, boiler 3 bad, pump 1 bad, plc1/boiler, plc1/state"));
  QCOMPARE(fixture.tree("?under=plc1/boiler"), QStringLiteral("valve 2 bad, plc1/boiler/temp"));
  QCOMPARE(fixture.tree("?under=plc1/boiler/"), fixture.tree("?under=plc1/boiler"));
  QCOMPARE(fixture.tree("?under=plc1/boiler/valve"),
           QStringLiteral("plc1/boiler/valve/open, plc1/boiler/valve/position"));
  for (const char *nothing : {"?under=plc1/boil", "?under=plc2", "?under=plc1/state"}) {
    QCOMPARE(fixture.tree(nothing), QString());
  }
  const QJsonObject point = fixture.get("/api/v1/points/tree?under=plc1/boiler")
                                .object()
                                .value(QStringLiteral("points"))
                                .toArray()[0]
                                .toObject();
  QCOMPARE(point, fixture.get("/api/v1/points/plc1/boiler/temp").object());
}

void PointTreeTest::worstQualityOfAGroup() {
  Fixture fixture;
  fixture.set(fixture.ids[0], Quality::good());
  fixture.set(fixture.more[2], Quality::good());
  fixture.set(fixture.more[3], Quality::good());
  QVERIFY(fixture.tree("?under=plc1").contains(QStringLiteral("boiler 3 good")));
  fixture.set(fixture.more[3], Quality::uncertain(QualityReason::Stale));
  QVERIFY(fixture.tree("?under=plc1").contains(QStringLiteral("boiler 3 uncertain")));
  QVERIFY(fixture.tree("?under=plc1/boiler").contains(QStringLiteral("valve 2 uncertain")));
  fixture.set(fixture.more[2], Quality::bad(QualityReason::Timeout));
  QVERIFY(fixture.tree("?under=plc1").contains(QStringLiteral("boiler 3 bad")));
}

void PointTreeTest::onlyWhatMayBeRead() {
  Fixture fixture({QStringLiteral("points:plc1/boiler/valve/*:read"), QStringLiteral("points:plc1/state:read")});
  fixture.set(fixture.more[2], Quality::good());
  fixture.set(fixture.more[3], Quality::good());
  QCOMPARE(fixture.tree(), QStringLiteral("plc1 3 bad"));
  QCOMPARE(fixture.tree("?under=plc1"), QStringLiteral("boiler 2 good, plc1/state"));
  QCOMPARE(fixture.tree("?under=plc1/pump"), QString());
}

void PointTreeTest::pagesOfALevel() {
  Fixture fixture;
  const QJsonObject page = fixture.get("/api/v1/points/tree?under=plc1&limit=1&offset=1").object();
  QCOMPARE(page.value(QStringLiteral("total")).toInt(), 2);
  QCOMPARE(Fixture::names(page.value(QStringLiteral("points")).toArray()), QStringList{QStringLiteral("plc1/state")});
  QCOMPARE(page.value(QStringLiteral("groups")).toArray().size(), 3);
}

void PointTreeTest::searchFindsWordsAnywhere_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<QString>("found");
  QTest::newRow("name") << QByteArray("search=temp") << QStringLiteral("plc1/boiler-2/temp plc1/boiler/temp");
  QTest::newRow("any case") << QByteArray("search=TEMP") << QStringLiteral("plc1/boiler-2/temp plc1/boiler/temp");
  QTest::newRow("description") << QByteArray("search=limit%20switch") << QStringLiteral("plc1/boiler/valve/open");
  QTest::newRow("unit") << QByteArray("search=%C2%B0c") << QStringLiteral("plc1/boiler/temp");
  QTest::newRow("name and unit") << QByteArray("search=%20temp%20%20k%20") << QStringLiteral("plc1/boiler-2/temp");
  QTest::newRow("every word") << QByteArray("search=boiler%20run") << QString();
  QTest::newRow("under a prefix") << QByteArray("search=o&prefix=plc1/boiler/v")
                                  << QStringLiteral("plc1/boiler/valve/open plc1/boiler/valve/position");
  QTest::newRow("a page") << QByteArray("search=o&prefix=plc1/boiler/v&offset=1&limit=1")
                          << QStringLiteral("plc1/boiler/valve/position");
  QTest::newRow("no pattern") << QByteArray("search=b.*r") << QString();
}

void PointTreeTest::searchFindsWordsAnywhere() {
  QFETCH(QByteArray, query);
  QFETCH(QString, found);
  Fixture fixture;
  QCOMPARE(fixture.search(query), found);
}

void PointTreeTest::searchPagesAndRights() {
  Fixture fixture;
  const HttpReply all = fixture.get("/api/v1/points?search=boiler&limit=2");
  QVERIFY(all.head.contains("\r\nX-Total-Count: 5\r\n"));
  QCOMPARE(all.array().size(), 2);
  QCOMPARE(fixture.get("/api/v1/points?search=").array().size(), 7);
  Fixture narrow({QStringLiteral("points:plc1/boiler/#:read")});
  QVERIFY(narrow.get("/api/v1/points?search=plc1&limit=1").head.contains("\r\nX-Total-Count: 4\r\n"));
  QCOMPARE(narrow.search("search=run"), QString());
}

void PointTreeTest::wrongQuestions() {
  Fixture fixture;
  for (const QByteArray &wrong : {QByteArray("?limit=0"), QByteArray("?offset=-1"), QByteArray("?limit=x")}) {
    QCOMPARE(fixture.get("/api/v1/points/tree" + wrong).status, 400);
  }
  QCOMPARE(fixture.get("/api/v1/points?search=" + QByteArray(201, 'a')).status, 400);
  QCOMPARE(fixture.get("/api/v1/points?search=a%20b%20c%20d%20e%20f%20g%20h%20i%20j%20k").status, 400);
}

void PointTreeTest::pointsLearnedLater() {
  Fixture fixture;
  QCOMPARE(fixture.tree("?under=plc1/pump"), QStringLiteral("plc1/pump/run"));
  fixture.context.declare({pointCalled(QStringLiteral("pump/a")), pointCalled(QStringLiteral("pump/z"))});
  QCOMPARE(fixture.tree("?under=plc1/pump"), QStringLiteral("plc1/pump/a, plc1/pump/run, plc1/pump/z"));
  QCOMPARE(fixture.search("search=pump"), QStringLiteral("plc1/pump/a plc1/pump/run plc1/pump/z"));
}

void PointTreeTest::orderIsThatOfTheNames() {
  TestContext context(QStringLiteral("p"));
  PointIndex index(context.points());
  QStringList names;
  quint32 random = 1;
  const auto isInOrder = [&] {
    index.refresh();
    QStringList found;
    for (const PointId id : *index.order()) found << context.points().point(id)->name;
    names.sort();
    return found == names;
  };
  for (const int count : {1, 50, 300, 3, 1000, 1}) {  // few are put in, many are sorted anew
    QList<PointInfo> infos;
    for (int i = 0; i < count; ++i) {
      random = random * 1664525 + 1013904223;
      infos << pointCalled(QStringLiteral("%1/%2").arg(random % 37).arg(random));
      names << infos.last().name;
    }
    context.declare(infos);
    QVERIFY(isInOrder());
  }
}

void PointTreeTest::listsInTheOrderOfTheirDeclaration() {
  Fixture fixture;
  fixture.context.declare({pointCalled(QStringLiteral("a")), pointCalled(QStringLiteral("boiler/a"))});
  const auto list = [](Fixture &of, const QByteArray &query) {
    const HttpReply reply = of.get("/api/v1/points" + query);
    const qsizetype at = reply.head.indexOf("X-Total-Count: ") + 15;
    return QString::fromLatin1(reply.head.mid(at, reply.head.indexOf('\r', at) - at)) + QStringLiteral(": ") +
           Fixture::names(reply.array()).join(u' ');
  };
  QCOMPARE(list(fixture, {}), QStringLiteral("9: plc1/boiler/temp plc1/pump/run plc1/boiler plc1/boiler-2/temp "
                                             "plc1/boiler/valve/position plc1/boiler/valve/open plc1/state plc1/a "
                                             "plc1/boiler/a"));
  QCOMPARE(list(fixture, "?offset=7&limit=5"), QStringLiteral("9: plc1/a plc1/boiler/a"));
  QCOMPARE(list(fixture, "?offset=20"), QStringLiteral("9: "));
  QCOMPARE(list(fixture, "?prefix=plc1/boiler/"),
           QStringLiteral("4: plc1/boiler/temp plc1/boiler/valve/position plc1/boiler/valve/open plc1/boiler/a"));
  QCOMPARE(list(fixture, "?prefix=plc1/boiler/&offset=1&limit=2"),
           QStringLiteral("4: plc1/boiler/valve/position plc1/boiler/valve/open"));
  QCOMPARE(list(fixture, "?prefix=plc2"), QStringLiteral("0: "));
  Fixture narrow({QStringLiteral("points:plc1/boiler/#:read"), QStringLiteral("points:plc1/state:read")});
  QCOMPARE(list(narrow, {}), QStringLiteral("5: plc1/boiler/temp plc1/boiler plc1/boiler/valve/position "
                                            "plc1/boiler/valve/open plc1/state"));
  QCOMPARE(list(narrow, "?prefix=plc1/boiler/v&offset=1"), QStringLiteral("2: plc1/boiler/valve/open"));
}

void PointTreeTest::whoMayReadWhatIsWorkedOutOnce() {
  TestContext context(QStringLiteral("p"));
  context.declare({pointCalled(QStringLiteral("a/1")), pointCalled(QStringLiteral("b/1"))});
  ReadablePoints readable(context.points());
  const auto who = [](const QStringList &texts) { return *Permissions::fromTexts(texts); };
  const auto set = [&](const Permissions &permissions) {
    const PointSet found = readable.of(permissions);
    return found ? *found : std::vector<bool>();
  };
  QVERIFY(!readable.of(who({QStringLiteral("*:read")})));
  QCOMPARE(readable.judged(), quint64(0));
  const Permissions a = who({QStringLiteral("points:p/a/#:read")});
  QCOMPARE(set(a), (std::vector<bool>{true, false}));
  QCOMPARE(set(a), (std::vector<bool>{true, false}));
  QCOMPARE(readable.judged(), quint64(2));
  // Whoever may read the same shares it; what was declared meanwhile is all that is looked at.
  context.declare({pointCalled(QStringLiteral("a/2"))});
  QCOMPARE(set(who({QStringLiteral("alarms:read"), QStringLiteral("points:p/a/#:read")})),
           (std::vector<bool>{true, false, true}));
  QCOMPARE(readable.judged(), quint64(3));
  QCOMPARE(set(who({QStringLiteral("points:p/b/#:read")})), (std::vector<bool>{false, true, false}));
  QCOMPARE(readable.judged(), quint64(6));
}

void PointTreeTest::setsOfReadablePointsAreBounded() {
  TestContext context(QStringLiteral("p"));
  context.declare({pointCalled(QStringLiteral("a"))});
  ReadablePoints readable(context.points());
  const auto ask = [&](int i) {
    const auto permissions = *Permissions::fromTexts({QStringLiteral("points:p/%1:read").arg(i)});
    return readable.of(permissions)->at(0);
  };
  for (int i = 0; i < 2 * ReadablePoints::mostSets; ++i) {
    QVERIFY(!ask(i));
    QVERIFY(!ask(0));  // in use: it stays
  }
  QCOMPARE(readable.judged(), quint64(2 * ReadablePoints::mostSets));
  QVERIFY(!ask(1));  // and this one had to make room
  QCOMPARE(readable.judged(), quint64(2 * ReadablePoints::mostSets + 1));
}

/// A walk over 100,000 points, or 10,000 of them as JSON, would hold up everybody.
void PointTreeTest::listsAreMadeInAnotherThread() {
  Fixture fixture;
  Outcomes outcomes;
  for (const char *target : {"/api/v1/points?limit=1", "/api/v1/points?search=boiler", "/api/v1/points/tree"}) {
    outcomes.count = 0;
    QCOMPARE(fixture.get(target).status, 200);
    QCOMPARE(outcomes.count, 2);  // which points they are, and then their text
  }
  outcomes.count = 0;
  QCOMPARE(fixture.get("/api/v1/points/plc1/state").status, 200);
  QCOMPARE(outcomes.count, 0);
}

TAGWIRE_TEST(PointTreeTest)

}  // namespace pointtree_test

#include "pointtree_test.moc"
