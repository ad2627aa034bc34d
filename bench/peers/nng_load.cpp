// Many requests in flight from one socket of NNG's REQ over TCP: a context each.

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "bench/peers/load.hpp"
#include "bench/peers/nng_call.hpp"

namespace {

/// The requests of all contexts. NNG calls back from several threads.
struct Shared {
  explicit Shared(const bench::LoadOptions& options) : size{options.size}, load{options} {}

  std::size_t size;
  std::mutex mutex;
  bench::Load load;
};

/// One slot's requests, each in the message that the reply before came in.
class Asker {
 public:
  void open(nng_socket socket, Shared& shared, std::size_t slot) {
    shared_ = &shared;
    slot_ = slot;
    bench::check_nng(nng_ctx_open(&context_, socket), "nng_ctx_open");
    bench::check_nng(nng_aio_alloc(
                         &aio_, [](void* self) { static_cast<Asker*>(self)->proceed(); }, this),
                     "nng_aio_alloc");
    bench::check_nng(nng_msg_alloc(&message_, shared.size), "nng_msg_alloc");
  }

  /// Call it without the lock.
  void ask() {
    {
      const std::lock_guard lock{shared_->mutex};
      const auto body = shared_->load.ask(slot_);
      std::memcpy(nng_msg_body(message_), body.data(), body.size());
    }
    nng_aio_set_msg(aio_, message_);
    receiving_ = false;
    nng_ctx_send(context_, aio_);
  }

 private:
  void proceed() {
    if (const int status = nng_aio_result(aio_); status != 0) return fail(nng_strerror(status));
    if (!receiving_) {
      receiving_ = true;
      nng_ctx_recv(context_, aio_);
      return;
    }
    message_ = nng_aio_get_msg(aio_);
    if (take()) ask();
  }

  bool take() {
    const std::lock_guard lock{shared_->mutex};
    if (shared_->load.over()) return false;
    const auto* const body = static_cast<const std::byte*>(nng_msg_body(message_));
    const auto slot = shared_->load.take({body, nng_msg_len(message_)});
    if (slot && *slot != slot_) shared_->load.fail("a reply came to another request");
    return !shared_->load.over();
  }

  void fail(const char* why) {
    const std::lock_guard lock{shared_->mutex};
    if (!shared_->load.over()) shared_->load.fail(why);
  }

  Shared* shared_ = nullptr;
  std::size_t slot_ = 0;
  nng_ctx context_ = NNG_CTX_INITIALIZER;
  nng_aio* aio_ = nullptr;
  nng_msg* message_ = nullptr;  // While it is ours and not NNG's.
  bool receiving_ = false;
};

void wait_until_over(Shared& shared) {
  for (bool over = false; !over;) {
    std::this_thread::sleep_for(std::chrono::milliseconds{bench::kTickMs});
    const std::lock_guard lock{shared.mutex};
    shared.load.look();
    over = shared.load.over();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = bench::load_options(argc, argv);
  nng_socket socket = NNG_SOCKET_INITIALIZER;
  bench::check_nng(nng_req0_open(&socket), "nng_req0_open");
  const auto url = "tcp://127.0.0.1:" + std::to_string(options.port);
  bench::check_nng(nng_dial(socket, url.c_str(), nullptr, 0), "nng_dial");
  Shared shared{options};
  std::vector<Asker> askers(options.in_flight);
  for (std::size_t i = 0; i < askers.size(); ++i) askers[i].open(socket, shared, i);
  for (Asker& asker : askers) asker.ask();
  wait_until_over(shared);
  // Without closing: NNG 1.5 may not come back from that with a thousand requests in flight.
  const std::lock_guard lock{shared.mutex};
  const int status = shared.load.finish();
  std::fflush(stdout);
  std::_Exit(status);
}
