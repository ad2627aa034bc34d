// An echo server with NNG's REP over TCP: many contexts, so that many requests run at a time. NNG
// has threads of its own, which call back.

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/peers/load.hpp"
#include "bench/peers/nng_call.hpp"

namespace {

constexpr std::size_t kContexts = 256;

/// One request at a time, sent back as the message that it came as.
class Echo {
 public:
  void start(nng_socket socket) {
    bench::check_nng(nng_ctx_open(&context_, socket), "nng_ctx_open");
    bench::check_nng(nng_aio_alloc(
                         &aio_, [](void* self) { static_cast<Echo*>(self)->proceed(); }, this),
                     "nng_aio_alloc");
    nng_ctx_recv(context_, aio_);
  }

 private:
  void proceed() {
    const bool received = receiving_ && nng_aio_result(aio_) == 0;
    // A reply that could not be sent belongs to whoever tried.
    if (!receiving_ && nng_aio_result(aio_) != 0) nng_msg_free(nng_aio_get_msg(aio_));
    receiving_ = !received;
    if (received) {
      nng_aio_set_msg(aio_, nng_aio_get_msg(aio_));
      nng_ctx_send(context_, aio_);
    } else {
      nng_ctx_recv(context_, aio_);
    }
  }

  nng_ctx context_ = NNG_CTX_INITIALIZER;
  nng_aio* aio_ = nullptr;
  bool receiving_ = true;
};

}  // namespace

int main() {
  nng_socket socket = NNG_SOCKET_INITIALIZER;
  nng_listener listener = NNG_LISTENER_INITIALIZER;
  bench::check_nng(nng_rep0_open(&socket), "nng_rep0_open");
  std::vector<Echo> echoes(kContexts);
  for (Echo& echo : echoes) echo.start(socket);
  bench::check_nng(nng_listen(socket, "tcp://127.0.0.1:0", &listener, 0), "nng_listen");
  int port = 0;
  bench::check_nng(nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port), "its port");
  bench::announce(static_cast<unsigned>(port));
  while (true) pause();
}
