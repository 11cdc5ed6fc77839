/* A cell: one Lua state of a worker with at most 320 users, fewer when they hold much, and what its bindings cache. Private to the bridge of the
 * virtual user: cell.c, user.c and the files of its words. */
#ifndef PL_BIND_CELL_H
#define PL_BIND_CELL_H

#include <lua.h>

#include "base/map.h"
#include "bind/auth.h"
#include "bind/cache.h"
#include "bind/tag.h"
#include "bind/user.h"
#include "script/fiber.h"

enum {
  PL_CELL_USERS = 320,       /* of a cell: one step of the collector looks again at all their stacks, which takes up to 0.2 us each; */
  PL_CELL_NEW_USERS = 125,   /* before it is known what a user holds, */
  PL_CELL_CROWD = 32,        /* of so many at least it is learnt, */
  PL_CELL_LIVE_MAX = 1 << 20 /* and bytes that they may hold together when another one comes: one step of the collector looks again at
                                all tables that changed while it marked, which takes up to 150 us a megabyte */
};
enum { PL_USER_HEADERS = 64, PL_USER_METHOD = 32, PL_OPTIONS = 24 };

extern const char pl_user_kind[];

/* An iteration with `start`; `stop`; an iteration after `start`. */
enum { PL_CELL_FIRST, PL_CELL_STOP, PL_CELL_STEADY, PL_CELL_FUNCTIONS };

typedef struct pl_cell {
  struct pl_cell *next;
  struct pl_world *world;
  pl_state *state;
  unsigned users;
  unsigned crowd; /* most users at a time since the last complete collection */
  size_t base;    /* bytes that it held before the first user, */
  size_t live;    /* and those that the last complete collection left */
  int *functions; /* registry references by scenario, PL_CELL_FUNCTIONS each; LUA_NOREF where there is none */
  size_t n_functions;
  pl_cache cache;        /* by the texts of scripts: slots, checks, durations, prepared requests, sets of tags */
  pl_intern *tag_texts;  /* sets of tags by their text */
  pl_intern *urls;       /* scenario, method and URL of prepared requests */
  struct pl_prepared **prepared; /* by their number in urls */
  size_t cap_prepared;
  const char *options[PL_OPTIONS]; /* addresses of the names of request options, in their order */
  const char *check_status;        /* and of the key "status" of checks */
  int answer_meta;             /* registry reference of the metatable of answers */
  const void *answer_meta_at;  /* and its address */
} pl_cell;

/* The script's world of one worker. */
typedef struct pl_world {
  const pl_user_source *source;
  pl_worker *worker;
  pl_cell *cells; /* the newest first */
  struct pl_upload *uploads; /* files that requests send */
  unsigned n_uploads;
  pl_feeder_reader *readers; /* of the source's feeders, */
  pl_buf scratch;            /* and what a field of theirs is put together in */
  pl_cell *garbage; /* the cell whose turn it is to be collected; NULL: the first */
  size_t user_bytes; /* what a user holds, by the last collection of a crowd; 0: not known yet */
} pl_world;

/* A request: everything that its exchange borrows. Nothing of it lies in a script's tables, which may change meanwhile. */
typedef struct pl_draft {
  pl_buf url, head, body;
  pl_buf texts;            /* names and values of its headers */
  char method[PL_USER_METHOD];
  char type[80];           /* of a body of several parts */
  pl_url parsed;
  pl_request_parts parts;
  pl_header *headers;      /* room for headers_cap, at most PL_USER_HEADERS */
  uint32_t n_headers, headers_cap;
  uint16_t expected[32];
  pl_credentials *credentials; /* of requests with an auth of their own; NULL until the first */
  const pl_auth *auth;     /* the scenario's, its own, or NULL */
} pl_draft;

/* An empty draft; memory comes from a, which must outlive it. */
void pl_draft_init(pl_draft *d, const pl_allocator *a);
/* Frees what the draft holds. */
void pl_draft_fini(pl_draft *d, const pl_allocator *a);

/* The script's side of a user; pl_user.script points here. */
typedef struct pl_script_user {
  pl_fiber fiber;
  pl_user *user;
  pl_cell *cell;
  size_t scenario;        /* place of its scenario in the plan: for keys of the cell's cache */
  int self;               /* registry reference of the Lua object */
  bool started;           /* `start` is over */
  enum pl_iteration_end end; /* what the running iteration was told (stop, fail) */
  char *why;               /* of the last failure, owned; NULL: none yet, or no memory */
  pl_tagset tags;          /* of this iteration */
  pl_rng feed_rng;         /* of the row that a feeder's function makes */
  uint64_t begun_ns;       /* the iteration, monotonic */
  uint64_t paced_ns;       /* end of its last user:pace; 0: none yet */
  pl_draft own;            /* the request in flight, if it is one alone */
  pl_draft *draft;         /* the one that is being made: own, or one of a batch */
  pl_cookie_jar *start_jar; /* what `start` left, for state = "iteration" */
} pl_script_user;

/* pl_script_table.open: context is the pl_user_source, *out the world of worker w, with its first cell. Errors: those of the playbook,
 * PL_ENOMEM. */
int pl_world_open(void *context, pl_worker *w, void **out, pl_error *err) PL_MUSTCHECK;
/* pl_script_table.close: with every cell. */
void pl_world_close(void *world);
/* pl_script_table.idle: collects cells in turn; one that is not done when the time is over goes on the next time. True: all are done. */
bool pl_world_idle(void *world, uint64_t budget_ns);
/* The first cell with room for a user, made when all are full; NULL without memory. */
pl_cell *pl_cell_with_room(pl_world *world);

/* The metatable of users with their words, made once a state. The function behind user:feed is on top, and is popped. */
void pl_open_user(lua_State *L);
/* perilune.worker calls it between `start` and the first iteration's body: what `start` left is what iterations begin with. */
int pl_user_word_started(lua_State *L);
/* The user that runs L; raises when L is no user's. what: the word, for the message. */
pl_script_user *pl_script_user_check(lua_State *L, const char *what);

/* user:get(url, options) and its kin; pushed as closures over the method by pl_push_requests (into the table on top). */
void pl_push_requests(lua_State *L);
/* Frees the requests that a cell has prepared. */
void pl_free_prepared(pl_cell *cell);

/* user:check (check.c) */
int pl_user_word_check(lua_State *L);
/* Notes the address of the key "status", once a state. */
void pl_open_check(lua_State *L);

/* Seconds of a number or of a text such as "200ms" at index, whose reading is remembered. Raises for anything else. */
double pl_script_duration(lua_State *L, int index, const char *what);

/* user:think and user:pace (think.c). */
int pl_user_word_think(lua_State *L);
/* user:pace(duration): waits until that long after the iteration began, or after the last pace of it. */
int pl_user_word_pace(lua_State *L);

/* user:random (draw.c). */
int pl_user_word_random(lua_State *L);
/* math.random of a cell: in a user's functions from the iteration's stream, else Lua's own, which is upvalue 1. */
int pl_math_random(lua_State *L);

/* user.cookies, into the table on top (cookies.c). */
void pl_push_cookies(lua_State *L);
/* The user's jar, made when there is none yet; NULL without memory. */
pl_cookie_jar *pl_script_jar(const pl_script_user *su);

/* The URL of a text that a word was given: itself, or below the scenario's base; whether it is below. It points into su->draft->url.
 * Raises for one that is wrong. */
bool pl_script_url(lua_State *L, pl_script_user *su, pl_str text, pl_url *out);

/* user:redis(url, options) and the other protocols' words, into the table on top. */
void pl_push_channels(lua_State *L);
/* What scripts may write of a protocol: { operations, options (of a channel), named (of an operation) }, sets of names, and
 * table_operation; or nil, err: its module is not there. */
int pl_push_protocol(lua_State *L, const char *module_dir, const char *word);

/* Makes the request of the URL at index 2 with the options at 3, a table or nil and the last on the stack, in the user's draft and
 * exchange, which is not sent. Their method is any; GET where none is said. Its slot. Raises for what is wrong. */
uint32_t pl_compose_request(lua_State *L, pl_script_user *su);

/* user:batch (batch.c) */
int pl_user_word_batch(lua_State *L);
/* The metatable of what a batch keeps, made once a state. */
void pl_open_batch(lua_State *L);

/* Pushes an answer, copied, and which request of the user's it belongs to. While the exchange's bytes are there. */
void pl_push_answer(lua_State *L, const pl_cell *cell, const pl_exchange *x, pl_answered request);
/* The metatable of answers, made once a state. */
void pl_open_answer(lua_State *L);
/* The request of the answer at index; NULL when it is none. */
pl_answered *pl_find_answered(lua_State *L, const pl_cell *cell, int index);

#endif
