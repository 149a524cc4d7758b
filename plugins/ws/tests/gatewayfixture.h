// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "echoprotocol.h"
#include "gateway.h"
#include "testcontext.h"

namespace tagwire::ws {

inline EndpointConfig endpoint(const char *path, ProtocolKind kind, const LimitsConfig &limits = {}) {
  return {*EndpointPath::fromText(QString::fromLatin1(path)), kind, limits};
}

inline WsConfig config(const QList<EndpointConfig> &endpoints) {
  WsConfig result;
  result.listen = {QHostAddress(QHostAddress::LocalHost), 0};
  result.endpoints = endpoints;
  result.auth = AuthConfig();
  result.auth->anonymous = {QStringLiteral("*:*")};
  return result;
}

/// A gateway whose protocols only echo.
struct GatewayFixture {
  explicit GatewayFixture(const WsConfig &settings) : gateway(settings, context, factory()) { gateway.start(); }
  explicit GatewayFixture(const LimitsConfig &limits = {})
      : GatewayFixture(
            config({endpoint("/ws/live", ProtocolKind::Live, limits), endpoint("/ws", ProtocolKind::Panel, limits),
                    endpoint("/ws/{manager}", ProtocolKind::RtlsManager, limits),
                    endpoint("/ws/device/{device_id}", ProtocolKind::Device)})) {}

  ProtocolFactory factory() {
    return [this](const EndpointConfig &each, GatewayState &) -> std::unique_ptr<Protocol> {
      if (each.protocol == ProtocolKind::Device) return nullptr;
      return std::make_unique<EchoProtocol>(heard);
    };
  }
  double metric(const std::string &line) {
    const QByteArray text = QByteArray::fromStdString(context.metrics().text());
    const qsizetype at = text.indexOf(QByteArray::fromStdString('\n' + line));
    if (at < 0) return -1;
    const qsizetype from = text.indexOf(' ', at + static_cast<qsizetype>(line.size()));
    return text.mid(from, text.indexOf('\n', from) - from).toDouble();
  }

  TestContext context;
  Heard heard;
  Gateway gateway;
};

}  // namespace tagwire::ws
