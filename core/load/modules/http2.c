/* The module http2: sessions for the HTTP client. */
#include "load/modules/http2_session.h"

extern const pl_http2 pl_module_entry;
PL_API const pl_http2 pl_module_entry = {
    .head = {"http2", PL_HTTP2_ABI}, .context_new = pl_http2_context_new, .context_free = pl_http2_context_free,
    .open = pl_http2_open, .close = pl_http2_close, .request = pl_http2_request, .send = pl_http2_send,
    .receive = pl_http2_receive, .over = pl_http2_over, .drop = pl_http2_drop, .resume = pl_http2_resume, .limit = pl_http2_limit,
    .going = pl_http2_going, .ended = pl_http2_ended, .why = pl_http2_why, .code_name = pl_http2_code_name,
};
