/* Options of a request. Private to the bridge of users. */
#ifndef PL_BIND_OPTION_H
#define PL_BIND_OPTION_H

#include "bind/cell.h"

/* The scenario's headers become the request's. */
void pl_default_headers(lua_State *L, pl_script_user *su);

/* What options say beside the bytes that are sent. */
typedef struct pl_plain_options {
  pl_str name; /* data NULL: none; lives as long as the table */
  bool tags;   /* there are some */
} pl_plain_options;

/* Reads the options of the table at index 3 as long as they change nothing of what is sent; false: some do. Raises for what is
 * wrong. */
bool pl_read_plain_options(lua_State *L, pl_script_user *su, pl_plain_options *out);

/* Reads every option into the user's draft and exchange. Raises for what is wrong. */
void pl_read_options(lua_State *L, pl_script_user *su, pl_plain_options *out);

/* Keeps the names of the options in a cell's state. */
void pl_open_options(lua_State *L, pl_cell *cell);

/* Authorizes the request, whose parts are complete but for that. */
void pl_authorize(lua_State *L, pl_script_user *su);

/* The Content-Type, unless `headers` says another one. */
void pl_set_type(lua_State *L, pl_script_user *su, pl_str type);

/* multipart.c: the option's value is on top. */
void pl_option_multipart(lua_State *L, pl_script_user *su);

/* One more header; the texts must live as long as the request. */
void pl_add_header(lua_State *L, pl_script_user *su, pl_str name, pl_str value);

/* Raises "what: message". */
int pl_raise(lua_State *L, const char *what, const pl_error *err);

#endif
