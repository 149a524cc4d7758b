# SPDX-License-Identifier: Apache-2.0
# The web pages: web/ is built in the build folder by npm and Vite, and what comes out stands in the plugin as Qt
# resources under :/web; included by plugin ws's CMakeLists.txt. -DTAGWIRE_PAGES=OFF builds without Node and without pages.
option(TAGWIRE_PAGES "Build the web pages into plugin ws (needs Node and npm)" ON)
set(WS_PAGES_SOURCES pages/pagefiles.cpp pages/pageroutes.cpp)
set(web ${PROJECT_SOURCE_DIR}/web)
set(WS_HAS_PAGES ${TAGWIRE_PAGES})
if(TAGWIRE_PAGES AND NOT EXISTS ${web}/package.json)
  message(WARNING "There is no web/package.json, so plugin ws is built without the web pages.")
  set(WS_HAS_PAGES OFF)
endif()

if(WS_HAS_PAGES)
  find_program(NODE node)
  find_program(NPM npm)
  if(NOT NODE OR NOT NPM)
    message(FATAL_ERROR "The web pages need Node and npm: install nodejs and npm (packaging/install-packages does so), "
      "or build without the pages: -DTAGWIRE_PAGES=OFF")
  endif()
  file(GLOB files CONFIGURE_DEPENDS LIST_DIRECTORIES false ${web}/* ${web}/.npmrc)
  file(GLOB_RECURSE deeper CONFIGURE_DEPENDS LIST_DIRECTORIES false ${web}/src/* ${web}/public/*)
  # The script lists and embeds what Vite made: the names of its files hold hashes.
  set(embedded ${PROJECT_BINARY_DIR}/web/pages.cpp)
  add_custom_command(
    OUTPUT ${embedded}
    COMMAND ${CMAKE_COMMAND} -DWEB=${web} -DFOLDER=${PROJECT_BINARY_DIR}/web -DNPM=${NPM} -DRCC=$<TARGET_FILE:Qt6::rcc>
            -DEMBEDDED=${embedded} -P ${CMAKE_CURRENT_LIST_DIR}/build.cmake
    DEPENDS ${files} ${deeper} ${CMAKE_CURRENT_LIST_DIR}/build.cmake
    COMMENT "Building the web pages" VERBATIM)
  list(APPEND WS_PAGES_SOURCES ${embedded})
  set_source_files_properties(${embedded} PROPERTIES SKIP_AUTOGEN ON SKIP_UNITY_BUILD_INCLUSION ON
    SKIP_PRECOMPILE_HEADERS ON)
endif()
