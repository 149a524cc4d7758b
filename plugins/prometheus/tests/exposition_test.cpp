// SPDX-License-Identifier: Apache-2.0
#include "exposition.h"

#include <QTest>

#include <cmath>

#include "endpointurl.h"
#include "testprogram.h"

namespace exposition_test {

using namespace prometheus_plugin;
using tagwire::fromMilliseconds;

struct Read {
  QList<Series> all;
  QString error;
};

/// All that is called x, in pieces of so many bytes.
Read read(const QByteArray &text, Exposition::Form form = Exposition::Form::Text, qsizetype piece = 1'000'000) {
  Read out;
  Exposition exposition(
      form, [](QByteArrayView name) { return name == "x"; },
      [&](QByteArrayView, const Series &series) { out.all << series; });
  for (qsizetype at = 0; at < text.size(); at += piece) {
    if (const auto taken = exposition.add(QByteArrayView(text).sliced(at, std::min(piece, text.size() - at))); !taken) {
      out.error = taken.error();
      return out;
    }
  }
  if (const auto whole = exposition.end(); !whole) out.error = whole.error();
  return out;
}

class ExpositionTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void linesAreReadInPiecesOfAnySize() {
    const QByteArray text =
        "# HELP x of \"no\" use\n# TYPE x gauge\n\nother{a=\"b\"} what ever\nx 1\nx{a=\"1\"} +2.5e3\r\n"
        "x { a = \"q\\\"u\\\\n\\n\" , b=\"}\" , } -0 1700000000123\n{\"quoted.name\"} 1\nx{} NaN\nx +Inf\nx\t1e999\n";
    for (const qsizetype piece : {1, 2, 7, 1000}) {
      const Read out = read(text, Exposition::Form::Text, piece);
      QVERIFY2(out.error.isEmpty(), qPrintable(out.error));
      QCOMPARE(out.all.size(), 6);
      QCOMPARE(out.all[0].value, 1.0);
      QCOMPARE(out.all[1].value, 2500.0);
      QCOMPARE(out.all[1].labels, (Labels{{"a", "1"}}));
      QCOMPARE(out.all[2].labels, (Labels{{"a", "q\"u\\n\n"}, {"b", "}"}}));
      QVERIFY(out.all[2].time == fromMilliseconds(1700000000123));
      QVERIFY(std::isnan(out.all[3].value));
      QVERIFY(std::isinf(out.all[4].value));
      QVERIFY(std::isinf(out.all[5].value));
    }
  }

  void openMetricsHasSecondsExemplarsAndAnEnd() {
    const Read out = read("x 3 1700000000.5 # {trace=\"a b\"} 1 2\nx 4 # {} 1\n# EOF\n", Exposition::Form::OpenMetrics);
    QVERIFY2(out.error.isEmpty(), qPrintable(out.error));
    QVERIFY(out.all[0].time == fromMilliseconds(1700000000500));
    QCOMPARE(out.all[1].value, 4.0);
    QVERIFY(read("x 3\n", Exposition::Form::OpenMetrics).error.contains(u"# EOF"));
    QVERIFY(read("x 3\n# EOF", Exposition::Form::OpenMetrics).error.isEmpty());
    QVERIFY(!read("# EOF\nx 3\n", Exposition::Form::OpenMetrics).error.isEmpty());
  }

  void whatIsNoLineIsRefused_data() {
    QTest::addColumn<QByteArray>("text");
    for (const char *text : {"x 12", "<html>\n", "x\n", "x 1 2 3\n", "x abc\n", "x 1,5\n", "x{a=\"1\" 2\n",
                             "x{a=1} 2\n", "x{a=\"1} 2\n", "x{a=\"1\\\n", "x{=\"1\"} 2\n", "x 1 -5\n", "x 1 1e300\n",
                             "x 1 nan\n", "\xff\xfe\n", "x 0x10\n", "x ++1\n"}) {
      QTest::newRow(text) << QByteArray(text);
    }
  }
  void whatIsNoLineIsRefused() {
    QFETCH(QByteArray, text);
    const Read out = read(text);
    QVERIFY2(!out.error.isEmpty(), text.constData());
    QVERIFY(out.all.isEmpty() || text == "x 12");
  }

  void aLineWithoutEndIsNotKept() {
    QVERIFY(
        read(QByteArray("x 1\n") + QByteArray(200'000, 'a'), Exposition::Form::Text, 1000).error.contains(u"line 2"));
    QVERIFY(!read(QByteArray(70'000, 'a') + " 1\n").error.isEmpty());
  }

  void aSelectorIsReadAsPromQlWritesIt() {
    const auto selector = Selector::fromText(QStringLiteral(" a:b {x='1\\'\\\"', y = \"q\\\"\\\\\\n,}\" , } "));
    QVERIFY2(selector, selector ? "" : qPrintable(selector.error()));
    QCOMPARE(selector->name, QStringLiteral("a:b"));
    QCOMPARE(selector->labels[QStringLiteral("x")], QStringLiteral("1'\""));
    QCOMPARE(selector->labels[QStringLiteral("y")], QStringLiteral("q\"\\\n,}"));
    QCOMPARE(Selector::fromText(selector->toText())->labels, selector->labels);
    for (const char *text : {"", "1a", "a b", "a{", "a{x}", "a{x=1}", "a{x='1\"}", "a{x=~\"1\"}", "a{x!=\"1\"}",
                             "a{x=\"1\",x=\"2\"}", "a{x=\"1\"} 5", "a{x=\"1\\\"}", "rate(a[5m])", "a{,}"}) {
      QVERIFY2(!Selector::fromText(QString::fromLatin1(text)), text);
    }
  }

  void aSelectionFindsByLabels() {
    Selection selection;
    const char *selectors[] = {"a", "a{x=\"1\"}", "a{x=\"2\"}", "a{y=\"\"}", "a{x=\"1\",y=\"3\"}", "b{x=\"1\"}"};
    for (int i = 0; i < 6; ++i) selection.add(*Selector::fromText(QString::fromLatin1(selectors[i])), i);
    const auto of = [&](const char *name, const Labels &labels) {
      QList<int> all = selection.of(name, labels);
      std::sort(all.begin(), all.end());
      return all;
    };
    QVERIFY(selection.wants("b") && !selection.wants("c"));
    QCOMPARE(of("a", {}), (QList<int>{0, 3}));
    QCOMPARE(of("a", {{"x", "1"}}), (QList<int>{0, 1, 3}));
    QCOMPARE(of("a", {{"y", "3"}, {"x", "1"}, {"z", "0"}}), (QList<int>{0, 1, 4}));
    QCOMPARE(of("b", {{"x", "1"}}), (QList<int>{5}));
    QCOMPARE(of("c", {{"x", "1"}}), QList<int>());
  }

  void anEndpointIsHttp() {
    QCOMPARE(EndpointUrl::fromText(QStringLiteral("HTTP://host:9100"))->url.toString(),
             QStringLiteral("http://host:9100/metrics"));
    QCOMPARE(EndpointUrl::fromText(QStringLiteral("https://[::1]/a?b=c#d"))->url.toString(),
             QStringLiteral("https://[::1]/a?b=c"));
    for (const char *text : {"", "host", "file:///etc/passwd", "ftp://host", "http://", "http://a:b@host",
                             "http://host:0", "http://host:70000", "http://ho st"}) {
      QVERIFY2(!EndpointUrl::fromText(QString::fromLatin1(text)), text);
    }
  }
};

TAGWIRE_TEST(ExpositionTest)

}  // namespace exposition_test

#include "exposition_test.moc"
