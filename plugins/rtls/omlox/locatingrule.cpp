// SPDX-License-Identifier: Apache-2.0
#include "locatingrule.h"

#include <QJsonObject>

#include <algorithm>
#include <array>
#include <cmath>

namespace tagwire::rtls {

struct LocatingToken {
  enum class Kind : quint8 { End, Word, Number, Text, Sign, Open, Close, Wrong };
  Kind kind = Kind::End;
  QString text;
  qsizetype at = 0;
};

namespace {

bool isWordLetter(QChar letter) { return letter == u'_' || (letter.unicode() < 128 && letter.isLetterOrNumber()); }
bool isNumberLetter(QChar letter) { return letter == u'.' || (letter.unicode() < 128 && letter.isDigit()); }

/// Text in single or double quotes; a doubled quote stands for itself.
LocatingToken quoted(const QString &text, qsizetype at) {
  const QChar quote = text[at];
  LocatingToken token{LocatingToken::Kind::Text, {}, at};
  for (qsizetype i = at + 1; i < text.size(); ++i) {
    if (text[i] != quote) {
      token.text += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == quote) {
      token.text += text[i++];
    } else {
      return token;
    }
  }
  return {LocatingToken::Kind::Wrong, QStringLiteral("a text without its end"), at};
}

/// Digits, perhaps with a sign before and an exponent behind.
qsizetype endOfNumber(const QString &text, qsizetype at) {
  qsizetype end = at + 1;
  while (end < text.size()) {
    const bool isExponent = text[end] == u'e' || text[end] == u'E';
    const bool isSignOfIt =
        (text[end] == u'-' || text[end] == u'+') && (text[end - 1] == u'e' || text[end - 1] == u'E');
    if (!isNumberLetter(text[end]) && !isExponent && !isSignOfIt) break;
    ++end;
  }
  return end;
}

/// Where the next token ends.
std::pair<LocatingToken, qsizetype> nextToken(const QString &text, qsizetype at) {
  while (at < text.size() && text[at].isSpace()) ++at;
  if (at >= text.size()) return {{LocatingToken::Kind::End, {}, text.size()}, text.size()};
  const QChar first = text[at];
  if (first == u'(') return {{LocatingToken::Kind::Open, QStringLiteral("("), at}, at + 1};
  if (first == u')') return {{LocatingToken::Kind::Close, QStringLiteral(")"), at}, at + 1};
  if (first == u'\'' || first == u'"') {
    const LocatingToken token = quoted(text, at);
    const qsizetype quotes = 2 + token.text.count(first);
    return {token, token.kind == LocatingToken::Kind::Text ? at + token.text.size() + quotes : text.size()};
  }
  qsizetype end = at + 1;
  LocatingToken::Kind kind = LocatingToken::Kind::Wrong;
  if (isNumberLetter(first) || first == u'-') {
    end = endOfNumber(text, at);
    kind = LocatingToken::Kind::Number;
  } else if (isWordLetter(first)) {
    while (end < text.size() && isWordLetter(text[end])) ++end;
    kind = LocatingToken::Kind::Word;
  } else if (QStringLiteral("=!<>").contains(first)) {
    while (end < text.size() && end < at + 2 && QStringLiteral("=>").contains(text[end])) ++end;
    kind = LocatingToken::Kind::Sign;
  }
  return {{kind, text.mid(at, end - at), at}, end};
}

}  // namespace

/// Recursive descent over one text. NOT binds closer than AND, and AND closer than OR.
class LocatingParser {
 public:
  explicit LocatingParser(const QString &text) : m_text(text) { advance(); }

  Result<LocatingExpression> parse() {
    if (auto read = readAny(0); !read) return failure(read.error());
    if (m_token.kind != LocatingToken::Kind::End) return wrong("AND, OR, the end");
    return m_expression;
  }

 private:
  using Kind = LocatingToken::Kind;
  using Property = LocatingExpression::Property;
  using Comparison = LocatingExpression::Comparison;
  using Connective = LocatingExpression::Connective;

  static constexpr std::array properties{std::pair{"accuracy", Property::Accuracy},
                                         std::pair{"provider_id", Property::ProviderId},
                                         std::pair{"type", Property::Type},
                                         std::pair{"source", Property::Source},
                                         std::pair{"floor", Property::Floor},
                                         std::pair{"speed", Property::Speed},
                                         std::pair{"timestamp_diff", Property::TimestampDiff}};
  static constexpr std::array comparisons{
      std::pair{"=", Comparison::Equal},    std::pair{"==", Comparison::Equal},
      std::pair{"!=", Comparison::Unequal}, std::pair{"<>", Comparison::Unequal},
      std::pair{"<", Comparison::Less},     std::pair{"<=", Comparison::LessOrEqual},
      std::pair{">", Comparison::Greater},  std::pair{">=", Comparison::GreaterOrEqual}};

  void advance() { std::tie(m_token, m_next) = nextToken(m_text, m_next); }
  bool is(const char *word) const {
    return m_token.kind == Kind::Word && m_token.text.compare(QLatin1String(word), Qt::CaseInsensitive) == 0;
  }
  tl::unexpected<QString> wrong(const char *allowed) const {
    const QString found = m_token.kind == Kind::End     ? QStringLiteral("the end")
                          : m_token.kind == Kind::Wrong ? m_token.text.left(40)
                                                        : u'"' + m_token.text.left(40) + u'"';
    return failure(QStringLiteral("at character %1: %2 (allowed: %3)")
                       .arg(m_token.at + 1)
                       .arg(found, QString::fromLatin1(allowed)));
  }
  void add(LocatingExpression::Step step) { m_expression.m_steps.push_back(std::move(step)); }

  Result<void> readAny(int depth) {
    if (auto read = readAll(depth); !read) return read;
    while (is("or")) {
      advance();
      if (auto read = readAll(depth); !read) return read;
      add(Connective::Or);
    }
    return {};
  }
  Result<void> readAll(int depth) {
    if (auto read = readOne(depth); !read) return read;
    while (is("and")) {
      advance();
      if (auto read = readOne(depth); !read) return read;
      add(Connective::And);
    }
    return {};
  }
  Result<void> readOne(int depth) {
    const bool isNot = is("not");
    if (!isNot && m_token.kind != Kind::Open) return readCondition();
    if (depth >= LocatingExpression::deepest) {
      return failure(QStringLiteral("at character %1: too deep (allowed: %2 parentheses or NOT within each other)")
                         .arg(m_token.at + 1)
                         .arg(LocatingExpression::deepest));
    }
    advance();
    if (isNot) {
      if (auto read = readOne(depth + 1); !read) return read;
      add(Connective::Not);
      return {};
    }
    if (auto read = readAny(depth + 1); !read) return read;
    if (m_token.kind != Kind::Close) return wrong("AND, OR, \")\"");
    advance();
    return {};
  }
  Result<void> readCondition() {
    if (is("true") || is("false")) {
      add(is("true"));
      advance();
      return {};
    }
    const auto property = std::ranges::find_if(
        properties, [this](const auto &each) { return m_token.text == QLatin1String(each.first); });
    if (m_token.kind != Kind::Word || property == properties.end()) {
      return wrong("accuracy, provider_id, type, source, floor, speed, timestamp_diff, NOT, TRUE, FALSE, \"(\"");
    }
    advance();
    const bool isText = property->second >= Property::ProviderId;
    const auto sign = std::ranges::find_if(
        comparisons, [this](const auto &each) { return m_token.text == QLatin1String(each.first); });
    const bool isSign = m_token.kind == Kind::Sign && sign != comparisons.end();
    if (isText && (!isSign || sign->second > Comparison::Unequal)) return wrong("=, ==, !=, <>, as this is a text");
    if (!isSign) return wrong("=, ==, !=, <>, <, <=, >, >=");
    advance();
    return readValue({property->second, sign->second, {}}, isText);
  }
  Result<void> readValue(LocatingExpression::Condition condition, bool isText) {
    if (isText && m_token.kind != Kind::Text) return wrong("a text in quotes");
    if (isText) {
      condition.value = m_token.text;
    } else {
      bool isNumber = m_token.kind == Kind::Number;
      const double number = isNumber ? m_token.text.toDouble(&isNumber) : 0;
      if (!isNumber || !std::isfinite(number)) return wrong("a number");
      condition.value = number;
    }
    add(std::move(condition));
    advance();
    return {};
  }

  const QString m_text;
  LocatingToken m_token;
  qsizetype m_next = 0;
  LocatingExpression m_expression;
};

Result<LocatingExpression> LocatingExpression::parse(const QString &text) {
  if (text.size() > longest) {
    return failure(QStringLiteral("has %1 characters (allowed: %2)").arg(text.size()).arg(longest));
  }
  return LocatingParser(text).parse();
}

std::optional<bool> LocatingExpression::judge(const Condition &condition, const LocatingFacts &facts) {
  const auto compared = [&condition](const auto &fact, const auto &wanted) {
    switch (condition.comparison) {
      case Comparison::Equal:
        return fact == wanted;
      case Comparison::Unequal:
        return fact != wanted;
      case Comparison::Less:
        return fact < wanted;
      case Comparison::LessOrEqual:
        return fact <= wanted;
      case Comparison::Greater:
        return fact > wanted;
      case Comparison::GreaterOrEqual:
        return fact >= wanted;
    }
    return false;
  };
  const auto number = [&](std::optional<double> fact) {
    return fact ? std::optional(compared(*fact, std::get<double>(condition.value))) : std::nullopt;
  };
  const auto text = [&](const std::optional<QString> &fact) {
    return fact ? std::optional(compared(*fact, std::get<QString>(condition.value))) : std::nullopt;
  };
  switch (condition.property) {
    case Property::Accuracy:
      return number(facts.accuracy);
    case Property::Speed:
      return number(facts.speed);
    case Property::Floor:
      return number(facts.floor);
    case Property::TimestampDiff:
      return number(facts.age);
    case Property::ProviderId:
      return text(facts.provider);
    case Property::Type:
      return text(facts.type);
    case Property::Source:
      return text(facts.source);
  }
  return std::nullopt;
}

bool LocatingExpression::holds(const LocatingFacts &facts) const {
  std::vector<std::optional<bool>> stack;
  const auto pop = [&stack] {
    const std::optional<bool> last = stack.back();
    stack.pop_back();
    return last;
  };
  for (const Step &step : m_steps) {
    if (const auto *known = std::get_if<bool>(&step)) {
      stack.push_back(*known);
    } else if (const auto *condition = std::get_if<Condition>(&step)) {
      stack.push_back(judge(*condition, facts));
    } else if (std::get<Connective>(step) == Connective::Not) {
      if (stack.back()) stack.back() = !*stack.back();
    } else {
      // What decides alone does so whatever the other is.
      const bool decides = std::get<Connective>(step) == Connective::Or;
      const auto second = pop();
      const auto first = pop();
      if (first == decides || second == decides) {
        stack.push_back(decides);
      } else {
        stack.push_back(first && second ? std::optional(!decides) : std::nullopt);
      }
    }
  }
  return !stack.empty() && stack.back().value_or(false);
}

Result<std::vector<LocatingRule>> readLocatingRules(const QJsonArray &json) {
  if (json.size() > LocatingRule::most) {
    return failure(QStringLiteral("locating_rules has too many (allowed: %1)").arg(LocatingRule::most));
  }
  std::vector<LocatingRule> rules;
  for (qsizetype i = 0; i < json.size(); ++i) {
    const QJsonValue text = json[i][u"expression"];
    const QJsonValue priority = json[i][u"priority"];
    const auto fail = [i](const char *key, const QString &why) {
      return failure(QStringLiteral("locating_rules[%1].%2 %3").arg(i).arg(QLatin1String(key), why));
    };
    if (!text.isString()) return fail("expression", QStringLiteral("is wrong or missing (allowed: a text)"));
    auto expression = LocatingExpression::parse(text.toString());
    if (!expression) return fail("expression", expression.error());
    const double number = priority.toDouble(-1);
    if (number < 0 || number > LocatingRule::highest || number != std::floor(number)) {
      return fail(
          "priority",
          QStringLiteral("is wrong or missing (allowed: a whole number from 0 to %1)").arg(LocatingRule::highest));
    }
    rules.push_back({std::move(*expression), static_cast<qint64>(number)});
  }
  return rules;
}

qint64 priorityOf(const std::vector<LocatingRule> &rules, const LocatingFacts &facts) {
  qint64 highest = 0;
  for (const LocatingRule &rule : rules) {
    if (rule.priority > highest && rule.expression.holds(facts)) highest = rule.priority;
  }
  return highest;
}

}  // namespace tagwire::rtls
