/* How bytes travel over a connected socket: as they are, or through a transport (TLS) that a module brings. Non-blocking, without a
 * loop: whoever owns the socket waits for it. One worker's thread. */
#ifndef PL_LOAD_TRANSPORT_H
#define PL_LOAD_TRANSPORT_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "io/module.h"

#define PL_TRANSPORT_ABI 2

/* What TLS is asked to be; texts are borrowed for the call that takes them. Zeroed: the defaults. */
typedef struct pl_tls_settings {
  bool insecure;      /* certificates are not verified */
  bool resume;        /* sessions are resumed where the server allows it; else every handshake is a full one */
  pl_str ca;          /* PEM: certificates to trust instead of the system's */
  pl_str cert, key;   /* PEM: the client's own certificate with its chain, and its key */
  pl_str server_name; /* asked for and verified; default: the URL's host */
  pl_str alpn;        /* "h2,http/1.1"; default: what the owner of the connection speaks */
  pl_str min, max;    /* "1.0" to "1.3" */
  pl_str ciphers;     /* names as OpenSSL has them, with ':' between; those that begin with TLS_ are for TLS 1.3 */
  pl_str groups;      /* "X25519:P-256" */
} pl_tls_settings;

/* What a handshake agreed on. */
typedef struct pl_transport_facts {
  char version[16];   /* "TLSv1.3" */
  char cipher[48];
  char protocol[16];  /* by ALPN; empty: none */
  bool resumed;
  int64_t expires_s;  /* end of the server's certificate, seconds since 1970; 0: not known */
} pl_transport_facts;

/* What a handshake waits for. */
enum pl_transport_progress { PL_TRANSPORT_DONE, PL_TRANSPORT_READ, PL_TRANSPORT_WRITE };

typedef struct pl_transport {
  pl_module_head head;
  /* Settings made ready, for any number of connections of one thread. Errors: PL_EINVAL (says which setting),
   * PL_ECORRUPT (ca, cert or key is no PEM of its kind: "tls.ca: ..."), PL_ENOMEM. */
  int (*context_new)(const pl_tls_settings *s, const pl_allocator *a, void **out, pl_error *err);
  void (*context_free)(void *context); /* after its connections; NULL is fine */
  /* The client's side on a connected socket. alpn: offered where the settings name nothing; empty: nothing. session: where the
   * last session of this server is kept (NULL at first); freed with session_free. Errors: PL_ENOMEM. */
  int (*open)(void *context, int fd, pl_str host, pl_str alpn, void **session, void **out);
  void (*session_free)(void *session);
  /* Goes on until it must wait, is done or has failed: a pl_transport_progress, or PL_ETLS: see why. */
  int (*handshake)(void *connection);
  void (*facts)(const void *connection, pl_transport_facts *out); /* after it */
  /* As recv and send on a non-blocking socket, errno included; EPROTO: see why. */
  ssize_t (*recv)(void *connection, void *data, size_t n);
  ssize_t (*send)(void *connection, const struct iovec *parts, int n_parts);
  const char *(*why)(const void *connection); /* of the last failure, a text of the connection's */
  /* Whether bytes were read from the socket that recv has not given yet: the socket need not become readable for them. */
  bool (*pending)(const void *connection);
  void (*close)(void *connection); /* says good-bye as far as the socket takes it, and frees; the socket stays open */
} pl_transport;

/* A connected socket and what it is spoken through. */
typedef struct pl_socket {
  int fd;
  void *connection;              /* NULL: plain */
  const pl_transport *transport;
  uint64_t secure_from_ns;       /* the handshake began, on the monotonic clock */
} pl_socket;

/* As recv and send, without a signal. Those of the C library are cancellation points: two atomic operations more in a program with
 * threads, none of which is ever cancelled here. */
static inline ssize_t pl_fd_recv(int fd, void *data, size_t n)
{
  return syscall(SYS_recvfrom, fd, data, n, 0, NULL, NULL);
}

static inline ssize_t pl_fd_send(int fd, const void *data, size_t n)
{
  return syscall(SYS_sendto, fd, data, n, MSG_NOSIGNAL, NULL, 0);
}

static inline ssize_t pl_socket_recv(const pl_socket *s, void *data, size_t n)
{
  return s->connection ? s->transport->recv(s->connection, data, n) : pl_fd_recv(s->fd, data, n);
}

static inline ssize_t pl_socket_send(const pl_socket *s, struct iovec *parts, int n_parts)
{
  if (s->connection)
    return s->transport->send(s->connection, parts, n_parts);
  if (n_parts == 1)
    return pl_fd_send(s->fd, parts[0].iov_base, parts[0].iov_len);
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)n_parts};
  return sendmsg(s->fd, &message, MSG_NOSIGNAL);
}

static inline bool pl_socket_pending(const pl_socket *s)
{
  return s->connection && s->transport->pending(s->connection);
}

static inline void pl_socket_close(pl_socket *s)
{
  if (s->connection)
    s->transport->close(s->connection);
  s->connection = NULL;
  close(s->fd);
  s->fd = -1;
}

#endif
