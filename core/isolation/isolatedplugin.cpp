// SPDX-License-Identifier: Apache-2.0
// IsolatedPlugin: its life, and what it hands on. isolatedmessages.cpp has what comes from the process.
#include "isolatedplugin.h"

#include <QCoreApplication>
#include <QFileInfo>

#include "wire.h"

namespace tagwire {

using namespace isolation;

namespace {

constexpr std::chrono::milliseconds createWithin{5000};
constexpr std::chrono::milliseconds leaveWithin{3000};  ///< while the program runs
constexpr std::chrono::milliseconds waitAtEnd{1000};    ///< in the destructor
constexpr qsizetype mostQueuedBytes = 16 * 1024 * 1024;
constexpr qsizetype samplesPerFrame = 1000;

Event hostEvent(const PluginContext &context, const char *kind, const QString &text, Severity severity) {
  Event event;
  event.time = context.clock().now();
  event.source = QStringLiteral("tagwire");
  event.body = SystemEvent{QLatin1String(kind), text, severity};
  return event;
}

}  // namespace

IsolatedPlugin::IsolatedPlugin(PluginDescription description, const IsolationLimits &limits, PluginContext &context)
    : m_description(std::move(description)),
      m_limits(limits),
      m_context(context),
      m_crashCount(context.metrics().counter("tagwire_isolated_crashes_total",
                                             "Times that the process of an isolated plugin ended by itself")) {
  m_since.start();
  m_resume.setSingleShot(true);
  connect(&m_watch, &QTimer::timeout, this, &IsolatedPlugin::tick);
  connect(&m_resume, &QTimer::timeout, this, [this] {
    if (m_child) m_child->setPaused(false);
  });
}

IsolatedPlugin::~IsolatedPlugin() {
  stop();
  if (m_leaving) m_leaving->waitForEnd(waitAtEnd);
}

bool IsolatedPlugin::create(ConfigReader &reader, bool mayCrash) {
  QCborMap body;
  if (m_description.isProgram) {
    body = {{QLatin1String("config"), plainConfig(reader)}};
    if (reader.failed()) return false;
  } else {
    body = {{QLatin1String("tree"), toCbor(reader.node())},
            {QLatin1String("path"), reader.path()},
            {QLatin1String("environment"), environmentOf(reader.node())},
            {QLatin1String("library"), m_description.file}};
  }
  m_create = frameOf("create", body);
  m_reader = &reader;
  spawn();
  if (m_child) m_child->serve(createWithin, [this] { return m_isMade; });
  if (!m_isMade && m_trouble.isEmpty()) m_trouble = tooLate();
  m_child.reset();
  m_phase = Phase::Off;
  m_reader = nullptr;
  if (m_isMade) return !reader.failed();
  const QString text = QStringLiteral(
      "plugin \"%1\" %2 while it read its configuration; points that it had not declared by then are not known");
  reader.add({reader.locate(QString()), reader.path(), text.arg(m_description.type, m_trouble), mayCrash});
  return mayCrash;
}

QString IsolatedPlugin::tooLate() {
  return QStringLiteral("was not ready within %1 s").arg(createWithin.count() / 1000);
}

void IsolatedPlugin::spawn() {
  m_leaving.reset();  // two at once would want the same port or file
  m_child = std::make_unique<ChildProcess>();
  connect(m_child.get(), &ChildProcess::frame, this, &IsolatedPlugin::take);
  connect(m_child.get(), &ChildProcess::said, this, [this](const QString &line) { logLine(QtWarningMsg, line); });
  connect(m_child.get(), &ChildProcess::ended, this, &IsolatedPlugin::crashed);
  ChildProcess::Launch launch{
      QCoreApplication::applicationFilePath(), {QStringLiteral("plugin-host")}, {}, m_limits.memoryMb};
  if (m_description.isProgram) {
    launch.program = m_description.file;
    launch.arguments.clear();
    launch.folder = QFileInfo(m_description.file).absolutePath();
  }
  m_phase = Phase::Greeting;
  m_phaseBegan = m_lastTick = m_filled = m_since.elapsed();
  m_asked = -1;
  m_tokens = m_limits.samplesPerSecond / 4.0;
  m_batch.clear();
  m_announced.clear();
  m_counted.clear();
  m_toldDrops.clear();
  m_isMade = false;
  m_trouble.clear();
  const auto started = m_child->start(launch);
  if (!started) return crashed(started.error());
  m_child->send(hello());
  m_child->send(m_create);
}

QByteArray IsolatedPlugin::hello() const {
  const Site &site = m_context.site();
  const QCborMap place{{QLatin1String("name"), site.name},
                       {QLatin1String("timezone"), QString::fromLatin1(site.timeZone.id())}};
  return frameOf("hello", QCborMap{{QLatin1String("protocol"), protocolVersion},
                                   {QLatin1String("program"), QStringLiteral(TAGWIRE_VERSION)},
                                   {QLatin1String("id"), m_context.id()},
                                   {QLatin1String("type"), m_description.type},
                                   {QLatin1String("epoch"), m_context.epoch()},
                                   {QLatin1String("site"), place},
                                   {QLatin1String("data_dir"), m_context.dataDir()},
                                   {QLatin1String("debug"), m_context.log().isDebugEnabled()}});
}

void IsolatedPlugin::start() {
  m_isListening = true;
  if (m_isQuarantined) return;
  m_watch.start(std::clamp<qint64>(m_limits.hangTimeout.count() / 4, 25, 1000));
  spawn();
}

void IsolatedPlugin::stop() {
  m_isListening = false;
  m_watch.stop();
  m_resume.stop();
  if (!m_child) return;
  loseEverything();
  m_child->disconnect(this);
  if (m_phase == Phase::Up) {
    m_leaving = std::move(m_child);
    connect(m_leaving.get(), &ChildProcess::frame, this, &IsolatedPlugin::takeLast);
    connect(m_leaving.get(), &ChildProcess::said, this, [this](const QString &line) { logLine(QtWarningMsg, line); });
    connect(m_leaving.get(), &ChildProcess::gone, this, [this](const QString &how) {
      if (!how.isEmpty()) qCWarning(m_context.log()).noquote() << "did not stop well:" << how;
    });
    m_leaving->send(frameOf("stop"));
    m_leaving->finish(leaveWithin);
  }
  forgetChild();
}

void IsolatedPlugin::reloadFiles() {
  if (m_phase == Phase::Up) m_child->send(frameOf("reload"));
}

void IsolatedPlugin::come(const QStringList &references) {
  QCborArray points;
  for (const QString &name : references) announce(m_context.points().find(name), points);
  m_phase = Phase::Up;
  m_child->send(frameOf("start", QCborMap{{QLatin1String("points"), points}}));
  Q_EMIT cameUp();
}

void IsolatedPlugin::execute(const Command &command) {
  auto outcome = obstacleNow(command);
  if (!outcome && m_phase != Phase::Up) {
    outcome =
        CommandStatus{command.id, command.point, CommandState::Failed, {}, QStringLiteral("the plugin does not run")};
  }
  if (outcome) {
    Q_EMIT eventRaised({0, m_context.clock().now(), {}, *outcome});
    return;
  }
  m_commands.insert(command.id, command);
  m_child->send(frameOf("command", toCbor(command)));
}

void IsolatedPlugin::announce(PointId id, QCborArray &points) {
  const auto index = static_cast<size_t>(id);
  if (m_types.contains(id) || id == PointId::None) return;
  if (index < m_announced.size() && m_announced[index]) return;
  const auto point = m_context.points().point(id);
  if (!point) return;
  if (index >= m_announced.size()) m_announced.resize(index + 1);
  m_announced[index] = true;
  points.append(toCbor(*point));
}

void IsolatedPlugin::write(const Samples &samples) {
  if (m_phase != Phase::Up) {
    drop("not up", samples.size(), QStringLiteral("samples came while it was down"));
    Q_EMIT written();
    return;
  }
  m_batch = samples;
  m_taken = 0;
  sendSome();
}

/// One frame is with it at a time, as one write() is with a plugin of our own.
void IsolatedPlugin::sendSome() {
  const Sample *first = m_batch.constData() + m_taken;
  const qsizetype count = std::min(samplesPerFrame, m_batch.size() - m_taken);
  QCborArray points;
  for (qsizetype i = 0; i < count; ++i) announce(first[i].point, points);
  if (!points.isEmpty()) m_child->send(frameOf("points", points));
  m_child->send(framedSamples(first, count, m_context.sequence()));
  m_taken += count;
}

void IsolatedPlugin::notify(const Event &event) {
  if (m_phase != Phase::Up) return drop("not up", 1, QStringLiteral("an event came while it was down"));
  if (m_child->queuedBytes() > mostQueuedBytes) {
    return drop("slow", 1, QStringLiteral("it takes events too slowly: new ones are dropped and counted"));
  }
  QCborArray points;
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) announce(alarm->point, points);
  if (const auto *status = std::get_if<CommandStatus>(&event.body)) announce(status->point, points);
  if (!points.isEmpty()) m_child->send(frameOf("points", points));
  m_child->send(frameOf("event", toCbor(event)));
}

/// Counts what goes no further, and says so once a process.
void IsolatedPlugin::drop(const char *reason, qsizetype count, const QString &text) {
  m_context.metrics()
      .counter("tagwire_isolated_dropped_total", "Samples and events of or for an isolated plugin that went no further",
               {{"reason", reason}})
      .add(static_cast<double>(count));
  if (m_toldDrops.contains(QLatin1String(reason))) return;
  m_toldDrops.insert(QLatin1String(reason));
  qCWarning(m_context.log()).noquote() << text << "(said once; counted)";
}

/// Asks whether it is alive, and judges the last answer.
void IsolatedPlugin::tick() {
  if (!m_child) return;
  const qint64 now = m_since.elapsed();
  // We were the ones who did not run.
  const bool wasLate = now - std::exchange(m_lastTick, now) > m_watch.interval() + m_limits.hangTimeout.count() / 2;
  if (wasLate || m_resume.isActive()) {
    if (m_asked >= 0) m_asked = now;
    m_phaseBegan = m_phase == Phase::Up ? m_phaseBegan : now;
    return;
  }
  if (m_phase != Phase::Up) {
    if (now - m_phaseBegan > createWithin.count()) breakOff(tooLate());
    return;
  }
  if (m_asked >= 0 && now - m_asked > m_limits.hangTimeout.count()) {
    m_child->readAll();  // the answer may lie there
    if (!m_child || m_asked < 0) return;
    return breakOff(QStringLiteral("did not answer for %1 s: its loop is blocked")
                        .arg(static_cast<double>(m_limits.hangTimeout.count()) / 1000.0));
  }
  if (m_asked >= 0) return;
  m_asked = now;
  m_child->send(frameOf("ping", ++m_ping));
}

void IsolatedPlugin::breakOff(const QString &why) {
  if (m_child) m_child->disconnect(this);
  crashed(why);
}

/// It ended, or was ended, and not because we wanted it. May come from within a signal of the process' object.
void IsolatedPlugin::crashed(const QString &why) {
  forgetChild();
  if (m_reader) {
    m_trouble = why;
    return;
  }
  loseEverything();
  m_crashCount.add();
  m_isQuarantined = m_crashes.add(m_context.clock().elapsed());
  if (!m_isQuarantined) {
    Q_EMIT statusChanged(PluginState::Failed, why);
    return;
  }
  const QString text = QStringLiteral(
                           "quarantined after %1 crashes within %2 minutes, the last: %3; it stays down until the "
                           "manifest is loaded again")
                           .arg(CrashCount::most)
                           .arg(CrashCount::within.count())
                           .arg(why);
  Q_EMIT eventRaised(
      hostEvent(m_context, "plugin_quarantined", m_context.id() + QLatin1String(": ") + text, Severity::Major));
  Q_EMIT statusChanged(PluginState::Failed, text);
}

void IsolatedPlugin::forgetChild() {
  m_watch.stop();
  m_resume.stop();
  m_phase = Phase::Off;
  if (!m_child) return;
  m_child->disconnect(this);
  m_child->kill();
  m_child.release()->deleteLater();
}

/// What nobody will bring to an end: its points are Bad, its commands unknown.
void IsolatedPlugin::loseEverything() {
  if (!m_batch.isEmpty()) drop("lost", m_batch.size(), QStringLiteral("samples were with it when it ended"));
  m_batch.clear();
  const auto commands = std::exchange(m_commands, {});
  if (!m_isListening) return;
  const Time now = m_context.clock().now();
  Samples samples;
  for (auto each = m_types.cbegin(); each != m_types.cend(); ++each) {
    const Sample &last = m_context.points().last(each.key());
    if (last.quality.reason == QualityReason::WaitingForFirstValue) continue;
    samples.append({each.key(), Quality::bad(QualityReason::Disconnected), now, last.value});
    if (samples.size() == mostSamples) Q_EMIT samplesReady(std::exchange(samples, {}));
  }
  if (!samples.isEmpty()) Q_EMIT samplesReady(samples);
  for (const Command &command : commands) {
    const CommandStatus status{
        command.id, command.point, CommandState::Unknown, {}, QStringLiteral("the plugin crashed")};
    Q_EMIT eventRaised({0, now, {}, status});
  }
}

std::unique_ptr<Plugin> IsolatedFactory::create(ConfigReader &config, PluginContext &context) {
  auto plugin = std::make_unique<IsolatedPlugin>(m_description, IsolationLimits(), context);
  return plugin->create(config, false) ? std::move(plugin) : nullptr;
}

ConfigSchema IsolatedFactory::schema() const { return {m_description.configSchema, {}, QStringLiteral("{}")}; }

}  // namespace tagwire
