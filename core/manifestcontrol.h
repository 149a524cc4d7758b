// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

#include <functional>
#include <optional>

#include "manifest.h"
#include "timestamp.h"

namespace tagwire {

/// The manifest as it stands in its file, and what runs. Plain value.
struct ManifestState {
  QString file;  ///< absolute
  QByteArray text;
  QByteArray sha256;               ///< of `text`, 32 bytes
  QByteArray runningSha256;        ///< of the text that runs; another one: the file was changed since, and not applied
  int version = 0;                 ///< that runs; 0: it could not be kept
  QList<ManifestDocument> others;  ///< further files that it names: not to be changed here. Without a hash: `$file` (a
                                   ///< secret, perhaps) and `$csv`
  QString whyNot;                  ///< why no other text can be applied; empty: it can
};

/// A text that is or was the manifest. Plain value.
struct TAGWIRE_EXPORT ManifestVersion {
  int number = 0;  ///< 1, 2, 3 …
  Time time;
  QString by;  ///< "user:anna"; "file" where somebody changed the file itself
  QString comment;
  QString sha256;  ///< of the text, in hex
  qint64 bytes = 0;

  static void describe(Shape<ManifestVersion> &shape);
};

/// What somebody wants to be the manifest from now on. Plain value.
struct ManifestChange {
  QByteArray text;
  QString by;
  QString comment;
  std::optional<QByteArray> baseSha256 = {};  ///< of the text that was changed; another one in the file: a conflict
  std::function<bool()> isAllowed = {};       ///< asked once more, after the check; absent: it is
};

/// Why a manifest was not checked, read or applied. Plain value.
struct ManifestError {
  enum class Kind : quint8 {
    Wrong,       ///< the text is no manifest that could run: `problems`
    Forbidden,   ///< who wants it may not do that any more
    Conflict,    ///< the file has another text by now
    Unknown,     ///< there is no such version
    Busy,        ///< another change, or too many checks, are under way
    Impossible,  ///< the file or the data dir can't be written or read
  };
  Kind kind = Kind::Impossible;
  QString text;
  Problems problems = {};
};

template <class Answer>
using ManifestReply = std::function<void(const tl::expected<Answer, ManifestError> &)>;

/// Reads, checks and changes the manifest that this program runs; the program's own. Thread-bound: host thread. Answers
/// come from the event loop, never from within the call.
class TAGWIRE_EXPORT ManifestControl {
 public:
  static constexpr qint64 largest = 16LL * 1024 * 1024;  ///< bytes of a text that is checked or applied

  virtual ~ManifestControl();

  /// Of what runs, or is tried just now; 0: it could not be kept.
  virtual int version() const = 0;
  virtual void state(ManifestReply<ManifestState> reply) = 0;
  /// What is wrong with `text` in the place of the manifest's file; nothing is changed.
  virtual void check(const QByteArray &text, ManifestReply<Problems> reply) = 0;
  /// Checks the text, keeps it as a version, writes it to the file and, after the answer (the version's number), goes
  /// on with it. When it does not come up, the one before is put back.
  virtual void apply(const ManifestChange &change, ManifestReply<int> reply) = 0;
  /// Reads the file again, and what it names: somebody changed it, and `by` asks to go on with it. Checked and kept as
  /// with apply(); when it does not come up, the one before runs on and the file stays as it is.
  /// `isAllowed` as in a ManifestChange.
  virtual void reload(const QString &by, ManifestReply<int> reply, std::function<bool()> isAllowed) = 0;
  /// The newest first.
  virtual void versions(ManifestReply<QList<ManifestVersion>> reply) = 0;
  virtual void versionText(int number, ManifestReply<std::pair<ManifestVersion, QByteArray>> reply) = 0;
};

}  // namespace tagwire
