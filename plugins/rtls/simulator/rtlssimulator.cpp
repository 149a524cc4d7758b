// SPDX-License-Identifier: Apache-2.0
#include "rtlssimulator.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLoggingCategory>
#include <QRegularExpression>

#include <cmath>

#include "remote/remotemessage.h"

namespace tagwire::rtls {
namespace {

Q_LOGGING_CATEGORY(simulatorLog, "tagwire.sim.rtls", QtInfoMsg)

constexpr qint64 mostUnsentBytes = 1 << 20;
constexpr qsizetype mostKinds = 50;
constexpr std::chrono::seconds openDeadline{10};

/// "SIM3: sequence 4" and "SIM7: sequence 9" are of one kind.
QString messageKind(const QString &message) {
  static const QRegularExpression digits(QStringLiteral("[0-9]+"));
  return QString(message).replace(digits, QStringLiteral("#"));
}

QByteArray gisData(const IncomingFix &fix, int zone) {
  QJsonObject json{{QStringLiteral("type"), QStringLiteral("GISData")},
                   {QStringLiteral("ID"), fix.fix.tag},
                   {QStringLiteral("Type"), fix.fix.type},
                   {QStringLiteral("TS"), QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs)},
                   {QStringLiteral("X"), fix.x},
                   {QStringLiteral("Y"), fix.y},
                   {QStringLiteral("Z"), fix.z},
                   {QStringLiteral("Bat"), fix.fix.battery},
                   {QStringLiteral("CNF"), fix.fix.confidence},
                   {QStringLiteral("GWID"), fix.fix.gateway},
                   {QStringLiteral("Sequence"), fix.fix.sequence}};
  if (std::isfinite(fix.fix.accuracy)) json.insert(QStringLiteral("Acc"), fix.fix.accuracy);
  if (zone != 0) json.insert(QStringLiteral("zone_id"), zone);
  return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

}  // namespace

RtlsSimulator::RtlsSimulator() : m_backoff(std::chrono::seconds(1), std::chrono::seconds(30)) {
  m_dialTimer.setSingleShot(true);
  m_sendTimer.setTimerType(Qt::PreciseTimer);
  connect(&m_dialTimer, &QTimer::timeout, this, &RtlsSimulator::dialAgain);
}

RtlsSimulator::~RtlsSimulator() = default;

tl::expected<QString, ToolError> RtlsSimulator::start(const QStringList &arguments) {
  auto options = SimulatorOptions::fromArguments(arguments);
  if (!options) return failure(options.error());
  m_options = std::move(*options);
  if (m_options.help) {
    QTimer::singleShot(0, this, [this] { Q_EMIT finished(0); });
    return m_options.helpText;
  }
  const auto prepared = prepare();
  if (!prepared) return failure(prepared.error());
  m_disturbance.emplace(m_options.jitter, m_options.loss, static_cast<quint32>(m_options.seed));
  m_link = FixLink::to(m_options.url, qgetenv("TAGWIRE_TOKEN").trimmed());
  connect(m_link.get(), &FixLink::opened, this, &RtlsSimulator::opened);
  connect(m_link.get(), &FixLink::closed, this, &RtlsSimulator::closed);
  connect(m_link.get(), &FixLink::received, this, &RtlsSimulator::receive);
  dial();
  return QStringLiteral("%1 to %2").arg(*prepared, m_options.url.toString());
}

/// What is going to be sent, in words.
Result<QString> RtlsSimulator::prepare() {
  if (!m_options.replay.isEmpty()) {
    auto recording = Recording::read(m_options.replay);
    if (!recording) return failure(QStringLiteral("--replay: ") + recording.error());
    m_recording = std::move(*recording);
    m_sendTimer.setSingleShot(true);
    connect(&m_sendTimer, &QTimer::timeout, this, &RtlsSimulator::replay);
    return QStringLiteral("%1 positions of %2 go").arg(m_recording->size()).arg(m_options.replay);
  }
  QStringList tags;
  for (int i = 1; i <= m_options.tags; ++i) tags << QStringLiteral("SIM%1").arg(i);
  if (m_options.paths.empty()) {
    m_walker.emplace(std::vector{Walker::Ground{m_options.area, 1}}, tags, m_options.speed,
                     static_cast<quint32>(m_options.seed));
  } else {
    m_pathWalk.emplace(m_options.paths, tags, m_options.speed, m_options.atEnd);
  }
  m_sendTimer.setInterval(static_cast<int>(std::lround(1000 / m_options.rate)));
  connect(&m_sendTimer, &QTimer::timeout, this, &RtlsSimulator::walk);
  return QStringLiteral("%1 tags, SIM1 to SIM%1, walk and send").arg(m_options.tags);
}

void RtlsSimulator::dial() {
  m_dialTimer.start(openDeadline);
  m_link->open();
}

void RtlsSimulator::dialAgain() {
  if (m_link->isClosed()) {
    dial();
  } else {
    m_link->abort();  // somebody took the connection and never answered
  }
}

void RtlsSimulator::opened() {
  m_dialTimer.stop();
  m_isOpen = true;
  if (!m_toldOpen) qCInfo(simulatorLog).noquote() << "connected to" << m_options.url.toString();
  m_toldOpen = true;
  m_openSince.start();
  if (m_recording) return replay();
  m_sendTimer.start();
}

void RtlsSimulator::closed(const QString &why) {
  m_isOpen = false;
  if (!m_recording) m_sendTimer.stop();
  if (m_openSince.isValid() && m_openSince.elapsed() > 10'000) {
    m_backoff.reset();
    m_toldOpen = m_toldClosed = false;  // it worked: the next end and the next beginning are news again
  }
  m_openSince.invalidate();
  if (!m_toldClosed) {
    qCWarning(simulatorLog).noquote() << "not connected:" << printable(why) << "(trying again until it works)";
  }
  m_toldClosed = true;
  m_dialTimer.start(m_backoff.next());
}

void RtlsSimulator::walk() {
  const double seconds = m_sendTimer.interval() / 1000.0;
  send(m_walker ? m_walker->step(seconds) : m_pathWalk->step(seconds));
}

/// Its time begins with the first connection and goes on without one, as that of the tags would.
void RtlsSimulator::replay() {
  if (!m_replaySince.isValid()) m_replaySince.start();
  const double played = static_cast<double>(m_replaySince.nsecsElapsed()) * m_options.speedup;
  send(m_recording->take(std::chrono::nanoseconds(static_cast<qint64>(std::min(played, 9e18)))));
  if (m_recording->isAtEnd()) return finishWhenSent();
  const double wait = (static_cast<double>(m_recording->nextAt().count()) - played) / m_options.speedup / 1e6;
  m_sendTimer.start(static_cast<int>(std::clamp(std::ceil(wait), 1.0, 3'600'000.0)));
}

void RtlsSimulator::finishWhenSent() {
  if (m_isOpen && m_link->unsent() > 0) return m_sendTimer.start(10);
  Q_EMIT finished(0);
}

void RtlsSimulator::send(const QList<IncomingFix> &fixes) {
  if (fixes.isEmpty()) return;
  if (!m_isOpen || m_link->unsent() > mostUnsentBytes) {
    const QString why = m_isOpen ? QStringLiteral("the other side reads too slowly") : QStringLiteral("no connection");
    return say(why, why + QStringLiteral(": fixes are left out"));
  }
  for (const IncomingFix &fix : m_disturbance->applyTo(fixes)) m_link->send(gisData(fix, m_options.zone));
}

void RtlsSimulator::receive(const QByteArray &message) {
  const QJsonObject json = QJsonDocument::fromJson(message).object();
  const QString type = json.value(QLatin1String("type")).toString();
  if (type == QLatin1String("HeartBeat")) {
    const QJsonObject answer{{QStringLiteral("type"), type}, {QStringLiteral("ts"), json.value(QLatin1String("ts"))}};
    m_link->send(QJsonDocument(answer).toJson(QJsonDocument::Compact));
  } else if (json.value(QLatin1String("response")).toString() == QLatin1String("Unknown")) {
    const QString text = printable(json.value(QLatin1String("message")).toString());
    say(messageKind(text), QStringLiteral("refused: %1").arg(text));
  }
}

void RtlsSimulator::say(const QString &kind, const QString &text) {
  if (m_said.contains(kind) || m_said.size() >= mostKinds) return;
  m_said.insert(kind);
  qCWarning(simulatorLog).noquote() << text << "(said once)";
}

}  // namespace tagwire::rtls
