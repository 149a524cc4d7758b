// SPDX-License-Identifier: Apache-2.0
#include "masking.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonObject>
#include <QRegularExpression>
#include <QUrl>

#include <algorithm>

namespace tagwire {

namespace {

constexpr qint64 mostReferredBytes = 1024LL * 1024;

QString maskText() { return QLatin1String(Scrubber::mask); }

/// By its name, whatever it is part of: "password", "api_key", "webhook_secret".
bool soundsSecret(const QString &key) {
  static const QRegularExpression words(
      QStringLiteral(
          "pass(word|wd|phrase)?|secret|token|credential|private|jwt|api_?key|(^|_)(key|pin|pwd|auth|cookie)$"),
      QRegularExpression::CaseInsensitiveOption);
  return words.match(key).hasMatch();
}

/// What looks like a credential wherever it stands.
const QList<std::pair<QRegularExpression, QString>> &credentialForms() {
  static const QString mask = maskText();
  static const QList<std::pair<QRegularExpression, QString>> forms{
      {QRegularExpression(QStringLiteral("-----BEGIN [A-Z ]*(KEY|CERTIFICATE)-----.*?(-----END [A-Z ]*-----|\\z)"),
                          QRegularExpression::DotMatchesEverythingOption),
       mask},
      {QRegularExpression(QStringLiteral("\\bey[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]*)?")), mask},
      {QRegularExpression(QStringLiteral("\\btw_[A-Za-z0-9]{8,}")), mask},
      {QRegularExpression(QStringLiteral("(?i)\\b(bearer|basic)\\s+[A-Za-z0-9._~+/=-]{6,}")),
       QStringLiteral("\\1 ") + mask},
      {QRegularExpression(QStringLiteral("([A-Za-z][A-Za-z0-9+.-]*://)[^/@\\s\"]+@")),
       QStringLiteral("\\1") + mask + u'@'},
      {QRegularExpression(QStringLiteral(
           "(?i)([?&](?:access_token|token|api_?key|key|jwt|password|passwd|secret|sig|signature)=)[^&\\s\"]+")),
       QStringLiteral("\\1") + mask}};
  return forms;
}

/// A webhook's path is its credential.
QString withoutPath(const QString &text) {
  static const QRegularExpression web(QStringLiteral("^((?:https?|wss?)://[^/?#]+)([/?#].+)$"));
  const auto match = web.match(text);
  return match.hasMatch() ? match.captured(1) + u'/' + maskText() : text;
}

}  // namespace

void Scrubber::add(const QString &secret) {
  // A file may hold several, one a line.
  const QList<QByteArray> lines = secret.toUtf8().split('\n');
  for (const QByteArray &line : lines) {
    if (line.trimmed().size() >= shortest) m_secrets.insert(line.trimmed());
  }
}

QByteArray Scrubber::scrubbed(const QByteArray &text) const {
  QList<QByteArray> secrets(m_secrets.begin(), m_secrets.end());
  // One may be part of another.
  std::sort(secrets.begin(), secrets.end(),
            [](const QByteArray &one, const QByteArray &other) { return one.size() > other.size(); });
  QByteArray result = text;
  for (const QByteArray &secret : std::as_const(secrets)) result.replace(secret, mask);
  QString whole = QString::fromUtf8(result);
  for (const auto &[form, by] : credentialForms()) whole.replace(form, by);
  return whole.toUtf8();
}

QJsonValue MaskedManifest::mask(const ConfigNode &root, const QString &file) {
  m_file = file;
  m_wrong.clear();
  for (const Problem &problem : m_problems) {
    const bool isHere = problem.where.file && QFileInfo(*problem.where.file) == QFileInfo(file);
    // What is missing leaks nothing, and its path is that of all beside it.
    if (isHere && !problem.message.endsWith(QLatin1String("is missing"))) m_wrong.insert(problem.path);
  }
  return masked(root, QString(), false);
}

/// An entry whose plugin nobody could ask: none of its keys is known.
bool MaskedManifest::isUnjudged(const ConfigNode &entry, const QString &path) const {
  static const QRegularExpression ofPlugins(QStringLiteral("^plugins\\[\\d+\\]$"));
  if (!ofPlugins.match(path).hasMatch()) return false;
  const auto isWrong = [&](const char *key) { return m_wrong.contains(path + QLatin1String(key)); };
  return isWrong(".type") || isWrong(".id") || !entry.member(QLatin1String("type"));
}

QJsonValue MaskedManifest::masked(const ConfigNode &node, const QString &path, bool isWholly) {
  switch (node.kind) {
    case ConfigNode::Kind::Null:
      return QJsonValue::Null;
    case ConfigNode::Kind::Bool:
      return isWholly ? QJsonValue(maskText()) : QJsonValue(node.boolean);
    case ConfigNode::Kind::Integer:
    case ConfigNode::Kind::Number:
      if (!isWholly) return m_wrong.contains(path) ? QJsonValue(maskText()) : QJsonValue(node.number);
      m_scrubber.add(QString::number(node.number, 'g', 17));
      return maskText();
    case ConfigNode::Kind::String:
    case ConfigNode::Kind::Cell:
      return maskedText(node.text, isWholly || m_wrong.contains(path));
    case ConfigNode::Kind::Array: {
      QJsonArray items;
      for (size_t i = 0; i < node.items.size(); ++i) {
        items.append(masked(node.items[i], QStringLiteral("%1[%2]").arg(path).arg(i), isWholly));
      }
      return items;
    }
    case ConfigNode::Kind::Object:
      return maskedObject(node, path, isWholly);
  }
  return {};
}

QJsonValue MaskedManifest::maskedObject(const ConfigNode &node, const QString &path, bool isWholly) {
  const bool isReference = node.members.size() == 1 && node.members.front().key.startsWith(u'$');
  if (isReference) return maskedReference(node);
  const bool isEntryUnjudged = isUnjudged(node, path);
  QJsonObject object;
  for (const ConfigNode::Member &member : node.members) {
    const QString at = path.isEmpty() ? member.key : path + u'.' + member.key;
    const bool isContainer = member.value.kind == ConfigNode::Kind::Object;
    // With something wrong about a key as such (an unknown one, say) all below it is unknown too.
    const bool isHidden = isWholly || member.key.startsWith(QLatin1String("x-")) || m_wrong.contains(at) ||
                          (soundsSecret(member.key) && !isContainer) || (isEntryUnjudged && member.key == u"config");
    object.insert(member.key, masked(member.value, at, isHidden));
  }
  return object;
}

/// What it stands for is known to the scrubber from now on, and to nobody else.
QJsonValue MaskedManifest::maskedReference(const ConfigNode &node) {
  const ConfigNode::Member &only = node.members.front();
  const QString target = only.value.text;
  if (only.key == u"$env") {
    m_scrubber.add(qEnvironmentVariable(target.toUtf8().constData()));
  } else if (only.key == u"$file") {
    QFile content(QFileInfo(m_file).absoluteDir().filePath(target));
    if (content.open(QIODevice::ReadOnly)) m_scrubber.add(QString::fromUtf8(content.read(mostReferredBytes)));
  }
  return QJsonObject{{only.key, maskText()}};
}

QJsonValue MaskedManifest::maskedText(const QString &text, bool isWholly) {
  if (isWholly) {
    m_scrubber.add(text);
    return text.isEmpty() ? QJsonValue(text) : QJsonValue(maskText());
  }
  QString shown = text;
  for (const auto &[form, by] : credentialForms()) shown.replace(form, by);
  shown = withoutPath(shown);
  if (shown != text) m_scrubber.add(text);
  return shown;
}

}  // namespace tagwire
