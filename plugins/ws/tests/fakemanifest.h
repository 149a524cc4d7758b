// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QCryptographicHash>
#include <QObject>

#include "manifestcontrol.h"

namespace tagwire::ws {

/// A manifest in memory: texts that hold "wrong" have an error. Answers come from the event loop.
class FakeManifest : public ManifestControl {
 public:
  int version() const override { return static_cast<int>(texts.size()); }
  void state(ManifestReply<ManifestState> reply) override {
    const QByteArray hash = sha256(texts.last());
    later([this, reply, hash] {
      reply(ManifestState{file, texts.last(), hash, hash, version(), others, whyNot});
      if (afterState) afterState();
    });
  }
  void check(const QByteArray &text, ManifestReply<Problems> reply) override {
    later([reply, problems = problemsOf(text)] { reply(problems); });
  }
  void apply(const ManifestChange &change, ManifestReply<int> reply) override {
    later([this, change, reply] {
      using enum ManifestError::Kind;
      const auto no = [&](ManifestError::Kind kind, const Problems &problems = {}) {
        reply(tl::unexpected(ManifestError{kind, QStringLiteral("refused"), problems}));
      };
      if (!whyNot.isEmpty()) return no(Impossible);
      if (change.baseSha256 && *change.baseSha256 != sha256(texts.last())) return no(Conflict);
      if (const Problems problems = problemsOf(change.text); hasErrors(problems)) return no(Wrong, problems);
      if (afterCheck) afterCheck();
      if (change.isAllowed && !change.isAllowed()) return no(Forbidden);
      texts << change.text;
      changes << change;
      reply(version());
    });
  }
  /// Takes `inFile`, as if somebody had written that into the file.
  void reload(const QString &by, ManifestReply<int> reply, std::function<bool()> isAllowed) override {
    apply({inFile, by, QStringLiteral("reload"), {}, std::move(isAllowed)}, std::move(reply));
  }
  void versions(ManifestReply<QList<ManifestVersion>> reply) override {
    QList<ManifestVersion> all;
    for (int i = version(); i > 0; --i) all << versionOf(i);
    later([reply, all] { reply(all); });
  }
  void versionText(int number, ManifestReply<std::pair<ManifestVersion, QByteArray>> reply) override {
    later([this, number, reply] {
      if (number > version()) {
        return reply(
            tl::unexpected(ManifestError{ManifestError::Kind::Unknown, QStringLiteral("no such version"), {}}));
      }
      reply(std::pair(versionOf(number), texts[number - 1]));
    });
  }
  static QByteArray sha256(const QByteArray &text) {
    return QCryptographicHash::hash(text, QCryptographicHash::Sha256);
  }

  QString file = QStringLiteral("/etc/tagwire/site.json");
  QList<QByteArray> texts{"{\"plugins\":[]}"};
  QList<ManifestChange> changes;
  QList<ManifestDocument> others;
  QString whyNot;
  QByteArray inFile;
  std::function<void()> afterState;  ///< called when the answer was given
  std::function<void()> afterCheck;  ///< called before a change is made

 private:
  ManifestVersion versionOf(int number) const {
    const QByteArray &text = texts[number - 1];
    return {number,
            fromMilliseconds(number * 1000),
            QStringLiteral("user:anna"),
            QStringLiteral("because"),
            QString::fromLatin1(sha256(text).toHex()),
            text.size()};
  }
  Problems problemsOf(const QByteArray &text) const {
    Problems problems;
    const auto where = std::make_shared<const QString>(file);
    if (text.contains("odd")) problems.append({{where, 2, 1}, QStringLiteral("site"), QStringLiteral("odd"), true});
    if (text.contains("wrong")) {
      problems.append({{where, 3, 7}, QStringLiteral("plugins[0].id"), QStringLiteral("is wrong"), false});
    }
    return problems;
  }
  void later(const std::function<void()> &call) { QMetaObject::invokeMethod(&m_here, call, Qt::QueuedConnection); }
  QObject m_here;
};

}  // namespace tagwire::ws
