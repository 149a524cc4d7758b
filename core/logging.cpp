// SPDX-License-Identifier: Apache-2.0
#include "logging.h"

#include <QCoreApplication>
#include <QLoggingCategory>
#include <QTimer>

#include <atomic>
#include <memory>
#include <mutex>

#include <sys/stat.h>
#include <unistd.h>

#include "loglimiter.h"
#include "logoutput.h"

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

QByteArray originOf(QByteArray category) {
  if (category.startsWith("tagwire.")) category.remove(0, 8);
  return category == "default" ? QByteArray("tagwire") : category;
}

using JournalFields = QList<std::pair<QByteArray, QByteArray>>;

thread_local const QList<LogFields::Field> *threadFields = nullptr;

JournalFields fieldsOf(const QMessageLogContext &context) {
  JournalFields fields{{"TAGWIRE_CATEGORY", context.category}};
  // Release builds of Qt code leave them out.
  if (context.file) {
    fields << std::pair<QByteArray, QByteArray>("CODE_FILE", context.file);
    fields << std::pair<QByteArray, QByteArray>("CODE_LINE", QByteArray::number(context.line));
  }
  if (context.function) fields << std::pair<QByteArray, QByteArray>("CODE_FUNC", context.function);
  if (threadFields) {
    for (const auto &[name, value] : *threadFields) fields << std::pair(QByteArray(name), onOneLine(value).toUtf8());
  }
  return fields;
}

class LogTicker;

/// The log of the process. Any thread logs; a message holds the lock for one write that does not wait.
struct Log {
  std::mutex mutex;  ///< for all that is not atomic
  std::unique_ptr<LogOutput> output;
  LogLimiter limiter;
  quint64 untoldDrops = 0;
  LogTicker *ticker = nullptr;
  std::atomic<bool> isTicking = false;
  std::atomic<quint64> lines = 0;
  std::atomic<quint64> suppressed = 0;
  std::atomic<quint64> dropped = 0;
};

Log &theLog() {
  static auto *log = new Log;  // never deleted: threads that are left behind may log to the very end
  return *log;
}

std::chrono::nanoseconds logNow() { return std::chrono::steady_clock::now().time_since_epoch(); }

LogLine lineOf(QtMsgType type, const QByteArray &category, const QString &text, JournalFields fields) {
  const Level level = levelOf(type);
  return {level.priority, level.word, originOf(category), onOneLine(text).toUtf8(), std::move(fields)};
}

void put(Log &log, const LogLine &line) {
  const LogOutput::Outcome outcome = log.output->write(line);
  ++(outcome == LogOutput::Outcome::Written ? log.lines : log.dropped);
  if (outcome == LogOutput::Outcome::Full) ++log.untoldDrops;
}

/// Before anything else is written again.
void tellDrops(Log &log) {
  if (log.untoldDrops == 0) return;
  const auto text = QStringLiteral("%1 lines of the log were dropped: nobody took them").arg(log.untoldDrops);
  const JournalFields fields{{"MESSAGE_ID", messageid::linesDropped},
                             {"TAGWIRE_COUNT", QByteArray::number(log.untoldDrops)}};
  if (log.output->write(lineOf(QtWarningMsg, "tagwire.log", text, fields)) != LogOutput::Outcome::Written) return;
  ++log.lines;
  log.untoldDrops = 0;
}

void tellSuppressed(Log &log, bool all) {
  for (const LogLimiter::Suppressed &each : log.limiter.due(logNow(), all)) {
    const auto text = QStringLiteral("suppressed %1 messages like: %2").arg(each.count).arg(each.like);
    const JournalFields fields{{"TAGWIRE_CATEGORY", each.category},
                               {"MESSAGE_ID", messageid::suppressed},
                               {"TAGWIRE_COUNT", QByteArray::number(each.count)}};
    put(log, lineOf(each.type, each.category, text, fields));
  }
}

/// Tells what is left to tell when nobody logs any more. Wakes only while there is something.
class LogTicker : public QObject {
 public:
  explicit LogTicker(QObject *parent) : QObject(parent) {
    m_timer.setInterval(1000);
    connect(&m_timer, &QTimer::timeout, this, &LogTicker::tick);
  }
  ~LogTicker() override {
    Log &log = theLog();
    const std::lock_guard lock(log.mutex);
    log.ticker = nullptr;
    tellDrops(log);
    tellSuppressed(log, true);
  }
  void start() { m_timer.start(); }

 private:
  void tick() {
    Log &log = theLog();
    const std::lock_guard lock(log.mutex);
    tellDrops(log);
    tellSuppressed(log, false);
    if (log.untoldDrops > 0 || log.limiter.hasSuppressed()) return;
    m_timer.stop();
    log.isTicking = false;
  }

  QTimer m_timer{this};
};

void takeMessage(QtMsgType type, const QMessageLogContext &context, const QString &text) {
  Log &log = theLog();
  const QByteArray category = context.category;
  const std::lock_guard lock(log.mutex);
  // Debug messages are there because somebody asked for all of them; after a fatal one there is no other.
  const bool isLimited = type != QtDebugMsg && type != QtFatalMsg;
  if (isLimited && !log.limiter.admit(type, category, text, logNow())) {
    ++log.suppressed;
  } else {
    tellDrops(log);
    put(log, lineOf(type, category, text, fieldsOf(context)));
  }
  const bool mustTell = log.untoldDrops > 0 || log.limiter.hasSuppressed();
  if (mustTell && log.ticker && !log.isTicking.exchange(true)) {
    QMetaObject::invokeMethod(log.ticker, &LogTicker::start, Qt::QueuedConnection);
  }
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

void installLogging() {
  Log &log = theLog();
  if (stderrIsJournal()) {
    log.output = std::make_unique<JournalOutput>();
  } else {
    log.output = std::make_unique<StreamOutput>(STDERR_FILENO);
  }
  log.ticker = new LogTicker(QCoreApplication::instance());
  qInstallMessageHandler(takeMessage);
}

LogStatistics logStatistics() {
  const Log &log = theLog();
  return {log.lines, log.suppressed, log.dropped};
}

LogFields::LogFields(const QList<Field> &fields) : m_fields(fields), m_outer(std::exchange(threadFields, &m_fields)) {}

LogFields::~LogFields() { threadFields = m_outer; }

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
