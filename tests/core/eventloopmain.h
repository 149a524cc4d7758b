// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QCoreApplication>
#include <QTest>

#include <cstring>

#include "epolldispatcher.h"
#include "testprogram.h"

/// main() of a test on one event loop: EpollDispatcher, or Qt's own where the program is built with TAGWIRE_QT_LOOP.
template <class Test>
int runOnEventLoop(int argc, char *argv[]) {
#ifdef TAGWIRE_QT_LOOP
  qputenv("QT_NO_GLIB", "1");
  const char *expected = "QEventDispatcherUNIX";
#else
  QCoreApplication::setEventDispatcher(new tagwire::EpollDispatcher);
  const char *expected = "tagwire::EpollDispatcher";
#endif
  const QCoreApplication application(argc, argv);
  if (std::strcmp(QAbstractEventDispatcher::instance()->metaObject()->className(), expected) != 0) qFatal("wrong loop");
  Test test;
  return QTest::qExec(&test, argc, argv);
}

#define EVENT_LOOP_TEST(Test) TAGWIRE_TEST_BY(Test, runOnEventLoop<Test>)
