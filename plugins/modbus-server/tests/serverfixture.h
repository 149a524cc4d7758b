// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSignalSpy>
#include <QSocketNotifier>
#include <QTcpSocket>
#include <QTest>

#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "modbusserversink.h"
#include "testcontext.h"

namespace tagwire::modbus {

/// Reads a configuration as the factory does, before the points of a context.
struct ConfigUnderTest {
  ConfigUnderTest(const QByteArray &json, const PointTable &points) {
    Problems problems;
    const ConfigNode node = parseJson(json, QStringLiteral("test.json"), problems);
    if (!hasErrors(problems)) {
      ConfigReader reader(node, QStringLiteral("config"), problems);
      config = reader.read<ModbusServerConfig>();
      if (config) exposed = config->settle(reader, points);
    }
    for (const Problem &problem : problems) errors += toText(problem) + u'\n';
  }

  std::optional<ModbusServerConfig> config;
  QList<ExposedPoint> exposed;
  QString errors;
};

/// A host with points of another plugin.
class Plant : public TestContext {
 public:
  Plant() : TestContext(QStringLiteral("north")) {
    add("temp", ValueType::Double, true);
    add("count", ValueType::Int, true);
    add("run", ValueType::Bool, true);
    add("door", ValueType::Bool, false);
    add("batch", ValueType::Text, true);
    add("fix", ValueType::Position, false);
    add("level", ValueType::Double, false);
  }
  PointId id(const char *name) const { return points().find(QStringLiteral("plc/") + QLatin1String(name)); }
  Sample sample(const char *name, const Value &value, Quality quality = Quality::good()) const {
    return {id(name), quality, clock().now(), value};
  }

 private:
  void add(const char *name, ValueType type, bool isWritable) {
    PointInfo info;
    info.name = QString::fromLatin1(name);
    info.type = type;
    info.writable = isWritable;
    if (info.name == u"count") {
      info.minimum = -100;
      info.maximum = 1000;
    }
    (void)pointTable().declare(QStringLiteral("plc"), QStringLiteral("plc"), info);
  }
};

/// One sink with everything it asked for.
class SinkUnderTest : public QObject {
 public:
  explicit SinkUnderTest(const QByteArray &json) {
    const ConfigUnderTest read(json, plant.points());
    if (!read.errors.isEmpty()) qWarning().noquote() << read.errors;
    sink = std::make_unique<ModbusServerSink>(read.config.value(), read.exposed, plant);
    connect(sink.get(), &Plugin::commandRequested, this, [this](const Command &command) {
      commands.append(command);
      if (outcome) tell(command.id, *outcome);
    });
    connect(sink.get(), &Plugin::statusChanged, this, [this](PluginState now, const QString &text) {
      state = now;
      statusText = text;
    });
  }
  void tell(const QString &commandId, CommandState state_) {
    Event event;
    event.body = CommandStatus{commandId, PointId::None, state_, Value(), QString()};
    sink->notify(event);
  }
  QString lastCommand() const {
    if (commands.isEmpty()) return {};
    return plant.points().point(commands.last().point)->name + u'=' + toText(commands.last().value);
  }
  double metric(const char *name) { return plant.metrics().counter(name, "").value(); }

  Plant plant;
  std::unique_ptr<ModbusServerSink> sink;
  QList<Command> commands;
  std::optional<CommandState> outcome;  ///< every command gets it at once
  PluginState state = PluginState::Stopped;
  QString statusText;
};

/// A client that sends what the test says, byte by byte.
class RawClient {
 public:
  explicit RawClient(quint16 port) { socket.connectToHost(QStringLiteral("127.0.0.1"), port); }
  bool isConnected() const { return socket.state() == QAbstractSocket::ConnectedState; }
  void send(const QByteArray &hex) { socket.write(QByteArray::fromHex(hex)); }
  /// All that came so far.
  QByteArray received() { return (m_received += socket.readAll()).toHex(); }
  void forget() { m_received.clear(); }

  QTcpSocket socket;

 private:
  QByteArray m_received;
};

/// Two serial ports joined by a cable, as the kernel makes them.
class PtyPair {
 public:
  PtyPair() {
    m_first = open();
    m_second = open();
    m_first.notifier = std::make_unique<QSocketNotifier>(m_first.master, QSocketNotifier::Read);
    m_second.notifier = std::make_unique<QSocketNotifier>(m_second.master, QSocketNotifier::Read);
    pass(m_first, m_second.master);
    pass(m_second, m_first.master);
  }
  ~PtyPair() {
    unplug();
    for (const int each : {m_first.slave, m_second.slave}) ::close(each);
  }
  void unplug() {
    for (End *end : {&m_first, &m_second}) {
      end->notifier.reset();
      if (end->master >= 0) ::close(end->master);
      end->master = -1;
    }
  }
  QString first() const { return m_first.name; }
  QString second() const { return m_second.name; }

 private:
  struct End {
    int master = -1;
    int slave = -1;  ///< kept open, so that the pair outlives whoever uses it
    QString name;
    std::unique_ptr<QSocketNotifier> notifier;
  };
  static End open() {
    End end;
    end.master = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    ::grantpt(end.master);
    ::unlockpt(end.master);
    end.name = QString::fromLocal8Bit(::ptsname(end.master));
    end.slave = ::open(::ptsname(end.master), O_RDWR | O_NOCTTY);
    termios mode{};
    ::tcgetattr(end.slave, &mode);
    ::cfmakeraw(&mode);
    ::tcsetattr(end.slave, TCSANOW, &mode);
    return end;
  }
  static void pass(End &from, int to) {
    QObject::connect(from.notifier.get(), &QSocketNotifier::activated, [from = from.master, to] {
      char bytes[512];
      const ssize_t count = ::read(from, bytes, sizeof bytes);
      if (count > 0 && ::write(to, bytes, static_cast<size_t>(count)) != count) qWarning("the cable lost bytes");
    });
  }
  End m_first;
  End m_second;
};

}  // namespace tagwire::modbus
