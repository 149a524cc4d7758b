// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTest>

#include "otherprogram.h"
#include "sqlsink.h"
#include "testcontext.h"

namespace tagwire::sql {

using namespace std::chrono_literals;

inline SqlConfig configFor(const QString &database) {
  SqlConfig config;
  config.database = DatabaseLocation::fromText(database).value();
  config.batchInterval = 20ms;
  return config;
}

inline Event systemEvent(quint64 sequence) {
  return {sequence, fromMilliseconds(1'767'225'600'000), QStringLiteral("tagwire"),
          SystemEvent{QStringLiteral("test"), QStringLiteral("text"), Severity::Info}};
}

/// What tests of the whole plugin have in common: a host, a point of another instance and samples of it, and a second
/// look at the database. For a test class to derive from.
class SinkCase {
 protected:
  /// As before each test.
  void begin() {
    m_context = std::make_unique<TestContext>(QStringLiteral("history"));
    m_path = m_context->dataDir() + QStringLiteral("/history.db");
    PointInfo info;
    info.name = QStringLiteral("a");
    m_point = m_context->pointTable().declare(QStringLiteral("plc1"), QStringLiteral("plc1"), info).value();
    m_next = 0;
  }

  Samples samples(int count) {
    Samples batch;
    for (int i = 0; i < count; ++i) {
      batch << Sample{m_point, Quality::good(), fromMilliseconds(1'767'225'600'000 + m_next), m_next};
      ++m_next;
    }
    return batch;
  }
  /// Ends a sink by `end`. True when all it took is in the database. Only where the disk stood for the 3 s that it goes
  /// on writing may something be left in the spool.
  template <typename End>
  bool endsWithAllWritten(End end) {
    QElapsedTimer watch;
    watch.start();
    end();
    if (metric("spooled") == 0) return true;
    if (watch.elapsed() < 3000) QTest::qFail("records were left in the spool without need", __FILE__, __LINE__);
    qWarning("the disk stood: some records wait in the spool");
    return false;
  }
  /// The same; what is left is written by the next, for there is to be looked at.
  template <typename End>
  void endWritingAll(End end) {
    if (endsWithAllWritten(end)) return;
    SqlSink next(configFor(QStringLiteral("sqlite:history.db")), *m_context);
    next.start();
    QTRY_COMPARE(metric("spooled"), 0.0);
    next.stop();
  }
  QString read(const char *sql) const { return OtherProgram(m_path).one(sql); }
  QString count() const { return QFile::exists(m_path) ? read("SELECT count(*) FROM history") : QString(); }
  double metric(const QByteArray &name) {
    double sum = 0;
    for (const QByteArray &line : QByteArray::fromStdString(m_context->metrics().text()).split('\n')) {
      if (line.startsWith("tagwire_sql_" + name)) sum += line.mid(line.lastIndexOf(' ') + 1).toDouble();
    }
    return sum;
  }

  static QString lastText(const QSignalSpy &spy) { return spy.isEmpty() ? QString() : spy.last().at(1).toString(); }
  static PluginState lastState(const QSignalSpy &spy) {
    return spy.isEmpty() ? PluginState::Stopped : spy.last().at(0).value<PluginState>();
  }

  std::unique_ptr<TestContext> m_context;
  QString m_path;
  PointId m_point = PointId::None;
  qint64 m_next = 0;
};

}  // namespace tagwire::sql
