// SPDX-License-Identifier: Apache-2.0
// Event loops without a program around them: in each turn 200 bytes are written to each of N QTcpSockets and left to
// the loop to send, so that every message switches a write notifier on and off. Beside them, sockets that are silent.
//
//   event_loop [--loop epoll] [--sockets 100] [--idle 0] [--seconds 3]
//
// --loop: epoll (ours), qt or glib. Prints one line of JSON.
#include <QCoreApplication>
#include <QTcpSocket>
#include <QTimer>

#include <sys/resource.h>
#include <ctime>

#include <atomic>
#include <thread>

#include "epolldispatcher.h"
#include "modbus_net.h"

namespace tagwire::bench {
namespace {

std::int64_t cpuOfThisThread() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return used.tv_sec * 1'000'000'000 + used.tv_nsec;
}

/// The other ends: everything that comes is read and thrown away. Owned by main().
class Readers {
 public:
  void add(Descriptor socket) {
    m_loop.watch(socket.number(), [this, number = socket.number()] {
      static std::array<char, 65536> rubbish;
      if (::read(number, rubbish.data(), rubbish.size()) <= 0) m_loop.forget(number);
    });
    m_sockets.push_back(std::move(socket));
  }
  void run() {
    m_loop.every(50'000'000, [this] {
      if (m_isOver) m_loop.end();
    });
    m_thread = std::thread([this] { m_loop.run(); });
  }
  void end() {
    m_isOver = true;
    m_thread.join();
  }

 private:
  Loop m_loop;
  std::vector<Descriptor> m_sockets;
  std::atomic<bool> m_isOver = false;
  std::thread m_thread;
};

std::vector<std::unique_ptr<QTcpSocket>> connected(std::int64_t count, Readers &readers) {
  const Descriptor listener = listenOn(0);
  std::vector<std::unique_ptr<QTcpSocket>> sockets;
  for (std::int64_t i = 0; i < count; ++i) {
    readers.add(connectTo(portOf(listener)));
    Descriptor accepted = acceptFrom(listener);
    auto socket = std::make_unique<QTcpSocket>();
    if (!socket->setSocketDescriptor(::dup(accepted.number()))) giveUp("no socket");
    sockets.push_back(std::move(socket));
  }
  return sockets;
}

void measure(const Options &options) {
  Readers readers;
  const auto sockets = connected(options.number("sockets", 1, 10'000), readers);
  const auto idle = connected(options.number("idle", 0, 10'000), readers);
  readers.run();
  const QByteArray message(200, 'x');
  std::int64_t messages = 0;
  QTimer turns;
  QObject::connect(&turns, &QTimer::timeout, &turns, [&] {
    for (const auto &socket : sockets) {
      if (socket->bytesToWrite() > 0) continue;
      socket->write(message);
      ++messages;
    }
  });
  turns.start(0);
  const std::int64_t began = monotonic();
  const std::int64_t cpu = cpuOfThisThread();
  QTimer::singleShot(static_cast<int>(options.number("seconds", 1, 3600) * 1000), qApp, &QCoreApplication::quit);
  QCoreApplication::exec();
  const double seconds = static_cast<double>(monotonic() - began) / 1e9;
  const double cpuSeconds = static_cast<double>(cpuOfThisThread() - cpu) / 1e9;
  readers.end();
  const auto rate = [&](double time) {
    return std::to_string(static_cast<std::int64_t>(static_cast<double>(messages) / time));
  };
  say("{\"loop\":\"" + options.text("loop") + "\",\"sockets\":" + options.text("sockets") +
      ",\"idle\":" + options.text("idle") + ",\"messages_per_s\":" + rate(seconds) +
      ",\"messages_per_cpu_s\":" + rate(cpuSeconds) + "}");
}

}  // namespace
}  // namespace tagwire::bench

int main(int count, char **words) {
  using namespace tagwire::bench;
  const Options options(count, words, {{"loop", "epoll"}, {"sockets", "100"}, {"idle", "0"}, {"seconds", "3"}});
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const std::string &loop = options.text("loop");
  if (loop == "epoll") QCoreApplication::setEventDispatcher(new tagwire::EpollDispatcher);
  if (loop == "qt") qputenv("QT_NO_GLIB", "1");
  const QCoreApplication application(count, words);
  measure(options);
}
