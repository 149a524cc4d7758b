// SPDX-License-Identifier: Apache-2.0
#include "modbussimulator.h"

#include <QCommandLineParser>
#include <QFile>
#include <QRegularExpression>

namespace tagwire::modbus {

using namespace std::chrono_literals;

namespace {

const auto usage = QStringLiteral(
    "usage: tagwire sim modbus --points FILE.csv [--listen WHERE]… [--unit 1] [--silent-unit ID]… [--delay-ms N]\n"
    "  --points       the points, with the columns of a modbus instance's `points`; unit_id serves several units; the\n"
    "                 column x-sim says how a value moves: constant:VALUE, sine:LOW:HIGH:PERIOD_S,\n"
    "                 ramp:LOW:HIGH:PERIOD_S, square:PERIOD_S, random:LOW:HIGH or follow:NAME:SECONDS; a value that a\n"
    "                 client writes stays\n"
    "  --listen       127.0.0.1:1502 (the default) or tcp://127.0.0.1:1502, rtu+tcp://127.0.0.1:1502,\n"
    "                 rtu:///dev/ttyUSB0?baud=19200&parity=even&stop=1; loopback by default, for Modbus knows no\n"
    "                 passwords; may stand several times\n"
    "  --unit         unit id of the points without a unit_id\n"
    "  --silent-unit  this unit never answers; may stand several times\n"
    "  --delay-ms     answers come this much later");

/// The command line, read.
struct Options {
  QString points;
  QList<Endpoint> listen;
  int unit = 1;
  QList<int> silentUnits;
  int delayMs = 0;
  bool wantsHelp = false;
};

Result<int> numberOf(const QString &text, const char *option, int highest) {
  bool ok = false;
  const int number = text.toInt(&ok);
  if (ok && number >= 0 && number <= highest) return number;
  return failure(QStringLiteral("%1 takes a number from 0 to %2").arg(QLatin1String(option)).arg(highest));
}

Result<Options> read(const QCommandLineParser &parser) {
  Options options;
  options.points = parser.value(QStringLiteral("points"));
  for (const QString &text : parser.values(QStringLiteral("listen"))) {
    const auto where = listenAddress(text);
    if (!where) return failure(QStringLiteral("--listen: ") + where.error());
    options.listen << *where;
  }
  const auto unit = numberOf(parser.value(QStringLiteral("unit")), "--unit", 255);
  if (!unit) return failure(unit.error());
  options.unit = *unit;
  for (const QString &text : parser.values(QStringLiteral("silent-unit"))) {
    const auto silent = numberOf(text, "--silent-unit", 255);
    if (!silent) return failure(silent.error());
    options.silentUnits << *silent;
  }
  const auto delay = numberOf(parser.value(QStringLiteral("delay-ms")), "--delay-ms", 3'600'000);
  if (!delay) return failure(delay.error());
  options.delayMs = *delay;
  return options;
}

Result<Options> parse(const QStringList &arguments) {
  QCommandLineParser parser;
  parser.addOptions({{QStringLiteral("points"), QString(), QStringLiteral("file")},
                     {QStringLiteral("listen"), QString(), QStringLiteral("where"), QStringLiteral("127.0.0.1:1502")},
                     {QStringLiteral("unit"), QString(), QStringLiteral("id"), QStringLiteral("1")},
                     {QStringLiteral("silent-unit"), QString(), QStringLiteral("id")},
                     {QStringLiteral("delay-ms"), QString(), QStringLiteral("ms"), QStringLiteral("0")},
                     {QStringLiteral("help"), QString()}});
  // The parser takes the first for the program's name.
  if (!parser.parse(QStringList(QStringLiteral("sim")) + arguments)) return failure(parser.errorText() + u'\n' + usage);
  if (parser.isSet(QStringLiteral("help"))) {
    Options options;
    options.wantsHelp = true;
    return options;
  }
  if (!parser.positionalArguments().isEmpty()) {
    return failure(QStringLiteral("unexpected \"%1\"\n").arg(parser.positionalArguments().first().left(60)) + usage);
  }
  if (!parser.isSet(QStringLiteral("points"))) return failure(QStringLiteral("--points is due\n") + usage);
  return read(parser);
}

QString allOf(const Problems &problems) {
  QStringList lines;
  for (const Problem &problem : problems) {
    if (!problem.isWarning) lines << toText(problem);
  }
  return lines.join(u'\n');
}

/// What `x-sim` says of a row.
Result<Motion> motionOf(const ConfigNode &row, const ModbusPoint &point) {
  const ConfigNode *given = row.member(QLatin1String("x-sim"));
  if (given) return Motion::fromText(given->text);
  const auto [lowest, highest] = limitsOf(point.format);
  return Motion::usual(point, lowest, highest);
}

}  // namespace

ModbusSimulator::ModbusSimulator(const Clock *clock) : m_clock(clock ? *clock : m_systemClock), m_timer(this) {
  connect(&m_timer, &QTimer::timeout, this, &ModbusSimulator::move);
  connect(&m_server, &ModbusServer::lost, this, &Tool::line);
}

tl::expected<QString, ToolError> ModbusSimulator::start(const QStringList &arguments) {
  const auto options = parse(arguments);
  if (!options) return failure(options.error());
  if (options->wantsHelp) {
    QMetaObject::invokeMethod(
        this, [this] { Q_EMIT finished(0); }, Qt::QueuedConnection);
    return usage;
  }
  if (auto loaded = load(options->points, static_cast<quint8>(options->unit)); !loaded) return failure(loaded.error());
  for (const int unit : options->silentUnits) m_server.setSilent(static_cast<quint8>(unit));
  m_server.setDelay(std::chrono::milliseconds(options->delayMs));
  for (const Endpoint &where : options->listen) {
    const auto listening = m_server.listen(where);
    if (!listening) return tl::unexpected(ToolError(listening.error().text, listening.error().isBusy));
  }
  m_start = m_moved = m_clock.elapsed();
  m_timer.start(100ms);
  QStringList addresses = m_server.addresses();
  // Modbus TCP is what everybody means without saying so.
  addresses.replaceInStrings(QRegularExpression(QStringLiteral("^tcp://")), QString());
  return QStringLiteral("listening on %1, %2 points").arg(addresses.join(QStringLiteral(", "))).arg(m_points.size());
}

Result<void> ModbusSimulator::load(const QString &name, quint8 unit) {
  QFile file(name);
  if (!file.open(QIODevice::ReadOnly))
    return failure(QStringLiteral("can't read %1: %2").arg(name, file.errorString()));
  Problems problems;
  const std::vector<ConfigNode> rows = parseCsv(file.readAll(), name, problems);
  for (size_t i = 0; i < rows.size() && !hasErrors(problems); ++i) {
    ConfigReader reader(rows[i], QStringLiteral("points[%1]").arg(i), problems);
    const auto config = reader.read<PointConfig>();
    if (!config) break;
    const auto point = settle(*config, unit, 1s, [&](const char *key, const QString &message) {
      reader.error(QString::fromLatin1(key), message);
    });
    if (!point) break;
    const auto motion = motionOf(rows[i], *point);
    if (!motion) {
      reader.error(QStringLiteral("x-sim"), motion.error());
      break;
    }
    m_points.push_back({*point, *motion, {}, -1});
    if (auto placed = place(m_points.back()); !placed) reader.error(QStringLiteral("x-sim"), placed.error());
  }
  if (hasErrors(problems)) return failure(allOf(problems));
  if (m_points.empty()) return failure(QStringLiteral("%1 holds no points").arg(name));
  return follow(name);
}

Result<void> ModbusSimulator::follow(const QString &file) {
  for (Moving &moving : m_points) {
    if (!moving.motion.isFollowing()) continue;
    const auto leader = std::find_if(m_points.begin(), m_points.end(), [&](const Moving &each) {
      return each.point.name == moving.motion.followedName();
    });
    if (leader == m_points.end() || !toNumber(leader->value)) {
      return failure(QStringLiteral("%1: %2 follows \"%3\", which is no number point of the file")
                         .arg(file, moving.point.name, moving.motion.followedName()));
    }
    moving.followed = static_cast<int>(leader - m_points.begin());
  }
  return {};
}

/// Makes the point's addresses and puts its first value there; an error when a value of its motion does not fit.
Result<void> ModbusSimulator::place(Moving &moving) {
  RegisterImage &image = m_server.image(moving.point.unit);
  for (int i = 0; i < moving.point.format.size(); ++i) {
    if (!image.contains(moving.point.table, moving.point.address + i)) {
      image.set(moving.point.table, moving.point.address + i, 0);
    }
  }
  if (moving.point.format.type == PointType::String) {
    const auto fits = encode(moving.point.format, moving.motion.text().left(moving.point.format.length));
    if (!fits) return failure(fits.error());
    store(moving, moving.motion.text().left(moving.point.format.length));
    return {};
  }
  for (const double value : {moving.motion.limits().first, moving.motion.limits().second}) {
    if (moving.motion.isFollowing()) break;
    if (const auto fits = encode(moving.point.format, value); !fits) return failure(fits.error());
  }
  store(moving, moving.motion.next(0, 0, 0));
  return {};
}

void ModbusSimulator::move() {
  const auto now = m_clock.elapsed();
  const auto seconds = [](std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); };
  for (Moving &moving : m_points) {
    if (moving.point.format.type == PointType::String) continue;
    if (isHeld(moving)) {
      moving.value = held(moving);
      continue;
    }
    const double followed =
        moving.followed < 0 ? 0 : toNumber(m_points[static_cast<size_t>(moving.followed)].value).value_or(0);
    store(moving, moving.motion.next(seconds(now - m_start), seconds(now - m_moved), followed));
  }
  m_moved = now;
}

bool ModbusSimulator::isHeld(const Moving &moving) {
  const RegisterImage &image = m_server.image(moving.point.unit);
  for (int i = 0; i < moving.point.format.size(); ++i) {
    if (image.isWritten(moving.point.table, moving.point.address + i)) return true;
  }
  return false;
}

void ModbusSimulator::store(Moving &moving, const Value &value) {
  RegisterImage &image = m_server.image(moving.point.unit);
  const ModbusPoint &point = moving.point;
  moving.value = value;
  if (point.format.type == PointType::Bool) {
    const bool on = toNumber(value).value_or(0) >= 0.5;
    const quint16 mask = holdsBits(point.table) ? quint16(1) : bitInRegister(point.format);
    const int others = image.value(point.table, point.address) & ~mask;
    image.set(point.table, point.address, static_cast<quint16>(others | (on ? mask : 0)));
    return;
  }
  // A value that does not fit (a follower's) leaves the registers as they are.
  const auto registers = encode(point.format, value);
  if (!registers) return;
  for (int i = 0; i < registers->size(); ++i) image.set(point.table, point.address + i, registers->at(i));
}

Value ModbusSimulator::held(const Moving &moving) {
  const RegisterImage &image = m_server.image(moving.point.unit);
  const ModbusPoint &point = moving.point;
  if (holdsBits(point.table)) return image.value(point.table, point.address) != 0;
  Registers registers;
  for (int i = 0; i < point.format.size(); ++i) registers.append(image.value(point.table, point.address + i));
  return decode(point.format, {registers.constData(), static_cast<size_t>(registers.size())}).value;
}

}  // namespace tagwire::modbus
