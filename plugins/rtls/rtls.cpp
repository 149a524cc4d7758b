// SPDX-License-Identifier: Apache-2.0
#include "rtls.h"

#include <algorithm>
#include <cmath>

namespace tagwire::rtls {
namespace {

constexpr const char *refusedName = "tagwire_rtls_fixes_refused_total";
constexpr const char *refusedHelp = "Fixes that were not taken";

PointInfo zonePoint(const QString &tag, const QString &name) {
  PointInfo info;
  info.name = QStringLiteral("tag/%1/zone").arg(tag);
  info.type = ValueType::Int;
  info.tag = tag;
  info.description = QStringLiteral("id of the deepest zone of %1; 0: none").arg(name.isEmpty() ? tag : name);
  return info;
}

PointInfo occupancyPoint(const ZoneInfo &zone) {
  PointInfo info;
  info.name = QStringLiteral("zone/%1/occupancy").arg(zone.id);
  info.type = ValueType::Int;
  info.description = QStringLiteral("tags in %1").arg(zone.name);
  return info;
}

}  // namespace

PointInfo positionPoint(const QString &tag, const QString &name, const QString &unit) {
  PointInfo info;
  info.name = QStringLiteral("tag/%1/position").arg(tag);
  info.type = ValueType::Position;
  info.unit = unit;
  info.tag = tag;
  info.description = name.isEmpty() ? QStringLiteral("position of tag %1").arg(tag) : name;
  return info;
}

Rtls::Rtls(const RtlsConfig &config, const Model &model, PluginContext &context, ConfigReader &reader)
    : m_context(context),
      m_managerNames(context.shared<ManagerNames>("manager-names", [] { return std::make_shared<ManagerNames>(); })),
      m_directory(model.directory()),
      m_lengthUnit(model.lengthUnit),
      m_tracker(model, config.timeout),
      m_mostTags(static_cast<int>(model.tags.size()) + config.unknownTags),
      m_walkTimer(this),
      m_deadlineTimer(this),
      m_file(context, [this] { return m_tracker.remember(now()); }),
      m_remotes(config.remotes.isEmpty() ? nullptr : std::make_unique<Remotes>(config, model, context, reader)),
      m_accepted(context.metrics().counter("tagwire_rtls_fixes_accepted_total", "Fixes taken")),
      m_malformed(context.metrics().counter(refusedName, refusedHelp, {{"reason", "malformed"}})),
      m_outOfSequence(context.metrics().counter(refusedName, refusedHelp, {{"reason", "sequence"}})),
      m_unknown(context.metrics().counter(refusedName, refusedHelp, {{"reason", "unknown_tag"}})),
      m_tagsKnown(context.metrics().gauge("tagwire_rtls_tags", "Tags known, listed or not")) {
  m_managerNames->enter(config, context, reader);
  declareConfigured(reader);
  if (m_remotes) connectRemotes();
  m_deadlineTimer.setSingleShot(true);
  m_deadlineTimer.setTimerType(Qt::PreciseTimer);
  connect(&m_deadlineTimer, &QTimer::timeout, this, &Rtls::advance);
  if (!config.simulate) return;
  makeWalker(*config.simulate, model);
  m_walkTimer.setTimerType(Qt::PreciseTimer);
  m_walkTimer.setInterval(config.simulate->interval);
  connect(&m_walkTimer, &QTimer::timeout, this, &Rtls::walk);
}

Rtls::~Rtls() { m_managerNames->leave(m_context.id()); }

void Rtls::declareConfigured(ConfigReader &reader) {
  QList<PointInfo> infos;
  for (qsizetype i = 0; i < m_directory.tags.size(); ++i) {
    const TagInfo &tag = m_directory.tags.at(i);
    infos << positionPoint(tag.id, tag.name, m_lengthUnit) << zonePoint(tag.id, tag.name);
    infos[2 * i].where = infos[2 * i + 1].where = reader.locate(QStringLiteral("tags[%1].id").arg(i));
  }
  for (qsizetype i = 0; i < m_directory.zones.size(); ++i) {
    infos << occupancyPoint(m_directory.zones.at(i));
    infos.last().where = reader.locate(QStringLiteral("zones[%1].id").arg(i));
  }
  const QList<PointId> ids = m_context.declare(infos);
  const qsizetype tags = m_directory.tags.size();
  for (qsizetype i = 0; i < tags; ++i) m_tagPoints.push_back({ids.at(2 * i), ids.at(2 * i + 1)});
  m_zonePoints = ids.mid(2 * tags);
}

void Rtls::makeWalker(const SimulateConfig &simulate, const Model &model) {
  std::vector<Walker::Ground> grounds;
  for (const Zone &zone : model.zones) {
    if (zone.parent >= 0) continue;
    const Heights &heights = zone.region.heights();
    // A metre or foot above its floor, if it has one.
    const double floor = std::isfinite(heights.from) ? heights.from : 0;
    grounds.push_back({std::get<Polygon>(zone.region.shape()), std::min(floor + 1, heights.to)});
  }
  QStringList tags(simulate.tags.cbegin(), simulate.tags.cend());
  if (tags.isEmpty()) {
    for (const TagInfo &tag : model.tags) tags << tag.id;
  }
  m_walker.emplace(std::move(grounds), tags, simulate.speed, static_cast<quint32>(simulate.seed));
  m_walkSeconds = static_cast<double>(simulate.interval.count()) / 1000;
}

void Rtls::start() {
  if (m_running) return;
  m_running = true;
  if (m_remotes) m_remotes->start();
  tellState();
  recall();
  m_tagsKnown.set(m_tracker.tagCount());
  for (int zone = 0; zone < m_zonePoints.size(); ++zone) {
    m_samples << Sample{m_zonePoints.at(zone), Quality::good(), now().time, Value(qint64(m_tracker.occupancy(zone)))};
  }
  flush();
  advance();
  if (m_walker && m_running) m_walkTimer.start();
}

/// Once: after a stop everything is still here.
void Rtls::recall() {
  if (m_file.isOpen()) return;
  const auto kept = m_file.open();
  if (!kept) {
    m_events << Event{.time = now().time,
                      .source = {},
                      .body = SystemEvent{QStringLiteral("rtls_state_lost"), kept.error(), Severity::Major}};
    return;
  }
  if (!*kept) return;
  for (const auto &tag : (*kept)->tags) {
    if (wrongTagId(tag.id).isEmpty()) (void)tagOf(tag.id);  // one too many is counted, and said in the log
  }
  Tracker::Outcome outcome;
  m_tracker.recall(**kept, now(), outcome);
  outcome.occupancies.clear();  // start() tells those of all zones
  queue(outcome);
}

void Rtls::stop() {
  m_running = false;
  m_walkTimer.stop();
  m_deadlineTimer.stop();
  m_file.close();
  if (m_remotes) m_remotes->stop();
  m_samples.clear();
  m_events.clear();
}

void Rtls::reloadFiles() {
  if (m_remotes) m_remotes->reloadFiles();
}

void Rtls::execute(const Command &) {}

void Rtls::directory(Reply<ZoneDirectory> reply) {
  ZoneDirectory directory = m_directory;
  if (m_remotes) m_remotes->addTo(directory);
  reply(directory);
}

void Rtls::connectRemotes() {
  connect(m_remotes.get(), &Remotes::troubleChanged, this, &Rtls::tellState);
  connect(m_remotes.get(), &Remotes::eventCame, this, [this](const Event &event) {
    m_events << event;
    requestFlush();
  });
  connect(m_remotes.get(), &Remotes::samplesCame, this, [this](const Samples &samples) {
    m_samples << samples;
    requestFlush();
  });
}

void Rtls::tellState() {
  const QString trouble = m_remotes ? m_remotes->trouble() : QString();
  Q_EMIT statusChanged(trouble.isEmpty() ? PluginState::Running : PluginState::Degraded, trouble);
}

void Rtls::take(Reply<bool> reply, IncomingFix fix) {
  if (!m_running) {
    reply(failure(QStringLiteral("\"%1\" is not running").arg(m_context.id())));
    return;
  }
  const Result<void> accepted = accept(fix);
  reply(accepted ? Result<bool>(true) : Result<bool>(failure(accepted.error())));
}

Moment Rtls::now() const { return {m_context.clock().now(), m_context.clock().elapsed()}; }

Result<void> Rtls::accept(const IncomingFix &fix) {
  QString wrong = wrongFix(fix);
  if (wrong.isEmpty() && fix.fix.zone != 0 && !m_tracker.hasZone(fix.fix.zone)) {
    wrong = QStringLiteral("no zone %1").arg(fix.fix.zone);
  }
  if (!wrong.isEmpty()) {
    m_malformed.add();
    return failure(wrong);
  }
  const Result<int> tag = tagOf(fix.fix.tag);
  if (!tag) return failure(tag.error());
  Tracker::Outcome outcome;
  auto taken = m_tracker.take(*tag, fix, now(), outcome);
  if (!taken) {
    m_outOfSequence.add();
    return taken;
  }
  m_accepted.add();
  queue(outcome);
  m_file.touch();
  armDeadline();
  return {};
}

Result<int> Rtls::tagOf(const QString &id) {
  const int known = m_tracker.find(id);
  if (known >= 0) return known;
  if (m_remotes && m_remotes->hasPositionOf(id)) {
    return refuseUnknown(QStringLiteral("the position of tag \"%1\" comes from another site").arg(id));
  }
  return addUnknown(id);
}

Result<int> Rtls::addUnknown(const QString &id) {
  if (m_tracker.tagCount() >= m_mostTags) {
    return refuseUnknown(QStringLiteral("tag \"%1\" is not listed, and there are %2 such tags already")
                             .arg(id)
                             .arg(m_mostTags - m_directory.tags.size()));
  }
  const QList<PointId> ids = m_context.declare({positionPoint(id, QString(), m_lengthUnit), zonePoint(id, QString())});
  if (ids.contains(PointId::None)) return refuseUnknown(QStringLiteral("tag \"%1\": its points were refused").arg(id));
  m_tagPoints.push_back({ids.at(0), ids.at(1)});
  m_tagsKnown.set(m_tracker.tagCount() + 1);
  return m_tracker.addTag(id, QString());
}

Result<int> Rtls::refuseUnknown(const QString &reason) {
  m_unknown.add();
  if (!m_complained) qCWarning(m_context.log()).noquote() << reason << "(said once; refusals are counted)";
  m_complained = true;
  return failure(reason);
}

void Rtls::walk() {
  const QList<IncomingFix> fixes = m_walker->step(m_walkSeconds);
  for (IncomingFix fix : fixes) {
    fix.sender = QStringLiteral("simulate");
    // Only what somebody else sends for the same tag can make this fail; that is counted and not our business here.
    (void)accept(fix);
  }
}

void Rtls::advance() {
  m_armedFor = endless;
  Tracker::Outcome outcome;
  m_tracker.advance(now(), outcome);
  if (!outcome.changes.isEmpty() || !outcome.events.isEmpty()) m_file.touch();
  queue(outcome);
  armDeadline();
}

void Rtls::queue(const Tracker::Outcome &outcome) {
  for (const auto &change : outcome.changes) {
    const TagPoints &points = m_tagPoints[static_cast<size_t>(change.tag)];
    m_samples << Sample{points.position, change.quality, change.time, change.position};
    if (change.zoneChanged) m_samples << Sample{points.zone, change.quality, change.time, Value(qint64(change.zone))};
  }
  for (const auto &each : outcome.occupancies) {
    m_samples << Sample{m_zonePoints.at(each.zone), Quality::good(), each.time, Value(qint64(each.tags))};
  }
  for (const auto &each : outcome.events) m_events << Event{.time = each.time, .source = {}, .body = each.event};
  requestFlush();
}

void Rtls::requestFlush() {
  if (m_flushQueued) return;
  m_flushQueued = true;
  QMetaObject::invokeMethod(this, &Rtls::flush, Qt::QueuedConnection);
}

void Rtls::flush() {
  m_flushQueued = false;
  if (!m_running) return;
  const Samples samples = std::exchange(m_samples, {});
  const QList<Event> events = std::exchange(m_events, {});
  if (!samples.isEmpty()) Q_EMIT samplesReady(samples);
  for (const Event &event : events) {
    if (!m_running) return;  // whoever got the one before may have stopped us
    Q_EMIT eventRaised(event);
  }
}

/// A deadline that moved away is looked at again when the timer runs out: setting it for each fix would cost more than
/// the fix.
void Rtls::armDeadline() {
  const auto next = m_tracker.nextDeadline();
  if (next >= m_armedFor || !m_running) return;
  m_armedFor = next;
  using std::chrono::milliseconds;
  const auto wait = std::chrono::ceil<milliseconds>(next - m_context.clock().elapsed());
  m_deadlineTimer.start(std::clamp(wait, milliseconds(1), milliseconds(3'600'000)));
}

std::unique_ptr<Rtls> makeRtls(ConfigReader &reader, PluginContext &context) {
  const std::optional<RtlsConfig> config = reader.read<RtlsConfig>();
  if (!config) return nullptr;
  const std::optional<Model> model = makeModel(*config, reader);
  if (!model) return nullptr;
  auto rtls = std::make_unique<Rtls>(*config, *model, context, reader);
  if (reader.failed()) return nullptr;
  return rtls;
}

}  // namespace tagwire::rtls
