/* A Lua state: its memory, its sandbox profile, its modules. One thread at a time. */
#ifndef PL_SCRIPT_STATE_H
#define PL_SCRIPT_STATE_H

#include <lua.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

/* What code a state may run.
 * PLAYBOOK: the user's chunk runs in a sandbox environment; our own modules, trusted, beside it.
 * COMMAND:  only our own modules (lua/perilune/cmd), trusted.
 * TEST:     everything, with the standard io, os and debug (busted needs them). */
enum pl_profile { PL_PROFILE_PLAYBOOK, PL_PROFILE_COMMAND, PL_PROFILE_TEST };

/* What a module's chunk is called, for printf. */
#define PL_MODULE_CHUNK "=perilune/%s"

/* Finds the chunk of one of our modules ("perilune.units"), its text or its code; false: no such module. */
typedef bool (*pl_module_fn)(void *user, const char *name, pl_str *chunk);

typedef struct pl_state_options {
  const pl_allocator *alloc;
  const pl_clock *clock;
  const pl_log *log;
  enum pl_profile profile;
  size_t memory_max;       /* bytes the state may hold */
  uint64_t slice_ns;       /* CPU time that a fiber may use without waiting, within three times as much by the clock; 0: no limit */
  pl_module_fn module;     /* our modules' chunks, text or code */
  void *module_user;
  const char *folder;      /* the playbook's folder, for its own require; NULL: none */
  const char *lua_dir;     /* our modules from here instead; NULL: from `module` */
  lua_CFunction random;    /* math.random instead of Lua's own, which is its upvalue 1; NULL: Lua's own */
  void *host;              /* what the bindings of this state work with (pl_state_host) */
} pl_state_options;

typedef struct pl_state pl_state;

/* Opens a state; what the options point to must outlive it. PL_ENOMEM. */
int pl_state_open(const pl_state_options *o, pl_state **out, pl_error *err) PL_MUSTCHECK;

/* Closes the Lua state; limits stay in force while finalizers and to-be-closed variables run. */
void pl_state_close(pl_state *s);

/* Its main thread, on which nothing may be left that a fiber needs. */
lua_State *pl_state_lua(pl_state *s);
/* The state of any of its threads; two loads. */
pl_state *pl_state_of(lua_State *L);
/* options.host */
void *pl_state_host(lua_State *L);
/* options.alloc: for what bindings hold beside the Lua state. */
const pl_allocator *pl_state_alloc(lua_State *L);
/* Bytes that the Lua state holds. */
size_t pl_state_memory(const pl_state *s);
/* options.clock */
const pl_clock *pl_state_clock(const pl_state *s);
/* options.slice_ns */
uint64_t pl_state_slice(const pl_state *s);

enum { PL_STATE_NOTE = 400 };
/* A buffer of PL_STATE_NOTE bytes for why the last fiber of this state was stopped. */
char *pl_state_note(pl_state *s);

/* Where a script stood when memory was refused last; an empty chunk: no script ran, or it never was. */
typedef struct pl_state_place {
  char chunk[128]; /* its name, as in messages */
  int line;
} pl_state_place;
/* The state's, for as long as that lives; never NULL. */
const pl_state_place *pl_state_refused(const pl_state *s);
/* Whose thread runs from now on, NULL: none. Returns whose did, to be set again afterwards. */
lua_State *pl_state_runs(pl_state *s, lua_State *L);
/* What it was opened with. */
const pl_state_options *pl_state_settings(const pl_state *s);
/* options.memory_max */
size_t pl_state_memory_max(const pl_state *s);

/* Makes `require(name)` in our own modules (never in a playbook) give what open pushes. */
int pl_state_preload(pl_state *s, const char *name, lua_CFunction open) PL_MUSTCHECK;

/* Compiles a user's chunk (text only) with a fresh sandbox environment as its _ENV (profile PLAYBOOK;
 * else the globals) and pushes the function on the main thread's stack. name is shown in messages ("review.lua"). Errors: PL_EPARSE
 * (message with file:line, the line's text), PL_ENOMEM; nothing is pushed then. */
int pl_state_load(pl_state *s, pl_str text, const char *name, pl_error *err) PL_MUSTCHECK;

/* Requires one of our modules and pushes its value, or (member not NULL) that field of it, on the main thread's stack. Runs outside
 * a fiber: the module's top level cannot wait. Nothing is collected meanwhile. */
int pl_state_require(pl_state *s, const char *name, const char *member, pl_error *err) PL_MUSTCHECK;

/* The print of scripts: a line to the log (component "script"). */
void pl_state_print(lua_State *L, const char *line);

/* The source line `line` of a user's chunk, for messages: without blanks around, at most 120 bytes of it, in whole characters; empty when it
 * is not known. */
pl_str pl_state_source_line(lua_State *L, const char *chunk, int line);

/* With manual collection nothing is collected but here: for about budget_ns, once enough has grown since the last cycle. True
 * when nothing is left to do for now. */
bool pl_state_collect(pl_state *s, uint64_t budget_ns);
/* Bytes that the last complete cycle of pl_state_collect left; 0 before the first. */
size_t pl_state_live(const pl_state *s);
/* Something was made that holds `bytes` beside the state's memory until it is collected (a socket and its buffers): the next cycle of
 * manual collection begins so much sooner. */
void pl_state_burden(pl_state *s, size_t bytes);
/* From now on collection is manual. */
void pl_state_manual_gc(pl_state *s);

/* Fills err from the Lua error value on top of L (popped): a string, or an error table (code, message,
 * trace); in pl_error the code is PL_ESCRIPT unless the table says another. */
int pl_state_error(lua_State *L, pl_error *err);

#endif
