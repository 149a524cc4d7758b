// SPDX-License-Identifier: Apache-2.0
#include "rfc6455cases.h"

#include <array>

#include "clientframe.h"

namespace tagwire::ws {

namespace {

using Frames = QList<QByteArray>;
using Cases = QList<Rfc6455Case>;

constexpr int continuation = 0;
constexpr int text = 1;
constexpr int binary = 2;
constexpr int close = 8;
constexpr int ping = 9;
constexpr int pong = 10;

const QByteArray words = "tag 4711 is in hall 3";
const Rfc6455Message echoedWords{text, words};

QByteArray closeWith(int code, const QByteArray &reason = {}) {
  QByteArray payload(2, '\0');
  qToBigEndian(static_cast<quint16>(code), payload.data());
  return rfc6455Frame(close, payload + reason);
}

/// 1.1 and 1.2: messages of every kind of length field.
Cases messages(const QByteArray &group, int opcode, char octet) {
  Cases cases;
  constexpr std::array sizes{0, 125, 126, 127, 128, 65535, 65536};
  for (const int size : sizes) {
    const QByteArray payload(size, octet);
    const QByteArray name = group + '.' + QByteArray::number(cases.size() + 1);
    cases << answered(name + ' ' + QByteArray::number(size) + " octets", {rfc6455Frame(opcode, payload)},
                      {{opcode, payload}});
  }
  const QByteArray payload(65536, octet);
  return cases << answered(group + ".8 65536 octets in chops of 997", chopped({rfc6455Frame(opcode, payload)}, 997),
                           {{opcode, payload}});
}

Cases pings() {
  const QByteArray notText = QByteArray::fromHex("00fffefdfcfb00ff");
  const QByteArray longest(125, '\xfe');
  Frames tenPings;
  QList<Rfc6455Message> tenPongs;
  for (int i = 0; i < 10; ++i) {
    tenPings << rfc6455Frame(ping, "ping " + QByteArray::number(i));
    tenPongs << Rfc6455Message{pong, "ping " + QByteArray::number(i)};
  }
  return {
      answered("2.1 ping without payload", {rfc6455Frame(ping)}, {{pong, {}}}),
      answered("2.2 ping with text", {rfc6455Frame(ping, words)}, {{pong, words}}),
      answered("2.3 ping with octets that are no text", {rfc6455Frame(ping, notText)}, {{pong, notText}}),
      answered("2.4 ping of 125 octets", {rfc6455Frame(ping, longest)}, {{pong, longest}}),
      closed("2.5 ping of 126 octets", {rfc6455Frame(ping, longest + 'x')}, 1002),
      answered("2.6 ping of 125 octets, octet by octet", chopped({rfc6455Frame(ping, longest)}), {{pong, longest}}),
      answered("2.7 pong that nobody asked for", {rfc6455Frame(pong)}, {}),
      answered("2.8 pong that nobody asked for, with payload", {rfc6455Frame(pong, "unasked")}, {}),
      answered("2.9 the same, then a ping", atOnce({rfc6455Frame(pong, "unasked"), rfc6455Frame(ping, words)}),
               {{pong, words}}),
      answered("2.10 ten pings", atOnce(tenPings), tenPongs),
      answered("2.11 ten pings, octet by octet", chopped(tenPings), tenPongs),
  };
}

/// A good text, a frame with this head, and a PING that nobody answers any more.
Frames between(const QByteArray &broken) { return {rfc6455Frame(text, words), broken, rfc6455Frame(ping)}; }

Cases reservedBits() {
  return {
      closed("3.1 text with RSV 1", {rfc6455Frame(text, words, true, 1)}, 1002),
      closed("3.2 good text, text with RSV 2, ping", atOnce(between(rfc6455Frame(text, words, true, 2))), 1002,
             {echoedWords}),
      closed("3.3 good text, text with RSV 3, ping; frame by frame", between(rfc6455Frame(text, words, true, 3)), 1002,
             {echoedWords}),
      closed("3.4 good text, text with RSV 4, ping; octet by octet",
             chopped(between(rfc6455Frame(text, words, true, 4))), 1002, {echoedWords}),
      closed("3.5 binary with RSV 5", {rfc6455Frame(binary, words, true, 5)}, 1002),
      closed("3.6 ping with RSV 6", {rfc6455Frame(ping, words, true, 6)}, 1002),
      closed("3.7 close with RSV 7", {rfc6455Frame(close, {}, true, 7)}, 1002),
  };
}

/// 4.1 and 4.2: the five reserved opcodes from `first` on.
Cases reservedOpcodes(const QByteArray &group, int first) {
  const auto name = [&](int number, const char *rest) {
    return group + '.' + QByteArray::number(number) + " opcode " + QByteArray::number(first + number - 1) + rest;
  };
  return {
      closed(name(1, ""), {rfc6455Frame(first)}, 1002),
      closed(name(2, " with payload"), {rfc6455Frame(first + 1, words)}, 1002),
      closed(name(3, " between text and ping"), atOnce(between(rfc6455Frame(first + 2))), 1002, {echoedWords}),
      closed(name(4, " with payload between text and ping"), atOnce(between(rfc6455Frame(first + 3, words))), 1002,
             {echoedWords}),
      closed(name(5, " with payload between text and ping, octet by octet"),
             chopped(between(rfc6455Frame(first + 4, words))), 1002, {echoedWords}),
  };
}

/// 5.1 to 5.8 and 5.18 to 5.20: messages in several frames.
Cases fragments() {
  const Frames two = fragmented(text, {"one half, ", "the other"});
  const Rfc6455Message whole{text, "one half, the other"};
  const Frames withPing{two[0], rfc6455Frame(ping, words), two[1]};
  const QList<Rfc6455Message> both{{pong, words}, whole};
  const Frames five = fragmented(text, {"a ", "b ", "c ", "d ", "e"});
  const Frames first = {five[0], five[1], rfc6455Frame(ping, "1st")};
  const Frames second = {five[2], five[3], rfc6455Frame(ping, "2nd"), five[4]};
  const QList<Rfc6455Message> pongsFirst{{pong, "1st"}, {pong, "2nd"}, {text, "a b c d e"}};
  return {
      closed("5.1 ping in two fragments", atOnce(fragmented(ping, {"a", "b"})), 1002),
      closed("5.2 pong in two fragments", atOnce(fragmented(pong, {"a", "b"})), 1002),
      answered("5.3 text in two fragments", atOnce(two), {whole}),
      answered("5.4 text in two fragments, frame by frame", two, {whole}),
      answered("5.5 text in two fragments, octet by octet", chopped(two), {whole}),
      answered("5.6 ping between fragments", atOnce(withPing), both),
      answered("5.7 ping between fragments, frame by frame", withPing, both),
      answered("5.8 ping between fragments, octet by octet", chopped(withPing), both),
      closed("5.18 text within a text", atOnce({rfc6455Frame(text, "fragment", false), rfc6455Frame(text, "whole")}),
             1002),
      answered("5.19 five fragments and two pings, in two pieces", atOnce(first) + atOnce(second), pongsFirst),
      answered("5.20 five fragments and two pings, frame by frame", first + second, pongsFirst),
  };
}

/// 5.9 to 5.17: continuations of nothing.
Cases lostContinuations() {
  const Frames last{rfc6455Frame(continuation, "of what?"), rfc6455Frame(text, words)};
  const Frames notLast{rfc6455Frame(continuation, "of what?", false), rfc6455Frame(text, words)};
  const Frames two = fragmented(text, {"one half, ", "the other"});
  const Frames repeated{notLast[0], two[0], two[1], notLast[0], two[0], two[1]};
  const Frames repeatedLast{last[0], two[0], two[1], last[0], two[0], two[1]};
  return {
      closed("5.9 last continuation of nothing, then text", atOnce(last), 1002),
      closed("5.10 last continuation of nothing, then text; frame by frame", last, 1002),
      closed("5.11 last continuation of nothing, then text; octet by octet", chopped(last), 1002),
      closed("5.12 continuation of nothing, then text", atOnce(notLast), 1002),
      closed("5.13 continuation of nothing, then text; frame by frame", notLast, 1002),
      closed("5.14 continuation of nothing, then text; octet by octet", chopped(notLast), 1002),
      closed("5.15 text in two fragments, then a continuation", atOnce(two + notLast), 1002,
             {{text, "one half, the other"}}),
      closed("5.16 twice: continuation of nothing, text in two fragments", atOnce(repeated), 1002),
      closed("5.17 twice: last continuation of nothing, text in two fragments", atOnce(repeatedLast), 1002),
  };
}

/// 7.1: what comes behind a close is not read.
Cases behindClose() {
  const QByteArray normal = closeWith(1000);
  const QByteArray large = QByteArray("0123456789abcdef").repeated(16 * 1024);
  return {
      closed("7.1.1 text, then close", atOnce({rfc6455Frame(text, words), normal}), 1000, {echoedWords}),
      closed("7.1.2 two closes", atOnce({normal, rfc6455Frame(close)}), 1000),
      closed("7.1.3 ping behind the close", atOnce({normal, rfc6455Frame(ping)}), 1000),
      closed("7.1.4 text behind the close", atOnce({normal, rfc6455Frame(text, words)}), 1000),
      closed("7.1.5 close between two fragments",
             atOnce({rfc6455Frame(text, "one", false), normal, rfc6455Frame(continuation, "two")}), 1000),
      closed("7.1.6 256 KiB, text, close, ping",
             atOnce({rfc6455Frame(text, large), rfc6455Frame(text, words), normal, rfc6455Frame(ping)}), 1000,
             {{text, large}, echoedWords}),
  };
}

/// 7.3 and 7.5: what a close frame holds.
Cases closePayloads() {
  return {
      closed("7.3.1 close without a code", {rfc6455Frame(close)}, 1000),
      closed("7.3.2 close with half a code", {rfc6455Frame(close, "\x03")}, 1002),
      closed("7.3.3 close with a code", {closeWith(1000)}, 1000),
      closed("7.3.4 close with a reason", {closeWith(1000, "done")}, 1000),
      closed("7.3.5 close with a reason of 123 octets", {closeWith(1000, QByteArray(123, 'x'))}, 1000),
      closed("7.3.6 close with a reason of 124 octets", {closeWith(1000, QByteArray(124, 'x'))}, 1002),
      closed("7.5.1 close whose reason is no UTF-8", {closeWith(1000, "caf\xc3\xa9 \xed\xa0\x80 end")}, 1007),
  };
}

/// 7.7, 7.9, 7.13: codes that a client may send are sent back, all others are broken.
Cases closeCodes() {
  Cases cases;
  const auto add = [&cases](const QByteArray &group, const QList<int> &codes, bool isAllowed) {
    int number = 0;
    for (const int code : codes) {
      const QByteArray name = group + '.' + QByteArray::number(++number) + " close " + QByteArray::number(code);
      cases << closed(name, {closeWith(code)}, isAllowed ? code : 1002);
    }
  };
  add("7.7", {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999}, true);
  add("7.9", {0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999}, false);
  add("7.13", {5000, 65535}, false);
  return cases;
}

Cases manyFragments() {
  const QByteArray payload(65536, '*');
  QList<QByteArray> parts;
  for (qsizetype at = 0; at < payload.size(); at += 1300) parts << payload.mid(at, 1300);
  return {answered("10.1.1 65536 octets in fragments of 1300", atOnce(fragmented(text, parts)), {{text, payload}})};
}

}  // namespace

Rfc6455Case answered(const QByteArray &name, const QList<QByteArray> &pieces, const QList<Rfc6455Message> &answers) {
  return {name, pieces, answers, 1000, true};
}

Rfc6455Case closed(const QByteArray &name, const QList<QByteArray> &pieces, int code,
                   const QList<Rfc6455Message> &answers) {
  return {name, pieces, answers, code};
}

QByteArray rfc6455Frame(int opcode, const QByteArray &payload, bool isFinal, int reserved) {
  return ClientFrame{opcode, payload, isFinal, true, reserved}.bytes();
}

QList<QByteArray> fragmented(int opcode, const QList<QByteArray> &payloads) {
  QList<QByteArray> frames;
  for (qsizetype i = 0; i < payloads.size(); ++i) {
    frames << rfc6455Frame(i == 0 ? opcode : continuation, payloads[i], i == payloads.size() - 1);
  }
  return frames;
}

QList<QByteArray> atOnce(const QList<QByteArray> &frames) { return {frames.join()}; }

QList<QByteArray> chopped(const QList<QByteArray> &frames, qsizetype size) {
  const QByteArray bytes = frames.join();
  QList<QByteArray> pieces;
  for (qsizetype at = 0; at < bytes.size(); at += size) pieces << bytes.mid(at, size);
  return pieces;
}

QList<Rfc6455Case> rfc6455Cases() {
  return messages("1.1", text, '*') + messages("1.2", binary, '\xfe') + pings() + reservedBits() +
         reservedOpcodes("4.1", 3) + reservedOpcodes("4.2", 11) + fragments() + lostContinuations() +
         rfc6455TextCases() + behindClose() + closePayloads() + closeCodes() + manyFragments();
}

}  // namespace tagwire::ws
