// SPDX-License-Identifier: Apache-2.0
#include "framereader.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace tagwire::ws {

namespace {

/// A message may bring a token, which is longer than some endpoints' messages (spec, "First-message auth").
constexpr int authBytes = 8192;

const char *reasonOf(quint16 code) {
  switch (code) {
    case WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA:
      return "invalid UTF-8";
    case WSLAY_CODE_MESSAGE_TOO_BIG:
      return "message too large";
    default:
      return "broken frame";
  }
}

}  // namespace

void FrameReader::Release::operator()(wslay_event_context *context) const { wslay_event_context_free(context); }

FrameReader::FrameReader(int messageBytes, Binary binary, int fragments)
    : m_messageBytes(messageBytes), m_mostFragments(fragments), m_binary(binary) {}

void FrameReader::open() {
  wslay_event_callbacks callbacks{};
  callbacks.recv_callback = &FrameReader::supply;
  callbacks.send_callback = &FrameReader::discard;
  callbacks.on_frame_recv_start_callback = &FrameReader::frameBegan;
  callbacks.on_frame_recv_end_callback = &FrameReader::frameEnded;
  callbacks.on_msg_recv_callback = &FrameReader::messageCame;
  wslay_event_context *context = nullptr;
  if (wslay_event_context_server_init(&context, &callbacks, this) != 0) throw std::bad_alloc();
  m_context.reset(context);
  wslay_event_config_set_max_recv_msg_length(context, static_cast<quint64>(std::max(m_messageBytes, authBytes)));
}

FrameReader::~FrameReader() = default;

QList<FrameReader::Received> FrameReader::feed(const QByteArray &bytes) {
  if (m_failure || m_isClosed || bytes.isEmpty()) return {};
  if (!m_context) open();
  m_unfinished += bytes.size();
  m_input = bytes;
  m_taken = 0;
  const int result = wslay_event_recv(m_context.get());
  m_input.clear();
  findOwnFailure(result);
  closeAtRest();
  return std::exchange(m_received, {});
}

/// An idle client costs no context: making one takes 0.3 µs, holding it 8.8 KB.
void FrameReader::closeAtRest() {
  const bool isAtRest = m_unfinished == 0 && !m_isInMessage;
  if (isAtRest || m_failure || m_isClosed) m_context.reset();
}

/// wslay answers errors by queueing a close frame. Ours are written elsewhere, so let it send into the void and look.
void FrameReader::findOwnFailure(int result) {
  wslay_event_context *context = m_context.get();
  if (wslay_event_want_write(context)) wslay_event_send(context);
  if (m_failure || wslay_event_get_close_received(context)) return;
  if (result != 0) return fail(WSLAY_CODE_PROTOCOL_ERROR, reasonOf(WSLAY_CODE_PROTOCOL_ERROR));
  if (!wslay_event_get_close_sent(context)) return;
  const quint16 code = wslay_event_get_status_code_sent(context);
  const bool isKnown = code == WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA || code == WSLAY_CODE_MESSAGE_TOO_BIG;
  fail(isKnown ? code : quint16{WSLAY_CODE_PROTOCOL_ERROR}, reasonOf(code));
}

void FrameReader::fail(quint16 code, const char *reason) {
  if (!m_failure) m_failure = Failure{code, reason};
  wslay_event_shutdown_read(m_context.get());
}

ssize_t FrameReader::supply(wslay_event_context *context, quint8 *buffer, size_t length, int, void *self) {
  auto *reader = static_cast<FrameReader *>(self);
  const auto left = static_cast<size_t>(reader->m_input.size() - reader->m_taken);
  if (left == 0) {
    wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
    return -1;
  }
  const size_t given = std::min(left, length);
  std::memcpy(buffer, reader->m_input.constData() + reader->m_taken, given);
  reader->m_taken += static_cast<qsizetype>(given);
  return static_cast<ssize_t>(given);
}

ssize_t FrameReader::discard(wslay_event_context *, const quint8 *, size_t length, int, void *) {
  return static_cast<ssize_t>(length);
}

void FrameReader::frameBegan(wslay_event_context *, const wslay_event_on_frame_recv_start_arg *frame, void *self) {
  auto *reader = static_cast<FrameReader *>(self);
  if (frame->opcode == WSLAY_BINARY_FRAME && reader->m_binary == Binary::Refused) {
    reader->fail(WSLAY_CODE_UNSUPPORTED_DATA, "text is due, not binary");
  } else if (frame->opcode == WSLAY_CONTINUATION_FRAME && ++reader->m_fragments >= reader->m_mostFragments) {
    reader->fail(WSLAY_CODE_POLICY_VIOLATION, "too many fragments");
  }
  const quint64 size = frame->payload_length;
  const int head = 2 + (size > 0xFFFF ? 8 : size > 125 ? 2 : 0) + 4;
  reader->m_frameSize = head + static_cast<qint64>(size);
  const bool isControl = (frame->opcode & 0x8) != 0;
  if (!isControl) reader->m_isInMessage = frame->fin == 0;
}

void FrameReader::frameEnded(wslay_event_context *, void *self) {
  auto *reader = static_cast<FrameReader *>(self);
  reader->m_unfinished -= reader->m_frameSize;
}

void FrameReader::messageCame(wslay_event_context *, const wslay_event_on_msg_recv_arg *message, void *self) {
  auto *reader = static_cast<FrameReader *>(self);
  if (reader->m_failure) return;
  Received received;
  received.payload =
      QByteArray(reinterpret_cast<const char *>(message->msg), static_cast<qsizetype>(message->msg_length));
  switch (message->opcode) {
    case WSLAY_TEXT_FRAME:
      return reader->takeMessage(received);
    case WSLAY_BINARY_FRAME:
      received.kind = Kind::Binary;
      return reader->takeMessage(received);
    case WSLAY_PING:
      received.kind = Kind::Ping;
      break;
    case WSLAY_PONG:
      received.kind = Kind::Pong;
      break;
    case WSLAY_CONNECTION_CLOSE:
      received.kind = Kind::Close;
      received.code = message->status_code;
      return reader->takeClose(received);
    default:
      return;
  }
  reader->m_received.append(received);
}

void FrameReader::takeMessage(const Received &received) {
  m_fragments = 0;
  ++m_messages;
  const bool mayBeLonger = received.kind == Kind::Text && received.payload.size() <= authBytes &&
                           received.payload.contains("\"access_token\"");
  if (received.payload.size() > m_messageBytes && !mayBeLonger) {
    return fail(WSLAY_CODE_MESSAGE_TOO_BIG, reasonOf(WSLAY_CODE_MESSAGE_TOO_BIG));
  }
  m_received.append(received);
}

/// `received` has the whole payload, with the code in front of the reason.
void FrameReader::takeClose(Received received) {
  m_isClosed = true;
  if (received.payload.size() == 1) return fail(WSLAY_CODE_PROTOCOL_ERROR, "half a close code");
  received.payload = received.payload.mid(2);
  if (!received.payload.isValidUtf8()) {
    return fail(WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA, reasonOf(WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA));
  }
  m_received.append(received);
}

}  // namespace tagwire::ws
