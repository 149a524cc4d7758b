// SPDX-License-Identifier: Apache-2.0
#include "endpointpath.h"

#include <algorithm>

namespace tagwire::ws {

namespace {

bool isWord(QStringView text, QLatin1String marks) {
  return !text.isEmpty() && std::all_of(text.begin(), text.end(), [&](QChar c) {
    return c.unicode() < 128 && (c.isLetterOrNumber() || marks.contains(c));
  });
}

}  // namespace

Result<EndpointPath> EndpointPath::fromText(const QString &text) {
  const auto refuse = [&](const QString &why) {
    return failure(QStringLiteral("\"%1\" %2 (allowed: a path like /ws/live or /ws/{manager})").arg(text, why));
  };
  if (!text.startsWith(u'/')) return refuse(QStringLiteral("does not begin with \"/\""));
  EndpointPath path;
  path.m_text = text;
  if (text == u"/") return path;
  for (const QString &segment : text.mid(1).split(u'/')) {
    if (segment.startsWith(u'{') && segment.endsWith(u'}')) {
      const QString name = segment.mid(1, segment.size() - 2);
      if (!isWord(name, QLatin1String("_"))) {
        return refuse(QStringLiteral("has a variable without a proper name, \"%1\"").arg(segment));
      }
      if (path.variables().contains(name)) return refuse(QStringLiteral("names {%1} twice").arg(name));
      path.m_segments.append({name, true});
    } else if (isWord(segment, QLatin1String("-._~")) && segment != u"." && segment != u"..") {
      path.m_segments.append({segment, false});
    } else {
      return refuse(QStringLiteral("has a segment that can't be served, \"%1\"").arg(segment));
    }
  }
  return path;
}

QStringList EndpointPath::variables() const {
  QStringList names;
  for (const Segment &segment : m_segments) {
    if (segment.isVariable) names << segment.text;
  }
  return names;
}

bool EndpointPath::isSameAs(const EndpointPath &other) const {
  return std::equal(m_segments.begin(), m_segments.end(), other.m_segments.begin(), other.m_segments.end(),
                    [](const Segment &one, const Segment &two) {
                      return one.isVariable == two.isVariable && (one.isVariable || one.text == two.text);
                    });
}

std::optional<QHash<QString, QString>> EndpointPath::match(const QStringList &segments) const {
  if (segments.size() != m_segments.size()) return std::nullopt;
  QHash<QString, QString> values;
  for (qsizetype i = 0; i < segments.size(); ++i) {
    if (m_segments[i].isVariable) {
      if (segments[i].isEmpty()) return std::nullopt;
      values.insert(m_segments[i].text, segments[i]);
    } else if (m_segments[i].text != segments[i]) {
      return std::nullopt;
    }
  }
  return values;
}

}  // namespace tagwire::ws
