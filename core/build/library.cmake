# libperilune (shared and static) from the rooms, its headers, perilune.pc and the CMake package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(rooms engine bind script ingest load sample net query store io format analysis base)
set(system_libraries PkgConfig::LUA PkgConfig::UV PkgConfig::SQLITE PkgConfig::ZLIB PkgConfig::YAJL PkgConfig::YAML
  Threads::Threads m)
set(objects "")
foreach(room ${rooms})
  list(APPEND objects $<TARGET_OBJECTS:pl_${room}>)
endforeach()

add_library(perilune SHARED ${objects})
target_link_libraries(perilune PRIVATE ${system_libraries})
target_link_options(perilune PRIVATE $<TARGET_PROPERTY:pl_flags,INTERFACE_LINK_OPTIONS>)
set_target_properties(perilune PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0 LINKER_LANGUAGE C
  LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

add_library(perilune_static STATIC ${objects})
set_target_properties(perilune_static PROPERTIES OUTPUT_NAME perilune LINKER_LANGUAGE C
  ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
target_link_libraries(perilune_static PRIVATE ${system_libraries})

foreach(library perilune perilune_static)
  target_include_directories(${library} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()

pl_link_modules(perilune perilune_static)
add_library(perilune::perilune ALIAS perilune)

# perilune.pc finds its prefix from where it lies, so that an installed tree may be moved.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(PL_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH up "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(PL_PC_PREFIX "\${pcfiledir}/${up}")
endif()
# What a static link needs, by its flags: as packages in Requires.private they would put their include paths into --cflags.
set(PL_PC_LIBS_PRIVATE "")
foreach(package LUA UV SQLITE ZLIB YAJL YAML)
  list(APPEND PL_PC_LIBS_PRIVATE ${${package}_STATIC_LDFLAGS})
endforeach()
list(JOIN PL_PC_LIBS_PRIVATE " " PL_PC_LIBS_PRIVATE)
configure_file(${PROJECT_SOURCE_DIR}/core/build/perilune.pc.in ${PROJECT_BINARY_DIR}/perilune.pc @ONLY)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/perilune-config-version.cmake
  COMPATIBILITY SameMinorVersion)
configure_file(${PROJECT_SOURCE_DIR}/core/build/perilune-config.cmake.in
  ${PROJECT_BINARY_DIR}/perilune-config.cmake @ONLY)

install(TARGETS perilune EXPORT perilune-targets)
install(FILES ${PROJECT_BINARY_DIR}/lib/libperilune.a DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/perilune DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_BINARY_DIR}/perilune.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(EXPORT perilune-targets NAMESPACE perilune:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/perilune)
install(FILES ${PROJECT_BINARY_DIR}/perilune-config.cmake ${PROJECT_BINARY_DIR}/perilune-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/perilune)
