// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "alarmmessages.h"
#include "feed.h"

namespace tagwire::cluster {

/// What passes between nodes without being kept: commands, what alarm desks are asked, the answers to both, signs of
/// life and marks (marks.h). Thread-safe; nothing here waits for the network, a thread of its own sends.
class Wire : public Feed {
 public:
  struct Take {
    /// Node `from` (the server vouches for it) asks `data`; answers go to `reply`, an inbox of its own.
    std::function<void(const QString &from, const QByteArray &data, const QByteArray &reply)> command = {};
    /// An answer to what was asked as `number`; `isNobody`: nobody is there who takes it.
    std::function<void(quint64 number, const QByteArray &data, bool isNobody)> answer = {};
    std::function<void(const Sender &)> alive = {};
    /// A hub says that it is one, and whether it is the one that tells of alarms.
    std::function<void(const Sender &, bool isSpeaking)> hub = {};
    /// The same with what a hub's alarm desk is asked.
    std::function<void(const QString &from, const QByteArray &data, const QByteArray &reply)> deskAsk = {};
    std::function<void(quint64 number, const QByteArray &data, bool isNobody)> deskAnswer = {};
    std::function<void(const QByteArray &data)> mark = {};  ///< Mark of any node, ours among them
  };

  /// `take` is called in threads of libnats and of this. Only what is not empty is listened to.
  Wire(const ClusterConfig &config, const QString &site, Take take, Tell tell);
  ~Wire() override;

  /// A number that nobody can guess, so that nobody else can answer.
  static quint64 newNumber();
  Result<void> ask(const Sender &node, quint64 number, const QByteArray &data);
  Result<void> askDesk(const Sender &hub, quint64 number, const QByteArray &data);
  void answer(const QByteArray &reply, const QByteArray &data);
  /// The same of an alarm desk: it may be long.
  void answerDesk(const QByteArray &reply, const Result<QCborValue> &data);
  void sayAlive();
  void sayHub(bool isSpeaking);
  void sayMark(const QByteArray &data);

 private:
  using TakeAsk = std::function<void(const QString &, const QByteArray &, const QByteArray &)>;
  using TakeAnswer = std::function<void(quint64, const QByteArray &, bool)>;
  struct Out {
    QByteArray subject;
    QByteArray data;
    QByteArray reply = {};
    std::function<void()> notSent = {};
  };
  struct DeskAnswer {
    QByteArray reply;
    Result<QCborValue> data;
    qsizetype elements = 0;
  };
  static constexpr qsizetype mostOutBytes = 16 * 1024 * 1024;
  static constexpr qsizetype mostAnswerElements = 200'000;  ///< some hundred bytes each

  Result<void> read(const Link &link) override;
  Result<std::vector<Listening>> listen(const Link &link) const;
  bool needsStreams() const override { return false; }
  QByteArray subject(const char *what) const { return "tw." + m_site + ".node." + m_node + '.' + what; }
  Result<void> ask(const char *kind, const Sender &node, quint64 number, const QByteArray &data,
                   const TakeAnswer &taker);
  bool send(Out out);
  void sendWaiting(const Link &link);
  void sendDeskAnswer(const Link &link);
  static void handOn(const char *kind, const TakeAsk &taker, const natsMsg *asked);
  static void handBack(const TakeAnswer &taker, natsMsg *answer);

  const Take m_take;
  const QByteArray m_site;
  const QByteArray m_node;
  const QByteArray m_inbox;
  // Under the lock of the feed.
  std::deque<Out> m_out;
  qsizetype m_outBytes = 0;
  std::deque<DeskAnswer> m_deskAnswers;
  qsizetype m_answerElements = 0;
  std::atomic_bool m_isConnected = false;
};

}  // namespace tagwire::cluster
