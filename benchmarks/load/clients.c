/*
 * Many clients in one process and one thread, so that what is measured is the server: thousands of connections
 * on epoll, each doing the least that a real client does. Time of receipt is taken right after read().
 *
 * kind=hub    Engine.IO and Socket.IO over WebSocket, subscribes to a topic; binary messages are frames of
 *             the protocol, whose parts have the hub's time. Acknowledges by `progress` with the number of binary
 *             messages received, 5 s after the first unacknowledged one or at 64 KiB.
 * kind=sio    the same without a subscription: each event is a frame, its time is the first "timeMs" in it.
 * kind=ws     WebSocket only; each binary message starts with its time (double, epoch ms).
 * kind=tcp    the same without any handshake.
 * kind=http   asks for a path every `interval` ms on a kept-alive connection, with If-None-Match and with the
 *             headers of a browser.
 *
 * mode=read   as a client should be.
 * mode=stall  once live, reads nothing and writes nothing.
 * mode=ping   once live, reads nothing, but answers pings that it does not see, every 5 s.
 *
 * Commands on standard input, answers as JSON lines on standard output:
 *   open group= n= kind= port= [version= token= topic= path= rate= mode= reconnect= sources= rcvbuf= record= limit=]
 *       rate=0: all at the same instant. reconnect=none|full (0–250, 500, 1000, 1000, 1000 ms, then up to 1, 1,
 *       1, 2, 4, 8, 10 s: the product's client)|sio (1 s doubling to 5 s, ±50 %: Socket.IO's defaults). Answers when all are live or not.
 *   behave group= mode= [reconnect=]    resumed group=    times group=    count    close group=
 */
#include "wire.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define CONNECTIONS 40000
#define GROUPS 32
#define SCRATCH (8 << 20)
#define ACK_MS 5000
#define ACK_BYTES 65536
#define PONG_MS 5000
/* What Linux adds to each segment: IP 20, TCP 20, its timestamp option 12. */
#define SEGMENT_BYTES 52
/* Data this recent, when a stalled client reads again, is the newest: one tick and its delivery. */
#define FRESH_MS 1500

enum kind { HUB, SIO, WS, TCP, HTTP };
enum mode { READ, STALL, PING };
enum policy { NONE, FULL, DEFAULTS };
enum state { DOWN, CONNECTING, UPGRADING, OPENING, JOINING, SUBSCRIBING, WAITING, LIVE };

struct group {
  char name[32], token[256], topic[512], path[256];
  enum kind kind;
  enum mode mode;
  enum policy policy;
  int version, port, sources, rcvbuf, used;
  double interval;
  /* Clients: asked for, dialled, and what became of them the first time. */
  int first, n, dialled, settled, failed, answered;
  double rate, began, limit;
  struct samples accepted, subscribed, firstframe, latency, response;
  double frames, bytes, gaps, lost, refused, ok, unchanged, segments_in, segments_out, bytes_in,
      bytes_out, shortwrites;
  double resumed_wall;
  FILE *record;
};

struct conn {
  int fd, group, heap;
  uint8_t state, everlive, fresh, resumed, alive, unchanged_asked;
  int attempts;
  double due, began, lost_wall, back_wall, asked;
  uint8_t *rest;
  size_t rest_length;
  uint64_t received, cursor;
  size_t unacked;
  double stale_frames, stale_bytes, fresh_ms;
  /* Why it is not live now, and why it last ceased to be. */
  char etag[80], reason[48], ended[48];
};

static struct group groups[GROUPS];
static struct conn *conns;
static int conn_count, epoll;
static uint8_t *scratch;
static double started_us, started_ms;

/* --- Timers: one per connection, in a binary heap --------------------------------------------------------- */

static struct conn *heap[CONNECTIONS + 1];
static int heap_size;

static void place(struct conn *conn, int at) {
  heap[at] = conn;
  conn->heap = at;
}

static void sift(int at) {
  struct conn *conn = heap[at];
  for (; at > 1 && heap[at / 2]->due > conn->due; at /= 2) place(heap[at / 2], at);
  for (int child; (child = at * 2) <= heap_size; at = child) {
    if (child < heap_size && heap[child + 1]->due < heap[child]->due) child++;
    if (heap[child]->due >= conn->due) break;
    place(heap[child], at);
  }
  place(conn, at);
}

static void no_timer(struct conn *conn) {
  int at = conn->heap;
  if (at == 0) return;
  conn->heap = 0;
  struct conn *last = heap[heap_size--];
  if (last == conn) return;
  place(last, at);
  sift(at);
}

static void timer_in(struct conn *conn, double ms) {
  no_timer(conn);
  conn->due = mono_ms() + ms;
  place(conn, ++heap_size);
  sift(heap_size);
}

/* --- Connections ------------------------------------------------------------------------------------------- */

static double chance(void) { return random() / 2147483648.0; }

static void watch(struct conn *conn, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.u32 = conn - conns + 1};
  epoll_ctl(epoll, operation, conn->fd, &event);
}

static void push(struct conn *conn, const void *bytes, size_t length) {
  struct group *group = &groups[conn->group];
  ssize_t sent = write(conn->fd, bytes, length);
  if (sent != (ssize_t)length) group->shortwrites++;
  if (sent > 0) group->bytes_out += sent;
}

static void say(struct conn *conn, int opcode, const void *text, size_t length) {
  uint8_t framed[4096];
  if (length > sizeof framed - 16) abort();
  push(conn, framed, ws_masked(framed, opcode, text, length));
}

static void settle(struct conn *conn, int failed) {
  struct group *group = &groups[conn->group];
  if (conn->everlive) return;
  conn->everlive = 1;
  group->settled++;
  group->failed += failed;
}

static double backoff_ms(enum policy policy, int attempt) {
  static const double windows[] = {250, 500, 1000, 1000, 1000};
  if (policy == FULL) {
    if (attempt < 5) return chance() * windows[attempt];
    return chance() * (attempt < 8 ? 1000 : attempt < 11 ? 1000 << (attempt - 7) : 10000);
  }
  double ms = attempt < 3 ? 1000 << attempt : 5000;
  ms = ms * (0.5 + chance());
  return ms > 5000 ? 5000 : ms;
}

static void segments(struct conn *conn) {
  struct tcp_info info;
  socklen_t length = sizeof info;
  if (getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, &info, &length)) return;
  groups[conn->group].segments_in += info.tcpi_segs_in;
  groups[conn->group].segments_out += info.tcpi_segs_out;
}

static void hang_up(struct conn *conn) {
  if (conn->fd >= 0) {
    segments(conn);
    close(conn->fd);
  }
  conn->fd = -1;
  conn->state = DOWN;
  no_timer(conn);
  free(conn->rest);
  conn->rest = NULL;
  conn->rest_length = 0;
}

/* The connection is gone, or never came about. */
static void lose(struct conn *conn, const char *why) {
  struct group *group = &groups[conn->group];
  if (!*conn->reason) snprintf(conn->reason, sizeof conn->reason, "%s", why);
  if (conn->state >= WAITING || (conn->state == SUBSCRIBING && conn->everlive)) {
    group->lost++;
    memcpy(conn->ended, conn->reason, sizeof conn->ended);
    conn->lost_wall = wall_ms();
    conn->back_wall = 0;
    conn->attempts = 0;
  } else group->refused++;
  hang_up(conn);
  if (group->policy == NONE) settle(conn, 1);
  else timer_in(conn, backoff_ms(group->policy, conn->attempts++));
}

static void dial(struct conn *conn) {
  struct group *group = &groups[conn->group];
  int index = conn - conns, on = 1;
  conn->began = mono_ms();
  conn->state = CONNECTING;
  conn->received = conn->cursor = conn->unacked = 0;
  conn->reason[0] = 0;
  conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (conn->fd < 0) {
    lose(conn, "no socket");
    return;
  }
  setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (group->rcvbuf)
    setsockopt(conn->fd, SOL_SOCKET, SO_RCVBUF, &group->rcvbuf, sizeof group->rcvbuf);
  struct sockaddr_in from = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK + index % group->sources)};
  if (group->sources > 1) {
    setsockopt(conn->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    bind(conn->fd, (struct sockaddr *)&from, sizeof from);
  }
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons(group->port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  watch(conn, EPOLL_CTL_ADD, EPOLLOUT);
  if (connect(conn->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
    lose(conn, "refused");
}

static void acknowledge(struct conn *conn) {
  char text[64];
  int length = snprintf(text, sizeof text, "42[\"progress\",%llu]",
                        (unsigned long long)conn->received);
  say(conn, 1, text, length);
  conn->unacked = 0;
  no_timer(conn);
}

/* What one that does not read notices: being cut, when it is to come back then; otherwise it reads of it later. */
static uint32_t notices(const struct group *group) { return group->policy == NONE ? 0 : EPOLLRDHUP; }

static void live(struct conn *conn) {
  struct group *group = &groups[conn->group];
  conn->state = LIVE;
  conn->attempts = 0;
  if (!conn->everlive) sample(&group->firstframe, mono_ms() - conn->began);
  settle(conn, 0);
  if (conn->back_wall == 0) conn->back_wall = wall_ms();
  if (group->mode != READ && !conn->resumed) {
    watch(conn, EPOLL_CTL_MOD, notices(group));
    no_timer(conn);
    if (group->mode == PING) timer_in(conn, PONG_MS);
  }
}

static void accepted(struct conn *conn) {
  if (!conn->everlive) sample(&groups[conn->group].accepted, mono_ms() - conn->began);
}

/* A frame whose sender's time is known; NaN for one that has none to go by. */
static void frame(struct conn *conn, const uint8_t *bytes, size_t length, double sent_wall) {
  struct group *group = &groups[conn->group];
  group->frames++;
  group->bytes += length;
  conn->alive = 1;
  /* The first is a keyframe, which is not what flows. */
  if (group->record && conn->state == LIVE && conn - conns == group->first) {
    uint32_t size = length;
    fwrite(&size, 4, 1, group->record);
    fwrite(bytes, length, 1, group->record);
    fflush(group->record);
  }
  double now = wall_ms();
  if (conn->state != LIVE) live(conn);
  else if (sent_wall == sent_wall && !(conn->resumed && !conn->fresh))
    sample(&group->latency, now - sent_wall);
  if (conn->resumed && !conn->fresh) {
    if (sent_wall >= group->resumed_wall - FRESH_MS) {
      conn->fresh = 1;
      conn->fresh_ms = now - group->resumed_wall;
    } else {
      conn->stale_frames++;
      conn->stale_bytes += length;
    }
  }
}

static void offset_seen(struct conn *conn, int kind, uint64_t offset, uint64_t span) {
  if (kind == 2 && offset > conn->cursor && offset - span > conn->cursor)
    groups[conn->group].gaps++;
  if (kind <= 2 && (kind == 1 || offset > conn->cursor)) conn->cursor = offset;
}

static void hub_frame(struct conn *conn, const uint8_t *bytes, size_t length) {
  struct group *group = &groups[conn->group];
  const uint8_t *at = bytes, *end = bytes + length;
  double sent = 0;
  conn->received++;
  conn->unacked += length;
  while (at && at < end) {
    uint64_t size = varint(&at, end);
    if (!at || size == 0 || size > (uint64_t)(end - at)) {
      lose(conn, "malformed frame");
      return;
    }
    const uint8_t *part = at, *next = at + size;
    int kind = *part++ & 0x7f;
    varint(&part, next);
    uint64_t offset = varint(&part, next), span = varint(&part, next);
    double time = varint(&part, next);
    /* Parts are encoded when their topic ticks; the newest says when this message was made. */
    if (time > sent) sent = time;
    offset_seen(conn, kind, offset, span);
    at = next;
  }
  frame(conn, bytes, length, sent);
  if (conn->state != LIVE) return;
  if (group->mode != READ && !conn->resumed) return;
  if (conn->unacked >= ACK_BYTES) acknowledge(conn);
  else if (conn->heap == 0) timer_in(conn, ACK_MS);
}

static double json_time(const uint8_t *text, size_t length) {
  const uint8_t *at = memmem(text, length < 512 ? length : 512, "\"timeMs\":", 9);
  return at ? strtod((const char *)at + 9, NULL) : 0.0 / 0.0;
}

/* Socket.IO's packets; `text` is not ended by a zero, but what follows it is readable. */
static void packet(struct conn *conn, const uint8_t *text, size_t length) {
  struct group *group = &groups[conn->group];
  char answer[1024];
  if (length == 0) return;
  if (text[0] == '2') say(conn, 1, "3", 1);
  else if (text[0] == '0') {
    int size = group->kind == SIO
                   ? snprintf(answer, sizeof answer, "40")
                   : snprintf(answer, sizeof answer,
                              "40{\"version\":%d,\"token\":\"%s\",\"capabilities\":[\"deflate\"]}",
                              group->version, group->token);
    conn->state = JOINING;
    say(conn, 1, answer, size);
  } else if (length > 1 && text[0] == '4' && text[1] == '0') {
    accepted(conn);
    if (group->kind == SIO) {
      sample(&group->subscribed, mono_ms() - conn->began);
      conn->state = WAITING;
      return;
    }
    conn->state = SUBSCRIBING;
    say(conn, 1, answer,
        snprintf(answer, sizeof answer, "421[\"subscribe\",%s]", group->topic));
  } else if (length > 3 && memcmp(text, "431[", 4) == 0) {
    if (!memmem(text, length, "\"ok\":true", 9)) {
      lose(conn, "subscription refused");
      return;
    }
    if (!conn->everlive) sample(&group->subscribed, mono_ms() - conn->began);
    if (conn->state != LIVE) conn->state = WAITING;
  } else if (length > 1 && text[0] == '4' && text[1] == '4') {
    const uint8_t *code = memmem(text, length, "\"code\":\"", 8);
    snprintf(conn->reason, sizeof conn->reason, "%.*s", code ? (int)strcspn((char *)code + 8, "\"") : 7,
             code ? (const char *)code + 8 : "refused");
    lose(conn, "refused");
  } else if (group->kind == SIO && length > 1 && text[0] == '4' && text[1] == '2')
    frame(conn, text, length, json_time(text, length));
  else if (length > 11 && memcmp(text, "42[\"closing\"", 12) == 0) {
    const uint8_t *code = memmem(text, length, "\"code\":\"", 8);
    if (code)
      snprintf(conn->reason, sizeof conn->reason, "%.*s", (int)strcspn((char *)code + 8, "\""),
               code + 8);
  }
}

static void message(struct conn *conn, const struct ws_message *got) {
  struct group *group = &groups[conn->group];
  double sent;
  if (got->opcode == 9) say(conn, 10, got->payload, got->length < 125 ? got->length : 125);
  else if (got->opcode == 8) lose(conn, "closed");
  else if (got->opcode == 1) packet(conn, got->payload, got->length);
  else if (got->opcode == 2 && group->kind == HUB) hub_frame(conn, got->payload, got->length);
  else if (got->opcode == 2 && got->length >= 8) {
    memcpy(&sent, got->payload, 8);
    frame(conn, got->payload, got->length, sent);
  }
}

/* What Chromium sends with fetch() from a page of the same origin; a WebSocket sends such once. */
static const char browser_headers[] =
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36\r\n"
    "sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"\r\n"
    "sec-ch-ua-mobile: ?0\r\nAccept: */*\r\nSec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nReferer: http://127.0.0.1/\r\n"
    "Accept-Encoding: gzip, deflate\r\nAccept-Language: en-US,en;q=0.9\r\n";

static void ask(struct conn *conn) {
  struct group *group = &groups[conn->group];
  char text[1024];
  int length = snprintf(text, sizeof text,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                        "Connection: keep-alive\r\n%s",
                        group->path, group->port, browser_headers);
  if (*group->token)
    length += snprintf(text + length, sizeof text - length, "Authorization: Bearer %s\r\n",
                       group->token);
  if (*conn->etag)
    length += snprintf(text + length, sizeof text - length, "If-None-Match: %s\r\n", conn->etag);
  length += snprintf(text + length, sizeof text - length, "\r\n");
  conn->asked = mono_ms();
  push(conn, text, length);
}

/* The value of a header between `at` and `end`, or NULL. */
static const char *header(const char *at, const char *end, const char *name) {
  size_t length = strlen(name);
  for (; at && at < end; at = memmem(at, end - at, "\r\n", 2)) {
    if (*at == '\r') at += 2;
    if ((size_t)(end - at) > length && strncasecmp(at, name, length) == 0 && at[length] == ':')
      return at + length + 1 + strspn(at + length + 1, " ");
  }
  return NULL;
}

/* Reads one HTTP answer as a whole; answers its length, or 0 when it is not all there. */
static size_t answer(struct conn *conn, const char *text, size_t length) {
  struct group *group = &groups[conn->group];
  const char *end = memmem(text, length, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t whole = end + 4 - text;
  int status = atoi(text + 9);
  const char *size = header(text, end, "content-length");
  const char *chunked = header(text, end, "transfer-encoding");
  if (status != 304 && status != 204) {
    if (size) whole += strtoul(size, NULL, 10);
    else if (chunked)
      for (size_t chunk = 1; chunk;) {
        const char *line = length > whole ? memmem(text + whole, length - whole, "\r\n", 2) : NULL;
        if (!line) return 0;
        chunk = strtoul(text + whole, NULL, 16);
        whole = line + 2 - text + chunk + 2;
      }
    if (whole > length) return 0;
  }
  const char *etag = header(text, end, "etag");
  if (etag) snprintf(conn->etag, sizeof conn->etag, "%.*s", (int)strcspn(etag, "\r"), etag);
  if (status == 304) group->unchanged++;
  else if (status == 200) group->ok++;
  else group->refused++;
  conn->alive = 1;
  sample(&group->response, mono_ms() - conn->asked);
  if (conn->state != LIVE) {
    /* Spread over the interval from here on, as pages that were opened at any time are. */
    live(conn);
    timer_in(conn, chance() * group->interval);
  } else timer_in(conn, group->interval - (mono_ms() - conn->asked));
  return whole;
}

static void upgraded(struct conn *conn) {
  struct group *group = &groups[conn->group];
  if (group->kind == WS) {
    accepted(conn);
    sample(&group->subscribed, mono_ms() - conn->began);
    conn->state = WAITING;
  } else conn->state = OPENING;
}

/* Takes what can be taken of the bytes; answers how many. */
static size_t parse(struct conn *conn, const uint8_t *bytes, size_t length) {
  size_t taken = 0;
  if (groups[conn->group].kind == HTTP) return answer(conn, (const char *)bytes, length);
  if (conn->state == UPGRADING) {
    const uint8_t *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end) return 0;
    if (memcmp(bytes, "HTTP/1.1 101", 12)) {
      snprintf(conn->reason, sizeof conn->reason, "HTTP %.3s", bytes + 9);
      lose(conn, "refused");
      return 0;
    }
    taken = end + 4 - bytes;
    upgraded(conn);
  }
  while (conn->fd >= 0 && taken < length) {
    struct ws_message got;
    int whole = ws_read(bytes + taken, length - taken, &got);
    if (whole < 0) lose(conn, "malformed WebSocket frame");
    if (whole <= 0) break;
    taken += got.whole;
    message(conn, &got);
  }
  return taken;
}

static void readable(struct conn *conn) {
  size_t kept = conn->rest_length;
  if (kept) {
    memcpy(scratch, conn->rest, kept);
    free(conn->rest);
    conn->rest = NULL;
    conn->rest_length = 0;
  }
  ssize_t got = read(conn->fd, scratch + kept, SCRATCH - kept - 1);
  if (got < 0 && errno == EAGAIN) got = 0;
  else if (got <= 0) {
    lose(conn, got == 0 ? "ended" : "reset");
    return;
  }
  groups[conn->group].bytes_in += got;
  size_t length = kept + got;
  scratch[length] = 0;
  size_t taken = parse(conn, scratch, length);
  if (conn->fd < 0 || taken >= length) return;
  conn->rest_length = length - taken;
  conn->rest = malloc(conn->rest_length);
  memcpy(conn->rest, scratch + taken, conn->rest_length);
}

static void connected(struct conn *conn) {
  struct group *group = &groups[conn->group];
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error) {
    lose(conn, "refused");
    return;
  }
  watch(conn, EPOLL_CTL_MOD, EPOLLIN | EPOLLRDHUP);
  if (group->kind == HTTP) {
    accepted(conn);
    conn->state = WAITING;
    ask(conn);
    return;
  }
  if (group->kind == TCP) {
    accepted(conn);
    sample(&group->subscribed, mono_ms() - conn->began);
    conn->state = WAITING;
    return;
  }
  char text[1024];
  int size = snprintf(text, sizeof text,
                      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                      "Sec-WebSocket-Version: 13\r\n\r\n",
                      group->path, group->port);
  conn->state = UPGRADING;
  push(conn, text, size);
}

static void due(struct conn *conn) {
  struct group *group = &groups[conn->group];
  no_timer(conn);
  if (conn->state == DOWN) dial(conn);
  else if (group->kind == HTTP) ask(conn);
  else if (group->mode == PING && !conn->resumed) {
    say(conn, 1, "3", 1);
    timer_in(conn, PONG_MS);
  } else if (group->kind == HUB && conn->unacked > 0) acknowledge(conn);
}

/* --- Commands ---------------------------------------------------------------------------------------------- */

static int one_of(const char *word, const char *const *words) {
  for (int i = 0; words[i]; i++)
    if (strcmp(word, words[i]) == 0) return i;
  fprintf(stderr, "clients: unknown word %s\n", word);
  exit(2);
}
static const char *const kinds[] = {"hub", "sio", "ws", "tcp", "http", NULL};
static const char *const modes[] = {"read", "stall", "ping", NULL};
static const char *const policies[] = {"none", "full", "sio", NULL};

static struct group *group_of(const char *command) {
  const char *name = text_of(command, "group", "");
  for (int i = 0; i < GROUPS; i++)
    if (groups[i].used && strcmp(groups[i].name, name) == 0) return &groups[i];
  fprintf(stderr, "clients: no group %s\n", name);
  exit(2);
}

static void open_group(const char *command) {
  struct group *group = groups;
  while (group->used) group++;
  if (group == groups + GROUPS) exit(2);
  memset(group, 0, sizeof *group);
  group->used = 1;
  snprintf(group->name, sizeof group->name, "%s", text_of(command, "group", "all"));
  group->kind = one_of(text_of(command, "kind", "hub"), kinds);
  group->mode = one_of(text_of(command, "mode", "read"), modes);
  group->policy = one_of(text_of(command, "reconnect", "none"), policies);
  snprintf(group->token, sizeof group->token, "%s", text_of(command, "token", ""));
  snprintf(group->topic, sizeof group->topic, "%s",
           text_of(command, "topic", "{\"topic\":\"fleet\"}"));
  snprintf(group->path, sizeof group->path, "%s",
           text_of(command, "path",
                   group->kind == HUB || group->kind == SIO
                       ? "/socket.io/?EIO=4&transport=websocket"
                       : "/"));
  group->version = number_of(command, "version", 1);
  group->port = number_of(command, "port", 0);
  group->sources = number_of(command, "sources", 1);
  group->rcvbuf = number_of(command, "rcvbuf", 0);
  group->interval = number_of(command, "interval", 3000);
  group->rate = number_of(command, "rate", 0);
  group->limit = number_of(command, "limit", 60000);
  const char *record = text_of(command, "record", "");
  if (*record) group->record = fopen(record, "wb");
  group->n = number_of(command, "n", 1);
  group->first = conn_count;
  if (conn_count + group->n > CONNECTIONS) {
    fprintf(stderr, "clients: more than %d connections\n", CONNECTIONS);
    exit(2);
  }
  for (int i = 0; i < group->n; i++) {
    struct conn *conn = &conns[conn_count++];
    memset(conn, 0, sizeof *conn);
    conn->fd = -1;
    conn->group = group - groups;
  }
  group->began = mono_ms();
}

/* Dials what is due, and tells when every client of a group is live or not; answers ms until the next is due. */
static double open_due(void) {
  double soonest = 1000;
  for (struct group *group = groups; group < groups + GROUPS; group++) {
    if (!group->used || group->answered) continue;
    double passed = mono_ms() - group->began;
    double wanted = group->rate > 0 ? passed * group->rate / 1000 + 1 : group->n;
    while (group->dialled < group->n && group->dialled < wanted)
      dial(&conns[group->first + group->dialled++]);
    if (group->dialled < group->n) soonest = 1;
    if (group->settled < group->n && passed < group->limit) {
      if (group->limit - passed < soonest) soonest = group->limit - passed;
      continue;
    }
    group->answered = 1;
    int alive = 0;
    const char *why = "";
    for (int i = group->first; i < group->first + group->n; i++) {
      alive += conns[i].state == LIVE;
      if (conns[i].state != LIVE && *conns[i].reason) why = conns[i].reason;
    }
    printf("{\"event\":\"opened\",\"group\":\"%s\",\"live\":%d,\"failed\":%d,\"why\":\"%s\"",
           group->name, alive, group->n - alive, why);
    print_list("acceptedMs", &group->accepted);
    print_list("subscribedMs", &group->subscribed);
    print_list("firstMs", &group->firstframe);
    printf("}\n");
    fflush(stdout);
  }
  return soonest;
}

static void count_group(struct group *group) {
  int alive = 0, standing = 0;
  for (int i = group->first; i < group->first + group->n; i++) {
    alive += conns[i].alive;
    standing += conns[i].state == LIVE;
    conns[i].alive = 0;
    if (conns[i].fd >= 0) segments(&conns[i]);
  }
  /* Segments are counted since each connection's begin: only differences of counts mean something. */
  printf("\"%s\":{\"live\":%d,\"alive\":%d,\"frames\":%.0f,\"bytes\":%.0f,\"gaps\":%.0f,"
         "\"lost\":%.0f,\"refused\":%.0f,\"ok\":%.0f,\"unchanged\":%.0f,\"bytesIn\":%.0f,"
         "\"bytesOut\":%.0f,\"segments\":%.0f,\"shortWrites\":%.0f,\"latency\":",
         group->name, standing, alive, group->frames, group->bytes, group->gaps, group->lost,
         group->refused, group->ok, group->unchanged, group->bytes_in, group->bytes_out,
         group->segments_in + group->segments_out, group->shortwrites);
  print_quantiles(&group->latency);
  printf(",\"response\":");
  print_quantiles(&group->response);
  printf("}");
  group->frames = group->bytes = group->gaps = group->lost = group->refused = group->ok =
      group->unchanged = group->bytes_in = group->bytes_out = group->segments_in =
          group->segments_out = 0;
}

static void count(void) {
  printf("{\"event\":\"counted\",\"groups\":{");
  int printed = 0;
  for (struct group *group = groups; group < groups + GROUPS; group++) {
    if (!group->used) continue;
    if (printed++) printf(",");
    count_group(group);
  }
  printf("},\"cpuShare\":%.4f}\n", (cpu_us() - started_us) / 1000 / (mono_ms() - started_ms));
  started_us = cpu_us();
  started_ms = mono_ms();
}

static void behave(const char *command) {
  struct group *group = group_of(command);
  group->mode = one_of(text_of(command, "mode", "read"), modes);
  group->policy = one_of(text_of(command, "reconnect", policies[group->policy]), policies);
  group->resumed_wall = wall_ms();
  for (int i = group->first; i < group->first + group->n; i++) {
    struct conn *conn = &conns[i];
    conn->resumed = group->mode == READ;
    conn->fresh = 0;
    conn->stale_frames = conn->stale_bytes = conn->fresh_ms = 0;
    conn->ended[0] = 0;
    no_timer(conn);
    if (conn->state == DOWN && conn->resumed && group->policy != NONE) {
      /* It was reset while it slept, and finds out now. */
      memcpy(conn->ended, conn->reason, sizeof conn->ended);
      timer_in(conn, backoff_ms(group->policy, conn->attempts++));
    }
    if (conn->state != LIVE) continue;
    watch(conn, EPOLL_CTL_MOD, group->mode == READ ? EPOLLIN | EPOLLRDHUP : notices(group));
    if (group->mode == PING) timer_in(conn, PONG_MS);
    /* Its timer came due while it slept: it acknowledges as soon as it has read what is there. */
    else if (conn->resumed && group->kind == HUB && conn->unacked > 0)
      timer_in(conn, 1);
  }
  printf("{\"event\":\"behaving\"}\n");
}

static void resumed(const char *command) {
  struct group *group = group_of(command);
  printf("{\"event\":\"resumed\",\"clients\":[");
  for (int i = group->first; i < group->first + group->n; i++)
    printf("%s{\"fresh\":%s,\"freshMs\":%.1f,\"staleFrames\":%.0f,\"staleBytes\":%.0f,"
           "\"reason\":\"%s\"}",
           i == group->first ? "" : ",", conns[i].fresh ? "true" : "false", conns[i].fresh_ms,
           conns[i].stale_frames, conns[i].stale_bytes, conns[i].ended);
  printf("]}\n");
}

static void times(const char *command) {
  struct group *group = group_of(command);
  printf("{\"event\":\"times\",\"clients\":[");
  for (int i = group->first; i < group->first + group->n; i++)
    printf("%s[%.1f,%.1f]", i == group->first ? "" : ",", conns[i].lost_wall, conns[i].back_wall);
  printf("]}\n");
}

static void close_group(struct group *group) {
  for (int i = group->first; i < group->first + group->n; i++) hang_up(&conns[i]);
  if (group->record) fclose(group->record);
  free(group->accepted.values);
  free(group->subscribed.values);
  free(group->firstframe.values);
  free(group->latency.values);
  free(group->response.values);
  group->used = 0;
  /* Connections are given out in order; their room comes back when no group is left. */
  for (int i = 0; i < GROUPS; i++)
    if (groups[i].used) return;
  conn_count = 0;
}

static void obey(const char *command) {
  if (strncmp(command, "open ", 5) == 0) {
    open_group(command);
    return;
  }
  if (strncmp(command, "behave ", 7) == 0) behave(command);
  else if (strncmp(command, "resumed ", 8) == 0) resumed(command);
  else if (strncmp(command, "times ", 6) == 0) times(command);
  else if (strncmp(command, "count", 5) == 0) count();
  else if (strncmp(command, "close ", 6) == 0) {
    close_group(group_of(command));
    printf("{\"event\":\"closed\"}\n");
  } else {
    fprintf(stderr, "clients: unknown command %s\n", command);
    exit(2);
  }
  fflush(stdout);
}

static void happened(const struct epoll_event *event) {
  if (event->data.u32 == 0) {
    int fresh = 1;
    for (char *line; (line = next_command(fresh)); fresh = 0) obey(line);
    return;
  }
  struct conn *conn = &conns[event->data.u32 - 1];
  if (conn->fd < 0) return;
  if (conn->state == CONNECTING) connected(conn);
  else if (event->events & EPOLLIN) readable(conn);
  /* Seen by those that do not read. */
  else if (event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) lose(conn, "cut");
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  srandom(time(NULL) ^ getpid());
  conns = calloc(CONNECTIONS, sizeof *conns);
  scratch = malloc(SCRATCH);
  epoll = epoll_create1(0);
  struct epoll_event input = {.events = EPOLLIN, .data.u32 = 0};
  epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input);
  started_us = cpu_us();
  started_ms = mono_ms();
  for (;;) {
    double wait = open_due();
    while (heap_size > 0 && heap[1]->due <= mono_ms()) due(heap[1]);
    if (heap_size > 0 && heap[1]->due - mono_ms() < wait) wait = heap[1]->due - mono_ms();
    struct epoll_event events[1024];
    int ready = epoll_wait(epoll, events, 1024, wait < 0 ? 0 : (int)wait + (wait > (int)wait));
    for (int i = 0; i < ready; i++) happened(&events[i]);
  }
}
