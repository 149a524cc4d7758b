// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTest>

#include <algorithm>

#include "faultyplc.h"
#include "patience.h"
#include "runningprogram.h"

/// The real program with a device that goes wrong as the test says, asked by REST, and a subscriber that hears every
/// step. Points: coils plc1/pump (60), horn (61), press (62, behind the interlock of lab/hatch, 80); registers
/// plc1/speed (63) and level (64, within 5).
class CommandPlant {
 protected:
  void begin() {
    m_plc.heal();
    QVERIFY(m_plc.listen());
    m_webPort = freePort();
    start();
  }
  /// The device does all well from now on, and the program knows it.
  void heal() {
    m_plc.heal();
    QVERIFY(m_plc.listen());
    becomeHealthy();
    QCOMPARE(ingestHatch("true"), 200);
  }
  int end() {
    m_plc.heal();
    return m_program.terminate();
  }

  void start() {
    m_live.reset();
    QVERIFY2(m_program.start(manifest()), qPrintable(m_program.errors()));
    m_live = std::make_unique<Client>(QStringLiteral("ws://127.0.0.1:%1/ws/live").arg(m_webPort));
    QVERIFY(m_live->waitOpen());
    m_live->send(R"({"op":"subscribe","id":"all","topics":["events/command","events/system"]})");
    QVERIFY(
        !m_live->waitFor([](const QJsonObject &each) { return each[u"op"] == QLatin1String("snapshot"); }).isEmpty());
  }
  /// Until the device is polled well: there is a link then, and nothing of before is under way.
  void becomeHealthy() {
    const int before = m_plc.polls;
    QJsonObject speed;
    const auto isHealthy = [&] {
      return m_plc.polls >= before + 4 && (speed = latest(63))[u"quality"] == QLatin1String("good");
    };
    QVERIFY2(tagwire::testing::waitFor(isHealthy),
             qPrintable(QStringLiteral("%1 polls, %2").arg(m_plc.polls - before).arg(toText(speed))));
  }
  HttpAnswer post(const QByteArray &path, const QByteArray &body) { return http(m_webPort, "POST", path, body); }
  HttpAnswer write(int number, const QByteArray &value) {
    return post("/api/os/command", "{\"endpointId\":" + QByteArray::number(number) + ",\"value\":" + value + '}');
  }
  HttpAnswer write(int number, int value) { return write(number, QByteArray::number(value)); }
  int ingestHatch(const QByteArray &value) {
    return post("/api/os/telemetry/ingest", "{\"endpointId\":80,\"value\":" + value + '}').status;
  }
  QJsonObject latest(int number) {
    const auto answer = http(m_webPort, "GET", "/api/os/telemetry/latest?endpointId=" + QByteArray::number(number));
    return QJsonDocument::fromJson(answer.body).array().first().toObject();
  }

  static QString toText(const QJsonObject &object) {
    return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
  }
  QList<QJsonObject> events(const char *type) const {
    QList<QJsonObject> all;
    for (const QJsonObject &message : m_live->messages) {
      const QJsonArray each = message[u"events"].toArray();
      for (const QJsonValue &event : each) {
        if (event[u"type"] == QLatin1String(type)) all << event.toObject();
      }
    }
    return all;
  }
  bool isSaid(const char *kind, QStringView text) const {
    const QList<QJsonObject> all = events("system");
    return std::any_of(all.begin(), all.end(), [&](const QJsonObject &each) {
      return each[u"kind"] == QLatin1String(kind) && each[u"text"].toString().contains(text);
    });
  }
  /// The steps that a client of `live` was told of its own command: "queued,sent".
  QString clientSteps(const char *id) const {
    QStringList states;
    for (const QJsonObject &message : m_live->messages) {
      const bool isIts = message[u"op"] == QLatin1String("command_status") && message[u"id"] == QLatin1String(id);
      if (isIts) states << message[u"status"].toString();
    }
    return states.join(u',');
  }
  /// Steps with their times as the subscriber heard them: "queued 2026-…Z".
  QStringList heard(const QString &id) const {
    QStringList steps;
    for (const QJsonObject &each : events("command")) {
      if (each[u"command_id"] == id) steps << each[u"status"].toString() + u' ' + each[u"t"].toString();
    }
    return steps;
  }
  /// The command ends after these steps, in order of time; the subscriber heard the very same.
  bool isAsTold(const QString &id, const QString &states) {
    const QByteArray path = "/api/os/command/" + id.toUtf8();
    QJsonObject record;
    const bool hasEnded = tagwire::testing::waitFor(
        [&] { return (record = http(m_webPort, "GET", path).json()).contains(QLatin1String("completedAt")); });
    QStringList words;
    QStringList steps;
    QStringList times;
    const QJsonArray history = record[u"history"].toArray();
    for (const QJsonValue &each : history) {
      words << each[u"status"].toString();
      times << each[u"timestamp"].toString();
      steps << words.last() + u' ' + times.last();
    }
    const bool isOrdered = std::is_sorted(times.begin(), times.end()) && !times.contains(QString());
    const bool isHeard = tagwire::testing::waitFor([&] { return heard(id) == steps; });
    m_wrong = QStringLiteral("%1\nheard: %2")
                  .arg(QString::fromUtf8(QJsonDocument(record).toJson()), heard(id).join(QLatin1String(", ")));
    return hasEnded && words.join(u',') == states && isOrdered && isHeard &&
           record[u"completedAt"].toString() == times.last();
  }

  QByteArray manifest() const {
    QString text = QStringLiteral(
        "{ 'data_dir': 'var', 'plugins': [\n"
        "{ 'id': 'plc1', 'type': 'modbus', 'config': { 'endpoint': 'tcp://127.0.0.1:%1', 'poll_interval_ms': 50,\n"
        "  'timeout_ms': 500, 'verify_ms': 200, 'suspend_after': 100, 'points': [\n"
        "  { 'name': 'pump', 'number': 60, 'table': 'coil', 'address': 0, 'writable': true },\n"
        "  { 'name': 'horn', 'number': 61, 'table': 'coil', 'address': 1, 'writable': true },\n"
        "  { 'name': 'press', 'number': 62, 'table': 'coil', 'address': 2, 'writable': true },\n"
        "  { 'name': 'speed', 'number': 63, 'register': '40001', 'type': 'uint16', 'writable': true },\n"
        "  { 'name': 'level', 'number': 64, 'register': '40002', 'type': 'uint16', 'writable': true,\n"
        "    'verify_tolerance': 5 } ] } },\n"
        "{ 'id': 'lab', 'type': 'ingest', 'config': { 'points': [\n"
        "  { 'name': 'hatch', 'number': 80, 'type': 'bool' } ] } },\n"
        "{ 'id': 'web', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%2', 'auth': { 'anonymous': ['*:*'] },\n"
        "  'endpoints': [ { 'path': '/ws/live', 'protocol': 'live' } ] } } ],\n"
        "'interlocks': [ { 'id': 5, 'name': 'Hatch', 'mode': 'permissive', 'points': ['plc1/press'],\n"
        "  'conditions': [ { 'type': 'require_closed', 'point': 'lab/hatch' } ] } ] }\n");
    return text.arg(m_plc.port()).arg(m_webPort).replace(u'\'', u'"').toUtf8();
  }

  FaultyPlc m_plc;
  RunningProgram m_program;
  std::unique_ptr<Client> m_live;
  quint16 m_webPort = 0;
  QString m_wrong;  ///< what isAsTold() found
};
