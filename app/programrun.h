// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include "manifestdesk.h"
#include "runtime.h"

namespace tagwire {

/// `tagwire run`: one runtime after the other in one process. Another manifest that is applied stops what runs, in its
/// order, and starts the new one; when that does not come up within 30 s, the one before is put back and started, and
/// an event tells why. Thread-bound to the main thread.
class ProgramRun : public QObject {
  Q_OBJECT
 public:
  ProgramRun(QString file, PluginLoader &loader, const QStringList &pluginDirs);
  ~ProgramRun() override;

  /// Loads the manifest and takes the data dir; errors are printed. The exit code, 0 when all is well; then start()
  /// goes from the event loop.
  int begin();
  /// SIGHUP.
  void reloadFiles();
  /// Stops what runs.
  void end();
  int exitCode() const { return m_code; }

 private:
  bool load(QByteArray &text, Problems &problems, Manifest &manifest);
  void start();
  void becameReady();
  void failed(int code, const QString &why);
  void change();
  QString bringUp();
  void goBack(const QString &why);
  void stopRunning();
  void tell(const QString &text, Severity severity);

  const QString m_file;
  PluginLoader &m_loader;
  const Clock m_clock;
  ManifestDesk m_desk;
  std::unique_ptr<Runtime> m_runtime;
  QTimer m_trial;
  QString m_notice;  ///< an event to tell once what runs is ready
  Severity m_noticeSeverity = Severity::Info;
  bool m_hasToldReady = false;
  bool m_hasFailed = false;  ///< what runs, or is tried, can't go on
  int m_code = 0;
};

}  // namespace tagwire
