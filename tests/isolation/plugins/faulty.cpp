// SPDX-License-Identifier: Apache-2.0
// Says one value, and then does what takes a process down, each time it is started.
#include <QFile>
#include <QThread>
#include <QTimer>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

#include "plugin.h"

namespace {

using namespace tagwire;

struct FaultyConfig {
  QString fault;
  std::optional<Secret> secret;
  std::optional<PointReference> input;

  static void describe(Shape<FaultyConfig> &shape) {
    shape.optional("fault", &FaultyConfig::fault, "what to do");
    shape.optional("token", &FaultyConfig::secret, "told as a text");
    shape.optional("input", &FaultyConfig::input, "a point whose value is told again");
  }
};

void segfault() {
  volatile int *nowhere = nullptr;
  *nowhere = 1;
}

/// By way of a pointer, so that the compiler does not see where it goes.
int (*deeper)(volatile char *) = nullptr;
int overflow(volatile char *above) {
  volatile char here[4096];
  here[0] = above ? above[0] : '\0';
  return deeper(here) + here[0];
}

void leak() {
  for (;;) {
    volatile char *piece = new char[1024 * 1024];
    for (int i = 0; i < 1024 * 1024; i += 4096) piece[i] = 1;
  }
}

void say(const QByteArray &bytes) {
  const int socket = qEnvironmentVariableIntValue("TAGWIRE_PLUGIN_FD");
  if (::send(socket, bytes.constData(), static_cast<size_t>(bytes.size()), MSG_NOSIGNAL) < 0) ::_exit(9);
}

void throwSomething() { throw std::runtime_error("through a noexcept"); }
void (*thrower)() = throwSomething;
void throwNoexcept() noexcept { thrower(); }

std::atomic<int> spins = 0;

struct Fault {
  const char *name;
  void (*make)();
};

const Fault laterFaults[] = {
    {"segfault_in_timer", segfault},
    {"segfault_in_thread", [] { std::thread(segfault).join(); }},
    {"abort", [] { std::abort(); }},
    {"exit", [] { std::exit(0); }},
    {"exit_at_once", [] { ::_exit(3); }},
    {"terminate", [] { std::terminate(); }},
    {"throw_in_thread", [] { std::thread([] { throw std::runtime_error("in a thread"); }).join(); }},
    {"throw_noexcept", throwNoexcept},
    {"stack_overflow",
     [] {
       deeper = overflow;
       ::_exit(overflow(nullptr));
     }},
    {"leak", leak},
    {"blocked",
     [] {
       for (;;) ::pause();
     }},
    {"busy",
     [] {
       for (;;) ++spins;
     }},
    {"kill", [] { ::kill(::getpid(), SIGKILL); }},
    {"divide", [] { ::raise(SIGFPE); }},
    {"rubbish", [] { say("this is no frame of any kind, and long enough to look like one"); }},
    {"half_frame", [] { say(QByteArray("\x00\x00\x10\x00\x82\x67samples", 13)); }},
    {"huge_frame", [] { say(QByteArray("\x7f\xff\xff\xff", 4)); }},
    {"no_cbor", [] { say(QByteArray("\x00\x00\x00\x04\xff\xff\xff\xff", 8)); }},
    {"close_all", [] { ::close_range(0, ~0U, 0); }},
    {"fork",
     [] {
       if (::fork() != 0) ::_exit(0);
       for (;;) ::pause();  // it holds the socket
     }},
};

class Faulty : public Plugin, public Source, public Sink {
  Q_OBJECT
 public:
  Faulty(FaultyConfig config, PluginContext &context) : m_config(std::move(config)), m_context(context) {
    m_points = context.declare({{.name = QStringLiteral("value"), .writable = true},
                                {.name = QStringLiteral("text"), .type = ValueType::Text}});
    if (is("segfault_in_create")) segfault();
    if (is("blocked_in_create")) {
      for (;;) ::pause();
    }
    if (is("throw_in_create")) throw std::runtime_error("made on purpose");
  }
  ~Faulty() override {
    if (is("segfault_in_destructor")) segfault();
  }

  void start() override {
    if (is("segfault_in_start")) segfault();
    Q_EMIT statusChanged(PluginState::Running, {});
    publish(0, 1.0);
    if (m_config.secret) publish(1, m_config.secret->reveal());
    if (is("environment")) publish(1, qEnvironmentVariable("TAGWIRE_TEST_SECRET", QStringLiteral("not there")));
    if (is("throw_in_slot")) QTimer::singleShot(0, this, [] { throw std::runtime_error("in a slot"); });
    if (is("foreign_points")) foreignPoints();
    if (is("flood")) QTimer::singleShot(0, this, &Faulty::flood);
    for (const Fault &fault : laterFaults) {
      if (is(fault.name)) QTimer::singleShot(20, this, fault.make);
    }
  }
  void stop() override {
    if (is("blocked_in_stop")) {
      for (;;) ::pause();
    }
  }
  void execute(const Command &command) override {
    if (is("segfault_in_execute")) segfault();
    if (is("never_answers")) return;
    if (is("asks_late")) {
      QTimer::singleShot(300, this, [this, command] {
        const auto obstacle = obstacleNow(command);
        publish(1, obstacle ? QString(toText(obstacle->state)) : QStringLiteral("may be sent"));
        if (obstacle) Q_EMIT eventRaised({0, m_context.clock().now(), {}, *obstacle});
      });
      return;
    }
    CommandStatus status{command.id, command.point, CommandState::Succeeded, command.value, {}};
    if (const auto obstacle = obstacleNow(command)) status = *obstacle;
    Q_EMIT eventRaised({0, m_context.clock().now(), {}, status});
  }
  void write(const Samples &samples) override {
    if (is("segfault_in_write")) segfault();
    for (const Sample &sample : samples) {
      const auto point = m_context.points().point(sample.point);
      if (m_config.input && point && point->fullName == m_config.input->name) publish(0, sample.value);
    }
    Q_EMIT written();
  }
  void notify(const Event &event) override {
    if (is("segfault_in_notify")) segfault();
    const auto *custom = std::get_if<CustomEvent>(&event.body);
    if (custom && is("echo")) Q_EMIT eventRaised({0, {}, {}, CustomEvent{QStringLiteral("echo"), custom->json}});
  }

 private:
  bool is(const char *fault) const { return m_config.fault == QLatin1String(fault); }
  void publish(int index, const Value &value) {
    Q_EMIT samplesReady({Sample{m_points[index], Quality::good(), m_context.clock().now(), value}});
  }
  /// Ids that it made up, and a text where a number is due.
  void foreignPoints() {
    const QByteArray samples =
        QByteArray::fromHex("8267") + "samples" + QByteArray::fromHex("828318ff01018319ffff0101");
    say(QByteArray(3, '\0') + static_cast<char>(samples.size()) + samples);
    publish(0, QStringLiteral("a text"));
    publish(0, 2.0);
  }
  void flood() {
    Samples samples;
    for (int i = 0; i < 1000; ++i)
      samples << Sample{m_points[0], Quality::good(), m_context.clock().now(), Value(1.0 * i)};
    Q_EMIT samplesReady(samples);
    QTimer::singleShot(0, this, &Faulty::flood);
  }

  FaultyConfig m_config;
  PluginContext &m_context;
  QList<PointId> m_points;
};

class FaultyFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "faulty.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &config, PluginContext &context) override {
    auto read = config.read<FaultyConfig>();
    return read ? std::make_unique<Faulty>(std::move(*read), context) : nullptr;
  }
  ConfigSchema schema() const override { return schemaOf<FaultyConfig>(); }
};

}  // namespace

#include "faulty.moc"
