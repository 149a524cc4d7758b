// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include <QFile>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

#include "readconfig.h"
#include "testprogram.h"

namespace config_test {

using namespace tagwire;

namespace {

enum class Order { Big, Little };
constexpr auto enumWords(Order) { return std::array{std::pair{"big", Order::Big}, std::pair{"little", Order::Little}}; }

struct Inner {
  QString name;
  int address = 7;
  Order order = Order::Big;
  double scale = 1.5;
  bool writable = false;

  static void describe(Shape<Inner> &shape) {
    shape.required("name", &Inner::name, "its name").range(1, 20);
    shape.optional("address", &Inner::address, "where").range(0, 65535);
    shape.optional("order", &Inner::order, "which word first");
    shape.optional("scale", &Inner::scale, "factor");
    shape.optional("writable", &Inner::writable, "may be written");
    shape.shorthand("name");
  }
};

struct Outer {
  QString host;
  std::chrono::milliseconds timeout{500};
  QList<Inner> points;
  QMap<QString, Inner> models;
  QList<QList<double>> polygon;
  QList<Inner> schedule;
  std::optional<double> limit;
  Secret password;
  PointReference point;

  static void describe(Shape<Outer> &shape) {
    shape.optional("host", &Outer::host, "where it is");
    shape.optional("timeout_ms", &Outer::timeout, "how long").range(10, 60000);
    shape.optional("points", &Outer::points, "what to read");
    shape.optional("models", &Outer::models, "by name");
    shape.optional("polygon", &Outer::polygon, "corners").range(3, 100).eachWithin(2, 2);
    shape.optional("schedule", &Outer::schedule, "one or more").orSingle();
    shape.optional("limit", &Outer::limit, "a limit");
    shape.optional("password", &Outer::password, "a secret");
    shape.optional("point", &Outer::point, "another's point");
  }
};

QString errorsOf(const QByteArray &json) {
  QString errors;
  readConfig<Outer>(json, &errors);
  return errors;
}

/// A form whose errors hold what they refuse.
class Telling {
 public:
  static constexpr const char *form = "yes";
  static Result<Telling> fromText(const QString &text) {
    if (text == QLatin1String("yes")) return Telling();
    return failure(QStringLiteral("\"%1\" is none (allowed: yes)").arg(text));
  }
};

struct Referring {
  QString checked;
  Telling formed;
  QString free;
  PointReference point;
  QList<QString> list;

  static void describe(Shape<Referring> &shape) {
    const auto refuse = [](const QString &text) { return QStringLiteral("\"%1\" is wrong, allowed: ok").arg(text); };
    shape.optional("checked", &Referring::checked, "a text").check(refuse);
    shape.optional("formed", &Referring::formed, "a text");
    shape.optional("free", &Referring::free, "a text").range(5, 100);
    shape.optional("point", &Referring::point, "a point");
    shape.optional("list", &Referring::list, "texts").check(refuse);
  }
};

}  // namespace

class ConfigTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void readsEveryKind() {
    QString errors;
    const auto read = readConfig<Outer>(
        "{\"host\":\"plc\", \"timeout_ms\": 250, \"points\":[\"a\", {\"name\":\"b\",\"order\":\"little\"}],"
        "\"models\":{\"x\":{\"name\":\"m\"}}, \"polygon\":[[0,0],[1,0],[1,1.5]], \"schedule\":\"one\", \"limit\":3, "
        "\"point\":\"plc/x\","
        "\"x-mine\": {\"any\":\"thing\"}}",
        &errors);
    QVERIFY2(read, qPrintable(errors));
    QCOMPARE(read->timeout, std::chrono::milliseconds(250));
    QCOMPARE(read->points[0].name, QStringLiteral("a"));
    QCOMPARE(read->points[1].order, Order::Little);
    QCOMPARE(read->points[1].address, 7);
    QCOMPARE(read->models.first().name, QStringLiteral("m"));
    QCOMPARE(read->polygon[2][1], 1.5);
    QCOMPARE(read->schedule.size(), 1);
    QCOMPARE(*read->limit, 3.0);
  }
  void wrongInputIsNamedWithItsPlace_data() {
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("error");
    const auto row = [](const char *name, const char *json, const char *error) {
      QTest::newRow(name) << QByteArray(json) << QString::fromUtf8(error);
    };
    row("unknown key", "{\"hots\":1}", "1:2: config.hots: unknown key \"hots\", did you mean \"host\"? (allowed: ");
    row("type", "{\"host\":5}", "1:9: config.host: a string is due, not 5");
    row("range", "{\"timeout_ms\":5}", "1:15: config.timeout_ms: 5 is out of range (allowed: 10 to 60000)");
    row("fraction", "{\"timeout_ms\":5.5}", "config.timeout_ms: a whole number is due, not 5.5");
    row("huge", "{\"timeout_ms\":99999999999999999999}", "a whole number is due");
    row("missing", "{\"points\":[{}]}", "1:12: config.points[0]: key \"name\" is missing");
    row("word", "{\"points\":[{\"name\":\"a\",\"order\":\"litle\"}]}",
        "config.points[0].order: unknown word \"litle\", did you mean \"little\"? (allowed: big, little)");
    row("array", "{\"points\":{}}", "config.points: an array is due, not an object");
    row("inner list", "{\"polygon\":[[0,0],[1,0],[1,1,1]]}", "config.polygon[2]: has 3 entries (allowed: 2 to 2)");
    row("short list", "{\"polygon\":[[0,0]]}", "config.polygon: has 1 entries (allowed: 3 to 100)");
    row("plain secret", "{\"password\":\"hunter2\"}", "config.password: a reference is due");
    row("unset env", "{\"password\":{\"$env\":\"TAGWIRE_NOT_SET\"}}",
        "environment variable TAGWIRE_NOT_SET is not set");
    row("bad reference", "{\"password\":{\"$vault\":\"x\"}}", "unknown reference \"$vault\" (allowed: $env, $file)");
    row("no file", "{\"password\":{\"$file\":\"/nowhere/at/all\"}}", "file \"/nowhere/at/all\" can't be read");
    row("url password", "{\"host\":\"tcp://me:hunter2@plc:502\"}", "a URL may not hold a password");
    row("url query", "{\"host\":\"wss://plc/ws?token=hunter2\"}", "a URL may not hold a password or a credential");
    row("null", "{\"host\":null}", "a string is due, not null");
    row("duplicate", "{\"host\":\"a\",\"host\":\"b\"}", "config.host: key \"host\" stands here twice");
    row("not an object", "[1]", "an object is due, not an array");
  }
  void wrongInputIsNamedWithItsPlace() {
    QFETCH(QByteArray, json);
    QFETCH(QString, error);
    const QString errors = errorsOf(json);
    if (QByteArray(QTest::currentDataTag()) == "duplicate") error.remove(QLatin1String("config."));
    QVERIFY2(errors.contains(error), qPrintable(errors));
    QVERIFY2(!errors.contains(QLatin1String("hunter2")), "a secret was printed");
  }
  void everyErrorIsReportedAtOnce() {
    const QString errors =
        errorsOf("{\"host\":5,\"timeout_ms\":\"x\",\"points\":[{\"nme\":1},{\"name\":\"ok\",\"address\":-1}]}");
    QCOMPARE(errors.count(u'\n'), 5);
  }
  void syntaxErrorsHaveAPlace() {
    QVERIFY(errorsOf("{\n  \"host\": \"a\"\n  \"x\": 1\n}").startsWith(QLatin1String("test.json:3:")));
    QVERIFY(errorsOf("").contains(QLatin1String("the file is empty")));
    QVERIFY(errorsOf("{\"host\": \"\xff\"}").contains(QLatin1String("encoding")));
    QVERIFY(errorsOf(QByteArray(100, '[')).contains(QLatin1String("nested too deep")));
    QVERIFY(errorsOf("{} x").size() > 0);
  }
  void commentsCommasAndBomAreFine() {
    QCOMPARE(errorsOf("\xEF\xBB\xBF{ // one\n \"host\": \"a\", /* two */ \"points\": [\"x\",], }"), QString());
  }
  void columnsOfLongLines() {
    for (int pad = 0; pad < 2200; pad += 7) {
      QString before = QStringLiteral("{ \"x-a\": 1,\n \"x-b\":\"");
      const auto lineBegins = before.indexOf(u'\n') + 1;
      before += QString(pad, QChar(0xe9)) + QString::fromUcs4(U"\U0001F600") + QStringLiteral("\", ");
      const QString errors = errorsOf((before + QStringLiteral("\"hots\": 2}")).toUtf8());
      const QString place = QStringLiteral("test.json:2:%1:").arg(before.size() - lineBegins + 1);
      QVERIFY2(errors.startsWith(place), qPrintable(place + errors));
    }
  }
  void columnsCountCharactersNotBytes() {
    QVERIFY(errorsOf("{\"x-é\":1,\"hots\":2}").startsWith(QLatin1String("test.json:1:10:")));
  }
  void environmentAndFileStandForText() {
    const QTemporaryDir folder;
    QFile secret(folder.filePath(QStringLiteral("secret")));
    QVERIFY(secret.open(QIODevice::WriteOnly));
    secret.write("hunter2\n");
    secret.close();
    secret.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    qputenv("TAGWIRE_TEST_HOST", "plc9");
    QString errors;
    const auto read = readConfig<Outer>(
        "{\"host\":{\"$env\":\"TAGWIRE_TEST_HOST\"},\"password\":{\"$file\":\"" + secret.fileName().toUtf8() + "\"}}",
        &errors);
    QVERIFY2(read, qPrintable(errors));
    QCOMPARE(read->host, QStringLiteral("plc9"));
    QCOMPARE(read->password.reveal(), QStringLiteral("hunter2"));
    QCOMPARE(errors, QString());
  }
  void secretFileThatOthersReadIsAWarning() {
    const QTemporaryDir folder;
    QFile secret(folder.filePath(QStringLiteral("secret")));
    QVERIFY(secret.open(QIODevice::WriteOnly));
    secret.write("hunter2");
    secret.close();
    secret.setPermissions(QFile::ReadOwner | QFile::ReadOther);
    QString errors;
    QVERIFY(readConfig<Outer>("{\"password\":{\"$file\":\"" + secret.fileName().toUtf8() + "\"}}", &errors));
    QVERIFY(errors.contains(QLatin1String("warning")));
  }
  void csvRowsStandForElements() {
    const QTemporaryDir folder;
    const QString name = folder.filePath(QStringLiteral("points.csv"));
    QFile csv(name);
    QVERIFY(csv.open(QIODevice::WriteOnly));
    csv.write(
        "name,address,order,scale,writable,x-sim\r\n# comment\n"
        "\"a,\"\"quoted\"\"\",1,little,2.5,true,sine\nb,,,,,\n\nc,99999,,,,\n");
    csv.close();
    QString errors;
    const QByteArray json = "{\"points\":[\"first\",{\"$csv\":\"" + name.toUtf8() + "\"},\"last\"]}";
    Problems problems;
    const ConfigNode node = parseJson(json, QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    Outer outer;
    QVERIFY(!reader.readInto(outer));
    QCOMPARE(problems.size(), 1);
    QCOMPARE(toText(problems.first()),
             name + QLatin1String(":6:3: config.points[3].address: 99999 is out of range (allowed: 0 to 65535)"));
    QCOMPARE(outer.points.size(), 5);
    QCOMPARE(outer.points[1].name, QStringLiteral("a,\"quoted\""));
    QCOMPARE(outer.points[1].scale, 2.5);
    QCOMPARE(outer.points[1].writable, true);
    QCOMPARE(outer.points[2].address, 7);
    QCOMPARE(outer.points[4].name, QStringLiteral("last"));
    QCOMPARE(reader.locate(QStringLiteral("points[2].name")).line, 4);
    QCOMPARE(*reader.locate(QStringLiteral("points[2].name")).file, name);
    QCOMPARE(*reader.locate(QStringLiteral("points[4]")).file, QStringLiteral("test.json"));
  }
  void messagesDoNotTellWhatReferencesHold_data() {
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<QString>("rest");
    QTest::newRow("checked") << QByteArray("checked") << QString();
    QTest::newRow("formed") << QByteArray("formed") << QStringLiteral(" (allowed: yes)");
    QTest::newRow("list") << QByteArray("list") << QString();
    QTest::newRow("free") << QByteArray("free") << QString();
    QTest::newRow("point") << QByteArray("point") << QString();
  }
  /// Whoever words the message, in whatever way it is quoted, at the key itself or at another one.
  void messagesDoNotTellWhatReferencesHold() {
    QFETCH(QByteArray, key);
    QFETCH(QString, rest);
    const QString held = QStringLiteral("Kq7-Hunter2horsebatterystaple 0815");
    qputenv("TAGWIRE_TEST_TEXT", held.toUtf8());
    const QByteArray reference = R"({"$env":"TAGWIRE_TEST_TEXT"})";
    Problems problems;
    const ConfigNode node =
        parseJson("{\"" + key + "\":" + (key == "list" ? '[' + reference + ']' : reference) + "}", {}, problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    Referring read;
    reader.readInto(read);
    const QString path = QString::fromLatin1(key) + (key == "list" ? QStringLiteral("[0]") : QString());
    if (problems.isEmpty()) reader.error(path, QStringLiteral("begins with \"%1\"").arg(held.left(3)));
    reader.error(QStringLiteral("other"), QStringLiteral("\"%1\" is there (allowed: none)").arg(held.left(25)));
    reader.warning(QStringLiteral("other"), QStringLiteral("not %1 (allowed: 0815)").arg(held.toLower()));
    problems.append({{}, QStringLiteral("elsewhere"), QStringLiteral("unknown point \"%1\"").arg(held), false});
    reader.error(QStringLiteral("other"), QStringLiteral("is too long (allowed: 7 characters)"));
    QStringList messages;
    for (const Problem &each : std::as_const(problems)) messages << each.message;
    const QString wrong = QStringLiteral("what a reference holds is wrong here");
    QCOMPARE(messages, (QStringList{wrong + rest, wrong + QStringLiteral(" (allowed: none)"), wrong, wrong,
                                    QStringLiteral("is too long (allowed: 7 characters)")}));
    QCOMPARE(problems[0].path, QStringLiteral("config.") + path);
  }
  void formIsToldOfReferencesToo() {
    qputenv("TAGWIRE_TEST_TEXT", "abc");
    QString errors;
    readConfig<Referring>(R"({"free":{"$env":"TAGWIRE_TEST_TEXT"}})", &errors);
    QVERIFY2(errors.contains(QLatin1String("is too short (allowed: 5 characters or more)")), qPrintable(errors));
    qputenv("TAGWIRE_TEST_TEXT", "http://anna:pw@host/");
    readConfig<Referring>(R"({"free":{"$env":"TAGWIRE_TEST_TEXT"}})", &errors);
    QVERIFY2(errors.contains(QLatin1String("may not hold a password")), qPrintable(errors));
  }
  void anotherReadersReferencesAreHiddenToo() {
    Problems inner;
    inner.hide(QStringLiteral("name"), QStringLiteral("Hunter2"));
    Problems problems;
    const ConfigNode node = parseJson("{}", {}, problems);
    ConfigReader reader(node, QString(), problems);
    reader.hide(inner);
    reader.error(QStringLiteral("name"), QStringLiteral("is no path"));
    reader.error(QStringLiteral("x"), QStringLiteral("\"hunter2\" is no path"));
    QCOMPARE(problems[0].message, QStringLiteral("is no path"));
    QCOMPARE(problems[1].message, QStringLiteral("what a reference holds is wrong here"));
  }
  /// Any file can be given out as CSV.
  void columnsOfForeignFilesAreNotTold() {
    const QTemporaryDir folder;
    QFile file(folder.filePath(QStringLiteral("p.csv")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("name,Hunter2\na,b\n");
    file.close();
    const QString errors = errorsOf("{\"points\":[{\"$csv\":\"" + file.fileName().toUtf8() + "\"}]}");
    QVERIFY2(errors.contains(QLatin1String("p.csv:2:3: config.points[0]: the column's name is no key")),
             qPrintable(errors));
    QVERIFY2(!errors.contains(QLatin1String("hunter2"), Qt::CaseInsensitive), qPrintable(errors));
  }
  void wrongCsvIsNamedWithItsPlace_data() {
    QTest::addColumn<QByteArray>("csv");
    QTest::addColumn<QString>("error");
    QTest::newRow("cells") << QByteArray("name,address\na\n") << QStringLiteral(":2:1:");
    QTest::newRow("quote") << QByteArray("name\n\"a\n") << QStringLiteral("never ends");
    QTest::newRow("behind quote") << QByteArray("name\n\"a\"b\n") << QStringLiteral("behind a closing quote");
    QTest::newRow("header twice") << QByteArray("name,name\na,b\n") << QStringLiteral("twice");
    QTest::newRow("empty") << QByteArray("") << QStringLiteral("no header");
    QTest::newRow("no column name") << QByteArray("name,\na,b\n") << QStringLiteral("the column's name is empty");
    QTest::newRow("utf-8") << QByteArray("name\n\xff\n") << QStringLiteral("UTF-8");
    QTest::newRow("unknown column") << QByteArray("name,adress\na,1\n") << QStringLiteral("did you mean \"address\"");
  }
  void wrongCsvIsNamedWithItsPlace() {
    QFETCH(QByteArray, csv);
    QFETCH(QString, error);
    const QTemporaryDir folder;
    QFile file(folder.filePath(QStringLiteral("p.csv")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(csv);
    file.close();
    const QString errors = errorsOf("{\"points\":[{\"$csv\":\"" + file.fileName().toUtf8() + "\"}]}");
    QVERIFY2(errors.contains(error) && errors.contains(QLatin1String("p.csv:")), qPrintable(errors));
  }
  void whatIsWrittenIsReadAgainAndDefaultsAreLeftOut() {
    QString errors;
    const QByteArray json =
        "{\"host\":\"plc\",\"limit\":0.1,\"models\":{\"x\":{\"name\":\"m\",\"order\":\"little\"}},"
        "\"point\":\"plc/x\",\"points\":[{\"name\":\"a\"},{\"address\":0,\"name\":\"b\",\"scale\":-2e+300,"
        "\"writable\":true}],\"polygon\":[[0,0],[1,0],[1,1.5]],\"timeout_ms\":250}";
    const auto read = readConfig<Outer>(json, &errors);
    QVERIFY2(read, qPrintable(errors));
    QCOMPARE(QJsonDocument(shapeOf<Outer>().write(*read)).toJson(QJsonDocument::Compact), json);
    QCOMPARE(shapeOf<Outer>().write(Outer{}), QJsonObject());
    QCOMPARE(shapeOf<Inner>().write(Inner{}).keys(), QStringList(QStringLiteral("name")));
    QCOMPARE(shapeOf<Inner>().keys().first(), QStringLiteral("name"));
  }
  void aSecretIsNeverWritten() {
    qputenv("TAGWIRE_TEST_PASSWORD", "hunter2");
    QString errors;
    const auto read = readConfig<Outer>("{\"password\":{\"$env\":\"TAGWIRE_TEST_PASSWORD\"}}", &errors);
    QVERIFY2(read, qPrintable(errors));
    QCOMPARE(read->password.reveal(), QStringLiteral("hunter2"));
    QCOMPARE(shapeOf<Outer>().write(*read), QJsonObject());
  }
  void schemaAndTableComeFromTheSameDeclaration() {
    const ConfigSchema schema = schemaOf<Outer>();
    const QJsonObject properties = schema.json.value(QLatin1String("properties")).toObject();
    QCOMPARE(properties.size(), 9);
    const QJsonObject timeout = properties.value(QLatin1String("timeout_ms")).toObject();
    QCOMPARE(timeout.value(QLatin1String("default")).toInt(), 500);
    QCOMPARE(timeout.value(QLatin1String("maximum")).toInt(), 60000);
    QVERIFY(schema.markdown.contains(QString::fromUtf8("| `points[].name` | text, 1…20 | **required** | its name |")));
  }
};

TAGWIRE_TEST(ConfigTest)

}  // namespace config_test

#include "config_test.moc"
