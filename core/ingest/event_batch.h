/* The events of one message on their way to the timeline, whatever its protocol: those of a kind are one transaction. What SQL reads of them is
 * in core/store/README.md. */
#ifndef PL_INGEST_EVENT_BATCH_H
#define PL_INGEST_EVENT_BATCH_H

#include "base/json.h"
#include "format/lines.h"
#include "ingest/message.h"

typedef struct pl_event_batch {
  pl_intake *in;
  enum pl_event_kind kind;
  pl_buf text;
  pl_json_out json;
  size_t n;
  uint64_t refused;
  enum pl_reason why; /* of the first that was refused */
} pl_event_batch;

/* None yet. in is borrowed. */
void pl_event_batch_init(pl_event_batch *b, enum pl_event_kind kind, pl_intake *in, const pl_allocator *a);
/* Frees what it holds; what was not stored is gone. */
void pl_event_batch_fini(pl_event_batch *b);

/* Begins an event: its text, cut at text_max bytes, then its data, which the functions below write. false: there are too many, which is
 * counted, and nothing is begun. */
bool pl_event_begin(pl_event_batch *b, int64_t ts_ns, int64_t duration_ns, pl_str text, size_t text_max) PL_MUSTCHECK;
/* A text of its data, cut at the limit of labels. */
void pl_event_text(pl_event_batch *b, const char *key, pl_str text);
/* An identifier, whole; where it is empty, nothing. */
void pl_event_id(pl_event_batch *b, const char *key, const char *id);
/* A number of its data. */
void pl_event_number(pl_event_batch *b, const char *key, int64_t value);
/* "attributes", cut likewise; names that are longer are left out, and counted with n_dropped in "dropped_attributes". */
void pl_event_attributes(pl_event_batch *b, const pl_tag *tags, size_t n, size_t n_dropped);
/* Ends it. */
void pl_event_end(pl_event_batch *b);
/* Counts one that is not taken. */
void pl_event_refuse(pl_event_batch *b, enum pl_reason why);

/* What was taken, as the records of the store take it, valid as long as the batch; nothing can be added after that. PL_ENOMEM, PL_ELIMIT. */
int pl_event_batch_seal(pl_event_batch *b, pl_str *out) PL_MUSTCHECK;
/* Stores what was taken, all or nothing. false: it could not be written, which is counted and is the reply: the sender is to try again. */
bool pl_event_batch_reply(pl_event_batch *b, pl_reply *reply) PL_MUSTCHECK;

#endif
