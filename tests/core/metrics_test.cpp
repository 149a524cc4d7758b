// SPDX-License-Identifier: Apache-2.0
#include "metrics.h"

#include <QTest>
#include "processmetrics.h"
#include "prometheustext.h"
#include "testprogram.h"

namespace metrics_test {

using namespace tagwire;

class MetricsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void histogramCountsEachValueInItsBucket() {
    Metrics metrics;
    Histogram histogram = metrics.histogram("tagwire_test_seconds", "A test", {{"plugin", "plc1"}});
    histogram.observe(0.0005);  // a bound belongs to the bucket below it
    for (int i = 0; i < 1000; ++i) histogram.observe(0.0039);
    histogram.observe(1e9);
    histogram.observe(1e9);
    const PrometheusText text(QString::fromStdString(metrics.text()));
    QCOMPARE(text.complaints, QStringList());
    const auto bucket = [&](const char *bound) {
      return text.values.value(
          QStringLiteral("tagwire_test_seconds_bucket{plugin=\"plc1\",le=\"%1\"}").arg(QLatin1String(bound)), -1);
    };
    QCOMPARE(bucket("0.0005"), 1.0);
    QCOMPARE(bucket("0.0025"), 1.0);
    QCOMPARE(bucket("0.005"), 1001.0);
    QCOMPARE(bucket("60"), 1001.0);
    QCOMPARE(bucket("+Inf"), 1003.0);
    QCOMPARE(text.values.value(QStringLiteral("tagwire_test_seconds_sum{plugin=\"plc1\"}")), 2e9 + 3.9005);
  }
  void aHistogramIsTwoSeriesToThoseWhoAsk() {
    Metrics metrics;
    metrics.histogram("tagwire_test_seconds", "A test").observe(2);
    QCOMPARE(metrics.all().at("tagwire_test_seconds_count").front().value, 1.0);
    QCOMPARE(metrics.all().at("tagwire_test_seconds_sum").front().value, 2.0);
  }
  void whatCostsIsAskedForWhenTheTextIs() {
    Metrics metrics;
    Gauge gauge = metrics.gauge("tagwire_test", "A test");
    int asked = 0;
    metrics.with({{"plugin", "x"}})->beforeText([&] { gauge.set(++asked); });
    (void)metrics.all();
    QCOMPARE(asked, 0);
    QVERIFY(metrics.text().find("\ntagwire_test 1\n") != std::string::npos);
    QVERIFY(metrics.text().find("\ntagwire_test 2\n") != std::string::npos);
  }
  void whatIsGoneIsLeftOut() {
    Metrics metrics;
    Counter gone = metrics.with({{"plugin", "gone"}})->counter("tagwire_a_total", "A test");
    (void)metrics.with({{"plugin", "other"}})->counter("tagwire_a_total", "A test");
    Gauge lone = metrics.gauge("tagwire_b", "A test", {{"plugin", "gone"}});
    gone.add(2);
    lone.set(1);
    metrics.leaveOut("gone");
    QCOMPARE(metrics.all().at("tagwire_a_total").size(), std::size_t(1));
    QVERIFY(!metrics.all().contains("tagwire_b"));
    QVERIFY(metrics.text().find("gone") == std::string::npos);
    QVERIFY(metrics.text().find("other") != std::string::npos);
    gone.add();  // by a thread that is left behind
    metrics.leaveOut("gone", false);
    QCOMPARE(metrics.all().at("tagwire_a_total").size(), std::size_t(2));
    QCOMPARE(gone.value(), 3.0);
    QVERIFY(metrics.text().find("tagwire_b") != std::string::npos);
  }
  void theProcessIsWhatTheKernelSays() {
    Metrics metrics;
    ProcessMetrics process(metrics);
    const PrometheusText text(QString::fromStdString(metrics.text()));
    QCOMPARE(text.complaints, QStringList());
    const auto value = [&](const char *name) { return text.values.value(QLatin1String(name), -1); };
    QVERIFY(value("process_cpu_seconds_total") > 0);
    QVERIFY(value("process_resident_memory_bytes") > 1e6);
    QVERIFY(value("process_virtual_memory_bytes") >= value("process_resident_memory_bytes"));
    QVERIFY(value("process_open_fds") >= 3 && value("process_open_fds") <= value("process_max_fds"));
    const double now = static_cast<double>(QDateTime::currentSecsSinceEpoch());
    QVERIFY(value("process_start_time_seconds") > now - 3600 && value("process_start_time_seconds") <= now + 1);
    QCOMPARE(text.sum(QStringLiteral("tagwire_build_info{")), 1.0);
  }
  /// The check itself finds what it is there for.
  void theCheckComplains_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("complaint");
    const auto row = [](const char *name, const QByteArray &text, const char *complaint) {
      QTest::newRow(name) << text << QString::fromLatin1(complaint);
    };
    row("no help", "# TYPE tagwire_a gauge\ntagwire_a 1\n", "has no HELP");
    row("no type", "# HELP tagwire_a Text\ntagwire_a 1\n", "has no TYPE");
    row("counter", "# HELP tagwire_a Text\n# TYPE tagwire_a counter\ntagwire_a 1\n", "does not end in _total");
    row("gauge", "# HELP tagwire_a_total Text\n# TYPE tagwire_a_total gauge\ntagwire_a_total 1\n", "is no counter");
    row("unit", "# HELP tagwire_a_ms Text\n# TYPE tagwire_a_ms gauge\ntagwire_a_ms 1\n", "base unit");
    row("name", "# HELP Tagwire_A Text\n# TYPE Tagwire_A gauge\nTagwire_A 1\n", "no name of ours");
    row("point", "# HELP tagwire_a Text\n# TYPE tagwire_a gauge\ntagwire_a{point=\"plc1/a\"} 1\n", "too many values");
    row("twice", "# HELP tagwire_a Text\n# TYPE tagwire_a gauge\ntagwire_a 1\ntagwire_a 1\n", "twice");
    row("no end", "# HELP tagwire_a Text\n# TYPE tagwire_a gauge\ntagwire_a 1", "has no end");
    row("histogram",
        "# HELP tagwire_a_seconds Text\n# TYPE tagwire_a_seconds histogram\ntagwire_a_seconds_count 1\n"
        "tagwire_a_seconds_sum 1\ntagwire_a_seconds_bucket{le=\"1\"} 1\n",
        "no bucket for +Inf");
  }
  void theCheckComplains() {
    QFETCH(QByteArray, text);
    QFETCH(QString, complaint);
    const QStringList complaints = PrometheusText(QString::fromUtf8(text)).complaints;
    QVERIFY2(complaints.join(u'\n').contains(complaint), qPrintable(complaints.join(u'\n')));
  }
};

TAGWIRE_TEST(MetricsTest)

}  // namespace metrics_test

#include "metrics_test.moc"
