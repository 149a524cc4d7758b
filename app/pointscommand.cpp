// SPDX-License-Identifier: Apache-2.0
#include <QLocale>
#include <QSaveFile>

#include <cstdio>

#include "guard.h"
#include "manifestcommands.h"
#include "runtime.h"

namespace tagwire {

namespace {

const auto exportUsage = QStringLiteral("points export MANIFEST [--plugin ID] [--output FILE]");
const auto listUsage = QStringLiteral("points list MANIFEST [--csv]");
const auto pluginColumn = QStringLiteral("x-plugin");

/// Lines of cells; the first line is the header.
using Lines = QList<QStringList>;

/// The points of one entry of the manifest.
struct EntryRows {
  QString id;
  PointRows points;
};

/// A manifest without errors, and the program's state after reading it. Thread-bound; lives while the command runs.
struct Checked {
  explicit Checked(const QStringList &folders) : loader(PluginLoader::searchPath(folders)), runtime(loader, clock) {}

  /// Prints what is wrong.
  bool read(const QString &file) {
    Problems problems;
    manifest = Manifest::read(file, problems);
    runtime.load(manifest, problems);
    for (const Problem &problem : std::as_const(problems)) printError(toText(problem));
    return !hasErrors(problems);
  }

  PluginLoader loader;
  const Clock clock;
  Runtime runtime;
  Manifest manifest;
};

/// RFC 4180, and so that our own reader, which trims cells and skips lines with #, takes each back as it was.
QByteArray csv(const Lines &lines) {
  QByteArray text;
  for (const QStringList &line : lines) {
    for (qsizetype i = 0; i < line.size(); ++i) {
      QString cell = line[i];
      const bool isPlain = std::none_of(cell.begin(), cell.end(), [](QChar character) {
        return character == u',' || character == u'"' || character == u'\r' || character == u'\n';
      });
      if (i > 0) text += ',';
      if (isPlain && cell.trimmed() == cell && !cell.startsWith(u'#')) {
        text += cell.toUtf8();
      } else {
        text += '"' + cell.replace(u'"', QStringLiteral("\"\"")).toUtf8() + '"';
      }
    }
    text += "\r\n";
  }
  return text;
}

QString cellOf(const QJsonValue &value) {
  if (!value.isDouble()) return value.toVariant().toString();
  const QVariant number = value.toVariant();
  return number.typeId() == QMetaType::LongLong
             ? QString::number(number.toLongLong())
             : QString::number(number.toDouble(), 'g', QLocale::FloatingPointShortest);
}

/// The columns that some point uses, in the order in which the plugins declare them.
QStringList usedColumns(const QList<EntryRows> &entries) {
  QSet<QString> used;
  QStringList columns;
  for (const EntryRows &entry : entries) {
    for (const QJsonObject &row : entry.points.rows) {
      for (auto cell = row.begin(); cell != row.end(); ++cell) used.insert(cell.key());
    }
    columns += entry.points.columns;
  }
  columns.removeDuplicates();
  columns.removeIf([&](const QString &column) { return !used.contains(column); });
  return columns;
}

Lines csvLinesOf(const QList<EntryRows> &entries) {
  const QStringList columns = usedColumns(entries);
  const bool areSeveral = entries.size() > 1;
  Lines lines{areSeveral ? QStringList(pluginColumn) + columns : columns};
  for (const EntryRows &entry : entries) {
    for (const QJsonObject &row : entry.points.rows) {
      QStringList line = areSeveral ? QStringList(entry.id) : QStringList();
      for (const QString &column : columns) line << cellOf(row.value(column));
      lines.append(line);
    }
  }
  return lines;
}

/// Of each entry that has a list of points. The manifest has no errors, so what a plugin complains of now is its bug.
Result<QList<EntryRows>> rowsOf(Checked &checked) {
  QList<EntryRows> all;
  for (const ManifestEntry &entry : std::as_const(checked.manifest.plugins)) {
    const auto factory = checked.loader.load(entry.type);
    if (!factory) return failure(factory.error());
    Problems problems;
    ConfigReader reader(entry.config, entry.path + QLatin1String(".config"), problems);
    PointRows points;
    const QString thrown = guard([&] { points = (*factory)->pointRows(reader); });
    if (!thrown.isEmpty()) return failure(QStringLiteral("plugin \"%1\" %2").arg(entry.id, thrown));
    if (reader.failed()) return failure(toText(problems.first()));
    if (!points.rows.isEmpty()) all.append({entry.id, points});
  }
  return all;
}

Result<QList<EntryRows>> pick(const QList<EntryRows> &all, const Manifest &manifest, const QString &id) {
  if (all.isEmpty()) return failure(QStringLiteral("no plugin of the manifest has a list of points"));
  if (id.isEmpty()) return all;
  QStringList known;
  for (const EntryRows &each : all) {
    if (each.id == id) return QList<EntryRows>{each};
    known << each.id;
  }
  const bool isThere = std::any_of(manifest.plugins.begin(), manifest.plugins.end(),
                                   [&](const ManifestEntry &entry) { return entry.id == id; });
  const QString wrong = isThere ? QStringLiteral("--plugin: \"%1\" has no list of points%2 (allowed: %3)")
                                : QStringLiteral("--plugin: the manifest has no plugin \"%1\"%2 (allowed: %3)");
  return failure(wrong.arg(id, isThere ? QString() : didYouMean(id, known), known.join(QLatin1String(", "))));
}

/// To stdout when `file` is empty. A file is there whole or not at all.
int write(const QByteArray &text, const QString &file) {
  if (file.isEmpty()) {
    const auto written = std::fwrite(text.constData(), 1, static_cast<size_t>(text.size()), stdout);
    if (std::fflush(stdout) == 0 && written == static_cast<size_t>(text.size())) return exitcode::ok;
    printError(QStringLiteral("can't write to stdout"));
    return exitcode::cannotWrite;
  }
  QSaveFile target(file);
  if (target.open(QIODevice::WriteOnly) && target.write(text) == text.size() && target.flush() && target.commit()) {
    return exitcode::ok;
  }
  printError(QStringLiteral("can't write \"%1\": %2").arg(file, target.errorString()));
  return exitcode::cannotWrite;
}

int exportPoints(const QStringList &given) {
  const QString plugin = QStringLiteral("plugin");
  const QString output = QStringLiteral("output");
  const auto arguments = parseCommon(given, {}, exportUsage, 1, 1, {plugin, output});
  if (!arguments) return arguments.error();
  Checked checked(arguments->values(QStringLiteral("plugin-dir")));
  if (!checked.read(arguments->rest().first())) return exitcode::badManifest;
  const auto all = rowsOf(checked);
  if (!all) {
    printError(all.error());
    return exitcode::badManifest;
  }
  const auto picked = pick(*all, checked.manifest, arguments->value(plugin));
  if (!picked) {
    printError(picked.error());
    return exitcode::usage;
  }
  return write(csv(csvLinesOf(*picked)), arguments->value(output));
}

int listPoints(const QStringList &given) {
  const QString asCsv = QStringLiteral("csv");
  const auto arguments = parseCommon(given, {asCsv}, listUsage, 1, 1);
  if (!arguments) return arguments.error();
  Checked checked(arguments->values(QStringLiteral("plugin-dir")));
  if (!checked.read(arguments->rest().first())) return exitcode::badManifest;
  Lines lines{{QStringLiteral("name"), QStringLiteral("number"), QStringLiteral("type"), QStringLiteral("unit"),
               QStringLiteral("writable")}};
  const PointTable &table = checked.runtime.points();
  for (quint32 id = 1; id <= table.count(); ++id) {
    const auto point = table.point(static_cast<PointId>(id));
    lines.append({point->fullName, point->number ? QString::number(*point->number) : QString(), toText(point->type),
                  point->unit, point->writable ? QStringLiteral("true") : QStringLiteral("false")});
  }
  return write(arguments->has(asCsv) ? csv(lines) : aligned(lines), QString());
}

}  // namespace

int pointsCommand(const QStringList &given) {
  if (given.value(0) == QLatin1String("export")) return exportPoints(given.mid(1));
  if (given.value(0) == QLatin1String("list")) return listPoints(given.mid(1));
  const QStringList known{QStringLiteral("export"), QStringLiteral("list")};
  printError(unknownVerb("points", given.value(0), known) +
             QStringLiteral("usage: tagwire %1\n       tagwire %2").arg(exportUsage, listUsage));
  return exitcode::usage;
}

}  // namespace tagwire
