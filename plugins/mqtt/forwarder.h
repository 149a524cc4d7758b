// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QObject>
#include <QTimer>

#include <array>
#include <deque>
#include <span>

#include "link.h"
#include "metrics.h"
#include "outbox.h"

namespace tagwire::mqtt {

/// Carries what waits in the outbox to the broker, in order: a window of messages that are not acknowledged yet, no
/// faster than the pace. What the broker has acknowledged leaves the outbox; after a lost connection the rest is sent
/// again, so a message may arrive twice and never not at all. Thread-bound.
class Forwarder : public QObject {
  Q_OBJECT
 public:
  struct Settings {
    int mostInFlight = 100;
    int perSecond = 5000;  ///< 0: no pace
    std::chrono::milliseconds ackTimeout{30'000};
    qsizetype chunk = 1;  ///< samples that are encoded together
  };
  /// Into any number of messages. `isHistorical`: from before the connection.
  using EncodeSamples = std::function<QList<Message>(std::span<const spool::StoredSample>, bool isHistorical)>;
  using EncodeEvent = std::function<QList<Message>(const spool::StoredEvent &, bool isHistorical)>;
  using Encode = std::function<QList<Message>()>;

  Forwarder(Link &link, Outbox &outbox, const Settings &settings, const Clock &clock, Metrics &metrics);

  void setEncoders(EncodeSamples samples, EncodeEvent event);
  /// The connection stands. What `first()` is given from now on goes before all that waits.
  void begin();
  /// No more; forgets what is in flight.
  void pause();
  bool isActive() const { return m_isActive; }
  /// Before all that waits, in this order: encoded when its turn comes.
  void first(Encode encode);
  /// Looks for what there is to do.
  void advance();
  /// Messages that the broker has not acknowledged.

 Q_SIGNALS:
  /// The broker will not take it, ever.
  void refused(const QString &topic, const QString &why);
  /// Everything that there was has been acknowledged.
  void caughtUp();

 private:
  struct Chunk {
    size_t first = 0;  ///< index in its batch
    size_t next = 0;
    qsizetype waiting = 0;  ///< messages that are not acknowledged
  };
  /// One stream of the outbox.
  struct Lane {
    spool::Stream stream;
    Outbox::BatchPointer batch = {};
    size_t next = 0;  ///< to be sent
    std::deque<std::shared_ptr<Chunk>> chunks = {};
    bool isReading = false;
    bool isEmpty = false;  ///< when last looked at
  };
  struct Flight {
    std::shared_ptr<Chunk> chunk;
    QString topic;
  };

  static size_t countOf(const Lane &lane);
  static spool::SpoolRange rangeOf(const Lane &lane, const Chunk &chunk);
  bool isHistorical(const Lane &lane, size_t index) const;
  bool sendNext();
  void sendChunk(Lane &lane);
  void send(const QList<Message> &messages, const std::shared_ptr<Chunk> &chunk);
  void read(Lane &lane);
  void finish(Lane &lane);
  void acknowledged(int number, int reason);
  bool hasPace();
  void look();

  Link &m_link;
  Outbox &m_outbox;
  const Settings m_settings;
  const Clock &m_clock;
  EncodeSamples m_encodeSamples;
  EncodeEvent m_encodeEvent;
  std::array<Lane, 2> m_lanes{Lane{.stream = spool::Stream::Events}, Lane{.stream = spool::Stream::Telemetry}};
  std::deque<Encode> m_first;
  QHash<int, Flight> m_inFlight;
  OutboxMark m_mark;
  quint64 m_generation = 0;
  double m_tokens = 0;
  std::chrono::nanoseconds m_refilledAt{0};
  std::chrono::nanoseconds m_progressAt{0};
  QTimer m_pace;
  QTimer m_look;
  bool m_isActive = false;
  bool m_isAdvancing = false;
  Counter m_sent;
  Counter m_acknowledged;
  Counter m_refused;
};

}  // namespace tagwire::mqtt
