/* What OTLP's messages have in common, off the wire. */
#ifndef PL_FORMAT_OTLP_PARTS_H
#define PL_FORMAT_OTLP_PARTS_H

#include "base/buf.h"
#include "format/lines.h"
#include "format/otlp.h"
#include "format/protobuf_wire.h"

/* The attributes of a message. */
typedef struct pl_otlp_attributes {
  pl_tag list[PL_OTLP_TAGS];
  size_t at[PL_OTLP_TAGS]; /* 1 + where the value stands in `texts`; 0: in the message */
  size_t n;                /* also counts those beyond PL_OTLP_TAGS */
  pl_buf texts;
} pl_otlp_attributes;

/* None. */
void pl_otlp_attributes_init(pl_otlp_attributes *t, const pl_allocator *a);
/* Frees the texts. */
void pl_otlp_attributes_fini(pl_otlp_attributes *t);
/* All attributes of a message, which are its fields of this number; a value that is no text is written as JSON. Valid until the next
 * reading, as long as the message. false: malformed, or there is no room (t->texts.bad). */
bool pl_otlp_attributes_read(pl_str text, uint32_t number, pl_otlp_attributes *t);

/* The text of a value (AnyValue): itself, or what is written for it in texts, which is emptied before. Valid until the next reading, as long as
 * the message. false: malformed, or there is no room (texts->bad). */
bool pl_otlp_value_read(pl_str text, pl_buf *texts, pl_str *out);

/* The name of the service whose resource this is; empty: it says none. */
pl_str pl_otlp_service(const pl_otlp_attributes *resource);
/* An identifier of n <= PL_TRACE_ID bytes that are not all 0, as 2 n digits and a 0; empty: it is none. */
void pl_otlp_id(pl_str bytes, size_t n, char *out);

/* Whether a field is of this number and has bytes. */
bool pl_otlp_is_bytes(const pl_wire_field *f, uint32_t number);
/* Calls take for each part of this number, as long as it says true; false: it said otherwise, or the message is malformed. */
bool pl_otlp_each(pl_str text, uint32_t number, bool (*take)(void *user, pl_str text), void *user);
/* What messages of all kinds are: resources, in them scopes, in them records. */
typedef struct pl_otlp_walk {
  void (*begin)(void *user);               /* a resource, whose attributes are read; NULL: nobody wants that */
  bool (*take)(void *user, pl_str record); /* false ends it */
  void *user;
  bool tells;                  /* else it only checks: whatever is told is of a message that is whole */
  pl_otlp_attributes resource; /* of the present one; made and freed by the owner */
} pl_otlp_walk;

/* Walks twice over a message: to check, and to tell. false: a record ended it, or the message is malformed, or there is no room. */
bool pl_otlp_walk_message(pl_otlp_walk *w, pl_str message);

/* The double of these bits. */
double pl_otlp_double(uint64_t bits);

#endif
