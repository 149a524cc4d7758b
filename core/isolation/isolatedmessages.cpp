// SPDX-License-Identifier: Apache-2.0
// IsolatedPlugin: what comes from its process. Nothing of it is believed: what does not fit is dropped and counted
// where a plugin may err, and ends the process where only a broken one does.
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

#include "fields.h"
#include "guard.h"
#include "isolatedplugin.h"
#include "logging.h"

namespace tagwire {

using namespace isolation;

namespace {

constexpr qsizetype mostDeclared = 100'000;
constexpr qsizetype mostSeries = 200;
constexpr qsizetype longestText = 1000;
constexpr qsizetype longestJson = 64 * 1024;
constexpr double tokensPerEvent = 100;
constexpr int mostLines = 100;  ///< in the log, within ten seconds
constexpr qint64 linesWithinMs = 10'000;

QString textOf(const QCborMap &map, const char *key) {
  return map.value(QLatin1String(key)).toString().left(longestText);
}

}  // namespace

const QHash<QString, IsolatedPlugin::Entrance> &IsolatedPlugin::entrances() {
  using P = IsolatedPlugin;
  static const QHash<QString, Entrance> all{
      {QStringLiteral("hello"), {&P::takeHello, Phase::Greeting, Phase::Greeting}},
      {QStringLiteral("declare"), {&P::takeDeclare, Phase::Making, Phase::Up}},
      {QStringLiteral("created"), {&P::takeCreated, Phase::Making, Phase::Making}},
      {QStringLiteral("status"), {&P::takeStatus, Phase::Up, Phase::Up}},
      {QStringLiteral("event"), {&P::takeEvent, Phase::Up, Phase::Up}},
      {QStringLiteral("request"), {&P::takeRequest, Phase::Up, Phase::Up}},
      {QStringLiteral("may_send"), {&P::takeMaySend, Phase::Up, Phase::Up}},
      {QStringLiteral("written"), {&P::takeWritten, Phase::Up, Phase::Up}},
      {QStringLiteral("log"), {&P::takeLog, Phase::Greeting, Phase::Up}},
      {QStringLiteral("metrics"), {&P::takeMetrics, Phase::Up, Phase::Up}},
      {QStringLiteral("port_busy"), {&P::takePortBusy, Phase::Up, Phase::Up}},
      {QStringLiteral("pong"), {&P::takePong, Phase::Up, Phase::Up}}};
  return all;
}

void IsolatedPlugin::take(const QByteArray &payload) {
  if (m_phase == Phase::Up && typeOfPayload(payload) == "samples") return takeSamples(payload);
  const auto message = messageFrom(payload);
  if (!message) return breakOff(QStringLiteral("sent rubbish: ") + message.error());
  const auto entrance = entrances().constFind(message->type);
  if (entrance == entrances().cend() || m_phase < entrance->from || m_phase > entrance->until) {
    return breakOff(QStringLiteral("sent \"%1\", which is not due").arg(onOneLine(message->type.left(40))));
  }
  (this->*entrance->handle)(message->body);
}

/// From a process that is ending.
void IsolatedPlugin::takeLast(const QByteArray &payload) {
  if (typeOfPayload(payload) != "log") return;
  if (const auto message = messageFrom(payload)) takeLog(message->body);
}

void IsolatedPlugin::takeHello(const QCborValue &body) {
  const QCborMap map = body.toMap();
  if (const QString why = textOf(map, "refused"); !why.isEmpty()) return refuse(why);
  const qint64 version = map.value(QLatin1String("protocol")).toInteger();
  if (version != protocolVersion) {
    return refuse(
        QStringLiteral("speaks version %1 of the protocol (this program: %2)").arg(version).arg(protocolVersion));
  }
  m_phase = Phase::Making;
}

/// Another attempt would end alike, and nothing has crashed.
void IsolatedPlugin::refuse(const QString &why) {
  if (m_reader) {
    m_reader->add({m_reader->locate(QString()), m_reader->path(),
                   QStringLiteral("plugin \"%1\" %2").arg(m_description.type, why), false});
    m_isMade = true;
    return;
  }
  forgetChild();
  Q_EMIT statusChanged(PluginState::Failed, why);
}

/// What a point was when it was declared first; empty: it may be declared.
QString IsolatedPlugin::wrongAgain(const QString &fullName, const PointInfo &info) const {
  const auto known = m_context.points().point(m_declared.value(fullName));
  if (!known || (known->type == info.type && known->writable == info.writable)) return {};
  return QStringLiteral("point \"%1\" was declared as something else before").arg(fullName);
}

void IsolatedPlugin::takeDeclare(const QCborValue &body) {
  const QCborMap map = body.toMap();
  const QCborArray given = map.value(QLatin1String("points")).toArray();
  const QString prefix = map.value(QLatin1String("prefix")).toString(m_context.id());
  if (given.size() > mostPoints || m_declared.size() + given.size() > mostDeclared) {
    return breakOff(QStringLiteral("declared more than %1 points").arg(mostDeclared));
  }
  QList<PointInfo> fresh;
  QList<qsizetype> places;
  QList<PointId> ids;
  for (const QCborValue &each : given) {
    auto info = pointInfoFrom(each.toMap());
    if (!info) return breakOff(QStringLiteral("sent rubbish: a point: ") + info.error());
    info->where = locationFrom(each.toMap().value(QLatin1String("where")).toMap());
    const QString fullName = prefix + u'/' + info->name;
    const QString wrong = wrongAgain(fullName, *info);
    if (!wrong.isEmpty()) qCWarning(m_context.log()).noquote() << wrong;
    ids << (wrong.isEmpty() ? m_declared.value(fullName, PointId::None) : PointId::None);
    if (ids.last() != PointId::None || !wrong.isEmpty()) continue;
    places << ids.size() - 1;
    fresh << *info;
  }
  const QList<PointId> made = fresh.isEmpty() ? QList<PointId>() : m_context.declareUnder(prefix, fresh);
  for (qsizetype i = 0; i < made.size(); ++i) {
    ids[places[i]] = made[i];
    if (made[i] == PointId::None) continue;
    m_declared.insert(prefix + u'/' + fresh[i].name, made[i]);
    m_types.insert(made[i], fresh[i].type);
  }
  QCborArray answer;
  for (const PointId id : std::as_const(ids)) answer.append(static_cast<qint64>(id));
  m_child->send(frameOf(
      "declared", QCborMap{{QLatin1String("call"), map.value(QLatin1String("call"))}, {QLatin1String("ids"), answer}}));
}

void IsolatedPlugin::takeCreated(const QCborValue &body) {
  const QCborMap map = body.toMap();
  Problems problems;
  for (const QCborValue &each : map.value(QLatin1String("problems")).toArray()) {
    problems << (m_description.isProgram ? problemAt(each.toMap()) : problemFrom(each.toMap()));
    if (m_reader && !problems.last().where.file) problems.last().where = m_reader->locate(QString());
  }
  QStringList references;
  for (const QCborValue &each : map.value(QLatin1String("references")).toArray()) {
    const QCborMap reference = each.toMap();
    const QString name = textOf(reference, "name");
    const QString path = textOf(reference, "path");
    references << name;
    if (!m_reader) continue;
    const auto where = m_description.isProgram ? m_reader->locate(path)
                                               : locationFrom(reference.value(QLatin1String("where")).toMap());
    ConfigReader::Pending pending{name, where, m_description.isProgram ? m_reader->path() + u'.' + path : path};
    if (reference.contains(QLatin1String("number"))) {
      pending.number = static_cast<int>(reference.value(QLatin1String("number")).toInteger());
    }
    m_reader->add(pending);
  }
  const QCborArray listeners = m_reader ? map.value(QLatin1String("listeners")).toArray() : QCborArray();
  for (const QCborValue &each : listeners) m_reader->add(listenerFrom(each.toMap()));
  if (!map.value(QLatin1String("made")).toBool() && !hasErrors(problems)) {
    problems.append({m_reader ? m_reader->locate(QString()) : ConfigLocation(), m_reader ? m_reader->path() : QString(),
                     QStringLiteral("plugin \"%1\" made no instance").arg(m_description.type), false});
  }
  if (m_reader) {
    for (const Problem &problem : std::as_const(problems)) m_reader->add(problem);
    m_isMade = true;
    return;
  }
  const auto error =
      std::find_if(problems.begin(), problems.end(), [](const Problem &each) { return !each.isWarning; });
  if (error != problems.end()) return refuse(toText(*error));
  come(references);
}

/// A program knows no places, only keys.
Problem IsolatedPlugin::problemAt(const QCborMap &cbor) const {
  Problem problem = problemFrom(cbor);
  if (!m_reader) return problem;
  problem.where = m_reader->locate(problem.path);
  problem.path = problem.path.isEmpty() ? m_reader->path() : m_reader->path() + u'.' + problem.path;
  return problem;
}

void IsolatedPlugin::takeStatus(const QCborValue &body) {
  const QCborMap map = body.toMap();
  const auto state = fromWord<PluginState>(map.value(QLatin1String("state")).toString());
  if (!state || *state == PluginState::Stopped) return breakOff(QStringLiteral("sent a status that there is not"));
  Q_EMIT statusChanged(*state, onOneLine(textOf(map, "text")));
}

void IsolatedPlugin::takeSamples(const QByteArray &payload) {
  auto message = samplesFrom(payload);
  if (!message) return breakOff(QStringLiteral("sent rubbish: ") + message.error());
  spend(static_cast<double>(message->samples.size()));
  Samples good;
  good.reserve(message->samples.size());
  qsizetype refused = 0;
  QString why;
  for (Sample &sample : message->samples) {
    const QString wrong = adjust(sample);
    if (wrong.isEmpty()) {
      good.append(std::move(sample));
    } else {
      ++refused;
      why = wrong;
    }
  }
  if (refused > 0) drop("unfit", refused, QStringLiteral("a sample is refused: ") + why);
  if (!good.isEmpty()) Q_EMIT samplesReady(good);
}

/// Makes it fit the point; what is wrong with it, else.
QString IsolatedPlugin::adjust(Sample &sample) const {
  const auto type = m_types.constFind(sample.point);
  if (type == m_types.cend()) {
    return QStringLiteral("%1 is no point of its own").arg(static_cast<quint32>(sample.point));
  }
  if (sample.time == Time()) sample.time = m_context.clock().now();
  const ValueType given = typeOf(sample.value);
  if (given == *type || given == ValueType::None) return {};
  const auto converted = convertTo(sample.value, *type);
  if (!converted) return m_context.points().point(sample.point)->fullName + QLatin1String(": ") + converted.error();
  sample.value = *converted;
  return {};
}

/// More than the limit allows is not dropped: the process has to wait until we read again.
void IsolatedPlugin::spend(double tokens) {
  const qint64 now = m_since.elapsed();
  const double rate = m_limits.samplesPerSecond;
  m_tokens = std::min(rate / 4, m_tokens + rate * static_cast<double>(now - std::exchange(m_filled, now)) / 1000.0);
  m_tokens -= tokens;
  if (m_tokens >= 0 || m_resume.isActive()) return;
  m_child->setPaused(true);
  m_resume.start(1 + static_cast<int>(-m_tokens * 1000.0 / rate));
}

void IsolatedPlugin::takeEvent(const QCborValue &body) {
  auto event = eventFrom(body.toMap());
  if (!event) return breakOff(QStringLiteral("sent rubbish: an event: ") + event.error());
  spend(tokensPerEvent);
  if (const QString why = refusal(*event); !why.isEmpty()) {
    return drop("unfit", 1, QStringLiteral("an event is refused: ") + why);
  }
  event->sequence = 0;
  event->source = m_context.id();
  if (event->time == Time()) event->time = m_context.clock().now();
  Q_EMIT eventRaised(*event);
}

QString IsolatedPlugin::refusal(Event &event) {
  if (auto *status = std::get_if<CommandStatus>(&event.body)) return refusal(*status);
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) {
    const bool isKnown = alarm->point == PointId::None || m_context.points().point(alarm->point);
    return isKnown ? QString() : QStringLiteral("its point is not known");
  }
  const auto *custom = std::get_if<CustomEvent>(&event.body);
  if (!custom) return {};
  static const QStringList taken{QStringLiteral("alarm"), QStringLiteral("alarm_condition"), QStringLiteral("trigger"),
                                 QStringLiteral("command"), QStringLiteral("system")};
  if (custom->type.isEmpty() || custom->type.size() > 64 || taken.contains(custom->type)) {
    return QStringLiteral("its type can't be \"%1\"").arg(onOneLine(custom->type.left(64)));
  }
  if (custom->json.size() > longestJson) return QStringLiteral("its JSON is too long");
  const auto document = QJsonDocument::fromJson('[' + custom->json + ']');
  return document.array().size() == 1 ? QString() : QStringLiteral("its JSON can't be read");
}

/// Of commands that it was given, and of no others.
QString IsolatedPlugin::refusal(CommandStatus &status) {
  const auto command = m_commands.constFind(status.commandId);
  if (command == m_commands.cend()) return QStringLiteral("it has no such command");
  status.point = command->point;
  status.error = onOneLine(status.error.left(longestText));
  status.scene = 0;
  status.scenePoints.clear();
  if (isFinal(status.state)) m_commands.erase(command);
  return {};
}

void IsolatedPlugin::takeRequest(const QCborValue &body) {
  auto command = commandFrom(body.toMap());
  if (!command) return breakOff(QStringLiteral("sent rubbish: a command: ") + command.error());
  spend(tokensPerEvent);
  if (command->id.isEmpty() || command->id.size() > 64) command->id = newCommandId();
  command->requestedBy = m_context.id();
  command->address.clear();
  command->isUrgent = false;
  command->created = m_context.clock().now();
  Q_EMIT commandRequested(*command);
}

void IsolatedPlugin::takeMaySend(const QCborValue &body) {
  const QCborMap map = body.toMap();
  QCborMap answer{{QLatin1String("call"), map.value(QLatin1String("call"))}};
  const auto command = m_commands.constFind(map.value(QLatin1String("command")).toString());
  std::optional<CommandStatus> obstacle;
  if (command != m_commands.cend()) {
    obstacle = obstacleNow(*command);
  } else {
    obstacle = CommandStatus{{}, {}, CommandState::Failed, {}, QStringLiteral("there is no such command")};
  }
  if (obstacle) {
    Put put;
    fields(put, *obstacle);
    answer.insert(QLatin1String("obstacle"), put.map);
  }
  m_child->send(frameOf("may_send", answer));
}

void IsolatedPlugin::takeWritten(const QCborValue &) {
  if (m_batch.isEmpty()) return;
  if (m_taken < m_batch.size()) return sendSome();
  m_batch.clear();
  Q_EMIT written();
}

void IsolatedPlugin::takeLog(const QCborValue &body) {
  const QCborMap map = body.toMap();
  const QString level = map.value(QLatin1String("level")).toString();
  const bool isError = level == u"error";
  const bool isWarning = level == u"warning";
  const QtMsgType type = isError             ? QtCriticalMsg
                         : isWarning         ? QtWarningMsg
                         : level == u"debug" ? QtDebugMsg
                                             : QtInfoMsg;
  logLine(type, textOf(map, "text"));
}

void IsolatedPlugin::logLine(QtMsgType level, const QString &text) {
  const qint64 now = m_since.elapsed();
  if (now - m_linesSince > linesWithinMs) {
    if (m_lines > mostLines) qCWarning(m_context.log()) << m_lines - mostLines << "lines of its log were suppressed";
    m_linesSince = now;
    m_lines = 0;
  }
  if (++m_lines > mostLines) return;
  const QLoggingCategory &log = m_context.log();
  switch (level) {
    case QtDebugMsg:
      qCDebug(log).noquote() << text;
      break;
    case QtInfoMsg:
      qCInfo(log).noquote() << text;
      break;
    case QtWarningMsg:
      qCWarning(log).noquote() << text;
      break;
    case QtCriticalMsg:
    case QtFatalMsg:
      qCCritical(log).noquote() << text;
      break;
  }
}

void IsolatedPlugin::takeMetrics(const QCborValue &body) {
  for (const QCborValue &each : body.toArray()) {
    QString why;
    // The registry throws when the name is another kind of metric already.
    const QString thrown = guard([&] { why = count(each.toArray()); });
    if (!why.isEmpty() || !thrown.isEmpty()) drop("unfit", 1, QStringLiteral("a metric is refused: ") + why + thrown);
  }
}

/// [name, labels, value]: what its own registry counts. A name that ends in _total is a counter. Why not, else.
QString IsolatedPlugin::count(const QCborArray &series) {
  static const QRegularExpression allowed(QStringLiteral("^[a-z_][a-z0-9_]{0,99}$"));
  const QString name = series.at(0).toString();
  if (!allowed.match(name).hasMatch() || !name.startsWith(QLatin1String("tagwire_"))) {
    return QStringLiteral("its name begins with tagwire_ (given: \"%1\")").arg(onOneLine(name.left(100)));
  }
  Metrics::Labels labels;
  QString key = name;
  for (const auto &label : series.at(1).toMap()) {
    const QString labelName = label.first.toString();
    if (!allowed.match(labelName).hasMatch() || labelName == u"plugin") continue;
    const QString text = label.second.toString().left(100);
    labels[labelName.toStdString()] = text.toStdString();
    key += u'|' + labelName + u'=' + text;
  }
  if (!m_counted.contains(key) && m_counted.size() >= mostSeries) return QStringLiteral("there are too many");
  const double value = series.at(2).toDouble();
  const double before = m_counted.value(key);
  m_counted[key] = value;
  const QByteArray plain = name.toLatin1();
  const char *help = "Counted by an isolated plugin";
  if (!name.endsWith(QLatin1String("_total"))) {
    m_context.metrics().gauge(plain.constData(), help, labels).set(value);
  } else if (value > before) {
    m_context.metrics().counter(plain.constData(), help, labels).add(value - before);
  }
  return {};
}

void IsolatedPlugin::takePortBusy(const QCborValue &body) {
  m_context.portBusy(onOneLine(textOf(body.toMap(), "address")));
}

void IsolatedPlugin::takePong(const QCborValue &body) {
  if (body.toInteger() == m_ping) m_asked = -1;
}

}  // namespace tagwire
