# SPDX-License-Identifier: Apache-2.0
# What is installed for authors of plugins (package tagwire-dev); included by core's CMakeLists.txt. The headers of this
# list are the API that docs/decisions/0032-sdk.md makes promises about: the rest of core is the host's own.
set(public_headers
  backoff.h command.h config.h configlocation.h confignode.h configshape.h configtypes.h context.h event.h export.h foreigntext.h
  keptfile.h metrics.h
  plugin.h point.h pointtable.h pointtrace.h quality.h result.h sample.h scalartype.h status.h timestamp.h tool.h value.h
  access/pathpattern.h access/permissions.h access/privatefile.h
  audit/audittrail.h
  commands/commandcontrol.h commands/interlockstatus.h commands/scenestatus.h
  network/allowednetwork.h network/descriptor.h network/listenaddress.h
  services/alarmdesk.h services/deviceownership.h services/fixintake.h services/gisdata.h services/historycsv.h
  services/historyreader.h
  services/ingestdesk.h services/locationhub.h services/request.h services/resumepoints.h services/service.h
  services/sitemap.h
  services/zonecatalog.h
  testing/fakecommandcontrol.h testing/manualclock.h testing/memoryaudittrail.h testing/quietalarmdesk.h
  testing/patience.h testing/quiethistory.h testing/readconfig.h testing/testauthority.h testing/testcontext.h
  testing/testprogram.h)
foreach(header IN LISTS public_headers)
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${header} DESTINATION include/tagwire/${folder} COMPONENT dev)
endforeach()

# Who runs needs the library with its number; who builds, the name without it.
install(TARGETS tagwire-core EXPORT TagwireTargets
  LIBRARY DESTINATION ${TAGWIRE_INSTALL_DIR} COMPONENT runtime NAMELINK_COMPONENT dev)
install(TARGETS tagwire-network tagwire-testing tagwire-test-main tagwire-conformance EXPORT TagwireTargets
  ARCHIVE DESTINATION ${TAGWIRE_INSTALL_DIR} COMPONENT dev)

set(package_dir lib/cmake/Tagwire)
install(EXPORT TagwireTargets NAMESPACE Tagwire:: DESTINATION ${package_dir} COMPONENT dev)
include(CMakePackageConfigHelpers)
configure_package_config_file(cmake/TagwireConfig.cmake.in TagwireConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(TagwireConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/TagwireConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/TagwireConfigVersion.cmake
              cmake/TagwirePlugin.cmake cmake/TagwireTest.cmake cmake/ListTestFunctions.cmake
        DESTINATION ${package_dir} COMPONENT dev)

# A project of this tree that says find_package(Tagwire), as those outside do, has everything already.
file(WRITE ${PROJECT_BINARY_DIR}/cmake/TagwireConfig.cmake "set(Tagwire_API_VERSION ${TAGWIRE_API_VERSION})\n")
