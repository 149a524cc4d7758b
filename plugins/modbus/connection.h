// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include <vector>

#include "busclient.h"
#include "frame.h"
#include "link.h"

namespace tagwire::modbus {

/// The client's end of one link: frames, transactions and deadlines. Several requests may be under way over Modbus TCP,
/// one on a line. Over TCP anything but a proper answer in time closes the link: a late or odd answer can then never be
/// taken for another one. A serial port stays open; there an answer that does not fit the question is taken for a late
/// one and dropped. Does not reconnect by itself. Thread-bound; owned by the Bus.
class Connection : public QObject {
  Q_OBJECT
 public:
  using Moment = BusClient::Moment;
  enum class State : quint8 { Closed, Opening, Open };

  Connection(const Endpoint &endpoint, int maxOutstanding);
  ~Connection() override;

  State state() const { return m_state; }
  const Endpoint &endpoint() const { return m_endpoint; }
  /// Only while Closed.
  void setEndpoint(const Endpoint &endpoint);
  /// Only while Closed. Ends in opened() or closed().
  void open(std::chrono::milliseconds timeout);
  /// Emits nothing; what is under way is forgotten.
  void close();
  /// What is under way is interrupted, and the end is told.
  void hangUp(const QString &why);

  /// Open, and one more request may be under way.
  bool hasRoom() const { return m_state == State::Open && m_sent.size() < m_maxOutstanding; }
  /// When a line has been silent for long enough to send (3.5 characters).
  Moment silentAt() const;
  /// Only with room, and not before silentAt(). The deadline runs from here; flush() sends.
  void send(const Request &request);
  void flush() { m_link->flush(); }
  /// What it has under way still occupies the link, but belongs to nobody any more.
  void disown(const BusClient *client);

  static Moment now();

 Q_SIGNALS:
  void opened();
  /// Answer or Exception.
  void replied(const tagwire::modbus::Request &request, const tagwire::modbus::Reply &reply,
               std::chrono::nanoseconds took);
  void failed(const tagwire::modbus::Request &request, tagwire::QualityReason reason, const QString &text);
  void interrupted(const tagwire::modbus::Request &request, const QString &text);
  /// After the outcomes of what was under way (`wasAsked`). `before` is the state it was in.
  void closed(tagwire::QualityReason reason, const QString &text, tagwire::modbus::Connection::State before,
              bool wasAsked);
  /// What arrived was told; there may be room again.
  void readEnded();

 private:
  struct Sent {
    Request request;
    quint16 transaction = 0;
    Moment at{0};
    Moment deadline{0};
  };

  void makeEnds();
  void read();
  void readFrames();
  void takeFrame(const Frame &frame);
  void takeNumbered(const Frame &frame);
  void takeUnnumbered(const Frame &frame);
  void tell(size_t index, const Reply &reply);
  void garbled(const QString &what);
  void strayBytes(qsizetype count);
  void expire();
  void expireOnLine();
  void armDeadline();
  void end(QualityReason reason, const QString &text, size_t culprit);
  std::chrono::nanoseconds transmissionTime(const QByteArray &pdu) const;

  Endpoint m_endpoint;
  size_t m_maxOutstanding;
  std::unique_ptr<Link> m_link;
  std::unique_ptr<FrameDecoder> m_decoder;
  State m_state = State::Closed;
  std::vector<Sent> m_sent;
  quint16 m_transaction = 0;
  int m_attempt = 0;
  std::chrono::milliseconds m_openTimeout{0};
  QTimer m_deadline;
  Moment m_armedFor{0};
  // Lines only.
  Moment m_heardAt{0};
  std::chrono::nanoseconds m_silence{0};
  qsizetype m_strayBytes = 0;
  QString m_oddAnswer;
};

}  // namespace tagwire::modbus
