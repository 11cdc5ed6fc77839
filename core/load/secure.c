/* TLS of a client: the module is loaded with its first context, and each settings get one context. */
#include "base/error.h"
#include "load/conn.h"

uint32_t pl_secure_id(pl_client *c, const pl_tls_settings *settings)
{
  if (!settings)
    return 0;
  uint32_t id = 1;
  while (id <= c->n_settings && c->secure[id].settings != settings)
    id++;
  if (id > PL_SETTINGS_MAX)
    return PL_NO_SETTINGS;
  if (id > c->n_settings) {
    c->n_settings = id;
    c->secure[id].settings = settings;
  }
  return id;
}

int pl_secure_context(pl_client *c, uint32_t id, void **out, pl_error *err)
{
  static const pl_tls_settings defaults = {0};
  pl_secure *s = &c->secure[id];
  if (!c->transport) {
    const pl_module_head *head;
    int code = pl_module_find(c->o.module_dir, "tls", PL_TRANSPORT_ABI, &head, err);
    if (code)
      return code;
    c->transport = (const pl_transport *)head;
  }
  if (!s->context) {
    const pl_tls_settings *settings = s->settings ? s->settings : &defaults;
    int code = c->transport->context_new(settings, c->o.alloc, &s->context, err);
    if (code)
      return code;
  }
  *out = s->context;
  return PL_OK;
}

int pl_client_secure(pl_client *c, const pl_tls_settings *settings, pl_error *err)
{
  void *context;
  uint32_t id = pl_secure_id(c, settings);
  if (id == PL_NO_SETTINGS)
    return pl_fail(err, PL_ELIMIT, "more than %d scenarios have TLS settings of their own", PL_SETTINGS_MAX);
  return pl_secure_context(c, id, &context, err);
}

int pl_secure_open(pl_client *c, uint32_t id, pl_socket *socket, const pl_secure_peer *peer, pl_error *err)
{
  void *context;
  int code = pl_secure_context(c, id, &context, err);
  if (code)
    return code;
  if (c->transport->open(context, socket->fd, peer->host, peer->alpn, peer->session, &socket->connection))
    return pl_fail(err, PL_ENOMEM, "out of memory for TLS");
  socket->transport = c->transport;
  socket->secure_from_ns = pl_now(c->o.clock);
  return PL_OK;
}

void pl_secure_note(pl_client *c, const pl_socket *socket, pl_transport_facts *out)
{
  pl_tls_counts counts = {0};
  socket->transport->facts(socket->connection, out);
  *(out->resumed ? &counts.resumed : &counts.full) = (pl_handshakes){1, pl_now(c->o.clock) - socket->secure_from_ns};
  counts.last = *out;
  pl_tls_counts_add(&c->stats.tls, &counts);
}

void pl_tls_counts_add(pl_tls_counts *sum, const pl_tls_counts *more)
{
  int64_t before = sum->last.expires_s;
  if (!more->full.n && !more->resumed.n)
    return;
  sum->full = (pl_handshakes){sum->full.n + more->full.n, sum->full.total_ns + more->full.total_ns};
  sum->resumed = (pl_handshakes){sum->resumed.n + more->resumed.n, sum->resumed.total_ns + more->resumed.total_ns};
  sum->last = more->last;
  if (before && (!sum->last.expires_s || before < sum->last.expires_s))
    sum->last.expires_s = before;
}

void pl_secure_free(pl_client *c)
{
  for (uint32_t id = 0; id <= c->n_settings && c->transport; id++)
    c->transport->context_free(c->secure[id].context);
}
