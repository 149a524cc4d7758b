// SPDX-License-Identifier: Apache-2.0
#include "permission.h"

#include <QStringList>

#include <array>

#include "configlocation.h"

namespace tagwire::ws {

namespace {

struct Subject {
  const char *what;
  const char *verbs;  ///< separated by spaces
};
constexpr std::array subjects{Subject{"points", "read write"},   Subject{"positions", "read write"},
                              Subject{"events", "read"},         Subject{"alarms", "read ack shelve admin"},
                              Subject{"rooms", "read write"},    Subject{"ws", "stats broadcast"},
                              Subject{"commands", "read write"}, Subject{"history", "read write"},
                              Subject{"tokens", "admin"},        Subject{"users", "admin"},
                              Subject{"config", "read write"},   Subject{"audit", "read"},
                              Subject{"device", "publish watch"}};

QStringList verbsOf(const QString &what) {
  QStringList verbs;
  for (const Subject &subject : subjects) {
    if (what != u"*" && what != QLatin1String(subject.what)) continue;
    for (const QString &verb : QString::fromLatin1(subject.verbs).split(u' ')) {
      if (!verbs.contains(verb)) verbs << verb;
    }
  }
  return verbs;
}

QStringList allSubjects() {
  QStringList all{QStringLiteral("*")};
  for (const Subject &subject : subjects) all << QString::fromLatin1(subject.what);
  return all;
}

}  // namespace

QString permissionProblem(const QString &permission) {
  const QString quoted = QStringLiteral("\"%1\"").arg(permission);
  const qsizetype first = permission.indexOf(u':');
  const qsizetype last = permission.lastIndexOf(u':');
  if (first <= 0 || last == permission.size() - 1) {
    return quoted + QStringLiteral(" is no permission (allowed: <what>[:<pattern>]:<verb>, as in \"points:read\")");
  }
  const QString what = permission.left(first);
  const QString verb = permission.mid(last + 1);
  if (last > first && last == first + 1) {
    return quoted + QStringLiteral(" has an empty pattern (allowed: a pattern, as in \"points:boiler/*:read\")");
  }
  const QStringList verbs = verbsOf(what);
  if (verbs.isEmpty()) {
    return quoted + QStringLiteral(" is about the unknown \"%1\"%2 (allowed: %3)")
                        .arg(what, didYouMean(what, allSubjects()), allSubjects().join(QStringLiteral(", ")));
  }
  if (verb != u"*" && !verbs.contains(verb)) {
    return quoted + QStringLiteral(" has the unknown verb \"%1\"%2 (allowed: %3, *)")
                        .arg(verb, didYouMean(verb, verbs), verbs.join(QStringLiteral(", ")));
  }
  return {};
}

}  // namespace tagwire::ws
