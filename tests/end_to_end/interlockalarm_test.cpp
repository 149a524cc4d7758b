// SPDX-License-Identifier: Apache-2.0
// An interlock over the state of an alarm, with the real plugin: what no event tells, the runtime asks for.
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "runtime.h"
#include "services/alarmdesk.h"
#include "testprogram.h"

namespace interlockalarm_test {

using namespace tagwire;

constexpr const char *manifestText =
    "{ 'data_dir': 'var', 'plugins': ["
    "  { 'id': 'plc1', 'type': 'modbus', 'config': { 'endpoint': 'tcp://127.0.0.1:9', 'points': ["
    "    { 'name': 'burner', 'table': 'coil', 'address': 0, 'writable': true } ] } },"
    "  { 'id': 'lab', 'type': 'ingest', 'config': { 'points': [ { 'name': 'temp', 'type': 'float64' } ] } },"
    "  { 'id': 'alarms', 'type': 'alarms', 'config': { 'rules': ["
    "    { 'id': 77, 'name': 'hot', 'point': 'lab/temp', 'comparison': 'above', 'alarm_threshold': 80 } ] } } ],"
    "  'interlocks': [ { 'id': 5, 'name': 'Boiler', 'mode': 'permissive', 'points': [ 'plc1/burner' ],"
    "    'conditions': [ { 'type': 'alarm_state', 'rule': 77 } ] } ] }";

class InterlockAlarmTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() { m_folder = std::make_unique<QTemporaryDir>(); }
  void cleanup() { m_runtime.reset(); }

  void R5_10_aRuleThatIsRaisedAndReturns() {
    start();
    // The rule is in order, and was so all the time: no event says it.
    QTRY_COMPARE(obstacle(), QString());
    publish(95);
    QTRY_COMPARE(obstacle(), QStringLiteral("interlock 5 \"Boiler\": alarm rule 77 is ALARM (allowed: OK)"));
    publish(20);
    QTRY_COMPARE(obstacle(), QString());
  }

  void R5_10_anAlarmThatStandsFromBefore() {
    start();
    QTRY_COMPARE(obstacle(), QString());
    publish(95);
    QTRY_VERIFY(!obstacle().isEmpty());
    m_runtime->stop();
    start();
    // It is brought back without an event, and what is not known blocks meanwhile: the text tells which of both it is.
    QTRY_VERIFY2(obstacle().contains(QLatin1String("is ALARM")), qPrintable(obstacle()));
    publish(20);
    QTRY_COMPARE(obstacle(), QString());
  }

  void R5_10_aRuleOutOfServiceIsNotKnown() {
    start();
    QTRY_COMPARE(obstacle(), QString());
    act(AlarmAction::Kind::OutOfService);
    QTRY_VERIFY(!obstacle().isEmpty());
    const QString before = obstacle();
    QVERIFY2(!before.contains(QLatin1String("is OK")), qPrintable(before));
    m_runtime->stop();
    start();
    QTRY_VERIFY(isOutOfService());
    QVERIFY(!obstacle().isEmpty());
    act(AlarmAction::Kind::InService);
    QTRY_COMPARE(obstacle(), QString());
  }

 private:
  void start() {
    QFile file(m_folder->filePath(QStringLiteral("manifest.json")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray(manifestText).replace('\'', '"'));
    file.close();
    Problems problems;
    const Manifest manifest = Manifest::read(file.fileName(), problems);
    m_runtime.reset();  // it holds the data dir
    m_runtime = std::make_unique<Runtime>(m_loader, m_clock);
    m_runtime->load(manifest, problems);
    QVERIFY2(problems.isEmpty(), qPrintable(problems.isEmpty() ? QString() : toText(problems.first())));
    int exitCode = 0;
    QVERIFY(m_runtime->takeDataDir(exitCode));
    m_runtime->start();
    QVERIFY(!obstacle().isEmpty());  // nobody has answered yet
  }
  QString obstacle() const {
    const auto found = m_runtime->interlocks().obstacle(pointOf("plc1/burner"), Value(true));
    return found ? found->text : QString();
  }
  PointId pointOf(const char *name) const { return m_runtime->points().find(QString::fromLatin1(name)); }
  void publish(double temperature) {
    m_runtime->hub().publish(nullptr, {{pointOf("lab/temp"), Quality::good(), m_clock.now(), Value(temperature)}});
  }
  AlarmDesk *desk() const {
    PluginInstance *alarms = m_runtime->instance(QStringLiteral("alarms"));
    return alarms->isUp() ? dynamic_cast<AlarmDesk *>(alarms->plugin()) : nullptr;
  }
  void act(AlarmAction::Kind kind) {
    m_isDone = false;
    AlarmAction action;
    action.kind = kind;
    action.ruleId = 77;
    action.by = QStringLiteral("anna");
    desk()->act(
        [this](const Result<AlarmAnswer> &answer) {
          m_isDone = answer && answer->outcome == AlarmAnswer::Outcome::Done;
        },
        action);
    QTRY_VERIFY(m_isDone);
  }
  bool isOutOfService() const {
    if (!desk()) return false;
    bool isOut = false;  // the desk answers this from memory, at once
    desk()->alarm(
        [&](const Result<AlarmStatus> &status) {
          isOut = status && status->transition.condition == AlarmCondition::OutOfService;
        },
        77);
    return isOut;
  }

  const Clock m_clock;
  PluginLoader m_loader{{QStringLiteral(PLUGIN_DIR)}};
  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<Runtime> m_runtime;
  bool m_isDone = false;
};

TAGWIRE_TEST(InterlockAlarmTest)

}  // namespace interlockalarm_test

#include "interlockalarm_test.moc"
