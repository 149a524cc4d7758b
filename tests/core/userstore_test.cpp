// SPDX-License-Identifier: Apache-2.0
#include "access/userstore.h"

#include <QtTest>

#include <sodium.h>

#include "access/roles.h"
#include "accessfolder.h"
#include "testing/manualclock.h"
#include "testprogram.h"

namespace userstore_test {

using namespace tagwire;
using Kind = AccessError::Kind;

namespace {

const auto anna = QStringLiteral("anna");
const auto viewer = QStringLiteral("viewer");
const auto password = QStringLiteral("correct horse");

}  // namespace

class UserStoreTest : public QObject {
  Q_OBJECT

  void add(UserStore &store, const QString &name) {
    if (const auto added = store.add(name, viewer, password, m_clock.now()); !added) {
      qFatal("%s", qPrintable(added.error().text));
    }
  }

  /// Hashing takes its time, so the same file serves many tests.
  QByteArray withAnna() {
    if (m_withAnna.isEmpty()) {
      const AccessFolder folder;
      UserStore store(folder.path());
      add(store, anna);
      m_withAnna = folder.read("users.json");
    }
    return m_withAnna;
  }

  ManualClock m_clock;
  QByteArray m_withAnna;

 private Q_SLOTS:
  void passwordIsKeptAsArgon2id();
  void nobodyCostsAsMuchAsSomebody();
  void noAccountIsThereByItself();
  void changeOfPasswordOrRoleIsAnotherGeneration();
  void roleAndPasswordChangeTogetherOrNot();
  void anotherStoreSeesWhatChanged();
  void theFirstIsOne();
  void passwordRules_data();
  void passwordRules();
  void wrongRequests_data();
  void wrongRequests();
  void brokenFileKeepsWhatIsKnown_data();
  void brokenFileKeepsWhatIsKnown();
  void rolesAllow_data();
  void rolesAllow();
  void ownRoles();
};

void UserStoreTest::passwordIsKeptAsArgon2id() {
  const AccessFolder folder;
  UserStore store(folder.path());
  const auto composed = QStringLiteral("caf\u00e9 au lait");
  const auto decomposed = QStringLiteral("cafe\u0301 au lait");
  QVERIFY(store.add(anna, viewer, composed, m_clock.now()));
  const QByteArray kept = folder.read("users.json");
  QVERIFY(!kept.contains("au lait"));
  QVERIFY(kept.contains("$argon2id$v=19$m=65536,t=2,p=1$"));
  QCOMPARE(folder.mode("users.json"), 0600);
  const QString hash = store.hashOf(anna);
  QVERIFY(UserStore::verifies(hash, composed));
  QVERIFY(UserStore::verifies(hash, decomposed));
  QVERIFY(!UserStore::verifies(hash, composed.toUpper()));
  QVERIFY(!UserStore::verifies(hash, composed + u' '));
  QVERIFY(!UserStore::verifies(hash, QString()));
  QVERIFY(!UserStore::verifies(hash, hash));
  QVERIFY(!UserStore::verifies(QString(), composed));
  QVERIFY(!UserStore::verifies(QString(1000, u'$'), composed));
  // The same password of somebody else looks otherwise.
  QVERIFY(store.add(QStringLiteral("bob"), viewer, composed, m_clock.now()));
  QVERIFY(store.hashOf(QStringLiteral("bob")) != hash);
}

void UserStoreTest::nobodyCostsAsMuchAsSomebody() {
  const AccessFolder folder;
  UserStore store(folder.path());
  add(store, anna);
  const QString nobody = store.hashOf(QStringLiteral("nobody"));
  QVERIFY(nobody != store.hashOf(anna));
  for (const QString &hash : {nobody, store.hashOf(anna)}) {
    std::array<char, crypto_pwhash_STRBYTES> text{};
    std::copy_n(hash.toLatin1().constData(), hash.size(), text.begin());
    // 0: a well-formed hash that takes exactly so much time and memory.
    QCOMPARE(crypto_pwhash_str_needs_rehash(text.data(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                            crypto_pwhash_MEMLIMIT_INTERACTIVE),
             0);
  }
  QVERIFY(!UserStore::verifies(nobody, password));
  QVERIFY(!UserStore::verifies(nobody, QString()));
}

void UserStoreTest::noAccountIsThereByItself() {
  const AccessFolder folder;
  UserStore store(folder.path());
  store.refresh();
  QVERIFY(store.list().isEmpty() && store.problem().isEmpty());
  for (const char *name : {"admin", "root", "operator", ""}) QVERIFY(!store.find(QLatin1String(name)));
  QCOMPARE(folder.mode("users.json"), -1);
}

void UserStoreTest::changeOfPasswordOrRoleIsAnotherGeneration() {
  const AccessFolder folder;
  UserStore store(folder.path());
  add(store, anna);
  add(store, QStringLiteral("bob"));
  const User first = *store.find(anna);
  const User bob = *store.find(QStringLiteral("bob"));
  QVERIFY(first.generation != bob.generation);
  QVERIFY(store.setRole(anna, QStringLiteral("admin")));
  const User second = *store.find(anna);
  QCOMPARE(second.role, QStringLiteral("admin"));
  QCOMPARE(second.argon2id, first.argon2id);
  QVERIFY(second.generation != first.generation);
  QVERIFY(store.setPassword(anna, QStringLiteral("battery staple")));
  const User third = *store.find(anna);
  QCOMPARE(third.role, QStringLiteral("admin"));
  QVERIFY(third.generation != second.generation);
  QVERIFY(UserStore::verifies(third.argon2id, QStringLiteral("battery staple")));
  QVERIFY(!UserStore::verifies(third.argon2id, password));
  QCOMPARE(store.find(QStringLiteral("bob"))->generation, bob.generation);
  // Removed and added again with the same password is another one too.
  QVERIFY(store.remove(QStringLiteral("bob")));
  add(store, QStringLiteral("bob"));
  QVERIFY(store.find(QStringLiteral("bob"))->generation != bob.generation);
}

void UserStoreTest::roleAndPasswordChangeTogetherOrNot() {
  const AccessFolder folder;
  QVERIFY(folder.write("users.json", withAnna()));
  UserStore store(folder.path());
  store.refresh();
  const QByteArray before = folder.read("users.json");
  const auto admin = QStringLiteral("admin");
  const auto wrong = store.change(anna, admin, QStringLiteral("short"));
  QVERIFY(!wrong && wrong.error().kind == Kind::Wrong);
  QString seen;
  const auto refusing = [&](const User &user, const QList<User> &all) -> AccessResult<void> {
    seen = user.role + QStringLiteral(" of %1").arg(all.size());
    return refused(Kind::Forbidden, QStringLiteral("no"));
  };
  const auto forbidden = store.change(anna, admin, QStringLiteral("another horse"), refusing);
  QVERIFY(!forbidden && forbidden.error().kind == Kind::Forbidden);
  QCOMPARE(seen, viewer + QStringLiteral(" of %1").arg(store.list().size()));
  QVERIFY(!store.remove(anna, refusing));
  QCOMPARE(folder.read("users.json"), before);

  QVERIFY(store.change(anna, admin, QStringLiteral("another horse")));
  QCOMPARE(store.find(anna)->role, admin);
  QVERIFY(UserStore::verifies(store.hashOf(anna), QStringLiteral("another horse")));
  const auto nobody = store.change(QStringLiteral("bert"), admin, std::nullopt);
  QVERIFY(!nobody && nobody.error().kind == Kind::Unknown);
}

void UserStoreTest::anotherStoreSeesWhatChanged() {
  const AccessFolder folder;
  UserStore running(folder.path());
  QVERIFY(running.refresh());
  UserStore elsewhere(folder.path());
  add(elsewhere, anna);
  QVERIFY(!running.find(anna));
  QVERIFY(running.refresh());
  QVERIFY(!running.refresh());
  QCOMPARE(running.find(anna)->created, m_clock.now());
  QVERIFY(running.remove(anna));
  QVERIFY(elsewhere.refresh());
  QVERIFY(!elsewhere.find(anna));
}

void UserStoreTest::theFirstIsOne() {
  QTemporaryDir folder;
  UserStore store(folder.path());
  const QString admin = QStringLiteral("admin");
  const QString password = QStringLiteral("correct horse");
  QCOMPARE(store.addFirst(QStringLiteral("no name"), admin, password, Time()).error().kind, AccessError::Kind::Wrong);
  QVERIFY(store.addFirst(QStringLiteral("ann"), admin, password, Time()));
  for (const char *name : {"ann", "bob"}) {
    const auto second = UserStore(folder.path()).addFirst(QLatin1String(name), admin, password, Time());
    QVERIFY(!second);
    QCOMPARE(second.error().kind, AccessError::Kind::Taken);
  }
  QCOMPARE(store.list().size(), 1);
}

void UserStoreTest::passwordRules_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("said");
  const auto row = [](const char *name, const QString &text, const char *said) {
    QTest::newRow(name) << text << QString::fromLatin1(said);
  };
  row("none", QString(), "allowed: 10 to 1024 bytes");
  row("nine", QString(9, u'a'), "allowed: 10 to 1024 bytes");
  row("ten", QString(10, u'a'), "");
  row("five of two bytes", QString(5, QChar(0xe9)), "");
  row("1024", QString(1024, u'a'), "");
  row("1025", QString(1025, u'a'), "allowed: 10 to 1024 bytes");
  row("the name", QStringLiteral("annamaria.rossi"), "is the user's name");
  row("the name in capitals", QStringLiteral("ANNAMARIA.rossi"), "is the user's name");
  row("the name and more", QStringLiteral("annamaria.rossi1"), "");
}

void UserStoreTest::passwordRules() {
  QFETCH(QString, text);
  QFETCH(QString, said);
  const AccessFolder folder;
  UserStore store(folder.path());
  const auto name = QStringLiteral("annamaria.rossi");
  const auto added = store.add(name, viewer, text, m_clock.now());
  QCOMPARE(added.has_value(), said.isEmpty());
  if (added) {
    QVERIFY(UserStore::verifies(store.hashOf(name), text));
    return;
  }
  QVERIFY(added.error().kind == Kind::Wrong);
  QVERIFY2(added.error().text.contains(said), qPrintable(added.error().text));
  QVERIFY(text.isEmpty() || !added.error().text.contains(text));
  add(store, name);
  QVERIFY(!store.setPassword(name, text));
  QVERIFY(UserStore::verifies(store.hashOf(name), password));
}

void UserStoreTest::wrongRequests_data() {
  QTest::addColumn<std::function<AccessResult<void>(UserStore &)>>("ask");
  QTest::addColumn<int>("kind");
  using Ask = std::function<AccessResult<void>(UserStore &)>;
  const auto row = [](const char *name, Kind kind, const Ask &ask) { QTest::newRow(name) << ask << int(kind); };
  const auto addAs = [](const char *name, const char *role) {
    return [name, role](UserStore &store) {
      return store.add(QLatin1String(name), QLatin1String(role), password, fromMilliseconds(0));
    };
  };
  row("name", Kind::Wrong, addAs("bob <b>", "viewer"));
  row("no name", Kind::Wrong, addAs("", "viewer"));
  row("no role", Kind::Wrong, addAs("bob", ""));
  row("taken", Kind::Taken, addAs("anna", "viewer"));
  row("taken in capitals", Kind::Taken, addAs("Anna", "viewer"));
  row("remove nobody", Kind::Unknown, [](UserStore &store) { return store.remove(QStringLiteral("bob")); });
  row("remove in capitals", Kind::Unknown, [](UserStore &store) { return store.remove(QStringLiteral("Anna")); });
  row("role of nobody", Kind::Unknown, [](UserStore &store) { return store.setRole(QStringLiteral("bob"), viewer); });
  row("wrong role", Kind::Wrong, [](UserStore &store) { return store.setRole(anna, QStringLiteral("a b")); });
  row("password of nobody", Kind::Unknown,
      [](UserStore &store) { return store.setPassword(QStringLiteral("bob"), password); });
}

void UserStoreTest::wrongRequests() {
  QFETCH(std::function<AccessResult<void>(UserStore &)>, ask);
  QFETCH(int, kind);
  const AccessFolder folder;
  UserStore store(folder.path());
  const QByteArray before = withAnna();
  QVERIFY(folder.write("users.json", before));
  QVERIFY(store.refresh());
  const auto outcome = ask(store);
  QVERIFY(!outcome);
  QCOMPARE(int(outcome.error().kind), kind);
  QVERIFY(!outcome.error().text.contains(password));
  QCOMPARE(folder.read("users.json"), before);
}

void UserStoreTest::brokenFileKeepsWhatIsKnown_data() {
  QTest::addColumn<QByteArray>("from");
  QTest::addColumn<QByteArray>("to");
  QTest::newRow("hash") << QByteArray("$argon2id$v=19$m=65536") << QByteArray("$argon2id$v=19$m=none");
  QTest::newRow("other kind of hash") << QByteArray("$argon2id$") << QByteArray("$argon2i$");
  QTest::newRow("plain password") << QByteArray("\"argon2id\": \"") << QByteArray("\"argon2id\": \"correct horse");
  QTest::newRow("name") << QByteArray("\"anna\"") << QByteArray("\"../anna\"");
  QTest::newRow("no role") << QByteArray("\"role\"") << QByteArray("\"x-role\"");
  QTest::newRow("newer") << QByteArray("\"version\": 1") << QByteArray("\"version\": 2");
  QTest::newRow("cut off") << QByteArray("\"version\": 1\n}") << QByteArray("\"ver");
}

void UserStoreTest::brokenFileKeepsWhatIsKnown() {
  QFETCH(QByteArray, from);
  QFETCH(QByteArray, to);
  const AccessFolder folder;
  UserStore store(folder.path());
  QByteArray text = withAnna();
  QVERIFY(text.contains(from) && folder.write("users.json", text));
  QVERIFY(store.refresh() && store.find(anna));
  QVERIFY(folder.write("users.json", text.replace(from, to)));
  QVERIFY(store.refresh());
  QVERIFY2(store.problem().contains(QLatin1String("users.json:")), qPrintable(store.problem()));
  QVERIFY(!store.problem().contains(QLatin1String("$argon2")) && !store.problem().contains(password));
  QVERIFY(!store.refresh());
  QVERIFY(store.find(anna));
  const auto removed = store.remove(anna);
  QVERIFY(!removed && removed.error().kind == Kind::Unavailable);
  QCOMPARE(folder.read("users.json"), text);
}

void UserStoreTest::rolesAllow_data() {
  QTest::addColumn<QString>("role");
  QTest::addColumn<QStringList>("denied");
  QTest::addColumn<QStringList>("allowed");
  const auto row = [](const char *role, const char *denied, const char *allowed) {
    QTest::newRow(role) << QString::fromLatin1(role) << QString::fromLatin1(denied).split(u' ', Qt::SkipEmptyParts)
                        << QString::fromLatin1(allowed).split(u' ');
  };
  row("viewer",
      "alarms:ack alarms:shelve commands:write interlocks:reset ws:broadcast tokens:admin users:admin device:publish",
      "points:read positions:read events:read alarms:read rooms:read commands:read interlocks:read history:read "
      "config:read "
      "audit:read ws:stats "
      "device:watch");
  row("operator", "alarms:admin rooms:write history:write points:write positions:write tokens:admin config:write",
      "points:read alarms:ack alarms:shelve commands:write interlocks:reset");
  row("engineer", "tokens:admin users:admin config:write ws:broadcast device:publish points:write",
      "points:read alarms:ack alarms:shelve alarms:admin commands:write interlocks:reset rooms:write history:write "
      "config:read");
  row("admin", "",
      "points:write tokens:admin users:admin config:write ws:broadcast ws:stats device:publish audit:read");
}

void UserStoreTest::rolesAllow() {
  QFETCH(QString, role);
  QFETCH(QStringList, denied);
  QFETCH(QStringList, allowed);
  const auto permissions = Roles().permissionsOf(role);
  QVERIFY(permissions);
  const auto has = [&](const QString &text) {
    const QByteArray what = text.section(u':', 0, 0).toLatin1();
    const QByteArray verb = text.section(u':', 1).toLatin1();
    return permissions->allow({what.constData(), verb.constData()}, u"x");
  };
  for (const QString &each : denied) QVERIFY2(!has(each), qPrintable(each));
  for (const QString &each : allowed) QVERIFY2(has(each), qPrintable(each));
}

void UserStoreTest::ownRoles() {
  const auto lead = QStringLiteral("shift_lead");
  const auto acknowledge = QStringLiteral("alarms:ack");
  Roles roles;
  QVERIFY(roles.add({{lead, {acknowledge}}}));
  QCOMPARE(roles.permissionsOf(lead)->texts(), QStringList{acknowledge});
  QVERIFY(!roles.permissionsOf(lead)->allow(right::readPoints, u"a"));
  const auto unknown = roles.permissionsOf(QStringLiteral("shift_led"));
  QVERIFY2(
      unknown.error() == QLatin1String("unknown role \"shift_led\", did you mean \"shift_lead\"? (allowed: viewer, "
                                       "operator, engineer, admin, shift_lead)"),
      qPrintable(unknown.error()));
  QVERIFY(!roles.permissionsOf(QString()));
  QVERIFY(!roles.permissionsOf(QStringLiteral("Admin")));
  QVERIFY(!Roles().add({{QStringLiteral("admin"), {acknowledge}}}));
  QVERIFY(!Roles().add({{QStringLiteral("a b"), {acknowledge}}}));
  QVERIFY(!Roles().add({{lead, {QStringLiteral("alarms:eat")}}}));
  QCOMPARE(ownRoleProblem(QStringLiteral("viewer")),
           QStringLiteral("\"viewer\" is a built-in role (allowed: any name but viewer, operator, engineer, admin)"));
  QCOMPARE(ownRoleProblem(lead), QString());
}

TAGWIRE_TEST(UserStoreTest)

}  // namespace userstore_test

#include "userstore_test.moc"
