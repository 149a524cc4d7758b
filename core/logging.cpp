// SPDX-License-Identifier: Apache-2.0
#include "logging.h"

#include <QLoggingCategory>

#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "timestamp.h"

namespace tagwire {

namespace {

struct Level {
  const char *word;
  int priority;  // syslog(3)
};

Level levelOf(QtMsgType type) {
  switch (type) {
    case QtDebugMsg:
      return {"debug", 7};
    case QtInfoMsg:
      return {"info", 6};
    case QtWarningMsg:
      return {"warning", 4};
    case QtCriticalMsg:
      return {"error", 3};
    case QtFatalMsg:
      return {"fatal", 2};
  }
  return {"info", 6};
}

/// systemd names the journal's stream as "device:inode"; a redirected stderr is another one.
bool stderrIsJournal() {
  struct stat status {};
  if (fstat(STDERR_FILENO, &status) != 0) return false;
  return qgetenv("JOURNAL_STREAM") == QByteArray::number(static_cast<quint64>(status.st_dev)) + ':' +
                                          QByteArray::number(static_cast<quint64>(status.st_ino));
}

QByteArray originOf(const QMessageLogContext &context) {
  QByteArray category = context.category;
  if (category.startsWith("tagwire.")) category.remove(0, 8);
  return category == "default" ? QByteArray("tagwire") : category;
}

void writeToStderr(QtMsgType type, const QMessageLogContext &context, const QString &text) {
  const QByteArray line = toIso(std::chrono::system_clock::now()).toLatin1() + ' ' + levelOf(type).word + ' ' +
                          originOf(context) + ": " + onOneLine(text).toUtf8() + '\n';
  // One write a line: lines of several threads do not mix. A full pipe may not stop us, so its answer is not looked at.
  if (::write(STDERR_FILENO, line.constData(), static_cast<size_t>(line.size())) < 0) return;
}

void writeToJournal(QtMsgType type, const QMessageLogContext &context, const QString &text) {
  sd_journal_send("MESSAGE=%s", onOneLine(text).toUtf8().constData(), "PRIORITY=%i", levelOf(type).priority,
                  "TAGWIRE_PLUGIN=%s", originOf(context).constData(), nullptr);
}

}  // namespace

QString onOneLine(const QString &text) {
  QString line;
  line.reserve(text.size());
  for (const QChar character : text) {
    const bool turns = (character >= QChar(0x202A) && character <= QChar(0x202E)) ||
                       (character >= QChar(0x2066) && character <= QChar(0x2069));
    if (character < u' ' || character == QChar(0x7f) || (character >= QChar(0x80) && character < QChar(0xa0))) {
      line += QStringLiteral("\\x%1").arg(character.unicode(), 2, 16, QLatin1Char('0'));
    } else if (turns || character == QChar(0x2028) || character == QChar(0x2029)) {
      line += QStringLiteral("\\u%1").arg(character.unicode(), 4, 16, QLatin1Char('0'));
    } else {
      line += character;
    }
  }
  return line;
}

void installLogging() { qInstallMessageHandler(stderrIsJournal() ? writeToJournal : writeToStderr); }

Result<void> setLogLevel(const QString &level) {
  static const QStringList levels{QStringLiteral("debug"), QStringLiteral("info"), QStringLiteral("warning"),
                                  QStringLiteral("error")};
  const auto least = levels.indexOf(level);
  if (least < 0) {
    return failure(
        QStringLiteral("unknown log level \"%1\" (allowed: %2)").arg(level, levels.join(QLatin1String(", "))));
  }
  QString rules;
  for (qsizetype i = 0; i < 3; ++i) {
    rules += QStringLiteral("tagwire*.%1=%2\n")
                 .arg(levels[i], i >= least ? QStringLiteral("true") : QStringLiteral("false"));
  }
  QLoggingCategory::setFilterRules(rules);
  return {};
}

}  // namespace tagwire
