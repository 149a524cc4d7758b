# SPDX-License-Identifier: Apache-2.0
# What belongs to an installation beside the program, and the Debian packages: packaging/make-packages, or cpack in a
# release build. docs/decisions/0033-packaging.md says why.
set(packaging ${CMAKE_CURRENT_LIST_DIR})

# The commands in the page are those that the program names.
find_program(PACKAGING_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/tagwire.1
  COMMAND ${PACKAGING_PYTHON} ${packaging}/man/make-page $<TARGET_FILE:tagwire> ${PROJECT_BINARY_DIR}/tagwire.1
  DEPENDS tagwire ${packaging}/man/make-page ${packaging}/man/tagwire.1.in VERBATIM)
add_custom_target(tagwire-man ALL DEPENDS ${PROJECT_BINARY_DIR}/tagwire.1)
install(FILES ${PROJECT_BINARY_DIR}/tagwire.1 DESTINATION share/man/man1)
install(FILES ${packaging}/completion/tagwire DESTINATION share/bash-completion/completions)
install(FILES ${packaging}/nginx.conf.example DESTINATION share/doc/tagwire/examples)
install(FILES ${packaging}/copyright DESTINATION share/doc/tagwire)

# Only for packages, since they stand where they have to: `cmake --install --prefix` leaves them out.
install(FILES ${packaging}/etc/manifest.json ${packaging}/etc/environment
  DESTINATION /etc/tagwire EXCLUDE_FROM_ALL)
install(FILES ${packaging}/systemd/tagwire.service DESTINATION /lib/systemd/system EXCLUDE_FROM_ALL)
install(FILES ${packaging}/systemd/sysusers.conf DESTINATION /usr/lib/sysusers.d RENAME tagwire.conf EXCLUDE_FROM_ALL)
install(FILES ${packaging}/systemd/tmpfiles.conf DESTINATION /usr/lib/tmpfiles.d RENAME tagwire.conf EXCLUDE_FROM_ALL)
# Made by packaging/make-packages.
install(FILES ${PROJECT_BINARY_DIR}/tagwire.spdx.json ${PROJECT_BINARY_DIR}/third-party-notices
  DESTINATION share/doc/tagwire EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tagwire)
# Each package has a summary of its own: CPack puts any other than this one before it.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_NAME} built using CMake")
set(CPACK_PACKAGE_CONTACT "Tagwire contributors <contributors@tagwire.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# libtagwire-core is found here, and belongs to no package yet.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR})

set(CPACK_COMPONENTS_ALL runtime dev)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME tagwire)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "SCADA and RTLS runtime
Joins values of PLCs and indoor positions on one bus and carries them, live,
to WebSocket clients and web pages. Runs as a service from one JSON manifest.")
# The time zones of sites; kill, by which the unit reloads; the user and the folders of the service.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS
  "tzdata, procps, systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${packaging}/deb/postinst ${packaging}/deb/prerm ${packaging}/deb/postrm
  ${packaging}/deb/triggers ${packaging}/deb/conffiles)

set(CPACK_DEBIAN_DEV_PACKAGE_NAME tagwire-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEV_DESCRIPTION "headers of Tagwire, for authors of plugins
Headers, CMake's find_package(Tagwire), a host for tests and the conformance
kit. `tagwire new-plugin` writes a folder to begin with.")
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "tagwire (= ${PROJECT_VERSION}), qt6-base-dev (>= 6.4), libexpected-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_RECOMMENDS "cmake (>= 3.25), g++")

# tagwire_add_plugin(… OWN_PACKAGE)
set(summary_alarms "alarm engine of Tagwire
Limits, expressions, the states of ISA-18.2, notification by webhook, mail or
program.")
set(summary_mqtt "MQTT and Sparkplug B for Tagwire
Values out and in over a broker, commands, store and forward, Home Assistant
discovery.")
set(summary_rtls "indoor positions for Tagwire
Zones, triggers, proximity, muster lists, omlox; positions by WebSocket, UDP
and TCP.")
set(summary_sql "history of Tagwire
Keeps values, positions and events in SQLite or PostgreSQL.")
set(summary_cluster "many nodes of Tagwire
Joins nodes over NATS JetStream: edges, hubs with alarms and history, gateways.")
foreach(type alarms cluster mqtt rtls sql)
  if(TARGET ${type}-plugin)
    string(TOUPPER PLUGIN-${type} upper)
    list(APPEND CPACK_COMPONENTS_ALL plugin-${type})
    if(type MATCHES "^(cluster|mqtt)$")
      list(APPEND suggested_packages tagwire-plugin-${type})  # for those who have a broker or a server of that kind
    else()
      list(APPEND plugin_packages tagwire-plugin-${type})
    endif()
    set(CPACK_DEBIAN_${upper}_PACKAGE_NAME tagwire-plugin-${type})
    set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "tagwire (= ${PROJECT_VERSION})")
    set(CPACK_COMPONENT_${upper}_DESCRIPTION "${summary_${type}}")
  endif()
endforeach()
list(JOIN plugin_packages ", " CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS)
list(JOIN suggested_packages ", " CPACK_DEBIAN_RUNTIME_PACKAGE_SUGGESTS)
include(CPack)
