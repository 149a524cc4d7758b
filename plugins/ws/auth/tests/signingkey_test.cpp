// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <thread>
#include <vector>

#include "auth/signingkey.h"
#include "testprogram.h"

namespace signingkey_test {

using namespace tagwire;
using namespace tagwire::ws;

class SigningKeyTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init();
  void madeOnceAndKept();
  void nobodyElseMayReadIt();
  void allWhoStartTogetherGetTheSame();
  void leavesNothingElseBehind();
  void refused_data();
  void refused();
  void linksAndOthersAreRefused();
  void errorsNameTheFile();

 private:
  QString path() const { return m_directory->filePath(QStringLiteral("session.key")); }
  void write(const QByteArray &bytes, int mode);
  QString error() const;

  std::unique_ptr<QTemporaryDir> m_directory;
};

void SigningKeyTest::init() { m_directory = std::make_unique<QTemporaryDir>(); }

void SigningKeyTest::write(const QByteArray &bytes, int mode) {
  QFile file(path());
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(bytes);
  file.close();
  QCOMPARE(::chmod(QFile::encodeName(path()).constData(), static_cast<mode_t>(mode)), 0);
}

QString SigningKeyTest::error() const {
  const auto key = signingKey(m_directory->path());
  return key ? QStringLiteral("accepted") : key.error();
}

void SigningKeyTest::madeOnceAndKept() {
  const auto first = signingKey(m_directory->path());
  QVERIFY2(first, first ? "" : qPrintable(first.error()));
  QCOMPARE(first->size(), 32);
  QCOMPARE(*signingKey(m_directory->path()), *first);
  QFile file(path());
  QVERIFY(file.open(QIODevice::ReadOnly));
  QCOMPARE(file.readAll(), *first);
  const QTemporaryDir other;
  QVERIFY(*signingKey(other.path()) != *first);
}

void SigningKeyTest::nobodyElseMayReadIt() {
  const mode_t before = ::umask(0);
  QVERIFY(signingKey(m_directory->path()));
  ::umask(before);
  struct stat status = {};
  QCOMPARE(::stat(QFile::encodeName(path()).constData(), &status), 0);
  QCOMPARE(status.st_mode & 07777, 0600U);
}

void SigningKeyTest::allWhoStartTogetherGetTheSame() {
  for (int round = 0; round < 20; ++round) {
    init();
    std::vector<QByteArray> keys(8);
    std::vector<std::thread> threads;
    for (QByteArray &key : keys) {
      threads.emplace_back([this, &key] { key = signingKey(m_directory->path()).value_or(QByteArray()); });
    }
    for (std::thread &thread : threads) thread.join();
    for (const QByteArray &key : keys) QCOMPARE(key, keys.front());
    QCOMPARE(keys.front().size(), 32);
  }
}

void SigningKeyTest::leavesNothingElseBehind() {
  QVERIFY(signingKey(m_directory->path()));
  QVERIFY(signingKey(m_directory->path()));
  const auto everything = QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot;
  QCOMPARE(QDir(m_directory->path()).entryList(everything), QStringList{QStringLiteral("session.key")});
}

void SigningKeyTest::refused_data() {
  QTest::addColumn<int>("size");
  QTest::addColumn<int>("mode");
  QTest::addColumn<QString>("error");
  QTest::newRow("good") << 32 << 0600 << QStringLiteral("accepted");
  QTest::newRow("read only") << 32 << 0400 << QStringLiteral("accepted");
  QTest::newRow("empty") << 0 << 0600 << QStringLiteral("has 0 bytes (allowed: 32");
  QTest::newRow("short") << 31 << 0600 << QStringLiteral("has 31 bytes");
  QTest::newRow("long") << 33 << 0600 << QStringLiteral("has 33 bytes");
  QTest::newRow("group") << 32 << 0640 << QStringLiteral("mode 0640, allowed: 0600");
  QTest::newRow("others") << 32 << 0604 << QStringLiteral("read by others");
  QTest::newRow("writable by others") << 32 << 0602 << QStringLiteral("mode 0602");
}

void SigningKeyTest::refused() {
  QFETCH(int, size);
  QFETCH(int, mode);
  QFETCH(QString, error);
  const QByteArray bytes(size, 's');
  write(bytes, mode);
  const QString found = this->error();
  QVERIFY2(found.contains(error), qPrintable(found));
  QVERIFY(!found.contains(u"sss"));
  QFile file(path());  // refused or not, it is left as it is
  QVERIFY(file.open(QIODevice::ReadOnly));
  QCOMPARE(file.readAll(), bytes);
}

void SigningKeyTest::linksAndOthersAreRefused() {
  const QString target = m_directory->filePath(QStringLiteral("elsewhere"));
  QFile file(target);
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(QByteArray(32, 's'));
  file.close();
  QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner));
  QVERIFY(QFile::link(target, path()));
  QVERIFY2(error().contains(u"link"), qPrintable(error()));
  QVERIFY(QFile::remove(path()));
  QVERIFY(QDir(m_directory->path()).mkdir(QStringLiteral("session.key")));
  QVERIFY2(error().contains(u"no plain file"), qPrintable(error()));
  QVERIFY(QDir(m_directory->path()).rmdir(QStringLiteral("session.key")));
  QCOMPARE(::mkfifo(QFile::encodeName(path()).constData(), 0600), 0);
  QVERIFY2(error().contains(u"no plain file"), qPrintable(error()));  // and nobody waits for a writer
}

void SigningKeyTest::errorsNameTheFile() {
  const QString nowhere = m_directory->filePath(QStringLiteral("not/there"));
  const auto key = signingKey(nowhere);
  QVERIFY(!key);
  QVERIFY2(key.error().startsWith(nowhere + QStringLiteral("/session.key: cannot be made: No such file")),
           qPrintable(key.error()));
  write("short", 0600);
  QVERIFY(error().startsWith(path() + u':'));
}

TAGWIRE_TEST(SigningKeyTest)

}  // namespace signingkey_test

#include "signingkey_test.moc"
