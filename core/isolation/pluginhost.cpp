// SPDX-License-Identifier: Apache-2.0
#include "pluginhost.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QSemaphore>
#include <QSocketNotifier>
#include <QThread>
#include <QTimer>

#include <cstdio>
#include <new>

#include <sys/socket.h>
#include <unistd.h>

#include "../guard.h"
#include "../pluginloader.h"
#include "childprocess.h"
#include "hostcontext.h"

namespace tagwire {

using namespace isolation;

namespace {

constexpr int exitUsage = 64;
constexpr std::chrono::seconds metricsPeriod{1};
constexpr int messagesPerTurn = 64;

HostLink *logLink = nullptr;
QByteArray ownCategory;

void endOutOfMemory() {
  constexpr char text[] = "out of memory\n";
  if (::write(STDERR_FILENO, text, sizeof(text) - 1) < 0) ::_exit(exitOutOfMemory);
  ::_exit(exitOutOfMemory);
}

void logToHost(QtMsgType type, const QMessageLogContext &context, const QString &text) {
  const char *level = "info";
  if (type == QtDebugMsg) level = "debug";
  if (type == QtWarningMsg) level = "warning";
  if (type == QtCriticalMsg || type == QtFatalMsg) level = "error";
  const bool isOwn = !context.category || ownCategory == context.category || qstrcmp(context.category, "default") == 0;
  const QString line = isOwn ? text : QLatin1String(context.category) + QLatin1String(": ") + text;
  logLink->send(
      frameOf("log", QCborMap{{QLatin1String("level"), QLatin1String(level)}, {QLatin1String("text"), line}}));
}

/// The instance, and its side of the conversation. Thread-bound to the main thread; a blocking sink lives in another.
class PluginHost : public QObject {
 public:
  PluginHost(HostLink &link, const QCborMap &hello) : m_link(link), m_context(link, hello), m_hello(hello) {
    m_context.whenKept([this] {
      QMetaObject::invokeMethod(
          this, [this] { serve(); }, Qt::QueuedConnection);
    });
    m_metrics.callOnTimeout(this, [this] { sendMetrics(); });
  }

  /// False: it made no instance; the host was told why.
  bool make(const QCborMap &create);
  int run();

 private:
  PluginFactory *factory(const QCborMap &create, QString &wrong);
  QString instantiate(const QCborMap &create, Problems &problems, QCborMap &later);
  void connectPlugin();
  void serve();
  void take(const QByteArray &payload);
  void takeSamples(const QByteArray &payload);
  void takeEvent(const QCborMap &body);
  void takeCommand(const QCborMap &body);
  void takePoints(const QCborArray &points);
  void publish(const Samples &samples);
  void raise(const Event &event);
  void request(const Command &command);
  void sendStatus(PluginState state, const QString &text);
  void sendMetrics();
  template <class Call>
  void inPlugin(Call call);
  void end();

  HostLink &m_link;
  HostContext m_context;
  QCborMap m_hello;
  std::unique_ptr<PluginLoader> m_loader;
  std::unique_ptr<Plugin> m_plugin;
  Source *m_source = nullptr;
  Sink *m_sink = nullptr;
  bool m_isBlocking = false;
  QThread m_thread;
  QTimer m_metrics;
  bool m_isEnding = false;
};

PluginFactory *PluginHost::factory(const QCborMap &create, QString &wrong) {
  const QString file = create.value(QLatin1String("library")).toString();
  const QString type = m_hello.value(QLatin1String("type")).toString();
  m_loader = std::make_unique<PluginLoader>(QStringList{QFileInfo(file).path()});
  const auto loaded = m_loader->load(type);
  if (!loaded) {
    wrong = loaded.error();
    return nullptr;
  }
  m_isBlocking = m_loader->find(type)->isBlocking;
  return *loaded;
}

QString PluginHost::instantiate(const QCborMap &create, Problems &problems, QCborMap &later) {
  QString wrong;
  PluginFactory *made = factory(create, wrong);
  if (!made) return wrong;
  const auto config = configFrom(create.value(QLatin1String("tree")).toMap());
  if (!config) return config.error();
  for (const auto &variable : create.value(QLatin1String("environment")).toMap()) {
    qputenv(variable.first.toString().toUtf8().constData(), variable.second.toString().toUtf8());
  }
  const QString type = m_hello.value(QLatin1String("type")).toString();
  ConfigReader reader(*config, create.value(QLatin1String("path")).toString(), problems);
  const QString thrown = guard([&] { m_plugin = made->create(reader, m_context); });
  if (!thrown.isEmpty()) return QStringLiteral("plugin \"%1\" %2").arg(type, thrown);
  QCborArray references, listeners;
  for (const auto &reference : reader.later().references) {
    QCborMap map{{QLatin1String("name"), reference.name},
                 {QLatin1String("path"), reference.path},
                 {QLatin1String("where"), toCbor(reference.where)}};
    if (reference.number) map.insert(QLatin1String("number"), *reference.number);
    references.append(map);
  }
  for (const auto &each : reader.later().listeners) listeners.append(toCbor(each));
  later = {{QLatin1String("references"), references}, {QLatin1String("listeners"), listeners}};
  if (!m_plugin) return reader.failed() ? QString() : QStringLiteral("plugin \"%1\" made no instance").arg(type);
  if (reader.failed()) return {};
  m_source = dynamic_cast<Source *>(m_plugin.get());
  m_sink = dynamic_cast<Sink *>(m_plugin.get());
  const PluginDescription &says = *m_loader->find(type);
  if ((m_source != nullptr) == says.isSource && (m_sink != nullptr) == says.isSink) return {};
  return QStringLiteral("plugin \"%1\" does not implement the roles of its plugin.json").arg(type);
}

bool PluginHost::make(const QCborMap &create) {
  Problems problems;
  QCborMap answer;
  if (const QString wrong = instantiate(create, problems, answer); !wrong.isEmpty()) {
    problems.append({{}, create.value(QLatin1String("path")).toString(), wrong, false});
  }
  QCborArray given;
  for (const Problem &problem : std::as_const(problems)) given.append(toCbor(problem));
  const bool isMade = m_plugin && !hasErrors(problems);
  answer.insert(QLatin1String("made"), isMade);
  answer.insert(QLatin1String("problems"), given);
  m_link.send(frameOf("created", answer));
  return isMade;
}

void PluginHost::connectPlugin() {
  // From the plugin's own thread these come queued.
  connect(m_plugin.get(), &Plugin::samplesReady, this, [this](const Samples &samples) { publish(samples); });
  connect(m_plugin.get(), &Plugin::eventRaised, this, [this](const Event &event) { raise(event); });
  connect(m_plugin.get(), &Plugin::commandRequested, this, [this](const Command &command) { request(command); });
  connect(m_plugin.get(), &Plugin::written, this, [this] { m_link.send(frameOf("written")); });
  connect(m_plugin.get(), &Plugin::statusChanged, this,
          [this](PluginState state, const QString &text) { sendStatus(state, text); });
}

int PluginHost::run() {
  connectPlugin();
  if (m_isBlocking) {
    m_plugin->moveToThread(&m_thread);
    m_thread.start();
  }
  QSocketNotifier notifier(m_link.socket(), QSocketNotifier::Read);
  connect(&notifier, &QSocketNotifier::activated, this, [this] { serve(); });
  m_metrics.start(metricsPeriod);
  QCoreApplication::exec();
  return 0;
}

void PluginHost::serve() {
  for (int i = 0; i < messagesPerTurn && !m_isEnding; ++i) {
    const auto payload = m_link.next();
    if (!payload) {
      if (m_link.isClosed()) end();
      return;
    }
    take(*payload);
  }
  // The rest may lie in our own buffer, where the notifier does not see it.
  if (!m_isEnding) {
    QMetaObject::invokeMethod(
        this, [this] { serve(); }, Qt::QueuedConnection);
  }
}

void PluginHost::take(const QByteArray &payload) {
  const QByteArray type = typeOfPayload(payload);
  if (type == "samples") return takeSamples(payload);
  const auto message = messageFrom(payload);
  if (!message) qFatal("the host sent %s", qPrintable(message.error()));
  if (type == "ping") return m_link.send(frameOf("pong", message->body));
  if (type == "points") return takePoints(message->body.toArray());
  if (type == "event") return takeEvent(message->body.toMap());
  if (type == "command") return takeCommand(message->body.toMap());
  if (type == "stop") return end();
  if (type == "reload") return inPlugin([this] { m_plugin->reloadFiles(); });
  if (type != "start") return;
  takePoints(message->body.toMap().value(QLatin1String("points")).toArray());
  inPlugin([this] { m_plugin->start(); });
}

template <class Call>
void PluginHost::inPlugin(Call call) {
  QMetaObject::invokeMethod(m_plugin.get(), [this, call] {
    const QString thrown = guard(call);
    if (!thrown.isEmpty()) sendStatus(PluginState::Failed, thrown);
  });
}

void PluginHost::takePoints(const QCborArray &points) {
  for (const QCborValue &each : points) {
    if (const auto point = announcedFrom(each.toMap())) m_context.learn(*point);
  }
}

void PluginHost::takeSamples(const QByteArray &payload) {
  auto message = samplesFrom(payload);
  if (!message) qFatal("the host sent %s", qPrintable(message.error()));
  m_context.setSequence(message->sequence);
  Samples samples;
  samples.reserve(message->samples.size());
  for (Sample &sample : message->samples) {
    sample.point = m_context.localOf(sample.point);
    if (sample.point != PointId::None) samples.append(std::move(sample));
  }
  m_context.table().update(samples);
  if (!m_sink || samples.isEmpty()) return m_link.send(frameOf("written"));
  inPlugin([this, samples] { m_sink->write(samples); });
}

void PluginHost::takeEvent(const QCborMap &body) {
  auto event = eventFrom(body);
  if (!event || !m_sink) return;
  if (auto *alarm = std::get_if<AlarmTransition>(&event->body)) alarm->point = m_context.localOf(alarm->point);
  if (auto *status = std::get_if<CommandStatus>(&event->body)) {
    status->point = m_context.localOf(status->point);
    for (PointId &id : status->scenePoints) id = m_context.localOf(id);
  }
  m_context.setSequence(event->sequence);
  inPlugin([this, event = *event] { m_sink->notify(event); });
}

void PluginHost::takeCommand(const QCborMap &body) {
  auto command = commandFrom(body);
  if (!command || !m_source) return;
  command->point = m_context.localOf(command->point);
  command->obstacle = [this, id = command->id] { return m_context.obstacleOf(id); };
  inPlugin([this, command = *command] { m_source->execute(command); });
}

void PluginHost::publish(const Samples &given) {
  Samples samples = given;
  for (Sample &sample : samples) sample.point = m_context.hostsOf(sample.point);
  for (qsizetype from = 0; from < samples.size(); from += mostSamples) {
    m_link.send(framedSamples(samples.constData() + from, std::min(mostSamples, samples.size() - from), 0));
  }
}

void PluginHost::raise(const Event &given) {
  Event event = given;
  if (auto *alarm = std::get_if<AlarmTransition>(&event.body)) alarm->point = m_context.hostsOf(alarm->point);
  if (auto *status = std::get_if<CommandStatus>(&event.body)) status->point = m_context.hostsOf(status->point);
  m_link.send(frameOf("event", toCbor(event)));
}

void PluginHost::request(const Command &given) {
  Command command = given;
  command.point = m_context.hostsOf(command.point);
  m_link.send(frameOf("request", toCbor(command)));
}

void PluginHost::sendStatus(PluginState state, const QString &text) {
  m_link.send(
      frameOf("status", QCborMap{{QLatin1String("state"), QString(toText(state))}, {QLatin1String("text"), text}}));
}

void PluginHost::sendMetrics() {
  const QCborArray changed = m_context.changedMetrics();
  if (!changed.isEmpty()) m_link.send(frameOf("metrics", changed));
}

/// The host has no more for it, or is gone.
void PluginHost::end() {
  if (std::exchange(m_isEnding, true)) return;
  m_metrics.stop();
  if (!m_isBlocking) {
    guard([this] { m_plugin->stop(); });
    m_plugin.reset();
  } else {
    QSemaphore done;
    QMetaObject::invokeMethod(m_plugin.get(), [this, &done] {
      guard([this] { m_plugin->stop(); });
      m_plugin.reset();
      done.release();
    });
    done.acquire();  // the host ends us when this takes too long
    m_thread.quit();
    m_thread.wait();
  }
  QCoreApplication::quit();
}

QCborMap refusal(const QString &why) { return {{QLatin1String("refused"), why}}; }

}  // namespace

int runPluginHost() {
  bool isGiven = false;
  const int socket = qEnvironmentVariableIntValue("TAGWIRE_PLUGIN_FD", &isGiven);
  int kind = 0;
  socklen_t size = sizeof(kind);
  if (!isGiven || ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &kind, &size) != 0) {
    std::fputs("plugin-host is what tagwire runs isolated plugins in; it can't be started by hand\n", stderr);
    return exitUsage;
  }
  std::set_new_handler(endOutOfMemory);
  HostLink link(socket);
  const auto first = link.wait();
  const auto hello = first ? messageFrom(*first) : Result<Message>(failure(QString()));
  const auto second = link.wait();
  const auto create = second ? messageFrom(*second) : Result<Message>(failure(QString()));
  if (!hello || !create) return exitUsage;
  // Both are of one build but when the package was upgraded under a program that runs.
  const QString program = hello->body.toMap().value(QLatin1String("program")).toString();
  if (hello->body.toMap().value(QLatin1String("protocol")).toInteger() != protocolVersion ||
      program != QStringLiteral(TAGWIRE_VERSION)) {
    link.send(frameOf("hello", refusal(QStringLiteral("is installed as version %1, and version %2 runs: restart it")
                                           .arg(QStringLiteral(TAGWIRE_VERSION), program))));
    return 0;
  }
  link.send(frameOf("hello", QCborMap{{QLatin1String("protocol"), protocolVersion}}));
  ownCategory = "tagwire." + hello->body.toMap().value(QLatin1String("id")).toString().toUtf8();
  logLink = &link;
  qInstallMessageHandler(logToHost);
  int code = 0;
  {
    PluginHost host(link, hello->body.toMap());
    if (host.make(create->body.toMap())) {
      code = host.run();
    } else {
      (void)link.wait();
    }
  }
  qInstallMessageHandler(nullptr);
  return code;
}

}  // namespace tagwire
