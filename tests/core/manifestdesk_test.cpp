// SPDX-License-Identifier: Apache-2.0
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

#include "manifestdesk.h"
#include "manifestfile.h"
#include "manifestversions.h"
#include "testing/manualclock.h"
#include "testprogram.h"

namespace manifestdesk_test {

using namespace tagwire;

namespace {

QByteArray contentOf(const QString &path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void putInto(const QString &path, const QByteArray &content) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
}

QByteArray hashOf(const QByteArray &text) { return QCryptographicHash::hash(text, QCryptographicHash::Sha256); }

/// A desk before a manifest in a folder of its own; texts that hold "wrong" have an error.
struct Site {
  explicit Site(const QByteArray &text = "one") {
    QDir(folder.path()).mkdir(QStringLiteral("var"));
    putInto(file, text);
    begin(text);
  }
  void begin(const QByteArray &text) {
    desk = std::make_unique<ManifestDesk>(file, clock, [this](const QByteArray &checked, const auto &done) {
      ManifestFindings findings{{}, dataDir};
      if (checked.contains("wrong"))
        findings.problems.append({{}, QStringLiteral("x"), QStringLiteral("wrong"), false});
      if (checked.contains("moved")) findings.dataDir = QStringLiteral("/elsewhere");
      if (checked.contains("renamed")) findings.site.name = QStringLiteral("another");
      pending << [done, findings] { done(findings); };
      if (!holdsBack) goOn();
    });
    Manifest manifest;
    manifest.dataDir = dataDir;
    manifest.documents = {{file, hashOf(text)}, {folder.filePath(QStringLiteral("more.json")), hashOf("more")}};
    manifest.referred = {folder.filePath(QStringLiteral("points.csv"))};
    QCOMPARE(desk->runs(text, manifest), QString());
  }
  void goOn() {
    for (const auto &each : std::exchange(pending, {}))
      QMetaObject::invokeMethod(desk.get(), each, Qt::QueuedConnection);
  }
  /// "2", or what went wrong.
  QString apply(const QByteArray &text, std::optional<QByteArray> base = std::nullopt) {
    QString outcome;
    desk->apply({text, QStringLiteral("user:anna"), QStringLiteral("why"), base}, [&outcome](const auto &number) {
      static constexpr std::array words{"wrong", "forbidden", "conflict", "unknown", "busy", "impossible"};
      outcome = number ? QString::number(*number) : QLatin1String(words[static_cast<size_t>(number.error().kind)]);
    });
    (void)tagwire::testing::waitFor([&] { return !outcome.isEmpty(); });
    return outcome;
  }
  ManifestState state() const {
    std::optional<ManifestState> found;
    desk->state([&found](const auto &state) { found = state.value_or(ManifestState()); });
    (void)tagwire::testing::waitFor([&] { return found.has_value(); });
    return found.value_or(ManifestState());
  }
  /// "2 user:anna why, 1 file …"
  QStringList versions() const {
    std::optional<QStringList> found;
    desk->versions([&found](const auto &versions) {
      QStringList all;
      for (const ManifestVersion &each : versions.value_or(QList<ManifestVersion>())) {
        all << QString::number(each.number) + u' ' + each.by;
      }
      found = all;
    });
    (void)tagwire::testing::waitFor([&] { return found.has_value(); });
    return found.value_or(QStringList());
  }
  QTemporaryDir folder;
  QString file = folder.filePath(QStringLiteral("site.json"));
  QString dataDir = folder.filePath(QStringLiteral("var"));
  ManualClock clock;
  QList<std::function<void()>> pending;
  bool holdsBack = false;
  std::unique_ptr<ManifestDesk> desk;
};

}  // namespace

class ManifestDeskTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void whatRunsIsTheFirstVersion();
  void tellsWhatItIsMadeOf();
  void appliesOneAtATime();
  void refusesAndLeavesAllAsItIs();
  void takesBack();
  void anEarlierTrialEndsWhileTheNextBegins();
  void readsTheFileAgain();
  void siteStays();
  void tooManyChecks();
  void whoMayNotAnyMoreAfterTheCheckChangesNothing();
  void filesKeepOwnerModeAndLink();
  void whatCannotBeReplaced();
  void oldVersionsMakeRoom();
  void changedVersionsAreNoneAnyMore();
  void brokenIndexIsNotOverwritten();
};

void ManifestDeskTest::whatRunsIsTheFirstVersion() {
  Site site;
  QCOMPARE(site.desk->version(), 1);
  QCOMPARE(site.versions(), QStringList{QStringLiteral("1 file")});
  site.begin("one");  // as after a restart
  QCOMPARE(site.desk->version(), 1);
  putInto(site.file, "two");
  site.begin("two");
  QCOMPARE(site.desk->version(), 2);
  QCOMPARE(site.versions().size(), 2);
}

void ManifestDeskTest::tellsWhatItIsMadeOf() {
  Site site("{\"plugins\":[]}");
  ManifestState state = site.state();
  QCOMPARE(state.text, QByteArray("{\"plugins\":[]}"));
  QCOMPARE(state.sha256, hashOf(state.text));
  QCOMPARE(state.runningSha256, state.sha256);
  QCOMPARE(state.whyNot, QString());
  QCOMPARE(state.others.size(), 2);
  QCOMPARE(state.others[0].sha256, hashOf("more"));
  QVERIFY(state.others[1].file.endsWith(QStringLiteral("/points.csv")) && state.others[1].sha256.isEmpty());
  putInto(site.file, "by hand");
  state = site.state();
  QCOMPARE(state.text, QByteArray("by hand"));
  QVERIFY(state.runningSha256 != state.sha256);
  putInto(site.file, "\xff\xfe");
  QCOMPARE(site.state().whyNot, QStringLiteral("the file is not UTF-8"));
}

void ManifestDeskTest::appliesOneAtATime() {
  Site site;
  QSignalSpy changed(site.desk.get(), &ManifestDesk::changed);
  QCOMPARE(site.apply("two", hashOf("one")), QStringLiteral("2"));
  QCOMPARE(contentOf(site.file), QByteArray("two"));
  QVERIFY(site.desk->isOnTrial());
  QTRY_COMPARE(changed.size(), 1);
  QCOMPARE(site.apply("three"), QStringLiteral("busy"));
  QVERIFY(site.state().whyNot.contains(QStringLiteral("another change")));
  Manifest manifest;
  manifest.dataDir = site.dataDir;
  QCOMPARE(site.desk->runs("two", manifest), QString());
  site.desk->cameUp();
  QVERIFY(site.desk->isOnTrial());
  QCOMPARE(site.desk->version(), 2);
  QCOMPARE(site.apply("three", hashOf("two")), QStringLiteral("3"));
  QCOMPARE(site.versions().join(u','), QStringLiteral("3 user:anna,2 user:anna,1 file"));
  QCOMPARE(*site.desk->takeBack(), QByteArray("two"));
}

void ManifestDeskTest::refusesAndLeavesAllAsItIs() {
  Site site;
  QSignalSpy changed(site.desk.get(), &ManifestDesk::changed);
  QCOMPARE(site.apply("wrong"), QStringLiteral("wrong"));
  QCOMPARE(site.apply("moved"), QStringLiteral("wrong"));
  QCOMPARE(site.apply("two", hashOf("none")), QStringLiteral("conflict"));
  QCOMPARE(contentOf(site.file), QByteArray("one"));
  QCOMPARE(site.versions().size(), 1);
  // What stands in the file is nobody's to lose.
  putInto(site.file, "by hand");
  QCOMPARE(site.apply("two", hashOf("one")), QStringLiteral("conflict"));
  QCOMPARE(site.apply("two", hashOf("by hand")), QStringLiteral("3"));
  QCOMPARE(site.versions().join(u','), QStringLiteral("3 user:anna,2 file,1 file"));
  QTRY_COMPARE(changed.size(), 1);
}

void ManifestDeskTest::takesBack() {
  Site site;
  QCOMPARE(site.apply("two"), QStringLiteral("2"));
  const auto text = site.desk->takeBack();
  QVERIFY(text);
  QCOMPARE(*text, QByteArray("one"));
  QCOMPARE(contentOf(site.file), QByteArray("one"));
  QCOMPARE(site.desk->version(), 1);
  QVERIFY(!site.desk->isOnTrial());
  QVERIFY(!site.desk->takeBack());  // there is nothing to take back, and nothing is written
  QCOMPARE(contentOf(site.file), QByteArray("one"));
  QCOMPARE(site.apply("three"), QStringLiteral("busy"));  // the one before has yet to come up
  site.desk->cameUp();
  QCOMPARE(site.apply("three"), QStringLiteral("3"));  // what did not come up can be looked at
  QCOMPARE(site.versions().size(), 3);
}

void ManifestDeskTest::anEarlierTrialEndsWhileTheNextBegins() {
  Site site;
  Manifest manifest;
  manifest.dataDir = site.dataDir;
  QCOMPARE(site.apply("two"), QStringLiteral("2"));
  QCOMPARE(site.desk->runs("two", manifest), QString());
  site.desk->cameUp();
  QCOMPARE(site.apply("three"), QStringLiteral("3"));
  site.desk->settled();
  QVERIFY(site.desk->isOnTrial());
  QCOMPARE(site.apply("four"), QStringLiteral("busy"));
  QCOMPARE(*site.desk->takeBack(), QByteArray("two"));
  QCOMPARE(contentOf(site.file), QByteArray("two"));
}

void ManifestDeskTest::readsTheFileAgain() {
  Site site;
  QSignalSpy changed(site.desk.get(), &ManifestDesk::changed);
  const auto reload = [&site] {
    QString outcome;
    site.desk->reload(QStringLiteral("file"), [&outcome](const auto &number) {
      outcome = number ? QString::number(*number) : number.error().text;
    });
    (void)tagwire::testing::waitFor([&] { return !outcome.isEmpty(); });
    return outcome;
  };
  QCOMPARE(reload(), QStringLiteral("1"));  // the same text: perhaps a file that it names is another
  QTRY_COMPARE(changed.size(), 1);
  site.desk->cameUp();
  putInto(site.file, "wrong");
  QCOMPARE(reload(), QStringLiteral("the manifest has errors"));
  QCOMPARE(site.versions().size(), 1);
  putInto(site.file, "two");
  QCOMPARE(reload(), QStringLiteral("2"));
  QCOMPARE(site.desk->next(), QByteArray("two"));
  QCOMPARE(site.versions().join(u','), QStringLiteral("2 file,1 file"));
  // It does not come up: the file is its owner's, and stays.
  QCOMPARE(*site.desk->takeBack(), QByteArray("one"));
  QCOMPARE(contentOf(site.file), QByteArray("two"));
  QVERIFY(QFile::remove(site.file));
  site.desk->cameUp();
  QVERIFY2(reload().startsWith(QStringLiteral("there is no file ")), qPrintable(reload()));
}

void ManifestDeskTest::siteStays() {
  Site site;
  Problems found;
  site.desk->check("renamed", [&found](const auto &problems) { found = problems.value_or(Problems()); });
  QTRY_COMPARE(found.size(), 1);
  QCOMPARE(found[0].path, QStringLiteral("site.name"));
  QVERIFY2(found[0].message.contains(QStringLiteral("needs a restart")), qPrintable(found[0].message));
}

void ManifestDeskTest::tooManyChecks() {
  Site site;
  site.holdsBack = true;
  int answered = 0;
  int refused = 0;
  for (int i = 0; i < 6; ++i) {
    site.desk->check("x", [&](const auto &outcome) { ++(outcome ? answered : refused); });
  }
  QTRY_COMPARE(refused, 2);
  QCOMPARE(answered, 0);
  site.goOn();
  QTRY_COMPARE(answered, 4);
  site.holdsBack = false;
  site.desk->check("x", [&](const auto &outcome) { answered += outcome ? 1 : 0; });
  QTRY_COMPARE(answered, 5);
}

void ManifestDeskTest::whoMayNotAnyMoreAfterTheCheckChangesNothing() {
  Site site;
  site.holdsBack = true;
  bool isAllowed = true;
  std::optional<ManifestError::Kind> refused;
  const ManifestChange change{"two", QStringLiteral("user:anna"), {}, std::nullopt, [&isAllowed] { return isAllowed; }};
  site.desk->apply(change, [&refused](const auto &number) {
    if (!number) refused = number.error().kind;
  });
  isAllowed = false;
  site.goOn();
  QTRY_COMPARE(refused, std::optional(ManifestError::Kind::Forbidden));
  QCOMPARE(contentOf(site.file), QByteArray("one"));
  QCOMPARE(site.versions().size(), 1);
  // Nor is it in the way of the next one.
  site.holdsBack = false;
  QCOMPARE(site.apply("three"), QStringLiteral("2"));
}

void ManifestDeskTest::filesKeepOwnerModeAndLink() {
  QTemporaryDir folder;
  const QString file = folder.filePath(QStringLiteral("real.json"));
  const QString link = folder.filePath(QStringLiteral("link.json"));
  putInto(file, "one");
  QVERIFY(QFile::link(file, link));
  QVERIFY(QFile::setPermissions(file, QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup));
  QVERIFY(replaceManifestFile(link, "two"));
  QCOMPARE(contentOf(file), QByteArray("two"));
  QVERIFY(QFileInfo(link).isSymLink());
  struct stat status {};
  QCOMPARE(::stat(QFile::encodeName(file).constData(), &status), 0);
  QCOMPARE(status.st_mode & 0777, mode_t{0640});
  QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden).size(), 2);  // nothing is left over
}

/// Root may write everywhere, so somebody else looks.
void ManifestDeskTest::whatCannotBeReplaced() {
  QTemporaryDir folder;
  const QString file = folder.filePath(QStringLiteral("site.json"));
  QVERIFY(!whyNotReplaceable(file).isEmpty());  // not there
  putInto(file, "one");
  QCOMPARE(whyNotReplaceable(file), QString());
  const bool isRoot = ::geteuid() == 0;
  ::chmod(QFile::encodeName(folder.path()).constData(), 0555);
  if (isRoot) QCOMPARE(::seteuid(65534), 0);
  const QString why = whyNotReplaceable(file);
  const bool isReplaced = replaceManifestFile(file, "two").has_value();
  if (isRoot) QCOMPARE(::seteuid(0), 0);
  ::chmod(QFile::encodeName(folder.path()).constData(), 0755);
  QVERIFY2(why.contains(QStringLiteral("can't be written")), qPrintable(why));
  QVERIFY(!isReplaced);
  QCOMPARE(contentOf(file), QByteArray("one"));
}

void ManifestDeskTest::oldVersionsMakeRoom() {
  QTemporaryDir folder;
  ManifestVersions store(folder.path());
  for (int i = 1; i <= 103; ++i) {
    const auto number = store.add({0, Time(), QStringLiteral("a"), {}, {}, 0}, QByteArray::number(i));
    QVERIFY2(number, number ? "" : qPrintable(number.error()));
    QCOMPARE(*number, i);
  }
  const auto list = store.list();
  QCOMPARE(list->size(), ManifestVersions::most);
  QCOMPARE(list->first().number, 4);
  QCOMPARE(*store.text(list->first()), QByteArray("4"));
  QVERIFY(!QFile::exists(folder.filePath(QStringLiteral("manifests/3.json"))));
  // Of large ones there are fewer.
  QVERIFY(store.add({0, Time(), QStringLiteral("a"), {}, {}, 0}, QByteArray(PrivateFile::largest, ' ')));
  QVERIFY(!store.add({0, Time(), QStringLiteral("a"), {}, {}, 0}, QByteArray(PrivateFile::largest + 1, ' ')));
}

void ManifestDeskTest::changedVersionsAreNoneAnyMore() {
  QTemporaryDir folder;
  ManifestVersions store(folder.path());
  QVERIFY(store.add({0, Time(), QStringLiteral("a"), {}, {}, 0}, "one"));
  const ManifestVersion version = store.list()->first();
  putInto(folder.filePath(QStringLiteral("manifests/1.json")), "two");
  QVERIFY(!store.text(version));
  QVERIFY(QFile::remove(folder.filePath(QStringLiteral("manifests/1.json"))));
  QVERIFY(!store.text(version));
}

void ManifestDeskTest::brokenIndexIsNotOverwritten() {
  QTemporaryDir folder;
  QVERIFY(ManifestVersions(folder.path()).add({0, Time(), QStringLiteral("a"), {}, {}, 0}, "one"));
  const QString index = folder.filePath(QStringLiteral("manifests/versions.json"));
  putInto(index, "{ broken");
  ManifestVersions store(folder.path());
  QVERIFY(!store.list());
  QVERIFY(!store.add({0, Time(), QStringLiteral("a"), {}, {}, 0}, "two"));
  QCOMPARE(contentOf(index), QByteArray("{ broken"));
}

TAGWIRE_TEST(ManifestDeskTest)

}  // namespace manifestdesk_test

#include "manifestdesk_test.moc"
