// SPDX-License-Identifier: Apache-2.0
#include "manifestroutes.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QPointer>

#include <algorithm>

#include "rest/accessresponse.h"
#include "rest/recorded.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype longestComment = 1000;

constexpr const char *checkSchema =
    R"({"type":"object","required":["text"],"additionalProperties":false,"properties":{"text":{"type":"string"}}})";
constexpr const char *nothingSchema = R"({"type":"object","additionalProperties":false})";
constexpr const char *changeSchema =
    R"({"type":"object","required":["text","base_hash"],"additionalProperties":false,"properties":{)"
    R"("text":{"type":"string"},"comment":{"type":"string","maxLength":1000},"base_hash":{"type":"string"}}})";
constexpr const char *rollbackSchema =
    R"({"type":"object","additionalProperties":false,"properties":{"comment":{"type":"string","maxLength":1000}}})";

QString hexOf(const QByteArray &sha256) { return QString::fromLatin1(sha256.toHex()); }

/// As people know it: from the manifest's folder on.
QString shownPath(const QString &file, const QString &manifest) {
  const QString absolute = QFileInfo(file).absoluteFilePath();
  const QString relative = QFileInfo(manifest).absoluteDir().relativeFilePath(absolute);
  return relative.startsWith(QLatin1String("..")) ? absolute : relative;
}

QJsonArray problemsJson(const Problems &problems) {
  QJsonArray list;
  for (const Problem &each : problems) {
    const QString file = each.where.file ? QFileInfo(*each.where.file).fileName() : QString();
    list.append(
        QJsonObject{{QStringLiteral("severity"), each.isWarning ? QStringLiteral("warning") : QStringLiteral("error")},
                    {QStringLiteral("file"), file},
                    {QStringLiteral("line"), each.where.line},
                    {QStringLiteral("column"), each.where.column},
                    {QStringLiteral("path"), each.path},
                    {QStringLiteral("message"), each.message}});
  }
  return list;
}

QJsonObject versionJson(const ManifestVersion &version) {
  return {{QStringLiteral("version"), version.number},
          {QStringLiteral("time"), toIso(version.time)},
          {QStringLiteral("by"), version.by},
          {QStringLiteral("comment"), version.comment},
          {QStringLiteral("hash"), version.sha256}};
}

QJsonObject stateJson(const ManifestState &state) {
  QJsonArray documents{QJsonObject{{QStringLiteral("file"), QFileInfo(state.file).fileName()},
                                   {QStringLiteral("hash"), hexOf(state.sha256)}}};
  for (const ManifestDocument &each : state.others) {
    const QJsonValue hash = each.sha256.isEmpty() ? QJsonValue() : QJsonValue(hexOf(each.sha256));
    documents.append(
        QJsonObject{{QStringLiteral("file"), shownPath(each.file, state.file)}, {QStringLiteral("hash"), hash}});
  }
  QJsonObject json{{QStringLiteral("file"), QFileInfo(state.file).fileName()},
                   {QStringLiteral("text"), QString::fromUtf8(state.text)},
                   {QStringLiteral("hash"), hexOf(state.sha256)},
                   {QStringLiteral("is_running"), state.sha256 == state.runningSha256},
                   {QStringLiteral("version"), state.version},
                   {QStringLiteral("documents"), documents},
                   {QStringLiteral("can_apply"), state.whyNot.isEmpty()}};
  if (!state.whyNot.isEmpty()) json.insert(QStringLiteral("why_not"), state.whyNot);
  return json;
}

int statusOf(ManifestError::Kind kind) {
  switch (kind) {
    case ManifestError::Kind::Wrong:
      return 422;
    case ManifestError::Kind::Forbidden:
      return 403;
    case ManifestError::Kind::Conflict:
      return 409;
    case ManifestError::Kind::Unknown:
      return 404;
    case ManifestError::Kind::Busy:
    case ManifestError::Kind::Impossible:
      break;
  }
  return 503;
}

}  // namespace

ManifestRoutes::ManifestRoutes(Router &router, GatewayState &state) : m_state(state) {
  const auto to = [this](auto member) { return [this, member](const Call &call) { (this->*member)(call); }; };
  router.addWhole({"GET", path, "the manifest as it stands in its file", Served::Rest, right::writeManifest,
                   to(&ManifestRoutes::read)});
  router.addWhole({"PUT",
                   path,
                   "checks another manifest, keeps it as a version, and goes on with it",
                   Served::Rest,
                   right::writeManifest,
                   to(&ManifestRoutes::put),
                   {},
                   changeSchema});
  router.addWhole({"POST",
                   "/api/v1/manifest/reload",
                   "reads the file again, that somebody changed, and goes on with it",
                   Served::Rest,
                   right::writeManifest,
                   to(&ManifestRoutes::reload),
                   {},
                   nothingSchema});
  router.addWhole({"POST",
                   "/api/v1/manifest/check",
                   "what is wrong with a manifest; nothing is changed",
                   Served::Rest,
                   right::writeManifest,
                   to(&ManifestRoutes::check),
                   {},
                   checkSchema});
  router.addWhole({"GET", "/api/v1/manifest/versions", "what was the manifest, the newest first", Served::Rest,
                   right::writeManifest, to(&ManifestRoutes::list)});
  router.addWhole({"GET", "/api/v1/manifest/versions/{number}", "one of them with its text", Served::Rest,
                   right::writeManifest, to(&ManifestRoutes::one)});
  router.addWhole({"POST",
                   "/api/v1/manifest/versions/{number}/rollback",
                   "goes on with the text of that version, as a new one",
                   Served::Rest,
                   right::writeManifest,
                   to(&ManifestRoutes::rollBack),
                   {},
                   rollbackSchema});
}

ManifestControl *ManifestRoutes::control(const Call &call) const {
  ManifestControl *control = m_state.context.manifest();
  if (control) return control;
  call.answer(errorResponse(404, QStringLiteral("this program runs without a manifest that could be changed"),
                            m_state.context.clock().now()));
  return nullptr;
}

void ManifestRoutes::refuse(const Answer &answer, const ManifestError &error) const {
  Response response = errorResponse(statusOf(error.kind), error.text, m_state.context.clock().now());
  if (error.kind == ManifestError::Kind::Wrong) {
    QJsonObject json = QJsonDocument::fromJson(response.body).object();
    json.insert(QStringLiteral("problems"), problemsJson(error.problems));
    response.body = QJsonDocument(json).toJson(QJsonDocument::Compact);
  }
  answer(response);
}

template <class Given>
ManifestReply<Given> ManifestRoutes::reply(const Answer &answer, std::function<void(const Given &)> done) {
  return [this, here = QPointer<QObject>(&m_here), answer,
          done = std::move(done)](const tl::expected<Given, ManifestError> &given) {
    if (!here) return;
    if (!given) return refuse(answer, given.error());
    done(*given);
  };
}

std::optional<int> ManifestRoutes::numberOf(const Call &call) const {
  bool isNumber = false;
  const int number = call.variables.value(QStringLiteral("number")).toInt(&isNumber);
  if (isNumber && number > 0) return number;
  call.answer(
      errorResponse(400, QStringLiteral("a version is a whole number from 1 on"), m_state.context.clock().now()));
  return std::nullopt;
}

/// A body of many megabytes is read in another thread.
void ManifestRoutes::withWish(const Call &call, const QStringList &keys, const Then &then) {
  const Time now = m_state.context.clock().now();
  if (!control(call)) return;
  if (m_worker.isFull()) return call.answer(errorResponse(503, QStringLiteral("too much is under way"), now));
  const auto work = [body = call.request.body, keys]() -> Result<Wish> {
    const auto json =
        readBody(body.isEmpty() && !keys.contains(QStringLiteral("text")) ? QByteArray("{}") : body, keys);
    if (!json) return failure(json.error());
    Wish wish;
    for (const QString &key : keys) {
      const QJsonValue value = json->value(key);
      const bool isOptional = key == u"comment";
      if (value.isString() || (isOptional && value.isUndefined())) continue;
      return failure(key + QStringLiteral(" is missing or wrong (allowed: text)"));
    }
    wish.text = json->value(QLatin1String("text")).toString().toUtf8();
    wish.comment = json->value(QLatin1String("comment")).toString();
    if (keys.contains(QStringLiteral("base_hash"))) {
      wish.base = QByteArray::fromHex(json->value(QLatin1String("base_hash")).toString().toLatin1());
    }
    if (wish.comment.size() <= longestComment) return wish;
    return failure(QStringLiteral("comment is too long (allowed: %1 characters)").arg(longestComment));
  };
  m_worker.run(work, [this, answer = call.answer, then](const Result<Wish> &wish) {
    if (!wish) return answer(errorResponse(400, wish.error(), m_state.context.clock().now()));
    then(*m_state.context.manifest(), *wish);
  });
}

/// A text of many megabytes is made JSON in another thread.
void ManifestRoutes::answerJson(const Answer &answer, std::function<QJsonObject()> make) {
  if (m_worker.isFull()) {
    return answer(errorResponse(503, QStringLiteral("too much is under way"), m_state.context.clock().now()));
  }
  m_worker.run([make = std::move(make)] { return Response::json(200, QJsonDocument(make())); }, answer);
}

void ManifestRoutes::read(const Call &call) {
  ManifestControl *from = control(call);
  if (!from) return;
  from->state(reply<ManifestState>(call.answer, [this, answer = call.answer](const ManifestState &state) {
    answerJson(answer, [state] { return stateJson(state); });
  }));
}

/// The messages of a check tell of files beside the manifest, so it is known who asked for them.
void ManifestRoutes::recordCheck(AuditEntry entry, const Problems &problems) {
  const auto errors =
      std::count_if(problems.begin(), problems.end(), [](const Problem &each) { return !each.isWarning; });
  entry.action = QStringLiteral("check");
  entry.details = {{QStringLiteral("errors"), static_cast<qint64>(errors)}};
  m_state.context.audit().append(entry);
}

void ManifestRoutes::check(const Call &call) {
  AuditEntry entry = auditEntry("config", QStringLiteral("check"), doerOf(call));
  entry.subject = QStringLiteral("manifest");
  withWish(
      call, {QStringLiteral("text")}, [this, entry, answer = call.answer](ManifestControl &control, const Wish &wish) {
        control.check(wish.text, reply<Problems>(answer, [this, entry, answer](const Problems &problems) {
                        recordCheck(entry, problems);
                        answer(Response::json(
                            200, QJsonDocument(QJsonObject{{QStringLiteral("ok"), !hasErrors(problems)},
                                                           {QStringLiteral("problems"), problemsJson(problems)}})));
                      }));
      });
}

void ManifestRoutes::put(const Call &call) {
  withWish(
      call, {QStringLiteral("text"), QStringLiteral("comment"), QStringLiteral("base_hash")},
      [this, call](ManifestControl &control, const Wish &wish) {
        apply(call, control, {wish.text, actorOf(*call.caller), wish.comment, wish.base}, QStringLiteral("change"));
      });
}

/// The check takes its time: whoever may not change the manifest any more after it does not.
std::function<bool()> ManifestRoutes::stillAllowed(const Call &call) {
  return [this, here = QPointer<QObject>(&m_here), caller = call.caller] {
    return here && m_state.authenticator.holds(*caller);
  };
}

void ManifestRoutes::apply(const Call &call, ManifestControl &control, ManifestChange change, const QString &action) {
  change.isAllowed = stillAllowed(call);
  const auto told = recorded(call, action, change.comment);
  control.apply(change, told);
}

void ManifestRoutes::reload(const Call &call) {
  withWish(call, {}, [this, call](ManifestControl &control, const Wish &) {
    control.reload(actorOf(*call.caller), recorded(call, QStringLiteral("reload"), {}), stillAllowed(call));
  });
}

/// What answers with the version, and puts it on record; what was found to be wrong, too.
ManifestReply<int> ManifestRoutes::recorded(const Call &call, const QString &action, const QString &comment) {
  AuditEntry entry = auditEntry("config", action, doerOf(call));
  entry.subject = QStringLiteral("manifest");
  entry.comment = comment;
  const auto told = reply<int>(call.answer, [this, entry, answer = call.answer](int version) {
    AuditEntry done = entry;
    done.details = {{QStringLiteral("version"), version}};
    m_state.context.audit().append(done);
    qCInfo(m_state.context.log()).noquote() << "manifest:" << done.action << "by" << done.actor;
    answer(Response::json(202, QJsonDocument(QJsonObject{{QStringLiteral("version"), version}})));
  });
  return [this, here = QPointer<QObject>(&m_here), entry, told](const tl::expected<int, ManifestError> &outcome) {
    const bool isWrong = !outcome && outcome.error().kind == ManifestError::Kind::Wrong;
    if (here && isWrong) recordCheck(entry, outcome.error().problems);
    told(outcome);
  };
}

void ManifestRoutes::list(const Call &call) {
  ManifestControl *from = control(call);
  if (!from) return;
  from->versions(
      reply<QList<ManifestVersion>>(call.answer, [from, answer = call.answer](const QList<ManifestVersion> &versions) {
        QJsonArray list;
        for (const ManifestVersion &each : versions) {
          QJsonObject json = versionJson(each);
          json.insert(QStringLiteral("is_current"), each.number == from->version());
          list.append(json);
        }
        answer(Response::json(200, QJsonDocument(QJsonObject{{QStringLiteral("versions"), list}})));
      }));
}

void ManifestRoutes::one(const Call &call) {
  ManifestControl *from = control(call);
  const auto number = from ? numberOf(call) : std::nullopt;
  if (!number) return;
  using Found = std::pair<ManifestVersion, QByteArray>;
  from->versionText(*number, reply<Found>(call.answer, [this, from, answer = call.answer](const Found &found) {
    QJsonObject json = versionJson(found.first);
    json.insert(QStringLiteral("is_current"), found.first.number == from->version());
    answerJson(answer, [json, text = found.second]() mutable {
      json.insert(QStringLiteral("text"), QString::fromUtf8(text));
      return json;
    });
  }));
}

void ManifestRoutes::rollBack(const Call &call) {
  const auto number = numberOf(call);
  if (!number) return;
  withWish(call, {QStringLiteral("comment")}, [this, call, number](ManifestControl &control, const Wish &wish) {
    using Found = std::pair<ManifestVersion, QByteArray>;
    control.versionText(*number, reply<Found>(call.answer, [this, call, wish, &control, number](const Found &found) {
      const QString comment = wish.comment.isEmpty() ? QStringLiteral("back to version %1").arg(*number) : wish.comment;
      apply(call, control, {found.second, actorOf(*call.caller), comment, std::nullopt}, QStringLiteral("rollback"));
    }));
  });
}

}  // namespace tagwire::ws
