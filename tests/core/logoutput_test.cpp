// SPDX-License-Identifier: Apache-2.0
#include "logoutput.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <pty.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "testprogram.h"

namespace logoutput_test {

using namespace tagwire;

namespace {

LogLine line(const QByteArray &text) { return {4, "warning", "plc1", text, {}}; }

/// What can be read at once.
QByteArray readAll(int descriptor) {
  ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
  QByteArray all;
  char piece[65536];
  for (ssize_t count = 0; (count = ::read(descriptor, piece, sizeof piece)) > 0;) all.append(piece, count);
  return all;
}

/// Writes until there is no room; how many lines there were. A test that hangs here has found what it looks for.
int fill(LogOutput &output) {
  int written = 0;
  while (written < 100'000 &&
         output.write(line("line " + QByteArray::number(written))) == LogOutput::Outcome::Written) {
    ++written;
  }
  return written;
}

/// A journal that reads only when it is told to.
struct Journal {
  Journal() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const QByteArray path = this->path();
    std::memcpy(address.sun_path, path.constData(), static_cast<size_t>(path.size()));
    socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    isThere = ::bind(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
  }
  ~Journal() { ::close(socket); }
  QByteArray path() const { return QFile::encodeName(folder.filePath(QStringLiteral("journal"))); }
  QByteArray take() const {
    QByteArray entry(65536, '\0');
    const ssize_t size = ::recv(socket, entry.data(), static_cast<size_t>(entry.size()), 0);
    return size < 0 ? QByteArray() : entry.left(size);
  }

  QTemporaryDir folder;
  int socket = -1;
  bool isThere = false;
};

}  // namespace

class LogOutputTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aFullPipeIsNotWaitedFor() {
    int ends[2];
    QCOMPARE(::pipe2(ends, O_CLOEXEC), 0);
    StreamOutput output(ends[1]);
    const int written = fill(output);
    QVERIFY(written > 100 && written < 100'000);
    QCOMPARE(output.write(line("no room")), LogOutput::Outcome::Full);
    QCOMPARE(::fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);  // others who share it find it as it was
    const QByteArray all = readAll(ends[0]);
    QCOMPARE(all.count('\n'), qsizetype(written));  // whole lines only
    QCOMPARE(output.write(line("room again")), LogOutput::Outcome::Written);
    QVERIFY(readAll(ends[0]).endsWith(" warning plc1: room again\n"));
    ::close(ends[0]);
    ::close(ends[1]);
  }
  void aSocketThatNobodyReadsIsNotWaitedFor() {
    int ends[2];
    QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    StreamOutput output(ends[1]);
    const int written = fill(output);
    QVERIFY(written > 10 && written < 100'000);
    readAll(ends[0]);
    QCOMPARE(output.write(line("room again")), LogOutput::Outcome::Written);
    ::close(ends[0]);
    ::close(ends[1]);
  }
  void aStoppedTerminalIsNotWaitedFor() {
    int master = -1;
    int terminal = -1;
    QCOMPARE(::openpty(&master, &terminal, nullptr, nullptr, nullptr), 0);
    StreamOutput output(terminal);
    QCOMPARE(output.write(line("seen")), LogOutput::Outcome::Written);
    QCOMPARE(::tcflow(terminal, TCOOFF), 0);  // Ctrl-S
    const int written = fill(output);
    QVERIFY(written < 100'000);
    QCOMPARE(::tcflow(terminal, TCOON), 0);
    ::close(master);
    ::close(terminal);
  }
  void aLineIsCutBetweenCharacters() {
    int ends[2];
    QCOMPARE(::pipe2(ends, O_CLOEXEC), 0);
    StreamOutput output(ends[1]);
    for (int shift = 0; shift < 4; ++shift) {
      const QByteArray text = QByteArray(shift, 'x') + QByteArray("€").repeated(5000);
      QCOMPARE(output.write(line(text)), LogOutput::Outcome::Written);
      const QByteArray got = readAll(ends[0]);
      QVERIFY(got.size() <= LogOutput::longestLine);
      QVERIFY(got.endsWith("…\n"));
      QVERIFY(!QString::fromUtf8(got).contains(QChar::ReplacementCharacter));
    }
    ::close(ends[0]);
    ::close(ends[1]);
  }
  void nobodyAtTheOtherEndIsNoReasonToTryAgain() {
    ::signal(SIGPIPE, SIG_IGN);  // as the program does
    int ends[2];
    QCOMPARE(::pipe2(ends, O_CLOEXEC), 0);
    StreamOutput output(ends[1]);
    ::close(ends[0]);
    QCOMPARE(output.write(line("x")), LogOutput::Outcome::Failed);
    ::close(ends[1]);
    StreamOutput none(-1);
    QCOMPARE(none.write(line("x")), LogOutput::Outcome::Failed);
  }
  void theJournalGetsFields() {
    const Journal journal;
    QVERIFY(journal.isThere);
    JournalOutput output(journal.path().constData());
    LogLine entry = line("degraded: no connection");
    entry.fields = {{"MESSAGE_ID", "ed0b46a5a3a14ddabba28ad6359b9fd8"}, {"TAGWIRE_STATE", "degraded"}};
    QCOMPARE(output.write(entry), LogOutput::Outcome::Written);
    const QList<QByteArray> lines = journal.take().split('\n');
    for (const char *field :
         {"MESSAGE=degraded: no connection", "PRIORITY=4", "SYSLOG_IDENTIFIER=tagwire", "TAGWIRE_PLUGIN=plc1",
          "MESSAGE_ID=ed0b46a5a3a14ddabba28ad6359b9fd8", "TAGWIRE_STATE=degraded"}) {
      QVERIFY2(lines.contains(field), field);
    }
  }
  void aJournalThatHangsIsNotWaitedFor() {
    const Journal journal;
    JournalOutput output(journal.path().constData());
    const int written = fill(output);
    QVERIFY(written > 0 && written < 100'000);
    QCOMPARE(output.write(line("no room")), LogOutput::Outcome::Full);
    while (!journal.take().isEmpty()) continue;
    QCOMPARE(output.write(line("room again")), LogOutput::Outcome::Written);
  }
  void aJournalThatStartsAnewIsFound() {
    auto journal = std::make_unique<Journal>();
    const QByteArray path = journal->path();
    JournalOutput output(path.constData());
    QCOMPARE(output.write(line("one")), LogOutput::Outcome::Written);
    ::close(std::exchange(journal->socket, -1));
    QCOMPARE(output.write(line("two")), LogOutput::Outcome::Failed);
    ::unlink(path.constData());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.constData(), static_cast<size_t>(path.size()));
    journal->socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    QCOMPARE(::bind(journal->socket, reinterpret_cast<const sockaddr *>(&address), sizeof address), 0);
    QCOMPARE(output.write(line("three")), LogOutput::Outcome::Written);
    QVERIFY(journal->take().contains("MESSAGE=three\n"));
  }
};

TAGWIRE_TEST(LogOutputTest)

}  // namespace logoutput_test

#include "logoutput_test.moc"
