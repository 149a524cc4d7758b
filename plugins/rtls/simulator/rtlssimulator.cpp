// SPDX-License-Identifier: Apache-2.0
#include "rtlssimulator.h"

#include <QCommandLineParser>
#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLoggingCategory>
#include <QRegularExpression>
#include <QUrlQuery>

#include <cmath>

#include "timestamp.h"

namespace tagwire::rtls {
namespace {

Q_LOGGING_CATEGORY(simulatorLog, "tagwire.sim.rtls", QtInfoMsg)

constexpr qint64 mostUnsent = 1 << 20;
constexpr qsizetype mostKinds = 50;
constexpr std::chrono::seconds openDeadline{10};

Result<double> number(const QCommandLineParser &parser, const QString &name, double lowest, double highest) {
  bool ok = false;
  const double value = parser.value(name).toDouble(&ok);
  if (ok && value >= lowest && value <= highest) return value;
  return failure(QStringLiteral("--%1 %2 (allowed: a number from %3 to %4)")
                     .arg(name, parser.value(name))
                     .arg(lowest)
                     .arg(highest));
}

Result<int> integer(const QCommandLineParser &parser, const QString &name, double lowest, double highest) {
  const Result<double> value = number(parser, name, lowest, highest);
  if (!value) return failure(value.error());
  if (*value == std::floor(*value)) return static_cast<int>(*value);
  return failure(QStringLiteral("--%1 %2 (allowed: a whole number)").arg(name, parser.value(name)));
}

Result<QUrl> webSocketUrl(const QString &text) {
  const QUrl url(text, QUrl::StrictMode);
  const QUrlQuery query(url);
  for (const char *key : {"token", "access_token", "api_key", "jwt"}) {
    if (query.hasQueryItem(QLatin1String(key))) return failure(QStringLiteral("--url: no credential belongs in a URL"));
  }
  if (!url.userInfo().isEmpty()) return failure(QStringLiteral("--url: no name or password belongs in a URL"));
  const bool webSocket = url.scheme() == QLatin1String("ws") || url.scheme() == QLatin1String("wss");
  if (url.isValid() && webSocket && !url.host().isEmpty()) return url;
  return failure(QStringLiteral("--url %1 (allowed: ws://host:port/ws/Manager or wss://…)").arg(text));
}

Result<Polygon> rectangle(const QString &text) {
  QList<double> numbers;
  bool ok = true;
  for (const QString &part : text.split(u',')) {
    bool isNumber = false;
    numbers << part.toDouble(&isNumber);
    ok = ok && isNumber && std::abs(numbers.last()) <= 1e9;
  }
  if (!ok || numbers.size() != 4 || numbers[0] >= numbers[2] || numbers[1] >= numbers[3]) {
    return failure(QStringLiteral("--area %1 (allowed: x0,y0,x1,y1 with x0 < x1 and y0 < y1)").arg(text));
  }
  return Polygon{
      {numbers[0], numbers[1]}, {numbers[2], numbers[1]}, {numbers[2], numbers[3]}, {numbers[0], numbers[3]}};
}

void addOptions(QCommandLineParser &parser) {
  const auto add = [&parser](const char *name, const char *help, const char *value, const char *fallback) {
    parser.addOption(QCommandLineOption(QString::fromLatin1(name), QString::fromLatin1(help),
                                        QString::fromLatin1(value), QString::fromLatin1(fallback)));
  };
  add("url", "where to send the fixes", "URL", "ws://127.0.0.1:8080/ws/Manager1");
  add("tags", "how many tags, SIM1, SIM2 ...", "count", "12");
  add("area", "rectangle they walk in", "x0,y0,x1,y1", "0,0,100,60");
  add("rate", "fixes per second and tag", "number", "2");
  add("speed", "length units per second", "number", "1.4");
  add("zone", "zone_id in the fixes; 0: none", "id", "0");
  add("seed", "the same seed walks the same ways", "number", "1");
  parser.addHelpOption();
}

/// "SIM3: sequence 4" and "SIM7: sequence 9" are of one kind.
QString kindOf(const QString &message) {
  static const QRegularExpression digits(QStringLiteral("[0-9]+"));
  return QString(message).replace(digits, QStringLiteral("#"));
}

QString printable(QString text) {
  text.truncate(300);
  for (QChar &character : text) {
    if (character.category() == QChar::Other_Control || character.category() == QChar::Other_Format) character = u'?';
  }
  return text;
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
  if (zone != 0) json.insert(QStringLiteral("zone_id"), zone);
  return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

}  // namespace

Result<SimulatorOptions> SimulatorOptions::fromArguments(const QStringList &arguments) {
  QCommandLineParser parser;
  addOptions(parser);
  if (!parser.parse(QStringList(QStringLiteral("tagwire sim rtls")) + arguments)) return failure(parser.errorText());
  if (parser.isSet(QStringLiteral("help"))) return failure(parser.helpText());
  if (!parser.positionalArguments().isEmpty()) {
    return failure(QStringLiteral("unknown argument \"%1\" (allowed: --url --tags --area --rate --speed --zone --seed)")
                       .arg(parser.positionalArguments().first()));
  }
  const auto url = webSocketUrl(parser.value(QStringLiteral("url")));
  const auto tags = integer(parser, QStringLiteral("tags"), 1, 10'000);
  const auto area = rectangle(parser.value(QStringLiteral("area")));
  const auto rate = number(parser, QStringLiteral("rate"), 0.001, 50);
  const auto speed = number(parser, QStringLiteral("speed"), 0.001, 1000);
  const auto zone = integer(parser, QStringLiteral("zone"), 0, 2147483647);
  const auto seed = integer(parser, QStringLiteral("seed"), 0, 2147483647);
  if (!url) return failure(url.error());
  if (!area) return failure(area.error());
  for (const auto *each : {&tags, &zone, &seed}) {
    if (!*each) return failure(each->error());
  }
  for (const auto *each : {&rate, &speed}) {
    if (!*each) return failure(each->error());
  }
  return SimulatorOptions{*url, *tags, *area, *rate, *speed, *zone, *seed};
}

RtlsSimulator::RtlsSimulator() : m_backoff(std::chrono::seconds(1), std::chrono::seconds(30)) {
  m_socket.setMaxAllowedIncomingMessageSize(1 << 20);
  m_dialTimer.setSingleShot(true);
  m_sendTimer.setTimerType(Qt::PreciseTimer);
  connect(&m_socket, &QWebSocket::connected, this, &RtlsSimulator::opened);
  connect(&m_socket, &QWebSocket::disconnected, this, &RtlsSimulator::closed);
  connect(&m_socket, &QWebSocket::textMessageReceived, this, &RtlsSimulator::receive);
  connect(&m_dialTimer, &QTimer::timeout, this, &RtlsSimulator::dialAgain);
  connect(&m_sendTimer, &QTimer::timeout, this, &RtlsSimulator::sendFixes);
}

RtlsSimulator::~RtlsSimulator() {
  // The socket reports its end while it is destroyed, when half of us is gone.
  m_socket.disconnect(this);
}

tl::expected<QString, ToolError> RtlsSimulator::start(const QStringList &arguments) {
  auto options = SimulatorOptions::fromArguments(arguments);
  if (!options) return failure(options.error());
  m_options = std::move(*options);
  QStringList tags;
  for (int i = 1; i <= m_options.tags; ++i) tags << QStringLiteral("SIM%1").arg(i);
  m_walker.emplace(std::vector{Walker::Ground{m_options.area, 1}}, tags, m_options.speed,
                   static_cast<quint32>(m_options.seed));
  m_sendTimer.setInterval(static_cast<int>(std::lround(1000 / m_options.rate)));
  dial();
  return QStringLiteral("%1 tags, SIM1 to SIM%1, walk and send to %2")
      .arg(m_options.tags)
      .arg(m_options.url.toString());
}

void RtlsSimulator::dial() {
  m_dialTimer.start(openDeadline);
  m_socket.open(m_options.url);
}

void RtlsSimulator::dialAgain() {
  if (m_socket.state() == QAbstractSocket::UnconnectedState) {
    dial();
  } else {
    m_socket.abort();  // somebody took the connection and never answered
  }
}

void RtlsSimulator::opened() {
  m_dialTimer.stop();
  if (!m_toldOpen) qCInfo(simulatorLog).noquote() << "connected to" << m_options.url.toString();
  m_toldOpen = true;
  m_openSince.start();
  m_sendTimer.start();
}

void RtlsSimulator::closed() {
  m_sendTimer.stop();
  if (m_openSince.isValid() && m_openSince.elapsed() > 10'000) {
    m_backoff.reset();
    m_toldOpen = m_toldClosed = false;  // it worked: the next end and the next beginning are news again
  }
  m_openSince.invalidate();
  if (!m_toldClosed) {
    const QString why = m_socket.closeReason().isEmpty() ? m_socket.errorString() : m_socket.closeReason();
    qCWarning(simulatorLog).noquote() << "not connected:" << printable(why) << "(trying again until it works)";
  }
  m_toldClosed = true;
  m_dialTimer.start(m_backoff.next());
}

void RtlsSimulator::sendFixes() {
  const QList<IncomingFix> fixes = m_walker->step(m_sendTimer.interval() / 1000.0);
  if (m_socket.bytesToWrite() > mostUnsent) {
    say(QStringLiteral("slow"), QStringLiteral("the gateway reads too slowly: fixes are left out"));
    return;
  }
  for (const IncomingFix &fix : fixes) m_socket.sendTextMessage(QString::fromUtf8(gisData(fix, m_options.zone)));
}

void RtlsSimulator::receive(const QString &message) {
  const QJsonObject json = QJsonDocument::fromJson(message.toUtf8()).object();
  const QString type = json.value(QLatin1String("type")).toString();
  if (type == QLatin1String("HeartBeat")) {
    const QJsonObject answer{{QStringLiteral("type"), type}, {QStringLiteral("ts"), json.value(QLatin1String("ts"))}};
    m_socket.sendTextMessage(QString::fromUtf8(QJsonDocument(answer).toJson(QJsonDocument::Compact)));
  } else if (json.value(QLatin1String("response")).toString() == QLatin1String("Unknown")) {
    const QString text = printable(json.value(QLatin1String("message")).toString());
    say(kindOf(text), QStringLiteral("refused: %1").arg(text));
  }
}

void RtlsSimulator::say(const QString &kind, const QString &text) {
  if (m_said.contains(kind) || m_said.size() >= mostKinds) return;
  m_said.insert(kind);
  qCWarning(simulatorLog).noquote() << text << "(said once)";
}

}  // namespace tagwire::rtls
