// SPDX-License-Identifier: Apache-2.0
#include "conformance.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>

#include <cstdio>

#include "pluginloader.h"
#include "runtime.h"
#include "services/alarmdesk.h"
#include "services/fixintake.h"
#include "services/historyreader.h"
#include "services/ingestdesk.h"
#include "services/locationhub.h"
#include "services/sitemap.h"
#include "services/zonecatalog.h"
#include "testcontext.h"

namespace tagwire::testing {

namespace {

/// One plugin under test, with the configuration of its own example.json.
struct Subject {
  explicit Subject(const ConfigNode &given, const QString &id = QStringLiteral("subject"))
      : context(id), config(given) {}

  void create(PluginFactory &factory) {
    ConfigReader reader(config, QStringLiteral("config"), problems);
    plugin = factory.create(reader, context);
    // What the example refers to belongs to instances that are not here: their points stand in for them.
    for (const auto &reference : reader.later().references) {
      PointInfo info;
      info.name = reference.name.section(u'/', 1);
      const QString owner = reference.name.section(u'/', 0, 0);
      (void)context.pointTable().declare(owner, owner, info);
    }
    (void)context.pointTable().assignNumbers();
    if (!plugin) return;
    QObject::connect(plugin.get(), &Plugin::samplesReady, [this] { ++emitted; });
    QObject::connect(plugin.get(), &Plugin::eventRaised, [this] { ++emitted; });
    QObject::connect(plugin.get(), &Plugin::commandRequested, [this] { ++emitted; });
    QObject::connect(plugin.get(), &Plugin::written, [this] { ++emitted; });
    QObject::connect(plugin.get(), &Plugin::statusChanged, [this](PluginState state) {
      ++emitted;
      lastState = state;
    });
  }

  /// Why there is no plugin.
  QString complaint() const {
    QString text = QStringLiteral("its example is refused");
    for (const Problem &problem : problems) text += u'\n' + toText(problem);
    return text;
  }

  TestContext context;
  ConfigNode config;
  Problems problems;
  std::unique_ptr<Plugin> plugin;
  int emitted = 0;
  PluginState lastState = PluginState::Stopped;
};

template <class Service>
QStringList offered(Plugin *plugin) {
  return dynamic_cast<Service *>(plugin) ? QStringList{QLatin1String(Service::serviceName)} : QStringList();
}

int openDescriptors() {
  return QDir(QStringLiteral("/proc/self/fd")).entryList(QDir::NoDotAndDotDot | QDir::AllEntries | QDir::System).size();
}

}  // namespace

/// Every plugin it is given, whatever it does.
class ConformanceTest : public QObject {
  Q_OBJECT
 public:
  ConformanceTest(const QString &libraries, const QString &folder) : m_given(libraries), m_folder(folder) {}

 private Q_SLOTS:
  void initTestCase() {
    const auto refusals = m_loader.refusals();
    for (const PluginRefusal &refusal : refusals) {
      QVERIFY2(!isOurs(refusal.file), qPrintable(refusal.file + QLatin1String(": ") + refusal.reason));
    }
    QVERIFY2(!types().isEmpty(),
             qPrintable(QStringLiteral("there is no plugin in %1").arg(m_given.absoluteFilePath())));
    for (const QString &type : types()) {
      const auto factory = m_loader.load(type);
      QVERIFY2(factory, qPrintable(factory ? QString() : factory.error()));
    }
  }

  void exampleLoads_data() { eachPlugin(); }
  void exampleLoads() {
    QFETCH(QString, type);
    Problems problems;
    const Manifest manifest = Manifest::read(exampleFile(type), problems);
    Runtime runtime(m_loader, m_clock);
    runtime.load(manifest, problems);
    QVERIFY2(problems.isEmpty(), qPrintable(problems.isEmpty() ? QString() : toText(problems.first())));
    QVERIFY(runtime.instanceCount() > 0);
  }

  void unknownKeyIsRefused_data() { eachPlugin(); }
  void unknownKeyIsRefused() {
    QFETCH(QString, type);
    ConfigNode config = example(type);
    ConfigNode::Member member;
    member.key = QStringLiteral("no_such_key");
    config.members.push_back(member);
    Subject subject(config);
    subject.create(factory(type));
    QVERIFY(!subject.plugin);
    QVERIFY(subject.problems.value(0).message.contains(QLatin1String("unknown key \"no_such_key\"")));
  }

  void createDoesNoWork_data() { eachPlugin(); }
  void createDoesNoWork() {
    QFETCH(QString, type);
    Subject subject(example(type));
    const int before = openDescriptors();
    subject.create(factory(type));
    QVERIFY2(subject.plugin, qPrintable(subject.complaint()));
    QCoreApplication::processEvents();
    QCOMPARE(subject.emitted, 0);
    QCOMPARE(openDescriptors(), before);
    for (const QTimer *timer : subject.plugin->findChildren<QTimer *>()) QVERIFY(!timer->isActive());
    QVERIFY(QDir(subject.context.dataDir()).isEmpty());
  }

  void stopWithoutStart_data() { eachPlugin(); }
  void stopWithoutStart() {
    QFETCH(QString, type);
    Subject subject(example(type));
    subject.create(factory(type));
    QVERIFY2(subject.plugin, qPrintable(subject.complaint()));
    subject.plugin->stop();
    subject.plugin->stop();
    QCoreApplication::processEvents();
    QCOMPARE(subject.emitted, 0);
  }

  void startTellsItsOutcome_data() { eachPlugin(); }
  void startTellsItsOutcome() {
    QFETCH(QString, type);
    Subject subject(example(type));
    subject.create(factory(type));
    QVERIFY2(subject.plugin, qPrintable(subject.complaint()));
    subject.plugin->start();
    QTRY_VERIFY(subject.lastState != PluginState::Stopped);
    subject.plugin->stop();
  }

  void nothingComesAfterStop_data() { eachPlugin(); }
  void nothingComesAfterStop() {
    QFETCH(QString, type);
    Subject subject(example(type));
    subject.create(factory(type));
    QVERIFY2(subject.plugin, qPrintable(subject.complaint()));
    subject.plugin->start();
    for (int i = 0; i < 20; ++i) QCoreApplication::processEvents(QEventLoop::AllEvents, 5);
    if (auto *sink = dynamic_cast<Sink *>(subject.plugin.get())) {
      sink->write({Sample{static_cast<PointId>(1), Quality::good(), subject.context.clock().now(), Value(1.0)}});
    }
    subject.plugin->stop();
    const int before = subject.emitted;
    subject.plugin->stop();
    QSignalSpy later(subject.plugin.get(), &Plugin::statusChanged);
    QVERIFY(!later.wait(300));
    QCOMPARE(subject.emitted, before);
  }

  void canBeStartedAgain_data() { eachPlugin(); }
  void canBeStartedAgain() {
    QFETCH(QString, type);
    Subject subject(example(type));
    subject.create(factory(type));
    QVERIFY2(subject.plugin, qPrintable(subject.complaint()));
    for (int i = 0; i < 3; ++i) {
      subject.lastState = PluginState::Stopped;
      subject.plugin->start();
      QTRY_VERIFY(subject.lastState != PluginState::Stopped);
      subject.plugin->stop();
    }
  }

  void twoInstancesAtOnce_data() { eachPlugin(); }
  void twoInstancesAtOnce() {
    QFETCH(QString, type);
    Subject first(example(type), QStringLiteral("first"));
    Subject second(example(type), QStringLiteral("second"));
    first.create(factory(type));
    QVERIFY2(first.plugin, qPrintable(first.complaint()));
    second.create(factory(type));
    QVERIFY2(second.plugin, qPrintable(second.complaint()));
    first.plugin->start();
    second.plugin->start();
    QTRY_VERIFY(first.lastState != PluginState::Stopped && second.lastState != PluginState::Stopped);
    first.plugin->stop();
    first.plugin.reset();
    QCoreApplication::processEvents();
    second.plugin->stop();
  }

  void destroyWhileRunning_data() { eachPlugin(); }
  void destroyWhileRunning() {
    QFETCH(QString, type);
    Subject subject(example(type));
    subject.create(factory(type));
    QVERIFY2(subject.plugin, qPrintable(subject.complaint()));
    subject.plugin->start();
    for (int i = 0; i < 5; ++i) QCoreApplication::processEvents(QEventLoop::AllEvents, 5);
    subject.plugin.reset();
    for (int i = 0; i < 5; ++i) QCoreApplication::processEvents(QEventLoop::AllEvents, 5);
  }

  void namesTheServicesItOffers_data() { eachPlugin(); }
  void namesTheServicesItOffers() {
    QFETCH(QString, type);
    Subject subject(example(type));
    subject.create(factory(type));
    Plugin *plugin = subject.plugin.get();
    const QStringList all = offered<AlarmDesk>(plugin) + offered<FixIntake>(plugin) + offered<HistoryReader>(plugin) +
                            offered<IngestDesk>(plugin) + offered<LocationHub>(plugin) + offered<SiteMap>(plugin) +
                            offered<ZoneCatalog>(plugin);
    // Else it could be put into a process of its own, where nobody finds it.
    for (const QString &service : all) QVERIFY2(m_loader.find(type)->services.contains(service), qPrintable(service));
  }

  void readmeHoldsTheKeyTable_data() { eachPlugin(); }
  void readmeHoldsTheKeyTable() {
    QFETCH(QString, type);
    QFile readme(file(type, "README.md"));
    QVERIFY2(readme.open(QIODevice::ReadOnly), qPrintable(readme.fileName()));
    const QString text = QString::fromUtf8(readme.readAll());
    const QString table = factory(type).schema().markdown;
    QVERIFY2(text.contains(table), qPrintable(QStringLiteral("its table of keys is now:\n%1").arg(table)));
  }

 private:
  void eachPlugin() {
    QTest::addColumn<QString>("type");
    for (const QString &type : types()) QTest::newRow(qPrintable(type)) << type;
  }
  PluginFactory &factory(const QString &type) { return **m_loader.load(type); }
  /// Of all in the folder of the library, those that were given.
  QStringList types() const {
    QStringList all;
    for (const PluginDescription &plugin : m_loader.plugins()) {
      if (isOurs(plugin.file)) all << plugin.type;
    }
    return all;
  }
  bool isOurs(const QString &library) const { return m_given.isDir() || m_given == QFileInfo(library); }
  QString folderOfLibraries() const { return m_given.isDir() ? m_given.absoluteFilePath() : m_given.absolutePath(); }
  QString file(const QString &type, const char *name) const {
    const QDir folder(m_given.isDir() ? m_folder.filePath(type) : m_folder.path());
    return folder.filePath(QLatin1String(name));
  }
  QString exampleFile(const QString &type) const { return file(type, "example.json"); }
  /// The example's configuration of the plugin's own entry, listening on a port the system picks.
  ConfigNode example(const QString &type) const {
    Problems problems;
    const Manifest manifest = Manifest::read(exampleFile(type), problems);
    for (const ManifestEntry &entry : manifest.plugins) {
      if (entry.type != type) continue;
      ConfigNode config = entry.config;
      for (auto &member : config.members) {
        if (member.key == QLatin1String("listen")) member.value.text = QStringLiteral("127.0.0.1:0");
      }
      return config;
    }
    return {};
  }

  Clock m_clock;
  QFileInfo m_given;
  QDir m_folder;
  PluginLoader m_loader{PluginLoader::searchPath({folderOfLibraries()})};
};

int runConformance(int argc, char *argv[]) {
  if (argc < 3 || argv[1][0] == '-') {
    std::fprintf(stderr,
                 "usage: %s LIBRARY FOLDER [arguments of Qt Test]   a plugin's library and its folder\n"
                 "       %s LIBRARIES FOLDERS [arguments of Qt Test]  folders of many\n",
                 argv[0], argv[0]);
    return 2;
  }
  const QCoreApplication application(argc, argv);
  ConformanceTest test(QString::fromLocal8Bit(argv[1]), QString::fromLocal8Bit(argv[2]));
  argv[2] = argv[0];
  return QTest::qExec(&test, argc - 2, argv + 2);
}

}  // namespace tagwire::testing

int main(int argc, char *argv[]) { return tagwire::testing::runConformance(argc, argv); }

#include "conformance.moc"
