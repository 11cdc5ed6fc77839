/* Modules: parts of the library that not every run needs and whose libraries would cost each start (TLS, HTTP/2, further
 * protocols). A module is one shared object with one entry: a constant table that begins with a pl_module_head. Loaded at first
 * use, never unloaded. */
#ifndef PL_IO_MODULE_H
#define PL_IO_MODULE_H

#include <stdint.h>

#include "perilune/error.h"

/* The first member of every module's table. */
typedef struct pl_module_head {
  const char *name; /* "tls": the file is NAME.so */
  uint32_t abi;     /* version of the table's type, which its header defines */
} pl_module_head;

/* The entry of a module: extern const of a type that begins with pl_module_head. */
#define PL_MODULE_ENTRY "pl_module_entry"

/* The table of a module. dir: folder of the modules; NULL: "perilune" beside the library. Modules that were linked in (the
 * build's PL_STATIC_MODULES) come first. Errors: PL_ENOENT (not installed: says where it was looked for), PL_EVERSION (made for
 * another version of the library). Any thread. */
int pl_module_find(const char *dir, const char *name, uint32_t abi, const pl_module_head **out, pl_error *err) PL_MUSTCHECK;

#endif
