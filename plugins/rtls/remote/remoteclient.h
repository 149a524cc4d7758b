// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSslCertificate>
#include <QTimer>
#include <QWebSocket>

#include <memory>

#include "context.h"
#include "loopwatch.h"
#include "remote/inputgate.h"
#include "remote/missedevents.h"
#include "remote/remoteconfig.h"
#include "remote/remotefeed.h"
#include "remote/remoteschedule.h"
#include "remote/remotetrouble.h"

namespace tagwire::rtls {

/// The connection to one other site (R1-30 to R1-33): dials it again and again, asks for the stream, answers
/// heartbeats, hands on what comes. Thread-bound; owned by Remotes.
class RemoteClient : public QObject {
  Q_OBJECT
 public:
  /// What people and metrics call it; no two of an instance are the same.
  struct Title {
    QString name;
    Metrics::Labels labels;
  };
  RemoteClient(const RemoteConfig &config, const RemoteFeed::Subscription &subscription, const Title &title,
               PluginContext &context);
  ~RemoteClient() override;

  void start();
  /// Emits nothing afterwards.
  void stop();
  /// Why it does not stream; empty when it does.
  const QString &trouble() const { return m_trouble; }
  void setNames(const StaticNames &names) { m_feed.setNames(names); }
  /// For connections that begin from now on.
  void trust(const QList<QSslCertificate> &certificates) { m_trusted = certificates; }

 Q_SIGNALS:
  /// A connection is about to be made.
  void dialling();
  void eventCame(const tagwire::Event &event);
  void samplesCame(const tagwire::Samples &samples);
  /// trouble() is another one.
  void troubleChanged();

 private:
  void look();
  void noteStall(std::chrono::nanoseconds elapsed);
  void judgeSilence(const Moment &moment);
  void arm();
  void dial();
  Result<void> readToken();
  QString foreign(QString text) const;
  void opened();
  void ask();
  void begun();
  void catchUp(const RecentEvents &recent);
  void tellNotCaughtUp(const QString &why);
  void closed();
  void giveUp(const QString &why);
  void refuseSite(QWebSocketProtocol::CloseCode code, const char *farewell, const QString &why);
  void endNow();
  void letGo();
  void setTrouble(const QString &trouble);

  void receive(const QString &text);
  void offended(InputGate::Offence offence);
  void handle(const RemoteHeartBeat &beat);
  void handle(const RemoteAnswer &answer);
  void handle(const RemoteEvent &event);
  void handle(const IncomingFix &fix);
  void drop(RemoteFeed::Drop reason);
  Counter refused(const char *reason);
  Moment now() const { return {m_context.clock().now(), m_context.clock().elapsed()}; }

  const RemoteConfig m_config;
  PluginContext &m_context;
  const Title m_title;
  RemoteFeed m_feed;
  MissedEvents m_missed;
  Time m_missedSince;
  QString m_saidMissed;  ///< in the log
  const QList<StreamRequest> m_requests;
  qsizetype m_asking = 0;  ///< the one whose answer is due
  RemoteSchedule m_schedule;
  Secret m_token;
  Secret m_tokenBefore;              ///< the other site may still say it
  QList<QSslCertificate> m_trusted;  ///< empty: the system's
  std::unique_ptr<QWebSocket> m_socket;
  std::unique_ptr<InputGate> m_input;  ///< of the socket
  QString m_certificateTrouble;
  QString m_whyGivenUp;
  QWebSocketProtocol::CloseCode m_farewellCode = QWebSocketProtocol::CloseCodePolicyViolated;
  QString m_farewell;  ///< for the other site; empty: none
  bool m_isOpen = false;
  bool m_isGivenUp = false;
  bool m_toldMalformed = false;
  bool m_toldRefusal = false;  ///< of this connection
  QTimer m_timer;
  LoopWatch m_loopWatch;
  std::chrono::nanoseconds m_heldUntil{0};  ///< until then silence proves nothing
  QString m_trouble;
  QString m_saidTrouble;  ///< in the log
  QString m_saidRefusal;
  Counter m_events;
  Counter m_fixes;
  Counter m_malformed;
  Gauge m_up;
};

}  // namespace tagwire::rtls
