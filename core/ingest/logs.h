/* Records of logs as events of the kind `log`, whatever protocol they came by. */
#ifndef PL_INGEST_LOGS_H
#define PL_INGEST_LOGS_H

#include "format/log_record.h"
#include "ingest/event_batch.h"

enum { PL_LOG_BODY = 16 << 10 }; /* bytes of a body that are kept */

typedef struct pl_logs {
  pl_event_batch batch; /* of PL_EVENT_LOG */
  int64_t now_ns;       /* of records that say no time */
} pl_logs;

/* Takes a record, or refuses it, which is counted. Its body is cut at PL_LOG_BODY bytes, other texts at the limit of labels. A pl_log_record_fn
 * whose user is a pl_logs; 0. */
int pl_logs_add(void *logs, const pl_log_record *record);

#endif
