// SPDX-License-Identifier: Apache-2.0
#include "notify/transfers.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>
#include <vector>

#include "notify/opentransfer.h"

namespace tagwire::alarms {
namespace {

bool beginCurl() {
  static const bool isThere = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return isThere;
}

}  // namespace

/// The thread. begin() is thread-safe; all else is its own.
class Transfers::Loop {
 public:
  explicit Loop(Transfers &owner) : m_owner(owner), m_multi(beginCurl() ? curl_multi_init() : nullptr) {
    // A connection that had to make room for another would be closed with a good-bye, and that may take its time.
    if (m_multi) curl_multi_setopt(m_multi, CURLMOPT_MAXCONNECTS, 2000L);
    m_thread = std::thread([this] { run(); });
  }

  ~Loop() {
    m_isEnding = true;
    if (m_multi) curl_multi_wakeup(m_multi);
    m_sockets.shutAll();
    m_thread.join();
    m_sockets.shutAll();
    for (const auto &transfer : m_open) curl_multi_remove_handle(m_multi, transfer->handle());
    m_open.clear();
    if (m_multi) curl_multi_cleanup(m_multi);
  }

  void begin(int number, const Transfer &transfer) {
    {
      const std::scoped_lock lock(m_mutex);
      m_new.emplace_back(number, transfer);
    }
    if (m_multi) curl_multi_wakeup(m_multi);
  }

 private:
  void run() {
    // TLS writes to sockets that the peer has closed.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    while (!m_isEnding) {
      takeNew();
      int running = 0;
      if (m_multi) curl_multi_perform(m_multi, &running);
      takeEnded();
      if (!m_multi || curl_multi_poll(m_multi, nullptr, 0, 60'000, nullptr) != CURLM_OK) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    }
  }

  void takeNew() {
    std::vector<std::pair<int, Transfer>> taken;
    {
      const std::scoped_lock lock(m_mutex);
      taken.swap(m_new);
    }
    for (auto &[number, transfer] : taken) {
      auto open = std::make_unique<OpenTransfer>(number, std::move(transfer), m_sockets);
      if (!open->handle() || !open->isSetUp() || curl_multi_add_handle(m_multi, open->handle()) != CURLM_OK) {
        tell(*open, CURLE_FAILED_INIT);
      } else {
        m_open.push_back(std::move(open));
      }
    }
  }

  void takeEnded() {
    int left = 0;
    while (m_multi) {
      const CURLMsg *message = curl_multi_info_read(m_multi, &left);
      if (!message) return;
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      CURL *handle = message->easy_handle;
      const auto found =
          std::find_if(m_open.begin(), m_open.end(), [handle](const auto &each) { return each->handle() == handle; });
      if (found == m_open.end()) continue;
      tell(**found, code);
      curl_multi_remove_handle(m_multi, handle);
      m_open.erase(found);
    }
  }

  void tell(const OpenTransfer &transfer, CURLcode code) {
    QMetaObject::invokeMethod(
        &m_owner,
        [&owner = m_owner, number = transfer.number(), end = transfer.end(code)] { owner.finish(number, end); },
        Qt::QueuedConnection);
  }

  Transfers &m_owner;
  SocketBook m_sockets;
  CURLM *m_multi;
  std::mutex m_mutex;
  std::vector<std::pair<int, Transfer>> m_new;
  std::vector<std::unique_ptr<OpenTransfer>> m_open;
  std::atomic<bool> m_isEnding = false;
  std::thread m_thread;
};

Transfers::Transfers() : m_loop(std::make_unique<Loop>(*this)) {}
Transfers::~Transfers() = default;

void Transfers::begin(const Transfer &transfer, Ended ended) {
  const int number = ++m_last;
  m_open.emplace(number, std::move(ended));
  m_loop->begin(number, transfer);
}

void Transfers::finish(int number, const TransferEnd &end) {
  auto open = m_open.extract(number);
  if (open) open.mapped()(end);  // may delete this
}

}  // namespace tagwire::alarms
