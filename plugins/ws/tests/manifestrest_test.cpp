// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "access/tokenstore.h"
#include "fakemanifest.h"
#include "restfixture.h"
#include "testprogram.h"

namespace manifestrest_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

struct Fixture : RestFixture {
  explicit Fixture(const QStringList &permissions = {QStringLiteral("manifest:write")})
      : RestFixture(config(permissions)) {
    context.setManifest(&manifest);
  }
  QByteArray hash() const { return FakeManifest::sha256(manifest.texts.last()).toHex(); }
  HttpReply put(const QByteArray &text, const QByteArray &base) {
    const QJsonObject json{{QStringLiteral("text"), QString::fromUtf8(text)},
                           {QStringLiteral("comment"), QStringLiteral("two more pumps")},
                           {QStringLiteral("base_hash"), QString::fromLatin1(base)}};
    return send("PUT", "/api/v1/manifest", QJsonDocument(json).toJson());
  }
  HttpReply check(const QByteArray &text) {
    const QJsonObject json{{QStringLiteral("text"), QString::fromUtf8(text)}};
    return send("POST", "/api/v1/manifest/check", QJsonDocument(json).toJson());
  }
  /// "check 0 errors, check 1 errors"
  QString checks() {
    QStringList all;
    for (const AuditEntry &each : context.auditTrail().entries(QStringLiteral("config"))) {
      all << QStringLiteral("%1 %2 errors").arg(each.action).arg(each.details.value(QStringLiteral("errors")).toInt());
    }
    return all.join(QStringLiteral(", "));
  }
  FakeManifest manifest;
};

}  // namespace

class ManifestRestTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void tellsTheFileAsItIs();
  void checksWithoutChanging();
  void putsAndRecords();
  void readsTheFileAgain();
  void refusesWhatIsWrongAndWhatIsStale();
  void versionsAndTheWayBack();
  void wrongBodies_data();
  void wrongBodies();
  void nothingWithoutAManifest();
  void longTextsFromWhoMayChangeIt();
  void aTextFullOfQuotesFits();
  void largeTextsAreMadeJsonElsewhere();
  void whoMayNotAnyMoreAfterTheCheckChangesNothing();
};

void ManifestRestTest::tellsTheFileAsItIs() {
  Fixture fixture;
  fixture.manifest.texts = {"{ // a comment\n \"plugins\": [] }"};
  fixture.manifest.others = {{QStringLiteral("/etc/tagwire/conf.d/plc.json"), QByteArray(32, 'a')},
                             {QStringLiteral("/run/secrets/key"), {}}};
  QJsonObject json = fixture.get("/api/v1/manifest").object();
  QCOMPARE(json.value(QStringLiteral("file")).toString(), QStringLiteral("site.json"));
  QCOMPARE(json.value(QStringLiteral("text")).toString().toUtf8(), fixture.manifest.texts[0]);
  QCOMPARE(json.value(QStringLiteral("hash")).toString().toLatin1(), fixture.hash());
  QCOMPARE(json.value(QStringLiteral("is_running")), QJsonValue(true));
  QCOMPARE(json.value(QStringLiteral("version")).toInt(), 1);
  QCOMPARE(json.value(QStringLiteral("can_apply")), QJsonValue(true));
  QVERIFY(!json.contains(QStringLiteral("why_not")));
  const QJsonArray documents = json.value(QStringLiteral("documents")).toArray();
  QCOMPARE(documents.size(), 3);
  QCOMPARE(documents[1][u"file"].toString(), QStringLiteral("conf.d/plc.json"));
  QCOMPARE(documents[1][u"hash"].toString(), QString(QStringLiteral("61")).repeated(32));
  QCOMPARE(documents[2][u"file"].toString(), QStringLiteral("/run/secrets/key"));
  QVERIFY(documents[2][u"hash"].isNull());
  fixture.manifest.whyNot = QStringLiteral("/etc/tagwire can't be written: Read-only file system");
  json = fixture.get("/api/v1/manifest").object();
  QCOMPARE(json.value(QStringLiteral("can_apply")), QJsonValue(false));
  QCOMPARE(json.value(QStringLiteral("why_not")).toString(), fixture.manifest.whyNot);
}

void ManifestRestTest::checksWithoutChanging() {
  Fixture fixture;
  QCOMPARE(fixture.check("{}").object(),
           (QJsonObject{{QStringLiteral("ok"), true}, {QStringLiteral("problems"), QJsonArray()}}));
  const QJsonObject odd = fixture.check("odd").object();
  QCOMPARE(odd.value(QStringLiteral("ok")), QJsonValue(true));
  QCOMPARE(odd.value(QStringLiteral("problems")).toArray()[0][u"severity"].toString(), QStringLiteral("warning"));
  const QJsonObject wrong = fixture.check("odd and wrong").object();
  QCOMPARE(wrong.value(QStringLiteral("ok")), QJsonValue(false));
  const QJsonObject problem = wrong.value(QStringLiteral("problems")).toArray()[1].toObject();
  QCOMPARE(problem, (QJsonObject{{QStringLiteral("severity"), QStringLiteral("error")},
                                 {QStringLiteral("file"), QStringLiteral("site.json")},
                                 {QStringLiteral("line"), 3},
                                 {QStringLiteral("column"), 7},
                                 {QStringLiteral("path"), QStringLiteral("plugins[0].id")},
                                 {QStringLiteral("message"), QStringLiteral("is wrong")}}));
  QVERIFY(fixture.manifest.changes.isEmpty());
  // What a check says may tell of other files: it is known who asked.
  QCOMPARE(fixture.checks(), QStringLiteral("check 0 errors, check 0 errors, check 1 errors"));
  const AuditEntry entry = fixture.context.auditTrail().entries(QStringLiteral("config")).last();
  QCOMPARE(entry.actor + u'|' + entry.subject, QStringLiteral("anonymous|manifest"));
}

void ManifestRestTest::putsAndRecords() {
  Fixture fixture;
  const HttpReply reply = fixture.put("{\"plugins\":[1]}", fixture.hash());
  QCOMPARE(reply.status, 202);
  QCOMPARE(reply.object().value(QStringLiteral("version")).toInt(), 2);
  QCOMPARE(fixture.manifest.changes.size(), 1);
  QCOMPARE(fixture.manifest.changes[0].text, QByteArray("{\"plugins\":[1]}"));
  QCOMPARE(fixture.manifest.changes[0].by, QStringLiteral("anonymous"));
  QCOMPARE(fixture.manifest.changes[0].comment, QStringLiteral("two more pumps"));
  const auto entries = fixture.context.auditTrail().entries(QStringLiteral("config"));
  QCOMPARE(entries.size(), 1);
  QCOMPARE(entries[0].action + u'|' + entries[0].actor + u'|' + entries[0].comment,
           QStringLiteral("change|anonymous|two more pumps"));
  QCOMPARE(entries[0].details.value(QStringLiteral("version")).toInt(), 2);
}

void ManifestRestTest::readsTheFileAgain() {
  Fixture fixture;
  fixture.manifest.inFile = "{\"plugins\":[2]}";
  const HttpReply reply = fixture.send("POST", "/api/v1/manifest/reload", "{}");
  QCOMPARE(reply.status, 202);
  QCOMPARE(reply.object().value(QStringLiteral("version")).toInt(), 2);
  QCOMPARE(fixture.manifest.texts.last(), fixture.manifest.inFile);
  const auto entries = fixture.context.auditTrail().entries(QStringLiteral("config"));
  QCOMPARE(entries.size(), 1);
  QCOMPARE(entries[0].action + u'|' + entries[0].actor, QStringLiteral("reload|anonymous"));
  fixture.manifest.inFile = "wrong";
  const HttpReply wrong = fixture.send("POST", "/api/v1/manifest/reload", {});
  QCOMPARE(wrong.status, 422);
  QCOMPARE(wrong.object().value(QStringLiteral("problems")).toArray().size(), 1);
}

void ManifestRestTest::refusesWhatIsWrongAndWhatIsStale() {
  Fixture fixture;
  const HttpReply wrong = fixture.put("wrong", fixture.hash());
  QCOMPARE(wrong.status, 422);
  QCOMPARE(wrong.object().value(QStringLiteral("success")), QJsonValue(false));
  QCOMPARE(wrong.object().value(QStringLiteral("problems")).toArray().size(), 1);
  for (const QByteArray &base : {QByteArray(64, '0'), QByteArray(""), QByteArray("no hash")}) {
    QCOMPARE(fixture.put("{}", base).status, 409);
  }
  fixture.manifest.whyNot = QStringLiteral("read-only");
  QCOMPARE(fixture.put("{}", fixture.hash()).status, 503);
  QVERIFY(fixture.manifest.changes.isEmpty());
  QCOMPARE(fixture.checks(), QStringLiteral("check 1 errors"));
}

void ManifestRestTest::versionsAndTheWayBack() {
  Fixture fixture;
  const QByteArray first = fixture.manifest.texts[0];
  fixture.put("{\"plugins\":[1]}", fixture.hash());
  const QJsonArray versions =
      fixture.get("/api/v1/manifest/versions").object().value(QStringLiteral("versions")).toArray();
  QCOMPARE(versions.size(), 2);
  QCOMPARE(versions[0][u"version"].toInt(), 2);
  QCOMPARE(versions[0][u"is_current"], QJsonValue(true));
  QCOMPARE(versions[1][u"is_current"], QJsonValue(false));
  QCOMPARE(versions[1][u"by"].toString(), QStringLiteral("user:anna"));
  const QJsonObject one = fixture.get("/api/v1/manifest/versions/1").object();
  QCOMPARE(one.value(QStringLiteral("text")).toString().toUtf8(), first);
  QCOMPARE(fixture.get("/api/v1/manifest/versions/7").status, 404);
  for (const char *none : {"/api/v1/manifest/versions/0", "/api/v1/manifest/versions/x"}) {
    QCOMPARE(fixture.get(none).status, 400);
  }
  QCOMPARE(fixture.send("POST", "/api/v1/manifest/versions/7/rollback", "{}").status, 404);
  QCOMPARE(fixture.send("POST", "/api/v1/manifest/versions/1/rollback", "{\"comment\":\"too hot\"}").status, 202);
  QCOMPARE(fixture.send("POST", "/api/v1/manifest/versions/2/rollback", "").status, 202);
  QCOMPARE(fixture.manifest.texts.size(), 4);
  QCOMPARE(fixture.manifest.texts[2], first);
  QCOMPARE(fixture.manifest.changes[1].comment, QStringLiteral("too hot"));
  QCOMPARE(fixture.manifest.changes[2].comment, QStringLiteral("back to version 2"));
  const auto entries = fixture.context.auditTrail().entries(QStringLiteral("config"));
  QCOMPARE(entries.last().action, QStringLiteral("rollback"));
}

void ManifestRestTest::wrongBodies_data() {
  QTest::addColumn<QByteArray>("body");
  QTest::newRow("nothing") << QByteArray("");
  QTest::newRow("an array") << QByteArray("[]");
  QTest::newRow("no text") << QByteArray(R"({"base_hash":"00"})");
  QTest::newRow("no base") << QByteArray(R"({"text":"{}"})");
  QTest::newRow("an object as text") << QByteArray(R"({"text":{},"base_hash":"00"})");
  QTest::newRow("unknown key") << QByteArray(R"({"text":"{}","base_hash":"00","force":true})");
  QTest::newRow("a long comment") << QByteArray(R"({"text":"{}","base_hash":"00","comment":")") +
                                         QByteArray(1001, 'x') + "\"}";
}

void ManifestRestTest::wrongBodies() {
  QFETCH(QByteArray, body);
  Fixture fixture;
  QCOMPARE(fixture.send("PUT", "/api/v1/manifest", body).status, 400);
  QVERIFY(fixture.manifest.changes.isEmpty());
}

void ManifestRestTest::nothingWithoutAManifest() {
  Fixture fixture;
  fixture.context.setManifest(nullptr);
  QCOMPARE(fixture.get("/api/v1/manifest").status, 404);
  QCOMPARE(fixture.check("{}").status, 404);
  QCOMPARE(fixture.put("{}", "00").status, 404);
  QCOMPARE(fixture.send("POST", "/api/v1/manifest/versions/1/rollback", "{}").status, 404);
}

void ManifestRestTest::longTextsFromWhoMayChangeIt() {
  const QByteArray text(1024 * 1024, ' ');
  Fixture fixture;
  QCOMPARE(fixture.check(text).status, 200);
  QCOMPARE(fixture.put(text, fixture.hash()).status, 202);
  QCOMPARE(fixture.manifest.texts.last().size(), text.size());
  // Elsewhere, and from others, as before; what is announced as too long is not even read.
  const auto announced = [](Fixture &to, const QByteArray &target, qint64 bytes) {
    RawClient client(to.gateway.port());
    client.send(RawClient::head("PUT", target, "Content-Length: " + QByteArray::number(bytes) + "\r\n"));
    const HttpReply reply = to.wait(client);
    return QString::number(reply.status) + u' ' + reply.object()[u"error"].toString();
  };
  const QString usual = QStringLiteral("413 the body is longer than 65536 bytes");
  QCOMPARE(announced(fixture, "/api/os/tiles", 70'000), usual);
  for (const qint64 bytes : {33'619'969LL, 1LL << 40, std::numeric_limits<qint64>::max()}) {
    QCOMPARE(announced(fixture, "/api/v1/manifest", bytes),
             QStringLiteral("413 the body is longer than 33619968 bytes"));
  }
  Fixture narrow({QStringLiteral("config:read")});
  QCOMPARE(announced(narrow, "/api/v1/manifest", 70'000), usual);
  Fixture nobody(QStringList{});
  QCOMPARE(announced(nobody, "/api/v1/manifest", 70'000), usual);
  RawClient chunked(nobody.gateway.port());
  chunked.send(RawClient::head("PUT", "/api/v1/manifest", "Transfer-Encoding: chunked\r\n") + "11170\r\n" +
               QByteArray(0x11170, 'x'));
  QCOMPARE(nobody.wait(chunked).status, 413);
}

/// What was read can be applied again, however much longer JSON makes it.
void ManifestRestTest::aTextFullOfQuotesFits() {
  const QByteArray text = QByteArray("\"\n").repeated(ManifestControl::largest * 9 / 32);
  Fixture fixture;
  fixture.manifest.texts = {text};
  const HttpReply read = fixture.get("/api/v1/manifest");
  QVERIFY(read.body.size() > 2 * text.size());
  QVERIFY(read.object()[u"text"].toString().toUtf8() == text);
  QCOMPARE(fixture.put(text, fixture.hash()).status, 202);
  QVERIFY(fixture.manifest.changes.value(0).text == text);
  QVERIFY(fixture.get("/api/v1/manifest/versions/1").object()[u"text"].toString().toUtf8() == text);
}

/// Many megabytes would hold up everybody: the host's thread only hands the text on.
void ManifestRestTest::largeTextsAreMadeJsonElsewhere() {
  Fixture fixture;
  const auto answered = [&fixture] {
    return fixture.context.metrics().text().find("tagwire_http_responses_total{status=\"200\"") != std::string::npos;
  };
  std::optional<bool> wasAnsweredAtOnce;
  fixture.manifest.afterState = [&] { wasAnsweredAtOnce = answered(); };
  QCOMPARE(fixture.get("/api/v1/manifest").status, 200);
  QVERIFY(answered());
  QCOMPARE(wasAnsweredAtOnce, std::optional(false));
}

void ManifestRestTest::whoMayNotAnyMoreAfterTheCheckChangesNothing() {
  using namespace std::chrono_literals;
  Fixture fixture(QStringList{});
  TokenStore store(fixture.context.dataDir());
  const auto token =
      store.create(QStringLiteral("ci"), *Permissions::fromTexts({QStringLiteral("manifest:write")}),
                   fixture.context.clock().now() + 1h, fixture.context.clock().now(), QStringLiteral("test"));
  QVERIFY(token);
  fixture.gateway.stop();  // it would notice within a second
  fixture.gateway.start();
  const QByteArray fields = "Authorization: Bearer " + *token + "\r\n";
  const QByteArray put = R"({"text":"{}","base_hash":")" + fixture.hash() + "\"}";
  fixture.manifest.afterCheck = [&fixture] { fixture.context.manualClock().advance(2h); };
  QCOMPARE(fixture.ask("PUT", "/api/v1/manifest", fields, put).status, 403);
  QVERIFY(fixture.manifest.changes.isEmpty());
  QVERIFY(fixture.checks().isEmpty());
}

TAGWIRE_TEST(ManifestRestTest)

}  // namespace manifestrest_test

#include "manifestrest_test.moc"
