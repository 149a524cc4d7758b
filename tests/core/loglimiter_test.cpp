// SPDX-License-Identifier: Apache-2.0
#include "loglimiter.h"

#include <QTest>
#include "testprogram.h"

namespace loglimiter_test {

using namespace tagwire;
using namespace std::chrono_literals;

namespace {

const QByteArray webLog = "tagwire.web";

/// How many of `count` such messages are shown.
int shown(LogLimiter &limiter, int count, LogLimiter::Moment now, const QString &text,
          const QByteArray &category = webLog) {
  int admitted = 0;
  for (int i = 0; i < count; ++i) {
    QString each = text;
    each.replace(QLatin1String("%n"), QString::number(i));
    if (limiter.admit(QtWarningMsg, category, each, now)) ++admitted;
  }
  return admitted;
}

}  // namespace

class LogLimiterTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aFloodIsCutAndTold() {
    LogLimiter limiter;
    QCOMPARE(shown(limiter, 1000, 1h, QStringLiteral("10.0.0.%n:4%n was refused")), LogLimiter::burst);
    QVERIFY(limiter.hasSuppressed());
    QVERIFY(limiter.due(1h + 4s).isEmpty());
    const auto told = limiter.due(1h + 6s);
    QCOMPARE(told.size(), 1);
    QCOMPARE(told.first().count, quint64(1000 - LogLimiter::burst));
    QCOMPARE(told.first().like, QStringLiteral("10.0.0.999:4999 was refused"));
    QCOMPARE(told.first().category, webLog);
    QVERIFY(!limiter.hasSuppressed() && limiter.due(2h).isEmpty());
  }
  void whileItGoesOnItIsToldNowAndThen() {
    LogLimiter limiter;
    int told = 0;
    quint64 counted = 0;
    int admitted = 0;
    for (auto now = LogLimiter::Moment(1h); now < 1h + 10min; now += 100ms) {
      admitted += shown(limiter, 1, now, QStringLiteral("again %n"));
      for (const auto &each : limiter.due(now)) {
        ++told;
        counted += each.count;
      }
    }
    for (const auto &each : limiter.due(2h)) counted += each.count;
    QVERIFY(told >= 9 && told <= 10);
    QCOMPARE(counted + static_cast<quint64>(admitted), quint64(6000));  // none is lost from view
    QVERIFY(admitted >= 600 && admitted <= 600 + LogLimiter::burst);    // one a second
  }
  void causesAreApart() {
    LogLimiter limiter;
    QCOMPARE(shown(limiter, 500, 1h, QStringLiteral("client %n is too slow")), LogLimiter::burst);
    QCOMPARE(shown(limiter, 1, 1h, QStringLiteral("the certificate expires soon")), 1);
    QCOMPARE(shown(limiter, 1, 1h, QStringLiteral("client 1 is too slow"), "tagwire.other"), 1);
  }
  void whatStandsInQuotesMakesNoCause() {
    LogLimiter limiter;
    int admitted = 0;
    for (int i = 0; i < 500; ++i) {
      QString name(8, QChar(u'a' + i % 26));
      name[0] = QChar(u'a' + i / 26);
      admitted += limiter.admit(QtWarningMsg, webLog, QStringLiteral("no point \"%1 x\" here").arg(name), 1h) ? 1 : 0;
    }
    QCOMPARE(admitted, LogLimiter::burst);
  }
  void anyNumberOfCausesIsBounded() {
    LogLimiter limiter;
    const auto wordOf = [](int number) {
      QString word;
      for (; number > 0; number /= 26) word += QChar(u'a' + number % 26);
      return word;
    };
    int admitted = 0;
    for (int i = 1; i < 20'000; ++i) {
      admitted += limiter.admit(QtWarningMsg, webLog, QStringLiteral("cause ") + wordOf(i), 1h) ? 1 : 0;
    }
    QVERIFY(admitted >= LogLimiter::mostCauses);
    QVERIFY(admitted <= LogLimiter::mostCauses + LogLimiter::burst);
    // Room again once they have been calm.
    QVERIFY(limiter.due(2h).size() == 1);
    QCOMPARE(shown(limiter, 50, 3h, QStringLiteral("something else")), 50);
  }
  void afterACalmTimeAllIsShownAgain() {
    LogLimiter limiter;
    shown(limiter, 1000, 1h, QStringLiteral("x"));
    (void)limiter.due(2h);
    QCOMPARE(shown(limiter, 1000, 3h, QStringLiteral("x")), LogLimiter::burst);
  }
};

TAGWIRE_TEST(LogLimiterTest)

}  // namespace loglimiter_test

#include "loglimiter_test.moc"
