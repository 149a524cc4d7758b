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
  SiteConfig site = {};
};
/// Checks a text as if it stood in the manifest's file. The answer comes from the event loop.
using ManifestChecker =
    std::function<void(const QByteArray &text, std::function<void(const Result<ManifestFindings> &)>)>;

/// ManifestControl for a program: the file, the versions of it, and one change at a time. Who runs the manifest goes on
/// with next() when changed() comes, and then calls runs(), cameUp() and settled(), or takeBack().
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
  /// The change that came up holds.
  void settled();
  /// The text to go on with.
  const QByteArray &next() const { return m_next; }
  /// Gives the text that ran before, for a later runs(); puts it back into the file if the change had come by apply().
  /// Blocks.
  Result<QByteArray> takeBack();
  bool isOnTrial() const { return m_isOnTrial; }
  /// The last change came from the file, which keeps it even when it was taken back.
  bool isFileKept() const { return !m_isWritten; }

  int version() const override { return m_version; }
  void state(ManifestReply<ManifestState> reply) override;
  void check(const QByteArray &text, ManifestReply<Problems> reply) override;
  void apply(const ManifestChange &change, ManifestReply<int> reply) override;
  void reload(const QString &by, ManifestReply<int> reply, std::function<bool()> isAllowed = {}) override;
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
  void takeOver(const QByteArray &text, const QString &by, const ManifestReply<int> &reply);
  void accepted(const QByteArray &text, const Outcome<int> &number, bool isWritten, const ManifestReply<int> &reply);
  QString whyNot() const;
  Problems fixedProblems(const ManifestFindings &found) const;

  const QString m_file;
  const Clock &m_clock;
  const ManifestChecker m_checker;
  QString m_dataDir;
  SiteConfig m_site;
  QByteArray m_running;  ///< the text
  QByteArray m_runningSha256;
  QByteArray m_next;         ///< the text, since changed()
  QByteArray m_before;       ///< the text that takeBack() gives
  bool m_isWritten = false;  ///< m_next came into the file by apply()
  QList<ManifestDocument> m_others;
  QString m_notKept;  ///< why versions can't be kept
  int m_version = 0;
  int m_versionBefore = 0;
  int m_checks = 0;
  bool m_isBusy = false;  ///< from apply() or reload() until cameUp(), or an error
  bool m_isOnTrial = false;
  bool m_isComing = false;  ///< accepted, and not come up yet: the end of an earlier trial means nothing now
  QThreadPool m_pool;
};

}  // namespace tagwire
