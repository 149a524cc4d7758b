// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <vector>

#include "context.h"
#include "http/response.h"
#include "http/target.h"
#include "rest/commanddesk.h"
#include "wsconfig.h"

namespace tagwire::ws {

/// Everything that is served over plain HTTP: health, metrics, points, alarms, commands. Thread-bound; owned by the
/// gateway.
class Rest {
 public:
  Rest(const WsConfig &config, PluginContext &context, CommandDesk &commands);

  void handle(const Request &request, const Target &target, const QString &peer, const Answer &answer) const;
  /// Whether any route has this path.
  bool has(const Target &target) const;

 private:
  struct Call {
    const Request &request;
    const Target &target;
    QString rest;  ///< what a route's open end stands for
    QString peer;
    Answer answer;
  };
  struct Route {
    const char *method;
    const char *path;  ///< "*" at the end stands for all the rest
    void (Rest::*handler)(const Call &) const;
  };

  static bool matches(const Route &route, const Target &target, QString &rest);
  void add(Served part, const Route &route);

  void index(const Call &call) const;
  void health(const Call &call) const;
  void metrics(const Call &call) const;
  void points(const Call &call) const;
  void point(const Call &call) const;
  void alarms(const Call &call) const;
  void managers(const Call &call) const;
  void command(const Call &call) const;
  void commandHistory(const Call &call) const;

  const WsConfig &m_config;
  PluginContext &m_context;
  CommandDesk &m_commands;
  std::vector<Route> m_routes;
};

}  // namespace tagwire::ws
