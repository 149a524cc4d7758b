// SPDX-License-Identifier: Apache-2.0
#include <QJsonDocument>
#include <QRegularExpression>

#include <array>
#include <cstdio>

#include "accessverb.h"
#include "audit/auditjson.h"
#include "audit/auditreader.h"

namespace tagwire {

namespace {

const auto notedOption = QStringLiteral("noted");
const auto jsonFlag = QStringLiteral("json");
constexpr int pageSize = 1000;

int cannotRead(const QString &reason) {
  printError(reason);
  return exitcode::cannotRead;
}

/// "1234:<hash>", as `audit verify` prints it.
Result<std::optional<AuditMark>> markFrom(const QString &text) {
  static const QRegularExpression form(QStringLiteral("\\A([1-9][0-9]{0,17}):([0-9a-f]{64})\\z"));
  if (text.isEmpty()) return std::optional<AuditMark>();
  const auto match = form.match(text);
  if (match.hasMatch()) return AuditMark{match.captured(1).toLongLong(), match.captured(2).toLatin1()};
  return failure(
      QStringLiteral("--noted: \"%1\" is wrong (allowed: NUMBER:HASH, as verify has printed it)").arg(text.left(100)));
}

int tellFault(const AuditVerdict &verdict) {
  if (verdict.badNumber == 0) {
    printError(verdict.fault);
  } else {
    const QString time = verdict.badTime ? QStringLiteral(" of ") + toIso(*verdict.badTime) : QString();
    printError(QStringLiteral("record %1%2: %3").arg(verdict.badNumber).arg(time, verdict.fault));
  }
  printError(QStringLiteral("%1 records before it are whole").arg(verdict.records));
  return exitcode::notWhole;
}

int verifyTrail(const Arguments &arguments, const AccessPlace &place) {
  const auto noted = markFrom(arguments.value(notedOption));
  if (!noted) {
    printError(noted.error());
    return exitcode::usage;
  }
  AuditReader reader(place.dataDir);
  if (const auto opened = reader.open(); !opened) return cannotRead(opened.error());
  const auto verdict = reader.verify(*noted);
  if (!verdict) return cannotRead(verdict.error());
  if (!verdict->fault.isEmpty()) return tellFault(*verdict);
  printLine(QStringLiteral("ok: %1 records, chain whole, last hash %2")
                .arg(verdict->records)
                .arg(QString::fromLatin1(verdict->lastHash)));
  printLine(QStringLiteral("noted elsewhere, this tells later whether the end was cut off: --noted %1:%2")
                .arg(verdict->records)
                .arg(QString::fromLatin1(verdict->lastHash)));
  return exitcode::ok;
}

Result<std::optional<Time>> timeFrom(const Arguments &arguments, const char *option) {
  const QStringList given = arguments.values(QLatin1String(option));
  if (given.isEmpty()) return std::optional<Time>();
  const auto time = fromIso(given.last());
  if (time) return std::optional(*time);
  return failure(QStringLiteral("--%1: %2").arg(QLatin1String(option), time.error()));
}

Result<AuditQuery> queryFrom(const Arguments &arguments) {
  AuditQuery query;
  const auto from = timeFrom(arguments, "from");
  if (!from) return failure(from.error());
  const auto to = timeFrom(arguments, "to");
  if (!to) return failure(to.error());
  query.from = *from;
  query.to = *to;
  const std::pair<const char *, QString &> texts[] = {
      {"kind", query.kind}, {"actor", query.actor}, {"subject", query.subject}, {"reference", query.reference}};
  for (const auto &[option, text] : texts) {
    text = arguments.value(QLatin1String(option));
    if (!text.isEmpty() || arguments.values(QLatin1String(option)).isEmpty()) continue;
    return failure(QStringLiteral("--%1 is empty (allowed: a text, or no --%1)").arg(QLatin1String(option)));
  }
  query.limit = pageSize;
  return query;
}

QByteArray compact(const QJsonObject &json) { return QJsonDocument(json).toJson(QJsonDocument::Compact); }

QByteArray jsonLinesOf(const QList<AuditRecord> &records) {
  QByteArray lines;
  for (const AuditRecord &record : records) lines += compact(toJson(record)) + '\n';
  return lines;
}

QByteArray tableOf(const QList<AuditRecord> &records, bool hasHeader) {
  QList<QStringList> lines{{QStringLiteral("NUMBER"), QStringLiteral("TIME"), QStringLiteral("KIND"),
                            QStringLiteral("ACTION"), QStringLiteral("ACTOR"), QStringLiteral("ADDRESS"),
                            QStringLiteral("SUBJECT"), QStringLiteral("REFERENCE"), QStringLiteral("COMMENT"),
                            QStringLiteral("DETAILS")}};
  for (const AuditRecord &record : records) {
    const AuditEntry &entry = record.entry;
    lines.append({QString::number(record.number), toIso(entry.time), entry.kind, entry.action, entry.actor,
                  entry.address, entry.subject, entry.reference, entry.comment,
                  QString::fromUtf8(compact(entry.details)).left(200)});
  }
  const QByteArray table = aligned(lines);
  return hasHeader ? table : table.mid(table.indexOf('\n') + 1);
}

bool printsAll(const QByteArray &text) {
  return std::fwrite(text.constData(), 1, static_cast<size_t>(text.size()), stdout) == static_cast<size_t>(text.size());
}

int listTrail(const Arguments &arguments, const AccessPlace &place) {
  auto query = queryFrom(arguments);
  if (!query) {
    printError(query.error());
    return exitcode::usage;
  }
  AuditReader reader(place.dataDir);
  if (const auto opened = reader.open(); !opened) return cannotRead(opened.error());
  while (true) {
    const auto records = reader.read(*query);
    if (!records) return cannotRead(records.error());
    if (records->isEmpty()) break;
    if (!printsAll(arguments.has(jsonFlag) ? jsonLinesOf(*records) : tableOf(*records, query->before == 0)))
      return exitcode::cannotWrite;
    if (records->size() < pageSize) break;
    query->before = records->last().number;
  }
  return std::fflush(stdout) == 0 ? exitcode::ok : exitcode::cannotWrite;
}

constexpr std::array auditVerbs{
    AccessVerb{"verify", "[--noted NUMBER:HASH]",
               "Follows the chain of hashes through all records, beside a running instance too. Prints how many there\n"
               "are and the last hash, or the first record that is wrong (exit code 1).\n"
               "  --noted NUMBER:HASH  what it has printed before: records cut off at the end are found by this alone",
               "noted", 0, 0, verifyTrail},
    AccessVerb{
        "list", "[--from TIME] [--to TIME] [--kind KIND] [--actor WHO] [--subject WHAT] [--reference ID] [--json]",
        "Prints the records, the newest first.\n"
        "  --from, --to TIME  as in 2030-12-31 (0:00 UTC) or 2030-12-31T18:00:00Z; --to is before this\n"
        "  --kind KIND        command, selection, approval, interlock, login, alarm, rule, token, user, config …\n"
        "  --actor WHO        as in user:anna, token:scada, os:root (the command line)\n"
        "  --subject WHAT     a point's full name, rule:77, a user's name\n"
        "  --reference ID     a command's id\n"
        "  --json             one JSON object a line, with the hash and all of the details",
        "from to kind actor subject reference", 0, 0, listTrail, "json"},
};

}  // namespace

int auditCommand(const QStringList &given) { return runVerb("audit", auditVerbs, given); }

}  // namespace tagwire
