// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include <dlfcn.h>
#include <netdb.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "postgres/hostlookup.h"
#include "postgres/postgresconnection.h"
#include "postgres/postgresstore.h"
#include "postgresserver.h"
#include "testprogram.h"

namespace postgres_lookup_test {

using namespace tagwire;
using namespace tagwire::sql;
using namespace std::chrono_literals;

namespace {

/// A name server that does not answer before it is let go, or at last after a time in which all that must be over.
class SilentNameServer {
 public:
  void ask() {
    std::unique_lock lock(m_mutex);
    ++m_waiting;
    m_changed.wait_for(lock, 60s, [this] { return m_isOpen; });
    --m_waiting;
    m_changed.notify_all();
  }
  int waiting() {
    const std::lock_guard lock(m_mutex);
    return m_waiting;
  }
  void letGo() {
    std::unique_lock lock(m_mutex);
    m_isOpen = true;
    m_changed.notify_all();
    m_changed.wait(lock, [this] { return m_waiting == 0; });
    m_isOpen = false;
  }

 private:
  std::mutex m_mutex;
  std::condition_variable m_changed;
  int m_waiting = 0;
  bool m_isOpen = false;
};

SilentNameServer silent;

}  // namespace

/// In place of the system's, for libpq too: "silent.invalid" gets no answer, "plant.invalid" is this machine.
extern "C" int getaddrinfo(const char *host, const char *service, const addrinfo *hints, addrinfo **found) {
  using Real = int (*)(const char *, const char *, const addrinfo *, addrinfo **);
  static const auto real = reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const QByteArray name(host);
  if (name == "silent.invalid") {
    silent.ask();
    return EAI_AGAIN;
  }
  if (name == "nobody.invalid") return EAI_NONAME;
  return real(name == "plant.invalid" ? "127.0.0.1" : host, service, hints, found);
}

/// The look-up of a server's name: it may take as long as it likes.
class PostgresLookupTest : public QObject {
  Q_OBJECT

  PostgresServer m_server;

  PostgresSettings settings(const char *host) const {
    PostgresSettings settings = m_server.settings();
    settings.location.host = QLatin1String(host);
    settings.connectTimeout = 300ms;
    return settings;
  }

 private Q_SLOTS:
  void initTestCase() { QVERIFY2(m_server.start(), qPrintable(m_server.errorText())); }
  void cleanup() { silent.letGo(); }

  void addressesAndFoldersAreNotLookedUp() {
    for (const char *host : {"127.0.0.1", "::1", "fe80::1", "/run/postgresql", "@abstract"}) {
      QVERIFY2(!HostLookup::isNeeded(QLatin1String(host)), host);
    }
    for (const char *host : {"localhost", "db.example.org", "127.1", "1.2.3.4.example"}) {
      QVERIFY2(HostLookup::isNeeded(QLatin1String(host)), host);
    }
  }

  void aNameIsConnectedTo() {
    PostgresConnection connection;
    PostgresSettings named = settings("plant.invalid");
    named.connectTimeout = 10s;
    m_server.rows(QStringLiteral("CREATE ROLE named LOGIN PASSWORD 'sesame'; SELECT 1"));
    named.location.user = QStringLiteral("named");
    named.password = QStringLiteral("sesame");
    const auto opened = connection.open(named);
    QVERIFY2(opened.has_value(), opened ? "" : qPrintable(opened.error().text));
    QVERIFY(connection.query("SELECT 1").has_value());
  }

  void aNameThatIsNotThereIsAnOutage() {
    PostgresConnection connection;
    const auto opened = connection.open(settings("nobody.invalid"));
    QVERIFY(!opened);
    QVERIFY(opened.error().kind == StoreError::Kind::Outage);
    QVERIFY2(opened.error().text.contains(u"the host name can't be looked up: "), qPrintable(opened.error().text));
  }

  void aSilentNameServerHoldsNobodyUpBeyondTheDeadline() {
    PostgresConnection connection;
    const auto opened = connection.open(settings("silent.invalid"));
    QVERIFY(!opened);
    QVERIFY2(opened.error().text.contains(u"no answer in time") && opened.error().text.contains(u"looked up"),
             qPrintable(opened.error().text));
    QCOMPARE(silent.waiting(), 1);  // it still does not answer
  }

  void aLookUpIsInterrupted() {
    PostgresSettings patient = settings("silent.invalid");
    patient.connectTimeout = 10min;
    PostgresStore store(patient);
    auto opening = std::async(std::launch::async, [&] { return store.open(); });
    QTRY_COMPARE(silent.waiting(), 1);
    store.interrupt();
    const auto opened = opening.get();
    QVERIFY(!opened);
    QVERIFY2(opened.error().text.contains(u"interrupted"), qPrintable(opened.error().text));
    QCOMPARE(silent.waiting(), 1);
  }

  void onlySoManyAreUnderWay() {
    std::vector<HostLookup> all;
    for (int i = 0; i < HostLookup::mostAtOnce; ++i) {
      // Those of the tests before may still be on their way out.
      auto begun = HostLookup::begin(QStringLiteral("silent.invalid"));
      QTRY_VERIFY(begun || (begun = HostLookup::begin(QStringLiteral("silent.invalid"))));
      all.push_back(std::move(*begun));
    }
    const auto refused = HostLookup::begin(QStringLiteral("silent.invalid"));
    QVERIFY(!refused);
    QVERIFY2(refused.error().contains(u"no name server answers"), qPrintable(refused.error()));
    QTRY_COMPARE(silent.waiting(), HostLookup::mostAtOnce);
    silent.letGo();
    QTRY_VERIFY(HostLookup::begin(QStringLiteral("localhost")).has_value());
  }
};

TAGWIRE_TEST(PostgresLookupTest)

}  // namespace postgres_lookup_test

#include "postgres_lookup_test.moc"
