// SPDX-License-Identifier: Apache-2.0
#include "requestreader.h"

// What a stranger sends may never end the process, whatever the build type.
#define BOOST_DISABLE_ASSERTS
#include <boost/beast/http/basic_parser.hpp>

#include <limits>

namespace tagwire::ws {

namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using ErrorCode = boost::beast::error_code;

QByteArray toBytes(string_view text) { return {text.data(), static_cast<qsizetype>(text.size())}; }

}  // namespace

/// Fills a Request. Only here do we touch Beast, whose headers bring all of Asio.
class BeastParser : public http::basic_parser<true> {
 public:
  BeastParser(Request &request, const HttpLimits &limits, const qint64 &longestBody)
      : m_request(request), m_limits(limits), m_longestBody(longestBody) {
    header_limit(static_cast<std::uint32_t>(limits.headBytes) + 1);
    body_limit(std::numeric_limits<std::uint64_t>::max());  // ours is known behind the head
  }

 protected:
  void on_request_impl(http::verb, string_view method, string_view target, int version, ErrorCode &error) override {
    m_request.method = toBytes(method);
    m_request.target = toBytes(target);
    m_request.isHttp11 = version == 11;
    error = {};
  }
  void on_response_impl(int, string_view, int, ErrorCode &error) override { error = {}; }
  void on_field_impl(http::field, string_view name, string_view value, ErrorCode &error) override {
    error = {};
    // Trailers of a chunked body say nothing that we want to know, and must never look like the head.
    if (m_isHeadDone) return;
    m_request.fields.append({toBytes(name).toLower(), toBytes(value)});
    if (m_request.fields.size() > m_limits.fields) error = make_error_code(http::error::header_limit);
  }
  void on_header_impl(ErrorCode &error) override {
    m_isHeadDone = true;
    error = {};
  }
  void on_body_init_impl(const boost::optional<std::uint64_t> &, ErrorCode &error) override { error = {}; }
  std::size_t on_body_impl(string_view body, ErrorCode &error) override {
    error = {};
    if (m_request.body.size() + static_cast<qint64>(body.size()) > m_longestBody) {
      error = make_error_code(http::error::body_limit);
      return 0;
    }
    m_request.body.append(body.data(), static_cast<qsizetype>(body.size()));
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t size, string_view, ErrorCode &error) override {
    error = {};
    const qint64 room = m_longestBody - m_request.body.size();
    if (size > static_cast<std::uint64_t>(room)) error = make_error_code(http::error::body_limit);
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, ErrorCode &error) override {
    return on_body_impl(body, error);
  }
  void on_finish_impl(ErrorCode &error) override { error = {}; }

 private:
  Request &m_request;
  const HttpLimits &m_limits;
  const qint64 &m_longestBody;
  bool m_isHeadDone = false;
};

RequestReader::RequestReader(const HttpLimits &limits, LongestBody longestBody)
    : m_limits(limits),
      m_askLongestBody(std::move(longestBody)),
      m_longestBody(limits.bodyBytes),
      m_parser(std::make_unique<BeastParser>(m_request, m_limits, m_longestBody)) {}

RequestReader::~RequestReader() = default;

RequestReader::Step RequestReader::refuse(int status, const QString &text) {
  m_refusal = {status, text};
  return Step::Refused;
}

RequestReader::Step RequestReader::refuseLong() {
  return refuse(413, QStringLiteral("the body is longer than %1 bytes").arg(m_longestBody));
}

RequestReader::Step RequestReader::feed(QByteArray &bytes) {
  if (bytes.isEmpty()) return Step::NeedMore;
  m_hasBegun = true;
  if (!m_isHeadComplete) {
    const Step step = readHead(bytes);
    if (step != Step::Complete) return step;
  }
  return readBody(bytes);
}

/// Looks at each byte of the head once, before a parser sees any of it. False: the head is not one.
bool RequestReader::scanHead(const QByteArray &bytes) {
  const qsizetype end = std::min<qsizetype>(bytes.size(), m_limits.headBytes);
  for (; m_scanned < end && m_headSize == 0; ++m_scanned) {
    const char c = bytes[m_scanned];
    const bool afterReturn = m_scanned > 0 && bytes[m_scanned - 1] == '\r';
    if (c == '\0' || (c == '\n') != afterReturn) return false;
    if (m_scanned == m_lineStart && (c == ' ' || c == '\t')) return false;
    if (c != '\n') continue;
    if (m_scanned == m_lineStart + 1) m_headSize = m_scanned + 1;
    m_lineStart = m_scanned + 1;
  }
  return true;
}

RequestReader::Step RequestReader::readHead(QByteArray &bytes) {
  if (!scanHead(bytes)) {
    return refuse(400, QStringLiteral("malformed head: each line ends in CRLF, begins without a blank, holds no NUL"));
  }
  if (m_headSize == 0) {
    if (bytes.size() < m_limits.headBytes) return Step::NeedMore;
    return refuse(431, QStringLiteral("the head is longer than %1 bytes").arg(m_limits.headBytes));
  }
  ErrorCode error;
  m_parser->put(boost::asio::const_buffer(bytes.constData(), static_cast<std::size_t>(m_headSize)), error);
  if (error == http::error::header_limit) {
    return refuse(431, QStringLiteral("more than %1 fields").arg(m_limits.fields));
  }
  if (error == http::error::bad_version) return refuse(505, QStringLiteral("only HTTP/1.0 and HTTP/1.1 are spoken"));
  if (error || !m_parser->is_header_done()) {
    return refuse(400, QStringLiteral("malformed head: %1").arg(QString::fromStdString(error.message())));
  }
  bytes.remove(0, m_headSize);
  m_isHeadComplete = true;
  m_request.keepAlive = m_parser->keep_alive();
  return checkHead();
}

RequestReader::Step RequestReader::checkHead() {
  if (m_request.count("content-length") > 1) return refuse(400, QStringLiteral("more than one Content-Length"));
  if (m_request.field("content-length").contains(',')) return refuse(400, QStringLiteral("malformed Content-Length"));
  if (m_request.count("transfer-encoding") > 0) {
    if (!m_request.isHttp11) return refuse(400, QStringLiteral("Transfer-Encoding in HTTP/1.0"));
    if (m_request.field("transfer-encoding").compare("chunked", Qt::CaseInsensitive) != 0) {
      return refuse(501, QStringLiteral("of the transfer encodings only \"chunked\" is known"));
    }
  }
  const int hosts = m_request.count("host");
  if (hosts > 1 || (hosts == 0 && m_request.isHttp11)) {
    return refuse(400, QStringLiteral("exactly one Host is due, not %1").arg(hosts));
  }
  if (m_request.count("expect") > 0 && m_request.field("expect").compare("100-continue", Qt::CaseInsensitive) != 0) {
    return refuse(417, QStringLiteral("of the expectations only 100-continue is known"));
  }
  if (!m_request.target.startsWith('/') && m_request.target != "*") {
    return refuse(400, QStringLiteral("the request target must begin with \"/\""));
  }
  if (m_askLongestBody) m_longestBody = std::min(m_askLongestBody(m_request), longestBodyOfAll);
  if (m_request.field("content-length").toULongLong() > static_cast<quint64>(m_longestBody)) return refuseLong();
  return Step::Complete;
}

RequestReader::Step RequestReader::readBody(QByteArray &bytes) {
  m_parser->eager(true);
  while (!m_parser->is_done()) {
    if (bytes.isEmpty()) return Step::NeedMore;
    ErrorCode error;
    const auto used =
        m_parser->put(boost::asio::const_buffer(bytes.constData(), static_cast<std::size_t>(bytes.size())), error);
    bytes.remove(0, static_cast<qsizetype>(used));
    if (error == http::error::body_limit) {
      return refuseLong();
    }
    if (error == http::error::need_more) {
      // Beast wants each chunk header and the trailers whole; nobody honest makes them this long.
      if (bytes.size() > m_limits.headBytes) return refuse(400, QStringLiteral("malformed chunk: too long a line"));
      return Step::NeedMore;
    }
    if (error) return refuse(400, QStringLiteral("malformed body: %1").arg(QString::fromStdString(error.message())));
  }
  return Step::Complete;
}

bool RequestReader::expectsContinue() const {
  return m_isHeadComplete && !m_parser->is_done() && m_request.isHttp11 && m_request.count("expect") > 0;
}

}  // namespace tagwire::ws
