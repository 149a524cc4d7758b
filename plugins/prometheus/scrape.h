// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSslConfiguration>
#include <QSslSocket>
#include <QTimer>
#include <QUrl>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "exposition.h"
#include "quality.h"

namespace prometheus_plugin {

/// Why nothing came of a scrape.
struct ScrapeError {
  tagwire::QualityReason reason = tagwire::QualityReason::NoConnection;
  QString text;
};

/// One question to an endpoint at a time, over a connection of its own. Nothing of an answer is stored: its lines are
/// read as they come. Names of hosts are looked up in a thread of Qt's. Thread-bound.
class Scrape : public QObject {
  Q_OBJECT
 public:
  using Done = std::function<void(const std::optional<ScrapeError> &)>;

  struct Limits {
    std::chrono::milliseconds timeout{5000};  ///< for all of it
    qint64 mostBytes = 0;                     ///< of an answer, as it comes over the wire without its head
  };
  static constexpr quint32 longestHead = 32 * 1024;

  explicit Scrape(Limits limits);
  ~Scrape() override;

  /// For https from now on.
  void setTls(const QSslConfiguration &tls) { m_tls = tls; }
  /// `token`: empty, or one word of ASCII. `done` comes once, from the event loop, unless drop() is called before.
  void begin(const QUrl &url, const QByteArray &token, Exposition::Wanted wanted, Exposition::Take take, Done done);
  void drop();
  qint64 bytes() const { return m_bytes; }

 private:
  class Answer;

  void read();
  void closed();
  void failed();
  void tooLate();
  void end(const std::optional<ScrapeError> &error);
  void refuse(const QString &why) { end(ScrapeError{tagwire::QualityReason::InvalidResponse, why}); }
  void tell();

  Limits m_limits;
  QSslConfiguration m_tls = QSslConfiguration::defaultConfiguration();
  QTimer m_deadline{this};
  QTimer m_telling{this};          ///< a socket is not ended, nor anybody told, from within its signals
  QSslSocket *m_socket = nullptr;  ///< null: nothing is under way
  std::unique_ptr<Answer> m_answer;
  Done m_done;
  std::optional<ScrapeError> m_outcome;
  qint64 m_bytes = 0;
  bool m_isOver = false;  ///< the outcome is known
};

}  // namespace prometheus_plugin
