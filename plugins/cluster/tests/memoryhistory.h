// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>

#include "plugin.h"
#include "services/historywriter.h"

namespace tagwire::cluster {

/// A history that keeps in memory what it is handed, by its keys, or refuses as long as it is told to.
class MemoryHistory : public Plugin, public HistoryWriter {
 public:
  void start() override {}
  void stop() override {}
  void storeBatches(Reply<int> reply, QString, std::shared_ptr<const HistoryBatches> batches) override {
    ++asked;
    if (isDown) return reply(failure(QStringLiteral("the database is away")));
    int isNew = 0;
    for (const HistoryBatch &batch : *batches) {
      for (const auto &sample : batch.samples) {
        const auto key = std::tuple(batch.origin, batch.range.boot, sample.sequence);
        if (!keys.insert(key).second) continue;
        ++isNew;
        numbers << toNumber(sample.value).value_or(-1);
        historical += sample.isHistorical ? 1 : 0;
      }
      for (const auto &event : batch.events) events << event.json;
    }
    if (isSilent) return;  // stored, and killed before it could say so
    reply(isNew);
  }
  std::set<std::tuple<QString, quint64, quint64>> keys;
  QList<double> numbers;
  QByteArrayList events;
  int asked = 0;
  int historical = 0;
  bool isDown = false;
  bool isSilent = false;
};

}  // namespace tagwire::cluster
