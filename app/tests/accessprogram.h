// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

inline const auto program = QStringLiteral(TAGWIRE_PROGRAM);

struct Outcome {
  int code = -1;
  QByteArray out;
  QByteArray errors;
};

inline Outcome finish(QProcess &process) {
  if (process.state() != QProcess::NotRunning && !process.waitForFinished(30'000)) return {};
  return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2, process.readAllStandardOutput(),
          process.readAllStandardError()};
}

inline Outcome runProgram(const QStringList &arguments, const QByteArray &input = {}) {
  QProcess process;
  process.start(program, arguments);
  process.write(input);
  process.closeWriteChannel();
  return finish(process);
}

inline Outcome shell(const QString &script, const QStringList &arguments) {
  QProcess process;
  process.start(QStringLiteral("sh"), QStringList{QStringLiteral("-c"), script, QStringLiteral("sh")} + arguments);
  process.closeWriteChannel();
  return finish(process);
}

inline QStringList words(const char *text) { return QString::fromUtf8(text).split(u' ', Qt::SkipEmptyParts); }

inline int modeOf(const QString &path) {
  struct stat status {};
  return ::stat(QFile::encodeName(path).constData(), &status) == 0 ? status.st_mode & 07777 : -1;
}

inline QByteArray contentOf(const QString &path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// A folder that goes away, with a data_dir in it that is not there yet. Plain class.
class DataFolder {
 public:
  /// Another one.
  void renew() { m_folder = QTemporaryDir(); }
  QStringList at(const char *command) const { return words(command) << QStringLiteral("--data-dir") << dataDir(); }
  QString dataDir() const { return m_folder.filePath(QStringLiteral("var/data")); }
  QString file(const char *name) const { return dataDir() + u'/' + QLatin1String(name); }
  QString writeManifest(const QByteArray &text) const {
    QFile manifest(m_folder.filePath(QStringLiteral("site.json")));
    if (!manifest.open(QIODevice::WriteOnly) || manifest.write(text) != text.size()) qFatal("no manifest");
    return manifest.fileName();
  }

 private:
  QTemporaryDir m_folder;
};

/// Rows for wrongUse(): a command, and a part of what is said about it.
inline void addWrongUseColumns() {
  QTest::addColumn<QString>("command");
  QTest::addColumn<QString>("said");
}
inline void addWrongUse(const char *command, const char *said) {
  QTest::newRow(command) << QString::fromUtf8(command) << QString::fromUtf8(said);
}

/// The row's command, with the word D for the data_dir, ends with 64 and its complaint.
inline void wrongUse(const DataFolder &folder) {
  QFETCH(QString, command);
  QFETCH(QString, said);
  QStringList arguments = command.split(u' ');
  arguments.replaceInStrings(QStringLiteral("D"), folder.dataDir(), Qt::CaseSensitive);
  const Outcome outcome = runProgram(arguments, "correct horse\n");
  QVERIFY2(outcome.code == 64, outcome.errors.constData());
  QVERIFY2(QString::fromUtf8(outcome.errors).contains(said), outcome.errors.constData());
  QCOMPARE(outcome.out, QByteArray());
}
