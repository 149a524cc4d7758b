// SPDX-License-Identifier: Apache-2.0
#include "rest/historynames.h"

#include <algorithm>

#include "auth/historyaccess.h"
#include "protocols/wirejson.h"

namespace tagwire::ws {

namespace {

/// The full name of a point that a client names by its number; nothing for one that it may not read.
std::optional<QString> nameOfNumber(const QString &text, const Call &call, const PointTable &points) {
  bool isNumber = false;
  const int number = text.toInt(&isNumber);
  if (!isNumber) return std::nullopt;
  const auto point = points.point(points.findNumber(number));
  if (!point || !call.may(right::readHistory, point->fullName)) return std::nullopt;
  return point->fullName;
}

bool isNumeric(const QString &text) {
  return std::all_of(text.begin(), text.end(), [](QChar each) { return each >= u'0' && each <= u'9'; });
}

HistoryPoint asStored(const Point &point) { return {point.fullName, point.type, point.unit, point.tag}; }

Refusal notPermittedFor(Right right, const QString &name) {
  Refusal refusal = notPermitted(right);
  refusal.text += QStringLiteral(" for \"%1\"").arg(excerpt(name));
  return refusal;
}

/// Later than anything that is stored.
constexpr qint64 endOfTime = 9'000'000'000'000;

/// What is left of `names` when `page` tells of the doubtful ones.
HistoryNames withoutHidden(HistoryNames names, const HistoryPage &page, const Permissions &permissions) {
  QStringList shown;
  for (const HistorySeries &each : page.series) {
    if (mayReadHistory(permissions, each.point)) {
      if (names.tags.contains(each.point.tag)) shown << each.point.name;
    } else if (names.points.removeAll(each.point.name) > 0) {
      names.unknown << each.point.name;
    }
  }
  if (permissions.allowAll(right::readHistory)) return names;
  // Of a tag only the points that the caller may read by their names too.
  for (const QString &tag : std::as_const(names.tags)) {
    const bool isShown = std::any_of(page.series.begin(), page.series.end(), [&](const HistorySeries &each) {
      return each.point.tag == tag && shown.contains(each.point.name);
    });
    if (!isShown) names.unknown << tag;
  }
  names.tags.clear();
  names.points += shown;
  names.points.removeDuplicates();
  return names;
}

}  // namespace

tl::expected<HistoryNames, Refusal> HistoryNames::fromCall(const Call &call, const PointTable &points) {
  HistoryNames names;
  QStringList wanted = call.target.values("point");
  names.tags = call.target.values("tag");
  wanted.removeDuplicates();
  names.tags.removeDuplicates();
  const qsizetype count = wanted.size() + names.tags.size();
  if (count < 1 || count > HistoryReader::mostPoints) {
    return tl::unexpected(Refusal{400,
                                  QStringLiteral("point is %1 (allowed: 1 to %2 points and tags together)")
                                      .arg(count == 0 ? QStringLiteral("missing") : QStringLiteral("there too often"))
                                      .arg(HistoryReader::mostPoints),
                                  {}});
  }
  for (const QString &tag : std::as_const(names.tags)) {
    if (!call.may(right::readPositions, tag)) return tl::unexpected(notPermittedFor(right::readPositions, tag));
  }
  for (const QString &each : std::as_const(wanted)) {
    const bool isNumber = isNumeric(each);
    const QString name = isNumber ? nameOfNumber(each, call, points).value_or(QString()) : each;
    if (!isNumber && !call.may(right::readHistory, name)) {
      return tl::unexpected(notPermittedFor(right::readHistory, name));
    }
    const auto point = points.point(points.find(name));
    const bool isHidden = name.isEmpty() || (point && !mayReadHistory(call.caller->permissions, asStored(*point)));
    (isHidden ? names.unknown : names.points) << (isHidden ? each : name);
  }
  names.points.removeDuplicates();
  return names;
}

QString historyAt(const Target &target) { return target.value("history").value_or(QString()); }

void hidePositions(HistoryDesk &desk, const QString &instance, const CallerPointer &caller, HistoryNames names,
                   std::function<void(const tl::expected<HistoryNames, Refusal> &)> taker) {
  const Permissions &permissions = caller->permissions;
  QStringList doubtful;
  for (const QString &name : std::as_const(names.points)) {
    const bool isLive = desk.context().points().find(name) != PointId::None;
    if (!isLive && !permissions.allowAll(right::readPositions)) doubtful << name;
  }
  const QStringList tags = permissions.allowAll(right::readHistory) ? QStringList() : names.tags;
  if (doubtful.isEmpty() && tags.isEmpty()) return taker(std::move(names));
  desk.ask(
      instance, &HistoryReader::lastBefore,
      [caller, names = std::move(names), taker = std::move(taker)](const tl::expected<HistoryPage, Refusal> &page) {
        if (!page) return taker(tl::unexpected(page.error()));
        taker(withoutHidden(names, *page, caller->permissions));
      },
      doubtful, tags, fromMilliseconds(endOfTime));
}

void hideFrom(HistoryPage &page, const HistoryNames &names, const Permissions &permissions) {
  page.unknown = names.unknown + page.unknown;
  page.series.removeIf([&](const HistorySeries &each) {
    if (mayReadHistory(permissions, each.point)) return false;
    // In the words of the question: a point does not tell whose position it is.
    page.unknown << (names.points.contains(each.point.name) ? each.point.name : each.point.tag);
    return true;
  });
  page.unknown.removeDuplicates();
}

}  // namespace tagwire::ws
