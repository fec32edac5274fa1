/*
 * The kernel's own price of a broadcast: a server that accepts connections without any handshake and, once per
 * tick, write()s the same bytes to each of them, framed as one WebSocket message. Nothing that sends to sockets
 * one by one can be cheaper. The first 8 bytes of each message are the time (double, epoch ms) of its tick.
 *
 * Commands: `tick ms=1000 file=PATH`: sends the messages of the file (u32 length, bytes) in turn. `count`: what
 * was done since the count before. Answers are JSON lines.
 */
#include "wire.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define CONNECTIONS 65536
#define MESSAGES 256

static int connections[CONNECTIONS];
static int connected;
static struct {
  uint8_t *bytes;
  size_t length, header;
} messages[MESSAGES];
static int message_count, turn;
static double writes, written, failed, counted_us, longest_ms;

static void load(const char *path) {
  FILE *file = fopen(path, "rb");
  uint32_t size;
  message_count = 0;
  while (file && message_count < MESSAGES && fread(&size, 4, 1, file) == 1) {
    if (size < 8) {
      fseek(file, size, SEEK_CUR);
      continue;
    }
    uint8_t *bytes = malloc(size + 10);
    size_t header = ws_header(bytes, 2, size);
    if (fread(bytes + header, size, 1, file) != 1) break;
    messages[message_count].bytes = bytes;
    messages[message_count].header = header;
    messages[message_count++].length = header + size;
  }
  if (file) fclose(file);
}

static void tick(void) {
  if (message_count == 0) return;
  turn = (turn + 1) % message_count;
  uint8_t *bytes = messages[turn].bytes;
  double began_ms = mono_ms(), now = wall_ms();
  memcpy(bytes + messages[turn].header, &now, 8);
  for (int i = 0; i < connected; i++) {
    ssize_t sent = write(connections[i], bytes, messages[turn].length);
    writes++;
    if (sent == (ssize_t)messages[turn].length) written += sent;
    else if (sent < 0 && errno == EAGAIN) failed++;
    else {
      failed++;
      close(connections[i]);
      connections[i--] = connections[--connected];
    }
  }
  double took = mono_ms() - began_ms;
  if (took > longest_ms) longest_ms = took;
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  int epoll = epoll_create1(0);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 4096)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &length);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  int watched[] = {0, listener, timer};
  for (int i = 0; i < 3; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = watched[i]};
    epoll_ctl(epoll, EPOLL_CTL_ADD, watched[i], &event);
  }
  printf("{\"event\":\"listening\",\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    struct epoll_event events[64];
    int ready = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == timer) {
        uint64_t times;
        if (read(timer, &times, 8) == 8) tick();
      } else if (fd == listener) {
        int accepted;
        while (connected < CONNECTIONS &&
               (accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
          int on = 1;
          setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
          connections[connected++] = accepted;
        }
      } else {
        int readable = 1;
        for (char *line; (line = next_command(readable)); readable = 0) {
          if (strncmp(line, "tick", 4) == 0) {
            load(text_of(line, "file", ""));
            double ms = number_of(line, "ms", 1000);
            struct timespec each = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms * 1e6) % 1000000000};
            struct itimerspec every = {.it_interval = each, .it_value = each};
            timerfd_settime(timer, 0, &every, NULL);
            printf("{\"event\":\"ticking\",\"messages\":%d}\n", message_count);
          } else {
            printf("{\"event\":\"counted\",\"connected\":%d,\"writes\":%.0f,\"bytes\":%.0f,"
                   "\"failed\":%.0f,\"cpuUs\":%.0f,\"stallMs\":%.3f}\n",
                   connected, writes, written, failed, cpu_us() - counted_us, longest_ms);
            writes = written = failed = longest_ms = 0;
            counted_us = cpu_us();
          }
          fflush(stdout);
        }
      }
    }
  }
}
