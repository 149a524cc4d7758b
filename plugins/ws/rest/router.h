// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <vector>

#include "auth/caller.h"
#include "http/admission.h"
#include "http/target.h"
#include "wsconfig.h"

namespace tagwire::ws {

class HttpConnection;

/// One request on its way to a route's handler.
struct Call {
  const Request &request;
  const Target &target;
  QHash<QString, QString> variables;  ///< of the route's path, decoded
  Sender sender;
  CallerPointer caller;  ///< null only where a route is open to all
  Answer answer;
  HttpConnection &connection;  ///< for routes that answer with a stream

  bool may(Right right, QStringView name) const { return caller && caller->may(right, name); }
};

/// A parameter of the query or a header, as the OpenAPI document tells it.
struct QueryParameter {
  const char *name;
  const char *type;  ///< "string", "integer", "boolean"
  const char *help;
};

/// One thing that is served over plain HTTP. `path` may hold {variables}; a last one written {name*} takes all the
/// rest, slashes included.
struct Route {
  const char *method;
  const char *path;
  const char *summary;
  std::optional<Served> part;  ///< none: always served
  /// What a caller must hold for something at least; the handler checks for what exactly. None: open to everybody.
  std::optional<Right> right;
  std::function<void(const Call &)> handler;
  QList<QueryParameter> query = {};
  const char *body = nullptr;  ///< JSON Schema of the request's body
  bool isStream = false;       ///< answers text/event-stream
  QList<Right> orRights = {};  ///< any of these does as well as `right`
  QList<QueryParameter> headers = {};
  QList<const char *> contentTypes = {};  ///< of the answer, where that is not JSON alone
  bool isWhole = false;                   ///< about the whole instance: a permission for some things only is none

  /// Whether the caller holds one of the rights.
  bool admits(const Caller &caller) const;
};

/// Finds the route of a request and holds it to the caller's permissions. Thread-bound; owned by the gateway.
class Router {
 public:
  Router(const WsConfig &config, const Clock &clock) : m_config(config), m_clock(clock) {}

  /// A route of a part that this gateway does not serve is left out.
  void add(const Route &route);
  /// The same for one that is about the whole instance.
  void addWhole(Route route) {
    route.isWhole = true;
    add(route);
  }
  /// Whether any route has this path.
  bool has(const Target &target) const;
  /// Health and readiness: answered whatever the credential, as those who ask may not even know that they send one.
  bool isProbe(const Target &target, const QByteArray &method) const;
  /// 404, 405, 401, 403 or the route's own answer.
  void handle(const Call &call) const;
  const std::vector<Route> &routes() const { return m_routes; }

 private:
  struct Match {
    const Route *route = nullptr;
    QHash<QString, QString> variables;
    QByteArray allowed;  ///< methods, when none of them is the request's
  };
  Match find(const Target &target, const QByteArray &method) const;

  const WsConfig &m_config;
  const Clock &m_clock;
  std::vector<Route> m_routes;
};

/// 401 with the challenge that HTTP asks for.
Refusal missingCredential();
/// 403: the caller is known and may not.
Refusal notPermitted(Right right, const QList<Right> &orRights = {});
/// The same where the permission has to be for everything.
Refusal notPermittedAtLarge(Right right);

}  // namespace tagwire::ws
