#include <fmt/format.h>

#include <atomic>
#include <utility>

#include <volley/raw_server.hpp>

#include "cli/escape.hpp"
#include "cli/service.hpp"

namespace volley::cli {

namespace {

class RawService final : public Service {
 public:
  RawService(const ServicePlan& plan, Output& output) : plan_{plan}, output_{output} {}

  Result<void> bind(const Endpoint& local) {
    auto server = RawServer::bind(
        local, [this](const Datagram& request, RawReply& reply) { answer(request, reply); },
        {.workers = plan_.workers,
         .drop = plan_.drop,
         .seed = plan_.seed,
         .max_amplification = plan_.max_amplification.value_or(0),
         .device = plan_.device,
         .dual_stack = plan_.dual_stack,
         .prepare = plan_.prepare});
    if (!server) return std::unexpected(server.error());
    server_.emplace(std::move(*server));
    return {};
  }

  const Endpoint& local() const override { return server_->local(); }
  Result<void> run() override { return server_->run(); }
  void finish() noexcept override { server_->stop(); }

  std::vector<Count> counts() const override {
    const RawServerCounters server = server_->counters();
    return {{"received", "received", server.received},
            {"answered", "answered", server.answered},
            {"simulated_losses", "simulated losses", server.simulated_losses},
            {"truncated", "truncated", server.truncated},
            {"unanswerable", "from port 0, where no answer can go", server.unanswerable},
            {"too_long", "answers too long for --max-amplification", server.too_long + too_long_},
            {"unsent", "answers not sent", server.unsent},
            {"failed_receives", "failed receives", server.failed_receives}};
  }

 private:
  void answer(const Datagram& request, RawReply& reply) {
    if (output_.is_verbose()) {
      output_.detail(fmt::format("The client at {} says {}", request.peer.to_string(),
                                 quote(as_text(request.payload))));
    }
    if (plan_.pool != nullptr) return answer_later(request);
    std::string room;
    if (const auto answer = answer_to(plan_.mode, request.payload, room)) reply.send(*answer);
  }

  void answer_later(const Datagram& request) {
    const auto most =
        plan_.max_amplification.value_or(0) * static_cast<double>(request.payload.size());
    plan_.pool->submit(
        request.peer, request.payload,
        [this, most, peer = request.peer, local = request.local](std::uint16_t, Bytes answer) {
          if (plan_.max_amplification && static_cast<double>(answer.size()) > most) {
            ++too_long_;
            return;
          }
          if (const auto sent = server_->send(answer, peer, local); !sent)
            output_.detail(sent.error().message);
        });
  }

  const ServicePlan& plan_;
  Output& output_;
  std::optional<RawServer> server_;
  std::atomic<std::uint64_t> too_long_ = 0;  // Answers of commands over --max-amplification.
};

}  // namespace

Result<std::unique_ptr<Service>> open_raw_service(const ServicePlan& plan, const Endpoint& local,
                                                  Output& output) {
  auto service = std::make_unique<RawService>(plan, output);
  if (auto done = service->bind(local); !done) return std::unexpected(done.error());
  return service;
}

}  // namespace volley::cli
