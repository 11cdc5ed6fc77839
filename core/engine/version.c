/* Versions and the facts of this build. */
#include "perilune/version.h"

#include <lua.h>
#include <sqlite3.h>
#include <uv.h>

#include "store/store.h"

#define TEXT_OF(x) TEXT_OF_VALUE(x)
#define TEXT_OF_VALUE(x) #x

const char *pl_version(void)
{
  return PL_VERSION;
}

unsigned pl_version_number(void)
{
  return PL_VERSION_NUMBER;
}

const char *pl_build_info(void)
{
  return "{\"version\":\"" PL_VERSION "\",\"compiler\":\"" __VERSION__ "\",\"lua\":\"" LUA_VERSION_MAJOR
         "." LUA_VERSION_MINOR "." LUA_VERSION_RELEASE "\",\"libuv\":\"" TEXT_OF(UV_VERSION_MAJOR) "." TEXT_OF(
             UV_VERSION_MINOR) "." TEXT_OF(UV_VERSION_PATCH) "\",\"sqlite\":\"" SQLITE_VERSION "\",\"schema\":" TEXT_OF(PL_STORE_SCHEMA) "}";
}
