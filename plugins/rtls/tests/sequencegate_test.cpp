// SPDX-License-Identifier: Apache-2.0
#include "sequencegate.h"

#include <QtTest>
#include "testprogram.h"

namespace sequencegate_test {

using namespace tagwire::rtls;

/// Scripts: "sender@second:sequence", and for each step whether it passes.
class SequenceGateTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_12_order_data();
  void R1_12_order();
  void R1_12_everyStep();
  void R1_12_reasons();
};

void SequenceGateTest::R1_12_order_data() {
  QTest::addColumn<QString>("script");
  QTest::addColumn<QString>("passes");
  const auto row = [](const char *name, const char *script, const char *passes) {
    QTest::newRow(name) << QString::fromLatin1(script) << QString::fromLatin1(passes);
  };
  row("forward", "a@0:1 a@1:2 a@2:3", "yyy");
  row("same again", "a@0:17 a@1:17", "yn");
  row("backward", "a@0:17 a@1:16 a@2:18", "yny");
  row("gap", "a@0:1 a@1:101", "yy");
  row("too far", "a@0:1 a@1:102", "yn");
  row("wraps", "a@0:199 a@1:200 a@2:1 a@3:2", "yyyy");
  row("wraps with a gap", "a@0:150 a@1:50", "yy");
  row("late one after the wrap", "a@0:200 a@1:1 a@2:200", "yyn");
  row("starts anywhere", "a@0:120 a@1:121", "yy");
  row("ten seconds of silence", "a@0:17 a@10:3", "yy");
  row("not quite", "a@0:17 a@9.999:3", "yn");
  row("dropped ones are no silence", "a@0:17 a@6:3 a@12:3", "ynn");
  row("new connection", "a@0:17 b@1:3 b@2:4", "yyy");
  row("each sender has its count", "a@0:17 b@1:3 a@2:16 a@3:18 b@4:3 b@5:4", "yynyny");
  row("none given", "a@0:17 a@1:-1 a@2:17 a@3:-1", "yyny");
  row("out of range", "a@0:0 a@1:201 a@2:-5 a@3:200 a@4:1", "nnnyy");
  row("fifth sender takes the longest silent one's place",
      "a@0:100 b@1:100 c@2:100 d@3:100 e@4:100 b@5:100 a@6:100 e@7:100", "yyyyynyn");
}

void SequenceGateTest::R1_12_order() {
  QFETCH(QString, script);
  QFETCH(QString, passes);
  SequenceGate gate;
  QString seen;
  for (const QString &step : script.split(u' ')) {
    const double second = step.section(u'@', 1).section(u':', 0, 0).toDouble();
    const auto elapsed = std::chrono::milliseconds(std::lround(second * 1000));
    seen += gate.pass(step.section(u'@', 0, 0), step.section(u':', 1).toInt(), elapsed) ? u'y' : u'n';
  }
  QCOMPARE(seen, passes);
}

void SequenceGateTest::R1_12_everyStep() {
  const QString sender = QStringLiteral("a");
  for (int first = 1; first <= 200; ++first) {
    for (int step = 0; step < 200; ++step) {
      SequenceGate gate;
      QVERIFY(gate.pass(sender, first, {}));
      QCOMPARE(gate.pass(sender, (first - 1 + step) % 200 + 1, {}).has_value(), step >= 1 && step <= 100);
    }
  }
}

void SequenceGateTest::R1_12_reasons() {
  SequenceGate gate;
  QVERIFY(gate.pass(QStringLiteral("a"), 18, {}));
  QCOMPARE(gate.pass(QStringLiteral("a"), 17, {}).error(), QStringLiteral("Sequence 17 is not after 18"));
  QCOMPARE(gate.pass(QStringLiteral("a"), 201, {}).error(),
           QStringLiteral("Sequence 201 is out of range (allowed: 1 to 200)"));
}

TAGWIRE_TEST(SequenceGateTest)

}  // namespace sequencegate_test

#include "sequencegate_test.moc"
