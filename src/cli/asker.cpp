#include "cli/asker.hpp"

#include <utility>

#include <volley/client.hpp>
#include <volley/raw_client.hpp>

#include "cli/request_plan.hpp"

namespace volley::cli {

namespace {

Ended to_ended(RawOutcome outcome) {
  if (outcome == RawOutcome::kReply) return Ended::kReply;
  return outcome == RawOutcome::kRefused ? Ended::kRefused : Ended::kNoAnswer;
}

Ended to_ended(Outcome outcome) {
  switch (outcome) {
    case Outcome::kReply:
      return Ended::kReply;
    case Outcome::kNotExecuted:
      return Ended::kNotExecuted;
    case Outcome::kExecutedReplyLost:
      return Ended::kExecutedReplyLost;
    case Outcome::kUnknown:
      break;
  }
  return Ended::kUnknown;
}

class RawAsker final : public Asker {
 public:
  RawAsker(RawClient client, const RequestPlan& plan, Handler handler)
      : client_{std::move(client)}, plan_{plan}, handler_{std::move(handler)} {}

  Result<void> submit(Bytes body, std::uint64_t number, std::optional<Duration> timeout) override {
    const auto end = [this, number](const RawAnswer& answer) {
      handler_(number, {.ended = to_ended(answer.outcome),
                        .body = answer.body,
                        .round_trip = answer.round_trip,
                        .attempts = answer.attempts,
                        .error = answer.error});
    };
    return client_.submit(body, end, timeout);
  }
  Result<void> run_once() override { return client_.run_once(); }
  std::size_t in_flight() const override { return client_.in_flight(); }
  bool has_room() const override { return client_.has_room(); }
  void stop() noexcept override { client_.stop(); }

  AskerCounts counts() const override {
    const RawClientCounters counted = client_.counters();
    AskerCounts counts{
        .requests = counted.requests, .attempts = counted.attempts, .truncated = counted.truncated};
    if (!plan_.connected) counts.strangers = counted.strangers;
    if (plan_.matcher) {
      counts.duplicates = counted.duplicates;
      counts.wrong_id = counted.wrong_id;
      counts.late = counted.late;
    }
    return counts;
  }

 private:
  RawClient client_;
  const RequestPlan& plan_;
  Handler handler_;
};

class ClearAsker final : public Asker {
 public:
  ClearAsker(Client client, const RequestPlan& plan, Handler handler)
      : client_{std::move(client)}, plan_{plan}, handler_{std::move(handler)} {}

  Result<void> submit(Bytes body, std::uint64_t number, std::optional<Duration> timeout) override {
    const auto end = [this, number](const Answer& answer) { handler_(number, to_ending(answer)); };
    return client_.submit(body, end, {.timeout = timeout, .idempotent = plan_.idempotent});
  }
  Result<void> run_once() override { return client_.run_once(); }
  std::size_t in_flight() const override { return client_.in_flight(); }
  bool has_room() const override { return client_.has_room(); }
  void stop() noexcept override { client_.stop(); }

  AskerCounts counts() const override {
    const ClientCounters& counted = client_.counters();
    return {.requests = counted.requests, .attempts = counted.attempts, .duplicates = counted.late};
  }

 private:
  Ending to_ending(const Answer& answer) const {
    Ending ending{.ended = to_ended(answer.outcome),
                  .body = answer.body,
                  .round_trip = answer.round_trip,
                  .attempts = answer.attempts};
    if (answer) {
      ending.status = answer.status;
      return ending;
    }
    // At the deadline the last hint names the cause; before it nothing but the server ends a
    // request.
    const bool refused = answer.reason == Reason::kNoAnswer && answer.hint == ErrorCode::kRefused;
    ending.error = Error{.code = refused ? ErrorCode::kRefused : ErrorCode::kTimedOut,
                         .message = describe(answer, client_.server())};
    return ending;
  }

  Client client_;
  const RequestPlan& plan_;
  Handler handler_;
};

}  // namespace

std::string_view to_string(Ended ended) {
  switch (ended) {
    case Ended::kReply:
      return "reply";
    case Ended::kNotExecuted:
      return "not_executed";
    case Ended::kExecutedReplyLost:
      return "executed_reply_lost";
    case Ended::kUnknown:
      return "unknown";
    case Ended::kNoAnswer:
      return "no_answer";
    case Ended::kRefused:
      break;
  }
  return "refused";
}

Result<std::unique_ptr<Asker>> open_raw_asker(const RequestPlan& plan, const Endpoint& target,
                                              Asker::Handler handler,
                                              std::function<void(unsigned, Duration)> on_wait) {
  auto client = RawClient::open(target, {.policy = plan.policy(target),
                                         .matcher = plan.matcher,
                                         .window = plan.window,
                                         .connected = plan.connected,
                                         .source = plan.route.choice.source_for(target),
                                         .device = plan.route.choice.device,
                                         .prepare = plan.prepare,
                                         .on_wait = std::move(on_wait)});
  if (!client) return std::unexpected(client.error());
  return std::make_unique<RawAsker>(std::move(*client), plan, std::move(handler));
}

Result<std::unique_ptr<Asker>> open_clear_asker(const RequestPlan& plan, const Endpoint& target,
                                                Asker::Handler handler) {
  auto client = Client::open(target, {.policy = plan.policy(target),
                                      .window = plan.window,
                                      .source = plan.route.choice.source_for(target),
                                      .device = plan.route.choice.device,
                                      .prepare = plan.prepare});
  if (!client) return std::unexpected(client.error());
  return std::make_unique<ClearAsker>(std::move(*client), plan, std::move(handler));
}

}  // namespace volley::cli
