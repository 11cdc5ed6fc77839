# How a room is built: pl_room(NAME [FOLDERS of it...] [ROOMS lower...] [LIBRARIES imported targets...]).
# Every *.c of the folder, and of those FOLDERS below it, belongs to it. The object library carries include paths and libraries, so
# that a header which a room may not see is not found when it is included.

add_library(pl_flags INTERFACE)
target_compile_features(pl_flags INTERFACE c_std_11)
target_compile_definitions(pl_flags INTERFACE _GNU_SOURCE)
target_compile_options(pl_flags INTERFACE
  -std=c11 -fvisibility=hidden -fno-semantic-interposition
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
  -Wcast-qual -Wimplicit-fallthrough -Wundef -Wwrite-strings
  $<$<BOOL:${PL_WERROR}>:-Werror>
  $<$<BOOL:${PL_ASAN}>:-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer>
  $<$<BOOL:${PL_TSAN}>:-fsanitize=thread -fno-omit-frame-pointer>
  # NULL + 0, the end of an empty buffer, is what every compiler takes it for, and allowed since C2y (N3322).
  $<$<BOOL:${PL_FUZZ}>:-fsanitize=fuzzer-no-link -fno-sanitize=pointer-overflow>)
target_link_options(pl_flags INTERFACE
  $<$<BOOL:${PL_ASAN}>:-fsanitize=address,undefined>
  $<$<BOOL:${PL_TSAN}>:-fsanitize=thread>)
target_include_directories(pl_flags INTERFACE
  ${PROJECT_SOURCE_DIR}/core ${PROJECT_SOURCE_DIR}/include)

function(pl_room name)
  cmake_parse_arguments(ARG "" "" "FOLDERS;ROOMS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  foreach(folder ${ARG_FOLDERS})
    file(GLOB below CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.c)
    list(APPEND sources ${below})
  endforeach()
  if(NOT sources)
    message(FATAL_ERROR "room ${name} has no source")
  endif()
  add_library(pl_${name} STATIC ${sources})
  set_target_properties(pl_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  list(TRANSFORM ARG_ROOMS PREPEND pl_)
  target_link_libraries(pl_${name} PUBLIC pl_flags ${ARG_ROOMS} PRIVATE ${ARG_LIBRARIES})
endfunction()
