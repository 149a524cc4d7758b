// SPDX-License-Identifier: Apache-2.0
#include "scrape.h"

#include <QNetworkProxy>

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace prometheus_plugin {

using tagwire::QualityReason;
namespace http = boost::beast::http;

namespace {

constexpr qint64 pieceBytes = 64LL * 1024;

QByteArray requestText(const QUrl &url, const QByteArray &token, std::chrono::milliseconds timeout) {
  QByteArray host = url.host(QUrl::FullyEncoded).toLatin1();
  if (host.contains(':')) host = '[' + host + ']';
  if (url.port() > 0) host += ':' + QByteArray::number(url.port());
  QByteArray text =
      "GET " + url.toEncoded(QUrl::RemoveScheme | QUrl::RemoveAuthority | QUrl::RemoveFragment) +
      " HTTP/1.1\r\nHost: " + host +
      "\r\nUser-Agent: tagwire\r\nConnection: close\r\n"
      // What is compressed may grow without end, and needs no thought where it is not asked for.
      "Accept-Encoding: identity\r\n"
      "Accept: application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1\r\n"
      "X-Prometheus-Scrape-Timeout-Seconds: " +
      QByteArray::number(static_cast<double>(timeout.count()) / 1000) + "\r\n";
  if (!token.isEmpty()) text += "Authorization: Bearer " + token + "\r\n";
  return text + "\r\n";
}

/// Of a header, without what stands behind a semicolon.
QByteArray word(const http::fields &fields, http::field name) {
  const auto text = fields[name];
  return QByteArray(text.data(), static_cast<qsizetype>(text.size())).split(';').first().trimmed().toLower();
}

}  // namespace

/// What has come of one answer.
class Scrape::Answer {
 public:
  Answer(qint64 mostBytes, Exposition::Wanted wanted, Exposition::Take take)
      : m_mostBytes(mostBytes), m_wanted(std::move(wanted)), m_take(std::move(take)) {
    m_parser.header_limit(longestHead);
    m_parser.body_limit(static_cast<quint64>(mostBytes));
  }

  bool isWhole() const { return m_parser.is_done(); }
  bool hasBegun() const { return m_parser.got_some(); }

  Result<void> add(const QByteArray &piece) {
    m_rest += piece;
    // The framing of chunks counts too: an answer may not be made of it alone.
    m_bytes += piece.size();
    if (m_bytes > m_mostBytes + longestHead) return failure(tooLarge());
    // What is used goes in one step: a piece may hold thousands of chunks.
    qsizetype begin = 0;
    const auto result = parse(begin);
    m_rest.remove(0, begin);
    return result;
  }
  /// Nothing more will come.
  Result<void> end() {
    boost::beast::error_code error;
    if (!m_parser.is_done()) m_parser.put_eof(error);
    if (error || !m_exposition) return failure(QStringLiteral("the answer ended too early"));
    return m_exposition->end();
  }

 private:
  /// m_rest from `begin` on, which moves behind what was used.
  Result<void> parse(qsizetype &begin) {
    while (begin < m_rest.size() && !m_parser.is_done()) {
      boost::beast::error_code error;
      const qsizetype used = put(begin, error);
      begin += used;
      if (error == http::error::body_limit) return failure(tooLarge());
      if (error == http::error::header_limit) return failure(QStringLiteral("the head of the answer is too long"));
      if (error && error != http::error::need_more && error != http::error::need_buffer) {
        return failure(QStringLiteral("the answer is not HTTP: %1").arg(QString::fromStdString(error.message())));
      }
      if (m_parser.is_header_done() && !m_exposition) {
        if (const auto head = readHead(); !head) return head;
        continue;
      }
      if (const auto taken = flush(); !taken) return taken;
      if (used == 0) {
        return m_rest.size() - begin > 2 * pieceBytes ? failure(QStringLiteral("the answer is not HTTP"))
                                                      : Result<void>();
      }
    }
    return {};
  }
  QString tooLarge() const { return QStringLiteral("the answer is larger than %1 bytes").arg(m_mostBytes); }

  qsizetype put(qsizetype begin, boost::beast::error_code &error) {
    if (m_parser.is_header_done()) {
      auto &body = m_parser.get().body();
      body.data = m_body.data();
      body.size = m_body.size();
    }
    return static_cast<qsizetype>(m_parser.put(
        boost::asio::const_buffer(m_rest.constData() + begin, static_cast<size_t>(m_rest.size() - begin)), error));
  }
  /// What put() has brought of the body.
  Result<void> flush() {
    if (!m_exposition) return {};
    auto &body = m_parser.get().body();
    const size_t size = m_body.size() - body.size;
    body.size = m_body.size();
    return m_exposition->add(QByteArrayView(m_body.data(), static_cast<qsizetype>(size)));
  }
  Result<void> readHead() {
    const auto &head = m_parser.get();
    const int status = static_cast<int>(head.result_int());
    if (status >= 300 && status < 400) {
      return failure(QStringLiteral("answers with a redirection (%1), which is not followed").arg(status));
    }
    if (status != 200) return failure(QStringLiteral("answers with HTTP status %1").arg(status));
    const QByteArray encoding = word(head, http::field::content_encoding);
    if (!encoding.isEmpty() && encoding != "identity") return failure(QStringLiteral("the answer is compressed"));
    const QByteArray type = word(head, http::field::content_type);
    const bool isOpenMetrics = type == "application/openmetrics-text";
    if (!isOpenMetrics && !type.isEmpty() && type != "text/plain") {
      return failure(QStringLiteral("the answer is neither text/plain nor application/openmetrics-text"));
    }
    m_exposition.emplace(isOpenMetrics ? Exposition::Form::OpenMetrics : Exposition::Form::Text, m_wanted, m_take);
    return {};
  }

  qint64 m_mostBytes;
  Exposition::Wanted m_wanted;
  Exposition::Take m_take;
  std::optional<Exposition> m_exposition;  ///< from the answer's head on
  http::response_parser<http::buffer_body> m_parser;
  QByteArray m_rest;  ///< what the parser has not taken yet
  std::array<char, 16 * 1024> m_body;
  qint64 m_bytes = 0;
};

Scrape::Scrape(Limits limits) : m_limits(limits) {
  m_deadline.setSingleShot(true);
  connect(&m_deadline, &QTimer::timeout, this, &Scrape::tooLate);
  m_telling.setSingleShot(true);
  connect(&m_telling, &QTimer::timeout, this, &Scrape::tell);
}

Scrape::~Scrape() { drop(); }

void Scrape::begin(const QUrl &url, const QByteArray &token, Exposition::Wanted wanted, Exposition::Take take,
                   Done done) {
  drop();
  m_answer = std::make_unique<Answer>(m_limits.mostBytes, std::move(wanted), std::move(take));
  m_done = std::move(done);
  m_bytes = 0;
  m_isOver = false;
  m_socket = new QSslSocket(this);
  // Neither the environment's proxies nor anybody else gets to see the token.
  m_socket->setProxy(QNetworkProxy::NoProxy);
  m_socket->setReadBufferSize(4 * pieceBytes);
  const bool isTls = url.scheme() == QLatin1String("https");
  const auto send = [this, text = requestText(url, token, m_limits.timeout)] { m_socket->write(text); };
  if (isTls) {
    connect(m_socket, &QSslSocket::encrypted, this, send);
  } else {
    connect(m_socket, &QSslSocket::connected, this, send);
  }
  connect(m_socket, &QSslSocket::readyRead, this, &Scrape::read);
  connect(m_socket, &QSslSocket::errorOccurred, this, &Scrape::failed);
  m_deadline.start(m_limits.timeout);
  if (isTls) {
    m_socket->setSslConfiguration(m_tls);
    m_socket->connectToHostEncrypted(url.host(), static_cast<quint16>(url.port(443)));
  } else {
    m_socket->connectToHost(url.host(), static_cast<quint16>(url.port(80)));
  }
}

void Scrape::drop() {
  m_deadline.stop();
  m_telling.stop();
  m_answer.reset();
  auto *socket = std::exchange(m_socket, nullptr);
  if (!socket) return;
  socket->disconnect(this);
  socket->abort();
  socket->deleteLater();
}

void Scrape::read() {
  while (!m_isOver && m_socket->bytesAvailable() > 0) {
    const QByteArray piece = m_socket->read(pieceBytes);
    if (piece.isEmpty()) return;
    m_bytes += piece.size();
    if (const auto taken = m_answer->add(piece); !taken) return refuse(taken.error());
    if (m_answer->isWhole()) return closed();
  }
}

void Scrape::closed() {
  if (const auto whole = m_answer->end(); !whole) return refuse(whole.error());
  end({});
}

void Scrape::failed() {
  read();
  if (m_isOver) return;
  if (m_socket->error() != QAbstractSocket::RemoteHostClosedError) {
    return end(ScrapeError{QualityReason::NoConnection, m_socket->errorString()});
  }
  if (!m_answer->hasBegun()) {
    return end(ScrapeError{QualityReason::NoConnection, QStringLiteral("closed the connection without an answer")});
  }
  closed();
}

void Scrape::tooLate() {
  end(ScrapeError{QualityReason::Timeout,
                  QStringLiteral("no whole answer within %1 ms").arg(m_limits.timeout.count())});
}

void Scrape::end(const std::optional<ScrapeError> &error) {
  m_deadline.stop();
  m_socket->disconnect(this);
  m_isOver = true;
  m_outcome = error;
  m_telling.start(0);
}

void Scrape::tell() {
  drop();
  const Done done = std::exchange(m_done, {});
  done(std::exchange(m_outcome, {}));
}

}  // namespace prometheus_plugin
