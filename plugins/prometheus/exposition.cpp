// SPDX-License-Identifier: Apache-2.0
#include "exposition.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace prometheus_plugin {

namespace {

constexpr bool isBlank(char c) { return c == ' ' || c == '\t'; }
constexpr bool isNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; }
constexpr bool isNameCharacter(char c) { return isNameStart(c) || (c >= '0' && c <= '9'); }

/// What is left of a line.
struct Cursor {
  QByteArrayView text;

  void skipBlanks() {
    while (!text.isEmpty() && isBlank(text.front())) text = text.sliced(1);
  }
  bool take(char c) {
    if (text.isEmpty() || text.front() != c) return false;
    text = text.sliced(1);
    return true;
  }
  QByteArrayView name() {
    qsizetype size = 0;
    if (!text.isEmpty() && isNameStart(text.front())) {
      while (size < text.size() && isNameCharacter(text[size])) ++size;
    }
    return cut(size);
  }
  QByteArrayView word() {
    qsizetype size = 0;
    while (size < text.size() && !isBlank(text[size])) ++size;
    return cut(size);
  }
  /// The text up to the closing quote, which is taken too; the opening one is taken already.
  std::optional<QByteArray> quoted() {
    QByteArray out;
    for (qsizetype i = 0; i < text.size(); ++i) {
      if (text[i] == '"') {
        text = text.sliced(i + 1);
        return out;
      }
      const bool isEscaped = text[i] == '\\';
      if (isEscaped && ++i == text.size()) return std::nullopt;
      out += isEscaped && text[i] == 'n' ? '\n' : text[i];
    }
    return std::nullopt;
  }

 private:
  QByteArrayView cut(qsizetype size) {
    const QByteArrayView word = text.first(size);
    text = text.sliced(size);
    return word;
  }
};

template <class Number>
bool readNumber(QByteArrayView word, Number &out) {
  if (word.startsWith('+')) word = word.sliced(1);
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  return error == std::errc() && end == word.data() + word.size() && !word.isEmpty();
}

/// As most readers: what is too large for a double is infinity, what is too small is 0.
bool readValue(QByteArrayView word, double &out) {
  if (readNumber(word, out)) return true;
  if (word.startsWith('+')) word = word.sliced(1);
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  if (error != std::errc::result_out_of_range || end != word.data() + word.size()) return false;
  const bool isSmall = word.contains("e-") || word.contains("E-");
  out = isSmall ? 0 : std::numeric_limits<double>::infinity();
  return true;
}

std::optional<tagwire::Time> readTime(QByteArrayView word, Exposition::Form form) {
  constexpr double latest = 9'000'000'000'000;  // milliseconds: in the year 2255
  double number = 0;
  if (!readNumber(word, number)) return std::nullopt;
  if (form == Exposition::Form::OpenMetrics) number *= 1000;
  if (!(number >= 0 && number <= latest)) return std::nullopt;
  return tagwire::fromMilliseconds(std::llround(number));
}

}  // namespace

Exposition::Exposition(Form form, Wanted wanted, Take take)
    : m_form(form), m_wanted(std::move(wanted)), m_take(std::move(take)) {}

Result<void> Exposition::add(QByteArrayView piece) {
  while (!piece.isEmpty()) {
    const qsizetype end = piece.indexOf('\n');
    const QByteArrayView part = end < 0 ? piece : piece.first(end);
    if (m_rest.size() + part.size() > longestLine) {
      ++m_line;
      return failure(wrong("longer than 64 KiB"));
    }
    if (end < 0) {
      m_rest.append(part.data(), part.size());
      return {};
    }
    piece = piece.sliced(end + 1);
    ++m_line;
    Result<void> read;
    if (m_rest.isEmpty()) {
      read = line(part);
    } else {
      m_rest.append(part.data(), part.size());
      read = line(m_rest);
      m_rest.clear();
    }
    if (!read) return read;
  }
  return {};
}

Result<void> Exposition::end() const {
  // The half of a number is another number.
  if (m_form == Form::OpenMetrics) {
    if (!m_hasEnded && m_rest != "# EOF") return failure(QStringLiteral("the answer ends too early: no # EOF"));
  } else if (!m_rest.isEmpty()) {
    return failure(QStringLiteral("the answer ends within a line"));
  }
  return {};
}

Result<void> Exposition::line(QByteArrayView text) {
  if (text.endsWith('\r')) text.chop(1);
  Cursor at{text};
  at.skipBlanks();
  if (m_hasEnded) return failure(wrong("it comes after # EOF"));
  if (at.text.isEmpty()) return {};
  if (at.text.front() == '#') {
    m_hasEnded = m_form == Form::OpenMetrics && text == "# EOF";
    return {};
  }
  // Names beyond the old alphabet stand in quotes within the braces: nobody here can ask for one.
  if (at.text.startsWith("{\"")) return {};
  const QByteArrayView name = at.name();
  if (name.isEmpty()) return failure(wrong("no name of a metric"));
  if (!m_wanted(name)) return {};

  Series series;
  at.skipBlanks();
  if (at.take('{')) {
    for (;;) {
      at.skipBlanks();
      if (at.take('}')) break;
      const QByteArrayView label = at.name();
      at.skipBlanks();
      if (label.isEmpty() || !at.take('=')) return failure(wrong("a label is due"));
      at.skipBlanks();
      if (!at.take('"')) return failure(wrong("a label's value is due"));
      auto value = at.quoted();
      if (!value) return failure(wrong("a label's value does not end"));
      series.labels.append({label.toByteArray(), std::move(*value)});
      at.skipBlanks();
      if (at.take(',')) continue;
      if (!at.take('}')) return failure(wrong("the labels do not end"));
      break;
    }
  }
  at.skipBlanks();
  if (!readValue(at.word(), series.value)) return failure(wrong("no number behind the name"));
  at.skipBlanks();
  if (!at.text.isEmpty() && at.text.front() != '#') {
    series.time = readTime(at.word(), m_form);
    if (!series.time) return failure(wrong("no time behind the number"));
    at.skipBlanks();
  }
  // An exemplar may follow.
  if (!at.text.isEmpty() && at.text.front() != '#') return failure(wrong("too many words"));
  m_take(name, series);
  return {};
}

QString Exposition::wrong(const char *why) const {
  return QStringLiteral("line %1 of the answer: %2").arg(m_line).arg(QLatin1String(why));
}

}  // namespace prometheus_plugin
