// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "http/httplimits.h"
#include "http/request.h"
#include "http/response.h"

namespace tagwire::ws {

class BeastParser;

/// Reads one request from bytes as they come, and refuses what two readers could understand in two ways: lines that do
/// not end in CRLF, folded lines, NUL, two lengths, a length with chunks. Plain class without I/O; one per request.
class RequestReader {
 public:
  enum class Step : quint8 { NeedMore, Complete, Refused };

  /// How long the body of the request with this head may be, in bytes.
  using LongestBody = std::function<qint64(const Request &head)>;
  static constexpr qint64 longestBodyOfAll = 33 * 1024 * 1024;

  /// Without `longestBody` it is what the limits say.
  explicit RequestReader(const HttpLimits &limits, LongestBody longestBody = {});
  ~RequestReader();

  /// Takes bytes from the front of `bytes` and removes them. After Complete the rest stays there: the next request, or
  /// the first frames behind an upgrade. After Refused nothing of the connection can be trusted any more.
  Step feed(QByteArray &bytes);

  bool hasBegun() const { return m_hasBegun; }
  bool isHeadComplete() const { return m_isHeadComplete; }
  /// The client waits for "100 Continue" before it sends the body.
  bool expectsContinue() const;
  const Request &request() const { return m_request; }
  Request takeRequest() { return std::move(m_request); }
  const Refusal &refusal() const { return m_refusal; }

 private:
  Step refuse(int status, const QString &text);
  Step refuseLong();
  Step readHead(QByteArray &bytes);
  Step readBody(QByteArray &bytes);
  Step checkHead();
  bool scanHead(const QByteArray &bytes);

  HttpLimits m_limits;
  LongestBody m_askLongestBody;
  qint64 m_longestBody;
  std::unique_ptr<BeastParser> m_parser;
  Request m_request;
  Refusal m_refusal;
  qsizetype m_scanned = 0;
  qsizetype m_lineStart = 0;
  qsizetype m_headSize = 0;  ///< 0: its end was not seen yet
  bool m_hasBegun = false;
  bool m_isHeadComplete = false;
};

}  // namespace tagwire::ws
