// SPDX-License-Identifier: Apache-2.0
#include "openapi.h"

#include <QJsonArray>

#include <algorithm>

#include "rest/answershape.h"

namespace tagwire::ws {

namespace {

QJsonObject parsed(const char *schema) { return QJsonDocument::fromJson(schema).object(); }

QJsonObject reference(const char *to) { return {{QStringLiteral("$ref"), QLatin1String(to)}}; }

/// "/points/{name*}" → "/points/{name}": the document knows no variable that takes several segments.
QString pathOf(const Route &route) {
  return QString::fromLatin1(route.path).replace(QLatin1String("*}"), QLatin1String("}"));
}

/// "getApiV1PointsByName": unique, as method and path are.
QString operationOf(const Route &route) {
  QString id = QString::fromLatin1(route.method).toLower();
  for (QString word : QString::fromLatin1(route.path).split(u'/', Qt::SkipEmptyParts)) {
    if (word.startsWith(u'{')) id += QStringLiteral("By");
    bool isStart = true;
    for (const QChar c : std::as_const(word)) {
      if (c.isLetterOrNumber()) id += isStart ? c.toUpper() : c;
      isStart = !c.isLetterOrNumber();
    }
  }
  return id;
}

QJsonObject parameter(const QString &name, const char *where, bool isRequired, const QString &help,
                      const QJsonObject &schema) {
  return {{QStringLiteral("name"), name},
          {QStringLiteral("in"), QLatin1String(where)},
          {QStringLiteral("required"), isRequired},
          {QStringLiteral("description"), help},
          {QStringLiteral("schema"), schema}};
}

/// "integer", or "integer[]" for a parameter that may stand several times.
QJsonObject schemaOfType(const char *type) {
  QString word = QString::fromLatin1(type);
  const bool isList = word.endsWith(QLatin1String("[]"));
  if (isList) word.chop(2);
  const QJsonObject single{{QStringLiteral("type"), word}};
  if (!isList) return single;
  return {{QStringLiteral("type"), QStringLiteral("array")}, {QStringLiteral("items"), single}};
}

QJsonArray parametersOf(const Route &route) {
  QJsonArray list;
  const QJsonObject text{{QStringLiteral("type"), QStringLiteral("string")}};
  for (const QString &word : QString::fromLatin1(route.path).split(u'/')) {
    if (!word.startsWith(u'{')) continue;
    const bool takesRest = word.endsWith(QLatin1String("*}"));
    list.append(parameter(word.mid(1, word.size() - (takesRest ? 3 : 2)), "path", true,
                          takesRest ? QStringLiteral("may hold slashes") : QString(), text));
  }
  for (const QueryParameter &each : route.query) {
    list.append(
        parameter(QLatin1String(each.name), "query", false, QString::fromUtf8(each.help), schemaOfType(each.type)));
  }
  for (const QueryParameter &each : route.headers) {
    list.append(
        parameter(QLatin1String(each.name), "header", false, QString::fromUtf8(each.help), schemaOfType(each.type)));
  }
  // Login is how a session comes about.
  if (qstrcmp(route.method, "GET") != 0 && qstrcmp(route.path, "/api/v1/login") != 0) {
    list.append(parameter(QStringLiteral("X-CSRF-Token"), "header", false,
                          QStringLiteral("a browser's session has to send it with every write"), text));
  }
  return list;
}

QJsonObject successOf(const Route &route) {
  const char *type = route.isStream                  ? "text/event-stream"
                     : route.part == Served::Metrics ? "text/plain"
                                                     : "application/json";
  QJsonObject content;
  for (const char *each : route.contentTypes) content.insert(QLatin1String(each), QJsonObject());
  if (content.isEmpty()) content.insert(QLatin1String(type), QJsonObject());
  return {{QStringLiteral("description"), QString::fromUtf8(route.summary)}, {QStringLiteral("content"), content}};
}

bool isOf(const AnswerShape &shape, const Route &route) {
  return qstrcmp(shape.method, route.method) == 0 && qstrcmp(shape.path, route.path) == 0;
}

QJsonObject answerFor(const Route &route, const AnswerShape &shape) {
  QJsonObject answer{{QStringLiteral("description"), QString::fromUtf8(route.summary)}};
  if (!shape.schema) return answer;
  const QJsonObject media{{QStringLiteral("schema"), parsed(shape.schema)}};
  QJsonObject content{{QStringLiteral("application/json"), media}};
  if (*shape.status == '2') {
    for (const char *type : route.contentTypes) {
      if (!content.contains(QLatin1String(type))) content.insert(QLatin1String(type), QJsonObject());
    }
  }
  answer.insert(QStringLiteral("content"), content);
  return answer;
}

QJsonObject responsesOf(const Route &route) {
  const bool isRead = qstrcmp(route.method, "GET") == 0;
  const bool hasVariable = QByteArrayView(route.path).contains('{');
  QJsonObject responses;
  const auto add = [&responses](const char *status, const char *to) {
    responses.insert(QLatin1String(status), reference(to));
  };
  if (hasVariable || !route.query.isEmpty() || route.body) add("400", "#/components/responses/BadRequest");
  if (route.right) {
    add("401", "#/components/responses/Unauthorized");
    add("403", "#/components/responses/Forbidden");
  }
  if (hasVariable) add("404", "#/components/responses/NotFound");
  add("default", "#/components/responses/Error");
  for (const AnswerShape &each : answerShapes) {
    if (isOf(each, route)) responses.insert(QLatin1String(each.status), answerFor(route, each));
  }
  const QStringList statuses = responses.keys();
  const bool tellsSuccess =
      std::any_of(statuses.begin(), statuses.end(), [](const QString &status) { return status.startsWith(u'2'); });
  if (!tellsSuccess) responses.insert(isRead ? QStringLiteral("200") : QStringLiteral("2XX"), successOf(route));
  return responses;
}

QString rightsOf(const Route &route) {
  if (!route.right) return QStringLiteral("Open to everybody.");
  QList<Right> rights{*route.right};
  rights += route.orRights;
  QStringList texts;
  for (const Right &right : std::as_const(rights)) {
    texts << QStringLiteral("`%1:%2`").arg(QLatin1String(right.what), QLatin1String(right.verb));
  }
  return QStringLiteral("Needs the permission %1%2.")
      .arg(texts.join(QStringLiteral(" or ")), route.isWhole ? QStringLiteral(" without a pattern") : QString());
}

QJsonObject operationFor(const Route &route) {
  QJsonObject operation{{QStringLiteral("operationId"), operationOf(route)},
                        {QStringLiteral("summary"), QString::fromUtf8(route.summary)},
                        {QStringLiteral("description"), rightsOf(route)},
                        {QStringLiteral("responses"), responsesOf(route)}};
  if (const QJsonArray parameters = parametersOf(route); !parameters.isEmpty()) {
    operation.insert(QStringLiteral("parameters"), parameters);
  }
  if (route.body) {
    const QJsonObject media{{QStringLiteral("schema"), parsed(route.body)}};
    const QJsonObject content{{QStringLiteral("application/json"), media}};
    operation.insert(QStringLiteral("requestBody"),
                     QJsonObject{{QStringLiteral("required"), true}, {QStringLiteral("content"), content}});
  }
  if (!route.right) operation.insert(QStringLiteral("security"), QJsonArray());
  return operation;
}

QJsonObject errorOf(const char *description) {
  const QJsonObject media{{QStringLiteral("schema"), reference("#/components/schemas/Error")}};
  return {{QStringLiteral("description"), QString::fromUtf8(description)},
          {QStringLiteral("content"), QJsonObject{{QStringLiteral("application/json"), media}}}};
}

QJsonObject schemas() {
  QJsonObject all;
  for (const NamedSchema &each : namedSchemas) all.insert(QLatin1String(each.name), parsed(each.schema));
  return all;
}

QJsonObject componentsFor(const QByteArray &cookie) {
  return {
      {QStringLiteral("schemas"), schemas()},
      {QStringLiteral("responses"),
       QJsonObject{{QStringLiteral("BadRequest"), errorOf("the request is wrong; the error says what is allowed")},
                   {QStringLiteral("Unauthorized"), errorOf("a credential is due")},
                   {QStringLiteral("Forbidden"), errorOf("the credential does not hold, or not for this")},
                   {QStringLiteral("NotFound"), errorOf("there is no such thing")},
                   {QStringLiteral("Error"), errorOf("anything else that went wrong")}}},
      {QStringLiteral("securitySchemes"),
       QJsonObject{{QStringLiteral("bearer"), QJsonObject{{QStringLiteral("type"), QStringLiteral("http")},
                                                          {QStringLiteral("scheme"), QStringLiteral("bearer")}}},
                   {QStringLiteral("cookie"), QJsonObject{{QStringLiteral("type"), QStringLiteral("apiKey")},
                                                          {QStringLiteral("in"), QStringLiteral("cookie")},
                                                          {QStringLiteral("name"), QString::fromLatin1(cookie)}}}}}};
}

/// The document has no words for WebSockets; their paths stand in an extension.
QJsonArray socketsOf(const WsConfig &config) {
  QJsonArray list;
  if (!config.serves(Served::Ws)) return list;
  for (const EndpointConfig &endpoint : config.servedEndpoints()) {
    list.append(QJsonObject{{QStringLiteral("path"), endpoint.path.text()},
                            {QStringLiteral("protocol"), QLatin1String(wordOf(endpoint.protocol))}});
  }
  return list;
}

}  // namespace

OpenApi::OpenApi(Router &router, GatewayState &state) : m_router(router), m_state(state) {
  router.add({"GET", "/api/v1/openapi.json", "this description, as OpenAPI 3.1", Served::Rest, std::nullopt,
              [this](const Call &call) { answer(call); }});
}

void OpenApi::answer(const Call &call) {
  // The cookie's name depends on whether the client speaks TLS, to us or to a proxy.
  const QByteArray cookie = m_state.authenticator.cookie(call.sender).name();
  QByteArray &text = m_texts[cookie];
  if (text.isEmpty()) text = QJsonDocument(document(cookie)).toJson(QJsonDocument::Compact);
  call.answer({200, "application/json", text});
}

QJsonObject OpenApi::document(const QByteArray &cookie) const {
  QJsonObject paths;
  for (const Route &route : m_router.routes()) {
    if (route.part == Served::Pages) continue;  // files for browsers, no interface
    const QString path = pathOf(route);
    QJsonObject item = paths.value(path).toObject();
    item.insert(QString::fromLatin1(route.method).toLower(), operationFor(route));
    paths.insert(path, item);
  }
  return {{QStringLiteral("openapi"), QStringLiteral("3.1.0")},
          {QStringLiteral("info"), QJsonObject{{QStringLiteral("title"), QStringLiteral("Tagwire")},
                                               {QStringLiteral("version"), QStringLiteral("1")}}},
          {QStringLiteral("security"), QJsonArray{QJsonObject{{QStringLiteral("bearer"), QJsonArray()}},
                                                  QJsonObject{{QStringLiteral("cookie"), QJsonArray()}}}},
          {QStringLiteral("paths"), paths},
          {QStringLiteral("components"), componentsFor(cookie)},
          {QStringLiteral("x-websockets"), socketsOf(m_state.config)}};
}

}  // namespace tagwire::ws
