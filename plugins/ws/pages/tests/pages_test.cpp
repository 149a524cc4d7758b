// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include "pages/pagefiles.h"
#include "testprogram.h"
#include "tests/restfixture.h"

namespace pages_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

/// As web/ is built, but on the disk.
struct Folder {
  Folder() {
    QDir(folder.path()).mkdir(QStringLiteral("assets"));
    put("index.html", "<!doctype html>");
    put("favicon.svg", "<svg/>");
    put("assets/page-1a2b.js", "export {}");
    put("assets/page-1a2b.js.gz", "\x1f\x8b");
    put("assets/page-3c4d.css", "a{}");
  }
  void put(const char *name, const QByteArray &content) const {
    QFile file(folder.filePath(QLatin1String(name)));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
  }
  QTemporaryDir folder;
};

Request requestWith(const char *name, const QByteArray &value) {
  Request request;
  request.method = "GET";
  request.fields = {{name, value}};
  return request;
}

QByteArray fieldOf(const Response &response, const char *name) {
  for (const auto &[field, value] : response.fields) {
    if (field == name) return value;
  }
  return {};
}

WsConfig serving(const QList<Served> &parts) {
  WsConfig config = RestFixture::config({});
  config.serve = parts;
  return config;
}

}  // namespace

class PagesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void filesByTheirPath();
  void compressedForWhoTakesIt_data();
  void compressedForWhoTakesIt();
  void whatIsKnownIsNotSentAgain_data();
  void whatIsKnownIsNotSentAgain();
  void howLongTheyMayBeKept();
  void onlyWhatIsServed();
  void withoutPagesItSaysSo();
#ifdef WITH_PAGES
  void frontPage();
  void everyFileIsServed();
  void theFrontPageLoadsWhatIsThereAndRunsNothingOfItsOwn();
  void whatIsLargeIsCompressed();
#endif
};

void PagesTest::filesByTheirPath() {
  const Folder folder;
  const PageFiles files(folder.folder.path());
  QStringList paths = files.paths();
  paths.sort();
  QCOMPARE(paths.join(u' '), QStringLiteral("assets/page-1a2b.js assets/page-3c4d.css favicon.svg index.html"));
  QCOMPARE(files.find(QStringLiteral("index.html"))->type, QByteArray("text/html; charset=utf-8"));
  QCOMPARE(files.find(QStringLiteral("favicon.svg"))->type, QByteArray("image/svg+xml"));
  QCOMPARE(files.find(QStringLiteral("assets/page-1a2b.js"))->type, QByteArray("text/javascript; charset=utf-8"));
  for (const char *wrong : {"", "assets", "assets/page-1a2b.js.gz", "../index.html", "INDEX.HTML"}) {
    QVERIFY2(!files.find(QLatin1String(wrong)), wrong);
  }
}

void PagesTest::compressedForWhoTakesIt_data() {
  QTest::addColumn<QByteArray>("accept");
  QTest::addColumn<bool>("isCompressed");
  QTest::newRow("browser") << QByteArray("gzip, deflate, br, zstd") << true;
  QTest::newRow("letters") << QByteArray("br;q=1.0,GZIP;q=0.5") << true;
  QTest::newRow("nothing") << QByteArray("") << false;
  QTest::newRow("refused") << QByteArray("gzip;q=0, br") << false;
  QTest::newRow("refused exactly") << QByteArray("gzip; q=0.000") << false;
  QTest::newRow("broken weight") << QByteArray("gzip;q=much") << false;
  QTest::newRow("another one") << QByteArray("x-gzip, identity") << false;
}

void PagesTest::compressedForWhoTakesIt() {
  QFETCH(QByteArray, accept);
  QFETCH(bool, isCompressed);
  const Folder folder;
  const PageFiles files(folder.folder.path());
  const Response script =
      files.find(QStringLiteral("assets/page-1a2b.js"))->answer(requestWith("accept-encoding", accept));
  QCOMPARE(script.body, QByteArray(isCompressed ? "\x1f\x8b" : "export {}"));
  QCOMPARE(fieldOf(script, "Content-Encoding"), QByteArray(isCompressed ? "gzip" : ""));
  QCOMPARE(fieldOf(script, "Vary"), QByteArray("Accept-Encoding"));
  // There is no compressed one.
  const Response style =
      files.find(QStringLiteral("assets/page-3c4d.css"))->answer(requestWith("accept-encoding", accept));
  QCOMPARE(style.body, QByteArray("a{}"));
  QVERIFY(fieldOf(style, "Content-Encoding").isEmpty());
}

void PagesTest::whatIsKnownIsNotSentAgain_data() {
  QTest::addColumn<QByteArray>("known");  // TAG stands for the right one
  QTest::addColumn<int>("status");
  QTest::newRow("same") << QByteArray("TAG") << 304;
  QTest::newRow("weak") << QByteArray("W/TAG") << 304;
  QTest::newRow("among others") << QByteArray("\"a\", TAG") << 304;
  QTest::newRow("any") << QByteArray("*") << 304;
  QTest::newRow("another") << QByteArray("\"a\"") << 200;
  QTest::newRow("none") << QByteArray() << 200;
}

void PagesTest::whatIsKnownIsNotSentAgain() {
  QFETCH(QByteArray, known);
  QFETCH(int, status);
  const Folder folder;
  const PageFiles files(folder.folder.path());
  const PageFile *script = files.find(QStringLiteral("assets/page-1a2b.js"));
  QVERIFY(script->tag != script->gzipTag);
  const Response response = script->answer(requestWith("if-none-match", known.replace("TAG", script->tag)));
  QCOMPARE(response.status, status);
  QCOMPARE(response.body.isEmpty(), status == 304);
  QCOMPARE(fieldOf(response, "ETag"), script->tag);
  QVERIFY(!fieldOf(response, "Content-Security-Policy").isEmpty());
  // The tag of the one is not that of the other.
  Request request = requestWith("if-none-match", script->tag);
  request.fields.emplaceBack("accept-encoding", "gzip");
  QCOMPARE(script->answer(request).status, 200);
}

void PagesTest::howLongTheyMayBeKept() {
  const Folder folder;
  const PageFiles files(folder.folder.path());
  const auto keeping = [&](const char *path) {
    return fieldOf(files.find(QLatin1String(path))->answer({}), "Cache-Control");
  };
  QCOMPARE(keeping("index.html"), QByteArray("no-cache"));
  QCOMPARE(keeping("favicon.svg"), QByteArray("no-cache"));
  QCOMPARE(keeping("assets/page-3c4d.css"), QByteArray("public, max-age=31536000, immutable"));
}

void PagesTest::onlyWhatIsServed() {
  RestFixture fixture(serving({Served::Rest, Served::Ws}));
  for (const char *target : {"/", "/favicon.svg", "/assets/index.js"}) {
    const HttpReply reply = fixture.get(target);
    QCOMPARE(reply.status, 404);
    QCOMPARE(reply.object().value(QStringLiteral("error")).toString(),
             QStringLiteral("nothing is served at this path"));
  }
}

/// Where the build has none; where it has some, for what it has not.
void PagesTest::withoutPagesItSaysSo() {
  RestFixture fixture(serving({Served::Pages}));
  const bool hasPages = !PageFiles::embedded().isEmpty();
#ifdef WITH_PAGES
  QVERIFY(hasPages);
#endif
  const HttpReply front = fixture.get("/");
  QCOMPARE(front.status, hasPages ? 200 : 404);
  if (!hasPages) QVERIFY(front.body.contains("was built without the web pages"));
  for (const char *target : {"/assets/", "/assets/nothing.js", "/assets/..%2findex.html", "/index.html", "/src"}) {
    QVERIFY2(fixture.get(target).status == 404, target);
  }
  QCOMPARE(fixture.ask("POST", "/", {}, "{}").status, 405);
}

#ifdef WITH_PAGES
void PagesTest::frontPage() {
  RestFixture fixture(serving({Served::Pages}));
  const HttpReply reply = fixture.get("/");
  QCOMPARE(reply.status, 200);
  for (const char *line :
       {"Content-Type: text/html; charset=utf-8", "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer",
        "Cross-Origin-Opener-Policy: same-origin", "Cache-Control: no-cache",
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'self'"}) {
    QVERIFY2(reply.head.contains(QByteArray("\r\n") + line + "\r\n"), line);
  }
  QCOMPARE(reply.body, PageFiles::embedded().find(QStringLiteral("index.html"))->bytes);
  const QByteArray tag = PageFiles::embedded().find(QStringLiteral("index.html"))->tag;
  QCOMPARE(fixture.statusOf("GET", "/", "If-None-Match: " + tag + "\r\n"), 304);
  QCOMPARE(fixture.statusOf("HEAD", "/"), 200);
}

void PagesTest::everyFileIsServed() {
  RestFixture fixture(serving({Served::Pages}));
  const PageFiles &files = PageFiles::embedded();
  for (const QString &path : files.paths()) {
    if (path == u"index.html") continue;
    const HttpReply reply = fixture.get('/' + path.toUtf8());
    QVERIFY2(reply.status == 200 && reply.body == files.find(path)->bytes, qPrintable(path));
    QVERIFY2(!reply.head.contains("application/octet-stream"), qPrintable(path));
  }
}

void PagesTest::theFrontPageLoadsWhatIsThereAndRunsNothingOfItsOwn() {
  const PageFiles &files = PageFiles::embedded();
  const QString html = QString::fromUtf8(files.find(QStringLiteral("index.html"))->bytes);
  static const QRegularExpression link(QStringLiteral("(?:src|href)=\"([^\"]*)\""));
  int count = 0;
  for (auto each = link.globalMatch(html); each.hasNext(); ++count) {
    const QString target = each.next().captured(1);
    QVERIFY2(target.startsWith(u'/') && files.find(target.mid(1)), qPrintable(target));
  }
  QVERIFY(count > 0);
  static const QRegularExpression inlined(QStringLiteral("<style|<script(?![^>]*\\ssrc=)|\\sstyle=|\\son[a-z]+="));
  QVERIFY2(!inlined.match(html).hasMatch(), qPrintable(inlined.match(html).captured(0)));
}

void PagesTest::whatIsLargeIsCompressed() {
  const PageFiles &files = PageFiles::embedded();
  for (const QString &path : files.paths()) {
    const PageFile *file = files.find(path);
    if (file->bytes.size() <= 1024 || file->type.startsWith("font/") || file->type == "image/png") continue;
    QVERIFY2(file->gzip.startsWith("\x1f\x8b") && file->gzip.size() < file->bytes.size(), qPrintable(path));
  }
}
#endif

TAGWIRE_TEST(PagesTest)

}  // namespace pages_test

#include "pages_test.moc"
