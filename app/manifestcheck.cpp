// SPDX-License-Identifier: Apache-2.0
#include "manifestcheck.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLoggingCategory>
#include <QProcess>
#include <QTimer>

#include "command.h"
#include "programfiles.h"

namespace tagwire {

namespace {

Q_LOGGING_CATEGORY(manifestCheckLog, "tagwire.host", QtInfoMsg)

constexpr qsizetype mostProblems = 1000;
constexpr qsizetype mostOutput = 16 * 1024 * 1024;
constexpr qsizetype longestTail = 2048;
constexpr std::chrono::seconds checkWithin{60};

QJsonObject problemJson(const Problem &problem) {
  return {{QStringLiteral("severity"), problem.isWarning ? QStringLiteral("warning") : QStringLiteral("error")},
          {QStringLiteral("file"), problem.where.file ? *problem.where.file : QString()},
          {QStringLiteral("line"), problem.where.line},
          {QStringLiteral("column"), problem.where.column},
          {QStringLiteral("path"), problem.path},
          {QStringLiteral("message"), problem.message}};
}

Problem problemFrom(const QJsonObject &json) {
  Problem problem;
  problem.where.file = std::make_shared<const QString>(json.value(QLatin1String("file")).toString());
  problem.where.line = json.value(QLatin1String("line")).toInt();
  problem.where.column = json.value(QLatin1String("column")).toInt();
  problem.path = json.value(QLatin1String("path")).toString();
  problem.message = json.value(QLatin1String("message")).toString();
  problem.isWarning = json.value(QLatin1String("severity")).toString() == u"warning";
  return problem;
}

Result<ManifestFindings> findingsFrom(const QByteArray &output, int exitCode) {
  const QJsonDocument document = QJsonDocument::fromJson(output);
  if ((exitCode != exitcode::ok && exitCode != exitcode::badManifest) || !document.isObject()) {
    return failure(QStringLiteral("the check did not come to an end"));
  }
  ManifestFindings findings;
  findings.dataDir = document.object().value(QLatin1String("data_dir")).toString();
  const QJsonObject site = document.object().value(QLatin1String("site")).toObject();
  findings.site = {site.value(QLatin1String("name")).toString(), site.value(QLatin1String("timezone")).toString()};
  for (const QJsonValue &each : document.object().value(QLatin1String("problems")).toArray()) {
    findings.problems.append(problemFrom(each.toObject()));
  }
  // Whatever is said, the exit code is what counts.
  if (exitCode == exitcode::badManifest && !hasErrors(findings.problems)) {
    findings.problems.append({{}, QString(), QStringLiteral("the manifest has errors"), false});
  }
  return findings;
}

/// One check under way; deletes itself when it is over, and with what owns it.
class CheckProcess : public QProcess {
 public:
  using Done = std::function<void(const Result<ManifestFindings> &)>;

  CheckProcess(const QStringList &arguments, const QByteArray &text, Done done)
      : QProcess(QCoreApplication::instance()), m_done(std::move(done)) {
    connect(this, &QProcess::errorOccurred, this, [this](ProcessError error) {
      if (error == FailedToStart) end(failure(QStringLiteral("the check can't be started: %1").arg(errorString())));
    });
    connect(this, &QProcess::readyReadStandardOutput, this, [this] {
      m_output += readAllStandardOutput();
      if (m_output.size() > mostOutput) kill();
    });
    connect(this, &QProcess::readyReadStandardError, this,
            [this] { m_tail = (m_tail + readAllStandardError()).right(longestTail); });
    connect(this, &QProcess::finished, this, [this](int code, ExitStatus status) {
      m_output += readAllStandardOutput();
      m_tail = (m_tail + readAllStandardError()).right(longestTail);
      const auto findings = findingsFrom(m_output, status == NormalExit ? code : -1);
      if (!findings) {
        qCWarning(manifestCheckLog).noquote()
            << "the check of a manifest ended with" << (status == NormalExit ? "code" : "signal") << code
            << "and these words:" << QString::fromUtf8(m_tail.trimmed()).replace(u'\n', QLatin1String(" | "));
      }
      end(findings);
    });
    QTimer::singleShot(checkWithin, this, &QProcess::kill);
    start(QCoreApplication::applicationFilePath(), arguments);
    write(text);
    closeWriteChannel();
  }

  /// The program ends first: what QProcess tells from its own destructor finds no members of this any more.
  ~CheckProcess() override { disconnect(this, nullptr, this, nullptr); }

 private:
  void end(const Result<ManifestFindings> &findings) {
    if (const Done done = std::exchange(m_done, {})) done(findings);
    deleteLater();
  }

  Done m_done;
  QByteArray m_output;
  QByteArray m_tail;  ///< of what it says on stderr
};

}  // namespace

QByteArray findingsJson(const ManifestFindings &findings) {
  QJsonArray problems;
  for (const Problem &problem : findings.problems.first(std::min(mostProblems, findings.problems.size()))) {
    problems.append(problemJson(problem));
  }
  return QJsonDocument(
             QJsonObject{{QStringLiteral("problems"), problems},
                         {QStringLiteral("data_dir"), findings.dataDir},
                         {QStringLiteral("site"), QJsonObject{{QStringLiteral("name"), findings.site.name},
                                                              {QStringLiteral("timezone"), findings.site.timeZone}}}})
      .toJson(QJsonDocument::Compact);
}

ManifestChecker checkerByProcess(const QString &file, const QStringList &pluginDirs) {
  QStringList arguments{QStringLiteral("check"), QStringLiteral("--json"), QStringLiteral("--stdin")};
  for (const QString &folder : pluginDirs) arguments << QStringLiteral("--plugin-dir=") + folder;
  arguments << QStringLiteral("--") << file;
  return [arguments, pluginDirs, files = ProgramFiles::now(pluginDirs)](const QByteArray &text,
                                                                        const CheckProcess::Done &done) {
    if (const QString other = files.firstChange(ProgramFiles::now(pluginDirs)); !other.isEmpty()) {
      const Result<ManifestFindings> upgraded =
          failure(QStringLiteral("the program was upgraded while it runs (%1): restart it first").arg(other));
      QMetaObject::invokeMethod(
          QCoreApplication::instance(), [done, upgraded] { done(upgraded); }, Qt::QueuedConnection);
      return;
    }
    new CheckProcess(arguments, text, done);  // owned by the application
  };
}

}  // namespace tagwire
