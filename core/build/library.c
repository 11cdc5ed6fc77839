/* The shared library is made of the rooms' archives; CMake wants one source of its own. */
typedef int pl_library_has_no_source_of_its_own;
