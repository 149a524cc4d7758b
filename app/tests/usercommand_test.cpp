// SPDX-License-Identifier: Apache-2.0
#include <QDeadlineTimer>
#include <QRegularExpression>
#include <QTest>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

#include "access/userstore.h"
#include "accessprogram.h"
#include "testprogram.h"

namespace usercommand_test {

using namespace tagwire;

namespace {

/// A terminal of the test, and the program that runs at it. Plain class.
class Terminal {
 public:
  explicit Terminal(const QStringList &arguments) : m_master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (m_master < 0 || ::grantpt(m_master) != 0 || ::unlockpt(m_master) != 0) qFatal("no terminal");
    m_slave = ::open(::ptsname(m_master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    m_process.setChildProcessModifier([slave = m_slave] {
      ::setsid();
      ::ioctl(slave, TIOCSCTTY, 0);
      ::dup2(slave, STDIN_FILENO);
    });
    m_process.start(program, arguments);
  }
  ~Terminal() {
    m_process.kill();
    m_process.waitForFinished();
    ::close(m_slave);
    ::close(m_master);
  }

  /// Waits until this is shown.
  bool shows(const char *text) {
    const QDeadlineTimer deadline(10'000);
    while (!m_shown.contains(text) && !deadline.hasExpired()) {
      pollfd ready{m_master, POLLIN, 0};
      char buffer[256];
      if (::poll(&ready, 1, 100) == 1) m_shown.append(buffer, std::max<qsizetype>(::read(m_master, buffer, 256), 0));
    }
    return m_shown.contains(text);
  }
  void type(const char *text) { (void)!::write(m_master, text, strlen(text)); }
  bool endsAfter(const char *text) {
    type(text);
    return m_process.state() == QProcess::NotRunning || m_process.waitForFinished(50);
  }
  Outcome end() { return finish(m_process); }
  const QByteArray &shown() const { return m_shown; }
  bool echoes() const {
    termios state{};
    return ::tcgetattr(m_slave, &state) == 0 && (state.c_lflag & ECHO) != 0;
  }

 private:
  int m_master;
  int m_slave = -1;
  QProcess m_process;
  QByteArray m_shown;
};

}  // namespace

/// `tagwire user`: the real program, real files, a real terminal.
class UserCommandTest : public QObject, DataFolder {
  Q_OBJECT

 private Q_SLOTS:
  void init() { renew(); }

  void wrongUseIs64_data();
  void wrongUseIs64();
  void badManifestIs78_data();
  void badManifestIs78();
  void rolesOfTheManifest();
  void usersComeAndGo();
  void passwordFromStdin_data();
  void passwordFromStdin();
  void passwordFromTheTerminal();
  void passwordsThatDiffer();
  void interruptedPrompt();
};

void UserCommandTest::wrongUseIs64_data() {
  addWrongUseColumns();
  addWrongUse("user ad", "did you mean \"add\"? (allowed: add, list, remove, password, role)");
  addWrongUse("user add a --data-dir D", "--role is due (allowed: viewer, operator, engineer, admin)");
  addWrongUse("user add a --role opertor --data-dir D", "unknown role \"opertor\", did you mean \"operator\"?");
  addWrongUse("user add a --role viewer --password hunter2 --data-dir D", "unknown option --password");
  addWrongUse("user add a/b --role viewer --data-dir D", "is no name");
}

void UserCommandTest::wrongUseIs64() {
  wrongUse(*this);
  QCOMPARE(modeOf(file("tokens.json")), -1);
  QCOMPARE(modeOf(file("users.json")), -1);
}

void UserCommandTest::badManifestIs78_data() {
  QTest::addColumn<QByteArray>("manifest");
  QTest::addColumn<QString>("said");
  const auto row = [](const char *name, const char *manifest, const char *said) {
    QTest::newRow(name) << QByteArray(manifest) << QString::fromLatin1(said);
  };
  row("no JSON", "plugins", "site.json:1:");
  row("unknown key", "{ \"plugins\": [], \"datadir\": \"x\" }", "unknown key \"datadir\"");
  row("built-in role",
      "{ \"plugins\": [{ \"id\": \"web\", \"type\": \"ws\", \"config\": { \"auth\": { \"roles\": { \"admin\": [] } } } "
      "}] }",
      "plugins[0].config.auth.roles: \"admin\" is a built-in role");
  row("roles", "{ \"plugins\": [{ \"id\": \"web\", \"type\": \"ws\", \"config\": { \"auth\": { \"roles\": [1] } } }] }",
      "plugins[0].config.auth.roles: an object is due");
}

void UserCommandTest::badManifestIs78() {
  QFETCH(QByteArray, manifest);
  QFETCH(QString, said);
  const QStringList with{QStringLiteral("--manifest"), writeManifest(manifest)};
  const Outcome outcome = runProgram(words("user add anna --role viewer") + with, "correct horse\n");
  QVERIFY2(outcome.code == 78, outcome.errors.constData());
  QVERIFY2(QString::fromUtf8(outcome.errors).contains(said), outcome.errors.constData());
}

void UserCommandTest::rolesOfTheManifest() {
  const QStringList with{
      QStringLiteral("--manifest"),
      writeManifest("{ \"data_dir\": \"var/data\", \"plugins\": [{ \"id\": \"web\", \"type\": \"ws\", \"config\": { "
                    "\"auth\": { \"roles\": { \"shift_lead\": [\"alarms:ack\"] } } } }] }")};
  const QStringList add = words("user add anna --role shift_lead");
  const Outcome unknown = runProgram(at("user add anna --role shift_lead"), "correct horse\n");
  QCOMPARE(unknown.code, 64);
  QVERIFY2(unknown.errors.contains("a manifest's own roles are known with --manifest"), unknown.errors.constData());
  const Outcome known = runProgram(add + with, "correct horse\n");
  QVERIFY2(known.code == 0, known.errors.constData());
  UserStore store(dataDir());
  store.refresh();
  QCOMPARE(store.find(QStringLiteral("anna"))->role, QStringLiteral("shift_lead"));
}

void UserCommandTest::usersComeAndGo() {
  QVERIFY(QDir().mkpath(dataDir()));
  for (const char *command : {"user remove a", "user password a", "user role a --role viewer"}) {
    const Outcome unknown = runProgram(at(command));
    QCOMPARE(unknown.code, 64);
    QVERIFY2(unknown.errors.startsWith("there is no user \"a\""), unknown.errors.constData());
  }
  const Outcome none = runProgram(at("user list"));
  QCOMPARE(none.code, 0);
  QVERIFY(none.errors.startsWith("There are no users in "));
  QCOMPARE(runProgram(at("user add anna --role operator"), "correct horse\n").code, 0);
  const Outcome twice = runProgram(at("user add anna --role admin"), "battery staple\n");
  QCOMPARE(twice.code, 64);
  QVERIFY(twice.errors.contains("there is a user \"anna\" already"));
  QCOMPARE(modeOf(file("users.json")), 0600);
  UserStore store(dataDir());
  store.refresh();
  const User first = *store.find(QStringLiteral("anna"));
  QVERIFY(UserStore::verifies(first.argon2id, QStringLiteral("correct horse")));
  QCOMPARE(runProgram(at("user password anna"), "battery staple\n").code, 0);
  QCOMPARE(runProgram(at("user role anna --role engineer")).code, 0);
  QVERIFY(store.refresh());
  const User second = *store.find(QStringLiteral("anna"));
  QCOMPARE(second.role, QStringLiteral("engineer"));
  QVERIFY(second.generation != first.generation);
  QVERIFY(UserStore::verifies(second.argon2id, QStringLiteral("battery staple")));
  const Outcome list = runProgram(at("user list"));
  const auto expected = QStringLiteral("\\ANAME  ROLE      CREATED\\nanna  engineer  \\d{4}-\\S+Z\\n\\z");
  QVERIFY2(QRegularExpression(expected).match(QString::fromUtf8(list.out)).hasMatch(), list.out.constData());
  QCOMPARE(runProgram(at("user remove anna")).code, 0);
  QVERIFY(store.refresh() && store.list().isEmpty());
}

void UserCommandTest::passwordFromStdin_data() {
  QTest::addColumn<QByteArray>("input");
  QTest::addColumn<QString>("password");  // empty: refused
  QTest::addColumn<QString>("said");
  const auto row = [](const char *name, const QByteArray &input, const char *password, const char *said) {
    QTest::newRow(name) << input << QString::fromUtf8(password) << QString::fromUtf8(said);
  };
  row("line", "correct horse\n", "correct horse", "");
  row("without newline", "correct horse", "correct horse", "");
  row("from Windows", "correct horse\r\n", "correct horse", "");
  row("spaces", "  correct horse  \n", "  correct horse  ", "");
  row("first of two lines", "correct horse\nbattery staple\n", "correct horse", "");
  row("two bytes each", "é é é é\n", "é é é é", "");
  row("nothing", "", "", "the password is due on stdin");
  row("empty line", "\n", "", "the password is due on stdin");
  row("short", "hunter2\n", "", "too short or too long (allowed: 10 to 1024 bytes of UTF-8)");
  row("long", QByteArray(5000, 'a') + '\n', "", "too short or too long");
  row("no UTF-8", "correct\xff horse\n", "", "is no UTF-8");
  row("the name", "anna.maria\n", "", "the password is the user's name");
}

void UserCommandTest::passwordFromStdin() {
  QFETCH(QByteArray, input);
  QFETCH(QString, password);
  QFETCH(QString, said);
  const Outcome outcome = runProgram(at("user add anna.maria --role viewer"), input);
  QVERIFY2(outcome.code == (password.isEmpty() ? 64 : 0), outcome.errors.constData());
  QVERIFY2(QString::fromUtf8(outcome.errors).contains(said), outcome.errors.constData());
  QVERIFY(!outcome.errors.contains("hunter2") && !outcome.errors.contains("horse"));
  UserStore store(dataDir());
  store.refresh();
  QCOMPARE(store.list().isEmpty(), password.isEmpty());
  if (!password.isEmpty()) QVERIFY(UserStore::verifies(store.hashOf(QStringLiteral("anna.maria")), password));
}

void UserCommandTest::passwordFromTheTerminal() {
  Terminal terminal(at("user add anna --role viewer"));
  QVERIFY2(terminal.shows("Password for anna: "), terminal.shown().constData());
  QVERIFY(!terminal.echoes());
  terminal.type("correct horse\n");
  QVERIFY(terminal.shows("Once more: "));
  terminal.type("correct horse\n");
  const Outcome outcome = terminal.end();
  QVERIFY2(outcome.code == 0, outcome.errors.constData());
  QVERIFY(!terminal.shown().contains("horse"));
  QVERIFY(terminal.echoes());
  UserStore store(dataDir());
  store.refresh();
  QVERIFY(UserStore::verifies(store.hashOf(QStringLiteral("anna")), QStringLiteral("correct horse")));
}

void UserCommandTest::passwordsThatDiffer() {
  Terminal terminal(at("user add anna --role viewer"));
  QVERIFY(terminal.shows("Password for anna: "));
  terminal.type("correct horse\n");
  QVERIFY(terminal.shows("Once more: "));
  terminal.type("correct house\n");
  const Outcome outcome = terminal.end();
  QCOMPARE(outcome.code, 64);
  QVERIFY(outcome.errors.contains("the two passwords differ"));
  QCOMPARE(modeOf(file("users.json")), -1);
}

void UserCommandTest::interruptedPrompt() {
  Terminal terminal(at("user add anna --role viewer"));
  QVERIFY(terminal.shows("Password for anna: "));
  // The first one may come between the prompt and the reading; whoever types presses it again.
  QTRY_VERIFY(terminal.endsAfter("correct\x03"));
  QCOMPARE(terminal.end().code, -2);
  QVERIFY(terminal.echoes());
  QCOMPARE(modeOf(file("users.json")), -1);
}

TAGWIRE_TEST(UserCommandTest)

}  // namespace usercommand_test

#include "usercommand_test.moc"
