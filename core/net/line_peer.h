/* Who is sent lines, over TCP or UDP, and answers none. Nothing waits here: whoever sends comes again where it could not go on. One thread at a time. */
#ifndef PL_NET_LINE_PEER_H
#define PL_NET_LINE_PEER_H

#include "base/str.h"
#include "net/address.h"

#include "perilune/error.h"

enum { PL_LINE_DATAGRAM = 1400 }; /* most bytes of a datagram: what fits into a packet everywhere */

typedef struct pl_line_peer {
  pl_addresses addresses;
  unsigned at;    /* which of them */
  bool datagrams; /* UDP */
  bool made;      /* the connection is: what fails now is no connect */
  int fd;         /* -1: none */
} pl_line_peer;

/* Looks the host up, which waits. Nothing is open yet. Errors: PL_ERESOLVE. */
int pl_line_peer_init(pl_line_peer *p, const char *host, const char *port, bool datagrams, pl_error *err) PL_MUSTCHECK;
/* Closes what is open; the next send opens anew. */
void pl_line_peer_close(pl_line_peer *p);

/* Sends as much of the text as there is room for; over UDP whole lines, as many as fit into each datagram. *sent gets how many bytes went: 0 where
 * a connection is not made yet or its buffer is full. Errors, after which it is closed: PL_ECONNECT (the next attempt takes the host's next
 * address), PL_ERESET (also where the peer has closed), PL_ELIMIT (a line longer than a datagram). */
int pl_line_peer_send(pl_line_peer *p, pl_str text, size_t *sent, pl_error *err) PL_MUSTCHECK;

#endif
