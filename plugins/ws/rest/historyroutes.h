// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rest/historynames.h"
#include "rest/historyquery.h"
#include "rest/part.h"

namespace tagwire::ws {

/// /api/v1/history: stored values, trends, last values, points and events, as far as the caller may read them.
/// Thread-bound; owned by the gateway.
class HistoryRoutes : public RestPart {
 public:
  HistoryRoutes(Router &router, GatewayState &state, HistoryDeskPointer desk);

 private:
  /// What an answer needs to know of its request.
  struct Wish {
    Answer answer;
    CallerPointer caller;
    QString instance;  ///< empty: the first
    bool isCsv = false;
    HistoryNames names = {};
  };
  using WishPointer = std::shared_ptr<Wish>;
  /// The points that are stored, read on until a page of those that the caller may read is full.
  struct Listing {
    WishPointer wish;
    qsizetype limit = 0;
    QString after;
    QList<HistoryPoint> found = {};
  };

  void addRoutes(Router &router);
  void history(const Call &call) const;
  void last(const Call &call) const;
  void points(const Call &call) const;
  void events(const Call &call) const;
  WishPointer wishFrom(const Call &call, bool hasNames) const;
  void askValues(const WishPointer &wish, HistoryQuery query) const;
  void askTrend(const WishPointer &wish, HistoryTrendQuery query, const QList<Aggregate> &aggregates) const;
  void listOn(const std::shared_ptr<Listing> &listing) const;
  void withNames(const WishPointer &wish, const std::function<void()> &ask) const;
  void refuse(const Answer &answer, const Refusal &refusal) const;

  GatewayState &m_state;
  const HistoryDeskPointer m_desk;
};

}  // namespace tagwire::ws
