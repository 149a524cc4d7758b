// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QByteArrayView>

#include <functional>
#include <optional>

#include "selector.h"
#include "timestamp.h"

namespace prometheus_plugin {

/// One line that holds a number.
struct Series {
  Labels labels;
  double value = 0;
  std::optional<tagwire::Time> time;
};

/// Reads what an endpoint answers piece by piece and keeps no more of it than one line. Plain value.
class Exposition {
 public:
  enum class Form : quint8 { Text, OpenMetrics };
  static constexpr qsizetype longestLine = 64 * 1024;

  /// Whether anybody wants a metric of this name: of the others no labels are read.
  using Wanted = std::function<bool(QByteArrayView name)>;
  using Take = std::function<void(QByteArrayView name, const Series &series)>;

  Exposition(Form form, Wanted wanted, Take take);

  /// Errors name the line. Then this is not to be used any more.
  Result<void> add(QByteArrayView piece);
  /// All has come. Errors: it is not whole.
  Result<void> end() const;

 private:
  Result<void> line(QByteArrayView text);
  QString wrong(const char *why) const;

  Form m_form;
  Wanted m_wanted;
  Take m_take;
  QByteArray m_rest;  ///< of a line whose end has not come yet
  qint64 m_line = 0;
  bool m_hasEnded = false;  ///< OpenMetrics: "# EOF"
};

}  // namespace prometheus_plugin
