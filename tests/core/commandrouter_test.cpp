// SPDX-License-Identifier: Apache-2.0
#include "commands/commandrouter.h"

#include <QTest>

#include "manualclock.h"
#include "testprogram.h"

namespace commandrouter_test {

using namespace tagwire;

class CommandRouterTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() {
    m_points = std::make_unique<PointTable>();
    PointInfo info;
    info.name = QStringLiteral("speed");
    info.type = ValueType::Int;
    info.writable = true;
    info.minimum = 0;
    info.maximum = 100;
    m_speed = *m_points->declare(QStringLiteral("plc"), QStringLiteral("plc"), info);
    info.name = QStringLiteral("actual");
    info.writable = false;
    m_actual = *m_points->declare(QStringLiteral("plc"), QStringLiteral("plc"), info);
    m_router.reset();  // it lets go of the hub at its end
    m_hub = std::make_unique<Hub>(*m_points, m_metrics);
    m_router = std::make_unique<CommandRouter>(*m_points, *m_hub, m_clock,
                                               [this](const QString &, const Command &command) -> Result<void> {
                                                 m_executed << command;
                                                 if (m_refuse) return failure(QStringLiteral("plugin does not run"));
                                                 return {};
                                               });
    connect(m_hub.get(), &Hub::commandStatus, m_hub.get(), [this](const CommandStatus &status) { m_steps << status; });
    m_executed.clear();
    m_steps.clear();
    m_refuse = false;
  }

  void refusalsAreFinalAndSayWhy_data() {
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("error");
    QTest::newRow("read-only") << QStringLiteral("actual") << QStringLiteral("read-only");
    QTest::newRow("type") << QStringLiteral("text") << QStringLiteral("can't be taken as int");
    QTest::newRow("fraction") << QStringLiteral("fraction") << QStringLiteral("can't be taken as int");
    QTest::newRow("low") << QStringLiteral("low") << QStringLiteral("out of range (allowed: 0 to 100)");
    QTest::newRow("high") << QStringLiteral("high") << QStringLiteral("out of range");
    QTest::newRow("unknown") << QStringLiteral("unknown") << QStringLiteral("no such point");
    QTest::newRow("expired") << QStringLiteral("expired") << QStringLiteral("expired");
    QTest::newRow("owner") << QStringLiteral("owner") << QStringLiteral("does not run");
  }
  void refusalsAreFinalAndSayWhy() {
    QFETCH(QString, what);
    QFETCH(QString, error);
    Command command;
    command.id = QStringLiteral("c1");
    command.point = m_speed;
    command.value = qint64(5);
    if (what == QLatin1String("actual")) command.point = m_actual;
    if (what == QLatin1String("text")) command.value = QStringLiteral("fast");
    if (what == QLatin1String("fraction")) command.value = 5.5;
    if (what == QLatin1String("low")) command.value = qint64(-1);
    if (what == QLatin1String("high")) command.value = 101.0;
    if (what == QLatin1String("unknown")) command.point = static_cast<PointId>(99);
    if (what == QLatin1String("expired")) command.expires = m_clock.now();
    m_refuse = what == QLatin1String("owner");
    m_router->request(command);
    QCOMPARE(m_steps.last().state, CommandState::Failed);
    QVERIFY2(m_steps.last().error.contains(error), qPrintable(m_steps.last().error));
    QCOMPARE(m_executed.size(), m_refuse ? 1 : 0);
  }
  void R5_11_valueIsConvertedAndLifeIsTenSeconds() {
    Command command;
    command.point = m_speed;
    command.value = 7.0;
    m_router->request(command);
    QCOMPARE(std::get<qint64>(m_executed.first().value), 7);
    QCOMPARE(m_executed.first().expires - m_executed.first().created, std::chrono::seconds(10));
    QVERIFY(!m_executed.first().id.isEmpty());
    QCOMPARE(m_steps.first().state, CommandState::Queued);
  }
  void R5_11_correlationIdIsCarriedOutOnce() {
    Command command;
    command.point = m_speed;
    command.value = qint64(7);
    command.correlationId = QStringLiteral("once");
    for (const char *id : {"first", "second"}) {
      command.id = QString::fromLatin1(id);
      m_router->request(command);
    }
    QCOMPARE(m_executed.size(), 1);
    Event done;
    done.body = CommandStatus{QStringLiteral("first"), m_speed, CommandState::Succeeded, Value(qint64(7)), QString()};
    m_hub->raise(nullptr, done);
    QCOMPARE(m_steps.last().commandId, QStringLiteral("second"));
    QCOMPARE(m_steps.last().state, CommandState::Succeeded);
    command.id = QStringLiteral("third");
    command.value = qint64(8);
    m_router->request(command);
    QCOMPARE(m_steps.last().commandId, QStringLiteral("third"));
    QCOMPARE(m_steps.last().state, CommandState::Failed);  // never told that it was done
    QCOMPARE(m_executed.size(), 1);
  }

 private:
  ManualClock m_clock;
  Metrics m_metrics;
  std::unique_ptr<PointTable> m_points;
  std::unique_ptr<Hub> m_hub;
  std::unique_ptr<CommandRouter> m_router;
  PointId m_speed{};
  PointId m_actual{};
  QList<Command> m_executed;
  QList<CommandStatus> m_steps;
  bool m_refuse = false;
};

TAGWIRE_TEST(CommandRouterTest)

}  // namespace commandrouter_test

#include "commandrouter_test.moc"
