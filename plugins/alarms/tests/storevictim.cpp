// SPDX-License-Identifier: Apache-2.0
// Stores numbered work in the folder of its first argument, and prints each number once that is on disk, until somebody
// kills it. It goes on where the file ends.
#include <QCoreApplication>
#include <QTimer>

#include <cstdio>

#include "alarmstore.h"
#include "testcontext.h"
#include "testprogram.h"

namespace {

using namespace tagwire;
using namespace tagwire::alarms;

constexpr int atOnce = 20;  // so that one transaction holds several
constexpr int rules = 50;

StoreWork workOf(qint64 number) {
  AlarmTransition alarm;
  alarm.alarmId = number;
  alarm.ruleId = static_cast<int>(number % rules);
  alarm.ruleName = QStringLiteral("rule");
  alarm.state = AlarmState::Alarm;
  StoreWork work;
  work.records << Event{.time = Time(std::chrono::milliseconds(number)), .source = {}, .body = alarm};
  work.alarms << KeptAlarm{alarm.ruleId, QByteArray::number(number)};
  return work;
}

/// Keeps `atOnce` pieces of work waiting.
class Victim : public QObject {
 public:
  explicit Victim(const QString &folder)
      : m_store(folder, QStringLiteral("alarms.db"), m_context.points(), m_context.log(), m_context.metrics()) {
    m_store.open([this](const Result<StoreContent> &content) {
      if (!content || !content->setAside.isEmpty()) {
        std::printf("can't open\n");
        std::fflush(stdout);
        return;
      }
      m_number = content->lastOccurrence;
      for (int i = 0; i < atOnce; ++i) storeNext();
    });
  }

 private:
  void storeNext() {
    const qint64 number = ++m_number;
    m_store.commit(workOf(number), [this, number](bool isStored) {
      std::printf(isStored ? "%lld\n" : "lost %lld\n", static_cast<long long>(number));
      std::fflush(stdout);
      storeNext();
    });
  }

  TestContext m_context;
  AlarmStore m_store;
  qint64 m_number = 0;
};

int victim(int argc, char *argv[]) {
  const QCoreApplication application(argc, argv);
  const Victim victim(application.arguments().value(1));
  return QCoreApplication::exec();
}

TAGWIRE_TEST_CHILD("store-victim", victim)

}  // namespace
