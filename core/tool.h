// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QStringList>

#include "export.h"
#include "result.h"

namespace tagwire {

/// Why a tool did not start: wrong use (exit code 64), somebody else listens at its port (69), or the manifest that it
/// was given is wrong (78).
struct ToolError {
  ToolError(QString reason, bool isPortBusy = false) : text(std::move(reason)), portBusy(isPortBusy) {}
  static ToolError badManifest(QString problems) {
    ToolError error(std::move(problems));
    error.manifestBad = true;
    return error;
  }
  QString text;
  bool portBusy;
  bool manifestBad = false;
};

/// Something of a plugin that runs without a manifest: the simulated counterpart of `tagwire sim <type>`, or what
/// `tagwire probe <type>` asks a device, or what `tagwire <type> <name>` does. Thread-bound to the main thread; owned
/// by the command.
class TAGWIRE_EXPORT Tool : public QObject {
  Q_OBJECT
 public:
  Tool();
  ~Tool() override;
  /// Starts with the arguments of the command line and returns the first line to print (empty: none), or why it can't.
  /// `return failure(text)` is wrong use. Emits nothing before it has returned.
  virtual tl::expected<QString, ToolError> start(const QStringList &arguments) = 0;

 Q_SIGNALS:
  /// One more line for stdout.
  void line(const QString &text);
  /// The work is done; the program ends with this exit code. A simulator emits it only when it
  /// was asked for something that ends: its help, a recording.
  void finished(int exitCode);
};

}  // namespace tagwire
