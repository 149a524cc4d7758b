// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QThreadPool>

#include "manifestcontrol.h"

namespace tagwire {

/// What a check of a text has found.
struct ManifestFindings {
  Problems problems;
  QString dataDir;  ///< that the text asks for; empty: it could not be read so far
};
/// Checks a text as if it stood in the manifest's file. The answer comes from the event loop.
using ManifestChecker =
    std::function<void(const QByteArray &text, std::function<void(const Result<ManifestFindings> &)>)>;

/// ManifestControl for a program: the file, the versions of it, and one change at a time. Who runs the manifest stops
/// what runs and goes on with the file's new text when changed() comes, and then calls cameUp() and settled(), or
/// takeBack().
/// Thread-bound to the host thread; owned by the program. Waits for the disk in a thread of its own.
class TAGWIRE_EXPORT ManifestDesk : public QObject, public ManifestControl {
  Q_OBJECT
 public:
  ManifestDesk(QString file, const Clock &clock, ManifestChecker checker);
  ~ManifestDesk() override;

  /// What runs from now on. The first time, `text` is kept as a version if none has it; blocks for that.
  /// The text is a warning, empty when all is well.
  QString runs(const QByteArray &text, const Manifest &manifest);
  /// What is tried has started: the next change may come, which means that this one holds.
  void cameUp();
  /// The change holds.
  void settled();
  /// Puts the text back that ran before; blocks. What a later runs() is told.
  Result<QByteArray> takeBack();
  bool isOnTrial() const { return m_isOnTrial; }

  int version() const override { return m_version; }
  void state(ManifestReply<ManifestState> reply) override;
  void check(const QByteArray &text, ManifestReply<Problems> reply) override;
  void apply(const ManifestChange &change, ManifestReply<int> reply) override;
  void versions(ManifestReply<QList<ManifestVersion>> reply) override;
  void versionText(int number, ManifestReply<std::pair<ManifestVersion, QByteArray>> reply) override;

 Q_SIGNALS:
  /// A moment after the answer to apply(): the file has the new text.
  void changed();

 private:
  template <class Answer>
  using Outcome = tl::expected<Answer, ManifestError>;
  template <class Answer>
  void inThread(std::function<Outcome<Answer>()> work, ManifestReply<Answer> done);
  void checkText(const QByteArray &text, std::function<void(Outcome<Problems>)> done);
  void write(const ManifestChange &change, const ManifestReply<int> &reply);
  QString whyNot() const;
  Problem dataDirProblem() const;

  const QString m_file;
  const Clock &m_clock;
  const ManifestChecker m_checker;
  QString m_dataDir;
  QByteArray m_running;  ///< the text
  QByteArray m_runningSha256;
  QByteArray m_before;  ///< the text that takeBack() puts back
  QList<ManifestDocument> m_others;
  QString m_notKept;  ///< why versions can't be kept
  int m_version = 0;
  int m_versionBefore = 0;
  int m_checks = 0;
  bool m_isBusy = false;  ///< from apply() until cameUp(), settled() or takeBack(), or an error
  bool m_isOnTrial = false;
  QThreadPool m_pool;
};

}  // namespace tagwire
