// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QTimer>
#include <QUrl>
#include <QWebSocket>

#include <chrono>
#include <functional>

#include "result.h"
#include "watchlines.h"

namespace tagwire {

/// What `tagwire watch URL TOPIC…` was asked for.
struct WatchRequest {
  QUrl url;
  QStringList topics;
  QByteArray token;  ///< of $TAGWIRE_TOKEN; empty: none

  /// Without topics: everything. Errors never repeat a credential.
  static Result<WatchRequest> fromArguments(const QStringList &arguments);
};

/// A client of the protocol `live` that prints what it gets and comes back, where it left off, when the connection is
/// lost. Thread-bound; owned by the command or a test.
class Watch : public QObject {
  Q_OBJECT
 public:
  using Print = std::function<void(const QString &line)>;
  using Delays = QList<std::chrono::milliseconds>;

  /// `output` takes values, `complaints` all that is said about them. `delays`: the pauses between attempts.
  Watch(WatchRequest request, Print output, Print complaints, Delays delays = defaultDelays());
  ~Watch() override;

  void start();
  void stop();

  static Delays defaultDelays();

 Q_SIGNALS:
  /// The server will not have it, and trying again can't help.
  void finished(int exitCode);

 private:
  void connectNow();
  void subscribe();
  void take(const QString &text);
  void takeError(const QJsonObject &message);
  void refused();
  void lost();
  bool isRefused() const;
  void end(const QString &complaint);
  void checkLife();

  WatchRequest m_request;
  Print m_output;
  Print m_complaints;
  Delays m_delays;
  WatchLines m_lines;
  QWebSocket m_socket;
  QTimer m_again;
  QTimer m_life;
  QString m_epoch;  ///< of the run that was watched last; empty before the first
  qint64 m_sequence = 0;
  int m_attempts = 0;  ///< since it was connected last
  int m_silence = 0;   ///< looks at the connection without a sign of life since
  bool m_isStopped = true;
  bool m_isLost = false;  ///< has been said
};

}  // namespace tagwire
