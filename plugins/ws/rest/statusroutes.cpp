// SPDX-License-Identifier: Apache-2.0
#include "statusroutes.h"

#include <QCoreApplication>
#include <QFile>
#include <QJsonArray>

#include <cmath>

#include <unistd.h>

#include "rest/systemroutes.h"

namespace tagwire::ws {

using namespace std::chrono_literals;

namespace {

constexpr auto betweenTotals = 1s;
constexpr size_t mostTotals = 11;
/// A count of 100,000 points takes a millisecond.
constexpr auto betweenCounts = 1s;

constexpr const char *rowsWritten = "tagwire_sql_written_total";
using AllMetrics = std::map<std::string, std::vector<Metrics::Series>>;

/// Of all series of this name, or of those of one instance; nothing when there is none.
std::optional<double> findSum(const AllMetrics &metrics, const char *name, const QString &instance) {
  const auto found = metrics.find(name);
  if (found == metrics.end()) return std::nullopt;
  std::optional<double> sum;
  for (const Metrics::Series &each : found->second) {
    const auto plugin = each.labels.find("plugin");
    const bool isOf = plugin != each.labels.end() && QString::fromStdString(plugin->second) == instance;
    if (instance.isEmpty() || isOf) sum = sum.value_or(0) + each.value;
  }
  return sum;
}

double sumOf(const AllMetrics &metrics, const char *name, const QString &instance = {}) {
  return findSum(metrics, name, instance).value_or(0);
}

/// Instances that keep a history: whoever counts the rows it has written.
QList<InstanceStatus> historiesOf(const PluginContext &context, const AllMetrics &metrics) {
  QList<InstanceStatus> histories = context.instances();
  histories.removeIf([&](const InstanceStatus &each) { return !findSum(metrics, rowsWritten, each.id); });
  return histories;
}

qint64 residentBytes() {
  QFile file(QStringLiteral("/proc/self/statm"));
  if (!file.open(QIODevice::ReadOnly)) return 0;
  return file.readAll().split(' ').value(1).toLongLong() * ::sysconf(_SC_PAGESIZE);
}

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

/// A tenth is as exact as people want it.
double rounded(double number) { return std::round(number * 10) / 10; }

}  // namespace

StatusRoutes::StatusRoutes(Router &router, GatewayState &state)
    : m_state(state), m_started(state.context.clock().now()) {
  router.addWhole({"GET", "/api/v1/status", "how the whole does: instances, rates, clients, points, histories",
                   Served::Rest, right::readStatistics,
                   [this](const Call &call) { call.answer(Response::json(200, QJsonDocument(status()))); }});
}

void StatusRoutes::tick() {
  const auto now = m_state.context.clock().elapsed();
  if (!m_totals.empty() && now - m_totals.back().at < betweenTotals) return;
  m_totals.push_back(totals(m_state.context.metrics().all()));
  if (m_totals.size() > mostTotals) m_totals.pop_front();
}

StatusRoutes::Totals StatusRoutes::totals(const AllMetrics &metrics) const {
  Totals totals{m_state.context.clock().elapsed(),
                sumOf(metrics, "tagwire_hub_samples_total"),
                sumOf(metrics, "tagwire_hub_events_total"),
                sumOf(metrics, "tagwire_ws_sent_messages_total"),
                {}};
  for (const InstanceStatus &each : historiesOf(m_state.context, metrics)) {
    totals.stored[each.id] = sumOf(metrics, rowsWritten, each.id);
  }
  return totals;
}

/// Since the oldest total that is remembered.
double StatusRoutes::rate(const Totals &now, const std::function<double(const Totals &)> &of) const {
  if (m_totals.empty()) return 0;
  const double time = seconds(now.at - m_totals.front().at);
  return time > 0 ? rounded((of(now) - of(m_totals.front())) / time) : 0;
}

QJsonObject StatusRoutes::status() {
  const PluginContext &context = m_state.context;
  const QList<InstanceStatus> instances = context.instances();
  const AllMetrics metrics = m_state.context.metrics().all();
  const Totals now = totals(metrics);
  const QJsonObject rates{
      {QStringLiteral("samples_per_s"), rate(now, [](const Totals &each) { return each.samples; })},
      {QStringLiteral("events_per_s"), rate(now, [](const Totals &each) { return each.events; })},
      {QStringLiteral("messages_out_per_s"), rate(now, [](const Totals &each) { return each.messages; })}};
  const QJsonObject clients{{QStringLiteral("websocket"), sumOf(metrics, "tagwire_ws_sessions")},
                            {QStringLiteral("http"), sumOf(metrics, "tagwire_http_connections")}};
  return {{QStringLiteral("version"), QCoreApplication::applicationVersion()},
          {QStringLiteral("site"), context.site().name},
          {QStringLiteral("timezone"), QString::fromLatin1(context.site().timeZone.id())},
          {QStringLiteral("started"), toIso(m_started)},
          {QStringLiteral("uptime_s"), std::floor(seconds(context.clock().elapsed() - m_state.since))},
          {QStringLiteral("epoch"), context.epoch()},
          {QStringLiteral("state"), healthOf(instances)},
          {QStringLiteral("instances"), instancesJson(instances)},
          {QStringLiteral("rates"), rates},
          {QStringLiteral("clients"), clients},
          {QStringLiteral("points"), pointsJson()},
          {QStringLiteral("history"), historyJson(metrics, now)},
          {QStringLiteral("loop_lag_ms"), rounded(1000 * sumOf(metrics, "tagwire_loop_lag_seconds"))},
          {QStringLiteral("memory_bytes"), residentBytes()}};
}

QJsonObject StatusRoutes::pointsJson() {
  const auto now = m_state.context.clock().elapsed();
  if (!m_qualities || now - m_qualities->at >= betweenCounts) {
    m_qualities = Qualities{now, {}};
    const PointTable &points = m_state.context.points();
    for (quint32 i = 1; i <= points.count(); ++i) {
      const Quality quality = points.last(PointId{i}).quality;
      if (quality.reason != QualityReason::Removed) ++m_qualities->counts[static_cast<size_t>(quality.level)];
    }
  }
  const auto &[good, uncertain, bad] = m_qualities->counts;
  return {{QStringLiteral("total"), good + uncertain + bad},
          {QStringLiteral("good"), good},
          {QStringLiteral("uncertain"), uncertain},
          {QStringLiteral("bad"), bad}};
}

QJsonArray StatusRoutes::historyJson(const AllMetrics &metrics, const Totals &now) const {
  QJsonArray list;
  for (const InstanceStatus &each : historiesOf(m_state.context, metrics)) {
    const auto sum = [&](const char *name) { return sumOf(metrics, name, each.id); };
    list.append(QJsonObject{
        {QStringLiteral("instance"), each.id},
        {QStringLiteral("state"), toText(each.state)},
        {QStringLiteral("stored_per_s"), rate(now, [&each](const Totals &at) { return at.stored.value(each.id); })},
        {QStringLiteral("spooled"), sum("tagwire_sql_spooled")},
        {QStringLiteral("quarantined"), sum("tagwire_sql_quarantined")},
        {QStringLiteral("dropped"), sum("tagwire_sql_dropped_total")},
        {QStringLiteral("disk_bytes"), sum("tagwire_sql_spool_bytes")}});
  }
  return list;
}

}  // namespace tagwire::ws
