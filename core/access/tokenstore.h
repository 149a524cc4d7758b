// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "accessfile.h"

namespace tagwire {

/// A token of a device or a service, without its text, which nobody keeps. Plain value.
struct TAGWIRE_EXPORT AccessToken {
  QString id;      ///< random: a name that is used again names another token
  QString name;    ///< unique
  QString sha256;  ///< of the text, 64 hexadecimal digits; for no eyes but the store's
  Permissions permissions;
  Time created;
  std::optional<Time> expires;
  QString createdBy;

  static void describe(Shape<AccessToken> &shape);
  bool hasExpired(Time now) const { return expires && *expires <= now; }
};

using TokenCheck = std::function<AccessResult<void>(const AccessToken &)>;

/// What stands in tokens.json.
struct TAGWIRE_EXPORT TokenDocument {
  static constexpr int currentVersion = 1;
  int version = currentVersion;
  QList<AccessToken> tokens;

  static void describe(Shape<TokenDocument> &shape);
};

/// The tokens of a host (R2-11), kept in `<data_dir>/tokens.json`. Every instance and the command line have a store of
/// their own, and see what another one changed after refresh(). create() and revoke() wait for the disk: a running
/// instance makes a second store for them in a worker thread. Reading ten thousand tokens takes 0.1 s; copies of a
/// store share what they hold, so a worker can refresh one and hand it back. Reentrant; owned by whoever asks.
class TAGWIRE_EXPORT TokenStore {
 public:
  static constexpr int most = 10'000;

  /// Reads nothing yet.
  explicit TokenStore(const QString &dataDir);

  /// Reads the file if it changed: call it once a second. True when the tokens or problem() may have changed.
  bool refresh();
  /// Why the file can't be used; what was known before goes on being valid. Empty when all is well.
  const QString &problem() const { return m_file.problem(); }
  /// False: the file could not be used since the program began, so nothing is known.
  bool wasRead() const { return m_file.wasRead(); }

  /// In the order of their creation.
  const QList<AccessToken> &list() const { return m_file.document().tokens; }
  /// The token with this text, unless it has expired.
  std::optional<AccessToken> find(const QByteArray &text, Time now) const;
  /// Whether what find() gave earlier still holds.
  bool isValid(const QString &id, Time now) const;

  /// The text of the new token, `tw_` and 43 characters: there is no second chance to see it.
  AccessResult<QByteArray> create(const QString &name, const Permissions &permissions, std::optional<Time> expires,
                                  Time now, const QString &createdBy);
  /// `check` is asked with the token as it stands in the file; what it refuses stays.
  AccessResult<void> revoke(const QString &name, const TokenCheck &check = {});

 private:
  void index();

  AccessFile<TokenDocument> m_file;
  QHash<QByteArray, qsizetype> m_byHash;  ///< the beginning of the hash → place in list()
  QHash<QString, qsizetype> m_byId;
};

}  // namespace tagwire
