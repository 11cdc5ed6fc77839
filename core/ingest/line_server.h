/* Takes lines of text over TCP and, where it is wanted, datagrams at the same port; or datagrams at a Unix socket. It answers nothing. The
 * loop's thread. */
#ifndef PL_INGEST_LINE_SERVER_H
#define PL_INGEST_LINE_SERVER_H

#include <uv.h>

#include "format/lines.h"
#include "ingest/intake.h"
#include "net/address.h"

typedef struct pl_line_server pl_line_server;

/* user: of the options. Takes whole lines off *text, as pl_lines_next does; what it leaves comes again, in front of more. */
typedef void (*pl_line_fn)(void *user, pl_lines *lines, pl_str *text, bool last);

typedef struct pl_line_server_options {
  const pl_allocator *alloc;
  const char *name;   /* in messages; a literal */
  pl_address address; /* port 0: any that is free; of a Unix socket its path, where a socket that nobody reads any more makes way */
  bool datagrams;
  unsigned connections; /* most at a time */
  pl_intake *intake;  /* borrowed: its rate is kept, what is refused is counted there. Too fast streams wait, datagrams fall. */
  pl_line_fn take;
  void *user;
} pl_line_server_options;

/* o is copied. The handles do not keep the loop alive. Errors: PL_EBUSY (the address is taken; at the path is another file), PL_EIO, PL_ENOMEM. */
int pl_line_server_open(const pl_line_server_options *o, uv_loop_t *loop, pl_line_server **out, pl_error *err) PL_MUSTCHECK;
/* What a stream holds of a line without its end, and what waits at the sockets, is dropped; the loop must be run afterwards, then its memory is
 * freed. NULL is fine. */
void pl_line_server_close(pl_line_server *s);

/* Where it listens; 0 of a Unix socket. */
uint16_t pl_line_server_port(const pl_line_server *s);

#endif
