// SPDX-License-Identifier: Apache-2.0
#include "feeder.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QSocketNotifier>
#include <QTimer>

#include <csignal>
#include <cstdio>

#include "sqlsink.h"
#include "testcontext.h"
#include "testprogram.h"

#include <unistd.h>

namespace tagwire::sql {

using namespace std::chrono_literals;

namespace {

/// The fed process.
class Fed : public QObject {
  Q_OBJECT
 public:
  Fed(const SqlConfig &config, int boot, int rate)
      : m_context(QStringLiteral("history")), m_sink(config, m_context), m_boot(boot), m_rate(rate) {
    QList<PointInfo> points;
    for (int i = 0; i < Feeder::pointCount; ++i) {
      points << PointInfo{QStringLiteral("p%1").arg(i), ValueType::Int};
    }
    m_ids = m_context.declareUnder(QStringLiteral("fed"), points);
    connect(&m_sink, &Plugin::written, this, [this] { m_isReady = true; });
    connect(&m_timer, &QTimer::timeout, this, [this] { m_isFinishing ? endWhenEmpty() : feed(); });
    m_sink.start();
    m_clock.start();
    m_timer.start(0);
  }

  void finish() {
    m_isFinishing = true;
    m_timer.start(50);
  }

 private:
  void feed() {
    if (!m_isReady || (m_rate > 0 && m_fed > m_clock.elapsed() * m_rate / 1000)) {
      ::usleep(500);
      return;
    }
    Samples samples;
    samples.reserve(Feeder::batch);
    for (int i = 0; i < Feeder::batch; ++i, ++m_fed) {
      const qint64 number = m_boot * Feeder::perBoot + m_fed;
      samples << Sample{m_ids[m_fed % Feeder::pointCount],
                        {},
                        Time(std::chrono::microseconds(1'600'000'000'000'000 + number)),
                        number};
    }
    Event event{quint64(m_fed), samples.last().time, QStringLiteral("fed"),
                CustomEvent{QStringLiteral("fed"), QByteArray::number(m_boot * Feeder::perBoot + m_fed - 1)}};
    m_sink.notify(event);
    m_isReady = false;
    m_sink.write(samples);
    std::printf("%lld\n", static_cast<long long>(m_fed));
    std::fflush(stdout);
  }

  double metric(const QByteArray &name) {
    const QByteArray text = QByteArray::fromStdString(m_context.metrics().text());
    double sum = 0;
    for (const QByteArray &line : text.split('\n')) {
      if (line.startsWith(name)) sum += line.mid(line.lastIndexOf(' ') + 1).toDouble();
    }
    return sum;
  }

  void endWhenEmpty() {
    if (metric("tagwire_sql_spooled") > 0 || metric("tagwire_sql_accepted_total") == 0) return;
    m_sink.stop();
    std::printf("ledger");
    for (const char *name :
         {"accepted_total", "written_total", "spooled", "quarantined", "dropped_total", "ledger_difference"}) {
      std::printf(" %lld", static_cast<long long>(metric(QByteArray("tagwire_sql_") + name)));
    }
    std::printf("\n");
    std::fflush(stdout);
    QCoreApplication::quit();
  }

  TestContext m_context;
  SqlSink m_sink;
  const qint64 m_boot;
  const qint64 m_rate;
  QList<PointId> m_ids;
  qint64 m_fed = 0;
  bool m_isReady = true;
  bool m_isFinishing = false;
  QElapsedTimer m_clock;
  QTimer m_timer;
};

/// The process that is fed: the plugin's configuration, the boot and the samples a second are its arguments.
int mainOfFed(int argc, char *argv[]) {
  if (argc != 4) return 2;
  QCoreApplication application(argc, argv);
  QString errors;
  const auto config = readConfig<SqlConfig>(QByteArray(argv[1]), &errors);
  if (!config) {
    std::fprintf(stderr, "%s", qPrintable(errors));
    return 78;
  }
  Fed fed(*config, std::atoi(argv[2]), std::atoi(argv[3]));
  QSocketNotifier input(0, QSocketNotifier::Read);
  QObject::connect(&input, &QSocketNotifier::activated, &fed, [&] {
    input.setEnabled(false);
    fed.finish();
  });
  return QCoreApplication::exec();
}

TAGWIRE_TEST_CHILD("feeder", mainOfFed)

}  // namespace

Feeder::Feeder(const QByteArray &config, int boot, int samplesPerSecond)
    : m_config(config), m_boot(boot), m_rate(samplesPerSecond) {
  m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
}

Feeder::~Feeder() { kill(); }

bool Feeder::start() {
  m_process.start(QCoreApplication::applicationFilePath(), {QStringLiteral("feeder"), QString::fromUtf8(m_config),
                                                            QString::number(m_boot), QString::number(m_rate)});
  return m_process.waitForStarted();
}

qint64 Feeder::accepted() {
  m_process.waitForReadyRead(0);
  m_rest += m_process.readAllStandardOutput();
  const qsizetype end = m_rest.lastIndexOf('\n');
  if (end < 0) return m_accepted;
  for (const QByteArray &line : m_rest.left(end).split('\n')) {
    if (line.startsWith("ledger ")) {
      m_ledger = line.mid(7);
    } else if (!line.isEmpty()) {
      m_accepted = line.toLongLong();
    }
  }
  m_rest = m_rest.mid(end + 1);
  return m_accepted;
}

void Feeder::kill() {
  if (m_process.state() == QProcess::NotRunning) return;
  m_process.kill();
  m_process.waitForFinished();
  accepted();
}

QByteArray Feeder::finish(int longestMs) {
  m_process.write("end\n");
  m_process.closeWriteChannel();
  m_process.waitForFinished(longestMs);
  accepted();
  return m_ledger;
}

}  // namespace tagwire::sql

#include "feeder.moc"
