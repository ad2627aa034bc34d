#include <fmt/format.h>

#include <array>
#include <utility>

#include <volley/server.hpp>

#include "cli/escape.hpp"
#include "cli/service.hpp"

namespace volley::cli {

namespace {

struct NamedCount {
  std::string_view key;
  std::string_view words;
  std::uint64_t ServerCounters::* member;
};

using C = ServerCounters;
constexpr std::array kCounts{
    NamedCount{"received", "datagrams received", &C::received},
    NamedCount{"executed", "requests executed", &C::executed},
    NamedCount{"replied", "replies sent", &C::replied},
    NamedCount{"sent", "datagrams sent", &C::sent},
    NamedCount{"simulated_losses", "simulated losses", &C::simulated_losses},
    NamedCount{"repeated", "kept replies sent again", &C::repeated},
    NamedCount{"held_back", "kept replies too many for one datagram", &C::held_back},
    NamedCount{"unkept", "replies not kept for want of room", &C::unkept},
    NamedCount{"working", "told to wait", &C::working},
    NamedCount{"busy", "refused as busy", &C::busy},
    NamedCount{"never", "told that it will never run", &C::never},
    NamedCount{"reply_gone", "told that the reply is gone", &C::reply_gone},
    NamedCount{"overload", "refused for want of room to remember", &C::overload},
    NamedCount{"abandoned", "executed without an answer", &C::abandoned},
    NamedCount{"pongs", "pings echoed", &C::pongs},
    NamedCount{"below_base", "too old", &C::below_base},
    NamedCount{"beyond_window", "beyond the window", &C::beyond_window},
    NamedCount{"wrong_ticket", "without a valid ticket", &C::wrong_ticket},
    NamedCount{"unanswered", "without a valid ticket, not answered", &C::unanswered},
    NamedCount{"dropped_short", "dropped as too short", &C::dropped_short},
    NamedCount{"dropped_type", "dropped as not Volley's", &C::dropped_type},
    NamedCount{"dropped_unsupported", "dropped as not supported", &C::dropped_unsupported},
    NamedCount{"dropped_version", "dropped for their version", &C::dropped_version},
    NamedCount{"dropped_source", "dropped for their source", &C::dropped_source},
    NamedCount{"dropped_direction", "dropped as no question", &C::dropped_direction},
    NamedCount{"dropped_header", "dropped for their header", &C::dropped_header},
    NamedCount{"dropped_misrouted", "dropped as another worker's", &C::dropped_misrouted},
    NamedCount{"dropped_malformed", "dropped as malformed", &C::dropped_malformed},
    NamedCount{"truncated", "truncated", &C::truncated},
    NamedCount{"unsent", "datagrams not sent", &C::unsent},
    NamedCount{"failed_receives", "failed receives", &C::failed_receives},
    NamedCount{"lost", "answers lost for want of room", &C::lost},
    NamedCount{"contexts", "clients remembered", &C::contexts},
    NamedCount{"running", "running", &C::running},
    NamedCount{"bytes", "bytes remembered", &C::bytes},
};
static_assert(sizeof(ServerCounters) == kCounts.size() * sizeof(std::uint64_t),
              "every count is told");

class ClearService final : public Service {
 public:
  ClearService(const ServicePlan& plan, Output& output) : plan_{plan}, output_{output} {}

  Result<void> bind(const Endpoint& local) {
    ServerOptions options{.workers = plan_.workers,
                          .drop = plan_.drop,
                          .seed = plan_.seed,
                          .device = plan_.device,
                          .dual_stack = plan_.dual_stack,
                          .prepare = plan_.prepare};
    if (plan_.pool != nullptr) {
      // What the pool would drop the protocol refuses, so that the client knows.
      options.limits.running = CommandPool::kAtOnce + CommandPool::kWaiting;
      options.limits.running_per_client = options.limits.running;
    }
    auto server = Server::bind(
        local, [this](const Execution& request, Reply& reply) { answer(request, reply); }, options);
    if (!server) return std::unexpected(server.error());
    server_.emplace(std::move(*server));
    return {};
  }

  const Endpoint& local() const override { return server_->local(); }
  Result<void> run() override { return server_->run(); }
  void finish() noexcept override { server_->drain(); }

  std::vector<Count> counts() const override {
    const ServerCounters counters = server_->counters();
    std::vector<Count> counts;
    counts.reserve(kCounts.size());
    for (const auto& [key, words, member] : kCounts)
      counts.push_back({key, words, counters.*member});
    return counts;
  }

 private:
  void answer(const Execution& request, Reply& reply) {
    if (output_.is_verbose()) {
      output_.detail(fmt::format("The client at {} says {}", request.peer.to_string(),
                                 quote(as_text(request.body))));
    }
    if (plan_.pool != nullptr) {
      return plan_.pool->submit(
          request.peer, request.body,
          [responder = reply.defer()](std::uint16_t status, Bytes answer) mutable {
            responder.reply(answer, status);
          });
    }
    std::string room;
    reply.send(answer_to(plan_.mode, request.body, room).value_or(Bytes{}));
  }

  const ServicePlan& plan_;
  Output& output_;
  std::optional<Server> server_;
};

}  // namespace

Result<std::unique_ptr<Service>> open_clear_service(const ServicePlan& plan, const Endpoint& local,
                                                    Output& output) {
  auto service = std::make_unique<ClearService>(plan, output);
  if (auto done = service->bind(local); !done) return std::unexpected(done.error());
  return service;
}

}  // namespace volley::cli
