// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QList>

namespace tagwire::ws {

/// A whole message or PONG of the server: opcode and payload.
struct Rfc6455Message {
  int opcode = 1;
  QByteArray payload;
  bool operator==(const Rfc6455Message &) const = default;
};

/// One case of RFC 6455 conformance: what a client sends to a server that echoes messages, and what must come back.
///
/// The cases and their numbers are those of the Autobahn suite's fuzzing client, groups 1 to 7 and 10; the frames are
/// written anew from the RFC. Where the suite admits several outcomes, this is the one demanded here:
/// - 2.10, 2.11: a PONG for each PING, in their order (the RFC would allow the last one only);
/// - 3.2 to 3.4, 4.1.3 to 4.1.5, 4.2.3 to 4.2.5, 5.15: what was whole before the broken frame is echoed (OK there, its
///   absence NON-STRICT);
/// - 6.4: the connection fails on the very octet that no text can have, whatever may follow (OK; later is NON-STRICT);
/// - 7.1.6: both messages are echoed before the close is answered (INFORMATIONAL: anything goes);
/// - 7.3.1: a close without a code is answered with 1000 (no code would do);
/// - 7.5.1: 1007 (1002 would do);
/// - 7.7: the same code back (1000 would do);
/// - 7.13: 1002 (INFORMATIONAL: anything goes).
/// Every failure brings a close frame with the code that the suite prefers, never just a dropped connection.
struct Rfc6455Case {
  QByteArray name;                ///< "6.4.2 …"
  QList<QByteArray> pieces;       ///< each is a write of its own, with a turn of the event loop behind it
  QList<Rfc6455Message> answers;  ///< all that may come before the close, in this order
  int code = 1000;                ///< of the server's close frame
  bool isClosedByClient = false;  ///< once the answers are there, with 1000
  qsizetype acceptedPieces = -1;  ///< the close must not come before the piece after these, nor wait for another one
};

/// A case without a failure: the client closes once all is answered.
Rfc6455Case answered(const QByteArray &name, const QList<QByteArray> &pieces, const QList<Rfc6455Message> &answers);
/// A case that the server ends, or whose last piece has a close frame.
Rfc6455Case closed(const QByteArray &name, const QList<QByteArray> &pieces, int code,
                   const QList<Rfc6455Message> &answers = {});

/// Client's frames.
QByteArray rfc6455Frame(int opcode, const QByteArray &payload = {}, bool isFinal = true, int reserved = 0);
/// The frames of one message, with these payloads.
QList<QByteArray> fragmented(int opcode, const QList<QByteArray> &payloads);
/// As one piece.
QList<QByteArray> atOnce(const QList<QByteArray> &frames);
/// In pieces of `size` octets.
QList<QByteArray> chopped(const QList<QByteArray> &frames, qsizetype size = 1);

/// Group 6: text and its encoding.
QList<Rfc6455Case> rfc6455TextCases();
/// All 247.
QList<Rfc6455Case> rfc6455Cases();

}  // namespace tagwire::ws
