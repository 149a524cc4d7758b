// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/historyreader.h"

namespace tagwire {

/// A history for tests: refuses everything; a test overrides what it needs.
class QuietHistory : public HistoryReader {
 public:
  void values(Reply<HistoryPage> reply, HistoryQuery) override { reply(refused()); }
  void trend(Reply<HistoryPage> reply, HistoryTrendQuery) override { reply(refused()); }
  void lastBefore(Reply<HistoryPage> reply, QStringList, QStringList, Time) override { reply(refused()); }
  void events(Reply<HistoryEventPage> reply, HistoryEventQuery) override { reply(refused()); }
  void storedPoints(Reply<QList<HistoryPoint>> reply, QString, int) override { reply(refused()); }
  void quarantined(Reply<QuarantinePage> reply, qint64, int) override { reply(refused()); }
  void requeue(Reply<int> reply, QList<qint64>) override { reply(refused()); }
  void discard(Reply<int> reply, QList<qint64>) override { reply(refused()); }

 private:
  static tl::unexpected<QString> refused() { return failure(QStringLiteral("not in this test")); }
};

}  // namespace tagwire
