// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QFile>
#include <QTest>

#include "runningprogram.h"
#include "testprogram.h"

namespace historyalarm_test {

/// What goes wrong with the history reaches the operators: as alarms of the alarm engine, at a client of the gateway.
class HistoryAlarmTest : public QObject {
  Q_OBJECT

  quint16 m_port = 0;
  std::unique_ptr<RunningProgram> m_program;

  // Of the README.
  static constexpr int lossRule = 90;
  static constexpr int outageRule = 91;

  QByteArray manifest() const {
    return QStringLiteral(
               "{ 'data_dir': 'var', 'plugins': [\n"
               "{ 'id': 'lab', 'type': 'ingest', 'config': { 'points': [\n"
               "  { 'name': 'ph', 'number': 80, 'type': 'float64', 'unit': 'pH' } ] } },\n"
               "{ 'id': 'history', 'type': 'sql', 'config': { 'database': 'sqlite:history.db', 'batch_interval_ms': 20 "
               "} },\n"
               "{ 'id': 'alarms', 'type': 'alarms', 'config': { 'rules': %2 } },\n"
               "{ 'id': 'web', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%1', 'auth': { 'anonymous': ['*:*'] },\n"
               "  'endpoints': [ { 'path': '/ws', 'protocol': 'panel' },\n"
               "                 { 'path': '/ws/alarms', 'protocol': 'alarms' } ] } } ] }\n")
        .arg(QString::number(m_port), rules())
        .replace(u'\'', u'"')
        .toUtf8();
  }

  /// Those of the README, without waiting.
  static QString rules() {
    QFile readme(QStringLiteral(SQL_README));
    if (!readme.open(QIODevice::ReadOnly)) return {};
    const QString text = QString::fromUtf8(readme.readAll());
    const qsizetype begin = text.indexOf(u'[', text.indexOf(u"<!-- rules -->"));
    const QString rules = text.mid(begin, text.indexOf(u"```", begin) - begin);
    return QString(rules).replace(QStringLiteral("60000"), QStringLiteral("0"));
  }

  /// What the client was told of the rule last, by itself or in a list of all that stand.
  static QJsonObject lastOf(const Client &client, int rule) {
    QJsonObject last;
    for (const QJsonObject &message : client.messages) {
      const QJsonArray active = message.value(QLatin1String("active")).toArray();
      for (const auto &each : active) {
        if (each.toObject().value(QLatin1String("rule_id")).toInt() == rule) last = each.toObject();
      }
      if (message.value(QLatin1String("rule_id")).toInt() == rule) last = message;
    }
    return last;
  }
  static QString stateOf(const Client &client, int rule) {
    return lastOf(client, rule).value(QLatin1String("state")).toString();
  }

  double metric(const QByteArray &name) const {
    const QByteArray text = http(m_port, "GET", "/metrics").body;
    for (const QByteArray &line : text.split('\n')) {
      if (line.startsWith(name)) return line.mid(line.lastIndexOf(' ') + 1).toDouble();
    }
    return -1;
  }

  QString url() const { return QStringLiteral("ws://127.0.0.1:%1/ws/alarms").arg(m_port); }

 private Q_SLOTS:
  void initTestCase() {
    m_port = freePort();
    m_program = std::make_unique<RunningProgram>();
  }

  void damageOfTheSpoolRaisesAnAlarm() {
    // A folder where the database should be: all that comes in waits in the spool.
    const QString database = m_program->file("var/history.db");
    QVERIFY(QDir().mkpath(database));
    QVERIFY2(m_program->start(manifest()), qPrintable(m_program->errors()));
    {
      Client client(url());
      QVERIFY(client.waitOpen());
      QTRY_COMPARE(stateOf(client, outageRule), QStringLiteral("ALARM"));
    }
    constexpr int sent = 300;
    for (int i = 0; i < sent; ++i) {
      const QByteArray body = "{\"endpointId\":80,\"value\":" + QByteArray::number(7 + i * 0.01) + '}';
      QCOMPARE(http(m_port, "POST", "/api/os/telemetry/ingest", body).status, 200);
    }
    QTRY_VERIFY(metric("tagwire_sql_spooled") >= sent);
    m_program->kill();

    const QDir spool(m_program->file("var/history.spool"));
    const QStringList names = spool.entryList({QStringLiteral("telemetry-*.seg")}, QDir::Files);
    QCOMPARE(names.size(), 1);
    QFile segment(spool.filePath(names.first()));
    QVERIFY(segment.open(QIODevice::ReadWrite));
    const qint64 middle = segment.size() / 2;
    QVERIFY(segment.seek(middle));
    char byte = 0;
    QVERIFY(segment.getChar(&byte));
    QVERIFY(segment.seek(middle));
    QVERIFY(segment.putChar(static_cast<char>(byte ^ 0x10)));
    segment.close();

    QVERIFY(QDir().rmdir(database));
    QVERIFY2(m_program->start(manifest()), qPrintable(m_program->errors()));
    Client client(url());
    QVERIFY(client.waitOpen());
    QTRY_COMPARE(stateOf(client, lossRule), QStringLiteral("ALARM"));
    const int lost = lastOf(client, lossRule).value(QLatin1String("value")).toInt();
    QVERIFY2(lost >= 1 && lost < sent, qPrintable(QString::number(lost)));
    const auto stored = [this] {
      const QJsonObject answer = http(m_port, "GET", "/api/v1/history?point=lab/ph&limit=1000").json();
      return answer.value(QLatin1String("series"))
          .toArray()
          .first()
          .toObject()
          .value(QLatin1String("values"))
          .toArray();
    };
    QTRY_COMPARE(stored().size(), sent - lost);
    QTRY_VERIFY(stateOf(client, outageRule) != QLatin1String("ALARM"));
    QCOMPARE(m_program->terminate(), 0);
  }
};

TAGWIRE_TEST(HistoryAlarmTest)

}  // namespace historyalarm_test

#include "historyalarm_test.moc"
