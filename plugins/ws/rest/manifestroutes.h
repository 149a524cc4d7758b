// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

#include "audit/audittrail.h"
#include "manifestcontrol.h"
#include "rest/diskworker.h"
#include "rest/part.h"

namespace tagwire::ws {

/// /api/v1/manifest: the manifest that runs, a check of another one, a change of it, and the way back. Who may do that
/// may have the program do anything.
class ManifestRoutes : public RestPart {
 public:
  static constexpr const char *path = "/api/v1/manifest";
  /// Of requests to these paths. In JSON each quote and each line end of the text takes two bytes.
  static constexpr qint64 longestBody = 2 * ManifestControl::largest + 64LL * 1024;

  ManifestRoutes(Router &router, GatewayState &state);

 private:
  /// What a body says. Plain value.
  struct Wish {
    QByteArray text;
    QString comment;
    std::optional<QByteArray> base;
  };
  using Then = std::function<void(ManifestControl &, const Wish &)>;

  ManifestControl *control(const Call &call) const;
  void read(const Call &call);
  void check(const Call &call);
  void put(const Call &call);
  void reload(const Call &call);
  void list(const Call &call);
  void one(const Call &call);
  void rollBack(const Call &call);
  void withWish(const Call &call, const QStringList &keys, const Then &then);
  void recordCheck(AuditEntry entry, const Problems &problems);
  void answerJson(const Answer &answer, std::function<QJsonObject()> make);
  void apply(const Call &call, ManifestControl &control, ManifestChange change, const QString &action);
  ManifestReply<int> recorded(const Call &call, const QString &action, const QString &comment);
  std::function<bool()> stillAllowed(const Call &call);
  std::optional<int> numberOf(const Call &call) const;
  void refuse(const Answer &answer, const ManifestError &error) const;
  /// The same, unless this is gone when the answer comes.
  template <class Given>
  ManifestReply<Given> reply(const Answer &answer, std::function<void(const Given &)> done);

  GatewayState &m_state;
  QObject m_here;
  DiskWorker m_worker;  ///< for large bodies and answers
};

}  // namespace tagwire::ws
