// SPDX-License-Identifier: Apache-2.0
// The same reads with what Qt brings: QModbusTcpClient on Qt's event loop, all blocks of a cycle asked at once, on an
// absolute schedule.
//
//   modbus_qt --ports 15020,15021 [--registers 10000] [--period-ms 100]
//
// A cycle that begins before the last one ended is left out and counted. SIGTERM prints one line of JSON and ends.
#include <QCoreApplication>
#include <QModbusTcpClient>
#include <QSocketNotifier>
#include <QTimer>
#include <QVariant>

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "modbus_net.h"
#include "modbus_wire.h"

namespace {

using namespace tagwire::bench;

/// Reads all registers of one device. Owned by main().
class QtReader {
 public:
  QtReader(quint16 port, int registers) : m_values(static_cast<size_t>(registers)) {
    m_client.setConnectionParameter(QModbusDevice::NetworkAddressParameter, QStringLiteral("127.0.0.1"));
    m_client.setConnectionParameter(QModbusDevice::NetworkPortParameter, port);
    m_client.setTimeout(5000);
    m_client.setNumberOfRetries(0);
    m_client.connectDevice();
  }

  /// False when the last cycle is not over yet, or there is no connection.
  bool begin() {
    if (m_pending > 0 || m_client.state() != QModbusDevice::ConnectedState) return false;
    for (int first = 0; first < static_cast<int>(m_values.size()); first += mostRegistersInOne) ask(first);
    return true;
  }
  qint64 scans() const { return m_scans; }

 private:
  void ask(int first) {
    const auto count = std::min(mostRegistersInOne, static_cast<int>(m_values.size()) - first);
    const QModbusDataUnit unit(QModbusDataUnit::HoldingRegisters, first, static_cast<quint16>(count));
    QModbusReply *reply = m_client.sendReadRequest(unit, 1);
    if (!reply) giveUp("QModbusTcpClient takes no request");
    ++m_pending;
    QObject::connect(reply, &QModbusReply::finished, reply, [this, reply] { take(*reply); });
  }

  void take(QModbusReply &reply) {
    if (reply.error() != QModbusDevice::NoError) giveUp(reply.errorString().toStdString());
    const QModbusDataUnit result = reply.result();
    const QList<quint16> values = result.values();
    std::copy(values.begin(), values.end(), m_values.begin() + result.startAddress());
    reply.deleteLater();
    if (--m_pending == 0) ++m_scans;
  }

  QModbusTcpClient m_client;
  std::vector<quint16> m_values;
  int m_pending = 0;
  qint64 m_scans = 0;
};

/// Calls at start + n × period; a QTimer alone drifts.
class Schedule : public QTimer {
 public:
  Schedule(qint64 periodMs, std::function<void()> call) : m_period(periodMs * 1'000'000), m_due(monotonic()) {
    setTimerType(Qt::PreciseTimer);
    setSingleShot(true);
    callOnTimeout(this, [this, call = std::move(call)] {
      call();
      plan();
    });
    plan();
  }

 private:
  void plan() {
    const qint64 now = monotonic();
    m_due += (std::max<qint64>(now - m_due, 0) / m_period + 1) * m_period;
    start(static_cast<int>((m_due - now + 999'999) / 1'000'000));
  }

  qint64 m_period;
  qint64 m_due;
};

}  // namespace

int main(int count, char **words) {
  const Options options(count, words, {{"ports", ""}, {"registers", "10000"}, {"period-ms", "100"}});
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);  // before Qt starts any thread
  QCoreApplication application(count, words);

  const Descriptor signals(signalfd(-1, &set, SFD_CLOEXEC));
  QSocketNotifier ending(signals.number(), QSocketNotifier::Read);
  QObject::connect(&ending, &QSocketNotifier::activated, &application, &QCoreApplication::quit);

  const auto registers = static_cast<int>(options.number("registers", 1, 65536));
  std::vector<std::unique_ptr<QtReader>> readers;
  for (const quint16 port : options.ports("ports")) readers.push_back(std::make_unique<QtReader>(port, registers));
  qint64 late = 0;
  const Schedule schedule(options.number("period-ms", 1, 3'600'000), [&] {
    for (const auto &reader : readers) late += reader->begin() ? 0 : 1;
  });
  QCoreApplication::exec();
  qint64 scans = 0;
  for (const auto &reader : readers) scans += reader->scans();
  say("{\"scans\":" + std::to_string(scans) + ",\"late\":" + std::to_string(late) + "}");
}
