// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "postgres/chunk.h"
#include "postgres/postgresconnection.h"
#include "postgresworks.h"
#include "testprogram.h"

namespace postgres_parts_test {

using namespace tagwire;
using namespace tagwire::sql;
using namespace std::chrono_literals;

/// What needs no server: URLs, what errors mean, how chunks are cut.
class PostgresPartsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void urlsAreUnderstood() {
    const auto full = postgresLocation(QStringLiteral(
        "postgresql://me%40home@db.example:6543/plant?sslmode=verify-full&sslrootcert=/etc/ca.pem&schema=a%20b"));
    QVERIFY2(full.has_value(), qPrintable(full ? QString() : full.error()));
    QCOMPARE(*full,
             (PostgresLocation{QStringLiteral("db.example"), 6543, QStringLiteral("plant"), QStringLiteral("me@home"),
                               QStringLiteral("a b"), QStringLiteral("verify-full"), QStringLiteral("/etc/ca.pem")}));
    for (const char *url :
         {"postgresql://u@%2Fvar%2Frun%2Fpg:5433/plant", "postgresql://u@localhost:5433/plant?host=/var/run/pg",
          "postgresql://u@:5433/plant?host=%2Fvar%2Frun%2Fpg"}) {
      const auto location = postgresLocation(QLatin1String(url));
      QVERIFY2(location.has_value(), url);
      QCOMPARE(location->host, QStringLiteral("/var/run/pg"));
      QCOMPARE(location->port, 5433);
      QCOMPARE(location->user, QStringLiteral("u"));
      QCOMPARE(location->database, QStringLiteral("plant"));
    }
    QCOMPARE(postgresLocation(QStringLiteral("postgresql:///plant"))->host, QStringLiteral("localhost"));
  }

  void wrongUrlsAreRefusedAndNoPasswordIsRepeated_data() {
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("error");
    const auto row = [](const char *url, const char *error) {
      QTest::newRow(url) << QString::fromLatin1(url) << QString::fromLatin1(error);
    };
    row("postgresql://u:sesame@h/n", "does not belong in the URL");
    row("postgresql://u:sesame@%2Fvar/n", "does not belong in the URL");
    row("postgresql://u@h/n?password=sesame", "does not belong in the URL");
    row("postgresql://u:sesame@h:notaport/n", "form");
    row("postgresql://u@h/n?sslmode=yes", "sslmode is one of disable");
    row("postgresql://u@h/n?options=x", "allowed: host, schema, sslmode, sslrootcert");
    row("postgresql://u@h/n?schema=", "no value");
    row("postgresql://u@h", "one database");
    row("postgresql://u@h/a/b", "one database");
    row("postgresql://u@h/n#sesame", "no meaning");
    row("mysql://u@h/n", "begins with postgresql://");
  }
  void wrongUrlsAreRefusedAndNoPasswordIsRepeated() {
    QFETCH(QString, url);
    QFETCH(QString, error);
    const auto location = postgresLocation(url);
    QVERIFY(!location.has_value());
    QVERIFY2(location.error().contains(error), qPrintable(location.error()));
    QVERIFY2(!location.error().contains(u"sesame"), qPrintable(location.error()));
  }

  void statesTellContentFromOutage() {
    for (const char *state : {"22P02", "22021", "23514", "23505", "54000", "P0001", "21000"}) {
      QVERIFY2(kindOfState(state, true) == StoreError::Kind::Refused, state);
    }
    for (const char *state : {"42501", "42P01", "53100", "53300", "57014", "57P01", "25006", "08006", "40001", "40P01",
                              "55P03", "XX000", "23503", ""}) {
      QVERIFY2(kindOfState(state, true) == StoreError::Kind::Outage, state);
    }
    // A row that no partition is there for: somebody dropped one.
    QCOMPARE(kindOfState("23514", false), StoreError::Kind::Outage);
  }

  void aChunkEndsWithItsDayItsKindItsPointAndItsLength() {
    std::vector<PostgresRecord> records;
    const auto add = [&](PointKey point, Time time, const Value &value, bool isPosition = false) {
      records.push_back(postgresRecord(sample(point, time, value), static_cast<qint32>(point), isPosition));
    };
    add(1, newYear + 24h - 1ms, 1.0);
    add(1, newYear + 24h, 1.0);  // another day
    add(1, newYear + 24h + 1s, {});
    add(1, newYear + 24h + 2s, 2.0);
    add(1, newYear + 24h + 3s, QStringLiteral("x"));  // another kind
    for (int i = 0; i < longestChunk + 1; ++i) add(2, newYear + i * 1s, 1.0);
    add(3, newYear - 24h * 40, Position{});
    records.back().isPosition = true;
    CopyRows samples, positions;
    QVERIFY(!ChunkPacker(records, 1, false).add(samples));
    QVERIFY(!ChunkPacker(records, 1, true).add(positions));
    QCOMPARE(samples.rows(), 5);
    QCOMPARE(positions.rows(), 1);
    QCOMPARE(monthsOf(records, false).size(), size_t(1));
    QCOMPARE(toIso(monthsOf(records, true).begin()->time()), QStringLiteral("2025-11-01T00:00:00.000Z"));
  }

  void timesAreRoundedDownBefore1970And2000Too() {
    QCOMPARE(Microseconds::of(Time(-1ns)).time(), Time(-1us));
    QCOMPARE(Microseconds::notBefore(Time(1ns)).time(), Time(1us));
    QCOMPARE(Microseconds::of(newYear).time(), newYear);
    QCOMPARE(toIso(dayOf(Microseconds::of(Time(-1ns))).time()), QStringLiteral("1969-12-31T00:00:00.000Z"));
    QCOMPARE(toIso(monthOf(Microseconds::of(Time(-1ns))).time()), QStringLiteral("1969-12-01T00:00:00.000Z"));
  }
};

TAGWIRE_TEST(PostgresPartsTest)

}  // namespace postgres_parts_test

#include "postgres_parts_test.moc"
