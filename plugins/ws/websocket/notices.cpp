// SPDX-License-Identifier: Apache-2.0
#include "notices.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace tagwire::ws {

QByteArray authenticated(ProtocolKind kind, Time now) {
  switch (kind) {
    case ProtocolKind::Live:
      return "{\"op\":\"authenticated\"}";
    case ProtocolKind::RtlsManager:
    case ProtocolKind::RtlsEvents:
      return {};
    case ProtocolKind::Rooms:
      return "{\"type\":\"authenticated\",\"data\":{},\"timestamp\":\"" + toIso(now, 0).toLatin1() + "\"}";
    default:
      return "{\"type\":\"authenticated\"}";
  }
}

QByteArray complaint(ProtocolKind kind, const QString &text, Time now) {
  const QString type = QStringLiteral("type");
  const QString message = QStringLiteral("message");
  QJsonObject json;
  switch (kind) {
    case ProtocolKind::Live:
      json = {{QStringLiteral("op"), QStringLiteral("error")}, {message, text}};
      break;
    case ProtocolKind::RtlsManager:
    case ProtocolKind::RtlsEvents:
      json = {{type, QStringLiteral("response")},
              {QStringLiteral("reqid"), QString()},
              {QStringLiteral("response"), QStringLiteral("Unknown")},
              {message, text}};
      break;
    case ProtocolKind::Rooms:
      json = {{type, QStringLiteral("error")},
              {QStringLiteral("data"), QJsonObject{{message, text}}},
              {QStringLiteral("timestamp"), toIso(now, 0)}};
      break;
    default:
      json = {{type, QStringLiteral("error")}, {message, text}};
      break;
  }
  return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

}  // namespace tagwire::ws
