# SPDX-License-Identifier: Apache-2.0
# cmake -DWEB=web -DFOLDER=build/web -DNPM=npm -DRCC=rcc -DEMBEDDED=file.cpp -P build.cmake
#
# Builds the pages from a copy of web/, so that the source tree stays clean: FOLDER/source is the copy with its
# node_modules, FOLDER/dist what Vite made of it. EMBEDDED is that as C++.
function(run what)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${FOLDER}/source RESULT_VARIABLE code OUTPUT_VARIABLE text
    ERROR_VARIABLE text)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${what} (${code}):\n${text}")
  endif()
endfunction()

file(GLOB before ${FOLDER}/source/* ${FOLDER}/source/.npmrc)
list(REMOVE_ITEM before ${FOLDER}/source/node_modules)
file(REMOVE_RECURSE ${before} ${FOLDER}/dist)
file(MAKE_DIRECTORY ${FOLDER}/source)
file(COPY ${WEB}/ DESTINATION ${FOLDER}/source PATTERN node_modules EXCLUDE PATTERN dist EXCLUDE)

set(installed ${FOLDER}/source/node_modules/installed-package-lock.json)
set(locked ${FOLDER}/source/package-lock.json)
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${installed} ${locked} RESULT_VARIABLE is_other ERROR_QUIET)
if(is_other)
  run("npm could not install what web/package-lock.json names"
    ${NPM} ci --ignore-scripts --no-audit --no-fund --prefer-offline)
  file(MAKE_DIRECTORY ${FOLDER}/source/node_modules)
  file(COPY_FILE ${locked} ${installed})
endif()

run("the web pages could not be built" ${NPM} run build -- --outDir ${FOLDER}/dist)
if(NOT EXISTS ${FOLDER}/dist/index.html)
  message(FATAL_ERROR "the web pages could not be built: there is no index.html in ${FOLDER}/dist")
endif()

file(GLOB_RECURSE made RELATIVE ${FOLDER}/dist ${FOLDER}/dist/*)
set(list "<RCC><qresource prefix=\"/web\">\n")
foreach(file IN LISTS made)
  string(APPEND list "<file alias=\"${file}\">${FOLDER}/dist/${file}</file>\n")
endforeach()
file(WRITE ${FOLDER}/pages.qrc "${list}</qresource></RCC>\n")
run("the web pages could not be embedded" ${RCC} --name tagwire_pages --no-compress -o ${EMBEDDED} ${FOLDER}/pages.qrc)
