// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <QCoreApplication>
#include <QSocketNotifier>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

#include "configlocation.h"
#include "epolldispatcher.h"

namespace tagwire {

namespace {

int signalPipe[2] = {-1, -1};
int quitting = 0;

void onSignal(int signal) {
  // Only what a signal handler may do: one byte through a pipe, and errno as whom it interrupts left it.
  const int before = errno;
  const auto byte = static_cast<unsigned char>(signal);
  if (::write(signalPipe[1], &byte, 1) < 0) errno = before;  // the pipe is full of others
}

/// didYouMean() of options, as one types them.
QString whichOption(const QString &given, const QStringList &known) {
  return didYouMean(given, known).replace(QLatin1String(" \""), QLatin1String(" \"--"));
}

}  // namespace

Result<Arguments> Arguments::parse(const QStringList &given, const QStringList &valued, const QStringList &flags) {
  Arguments arguments;
  for (qsizetype i = 0; i < given.size(); ++i) {
    if (given[i] == QLatin1String("--")) {
      arguments.m_rest += given.mid(i + 1);
      break;
    }
    if (!given[i].startsWith(QLatin1String("--"))) {
      arguments.m_rest << given[i];
      continue;
    }
    const QString name = given[i].mid(2).section(u'=', 0, 0);
    const bool hasValue = given[i].contains(u'=');
    if (flags.contains(name) && !hasValue) {
      arguments.m_flags << name;
    } else if (valued.contains(name) && (hasValue || i + 1 < given.size())) {
      arguments.m_values.append({name, hasValue ? given[i].section(u'=', 1) : given[++i]});
    } else if (valued.contains(name)) {
      return failure(QStringLiteral("option --%1 needs a value").arg(name));
    } else {
      return failure(QStringLiteral("unknown option --%1%2").arg(name, whichOption(name, valued + flags)));
    }
  }
  return arguments;
}

QStringList Arguments::values(const QString &option) const {
  QStringList found;
  for (const auto &[name, value] : m_values) {
    if (name == option) found << value;
  }
  return found;
}

bool wantsHelp(const QStringList &given) {
  return given.mid(0, given.indexOf(QLatin1String("--"))).contains(QLatin1String("--help"));
}

QString unknownVerb(const char *command, const QString &name, const QStringList &known) {
  if (name.isEmpty()) return {};
  const QString some = name.left(60);
  return QStringLiteral("unknown \"%1 %2\"%3 (allowed: %4)\n")
      .arg(QLatin1String(command), some, didYouMean(some, known), known.join(QLatin1String(", ")));
}

void printLine(const QString &line) {
  std::fputs((line + u'\n').toUtf8().constData(), stdout);
  std::fflush(stdout);
}

void printError(const QString &line) { std::fputs((line + u'\n').toUtf8().constData(), stderr); }

QByteArray aligned(const QList<QStringList> &lines) {
  QList<qsizetype> widths(lines.first().size());
  for (const QStringList &line : lines) {
    for (qsizetype i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  QByteArray text;
  for (const QStringList &line : lines) {
    QString row;
    for (qsizetype i = 0; i < line.size(); ++i) row += line[i].leftJustified(widths[i] + 2);
    for (QChar &each : row) {
      if (each.category() == QChar::Other_Control || each.category() == QChar::Other_Format) each = u'?';
    }
    while (row.endsWith(u' ')) row.chop(1);
    text += row.toUtf8() + '\n';
  }
  return text;
}

bool chooseEventLoop() {
  // Threads of plugins go on with Qt's own; GLib's is three times slower with a thousand sockets.
  qputenv("QT_NO_GLIB", "1");
  const QByteArray name = qgetenv("TAGWIRE_EVENT_LOOP");
  if (name.isEmpty() || name == "epoll") {
    QCoreApplication::setEventDispatcher(new EpollDispatcher);
  } else if (name != "qt") {
    printError(QStringLiteral("TAGWIRE_EVENT_LOOP is \"%1\" (allowed: epoll, qt)").arg(QString::fromLocal8Bit(name)));
    return false;
  }
  return true;
}

int quittingSignal() { return quitting; }

void quitOnSignals(const std::function<void()> &reload) {
  if (::pipe2(signalPipe, O_CLOEXEC | O_NONBLOCK) != 0) qFatal("no pipe for signals");
  auto *notifier = new QSocketNotifier(signalPipe[0], QSocketNotifier::Read, QCoreApplication::instance());
  QObject::connect(notifier, &QSocketNotifier::activated, notifier, [reload] {
    unsigned char byte = 0;
    while (::read(signalPipe[0], &byte, 1) == 1) {
      if (byte != SIGHUP) {
        quitting = byte;
        ::signal(SIGTERM, SIG_DFL);
        ::signal(SIGINT, SIG_DFL);
        QCoreApplication::quit();
      } else if (reload) {
        reload();
      }
    }
  });
  struct sigaction action {};
  action.sa_handler = onSignal;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaction(signal, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

}  // namespace tagwire
