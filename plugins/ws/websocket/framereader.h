// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QList>

#include <memory>
#include <optional>

struct wslay_event_context;
struct wslay_event_on_frame_recv_start_arg;
struct wslay_event_on_msg_recv_arg;

namespace tagwire::ws {

/// Reads the frames that a client sends (RFC 6455, no extensions) and holds them to our bounds: masked, text in valid
/// UTF-8, binary only where it is taken, no message over the limit, not even an announced one. Plain class without I/O
/// over wslay, whose 9 KB it holds only while a message is under way.
class FrameReader {
 public:
  enum class Kind : quint8 { Text, Binary, Ping, Pong, Close };
  /// Refused: reading fails as soon as the payload of a binary frame begins, whatever its length.
  enum class Binary : quint8 { Refused, Taken };
  struct Received {
    Kind kind = Kind::Text;
    QByteArray payload;  ///< of a Close: the reason
    quint16 code = 0;    ///< of a Close; 0: none given
  };
  /// Why nothing more can be read, as the close frame shall say it.
  struct Failure {
    quint16 code = 0;
    const char *reason = "";
  };

  /// A text of up to 8 KiB that seems to bring an access_token may be longer than `messageBytes`: whoever takes it has
  /// to refuse it when it does not.
  explicit FrameReader(int messageBytes, Binary binary = Binary::Refused, int fragments = 4096);
  ~FrameReader();
  FrameReader(const FrameReader &) = delete;
  FrameReader &operator=(const FrameReader &) = delete;

  /// All that `bytes` complete. Nothing follows a Close or a failure.
  QList<Received> feed(const QByteArray &bytes);
  /// Nothing is under way, and little is held.
  bool isAtRest() const { return !m_context; }
  /// Whole messages that came so far.
  quint64 messages() const { return m_messages; }
  const std::optional<Failure> &failure() const { return m_failure; }

 private:
  static ssize_t supply(wslay_event_context *context, quint8 *buffer, size_t length, int flags, void *self);
  static ssize_t discard(wslay_event_context *context, const quint8 *bytes, size_t length, int flags, void *self);
  static void frameBegan(wslay_event_context *context, const wslay_event_on_frame_recv_start_arg *frame, void *self);
  static void frameEnded(wslay_event_context *context, void *self);
  static void messageCame(wslay_event_context *context, const wslay_event_on_msg_recv_arg *message, void *self);
  void open();
  void closeAtRest();
  void takeMessage(const Received &received);
  void takeClose(Received received);
  void fail(quint16 code, const char *reason);
  void findOwnFailure(int result);

  struct Release {
    void operator()(wslay_event_context *context) const;
  };
  std::unique_ptr<wslay_event_context, Release> m_context;  ///< null between two messages
  int m_messageBytes;
  int m_mostFragments;
  Binary m_binary;
  quint64 m_messages = 0;
  QByteArray m_input;
  qsizetype m_taken = 0;
  QList<Received> m_received;
  std::optional<Failure> m_failure;
  qint64 m_unfinished = 0;  ///< bytes that were fed and belong to no finished frame
  qint64 m_frameSize = 0;
  int m_fragments = 0;
  bool m_isInMessage = false;
  bool m_isClosed = false;
};

}  // namespace tagwire::ws
