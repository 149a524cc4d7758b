// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "auth/caller.h"
#include "backoff.h"
#include "http/response.h"
#include "http/stream.h"
#include "result.h"
#include "timestamp.h"

namespace tagwire::ws {

/// A page of an export, written out.
struct ExportPage {
  QByteArray text;
  QString next;  ///< empty: that was all
};

/// Asks for the page behind `after` (empty: the first). `taker` is called once, later, or never.
using ExportSource =
    std::function<void(const QString &after, std::function<void(const tl::expected<ExportPage, Refusal> &)> taker)>;

/// One export on its way to its client: page after page, the next asked for when most of the last was taken. Speaks
/// chunked HTTP/1.1, whose last chunk comes only when all is there; to an HTTP/1.0 client the end of the connection is
/// the end. A page that can't be read now is asked for again for a while. Thread-bound; owned by HistoryExportRoutes.
class HistoryExport : public QObject, private StreamUser {
  Q_OBJECT
 public:
  /// How it ended.
  enum class End : quint8 { Whole, Failed, Slow, Left, Revoked, Stopped };

  HistoryExport(std::unique_ptr<Stream> stream, ExportSource source, CallerPointer caller, const Clock &clock,
                std::chrono::nanoseconds writeTimeout, bool isChunked);
  ~HistoryExport() override;

  void begin(const QByteArray &head, const ExportPage &first);
  /// Time-outs; called a few times a second.
  void tick();
  /// Ends it; without the last chunk unless it is whole. ended() follows later.
  void end(End how);
  bool isOver() const { return m_end.has_value(); }
  End how() const { return m_end.value_or(End::Stopped); }
  const CallerPointer &caller() const { return m_caller; }
  /// For its farewell.
  std::unique_ptr<Stream> takeStream() { return std::move(m_stream); }

 Q_SIGNALS:
  /// From the event loop.
  void ended();

 private:
  static constexpr qint64 mostAhead = 64 * 1024;      ///< that may wait when the next page is asked for
  static constexpr qint64 leastProgress = 64 * 1024;  ///< within the write time-out, or the client is too slow
  static constexpr std::chrono::seconds longestTrouble{30};
  static constexpr qint64 mostTaken = 64 * 1024;  ///< of what it sends meanwhile: nothing is due

  void streamReadable() override;
  void streamTook(qint64 bytes) override;
  void streamEnded() override { end(End::Left); }
  void send(const ExportPage &page);
  void goOn();
  void waitOrEnd(const Refusal &refusal);

  std::unique_ptr<Stream> m_stream;
  ExportSource m_source;
  CallerPointer m_caller;
  const Clock &m_clock;
  std::chrono::nanoseconds m_writeTimeout;
  bool m_isChunked;
  bool m_isAsking = false;
  Backoff m_backoff{std::chrono::milliseconds(250), std::chrono::seconds(4)};
  std::optional<std::chrono::nanoseconds> m_trouble;  ///< since when m_next can't be read
  std::optional<std::chrono::nanoseconds> m_again;    ///< when it is asked for again
  QString m_next;
  qint64 m_taken = 0;
  qint64 m_progress = 0;  ///< bytes that the client took since m_progressSince
  std::chrono::nanoseconds m_progressSince{0};
  std::optional<End> m_end;
};

}  // namespace tagwire::ws
