/*
 * What both sides of the load need: time, WebSocket framing (RFC 6455 §5.2), LEB128 numbers, samples and their
 * quantiles, and commands of the form `name key=value …` on standard input.
 */
#ifndef WIRE_H
#define WIRE_H
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Epoch, ms: what Node's Date.now() reads, with its fraction. */
static double wall_ms(void) {
  struct timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

/* ms that never jump. */
static double mono_ms(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

static double cpu_us(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 + used.ru_utime.tv_usec +
         used.ru_stime.tv_usec;
}

static void raise_file_limit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

struct ws_message {
  int opcode;
  int final;
  const uint8_t *payload;
  size_t length;
  /* Header and payload. */
  size_t whole;
};

/* Reads one unmasked frame; 0 when it is not there as a whole, -1 when it is none that a server may send. */
static int ws_read(const uint8_t *bytes, size_t length, struct ws_message *message) {
  if (length < 2) return 0;
  size_t header = 2;
  uint64_t size = bytes[1] & 0x7f;
  if (bytes[1] & 0x80 || bytes[0] & 0x70) return -1;
  if (size == 126) {
    if (length < 4) return 0;
    header = 4;
    size = (uint64_t)bytes[2] << 8 | bytes[3];
  } else if (size == 127) {
    if (length < 10) return 0;
    header = 10;
    size = 0;
    for (int i = 2; i < 10; i++) size = size << 8 | bytes[i];
  }
  if (length - header < size) return 0;
  message->final = bytes[0] >> 7;
  message->opcode = bytes[0] & 15;
  message->payload = bytes + header;
  message->length = size;
  message->whole = header + size;
  return 1;
}

/* Writes an unmasked frame's header, answers its length. */
static size_t ws_header(uint8_t *to, int opcode, size_t size) {
  to[0] = 0x80 | opcode;
  if (size < 126) {
    to[1] = size;
    return 2;
  }
  if (size <= 0xffff) {
    to[1] = 126;
    to[2] = size >> 8;
    to[3] = size;
    return 4;
  }
  to[1] = 127;
  for (int i = 0; i < 8; i++) to[2 + i] = (uint64_t)size >> (56 - 8 * i);
  return 10;
}

/* Writes a masked frame of at most 64 KiB, as a client must; answers its length. */
static size_t ws_masked(uint8_t *to, int opcode, const void *payload, size_t size) {
  size_t header = ws_header(to, opcode, size);
  to[1] |= 0x80;
  uint32_t key = (uint32_t)random();
  memcpy(to + header, &key, 4);
  const uint8_t *mask = to + header;
  uint8_t *body = to + header + 4;
  for (size_t i = 0; i < size; i++) body[i] = ((const uint8_t *)payload)[i] ^ mask[i & 3];
  return header + 4 + size;
}

/* Reads a LEB128 number and moves on; NULL stays NULL, and the end makes it NULL. */
static uint64_t varint(const uint8_t **at, const uint8_t *end) {
  uint64_t value = 0;
  for (int shift = 0; *at && shift < 63; shift += 7) {
    if (*at >= end) break;
    uint8_t byte = *(*at)++;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  *at = NULL;
  return 0;
}

/* Numbers for quantiles; beyond its bound further ones are only counted. */
struct samples {
  float *values;
  size_t count, room, beyond;
};
#define SAMPLES_MOST (8u << 20)

static void sample(struct samples *to, double value) {
  if (to->count == to->room) {
    if (to->room >= SAMPLES_MOST) {
      to->beyond++;
      return;
    }
    to->room = to->room ? to->room * 2 : 1024;
    to->values = realloc(to->values, to->room * sizeof *to->values);
    if (!to->values) abort();
  }
  to->values[to->count++] = value;
}

static int ascending(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* Prints {"n","p50","p99","max"} by nearest rank, and empties. */
static void print_quantiles(struct samples *of) {
  size_t n = of->count;
  if (n == 0) {
    printf("{\"n\":0,\"p50\":null,\"p99\":null,\"max\":null}");
    return;
  }
  qsort(of->values, n, sizeof *of->values, ascending);
  printf("{\"n\":%zu,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}", n + of->beyond,
         of->values[(size_t)((n - 1) * 0.5)], of->values[(size_t)((n - 1) * 0.99)],
         of->values[n - 1]);
  of->count = of->beyond = 0;
}

static void print_list(const char *name, struct samples *of) {
  printf(",\"%s\":[", name);
  for (size_t i = 0; i < of->count; i++) printf(i ? ",%.2f" : "%.2f", of->values[i]);
  printf("]");
}

/* The value of `key=value` in a command whose words are parted by blanks, or a default. */
static const char *text_of(const char *command, const char *key, const char *otherwise) {
  static char values[8][1024];
  static int turn;
  char *value = values[turn++ & 7];
  size_t length = strlen(key);
  for (const char *at = command; at; at = strchr(at, ' ')) {
    if (*at == ' ') at++;
    if (strncmp(at, key, length) == 0 && at[length] == '=') {
      snprintf(value, sizeof values[0], "%.*s", (int)strcspn(at + length + 1, " \n"),
               at + length + 1);
      return value;
    }
  }
  snprintf(value, sizeof values[0], "%s", otherwise);
  return value;
}

static double number_of(const char *command, const char *key, double otherwise) {
  const char *text = text_of(command, key, "");
  return *text ? atof(text) : otherwise;
}

/* Answers the next whole line of standard input, NULL when there is none yet; the end of input ends the process. */
static char *next_command(int readable) {
  static char buffer[65536];
  static size_t length, taken;
  memmove(buffer, buffer + taken, length -= taken);
  taken = 0;
  if (readable && length < sizeof buffer - 1) {
    ssize_t got = read(0, buffer + length, sizeof buffer - 1 - length);
    if (got <= 0) exit(0);
    length += got;
  }
  char *end = memchr(buffer, '\n', length);
  if (!end) return NULL;
  *end = 0;
  taken = end - buffer + 1;
  return buffer;
}
#endif
