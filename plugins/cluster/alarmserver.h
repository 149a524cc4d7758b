// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audit/audittrail.h"
#include "remotealarms.h"

namespace tagwire::cluster {

/// A hub: answers what other nodes ask the alarm desk here. Everybody may read; actions and changes of rules are taken
/// from the nodes that the configuration names, from nobody else. Thread-bound to the host's thread; owned by the
/// Cluster.
class AlarmServer {
 public:
  static constexpr int mostOpen = 200;
  using Answer = std::function<void(const QByteArray &reply, const Result<QCborValue> &answer)>;

  AlarmServer(const ClusterConfig &config, PluginContext &context, const RemotePoints &points, Answer answer)
      : m_config(config),
        m_context(context),
        m_naming(pointNaming(context, points, m_nobody)),
        m_answer(std::move(answer)) {}

  /// Node `from` (the server vouches for it) asks `data`.
  void take(const QString &from, const QByteArray &data, const QByteArray &reply);
  void clear();

 private:
  struct Asked {
    QString from;
    QByteArray reply;
    QCborArray given;
  };
  template <class Answered, class... Taken>
  void serve(const Asked &asked, void (AlarmDesk::*method)(Reply<Answered>, Taken...));
  /// By whom it is done here; nothing: it is refused, and that is answered.
  std::optional<QString> permit(const Asked &asked, const QString &by, AuditEntry entry);
  void send(const Asked &asked, const Result<QCborValue> &answer) const;

  const ClusterConfig &m_config;
  PluginContext &m_context;
  const Sender m_nobody;
  const PointNaming m_naming;
  const Answer m_answer;
  int m_open = 0;
  std::shared_ptr<int> m_life = std::make_shared<int>();  ///< answers to what came before clear() are none
};

}  // namespace tagwire::cluster
