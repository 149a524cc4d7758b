// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "feed.h"

namespace tagwire::cluster {

/// What passes between nodes without being kept: commands and their answers, and signs of life. Thread-safe.
class Wire : public Feed {
 public:
  struct Take {
    /// Node `from` (the server vouches for it) asks `data`; answers go to `reply`.
    std::function<void(const QString &from, const QByteArray &data, const QByteArray &reply)> command;
    /// An answer to what was asked as `number`; `isNobody`: nobody is there who takes it.
    std::function<void(quint64 number, const QByteArray &data, bool isNobody)> answer;
    std::function<void(const Sender &, const QByteArray &data)> alive;
  };

  /// `take` is called in threads of libnats. Signs of life and commands are only heard by who wants them (not empty).
  Wire(const ClusterConfig &config, const QString &site, Take take, Tell tell);
  ~Wire() override;

  Result<void> ask(const Sender &node, quint64 number, const QByteArray &data);
  void answer(const QByteArray &reply, const QByteArray &data);
  void sayAlive(const QByteArray &data);

 private:
  Result<void> read(const Link &link) override;
  bool needsStreams() const override { return false; }
  Result<void> publish(const QByteArray &subject, const QByteArray &data, const QByteArray &reply = {});
  static void onCommand(natsConnection *, natsSubscription *, natsMsg *message, void *closure);
  static void onAnswer(natsConnection *, natsSubscription *, natsMsg *message, void *closure);
  static void onAlive(natsConnection *, natsSubscription *, natsMsg *message, void *closure);

  const Take m_take;
  const QByteArray m_site;
  const QByteArray m_node;
  QByteArray m_inbox;
  std::mutex m_linkMutex;
  const Link *m_link = nullptr;  ///< while it may be used
};

}  // namespace tagwire::cluster
