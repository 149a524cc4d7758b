// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPointer>

#include <vector>

#include "http/connection.h"
#include "http/farewell.h"
#include "metrics.h"
#include "rest/historyexport.h"
#include "rest/historynames.h"
#include "rest/part.h"

namespace tagwire::ws {

/// /api/v1/history/export: values or events of any range, streamed; a few at once. Thread-bound; owned by the gateway.
class HistoryExportRoutes : public RestPart {
 public:
  HistoryExportRoutes(Router &router, GatewayState &state, HistoryDeskPointer desk);
  ~HistoryExportRoutes() override;

  void tick() override;
  void stop() override;

 private:
  static constexpr long most = 4;

  /// A request on its way to its first page.
  struct Opening {
    QPointer<HttpConnection> connection;
    Answer answer;
    CallerPointer caller;
    QString instance;
    bool isHead = false;
    bool isHttp11 = true;
    bool isCsv = true;
    QByteArray origin;            ///< of a page that may read the answer; else empty
    std::shared_ptr<void> place;  ///< one of `most`
    HistoryNames names = {};
  };
  using OpeningPointer = std::shared_ptr<Opening>;
  struct Held {
    std::unique_ptr<HistoryExport> stream;
    std::shared_ptr<void> place;
  };

  void open(const Call &call);
  void openValues(const OpeningPointer &opening, const HistoryQuery &query);
  void openEvents(const OpeningPointer &opening, const HistoryEventQuery &query);
  ExportSource valuesSource(const OpeningPointer &opening, HistoryQuery query) const;
  ExportSource eventsSource(const OpeningPointer &opening, const HistoryEventQuery &query) const;
  void askFirst(const OpeningPointer &opening, const ExportSource &source, const QByteArray &before);
  void begin(const Opening &opening, const std::shared_ptr<void> &place, const ExportSource &source,
             const ExportPage &first);
  void forget(HistoryExport *over);
  void count(HistoryExport::End how);
  void refuse(const Answer &answer, const Refusal &refusal) const;

  GatewayState &m_state;
  const HistoryDeskPointer m_desk;
  Farewells m_farewells;
  Gauge m_open;
  std::shared_ptr<void> m_places = std::make_shared<int>();  ///< shared by whoever takes one
  std::vector<Held> m_exports;
  std::chrono::nanoseconds m_lastCheck{0};  ///< of the callers
};

}  // namespace tagwire::ws
