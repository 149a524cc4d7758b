# SPDX-License-Identifier: Apache-2.0
# The headers of Qt and the standard library take most of the time of a build (5 s a file on a small machine), so they
# are read once for all plugins and once for all tests. Only what everything includes anyway, and nothing of our own: a
# change there would mean to build all of it again. Every file still includes what it uses.
#
# tagwire_precompiled(<target> plugins|tests)
set(TAGWIRE_PRECOMPILED
  <QByteArray> <QDateTime> <QDir> <QFile> <QHash> <QJsonArray> <QJsonDocument> <QJsonObject> <QList> <QLoggingCategory>
  <QMap> <QObject> <QRegularExpression> <QSet> <QString> <QStringList> <QTimeZone> <QTimer>
  <algorithm> <array> <chrono> <cmath> <deque> <functional> <limits> <map> <memory> <mutex> <optional> <set>
  <unordered_map> <utility> <variant> <vector>)

# Qt's headers look at where each test stands: no two would have the same definitions.
set_target_properties(Qt6::Test PROPERTIES INTERFACE_COMPILE_DEFINITIONS QT_TESTLIB_LIB)
# Tests run for moments and are built for minutes: without optimisation.
set(TAGWIRE_TEST_OPTIONS $<$<CONFIG:RelWithDebInfo>:-O0 -g1>)

function(tagwire_precompiled target of)
  target_precompile_headers(${target} REUSE_FROM tagwire-precompiled-${of})
endfunction()

function(tagwire_make_precompiled)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cpp CONTENT "// nothing\n")
  add_library(tagwire-precompiled-plugins OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(tagwire-precompiled-plugins PRIVATE Qt6::Core)
  target_precompile_headers(tagwire-precompiled-plugins PRIVATE ${TAGWIRE_PRECOMPILED})
  if(BUILD_TESTING)
    add_library(tagwire-precompiled-tests OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
    target_link_libraries(tagwire-precompiled-tests PRIVATE Qt6::Test Qt6::Network)
    target_compile_options(tagwire-precompiled-tests PRIVATE ${TAGWIRE_TEST_OPTIONS})
    target_precompile_headers(tagwire-precompiled-tests PRIVATE ${TAGWIRE_PRECOMPILED} <QSignalSpy> <QTemporaryDir> <QTest>)
  endif()
endfunction()
