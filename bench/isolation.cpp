// SPDX-License-Identifier: Apache-2.0
// Samples per second out of a plugin, and the time there and back of one sample: in the host, in a process of its own,
// and beside them the limit in the same run: two bare processes, a socket pair, as many bytes.
#include <QCoreApplication>
#include <QElapsedTimer>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "isolation/isolatedplugin.h"
#include "isolation/pluginhost.h"
#include "isolation/wire.h"
#include "result.h"
#include "testcontext.h"

using namespace tagwire;

namespace {

constexpr int measureMs = 2000;
constexpr int roundTrips = 2000;

struct Subject {
  Subject(PluginLoader &loader, const QByteArray &json, bool isIsolated) {
    Problems problems;
    const ConfigNode node = parseJson(json, QStringLiteral("bench"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    const QString type = QStringLiteral("isolationbench");
    if (isIsolated) {
      IsolationLimits limits;
      limits.samplesPerSecond = 1'000'000'000;
      auto made = std::make_unique<IsolatedPlugin>(*loader.find(type), limits, context);
      if (made->create(reader, false)) plugin = std::move(made);
    } else {
      plugin = (*loader.load(type))->create(reader, context);
    }
    if (!plugin) qFatal("no instance: %s", problems.isEmpty() ? "?" : qPrintable(toText(problems.first())));
    QObject::connect(plugin.get(), &Plugin::samplesReady, [this](const Samples &samples) { count += samples.size(); });
    QObject::connect(plugin.get(), &Plugin::statusChanged,
                     [this](PluginState state) { isUp = state == PluginState::Running; });
    plugin->start();
    while (!isUp) QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 50);
  }
  ~Subject() { plugin->stop(); }

  TestContext context{QStringLiteral("b")};
  std::unique_ptr<Plugin> plugin;
  qint64 count = 0;
  bool isUp = false;
};

double samplesPerSecond(PluginLoader &loader, int batch, bool isIsolated) {
  Subject subject(loader, "{ \"batch\": " + QByteArray::number(batch) + " }", isIsolated);
  QElapsedTimer since;
  since.start();
  const qint64 before = subject.count;
  while (since.elapsed() < measureMs) {
    QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 50);
  }
  return static_cast<double>(subject.count - before) * 1e9 / static_cast<double>(since.nsecsElapsed());
}

/// A second process; it runs `child` on its end of the socket and ends.
template <class Child, class Parent>
void withProcess(Child child, Parent parent) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) qFatal("no socket");
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(pair[0]);
    child(pair[1]);
    ::_exit(0);
  }
  ::close(pair[1]);
  parent(pair[0]);
  ::close(pair[0]);
  ::waitpid(pid, nullptr, 0);
}

/// The same bytes, and nothing done with them.
double rawSamplesPerSecond(int batch) {
  const Samples samples(batch, Sample{static_cast<PointId>(100), {}, std::chrono::system_clock::now(), Value(1234.5)});
  const QByteArray frame = isolation::framedSamples(samples.constData(), samples.size(), 0);
  double rate = 0;
  withProcess(
      [&](int socket) {
        while (::send(socket, frame.constData(), static_cast<size_t>(frame.size()), MSG_NOSIGNAL) > 0) {
        }
      },
      [&](int socket) {
        std::vector<char> piece(64 * 1024);
        qint64 bytes = 0;
        QElapsedTimer since;
        since.start();
        while (since.elapsed() < measureMs)
          bytes += std::max<ssize_t>(0, ::recv(socket, piece.data(), piece.size(), 0));
        rate = static_cast<double>(bytes) / static_cast<double>(frame.size()) * batch * 1e9 /
               static_cast<double>(since.nsecsElapsed());
      });
  return rate;
}

struct Percentiles {
  double p50;
  double p99;
};

Percentiles percentiles(std::vector<qint64> &times) {
  std::sort(times.begin(), times.end());
  return {static_cast<double>(times[times.size() / 2]) / 1000.0,
          static_cast<double>(times[times.size() * 99 / 100]) / 1000.0};
}

Percentiles roundTrip(PluginLoader &loader, bool isIsolated) {
  Subject subject(loader, "{}", isIsolated);
  PointInfo info;
  info.name = QStringLiteral("x");
  const auto point = subject.context.pointTable().declare(QStringLiteral("o"), QStringLiteral("o"), info);
  const Samples samples{{*point, {}, std::chrono::system_clock::now(), Value(1.5)}};
  auto *sink = dynamic_cast<Sink *>(subject.plugin.get());
  std::vector<qint64> times;
  for (int i = 0; i < roundTrips; ++i) {
    QElapsedTimer since;
    since.start();
    const qint64 before = subject.count;
    bool isWritten = false;
    const auto link = QObject::connect(subject.plugin.get(), &Plugin::written, [&] { isWritten = true; });
    sink->write(samples);
    while (subject.count == before)
      QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 50);
    times.push_back(since.nsecsElapsed());
    while (!isWritten) QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 50);
    QObject::disconnect(link);
  }
  return percentiles(times);
}

Percentiles rawRoundTrip() {
  std::vector<qint64> times;
  withProcess(
      [](int socket) {
        char bytes[40];
        while (::recv(socket, bytes, sizeof(bytes), MSG_WAITALL) > 0) {
          if (::send(socket, bytes, sizeof(bytes), MSG_NOSIGNAL) < 0) return;
        }
      },
      [&](int socket) {
        char bytes[40] = {};
        for (int i = 0; i < roundTrips; ++i) {
          QElapsedTimer since;
          since.start();
          if (::send(socket, bytes, sizeof(bytes), MSG_NOSIGNAL) < 0) return;
          if (::recv(socket, bytes, sizeof(bytes), MSG_WAITALL) < 0) return;
          times.push_back(since.nsecsElapsed());
        }
      });
  return percentiles(times);
}

}  // namespace

int main(int argc, char *argv[]) {
  QCoreApplication application(argc, argv);
  if (argc > 1 && std::strcmp(argv[1], "plugin-host") == 0) return runPluginHost();
  PluginLoader loader({QStringLiteral(BENCH_PLUGINS)});
  if (!loader.find(QStringLiteral("isolationbench"))) qFatal("no plugin in %s", BENCH_PLUGINS);
  std::printf("isolation: samples/s out of a plugin (2 s each), and the way there and back of one\n");
  for (const int batch : {1, 100, 1000}) {
    const double host = samplesPerSecond(loader, batch, false);
    const double process = samplesPerSecond(loader, batch, true);
    const double raw = rawSamplesPerSecond(batch);
    std::printf(
        "batches of %4d: in the host %.2f million/s, in a process %.2f million/s (ratio %.3f), bare sockets %.2f "
        "million/s (ratio %.3f)\n",
        batch, host / 1e6, process / 1e6, process / host, raw / 1e6, process / raw);
    bench::report({QStringLiteral("out of a plugin in a process of its own, batches of %1").arg(batch),
                   QStringLiteral("samples/s"), process, bench::Beside{"bare sockets", raw},
                   bench::Beside{"in the host", host}});
  }
  const Percentiles host = roundTrip(loader, false);
  const Percentiles process = roundTrip(loader, true);
  const Percentiles raw = rawRoundTrip();
  std::printf(
      "there and back: in the host p50 %.1f us, p99 %.1f us; in a process p50 %.1f us, p99 %.1f us; bare sockets p50 "
      "%.1f us, p99 %.1f us (ratio of p50 %.1f)\n",
      host.p50, host.p99, process.p50, process.p99, raw.p50, raw.p99, process.p50 / raw.p50);
  bench::report({QStringLiteral("there and back of one sample, plugin in a process of its own, p50"),
                 QStringLiteral("µs"), process.p50, bench::Beside{"bare sockets", raw.p50},
                 bench::Beside{"in the host", host.p50}});
  return 0;
}
