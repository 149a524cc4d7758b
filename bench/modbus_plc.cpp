// SPDX-License-Identifier: Apache-2.0
// A Modbus TCP device to measure clients with: it counts what was read of it, so that no client is asked for its own
// opinion. Serves functions 3, 4 and 6. All registers change every --change-ms: register a holds a + 7 × ticks.
//
//   modbus_plc [--ports 10] [--port 0] [--units 1] [--registers 10000] [--change-ms 100] [--stamp-on-read 0]
//              [--writable 0]
//
// --writable N: the last N registers hold what function 6 wrote, the same for all units of a port.
//
// --stamp-on-read 1: all registers change with each read of register 0 of a unit, and registers 0 to 3 hold the
// CLOCK_MONOTONIC nanoseconds of that read, the most significant first.
//
// The first line on stdout is {"listening":[port, …]}. SIGUSR1 sets the figures to zero, SIGUSR2 prints them as one
// line of JSON, SIGTERM prints them and ends.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <limits>

#include "modbus_net.h"
#include "modbus_wire.h"

namespace tagwire::bench {
namespace {

/// One unit behind one port, and how often each of its registers was read.
class Unit {
 public:
  explicit Unit(int registers) : m_reads(static_cast<std::size_t>(registers) + 1) {}

  void reset() {
    std::fill(m_reads.begin(), m_reads.end(), 0);
    m_lastScan = 0;
  }
  void noteRead(int address, int count) {
    // Differences, summed up when asked: a read costs the same whatever its length.
    m_reads[static_cast<std::size_t>(address)] += 1;
    m_reads[static_cast<std::size_t>(address + count)] -= 1;
  }
  /// Time since the read of register 0 before this one; 0 at the first.
  std::int64_t noteScan(std::int64_t now) {
    const std::int64_t last = std::exchange(m_lastScan, now);
    return last == 0 ? 0 : now - last;
  }
  /// Reads of the register that was read least.
  std::int64_t leastRead() const {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    std::int64_t sum = 0;
    for (std::size_t i = 0; i + 1 < m_reads.size(); ++i) least = std::min(least, sum += m_reads[i]);
    return least;
  }

 private:
  std::vector<std::int64_t> m_reads;
  std::int64_t m_lastScan = 0;
};

struct Shape {
  int units;
  int registers;
  bool stampsReads;
  int writable;
};

/// What all ports together were asked since the last reset.
struct Figures {
  std::int64_t since = monotonic();
  std::int64_t requests = 0;
  std::int64_t registers = 0;
  std::int64_t exceptions = 0;
  std::int64_t malformed = 0;
  std::int64_t connections = 0;
  Spread cycles;  ///< ms
};

/// A listening port with its units and clients. Owned by main().
class Device {
 public:
  Device(Loop &loop, std::uint16_t port, const Shape &shape, Figures &figures, const std::int64_t &ticks)
      : m_loop(loop), m_listener(listenOn(port)), m_shape(shape), m_figures(figures), m_ticks(ticks) {
    m_units.assign(static_cast<std::size_t>(shape.units), Unit(shape.registers));
    m_written.assign(static_cast<std::size_t>(shape.writable), 0);
    m_loop.watch(m_listener.number(), [this] { welcome(); });
  }

  std::uint16_t port() const { return portOf(m_listener); }
  std::vector<Unit> &units() { return m_units; }

 private:
  using Bytes = std::vector<std::uint8_t>;

  void welcome() {
    Descriptor socket = acceptFrom(m_listener);
    const int id = socket.number();
    if (id < 0) return;
    ++m_figures.connections;
    m_clients.insert_or_assign(id, std::make_unique<Stream>(std::move(socket)));
    m_loop.watch(
        id, [this, id] { serve(id); }, [this, id] { writeOn(id); });
  }

  void drop(int id) {
    m_loop.forget(id);
    m_clients.erase(id);
  }

  void serve(int id) {
    Stream &client = *m_clients.at(id);
    if (!client.receive()) return drop(id);
    Bytes answers;
    while (true) {
      const int size = frameBytes(client.received());
      if (size < 0) ++m_figures.malformed;
      if (size < 0) return drop(id);
      if (size == 0) break;
      answer(client.received().first(static_cast<std::size_t>(size)), answers);
      client.consume(static_cast<std::size_t>(size));
    }
    if (!client.send(answers)) return drop(id);
    if (client.isBlocked()) m_loop.wantWritable(id, true);
  }

  void writeOn(int id) {
    Stream &client = *m_clients.at(id);
    if (!client.flush()) return drop(id);
    if (!client.isBlocked()) m_loop.wantWritable(id, false);
  }

  void answer(std::span<const std::uint8_t> request, Bytes &answers) {
    ++m_figures.requests;
    const int function = request[7];
    const auto unit = static_cast<std::size_t>(request[6]) - 1;
    if (unit >= m_units.size()) return refuse(request, 11, answers);
    if (function != 3 && function != 4 && function != 6) return refuse(request, 1, answers);
    if (request.size() != readRequestBytes) return refuse(request, 3, answers);
    const int address = word(request, 8);
    if (function == 6) return write(request, address, answers);
    const int count = word(request, 10);
    if (count < 1 || count > mostRegistersInOne) return refuse(request, 3, answers);
    if (address + count > m_shape.registers) return refuse(request, 2, answers);
    note(m_units[unit], address, count);
    const std::size_t at = begin(request, answers, 3 + 2 * count);
    answers[at + 8] = static_cast<std::uint8_t>(2 * count);
    for (int i = 0; i < count; ++i) putWord(answers, at + 9 + 2 * static_cast<std::size_t>(i), value(address + i));
  }

  void write(std::span<const std::uint8_t> request, int address, Bytes &answers) {
    const int first = m_shape.registers - m_shape.writable;
    if (address < first || address >= m_shape.registers) return refuse(request, 2, answers);
    m_written[static_cast<std::size_t>(address - first)] = word(request, 10);
    answers.insert(answers.end(), request.begin(), request.end());
  }

  void note(Unit &unit, int address, int count) {
    m_figures.registers += count;
    unit.noteRead(address, count);
    if (address != 0) return;
    m_stamp = monotonic();
    m_reads += 1;
    const std::int64_t cycle = unit.noteScan(m_stamp);
    if (cycle > 0) m_figures.cycles.add(static_cast<double>(cycle) / 1e6);
  }

  int value(int address) const {
    if (m_shape.stampsReads && address < 4) return static_cast<int>((m_stamp >> (48 - 16 * address)) & 0xFFFF);
    const int written = address - (m_shape.registers - m_shape.writable);
    if (written >= 0) return m_written[static_cast<std::size_t>(written)];
    return static_cast<int>((address + 7 * (m_shape.stampsReads ? m_reads : m_ticks)) & 0xFFFF);
  }

  /// Header and function of an answer of `size` bytes behind the six that count them, and where it begins.
  static std::size_t begin(std::span<const std::uint8_t> request, Bytes &answers, int size) {
    const std::size_t at = answers.size();
    answers.resize(at + 6 + static_cast<std::size_t>(size));
    std::copy(request.begin(), request.begin() + 8, answers.begin() + static_cast<std::ptrdiff_t>(at));
    putWord(answers, at + 4, size);
    return at;
  }

  void refuse(std::span<const std::uint8_t> request, std::uint8_t exception, Bytes &answers) {
    ++m_figures.exceptions;
    const std::size_t at = begin(request, answers, 3);
    answers[at + 7] |= 0x80;
    answers[at + 8] = exception;
  }

  Loop &m_loop;
  Descriptor m_listener;
  Shape m_shape;
  Figures &m_figures;
  const std::int64_t &m_ticks;
  std::vector<Unit> m_units;
  std::vector<int> m_written;
  std::unordered_map<int, std::unique_ptr<Stream>> m_clients;
  std::int64_t m_stamp = 0;
  std::int64_t m_reads = 0;
};

/// All devices of this process. Owned by main().
class Plant {
 public:
  Plant(Loop &loop, const Options &options)
      : m_shape{static_cast<int>(options.number("units", 1, 247)),
                static_cast<int>(options.number("registers", 4, 65536)), options.number("stamp-on-read", 0, 1) == 1,
                static_cast<int>(options.number("writable", 0, 1000))} {
    m_shape.writable = std::min(m_shape.writable, m_shape.registers);
    const auto ports = options.number("ports", 1, 1000);
    const auto first = options.number("port", 0, 65535 - ports);
    for (std::int64_t i = 0; i < ports; ++i) {
      const auto port = static_cast<std::uint16_t>(first == 0 ? 0 : first + i);
      m_devices.push_back(std::make_unique<Device>(loop, port, m_shape, m_figures, m_ticks));
    }
    const auto change = options.number("change-ms", 0, 3'600'000);
    if (change > 0) loop.every(change * 1'000'000, [this] { ++m_ticks; });
  }

  std::string listening() const {
    std::string list;
    for (const auto &device : m_devices) {
      if (!list.empty()) list += ',';
      list += std::to_string(device->port());
    }
    return "{\"listening\":[" + list + "]}";
  }

  void reset() {
    m_figures = Figures();
    for (const auto &device : m_devices) {
      for (Unit &unit : device->units()) unit.reset();
    }
  }

  std::string json() {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (const auto &device : m_devices) {
      for (const Unit &unit : device->units()) least = std::min(least, unit.leastRead());
    }
    const double seconds = static_cast<double>(monotonic() - m_figures.since) / 1e9;
    const auto all = static_cast<double>(m_devices.size()) * m_shape.units * m_shape.registers;
    std::array<char, 400> text{};
    std::snprintf(text.data(), text.size(),
                  "{\"seconds\":%.3f,\"requests\":%lld,\"registers\":%lld,\"full_scans_per_s\":%.3f,"
                  "\"least_read_per_s\":%.3f,\"exceptions\":%lld,\"malformed\":%lld,\"connections\":%lld,"
                  "\"cycles\":%zu,\"cycle_ms\":",
                  seconds, wide(m_figures.requests), wide(m_figures.registers),
                  static_cast<double>(m_figures.registers) / all / seconds, static_cast<double>(least) / seconds,
                  wide(m_figures.exceptions), wide(m_figures.malformed), wide(m_figures.connections),
                  m_figures.cycles.count());
    return text.data() + m_figures.cycles.json() + "}";
  }

 private:
  static long long wide(std::int64_t number) { return number; }

  Shape m_shape;
  Figures m_figures;
  std::int64_t m_ticks = 0;
  std::vector<std::unique_ptr<Device>> m_devices;
};

}  // namespace
}  // namespace tagwire::bench

int main(int count, char **words) {
  using namespace tagwire::bench;
  const Options options(count, words,
                        {{"ports", "1"},
                         {"port", "0"},
                         {"units", "1"},
                         {"registers", "10000"},
                         {"change-ms", "100"},
                         {"stamp-on-read", "0"},
                         {"writable", "0"}});
  Loop loop;
  Plant plant(loop, options);
  loop.on(SIGUSR1, [&] { plant.reset(); });
  loop.on(SIGUSR2, [&] { say(plant.json()); });
  for (const int signal : {SIGTERM, SIGINT}) loop.on(signal, [&] { loop.end(); });
  say(plant.listening());
  loop.run();
  say(plant.json());
}
