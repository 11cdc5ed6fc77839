/* SQLite, as a library that is linked; in the loadable extension, as the table of functions that its host hands over. */
#ifndef PL_STORE_SQLITE_API_H
#define PL_STORE_SQLITE_API_H

#ifdef PL_SQLITE_EXTENSION
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT3
#else
#include <sqlite3.h>
#endif

#endif
