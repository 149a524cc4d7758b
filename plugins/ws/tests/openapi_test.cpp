// SPDX-License-Identifier: Apache-2.0
#include <QRegularExpression>
#include <QTest>

#include "accesstable.h"
#include "rest/answershape.h"
#include "restfixture.h"
#include "testprogram.h"

namespace openapi_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

/// Every part is served, and what comes with an RTLS manager too. Without a credential nothing but the open routes.
WsConfig wholeGateway() {
  WsConfig config = RestFixture::config();
  config.endpoints = {{*EndpointPath::fromText(QStringLiteral("/ws/{manager}")), ProtocolKind::RtlsManager, {}},
                      {*EndpointPath::fromText(QStringLiteral("/v2/ws/socket")), ProtocolKind::Omlox, {}}};
  config.auth.reset();
  return config;
}

struct Fixture : RestFixture {
  explicit Fixture(const WsConfig &config = wholeGateway()) : RestFixture(config) {}
  QJsonObject document() { return get("/api/v1/openapi.json").object(); }
};

struct Operation {
  QString path;
  QString method;  ///< as OpenAPI writes it: "get"
  QJsonObject content;
};

QList<Operation> operationsOf(const QJsonObject &document) {
  QList<Operation> operations;
  const QJsonObject paths = document.value(QStringLiteral("paths")).toObject();
  for (auto path = paths.begin(); path != paths.end(); ++path) {
    const QJsonObject item = path->toObject();
    for (auto each = item.begin(); each != item.end(); ++each) {
      operations.append({path.key(), each.key(), each->toObject()});
    }
  }
  return operations;
}

QStringList variablesOf(const QString &path) {
  static const QRegularExpression variable(QStringLiteral("\\{([^}]*)\\}"));
  QStringList names;
  for (auto match = variable.globalMatch(path); match.hasNext();) names << match.next().captured(1);
  return names;
}

/// Every "$ref" below `value`.
void collectReferences(const QJsonValue &value, QStringList &into) {
  for (const QJsonValue &each : value.toArray()) collectReferences(each, into);
  const QJsonObject object = value.toObject();
  for (auto each = object.begin(); each != object.end(); ++each) {
    if (each.key() == u"$ref") into << each->toString();
    collectReferences(*each, into);
  }
}

QJsonValue resolve(const QJsonObject &document, const QString &reference) {
  if (!reference.startsWith(QStringLiteral("#/"))) return QJsonValue::Undefined;
  QJsonValue value = document;
  for (const QString &step : reference.mid(2).split(u'/')) value = value.toObject().value(step);
  return value;
}

/// What the wire contracts promise to be served over plain HTTP; kept by hand, so that a route that is lost is missed.
const QStringList promised{QStringLiteral("get /healthz"),
                           QStringLiteral("get /readyz"),
                           QStringLiteral("get /metrics"),
                           QStringLiteral("get /api/v1/openapi.json"),
                           QStringLiteral("post /api/v1/login"),
                           QStringLiteral("post /api/v1/logout"),
                           QStringLiteral("get /api/v1/session"),
                           QStringLiteral("get /api/v1/setup"),
                           QStringLiteral("post /api/v1/setup"),
                           QStringLiteral("get /api/v1/users"),
                           QStringLiteral("post /api/v1/users"),
                           QStringLiteral("put /api/v1/users/{name}"),
                           QStringLiteral("delete /api/v1/users/{name}"),
                           QStringLiteral("get /api/v1/plugins"),
                           QStringLiteral("get /api/v1/points"),
                           QStringLiteral("get /api/v1/points/tree"),
                           QStringLiteral("get /api/v1/status"),
                           QStringLiteral("post /api/v1/trace"),
                           QStringLiteral("get /api/v1/trace"),
                           QStringLiteral("delete /api/v1/trace"),
                           QStringLiteral("get /api/v1/manifest"),
                           QStringLiteral("put /api/v1/manifest"),
                           QStringLiteral("post /api/v1/manifest/check"),
                           QStringLiteral("post /api/v1/manifest/reload"),
                           QStringLiteral("get /api/v1/manifest/versions"),
                           QStringLiteral("get /api/v1/manifest/versions/{number}"),
                           QStringLiteral("post /api/v1/manifest/versions/{number}/rollback"),
                           QStringLiteral("get /api/v1/points/{name}"),
                           QStringLiteral("get /api/v1/events"),
                           QStringLiteral("get /api/v1/connections"),
                           QStringLiteral("get /api/v1/alarms"),
                           QStringLiteral("get /api/v1/rtls/managers"),
                           QStringLiteral("get /api/v1/rtls/static"),
                           QStringLiteral("get /api/v1/rtls/zones"),
                           QStringLiteral("get /api/v1/rtls/zones/{id}/plan"),
                           QStringLiteral("get /api/v1/rtls/muster"),
                           QStringLiteral("get /recent_events"),
                           QStringLiteral("get /api/list_triggers"),
                           QStringLiteral("get /api/v1/tokens"),
                           QStringLiteral("post /api/v1/tokens"),
                           QStringLiteral("delete /api/v1/tokens/{name}"),
                           QStringLiteral("get /api/v1/devices"),
                           QStringLiteral("post /api/v1/devices"),
                           QStringLiteral("delete /api/v1/devices/{id}"),
                           QStringLiteral("get /api/v1/history"),
                           QStringLiteral("get /api/v1/history/last"),
                           QStringLiteral("get /api/v1/history/points"),
                           QStringLiteral("get /api/v1/history/events"),
                           QStringLiteral("get /api/v1/history/export"),
                           QStringLiteral("get /api/v1/history/quarantine"),
                           QStringLiteral("post /api/v1/history/quarantine/requeue"),
                           QStringLiteral("post /api/v1/history/quarantine/discard"),
                           QStringLiteral("get /api/v1/audit"),
                           QStringLiteral("get /api/v1/rooms"),
                           QStringLiteral("post /api/v1/rooms"),
                           QStringLiteral("get /api/v1/rooms/{id}"),
                           QStringLiteral("put /api/v1/rooms/{id}"),
                           QStringLiteral("delete /api/v1/rooms/{id}"),
                           QStringLiteral("get /api/v1/websocket/stats"),
                           QStringLiteral("post /api/v1/websocket/broadcast"),
                           QStringLiteral("get /api/os/telemetry/latest"),
                           QStringLiteral("post /api/os/telemetry/ingest"),
                           QStringLiteral("get /api/os/alarms"),
                           QStringLiteral("get /api/os/events"),
                           QStringLiteral("get /api/os/tiles"),
                           QStringLiteral("put /api/os/tiles"),
                           QStringLiteral("post /api/os/command"),
                           QStringLiteral("get /api/os/command/{id}"),
                           QStringLiteral("get /api/v1/commands"),
                           QStringLiteral("post /api/v1/commands"),
                           QStringLiteral("get /api/v1/commands/{id}"),
                           QStringLiteral("post /api/v1/commands/{id}/approve"),
                           QStringLiteral("post /api/v1/commands/{id}/cancel"),
                           QStringLiteral("post /api/v1/commands/dry-run"),
                           QStringLiteral("post /api/v1/commands/selections"),
                           QStringLiteral("delete /api/v1/commands/selections/{id}"),
                           QStringLiteral("get /api/v1/scenes"),
                           QStringLiteral("get /api/v1/scenes/{id}"),
                           QStringLiteral("post /api/v1/scenes/{id}/run"),
                           QStringLiteral("get /api/v1/interlocks"),
                           QStringLiteral("get /api/v1/interlocks/{id}"),
                           QStringLiteral("post /api/v1/interlocks/{id}/reset")};

}  // namespace

/// The OpenAPI document, looked at from outside.
class OpenApiTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void needsNoCredential();
  void whatTheContractsPromiseStandsInIt();
  void whatStandsInItIsServed();
  void whatIsNotServedDoesNotStandInIt();
  void operationsHaveTheirOwnIds();
  void parametersFitThePaths();
  void referencesResolve();
  void responsesAndSecurity();
  void whatIsSaidOfAnswersIsServed();
  void R5_13_parametersOfPanels();
  void whatTheHistoryAnswers();
  void cookieBehindAProxy();
  void R4_11_errorsHaveOneShape();
  void bodiesHaveASchema();
  void webSocketsAreListed();
};

void OpenApiTest::needsNoCredential() {
  Fixture fixture;
  QCOMPARE(fixture.get("/api/v1/points").status, 401);
  const HttpReply reply = fixture.get("/api/v1/openapi.json");
  QCOMPARE(reply.status, 200);
  QVERIFY(reply.head.contains("Content-Type: application/json"));
  const QJsonObject document = reply.object();
  QVERIFY(document.value(QStringLiteral("openapi")).toString().startsWith(QStringLiteral("3.1.")));
  const QJsonObject info = document.value(QStringLiteral("info")).toObject();
  QVERIFY(!info.value(QStringLiteral("title")).toString().isEmpty());
  QVERIFY(!info.value(QStringLiteral("version")).toString().isEmpty());
}

void OpenApiTest::whatTheContractsPromiseStandsInIt() {
  QStringList there;
  for (const Operation &each : operationsOf(Fixture().document())) there << each.method + u' ' + each.path;
  for (const QString &each : promised) QVERIFY2(there.contains(each), qPrintable(each));
  for (const RouteRow &row : omloxRouteRows("/v1") + omloxRouteRows("/v2")) {
    QVERIFY2(there.contains(QString::fromLatin1(row.method) + u' ' + QLatin1String(row.path)), row.path);
  }
}

/// Nobody is let in here, so that what answers is the route itself: 401, or what it says to everybody.
void OpenApiTest::whatStandsInItIsServed() {
  Fixture fixture;
  const QList<Operation> operations = operationsOf(fixture.document());
  QVERIFY(operations.size() >= promised.size());
  for (const Operation &each : operations) {
    QString target = each.path;
    for (const QString &name : variablesOf(each.path)) target.replace(u'{' + name + u'}', QStringLiteral("x"));
    const bool isOpen = each.content.contains(QStringLiteral("security"));
    const int status = fixture.statusOf(each.method.toUpper().toLatin1(), target.toLatin1());
    const bool isServed = isOpen ? status != 0 && status != 404 && status != 405 && status < 500 : status == 401;
    QVERIFY2(isServed, qPrintable(QStringLiteral("%1 %2: %3").arg(each.method, each.path).arg(status)));
  }
}

void OpenApiTest::whatIsNotServedDoesNotStandInIt() {
  WsConfig config = wholeGateway();
  config.endpoints = QList<EndpointConfig>();
  config.serve = {Served::Rest};
  const QJsonObject paths = Fixture(config).document().value(QStringLiteral("paths")).toObject();
  for (const char *path : {"/metrics", "/recent_events", "/api/list_triggers"}) {
    QVERIFY2(!paths.contains(QLatin1String(path)), path);
  }
  QVERIFY(paths.contains(QStringLiteral("/api/v1/points")));
}

void OpenApiTest::operationsHaveTheirOwnIds() {
  QSet<QString> ids;
  static const QRegularExpression word(QStringLiteral("^[A-Za-z][A-Za-z0-9]*$"));
  static const QStringList methods{QStringLiteral("get"), QStringLiteral("put"), QStringLiteral("post"),
                                   QStringLiteral("delete"), QStringLiteral("patch")};
  for (const Operation &each : operationsOf(Fixture().document())) {
    const QString id = each.content.value(QStringLiteral("operationId")).toString();
    QVERIFY2(word.match(id).hasMatch(), qPrintable(id));
    QVERIFY2(!ids.contains(id), qPrintable(id));
    ids.insert(id);
    QVERIFY2(methods.contains(each.method), qPrintable(each.method));
    QVERIFY2(each.path.startsWith(u'/') && !each.path.contains(u'*'), qPrintable(each.path));
    QVERIFY2(!each.content.value(QStringLiteral("summary")).toString().isEmpty(), qPrintable(id));
  }
}

void OpenApiTest::parametersFitThePaths() {
  static const QStringList types{QStringLiteral("string"), QStringLiteral("integer"), QStringLiteral("boolean"),
                                 QStringLiteral("number"), QStringLiteral("array")};
  for (const Operation &each : operationsOf(Fixture().document())) {
    QStringList inPath;
    QSet<QString> seen;
    for (const QJsonValue &value : each.content.value(QStringLiteral("parameters")).toArray()) {
      const QJsonObject parameter = value.toObject();
      const QString name = parameter.value(QStringLiteral("name")).toString();
      const QString where = parameter.value(QStringLiteral("in")).toString();
      QVERIFY2(!name.isEmpty() && !seen.contains(where + u' ' + name), qPrintable(each.path + u' ' + name));
      seen.insert(where + u' ' + name);
      const QString type =
          parameter.value(QStringLiteral("schema")).toObject().value(QStringLiteral("type")).toString();
      QVERIFY2(types.contains(type), qPrintable(each.path + u' ' + name));
      if (where != u"path") continue;
      QCOMPARE(parameter.value(QStringLiteral("required")), QJsonValue(true));
      inPath << name;
    }
    QCOMPARE(inPath, variablesOf(each.path));
  }
}

void OpenApiTest::referencesResolve() {
  const QJsonObject document = Fixture().document();
  QStringList references;
  collectReferences(document, references);
  QVERIFY(references.size() > 10);
  for (const QString &each : std::as_const(references)) {
    QVERIFY2(resolve(document, each).isObject(), qPrintable(each));
  }
}

void OpenApiTest::responsesAndSecurity() {
  const QJsonObject document = Fixture().document();
  const QJsonObject schemes = resolve(document, QStringLiteral("#/components/securitySchemes")).toObject();
  QCOMPARE(schemes.keys(), (QStringList{QStringLiteral("bearer"), QStringLiteral("cookie")}));
  for (const QJsonValue &each : document.value(QStringLiteral("security")).toArray()) {
    QVERIFY(schemes.contains(each.toObject().keys().value(0)));
  }
  static const QRegularExpression status(QStringLiteral("^([1-5][0-9][0-9]|[1-5]XX|default)$"));
  for (const Operation &each : operationsOf(document)) {
    const QJsonObject responses = each.content.value(QStringLiteral("responses")).toObject();
    for (const QString &key : responses.keys()) QVERIFY2(status.match(key).hasMatch(), qPrintable(key));
    const QStringList statuses = responses.keys();
    QVERIFY2(std::any_of(statuses.begin(), statuses.end(), [](const QString &s) { return s.startsWith(u'2'); }),
             qPrintable(each.path));
    if (each.method == u"get") QVERIFY2(responses.contains(QStringLiteral("200")), qPrintable(each.path));
    // Open routes say so by an empty list; all others may answer 401 and 403.
    const bool isOpen = each.content.contains(QStringLiteral("security"));
    QCOMPARE(each.content.value(QStringLiteral("security")).toArray().size(), 0);
    const bool isLogin = each.path == u"/api/v1/login";
    QCOMPARE(responses.contains(QStringLiteral("401")), !isOpen || isLogin);
    QCOMPARE(responses.contains(QStringLiteral("403")), !isOpen);
    if (!variablesOf(each.path).isEmpty()) QVERIFY2(responses.contains(QStringLiteral("404")), qPrintable(each.path));
  }
}

void OpenApiTest::whatIsSaidOfAnswersIsServed() {
  WsConfig config = wholeGateway();
  config.auth = AuthConfig();
  config.auth->anonymous = {QStringLiteral("*:*")};
  Fixture fixture(config);
  const QJsonObject document = fixture.document();
  for (const AnswerShape &shape : answerShapes) {
    const QString path = QString::fromLatin1(shape.path).replace(QLatin1String("*}"), QLatin1String("}"));
    const QJsonObject operation = document[u"paths"][path][QString::fromLatin1(shape.method).toLower()].toObject();
    const QJsonValue answer =
        operation.value(QStringLiteral("responses")).toObject().value(QLatin1String(shape.status));
    QVERIFY2(answer.isObject(), shape.path);
    QCOMPARE(answer.toObject().contains(QStringLiteral("content")), shape.schema != nullptr);
    if (shape.schema) QVERIFY2(!QJsonDocument::fromJson(shape.schema).isNull(), shape.path);
  }
  for (const NamedSchema &schema : namedSchemas) {
    QVERIFY2(!QJsonDocument::fromJson(schema.schema).isNull(), schema.name);
  }
  // Some of it looked at: what is answered has what is required, and an empty one has nothing.
  const auto required = [&](const char *name) {
    QStringList keys;
    const QString at = QStringLiteral("#/components/schemas/") + QLatin1String(name);
    for (const QJsonValue &key : resolve(document, at)[u"required"].toArray()) keys << key.toString();
    return keys;
  };
  const auto lacking = [&](const QJsonObject &json, const char *name) {
    QStringList keys = required(name);
    keys.removeIf([&](const QString &key) { return json.contains(key); });
    return keys;
  };
  QCOMPARE(lacking(fixture.get("/api/v1/session").object(), "Session"), QStringList());
  QCOMPARE(lacking(fixture.get("/api/v1/points/plc1/boiler/temp").object(), "Point"), QStringList());
  QCOMPARE(lacking(fixture.get("/api/os/telemetry/latest").array().at(0).toObject(), "Telemetry"), QStringList());
  const HttpReply command = fixture.send("POST", "/api/v1/commands", R"({"point":59,"value":1,"wait_ms":0})");
  QCOMPARE(lacking(command.object(), "CommandRecord"), QStringList());
  const HttpReply run = fixture.send("POST", "/api/v1/commands/dry-run", R"({"point":59,"value":1})");
  QCOMPARE(lacking(run.object(), "DryRun"), QStringList());
  const HttpReply selection = fixture.send("POST", "/api/v1/commands/selections", R"({"point":59})");
  QCOMPARE(lacking(selection.object(), "Selection"), QStringList());
  SceneStatus scene;
  scene.id = 1;
  scene.points = {fixture.ids[0]};
  fixture.context.commands().sceneList = {scene};
  QCOMPARE(lacking(fixture.get("/api/v1/scenes").array().at(0).toObject(), "Scene"), QStringList());
  const HttpReply ran = fixture.send("POST", "/api/v1/scenes/1/run", R"({"wait_ms":0})");
  QCOMPARE(lacking(ran.object(), "CommandRecord"), QStringList());
  fixture.context.commands().interlockList = {InterlockStatus()};
  QCOMPARE(lacking(fixture.get("/api/v1/interlocks").array().at(0).toObject(), "Interlock"), QStringList());
  QCOMPARE(fixture.send("POST", "/api/v1/logout", "{}").body, QByteArray());
}

void OpenApiTest::R5_13_parametersOfPanels() {
  const QJsonObject document = Fixture().document();
  const auto names = [&](const char *path) {
    QStringList all;
    for (const QJsonValue &each : document[u"paths"][QLatin1String(path)][u"get"][u"parameters"].toArray()) {
      all << each[u"in"].toString() + u' ' + each[u"name"].toString();
    }
    return all;
  };
  QVERIFY(names("/api/os/events").contains(QStringLiteral("header Last-Event-ID")));
  QVERIFY(names("/api/os/telemetry/latest").contains(QStringLiteral("query endpointIds")));
}

void OpenApiTest::whatTheHistoryAnswers() {
  const QJsonObject document = Fixture().document();
  const auto contentOf = [&](const char *path) {
    return document[u"paths"][QLatin1String(path)][u"get"][u"responses"][u"200"][u"content"].toObject();
  };
  const QStringList both{QStringLiteral("application/json"), QStringLiteral("text/csv")};
  QCOMPARE(contentOf("/api/v1/history").keys(), both);
  QVERIFY(!contentOf("/api/v1/history")[u"application/json"][u"schema"].toObject().isEmpty());
  QCOMPARE(contentOf("/api/v1/history/events").keys(), both);
  QCOMPARE(contentOf("/api/v1/history/export").keys(),
           (QStringList{QStringLiteral("application/jsonl"), QStringLiteral("text/csv")}));
}

/// The cookie is another one where the browser speaks TLS, be it to a proxy.
void OpenApiTest::cookieBehindAProxy() {
  WsConfig config = wholeGateway();
  config.trustedProxies = {QStringLiteral("127.0.0.1")};
  Fixture fixture(config);
  const auto cookie = [&](const QByteArray &fields) {
    const QJsonObject document = fixture.ask("GET", "/api/v1/openapi.json", fields).object();
    return document[u"components"][u"securitySchemes"][u"cookie"][u"name"].toString();
  };
  const QString name = cookie({});
  QVERIFY2(QRegularExpression(QStringLiteral("^tagwire_session_[0-9a-f]{8}$")).match(name).hasMatch(),
           qPrintable(name));
  QCOMPARE(cookie("X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"), QStringLiteral("__Host-") + name);
}

void OpenApiTest::R4_11_errorsHaveOneShape() {
  Fixture fixture;
  const QJsonObject schema = resolve(fixture.document(), QStringLiteral("#/components/schemas/Error")).toObject();
  QStringList required;
  for (const QJsonValue &each : schema.value(QStringLiteral("required")).toArray()) required << each.toString();
  required.sort();
  // What is really answered has exactly these keys.
  QCOMPARE(fixture.get("/api/v1/points").object().keys(), required);
  QCOMPARE(schema.value(QStringLiteral("properties")).toObject().keys(), required);
}

void OpenApiTest::bodiesHaveASchema() {
  int bodies = 0;
  for (const Operation &each : operationsOf(Fixture().document())) {
    if (!each.content.contains(QStringLiteral("requestBody"))) continue;
    ++bodies;
    const QJsonObject body = each.content.value(QStringLiteral("requestBody")).toObject();
    const QJsonObject media =
        body.value(QStringLiteral("content")).toObject().value(QStringLiteral("application/json")).toObject();
    const QJsonObject schema = media.value(QStringLiteral("schema")).toObject();
    QVERIFY2(!schema.isEmpty(), qPrintable(each.path));
    for (const QJsonValue &required : schema.value(QStringLiteral("required")).toArray()) {
      QVERIFY(schema.value(QStringLiteral("properties")).toObject().contains(required.toString()));
    }
  }
  QVERIFY(bodies >= 1);
}

void OpenApiTest::webSocketsAreListed() {
  QStringList paths;
  for (const QJsonValue &each : Fixture().document().value(QStringLiteral("x-websockets")).toArray()) {
    paths << each.toObject().value(QStringLiteral("path")).toString();
  }
  QCOMPARE(paths, (QStringList{QStringLiteral("/ws/{manager}"), QStringLiteral("/v2/ws/socket"),
                               QStringLiteral("/v1/ws/socket"), QStringLiteral("/ws/events"),
                               QStringLiteral("/api/ws/events/{zone_id}")}));
}

TAGWIRE_TEST(OpenApiTest)

}  // namespace openapi_test

#include "openapi_test.moc"
