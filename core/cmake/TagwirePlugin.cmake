# SPDX-License-Identifier: Apache-2.0
# tagwire_add_plugin(<type> SOURCES file… [LIBRARIES target…])
#
# Builds the plugin of the folder it is called in: <type>plugin.cpp holds the factory, SOURCES all the rest. The library
# goes to the folder plugins/ beside the program. plugin.json is read by moc (Q_PLUGIN_METADATA(… FILE "plugin.json")).
# For the folder's own tests the SOURCES are also the object library <type>-objects.
#
# tagwire_add_plugin_test(<type> <name> SOURCES file… [LIBRARIES target…] [PROGRAM program] …) adds a test class to the
# program <type>_tests, which holds these objects; TagwireTest.cmake tells the rest.
function(tagwire_add_plugin type)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(${type}-objects OBJECT ${arg_SOURCES})
  set_target_properties(${type}-objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${type}-objects PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${type}-objects PUBLIC tagwire-core ${arg_LIBRARIES})
  tagwire_precompiled(${type}-objects plugins)

  add_library(${type}-plugin MODULE ${type}plugin.cpp)
  target_link_libraries(${type}-plugin PRIVATE ${type}-objects)
  # moc does not see a change in plugin.json by itself.
  set_property(TARGET ${type}-plugin APPEND PROPERTY AUTOMOC_DEPEND_FILTERS "Q_PLUGIN_METADATA" "FILE +\"([^\"]+)\"")
  set_target_properties(${type}-plugin PROPERTIES PREFIX "" OUTPUT_NAME ${type}
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/plugins)
  set_property(GLOBAL APPEND PROPERTY TAGWIRE_PLUGIN_TARGETS ${type}-plugin)
endfunction()

function(tagwire_add_plugin_test type name)
  cmake_parse_arguments(arg "" "PROGRAM" "LIBRARIES" ${ARGN})
  if(NOT arg_PROGRAM)
    set(arg_PROGRAM ${type}_tests)
  endif()
  tagwire_add_test(NAME ${name} PROGRAM ${arg_PROGRAM} ${arg_UNPARSED_ARGUMENTS}
                   LIBRARIES ${type}-objects tagwire-testing ${arg_LIBRARIES})
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
