// SPDX-License-Identifier: Apache-2.0
#include "permissions.h"

#include <algorithm>
#include <array>

#include "configlocation.h"

namespace tagwire {

namespace {

struct Subject {
  const char *what;
  const char *verbs;  ///< separated by spaces
};
constexpr std::array subjects{Subject{"points", "read write"},   Subject{"positions", "read write"},
                              Subject{"events", "read"},         Subject{"alarms", "read ack shelve admin"},
                              Subject{"rooms", "read write"},    Subject{"ws", "stats broadcast"},
                              Subject{"commands", "read write"}, Subject{"interlocks", "read reset"},
                              Subject{"history", "read write"},  Subject{"tokens", "admin"},
                              Subject{"users", "admin"},         Subject{"config", "read write"},
                              Subject{"manifest", "write"},      Subject{"audit", "read"},
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
  if (first == last) return {};
  const auto pattern = PathPattern::fromText(permission.mid(first + 1, last - first - 1));
  return pattern ? QString() : quoted + QStringLiteral(" has a pattern that ") + pattern.error();
}

bool Permissions::Grant::covers(Right right) const {
  const QLatin1String rightVerb(right.verb);
  if (what != u'*' && what != QLatin1String(right.what)) return false;
  if (verb == u'*' || verb == rightVerb) return true;
  // Watching is how a device is read, stats are how the gateway is; who rules alarms sees them (R3-2).
  const bool isRead =
      rightVerb == QLatin1String("read") || rightVerb == QLatin1String("watch") || rightVerb == QLatin1String("stats");
  return isRead && ((verb == u"read" && what == u'*') || (verb == u"admin" && what == u"alarms"));
}

Result<Permissions> Permissions::fromTexts(const QStringList &texts) {
  Permissions permissions;
  for (const QString &text : texts) {
    if (const QString problem = permissionProblem(text); !problem.isEmpty()) return failure(problem);
    const qsizetype first = text.indexOf(u':');
    const qsizetype last = text.lastIndexOf(u':');
    Grant grant{text.left(first), text.mid(last + 1), std::nullopt};
    if (last > first) grant.pattern = *PathPattern::fromText(text.mid(first + 1, last - first - 1));
    permissions.m_grants.append(grant);
    permissions.m_texts.append(text);
  }
  return permissions;
}

Permissions &Permissions::operator+=(const Permissions &more) {
  m_grants += more.m_grants;
  m_texts += more.m_texts;
  return *this;
}

bool Permissions::allow(Right right, QStringView name) const {
  return std::any_of(m_grants.begin(), m_grants.end(), [&](const Grant &grant) {
    return grant.covers(right) && (!grant.pattern || grant.pattern->matches(name));
  });
}

bool Permissions::allowAll(Right right) const {
  return std::any_of(m_grants.begin(), m_grants.end(), [&](const Grant &grant) {
    return grant.covers(right) && (!grant.pattern || grant.pattern->text() == u'#');
  });
}

bool Permissions::allowSome(Right right) const {
  return std::any_of(m_grants.begin(), m_grants.end(), [&](const Grant &grant) { return grant.covers(right); });
}

bool Permissions::cover(const Permissions &others) const {
  const auto isCovered = [this](const Grant &other) {
    return std::any_of(m_grants.begin(), m_grants.end(), [&other](const Grant &own) {
      const bool isEveryThing = !own.pattern || own.pattern->text() == u'#';
      const bool isWithin = own.pattern && other.pattern &&
                            (own.pattern->text() == other.pattern->text() ||
                             (other.pattern->isExact() && own.pattern->matches(other.pattern->text())));
      return (own.what == u'*' || own.what == other.what) && (own.verb == u'*' || own.verb == other.verb) &&
             (isEveryThing || isWithin);
    });
  };
  return std::all_of(others.m_grants.begin(), others.m_grants.end(), isCovered);
}

bool Permissions::nameExactly(Right right, QStringView name) const {
  return std::any_of(m_grants.begin(), m_grants.end(), [&](const Grant &grant) {
    return grant.what == QLatin1String(right.what) && grant.verb == QLatin1String(right.verb) && grant.pattern &&
           grant.pattern->isExact() && grant.pattern->text() == name;
  });
}

QString Permissions::key(Right right) const {
  if (allowAll(right)) return QStringLiteral("#");
  QStringList patterns;
  for (const Grant &grant : m_grants) {
    if (grant.covers(right)) patterns << grant.pattern->text();
  }
  patterns.removeDuplicates();
  patterns.sort();
  return patterns.join(QLatin1String("//"));
}

}  // namespace tagwire
