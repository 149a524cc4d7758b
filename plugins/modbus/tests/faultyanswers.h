// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "modbusfixture.h"

namespace tagwire::modbus {

/// What a device does instead of answering, and the quality that points have from it.
struct Fault {
  const char *name;
  FaultyServer::Behaviour behaviour;
  const char *quality;
};

inline FaultyServer::Behaviour raw(const QByteArray &bytes) {
  return [bytes](QTcpSocket *client, const Frame &) { client->write(bytes); };
}

/// A well answer with its frame changed.
inline FaultyServer::Behaviour changed(const std::function<void(Frame &)> &change) {
  return [change](QTcpSocket *client, const Frame &request) {
    Frame answer{request.transaction, request.unit, FaultyServer::wellPdu(request.pdu, 99)};
    change(answer);
    client->write(encodeMbap(answer));
  };
}

inline FaultyServer::Behaviour header(quint16 protocol, quint16 length) {
  return [=](QTcpSocket *client, const Frame &request) {
    QByteArray bytes = encodeMbap({request.transaction, request.unit, FaultyServer::wellPdu(request.pdu, 99)});
    bytes[2] = static_cast<char>(protocol >> 8);
    bytes[3] = static_cast<char>(protocol & 0xFF);
    bytes[4] = static_cast<char>(length >> 8);
    bytes[5] = static_cast<char>(length & 0xFF);
    client->write(bytes);
  };
}

inline FaultyServer::Behaviour exception(quint8 code) {
  return changed(
      [code](Frame &frame) { frame.pdu = QByteArray(1, static_cast<char>(0x83)).append(static_cast<char>(code)); });
}

/// The first bytes of an answer, and then `end`.
inline FaultyServer::Behaviour cutOff(int bytes, const std::function<void(QTcpSocket *)> &end) {
  return [bytes, end](QTcpSocket *client, const Frame &request) {
    client->write(encodeMbap({request.transaction, request.unit, QByteArray::fromHex("03020007")}).left(bytes));
    end(client);
  };
}

inline FaultyServer::Behaviour byteByByte(int pauseMs) {
  return [pauseMs](QTcpSocket *client, const Frame &request) {
    const QByteArray bytes = encodeMbap({request.transaction, request.unit, FaultyServer::wellPdu(request.pdu, 99)});
    for (int i = 0; i < bytes.size(); ++i) {
      QTimer::singleShot(pauseMs * i, client, [client, byte = bytes.mid(i, 1)] { client->write(byte); });
    }
  };
}

inline std::vector<Fault> brokenConnections() {
  const auto reset = [](QTcpSocket *client) {
    client->flush();
    client->abort();
  };
  return {
      {"silence", [](QTcpSocket *, const Frame &) {}, "bad:timeout"},
      {"header and two bytes, then silence", cutOff(9, [](QTcpSocket *) {}), "bad:timeout"},
      {"one byte every 150 ms", byteByByte(150), "bad:timeout"},
      {"half a header", raw(QByteArray::fromHex("0001")), "bad:timeout"},
      {"reset mid-reply", cutOff(8, reset), "bad:no_connection"},
      {"closed at once", [](QTcpSocket *client, const Frame &) { client->abort(); }, "bad:no_connection"},
      {"closed in the middle of the answer", cutOff(8, [](QTcpSocket *client) { client->disconnectFromHost(); }),
       "bad:no_connection"},
  };
}

inline std::vector<Fault> wrongFrames() {
  return {
      {"length 0", header(0, 0), "bad:invalid_response"},
      {"length 1", header(0, 1), "bad:invalid_response"},
      {"length 255", header(0, 255), "bad:invalid_response"},
      {"length 65535", header(0, 65535), "bad:invalid_response"},
      {"length too large, so bytes are missing", header(0, 200), "bad:timeout"},
      {"length too small, so bytes are left", header(0, 4), "bad:invalid_response"},
      {"wrong protocol", header(1, 5), "bad:invalid_response"},
      {"wrong transaction", changed([](Frame &frame) { ++frame.transaction; }), "bad:invalid_response"},
      {"wrong unit", changed([](Frame &frame) { ++frame.unit; }), "bad:invalid_response"},
      {"wrong function", changed([](Frame &frame) { frame.pdu[0] = 4; }), "bad:invalid_response"},
      {"wrong byte count", changed([](Frame &frame) { frame.pdu[1] = 4; }), "bad:invalid_response"},
      {"too many registers", changed([](Frame &frame) { frame.pdu = QByteArray::fromHex("030400630063"); }),
       "bad:invalid_response"},
      {"garbage flood", raw(QByteArray(1'000'000, '\xA5')), "bad:invalid_response"},
  };
}

inline std::vector<Fault> exceptions() {
  return {
      {"exception 0", exception(0), "bad:device_exception"},
      {"exception 1", exception(1), "bad:illegal_function"},
      {"exception 2", exception(2), "bad:illegal_address"},
      {"exception 3", exception(3), "bad:illegal_value"},
      {"exception 4", exception(4), "bad:device_failure"},
      {"exception 5", exception(5), "bad:device_busy"},
      {"exception 6", exception(6), "bad:device_busy"},
      {"exception 7", exception(7), "bad:device_exception"},
      {"exception 8", exception(8), "bad:device_failure"},
      {"exception 9", exception(9), "bad:device_exception"},
      {"exception 10", exception(10), "bad:gateway_path_unavailable"},
      {"exception 11", exception(11), "bad:gateway_target_failed"},
      {"exception 77", exception(77), "bad:device_exception"},
      {"exception 255", exception(255), "bad:device_exception"},
  };
}

}  // namespace tagwire::modbus
