// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QHash>
#include <QSet>
#include <QTimer>

#include <memory>
#include <vector>

#include "../plugin.h"
#include "../pluginloader.h"
#include "childprocess.h"
#include "isolationlimits.h"

namespace tagwire {

/// One instance that runs in a process of its own; here it looks like any other. Each start() is a new process, which
/// ends at stop(). A crash, rubbish, silence: its points go Bad, it says Failed, and the host starts it again as it
/// does with every instance that failed; after too many crashes it stays down (isQuarantined). Never blocks but in
/// create() and the destructor, a few seconds at most. Thread-bound to the host thread; owned by its PluginInstance.
class TAGWIRE_EXPORT IsolatedPlugin : public Plugin, public Source, public Sink {
  Q_OBJECT
 public:
  IsolatedPlugin(PluginDescription description, const IsolationLimits &limits, PluginContext &context);
  ~IsolatedPlugin() override;

  /// Has the configuration read in a process, which then ends: its points are declared, its problems are the reader's.
  /// A crash meanwhile is an error, or with `mayCrash` a warning. False: there is no plugin.
  bool create(ConfigReader &reader, bool mayCrash);

  void start() override;
  void stop() override;
  void reloadFiles() override;
  void execute(const Command &command) override;
  void write(const Samples &samples) override;
  void notify(const Event &event) override;

  /// It crashed too often and is not to be started again.
  bool isQuarantined() const { return m_isQuarantined; }

 Q_SIGNALS:
  /// From now on write() and notify() find somebody.
  void cameUp();

 private:
  enum class Phase : quint8 { Off, Greeting, Making, Up };
  using Handler = void (IsolatedPlugin::*)(const QCborValue &body);
  struct Entrance {
    Handler handle;
    Phase from;  ///< admitted in these phases only
    Phase until;
  };
  static const QHash<QString, Entrance> &entrances();

  static QString tooLate();
  void spawn();
  QByteArray hello() const;
  void take(const QByteArray &payload);
  void takeHello(const QCborValue &body);
  void takeDeclare(const QCborValue &body);
  void takeCreated(const QCborValue &body);
  void takeStatus(const QCborValue &body);
  void takeEvent(const QCborValue &body);
  void takeRequest(const QCborValue &body);
  void takeMaySend(const QCborValue &body);
  void takeWritten(const QCborValue &body);
  void takeLog(const QCborValue &body);
  void takeMetrics(const QCborValue &body);
  QString count(const QCborArray &series);
  void takePortBusy(const QCborValue &body);
  void takePong(const QCborValue &body);
  void takeSamples(const QByteArray &payload);
  void takeLast(const QByteArray &payload);

  QString wrongAgain(const QString &fullName, const PointInfo &info) const;
  Problem problemAt(const QCborMap &cbor) const;
  QString adjust(Sample &sample) const;
  QString refusal(Event &event);
  QString refusal(CommandStatus &status);
  void come(const QStringList &references);
  void sendSome();
  void announce(PointId id, QCborArray &points);
  void drop(const char *reason, qsizetype count, const QString &text);
  void spend(double tokens);
  void tick();
  void logLine(QtMsgType level, const QString &text);

  void breakOff(const QString &why);
  void refuse(const QString &why);
  void crashed(const QString &why);
  void forgetChild();
  void loseEverything();

  const PluginDescription m_description;
  const IsolationLimits m_limits;
  PluginContext &m_context;
  QByteArray m_create;               ///< the frame with the configuration
  ConfigReader *m_reader = nullptr;  ///< only while the manifest is read
  QString m_trouble;                 ///< what ended that
  bool m_isMade = false;
  std::unique_ptr<ChildProcess> m_child;
  std::unique_ptr<ChildProcess> m_leaving;
  Phase m_phase = Phase::Off;
  bool m_isListening = false;  ///< between start() and stop()
  bool m_isQuarantined = false;
  CrashCount m_crashes;

  QHash<QString, PointId> m_declared;  ///< by full name; it outlasts the processes
  QHash<PointId, ValueType> m_types;
  std::vector<bool> m_announced;  ///< points of others that the process knows, by id
  QHash<QString, Command> m_commands;
  Samples m_batch;        ///< what `written` is due for
  qsizetype m_taken = 0;  ///< of it, was sent

  QElapsedTimer m_since;    ///< what the next three count from
  qint64 m_phaseBegan = 0;  ///< ms
  qint64 m_asked = -1;      ///< ms; -1: no answer is due
  qint64 m_lastTick = 0;    ///< ms
  qint64 m_ping = 0;
  QTimer m_watch;
  double m_tokens = 0;
  qint64 m_filled = 0;  ///< ms
  QTimer m_resume;
  qint64 m_linesSince = 0;
  int m_lines = 0;
  QSet<QString> m_toldDrops;  ///< reasons that were logged, by process
  QHash<QString, double> m_counted;
  Counter m_crashCount;
};

/// What the loader gives for a type that runs in a process: create() makes an IsolatedPlugin.
class TAGWIRE_EXPORT IsolatedFactory : public PluginFactory {
 public:
  explicit IsolatedFactory(PluginDescription description) : m_description(std::move(description)) {}
  std::unique_ptr<Plugin> create(ConfigReader &config, PluginContext &context) override;
  ConfigSchema schema() const override;

 private:
  PluginDescription m_description;
};

}  // namespace tagwire
