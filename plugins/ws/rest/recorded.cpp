// SPDX-License-Identifier: Apache-2.0
#include "rest/recorded.h"

#include <QJsonArray>
#include <QJsonDocument>

#include "audit/audittrail.h"

namespace tagwire::ws {

namespace {

QJsonObject recordedBody(const QByteArray &body) {
  const QJsonDocument document = QJsonDocument::fromJson(body);
  if (document.isNull()) return {};
  return {{QStringLiteral("body"), document.isArray() ? QJsonValue(document.array()) : QJsonValue(document.object())}};
}

}  // namespace

std::function<void(const Call &)> recorded(PluginContext &context, const char *kind,
                                           std::function<void(const Call &)> handler) {
  return [&context, kind, handler = std::move(handler)](const Call &call) {
    AuditEntry entry = auditEntry(kind, QString::fromLatin1(call.request.method).toLower(), doerOf(call));
    entry.subject = call.target.path();
    entry.details = recordedBody(call.request.body);
    Call noted = call;
    noted.answer = [&context, entry, answer = call.answer](const Response &response) {
      if (response.status >= 200 && response.status < 300) context.audit().append(entry);
      answer(response);
    };
    handler(noted);
  };
}

}  // namespace tagwire::ws
