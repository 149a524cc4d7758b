// SPDX-License-Identifier: Apache-2.0
#include "access/tokenstore.h"

#include <QCryptographicHash>
#include <QtTest>

#include <unistd.h>
#include <future>
#include <random>

#include "accessfolder.h"
#include "testing/manualclock.h"
#include "testprogram.h"

namespace tokenstore_test {

using namespace tagwire;
using Kind = AccessError::Kind;

namespace {

const auto creator = QStringLiteral("test");

Permissions reading() { return *Permissions::fromTexts({QStringLiteral("points:read")}); }

/// A good file with this many tokens.
QByteArray manyTokens(int count) {
  QByteArray text("{\"version\": 1, \"tokens\": [");
  for (int i = 0; i < count; ++i) {
    const QByteArray number = QByteArray::number(i);
    const QByteArray hash = QCryptographicHash::hash(number, QCryptographicHash::Sha256).toHex();
    text += QByteArray(i > 0 ? "," : "") + "{\"id\":\"i" + number + "\",\"name\":\"n" + number + "\",\"sha256\":\"" +
            hash + "\",\"permissions\":[\"device:d" + number + ":publish\"],\"created\":\"2026-01-01T00:00:00Z\"}";
  }
  return text + "]}";
}

}  // namespace

class TokenStoreTest : public QObject {
  Q_OBJECT

  /// The text of a new token that lasts for ever.
  QByteArray made(TokenStore &store, const char *name) {
    const auto text = store.create(QLatin1String(name), reading(), std::nullopt, m_clock.now(), creator);
    if (!text) qFatal("%s", qPrintable(text.error().text));
    return *text;
  }

  ManualClock m_clock;

 private Q_SLOTS:
  void R2_11_textIsShownOnceAndKeptAsHash();
  void R2_11_onlyTheWholeTextIsTaken_data();
  void R2_11_onlyTheWholeTextIsTaken();
  void R2_11_expires();
  void R2_11_anotherStoreSeesWhatChanged();
  void nameUsedAgainIsAnotherToken();
  void noFileIsNoTokens();
  void wrongRequests_data();
  void wrongRequests();
  void brokenFileKeepsWhatIsKnown_data();
  void brokenFileKeepsWhatIsKnown();
  void tenThousandAtMost();
  void mutatedFilesAreReadOrRefused();
  void leftoversOfAKilledWriterDoNotHarm();
  void waitsForTheLock();
  void rootWritesForTheOwnerOfTheFolder();
  void rootGivesNoForeignFileAway();
  void fileOfAnotherUserIsRefused();
  void whatACheckRefusesStays();
  void folderThatCannotBeMade();
};

void TokenStoreTest::R2_11_textIsShownOnceAndKeptAsHash() {
  const AccessFolder folder;
  TokenStore store(folder.path());
  const QByteArray text = made(store, "ems");
  QVERIFY2(QRegularExpression(QStringLiteral("\\Atw_[A-Za-z0-9_-]{43}\\z")).match(QString::fromLatin1(text)).hasMatch(),
           text.constData());
  QVERIFY(text != made(store, "other"));
  const QByteArray kept = folder.read("tokens.json");
  QVERIFY(!kept.contains(text) && !kept.contains(text.mid(3)));
  QVERIFY(kept.contains(QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex()));
  QCOMPARE(folder.mode("tokens.json"), 0600);
  QCOMPARE(folder.mode("access.lock"), 0600);
  const auto found = store.find(text, m_clock.now());
  QVERIFY(found);
  QCOMPARE(found->name, QStringLiteral("ems"));
  QCOMPARE(found->createdBy, creator);
  QCOMPARE(found->created, m_clock.now());
  QCOMPARE(found->permissions.texts(), reading().texts());
  QVERIFY(found->permissions.allow(right::readPoints, u"plc1/temp"));
}

void TokenStoreTest::R2_11_onlyTheWholeTextIsTaken_data() {
  QTest::addColumn<std::function<QByteArray(QByteArray)>>("spoil");
  const auto row = [](const char *name, const std::function<QByteArray(QByteArray)> &spoil) {
    QTest::newRow(name) << spoil;
  };
  row("empty", [](const QByteArray &) { return QByteArray(); });
  row("without prefix", [](const QByteArray &text) { return text.mid(3); });
  row("too short", [](const QByteArray &text) { return text.chopped(1); });
  row("too long", [](const QByteArray &text) { return text + 'A'; });
  row("NUL behind", [](const QByteArray &text) { return text + '\0'; });
  row("other prefix", [](const QByteArray &text) { return QByteArray("tW_") + text.mid(3); });
  row("first character", [](QByteArray text) { return text.replace(3, 1, text[3] == 'A' ? "B" : "A"); });
  row("last character", [](QByteArray text) { return text.replace(45, 1, text[45] == 'A' ? "E" : "A"); });
  row("its hash", [](const QByteArray &text) { return QCryptographicHash::hash(text, QCryptographicHash::Sha256); });
  row("a megabyte", [](const QByteArray &) { return "tw_" + QByteArray(1 << 20, 'A'); });
}

void TokenStoreTest::R2_11_onlyTheWholeTextIsTaken() {
  QFETCH(std::function<QByteArray(QByteArray)>, spoil);
  const AccessFolder folder;
  TokenStore store(folder.path());
  const QByteArray text = made(store, "ems");
  QVERIFY(!store.find(spoil(text), m_clock.now()));
  QVERIFY(store.find(text, m_clock.now()));
}

void TokenStoreTest::R2_11_expires() {
  const AccessFolder folder;
  TokenStore store(folder.path());
  const auto lasts = std::chrono::hours(1);
  const Time start = m_clock.now();
  const auto text = store.create(QStringLiteral("short"), reading(), start + lasts, start, creator);
  QVERIFY(text);
  const QString id = store.find(*text, start)->id;
  const Time last = start + lasts - std::chrono::nanoseconds(1);
  QVERIFY(store.find(*text, last) && store.isValid(id, last));
  QVERIFY(!store.find(*text, start + lasts));
  QVERIFY(!store.isValid(id, start + lasts));
  TokenStore again(folder.path());
  again.refresh();
  QVERIFY(again.isValid(id, last) && !again.isValid(id, start + lasts));
}

void TokenStoreTest::R2_11_anotherStoreSeesWhatChanged() {
  const AccessFolder folder;
  TokenStore running(folder.path());
  QVERIFY(running.refresh());
  QVERIFY(!running.refresh());
  TokenStore elsewhere(folder.path());
  const QByteArray text = made(elsewhere, "ems");
  QVERIFY(!running.find(text, m_clock.now()));
  QVERIFY(running.refresh());
  QVERIFY(!running.refresh());
  const auto token = running.find(text, m_clock.now());
  QVERIFY(token && running.isValid(token->id, m_clock.now()));
  // The store that has not looked for a while changes the file as it is, not as it remembers it.
  made(elsewhere, "second");
  QVERIFY(running.revoke(QStringLiteral("ems")));
  QVERIFY(!running.isValid(token->id, m_clock.now()));
  QCOMPARE(running.list().size(), 1);
  QVERIFY(elsewhere.refresh());
  QVERIFY(!elsewhere.find(text, m_clock.now()));
  QCOMPARE(elsewhere.list().first().name, QStringLiteral("second"));
}

void TokenStoreTest::nameUsedAgainIsAnotherToken() {
  const AccessFolder folder;
  TokenStore store(folder.path());
  const QByteArray first = made(store, "ems");
  const QString id = store.list().first().id;
  const auto taken = store.create(QStringLiteral("ems"), reading(), std::nullopt, m_clock.now(), creator);
  QVERIFY(!taken && taken.error().kind == Kind::Taken);
  QVERIFY(store.revoke(QStringLiteral("ems")));
  const auto unknown = store.revoke(QStringLiteral("ems"));
  QVERIFY(!unknown && unknown.error().kind == Kind::Unknown);
  made(store, "ems");
  QVERIFY(!store.find(first, m_clock.now()));
  QVERIFY(!store.isValid(id, m_clock.now()));
}

void TokenStoreTest::noFileIsNoTokens() {
  const AccessFolder folder;
  TokenStore store(folder.path() + QStringLiteral("/not/there"));
  store.refresh();
  QCOMPARE(store.problem(), QString());
  QVERIFY(store.list().isEmpty());
  const QByteArray text = made(store, "ems");
  QCOMPARE(folder.mode("not/there"), 0700);
  // Taking the file away takes the tokens away.
  QVERIFY(QFile::remove(folder.file("not/there/tokens.json")));
  QVERIFY(store.refresh());
  QVERIFY(!store.find(text, m_clock.now()));
}

void TokenStoreTest::wrongRequests_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<int>("permissions");
  QTest::addColumn<int>("lastsMilliseconds");
  QTest::addColumn<QString>("said");
  const auto row = [](const char *title, const QString &name, int permissions, int lasts, const char *said) {
    QTest::newRow(title) << name << permissions << lasts << QString::fromLatin1(said);
  };
  const auto name = QStringLiteral("ems");
  row("no name", QString(), 1, 1000, "is no name");
  row("path", QStringLiteral("a/b"), 1, 1000, "is no name");
  row("dots", QStringLiteral(".."), 1, 1000, "is no name");
  row("newline", QStringLiteral("a\n"), 1, 1000, "is no name");
  row("long", QString(65, u'a'), 1, 1000, "is no name");
  row("umlaut", QString(QChar(0xe4)), 1, 1000, "is no name");
  row("no permission", name, 0, 1000, "without permissions");
  row("many permissions", name, 101, 1000, "too many permissions");
  row("expired", name, 1, 0, "in the past");
  row("long expired", name, 1, -1000, "in the past");
}

void TokenStoreTest::wrongRequests() {
  QFETCH(QString, name);
  QFETCH(int, permissions);
  QFETCH(int, lastsMilliseconds);
  QFETCH(QString, said);
  const AccessFolder folder;
  TokenStore store(folder.path());
  Permissions all;
  for (int i = 0; i < permissions; ++i) all += reading();
  const auto expires = m_clock.now() + std::chrono::milliseconds(lastsMilliseconds);
  const auto text = store.create(name, all, expires, m_clock.now(), creator);
  QVERIFY(!text && text.error().kind == Kind::Wrong);
  QVERIFY2(text.error().text.contains(said), qPrintable(text.error().text));
  QCOMPARE(folder.mode("tokens.json"), -1);
}

void TokenStoreTest::brokenFileKeepsWhatIsKnown_data() {
  using Spoil = std::function<bool(const AccessFolder &)>;
  QTest::addColumn<Spoil>("spoil");
  QTest::addColumn<QString>("said");
  const auto row = [](const char *name, const char *said, const Spoil &spoil) {
    QTest::newRow(name) << spoil << QString::fromLatin1(said);
  };
  const auto content = [&row](const char *name, const char *said, const std::function<QByteArray(QByteArray)> &change) {
    row(name, said, [change](const AccessFolder &folder) {
      return folder.write("tokens.json", change(folder.read("tokens.json")));
    });
  };
  content("empty", "the file is empty", [](const QByteArray &) { return QByteArray(); });
  content("no JSON", "Invalid value", [](const QByteArray &) { return QByteArray("tokens"); });
  content("no object", "an object is due", [](const QByteArray &) { return QByteArray("[]"); });
  content("cut off", "tokens.json:", [](const QByteArray &text) { return text.chopped(20); });
  content("no version", "version", [](QByteArray text) { return text.replace("\"version\"", "\"x-version\""); });
  content("newer", "a newer Tagwire wrote this file (version 2; allowed: 1)",
          [](QByteArray text) { return text.replace("\"version\": 1", "\"version\": 2, \"more\": 1"); });
  content("unknown key", "unknown key", [](QByteArray text) { return text.replace("\"id\"", "\"scope\": 1, \"id\""); });
  content("key twice", "twice", [](QByteArray text) { return text.replace("\"id\"", "\"id\": \"a\", \"id\""); });
  content("no hash", "is no SHA-256",
          [](QByteArray text) { return text.replace("\"sha256\": \"", "\"sha256\": \"Z"); });
  content("no permission", "points:eat", [](QByteArray text) { return text.replace("points:read", "points:eat"); });
  content("no time", "is no time", [](QByteArray text) { return text.replace("2026-", "x026-"); });
  content("no UTF-8", "tokens.json:", [](QByteArray text) { return text.replace("test", "t\xff"); });
  content("deep", "nested too deep", [](const QByteArray &) { return QByteArray(100'000, '['); });
  content("huge", "is too large (allowed: 16777216 bytes)",
          [](const QByteArray &text) { return text + QByteArray(PrivateFile::largest, ' '); });
  row("symbolic link", "is a symbolic link", [](const AccessFolder &folder) {
    return QFile::rename(folder.file("tokens.json"), folder.file("real.json")) &&
           QFile::link(folder.file("real.json"), folder.file("tokens.json"));
  });
  row("readable by others", "is open to others (mode 644; allowed: 600, so chmod 600 it)",
      [](const AccessFolder &folder) { return ::chmod(qPrintable(folder.file("tokens.json")), 0644) == 0; });
  row("folder", "is no plain file", [](const AccessFolder &folder) {
    return QFile::remove(folder.file("tokens.json")) && ::mkdir(qPrintable(folder.file("tokens.json")), 0700) == 0;
  });
  row("named pipe", "is no plain file", [](const AccessFolder &folder) {
    return QFile::remove(folder.file("tokens.json")) && ::mkfifo(qPrintable(folder.file("tokens.json")), 0600) == 0;
  });
}

void TokenStoreTest::brokenFileKeepsWhatIsKnown() {
  QFETCH(std::function<bool(const AccessFolder &)>, spoil);
  QFETCH(QString, said);
  const AccessFolder folder;
  TokenStore store(folder.path());
  const QByteArray text = made(store, "ems");
  const QByteArray good = folder.read("tokens.json");
  QVERIFY(spoil(folder));
  struct stat before {};
  QVERIFY(::lstat(qPrintable(folder.file("tokens.json")), &before) == 0);
  QVERIFY(store.refresh());
  QVERIFY2(store.problem().contains(said), qPrintable(store.problem()));
  QVERIFY(!store.refresh());
  QVERIFY(store.find(text, m_clock.now()));
  // Nothing is written over it, and the problem is not forgotten.
  for (const auto &refusal :
       {store.create(QStringLiteral("b"), reading(), std::nullopt, m_clock.now(), creator).error(),
        store.revoke(QStringLiteral("ems")).error()}) {
    QVERIFY(refusal.kind == Kind::Unavailable);
    QVERIFY2(refusal.text.contains(said), qPrintable(refusal.text));
  }
  struct stat after {};
  QVERIFY(::lstat(qPrintable(folder.file("tokens.json")), &after) == 0);
  QCOMPARE(after.st_ino, before.st_ino);
  QVERIFY(!store.problem().isEmpty());
  // A store that knew nothing takes nothing from it.
  TokenStore fresh(folder.path());
  QVERIFY(fresh.refresh());
  QVERIFY(!fresh.problem().isEmpty() && fresh.list().isEmpty());
  ::rmdir(qPrintable(folder.file("tokens.json")));
  QVERIFY(folder.write("tokens.json", good));
  QVERIFY(store.refresh() && store.problem().isEmpty());
  QVERIFY(store.find(text, m_clock.now()));
}

void TokenStoreTest::tenThousandAtMost() {
  const AccessFolder folder;
  TokenStore store(folder.path());
  QVERIFY(folder.write("tokens.json", manyTokens(TokenStore::most)));
  QVERIFY(store.refresh());
  QVERIFY2(store.problem().isEmpty(), qPrintable(store.problem()));
  QCOMPARE(store.list().size(), TokenStore::most);
  QVERIFY(store.isValid(QStringLiteral("i9999"), m_clock.now()));
  const auto full = store.create(QStringLiteral("b"), reading(), std::nullopt, m_clock.now(), creator);
  QVERIFY(!full && full.error().kind == Kind::Unavailable);
  QVERIFY(store.revoke(QStringLiteral("n5000")));
  made(store, "b");
  QVERIFY(folder.write("tokens.json", manyTokens(TokenStore::most + 1)));
  QVERIFY(store.refresh());
  QVERIFY2(store.problem().contains(QLatin1String("tokens")), qPrintable(store.problem()));
}

void TokenStoreTest::mutatedFilesAreReadOrRefused() {
  const AccessFolder folder;
  TokenStore store(folder.path());
  made(store, "a");
  made(store, "b");
  const QByteArray good = folder.read("tokens.json");
  std::mt19937 random(4);
  int read = 0;
  int refusals = 0;
  for (int i = 0; i < 3000; ++i) {
    QByteArray text = good;
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const auto at = static_cast<qsizetype>(random() % static_cast<unsigned>(text.size()));
      const auto length = static_cast<qsizetype>(random() % 8);
      if (random() % 2 == 0) {
        text[at] = static_cast<char>(random());
      } else {
        text.replace(at, length,
                     text.mid(static_cast<qsizetype>(random() % static_cast<unsigned>(text.size())), length));
      }
    }
    QVERIFY(folder.write("tokens.json", text));
    store.refresh();
    (store.problem().isEmpty() ? read : refusals) += 1;
    for (const AccessToken &token : store.list()) {
      QVERIFY(accessNameProblem(token.name).isEmpty());
      for (const QString &permission : token.permissions.texts()) QVERIFY(permissionProblem(permission).isEmpty());
    }
  }
  QVERIFY(read > 0 && refusals > 0);
}

void TokenStoreTest::leftoversOfAKilledWriterDoNotHarm() {
  const AccessFolder folder;
  TokenStore store(folder.path());
  QVERIFY(folder.write("tokens.json.new", "{ \"tok"));
  made(store, "a");
  QVERIFY(!QFile::exists(folder.file("tokens.json.new")));
  QVERIFY(folder.write("victim", "untouched"));
  QVERIFY(QFile::link(folder.file("victim"), folder.file("tokens.json.new")));
  made(store, "b");
  QCOMPARE(folder.read("victim"), QByteArray("untouched"));
  QVERIFY(!QFileInfo(folder.file("tokens.json")).isSymLink());
}

void TokenStoreTest::waitsForTheLock() {
  const AccessFolder folder;
  auto lock = PrivateFile(folder.path(), QStringLiteral("tokens.json")).lock();
  QVERIFY(lock);
  auto waiting = std::async(std::launch::async, [&] {
    TokenStore store(folder.path());
    return made(store, "a");
  });
  QVERIFY(waiting.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);
  QCOMPARE(folder.mode("tokens.json"), -1);
  lock->reset();
  const QByteArray text = waiting.get();
  TokenStore store(folder.path());
  store.refresh();
  QVERIFY(store.find(text, m_clock.now()));
}

void TokenStoreTest::rootWritesForTheOwnerOfTheFolder() {
  if (::geteuid() != 0) QSKIP("needs root");
  const AccessFolder folder;
  QVERIFY(::chown(qPrintable(folder.path()), 12345, 12346) == 0);
  TokenStore store(folder.path());
  made(store, "a");
  for (const char *name : {"tokens.json", "access.lock"}) {
    struct stat status {};
    QVERIFY(::stat(qPrintable(folder.file(name)), &status) == 0);
    QCOMPARE(status.st_uid, 12345U);
    QCOMPARE(status.st_gid, 12346U);
    QCOMPARE(folder.mode(name), 0600);
  }
  made(store, "b");
  QCOMPARE(store.list().size(), 2);
}

/// Who owns the folder puts a second name of a file of root's where the lock is due.
void TokenStoreTest::rootGivesNoForeignFileAway() {
  if (::geteuid() != 0) QSKIP("needs root");
  const AccessFolder folder;
  const AccessFolder elsewhere;
  QVERIFY(elsewhere.write("shadow", "secret"));
  QVERIFY(::link(qPrintable(elsewhere.file("shadow")), qPrintable(folder.file("access.lock"))) == 0);
  QVERIFY(::chown(qPrintable(folder.path()), 12345, 12346) == 0);
  TokenStore store(folder.path());
  made(store, "a");
  struct stat status {};
  QVERIFY(::stat(qPrintable(elsewhere.file("shadow")), &status) == 0);
  QCOMPARE(status.st_uid, 0U);
  QCOMPARE(elsewhere.read("shadow"), QByteArray("secret"));
}

void TokenStoreTest::whatACheckRefusesStays() {
  const AccessFolder folder;
  TokenStore store(folder.path());
  made(store, "a");
  const auto forbidden = store.revoke(QStringLiteral("a"), [](const AccessToken &token) -> AccessResult<void> {
    return refused(Kind::Forbidden, token.name);
  });
  QVERIFY(!forbidden && forbidden.error().kind == Kind::Forbidden);
  QCOMPARE(forbidden.error().text, QStringLiteral("a"));
  QCOMPARE(store.list().size(), 1);
  QVERIFY(store.revoke(QStringLiteral("a"), [](const AccessToken &) -> AccessResult<void> { return {}; }));
  QVERIFY(store.list().isEmpty());
}

void TokenStoreTest::fileOfAnotherUserIsRefused() {
  if (::geteuid() != 0) QSKIP("needs root");
  const AccessFolder folder;
  TokenStore store(folder.path());
  made(store, "a");
  QVERIFY(::chown(qPrintable(folder.file("tokens.json")), 12345, 12345) == 0);
  QVERIFY(store.refresh());
  QVERIFY2(store.problem().contains(QLatin1String("belongs to another user")), qPrintable(store.problem()));
  QVERIFY(!store.revoke(QStringLiteral("a")));
}

void TokenStoreTest::folderThatCannotBeMade() {
  TokenStore store(QStringLiteral("/proc/nowhere/at/all"));
  const auto text = store.create(QStringLiteral("a"), reading(), std::nullopt, m_clock.now(), creator);
  QVERIFY(!text && text.error().kind == Kind::Unavailable);
  QVERIFY2(text.error().text.contains(QLatin1String("/proc/nowhere/at/all can't be made")),
           qPrintable(text.error().text));
}

TAGWIRE_TEST(TokenStoreTest)

}  // namespace tokenstore_test

#include "tokenstore_test.moc"
