/* Versions of Perilune. */
#ifndef PERILUNE_VERSION_H
#define PERILUNE_VERSION_H

#include "perilune/error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_VERSION "0.1.0"
#define PL_VERSION_NUMBER 1000 /* major * 1,000,000 + minor * 1,000 + patch */

/* The version of the library that runs: text and number. Any thread. */
PL_API const char *pl_version(void);
PL_API unsigned pl_version_number(void);

/* JSON object: version, compiler, options of the build, versions of Lua, libuv and SQLite as linked,
 * schema and chunk format. Static string. Any thread. */
PL_API const char *pl_build_info(void);

#ifdef __cplusplus
}
#endif
#endif
