# SPDX-License-Identifier: Apache-2.0
# For plugins in this tree and, by find_package(Tagwire), for those outside.
#
# tagwire_add_plugin(<type> [SOURCES file…] [LIBRARIES target…] [OWN_PACKAGE])
#
# Builds the plugin of the folder it is called in: <type>plugin.cpp holds the factory, SOURCES all the rest. The library
# goes to plugins/ in the build folder, and is installed into lib/tagwire/plugins. plugin.json is read by moc
# (Q_PLUGIN_METADATA(… FILE "plugin.json")). For the folder's own tests the SOURCES are also the object library
# <type>-objects. OWN_PACKAGE: it is no part of the package tagwire but one of its own, since it needs much.
#
# tagwire_add_plugin_test(<type> <name> SOURCES file… [LIBRARIES target…] [PROGRAM program] …) adds a test class to the
# program <type>_tests, which holds these objects; TagwireTest.cmake tells the rest.
#
# tagwire_add_conformance_test(<type>) adds the test <type>_conformance: what every plugin has to do, whatever it is.
function(tagwire_add_plugin type)
  cmake_parse_arguments(arg "OWN_PACKAGE" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(${type}-objects OBJECT ${arg_SOURCES})
  set_target_properties(${type}-objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${type}-objects PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${type}-objects PUBLIC Tagwire::core ${arg_LIBRARIES})
  if(COMMAND tagwire_precompiled)
    tagwire_precompiled(${type}-objects plugins)
  endif()

  add_library(${type}-plugin MODULE ${type}plugin.cpp)
  target_link_libraries(${type}-plugin PRIVATE ${type}-objects)
  # moc does not see a change in plugin.json by itself.
  set_property(TARGET ${type}-plugin APPEND PROPERTY AUTOMOC_DEPEND_FILTERS "Q_PLUGIN_METADATA" "FILE +\"([^\"]+)\"")
  # A plugin shows the host one object and nothing else.
  set_target_properties(${type}-plugin PROPERTIES PREFIX "" OUTPUT_NAME ${type}
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/plugins INSTALL_RPATH "$ORIGIN/..")
  set_target_properties(${type}-objects ${type}-plugin PROPERTIES
    AUTOMOC ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(TAGWIRE_PLUGIN_INSTALL_DIR)
    set(component ${CMAKE_INSTALL_DEFAULT_COMPONENT_NAME})
    if(arg_OWN_PACKAGE)
      set(component plugin-${type})
    endif()
    install(TARGETS ${type}-plugin LIBRARY DESTINATION ${TAGWIRE_PLUGIN_INSTALL_DIR} COMPONENT ${component})
  endif()
  set_property(GLOBAL APPEND PROPERTY TAGWIRE_PLUGIN_TARGETS ${type}-plugin)
endfunction()

function(tagwire_add_plugin_test type name)
  cmake_parse_arguments(arg "" "PROGRAM" "LIBRARIES" ${ARGN})
  if(NOT arg_PROGRAM)
    set(arg_PROGRAM ${type}_tests)
  endif()
  tagwire_add_test(NAME ${name} PROGRAM ${arg_PROGRAM} ${arg_UNPARSED_ARGUMENTS}
                   LIBRARIES ${type}-objects Tagwire::testing ${arg_LIBRARIES})
endfunction()

function(tagwire_add_conformance_test type)
  if(NOT BUILD_TESTING)
    return()
  endif()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/conformance.cpp CONTENT "// main() is in Tagwire::conformance.\n")
  add_executable(${type}_conformance ${CMAKE_CURRENT_BINARY_DIR}/conformance.cpp)
  target_link_libraries(${type}_conformance PRIVATE Tagwire::conformance)
  add_dependencies(${type}_conformance ${type}-plugin)
  add_test(NAME ${type}_conformance
           COMMAND ${type}_conformance $<TARGET_FILE:${type}-plugin> ${CMAKE_CURRENT_SOURCE_DIR})
  # Its example may name plugins that Tagwire brings along.
  set_tests_properties(${type}_conformance PROPERTIES TIMEOUT 180
    ENVIRONMENT "TAGWIRE_PLUGIN_PATH=${TAGWIRE_OWN_PLUGINS}")
endfunction()

# tagwire_add_program_plugin(<type> FILES file…)
#
# A plugin that is a program of its own, in whatever language: plugin.json and the FILES of the folder go to
# plugins/<type>/ beside the program. docs/isolation-protocol.md says what it has to speak.
function(tagwire_add_program_plugin type)
  cmake_parse_arguments(arg "" "" "FILES" ${ARGN})
  set(folder ${PROJECT_BINARY_DIR}/plugins/${type})
  set(copies)
  foreach(file plugin.json ${arg_FILES})
    add_custom_command(OUTPUT ${folder}/${file} DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file}
      COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/${file} ${folder}/${file} VERBATIM)
    list(APPEND copies ${folder}/${file})
  endforeach()
  add_custom_target(${type}-plugin ALL DEPENDS ${copies})
  set_property(GLOBAL APPEND PROPERTY TAGWIRE_PLUGIN_TARGETS ${type}-plugin)
endfunction()
