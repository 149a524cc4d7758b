// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "sqlconfig.h"
#include "storage/statement.h"
#include "testcontext.h"
#include "testprogram.h"
#include "topicfilter.h"

namespace sql_plain_test {

using namespace tagwire;
using namespace tagwire::sql;

/// The configuration and other plain things.
class SqlPlainTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aRelativeFileLiesInTheDataDir() {
    const auto location = DatabaseLocation::fromText(QStringLiteral("sqlite:plant/./history.db"));
    QVERIFY(location.has_value());
    QCOMPARE(location->pathIn(QStringLiteral("/var/lib/tagwire")), QStringLiteral("/var/lib/tagwire/plant/history.db"));
  }

  void anAbsoluteFileStaysWhereItIs() {
    const auto location = DatabaseLocation::fromText(QStringLiteral("sqlite:/mnt/disk/history.db"));
    QVERIFY(location.has_value());
    QCOMPARE(location->pathIn(QStringLiteral("/var/lib/tagwire")), QStringLiteral("/mnt/disk/history.db"));
  }

  void wrongDatabasesAreRefusedWithWhatIsAllowed_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("error");
    const QString allowed = QStringLiteral("(allowed: sqlite:<file>");
    QTest::newRow("mysql") << QStringLiteral("mysql://u:secret@h/n") << allowed;
    QTest::newRow("postgresql with a password")
        << QStringLiteral("postgresql://u:secret@h/n") << QStringLiteral("password");
    QTest::newRow("no scheme") << QStringLiteral("history.db") << allowed;
    QTest::newRow("only the scheme") << QStringLiteral("sqlite") << allowed;
    QTest::newRow("empty") << QString() << allowed;
    QTest::newRow("no file") << QStringLiteral("sqlite:") << allowed;
    QTest::newRow("memory") << QStringLiteral("sqlite::memory:") << allowed;
    QTest::newRow("folder") << QStringLiteral("sqlite:plant/") << QStringLiteral("folder");
    QTest::newRow("data_dir") << QStringLiteral("sqlite:.") << QStringLiteral("folder");
    QTest::newRow("leaves") << QStringLiteral("sqlite:../history.db") << QStringLiteral("leaves data_dir");
    QTest::newRow("leaves later") << QStringLiteral("sqlite:a/../../history.db") << QStringLiteral("leaves data_dir");
    QTest::newRow("parent") << QStringLiteral("sqlite:..") << QStringLiteral("leaves data_dir");
  }
  void wrongDatabasesAreRefusedWithWhatIsAllowed() {
    QFETCH(QString, text);
    QFETCH(QString, error);
    const auto location = DatabaseLocation::fromText(text);
    QVERIFY(!location.has_value());
    QVERIFY2(location.error().contains(error), qPrintable(location.error()));
    QVERIFY(!location.error().contains(u"secret"));
  }

  void theConfigurationHasDefaults() {
    const auto config = readConfig<SqlConfig>(R"({"database": "sqlite:history.db"})");
    QVERIFY(config.has_value());
    QCOMPARE(config->batchInterval, std::chrono::milliseconds(500));
  }

  void everyWrongKeyIsNamed() {
    QString errors;
    const QByteArray json =
        "{\"database\": \"oracle://a@b/c\", \"batch_interval_ms\": 5, \"points\": [\"plc1/#/x\"], "
        "\"durability\": \"some\", \"spool\": {\"max_mb\": 1, \"overflow\": \"block\", \"folder\": \"../x\"}, "
        "\"retention\": {\"samples_days\": 0}, \"rules\": [{\"points\": \"a\", \"keep\": \"few\"}], \"batchsize\": 3}";
    QVERIFY(!readConfig<SqlConfig>(json, &errors).has_value());
    for (const char *expected :
         {"config.database", "not a database", "config.batch_interval_ms", "config.points", "`#` before its end",
          "config.durability", "config.spool.max_mb", "config.spool.overflow", "config.spool.folder", "leaves data_dir",
          "config.retention.samples_days", "config.rules[0].keep", "batchsize"}) {
      QVERIFY2(errors.contains(QLatin1String(expected)), qPrintable(errors));
    }
  }

  void aPasswordIsForPostgresqlOnly() {
    SqlConfig config;
    config.database = DatabaseLocation::fromText(QStringLiteral("sqlite:a.db")).value();
    config.password = Secret(QStringLiteral("hidden"));
    Problems problems;
    const ConfigNode node;
    ConfigReader reader(node, QStringLiteral("config"), problems);
    config.check(reader);
    QCOMPARE(problems.size(), 1);
    QVERIFY(!toText(problems.first()).contains(u"hidden"));
    config.database = DatabaseLocation::fromText(QStringLiteral("postgresql://u@h/n")).value();
    config.check(reader);
    QCOMPARE(problems.size(), 1);
  }

  void patternsChoosePoints_data() {
    QTest::addColumn<QStringList>("patterns");
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("accepted");
    const auto one = [](const char *pattern) { return QStringList{QString::fromLatin1(pattern)}; };
    const QString name = QStringLiteral("plc1/boiler/temp");
    QTest::newRow("none: all") << QStringList() << name << true;
    QTest::newRow("exact") << one("plc1/boiler/temp") << name << true;
    QTest::newRow("rest") << one("plc1/#") << name << true;
    QTest::newRow("everything") << one("#") << name << true;
    QTest::newRow("one level") << one("plc1/*/temp") << name << true;
    QTest::newRow("too short") << one("plc1/*") << name << false;
    QTest::newRow("too long") << one("plc1/boiler/temp/*") << name << false;
    QTest::newRow("other prefix") << one("plc/#") << name << false;
    QTest::newRow("no substring") << one("plc1/boil/#") << name << false;
    QTest::newRow("second of two") << QStringList{QStringLiteral("uwb/#"), QStringLiteral("*/boiler/#")} << name
                                   << true;
  }
  void patternsChoosePoints() {
    QFETCH(QStringList, patterns);
    QFETCH(QString, name);
    QFETCH(bool, accepted);
    QCOMPARE(TopicFilter(patterns).accepts(name), accepted);
  }

  void wrongPatternsAreExplained() {
    QVERIFY(TopicFilter::problemWith(QStringLiteral("plc1/*/temp")).isEmpty());
    QVERIFY(TopicFilter::problemWith(QStringLiteral("plc1/#")).isEmpty());
    for (const char *wrong : {"", "plc1//temp", "plc1/", "#/temp", "plc1/te*", "plc#"}) {
      QVERIFY2(TopicFilter::problemWith(QString::fromLatin1(wrong)).contains(u"allowed"), wrong);
    }
  }

  void hostileTextBecomesValidUtf8() {
    QCOMPARE(storableText(QStringLiteral("°C ☃ 😀"), 100), QByteArray("°C ☃ 😀"));
    const QString lone = QString(QChar(0xd800)) + u'a' + QChar(u'\0') + QChar(0xdc00);
    QCOMPARE(storableText(lone, 100), QByteArray("\xEF\xBF\xBD"
                                                 "a"
                                                 "\xEF\xBF\xBD"
                                                 "\xEF\xBF\xBD"));
    // Cut in the middle of a pair: no half of it may stay.
    QCOMPARE(storableText(QStringLiteral("😀"), 1), QByteArray("\xEF\xBF\xBD"));
    QCOMPARE(storableText(QString(10, u'x'), 4), QByteArray("xxxx"));
  }
};

TAGWIRE_TEST(SqlPlainTest)

}  // namespace sql_plain_test

#include "sql_plain_test.moc"
