// SPDX-License-Identifier: Apache-2.0
#include "liverequest.h"

#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr int longestId = 64;

Result<void> readResume(const QJsonObject &message, LiveSubscribe &request) {
  const QJsonValue after = message.value(QLatin1String("after"));
  if (after.isUndefined() || after.isNull()) return {};
  const auto number = wholeNumber(after);
  if (!number || *number < 0) return failure(QStringLiteral("after must be the seq of an earlier message"));
  const QJsonValue epoch = message.value(QLatin1String("epoch"));
  if (!epoch.isString()) return failure(QStringLiteral("after needs the epoch (a text) that came with it"));
  request.after = static_cast<quint64>(*number);
  request.epoch = epoch.toString();
  return {};
}

}  // namespace

Result<QString> subscriptionId(const QJsonObject &message) {
  const QString id = message.value(QLatin1String("id")).toString();
  if (id.isEmpty() || id.size() > longestId) {
    return failure(QStringLiteral("id must be a text of 1 to %1 characters").arg(longestId));
  }
  return id;
}

Result<std::chrono::nanoseconds> intervalFromRate(const QString &rate) {
  const auto wrong = failure(
      QStringLiteral("max_rate \"%1\" must look like \"10/s\" (allowed: 0.1/s to 1000/s)").arg(excerpt(rate, 20)));
  if (!rate.endsWith(QLatin1String("/s")) || rate.size() > 10) return wrong;
  bool ok = false;
  const double perSecond = rate.chopped(2).toDouble(&ok);
  if (!ok || !(perSecond >= 0.1 && perSecond <= 1000)) return wrong;
  return std::chrono::nanoseconds(static_cast<qint64>(1e9 / perSecond));
}

Result<LiveSubscribe> LiveSubscribe::fromJson(const QJsonObject &message) {
  LiveSubscribe request;
  const auto id = subscriptionId(message);
  if (!id) return failure(id.error());
  request.id = *id;
  auto topics = TopicSet::fromJson(message.value(QLatin1String("topics")));
  if (!topics) return failure(topics.error());
  request.topics = std::move(*topics);
  const QJsonValue rate = message.value(QLatin1String("max_rate"));
  if (!rate.isUndefined() && !rate.isNull()) {
    if (!rate.isString()) return failure(QStringLiteral("max_rate must be a text such as \"10/s\""));
    const auto interval = intervalFromRate(rate.toString());
    if (!interval) return failure(interval.error());
    request.interval = *interval;
  }
  if (const auto resume = readResume(message, request); !resume) return failure(resume.error());
  return request;
}

}  // namespace tagwire::ws
