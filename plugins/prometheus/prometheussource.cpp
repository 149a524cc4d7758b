// SPDX-License-Identifier: Apache-2.0
#include "prometheussource.h"

#include <QFile>
#include <QSslCertificate>
#include <QSslConfiguration>

#include <algorithm>

namespace prometheus_plugin {

using namespace std::chrono_literals;

PrometheusSource::Counters::Counters(Metrics &metrics)
    : scrapes(metrics.counter("tagwire_prometheus_scrapes_total", "Scrapes begun")),
      failures(metrics.counter("tagwire_prometheus_scrape_failures_total", "Scrapes without a usable answer")),
      bytes(metrics.counter("tagwire_prometheus_received_bytes_total", "Bytes of answers")) {}

PrometheusSource::PrometheusSource(const Config &config, const QList<PointInfo> &infos, PluginContext &context)
    : m_config(config),
      m_context(context),
      m_scrape({config.timeout, config.maxBytes}),
      m_backoff(1s, std::max<std::chrono::milliseconds>(config.interval, 30s)),
      m_counters(context.metrics()) {
  const QList<PointId> ids = context.declare(infos);
  for (qsizetype i = 0; i < ids.size(); ++i) {
    m_points.emplace_back(ids[i], config.points[i], config.staleAfter);
    m_selection.add(config.points[i].metric, static_cast<int>(i));
  }
  m_timer.setSingleShot(true);
  connect(&m_timer, &QTimer::timeout, this, &PrometheusSource::begin);
}

void PrometheusSource::start() {
  m_state = PluginState::Starting;
  if (const auto read = readCertificates(); !read) return tell(PluginState::Failed, read.error());
  m_timer.start(0);
}

void PrometheusSource::stop() {
  m_timer.stop();
  m_scrape.drop();
  m_backoff.reset();
  for (PointReading &point : m_points) point.forget();
}

void PrometheusSource::reloadFiles() {
  if (m_config.bearerToken) {
    if (auto token = m_config.bearerToken->again(); !token) {
      qCWarning(m_context.log()).noquote() << token.error();
    } else if (!isHeaderText(*token)) {
      qCWarning(m_context.log()).noquote() << "bearer_token: more than one word; the old one stays in use";
    } else {
      m_config.bearerToken = *token;
    }
  }
  if (const auto read = readCertificates(); !read) qCWarning(m_context.log()).noquote() << read.error();
}

Result<void> PrometheusSource::readCertificates() {
  if (!m_config.caFile) return {};
  QFile file(*m_config.caFile);
  if (!file.open(QIODevice::ReadOnly))
    return failure(QStringLiteral("ca_file %1: %2").arg(*m_config.caFile, file.errorString()));
  const auto certificates = QSslCertificate::fromData(file.read(1024LL * 1024));
  if (certificates.isEmpty()) return failure(QStringLiteral("ca_file %1 holds no certificate").arg(*m_config.caFile));
  QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
  tls.setCaCertificates(certificates);
  m_scrape.setTls(tls);
  return {};
}

void PrometheusSource::begin() {
  for (PointReading &point : m_points) point.begin();
  const QByteArray token = m_config.bearerToken ? m_config.bearerToken->reveal().trimmed().toLatin1() : QByteArray();
  m_counters.scrapes.add();
  m_sinceBegin.start();
  m_scrape.begin(
      m_config.url.url, token, [this](QByteArrayView name) { return m_selection.wants(name); },
      [this](QByteArrayView name, const Series &series) {
        for (const int index : m_selection.of(name, series.labels)) m_points[static_cast<size_t>(index)].take(series);
      },
      [this](const std::optional<ScrapeError> &error) { done(error); });
}

void PrometheusSource::done(const std::optional<ScrapeError> &error) {
  m_counters.bytes.add(static_cast<double>(m_scrape.bytes()));
  error ? failed(*error) : succeeded();
}

void PrometheusSource::failed(const ScrapeError &error) {
  m_counters.failures.add();
  const Time now = m_context.clock().now();
  Samples samples;
  for (PointReading &point : m_points) {
    if (const auto sample = point.fail(error.reason, now)) samples.append(*sample);
  }
  if (!samples.isEmpty()) Q_EMIT samplesReady(samples);
  tell(PluginState::Degraded, QStringLiteral("%1: %2").arg(m_config.url.url.authority(), error.text.left(300)));
  m_timer.start(m_backoff.next());
}

void PrometheusSource::succeeded() {
  m_backoff.reset();
  const Time now = m_context.clock().now();
  const std::chrono::nanoseconds elapsed = m_context.clock().elapsed();
  Samples samples;
  QStringList wrong;
  for (PointReading &point : m_points) {
    if (const QString why = point.wrong(); !why.isEmpty()) wrong << why;
    if (const auto sample = point.end(now, elapsed)) samples.append(*sample);
  }
  if (!samples.isEmpty()) Q_EMIT samplesReady(samples);
  if (wrong.isEmpty()) {
    tell(PluginState::Running, {});
  } else {
    const qsizetype count = wrong.size();
    const QString more = count > 3 ? QStringLiteral(" and %1 more").arg(count - 3) : QString();
    tell(PluginState::Degraded, wrong.first(std::min<qsizetype>(3, count)).join(QStringLiteral("; ")) + more);
  }
  const std::chrono::milliseconds taken(m_sinceBegin.elapsed());
  m_timer.start(std::max(0ms, m_config.interval - taken));
}

/// The log has a line for each change of state, the status also for another reason.
void PrometheusSource::tell(PluginState state, const QString &why) {
  if (state == m_state && why == m_why) return;
  if (state != m_state && state != PluginState::Running) qCWarning(m_context.log()).noquote() << why;
  m_state = state;
  m_why = why;
  Q_EMIT statusChanged(state, why);
}

}  // namespace prometheus_plugin
