// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QString>
#include <QStringList>

#include <optional>

#include "result.h"

namespace tagwire::ws {

/// The path of an endpoint: "/ws/live", or a pattern of whole segments, "/ws/{manager}". Plain value.
class EndpointPath {
 public:
  static constexpr const char *form = "/segment/{variable}";
  static constexpr const char *formExpression = "^/";

  static Result<EndpointPath> fromText(const QString &text);

  const QString &text() const { return m_text; }
  QStringList variables() const;
  bool isPattern() const { return !variables().isEmpty(); }
  /// The same requests would match: only the names of variables differ.
  bool isSameAs(const EndpointPath &other) const;
  /// The values of the variables, when the decoded `segments` of a request fit.
  std::optional<QHash<QString, QString>> match(const QStringList &segments) const;
  /// How many segments are words, not variables: the more, the better a match.
  int exactness() const { return static_cast<int>(m_segments.size() - variables().size()); }

 private:
  struct Segment {
    QString text;
    bool isVariable = false;
  };
  QString m_text;
  QList<Segment> m_segments;
};

}  // namespace tagwire::ws
