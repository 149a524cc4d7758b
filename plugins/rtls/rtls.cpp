// SPDX-License-Identifier: Apache-2.0
#include "rtls.h"

#include <algorithm>
#include <cmath>

namespace tagwire::rtls {
namespace {

constexpr const char *refusedName = "tagwire_rtls_fixes_refused_total";
constexpr const char *refusedHelp = "Fixes that were not taken";

/// Of a circle: a polygon in it.
Polygon outlineOf(const Region &region) {
  if (const auto *outline = std::get_if<Polygon>(&region.shape())) return *outline;
  const Circle &circle = std::get<Circle>(region.shape());
  Polygon outline;
  for (int i = 0; i < 16; ++i) {
    const double angle = i * M_PI / 8;
    outline.push_back(
        {circle.center.x + circle.radius * std::cos(angle), circle.center.y + circle.radius * std::sin(angle)});
  }
  return outline;
}

}  // namespace

Rtls::Rtls(const RtlsConfig &config, const Model &model, PluginContext &context, ConfigReader &reader)
    : m_context(context),
      m_managerNames(context.shared<ManagerNames>("manager-names", [] { return std::make_shared<ManagerNames>(); })),
      m_directory(model.directory()),
      m_points(model, context, reader),
      m_tracker(model, config.timeout),
      m_hub(context, model, config.timeout, m_tracker, hubWays()),
      m_mapDesk(model),
      m_proximityEvents(model),
      m_mostUnknown(config.unknownTags),
      m_learned(config.unknownTags),
      m_walkTimer(this),
      m_intake(config.intake, context, [this](const IncomingFix &fix) { return accept(fix); }),
      m_deadlineTimer(this),
      m_inputWatch(config.timeout),
      m_file(context, [this] { return m_tracker.remember(now()); }),
      m_remotes(config.remotes.isEmpty() ? nullptr : std::make_unique<Remotes>(config, model, context, reader)),
      m_accepted(context.metrics().counter("tagwire_rtls_fixes_accepted_total", "Fixes taken")),
      m_malformed(context.metrics().counter(refusedName, refusedHelp, {{"reason", "malformed"}})),
      m_unknown(context.metrics().counter(refusedName, refusedHelp, {{"reason", "unknown_tag"}})),
      m_reused(context.metrics().counter("tagwire_rtls_places_reused_total",
                                         "Tags that are not listed and took the place of one that is lost")),
      m_stalls(context.metrics().counter("tagwire_rtls_stalls_total", "Times that the event loop stood still")),
      m_refusedPairs(context.metrics().counter("tagwire_rtls_pairs_refused_total",
                                               "Times that a tag met more tags by a rule than there was room for")),
      m_tagsKnown(context.metrics().gauge("tagwire_rtls_tags", "Tags known, listed or not")),
      m_tagsOfClientsKnown(
          context.metrics().gauge("tagwire_rtls_client_tags",
                                  "Trackables of omlox clients that had a location since the start; 20000 at most")) {
  for (size_t i = 1; i < refusalNames.size(); ++i) {
    m_refused.push_back(context.metrics().counter(refusedName, refusedHelp, {{"reason", refusalNames[i]}}));
  }
  m_managerNames->enter(config, context, reader);
  if (m_remotes) connectRemotes();
  m_deadlineTimer.setSingleShot(true);
  m_deadlineTimer.setTimerType(Qt::PreciseTimer);
  connect(&m_deadlineTimer, &QTimer::timeout, this, &Rtls::advance);
  connect(&m_file, &TrackerFile::failed, this, [this](const QString &why) {
    Q_EMIT eventRaised(Event{.time = now().time,
                             .source = {},
                             .body = SystemEvent{QStringLiteral("rtls_state_not_kept"), why, Severity::Major}});
  });
  if (!config.simulate) return;
  makeWalker(*config.simulate, model);
  m_walkTimer.setTimerType(Qt::PreciseTimer);
  m_walkTimer.setInterval(config.simulate->interval);
  connect(&m_walkTimer, &QTimer::timeout, this, &Rtls::walk);
}

Rtls::~Rtls() { m_managerNames->leave(m_context.id()); }

void Rtls::makeWalker(const SimulateConfig &simulate, const Model &model) {
  std::vector<Walker::Ground> grounds;
  for (const Zone &zone : model.zones) {
    if (zone.parent >= 0) continue;
    const Heights &heights = zone.region.heights();
    // A metre or foot above its floor, if it has one.
    const double floor = std::isfinite(heights.from) ? heights.from : 0;
    grounds.push_back({outlineOf(zone.region), std::min(floor + 1, heights.to)});
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
  if (const auto opened = m_intake.open(); !opened) {
    Q_EMIT statusChanged(PluginState::Failed, opened.error());
    return;
  }
  m_running = true;
  if (m_remotes) m_remotes->start();
  tellState();
  m_hub.open();
  recall();
  m_tagsKnown.set(m_tracker.tagCount());
  m_points.appendOccupancies(m_samples, m_tracker, now().time);
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
  recallUnlisted(**kept);
  Tracker::Outcome outcome;
  m_tracker.recall(**kept, now(), outcome);
  outcome.occupancies.clear();  // start() tells those of all zones
  queue(outcome);
}

void Rtls::stop() {
  flush();  // it goes with what is kept
  m_running = false;
  m_intake.close();
  m_walkTimer.stop();
  m_deadlineTimer.stop();
  m_loopWatch.expect(endless);
  m_inputWatch.reset();
  m_points.trustOccupancies(false);
  m_hub.close();
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

void Rtls::outlines(Reply<QJsonObject> reply) { reply(m_mapDesk.zones()); }

void Rtls::plan(Reply<PlanFile> reply, int zone) { reply(m_mapDesk.plan(zone)); }

void Rtls::whereabouts(Reply<QList<Whereabouts>> reply) { reply(m_mapDesk.whereabouts(m_tracker)); }

void Rtls::take(Reply<bool> reply, IncomingFix fix) {
  if (!m_running) {
    reply(failure(QStringLiteral("\"%1\" is not running").arg(m_context.id())));
    return;
  }
  const Result<void> accepted = accept(fix);
  reply(accepted ? Result<bool>(true) : Result<bool>(failure(accepted.error())));
}

Moment Rtls::now() const { return {m_context.clock().now(), m_context.clock().elapsed()}; }

/// Now; fixes that waited while the loop stood still are to be read before anybody is lost.
Moment Rtls::wakeUp() {
  const Moment moment = now();
  if (const auto until = m_loopWatch.pass(moment.elapsed)) {
    m_stalls.add();
    m_tracker.holdLosses(*until);
    m_inputWatch.hold(*until);
    qCWarning(m_context.log()) << "the event loop stood still; no tag is lost before what waits was read";
  }
  return moment;
}

HubPart::Ways Rtls::hubWays() {
  const auto forget = [this](int tag) {
    Tracker::Outcome outcome;
    m_tracker.forget(tag, now(), outcome);
    m_file.touch();
    queue(outcome);
  };
  return {[this](const IncomingFix &fix) { return accept(fix); }, forget, [this] { armDeadline(); }};
}

void Rtls::answer(Reply<HubAnswer> reply, HubRequest request) {
  if (!m_running) return reply(failure(QStringLiteral("\"%1\" is not running").arg(m_context.id())));
  advance();
  m_hub.answer(reply, request);
}

void Rtls::listen(Reply<bool> reply, std::weak_ptr<HubListener> listener) { reply(m_hub.listen(listener)); }

Result<void> Rtls::accept(IncomingFix fix) {
  QString wrong = wrongFix(fix);
  if (wrong.isEmpty() && fix.fix.zone != 0 && !m_tracker.hasZone(fix.fix.zone)) {
    wrong = QStringLiteral("no zone %1").arg(fix.fix.zone);
  }
  if (!wrong.isEmpty()) {
    m_malformed.add();
    return failure(wrong);
  }
  const Moment moment = wakeUp();
  judgeInput(moment);
  m_inputWatch.hear(moment.elapsed);
  if (m_inputWatch.next() < m_armedFor) armDeadline();
  if (!m_hub.redirect(fix)) return outranked(fix.fix.tag, moment);
  const Result<int> tag = tagOf(fix);
  if (!tag) return failure(tag.error());
  Tracker::Outcome outcome;
  auto taken = m_tracker.take(*tag, fix, moment, outcome);
  if (!taken) {
    m_file.touch();  // it may have been heard all the same
    m_refused[static_cast<size_t>(outcome.refusal) - 1].add();
    return taken;
  }
  m_accepted.add();
  queue(outcome);
  m_file.touch();
  armDeadline();
  return {};
}

/// Another provider is better: where the trackable is does not change, but that it is there is known.
Result<void> Rtls::outranked(const QString &trackable, const Moment &moment) {
  if (const int tag = m_tracker.find(trackable); tag >= 0) m_tracker.notice(tag, moment);
  m_file.touch();
  return {};
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
  const Moment moment = wakeUp();
  Tracker::Outcome outcome;
  m_tracker.advance(moment, outcome);
  m_hub.site().advance(moment);
  if (!outcome.changes.isEmpty() || !outcome.events.isEmpty()) m_file.touch();
  judgeInput(moment);
  queue(outcome);
  armDeadline();
}

/// Before what becomes of tags is queued: tags that are lost because nothing comes in any more leave no clear zone.
void Rtls::judgeInput(const Moment &moment) {
  if (!m_points.trustOccupancies(m_inputWatch.judge(moment.elapsed))) return;
  m_points.appendOccupancies(m_samples, m_tracker, moment.time);
  requestFlush();
}

void Rtls::queue(const Tracker::Outcome &outcome) {
  m_hub.site().took(outcome);
  for (const auto &change : outcome.changes) m_learned.change(change.tag, change.quality.isGood());
  m_points.append(m_samples, outcome);
  for (const auto &each : outcome.events) m_events << Event{.time = each.time, .source = {}, .body = each.event};
  for (const Collision &each : outcome.collisions) m_events << m_proximityEvents.of(each);
  for (const Unaccompanied &each : outcome.unaccompanied) m_events << m_proximityEvents.of(each);
  m_refusedPairs.add(
      static_cast<double>(m_tracker.refusedPairs() - std::exchange(m_pairsTold, m_tracker.refusedPairs())));
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
    // All of them, even when whoever got the one before has stopped us: what is kept goes on from behind them.
    Q_EMIT eventRaised(event);
  }
}

/// A deadline that moved away is looked at again when the timer runs out: setting it for each fix would cost more than
/// the fix.
void Rtls::armDeadline() {
  const auto next = std::min({m_tracker.nextDeadline(), m_hub.site().nextDeadline(), m_inputWatch.next()});
  if (next >= m_armedFor || !m_running) return;
  using std::chrono::milliseconds;
  const auto elapsed = m_context.clock().elapsed();
  m_armedFor = std::min(next, elapsed + LoopWatch::interval);
  const auto wait = std::max(milliseconds(1), std::chrono::ceil<milliseconds>(m_armedFor - elapsed));
  m_loopWatch.expect(elapsed + wait);
  m_deadlineTimer.start(wait);
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
