// SPDX-License-Identifier: Apache-2.0
// The limit of reading registers by Modbus TCP: sockets, one epoll loop and nothing else. All registers of each port go
// into an array every --period-ms, in blocks of 125.
//
//   modbus_raw --ports 15020,15021 [--registers 10000] [--period-ms 100] [--outstanding 0]
//
// --outstanding: requests under way on one connection; 0: all of a cycle in one write. A cycle that begins before the
// last one ended is left out and counted. SIGTERM prints one line of JSON and ends.
#include <csignal>
#include <cstdio>

#include "modbus_client.h"

int main(int count, char **words) {
  using namespace tagwire::bench;
  const Options options(count, words,
                        {{"ports", ""}, {"registers", "10000"}, {"period-ms", "100"}, {"outstanding", "0"}});
  const auto registers = static_cast<int>(options.number("registers", 1, 65536));
  const auto outstanding = static_cast<int>(options.number("outstanding", 0, 65535));
  std::int64_t scans = 0;
  std::int64_t late = 0;
  Loop loop;
  std::vector<std::unique_ptr<ReadingClient>> clients;
  for (const std::uint16_t port : options.ports("ports")) {
    clients.push_back(std::make_unique<ReadingClient>(loop, port, registers, outstanding, [&] { ++scans; }));
  }
  loop.every(options.number("period-ms", 1, 3'600'000) * 1'000'000, [&] {
    for (const auto &client : clients) late += client->begin() ? 0 : 1;
  });
  for (const int signal : {SIGTERM, SIGINT}) loop.on(signal, [&] { loop.end(); });
  loop.run();
  say("{\"scans\":" + std::to_string(scans) + ",\"late\":" + std::to_string(late) + "}");
}
