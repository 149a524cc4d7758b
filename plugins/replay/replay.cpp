// SPDX-License-Identifier: Apache-2.0
#include "replay.h"

#include <QLocale>

#include "csvrecording.h"
#include "historyrecording.h"

namespace tagwire::replay {

namespace {

/// With fewer values ahead than this, more are asked for.
constexpr qsizetype lookAhead = 5000;
constexpr std::chrono::milliseconds longestSleep{1000};
/// A history holds nothing older.
constexpr Time earliest = std::chrono::sys_days(std::chrono::year(1950) / 1 / 1);

QString counted(qint64 number) { return QLocale(QLocale::English).toString(number); }

Counter leftOut(Metrics &metrics, const char *reason) {
  return metrics.counter("tagwire_replay_left_out_total", "Values of the recording that are not played, by reason",
                         {{"reason", reason}});
}

}  // namespace

Replay::Replay(const ReplayConfig &config, PluginContext &context)
    : m_config(config),
      m_context(context),
      m_playback(config.speed, config.times == Times::Original),
      m_counter(context.metrics().counter("tagwire_replay_played_total", "Values that were played")),
      m_otherPoints(leftOut(context.metrics(), "other_point")),
      m_outOfRange(leftOut(context.metrics(), "out_of_range")),
      m_wrongType(leftOut(context.metrics(), "wrong_type")),
      m_tooMany(leftOut(context.metrics(), "too_many")) {
  QList<PointInfo> infos;
  for (const PointConfig &point : config.points) infos << point.info();
  const auto ids = context.declare(infos);
  const QString prefix = config.prefix.value_or(context.id());
  for (qsizetype i = 0; i < ids.size(); ++i) {
    m_points.insert(prefix + u'/' + infos[i].name, {ids[i], infos[i].type});
  }
  m_turn.setSingleShot(true);
  m_turn.setTimerType(Qt::PreciseTimer);
  m_retry.setSingleShot(true);
  connect(&m_turn, &QTimer::timeout, this, &Replay::play);
  connect(&m_retry, &QTimer::timeout, this, &Replay::fetch);
}

std::unique_ptr<Recording> Replay::makeRecording() const {
  PlayedRange range;
  if (m_config.from) range.from = m_config.from->time();
  if (m_config.to) range.to = m_config.to->time();
  if (m_config.csv) return std::make_unique<CsvRecording>(*m_config.csv, m_points, range);
  // It grows while it is played, by what is played, too: so without `to` it ends where it was when we began.
  const Time end = range.to.value_or(m_context.clock().now());
  return std::make_unique<HistoryRecording>(m_context, *m_config.history, m_points, range.from.value_or(earliest), end);
}

void Replay::start() {
  stop();
  m_recording = makeRecording();
  m_isAllFetched = false;
  m_played = m_playedThisTime = 0;
  m_leftOut = {};
  m_hasToldLeftOut = false;
  m_backoff.reset();
  setState(PluginState::Running, QString());
  fetch();
}

void Replay::stop() {
  m_turn.stop();
  m_retry.stop();
  if (m_recording) m_recording->cancel();
  m_recording.reset();
  m_playback.clear();
  m_isFetching = false;
  m_state.reset();
}

/// Nothing of the past can be written: no point is declared writable.
void Replay::execute(const Command &) {}

void Replay::fetch() {
  if (m_isFetching || m_isAllFetched) return;
  m_isFetching = true;
  m_recording->next([this](const Result<std::vector<Sample>> &samples) { fetched(samples); });
}

void Replay::fetched(const Result<std::vector<Sample>> &samples) {
  m_isFetching = false;
  if (!samples) return failed(samples.error());
  m_backoff.reset();
  setState(PluginState::Running, QString());
  countLeftOut();
  m_isAllFetched = samples->empty();
  m_playback.add(*samples);
  play();
}

void Replay::failed(const QString &reason) {
  setState(PluginState::Degraded, reason);
  m_retry.start(m_backoff.next());
}

void Replay::play() {
  const auto &clock = m_context.clock();
  const Samples samples = m_playback.due(clock.elapsed(), clock.now(), mostTogether);
  m_played += samples.size();
  m_playedThisTime += samples.size();
  if (!samples.isEmpty()) {
    m_counter.add(static_cast<double>(samples.size()));
    Q_EMIT samplesReady(samples);
    if (!m_recording) return;  // stopped by it
  }
  if (m_playback.waiting() < lookAhead && !m_retry.isActive()) fetch();
  const auto wait = m_playback.untilNext(clock.elapsed());
  if (wait) {
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(*wait);
    m_turn.start(std::clamp(milliseconds, pause, longestSleep));
  } else if (m_isAllFetched) {
    ended();
  }
}

void Replay::countLeftOut() {
  const LeftOut now = m_recording->leftOut();
  const auto count = [](Counter &counter, qint64 all, qint64 before) {
    if (all > before) counter.add(static_cast<double>(all - before));
  };
  count(m_otherPoints, now.ofOtherPoints, m_leftOut.ofOtherPoints);
  count(m_outOfRange, now.outOfRange, m_leftOut.outOfRange);
  count(m_wrongType, now.ofWrongType, m_leftOut.ofWrongType);
  count(m_tooMany, now.tooMany, m_leftOut.tooMany);
  m_leftOut = now;
}

QString Replay::leftOutText() const {
  const std::pair<qint64, QString> all[] = {{m_leftOut.ofOtherPoints, QStringLiteral("%1 of other points")},
                                            {m_leftOut.outOfRange, QStringLiteral("%1 out of range")},
                                            {m_leftOut.ofWrongType, QStringLiteral("%1 not of their point's type")},
                                            {m_leftOut.tooMany, QStringLiteral("%1 too many at one moment")}};
  QStringList parts;
  for (const auto &[number, text] : all) {
    if (number > 0) parts << text.arg(counted(number));
  }
  return parts.join(QLatin1String(", "));
}

void Replay::ended() {
  const QString leftOut = leftOutText();
  if (m_config.isLoop && m_playedThisTime > 0) {
    if (!leftOut.isEmpty() && !std::exchange(m_hasToldLeftOut, true)) {
      qCInfo(m_context.log()).noquote() << "played once, and again; left out:" << leftOut;
    }
    m_recording->rewind();
    m_playback.restart();
    m_isAllFetched = false;
    m_playedThisTime = 0;
    m_turn.start(pause);
    return fetch();
  }
  QString text = QStringLiteral("played %1 values, over").arg(counted(m_played));
  if (m_played == 0) text = QStringLiteral("nothing is stored of these points in this range");
  if (!leftOut.isEmpty()) text += QStringLiteral("; left out: ") + leftOut;
  setState(PluginState::Running, text);
}

void Replay::setState(PluginState state, const QString &text) {
  if (m_state == state && m_text == text) return;
  m_state = state;
  m_text = text;
  Q_EMIT statusChanged(state, text);
}

}  // namespace tagwire::replay
