// SPDX-License-Identifier: Apache-2.0
#include "abusedprogram.h"

#include <QFile>

#include <sys/resource.h>
#include <algorithm>

#include "patience.h"
bool AbusedProgram::start(const QByteArray &config) {
  m_port = freePort();
  return m_program.start(quoted("{'data_dir':'var','plugins':[{'id':'web','type':'ws','config':{'listen':'127.0.0.1:" +
                                QByteArray::number(m_port) + "'," + config + "}}]}"));
}

void AbusedProgram::limitDescriptors(int most) {
  m_program.process().setChildProcessModifier([most] {
    const rlimit limit{static_cast<rlim_t>(most), static_cast<rlim_t>(most)};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  });
}

double AbusedProgram::metric(const char *name, const QByteArrayList &labels) const {
  double sum = 0;
  for (const QByteArray &line : http(m_port, "GET", "/metrics").body.split('\n')) {
    const bool isIt =
        line.startsWith(QByteArray(name) + '{') &&
        std::all_of(labels.begin(), labels.end(), [&](const auto &label) { return line.contains(label); });
    if (isIt) sum += line.mid(line.lastIndexOf(' ') + 1).toDouble();
  }
  return sum;
}

int AbusedProgram::upgradeStatus(const QByteArray &path, const QByteArray &token) const {
  tagwire::ws::RawClient client(m_port);
  client.send(tagwire::ws::RawClient::upgradeHead(path, token.isEmpty() ? QByteArray() : bearer(token)));
  return tagwire::testing::waitFor([&] { return client.status() != 0; }) ? client.status() : 0;
}

qint64 AbusedProgram::peakKiB() const {
  QFile status(QStringLiteral("/proc/%1/status").arg(m_program.processId()));
  if (!status.open(QIODevice::ReadOnly)) return -1;
  for (const QByteArray &line : status.readAll().split('\n')) {
    if (line.startsWith("VmHWM:")) return line.mid(6).trimmed().split(' ').first().toLongLong();
  }
  return -1;
}

void AbusedProgram::forgetPeak() const {
  QFile file(QStringLiteral("/proc/%1/clear_refs").arg(m_program.processId()));
  if (!file.open(QIODevice::WriteOnly) || file.write("5") != 1) qFatal("the peak of memory can't be reset");
}

QByteArray AbusedProgram::token(const char *name, const QStringList &permissions) const {
  QStringList words{QString::fromLatin1(name)};
  for (const QString &each : permissions) words << QStringLiteral("--allow") << each;
  return command("token create", words).value_or(QByteArray()).trimmed();
}

std::optional<QByteArray> AbusedProgram::command(const char *words, const QStringList &more,
                                                 const QByteArray &input) const {
  QProcess process;
  process.start(QStringLiteral(TAGWIRE_PROGRAM),
                QString::fromLatin1(words).split(u' ') + more + QStringList{QStringLiteral("--data-dir"), dataDir()});
  process.write(input);
  process.closeWriteChannel();
  if (!process.waitForFinished(20'000) || process.exitCode() != 0) return std::nullopt;
  return process.readAllStandardOutput();
}
