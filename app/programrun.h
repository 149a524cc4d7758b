// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QThreadPool>
#include <QTimer>

#include "manifestdesk.h"
#include "runtime.h"
#include "starts.h"

namespace tagwire {

/// `tagwire run`: the runtime, and the manifests that it goes on with. Of another manifest only what differs is stopped
/// and started; when that does not come up within 30 s, the one before is loaded again in the same way, and an event
/// tells why. Thread-bound to the main thread.
class ProgramRun : public QObject {
  Q_OBJECT
 public:
  /// `isSafe`: without plugins of others.
  ProgramRun(QString file, PluginLoader &loader, const QStringList &pluginDirs, bool isSafe);
  ~ProgramRun() override;

  /// Loads the manifest and takes the data dir; errors are printed. The exit code, 0 when all is well; then start()
  /// goes from the event loop.
  int begin();
  /// SIGHUP: the manifest's file, and all that it names, is read again. Of many at once the last counts.
  void reload();
  /// Stops what runs.
  void end();
  int exitCode() const { return m_code; }

 private:
  struct Read {
    QByteArray text;
    Manifest manifest;
    Problems problems;
  };
  using Done = std::function<void(Read &read)>;

  bool load(QByteArray &text, Problems &problems, Manifest &manifest);
  void start();
  void becameReady();
  void failed(int code, const QString &why);
  void reloadRefused(const ManifestError &error);
  void readInThread(const QByteArray &text, Done done);
  void change();
  QString goOn(Read &read);
  void goBack(const QString &why);
  void wentBack(Read &read, const QString &notice);
  bool isCrashing(const QString &dataDir);
  void tellSafeStart();
  void tell(const QString &text, Severity severity);
  void showStatus();

  const QString m_file;
  PluginLoader &m_loader;
  const Clock m_clock;
  ManifestDesk m_desk;
  std::unique_ptr<Runtime> m_runtime;
  QTimer m_trial;
  QTimer m_statusTimer;
  QString m_status;   ///< as systemd was told
  QString m_whySafe;  ///< empty: it is no safe start
  std::unique_ptr<Starts> m_starts;
  bool m_isReloadAsked = false;  ///< and not answered
  bool m_isReloadDue = false;    ///< asked for again meanwhile
  QString m_notice;              ///< an event to tell once what runs is ready
  Severity m_noticeSeverity = Severity::Info;
  bool m_hasToldReady = false;
  bool m_isEnding = false;
  bool m_hasFailed = false;  ///< what runs, or is tried, can't go on
  int m_code = 0;
  QThreadPool m_readers;  ///< last: it waits for what it reads
};

}  // namespace tagwire
