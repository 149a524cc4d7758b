// SPDX-License-Identifier: Apache-2.0
#include "interlocklatches.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace tagwire {

namespace {

constexpr std::chrono::seconds beforeNextTry{1};
const auto format = QLatin1String("format");
const auto lastAlarm = QLatin1String("last_alarm_id");
const auto tripped = QLatin1String("tripped");

std::optional<std::pair<int, InterlockLatch>> latchOf(const QJsonObject &json) {
  const int id = json.value(QLatin1String("interlock")).toInt();
  const auto at = fromIso(json.value(QLatin1String("at")).toString());
  const qint64 alarmId = json.value(QLatin1String("alarm_id")).toInteger();
  if (id < 1 || !at || alarmId >= 0) return std::nullopt;
  return std::pair(id, InterlockLatch{*at, json.value(QLatin1String("cause")).toString(), alarmId});
}

}  // namespace

Result<void> InterlockLatches::open(const QString &folder, const QLoggingCategory &log) {
  m_file = std::make_unique<KeptFile>(folder, QStringLiteral("interlocks.json"), log);
  const auto done = read();
  if (done) return {};
  m_latches.clear();
  const auto moved = m_file->putAside();
  return failure(moved ? done.error() : done.error() + QLatin1String(" - ") + moved.error());
}

Result<void> InterlockLatches::read() {
  const auto content = m_file->read();
  if (!content) return failure(content.error());
  if (!*content) return {};
  const auto damaged = failure(QStringLiteral("%1 is damaged").arg(m_file->path()));
  const QJsonObject json = QJsonDocument::fromJson(**content).object();
  if (json.value(format).toInt() != 1 || !json.value(tripped).isArray()) return damaged;
  m_lastAlarm = json.value(lastAlarm).toInteger();
  for (const auto &each : json.value(tripped).toArray()) {
    const auto latch = latchOf(each.toObject());
    if (!latch) return damaged;
    m_latches.insert(*latch);
    m_lastAlarm = std::min(m_lastAlarm, latch->second.alarmId);
  }
  return {};
}

const InterlockLatch *InterlockLatches::find(int interlock) const {
  const auto found = m_latches.find(interlock);
  return found == m_latches.end() ? nullptr : &found->second;
}

const InterlockLatch &InterlockLatches::add(int interlock, const QString &cause) {
  const auto &latch = m_latches[interlock] = {m_clock.now(), cause, --m_lastAlarm};
  write();
  return latch;
}

qint64 InterlockLatches::nextAlarmId() {
  --m_lastAlarm;
  write();
  return m_lastAlarm;
}

void InterlockLatches::remove(int interlock) {
  if (m_latches.erase(interlock) > 0) write();
}

QByteArray InterlockLatches::content() const {
  QJsonArray all;
  for (const auto &[id, latch] : m_latches) {
    all.append(QJsonObject{{QStringLiteral("interlock"), id},
                           {QStringLiteral("at"), toIso(latch.at)},
                           {QStringLiteral("cause"), latch.cause},
                           {QStringLiteral("alarm_id"), latch.alarmId}});
  }
  return QJsonDocument(QJsonObject{{format, 1}, {lastAlarm, m_lastAlarm}, {tripped, all}}).toJson();
}

void InterlockLatches::write() {
  if (!m_file) return;
  ++m_version;
  m_isKept = false;
  m_file->write(content());
  ask();
}

void InterlockLatches::ask() {
  m_retryAt.reset();
  m_file->whenWritten([this, version = m_version](const Result<void> &result) {
    if (version != m_version) return;
    m_isKept = result.has_value();
    if (!result) m_retryAt = m_clock.elapsed() + beforeNextTry;
  });
}

/// How the write under way goes is not known yet, so there is a look at it in any case.
std::optional<std::chrono::nanoseconds> InterlockLatches::nextTry() const {
  if (m_isKept) return std::nullopt;
  return m_retryAt.value_or(m_clock.elapsed() + beforeNextTry);
}

void InterlockLatches::advance() {
  if (m_retryAt && m_clock.elapsed() >= *m_retryAt) ask();
}

void InterlockLatches::flush() {
  if (m_file) m_file->flush();
}

}  // namespace tagwire
