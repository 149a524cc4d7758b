// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QSet>
#include <QTimer>
#include <QUrl>
#include <QWebSocket>

#include <optional>

#include "backoff.h"
#include "plugin.h"
#include "walker.h"

namespace tagwire::rtls {

/// What `tagwire sim rtls` was asked for.
struct SimulatorOptions {
  /// Errors name the argument and what is allowed; a URL with a credential in it is refused and not repeated.
  static Result<SimulatorOptions> fromArguments(const QStringList &arguments);

  QUrl url;
  int tags = 12;
  Polygon area;
  double rate = 2;     ///< fixes per second and tag
  double speed = 1.4;  ///< length units per second
  int zone = 0;        ///< `zone_id` in the fixes; 0: none
  int seed = 1;
};

/// Tags that walk about and send their fixes as GISData (R1-10) to a gateway over a WebSocket, which it dials again
/// whenever it is gone. Says each kind of refusal once. Thread-bound; owned by the command.
class RtlsSimulator : public Tool {
  Q_OBJECT
 public:
  RtlsSimulator();
  ~RtlsSimulator() override;
  tl::expected<QString, ToolError> start(const QStringList &arguments) override;

 private:
  void dial();
  void dialAgain();
  void opened();
  void closed();
  void sendFixes();
  void receive(const QString &message);
  void say(const QString &kind, const QString &text);

  SimulatorOptions m_options;
  std::optional<Walker> m_walker;
  QWebSocket m_socket;
  QTimer m_sendTimer;
  QTimer m_dialTimer;  ///< the next attempt, or the deadline of this one
  Backoff m_backoff;
  QElapsedTimer m_openSince;
  QSet<QString> m_said;
  bool m_toldOpen = false;
  bool m_toldClosed = false;
};

}  // namespace tagwire::rtls
