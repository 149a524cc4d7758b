// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "alarmmessages.h"
#include "remotepoints.h"

namespace tagwire::cluster {

/// Asks alarm desks of hubs: a gateway for its pages, a hub for what it missed. Thread-bound to the host's thread;
/// owned by the Cluster.
class RemoteAlarms {
 public:
  using Moment = std::chrono::nanoseconds;
  static constexpr size_t mostOpen = 200;
  static constexpr std::chrono::seconds silence{3};
  /// Below that of PluginContext::request, so that its answer is ours.
  static constexpr std::chrono::seconds patience{4};

  using Send = std::function<Result<void>(const Sender &hub, quint64 number, const QByteArray &data)>;
  /// `owner` is in the host's thread and outlives this.
  RemoteAlarms(PluginContext &context, const RemotePoints &points, QObject *owner, Send send);

  /// A hub has given a sign of life.
  void heard(const Sender &hub, bool isSpeaking);
  /// It has done so since the start.
  bool isHub(const Sender &sender) const { return m_hubs.contains(sender); }
  /// The hub that tells of alarms, while it is heard.
  std::optional<Sender> speaker() const;

  /// Of the hub that tells of alarms. Answers once, with an error that begins with "unreachable: " when there is none.
  template <class Answer, class... Given>
  void ask(Reply<Answer> reply, DeskCall call, const Given &...given) {
    const auto hub = speaker();
    if (!hub) return reply(failure(whyNobody()));
    askAt<Answer>(*hub, std::move(reply), call, given...);
  }
  template <class Answer, class... Given>
  void askAt(const Sender &hub, Reply<Answer> reply, DeskCall call, const Given &...given) {
    send(hub, call, givenOf(m_naming, given...), [this, hub, reply](const Result<QCborValue> &got) {
      if (!got) return reply(failure(got.error()));
      Answer answer{};
      m_from = hub;
      if (!FieldReader(m_naming).take(*got, answer)) {
        return reply(failure(QStringLiteral("unreachable: hub %1 answers what this version can't read").arg(hub.node)));
      }
      reply(std::move(answer));
    });
  }

  void answered(quint64 number, const QByteArray &message, bool isNobody);
  /// Answers what is open with an error.
  void clear();

 private:
  using Taker = std::function<void(const Result<QCborValue> &)>;
  struct Hub {
    Moment heard{0};
    bool isSpeaking = false;
  };
  struct Open {
    QString hub;
    Taker take;
    AnswerParts parts;
  };
  void send(const Sender &hub, DeskCall call, const QCborArray &given, const Taker &take);
  void end(quint64 number, const Result<QCborValue> &outcome);
  QString whyNobody() const;
  bool isHeard(const Hub &hub) const;

  PluginContext &m_context;
  const PointNaming m_naming;
  QObject *m_owner;
  const Send m_send;
  Sender m_from;  ///< whose answer is being read
  QHash<Sender, Hub> m_hubs;
  std::map<quint64, Open> m_open;
};

/// By the full names of points here; of other nodes' points by what they are called here.
PointNaming pointNaming(PluginContext &context, const RemotePoints &points, const Sender &from);

}  // namespace tagwire::cluster
