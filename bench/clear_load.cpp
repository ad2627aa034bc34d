// Keeps many requests in flight from one clear-mode client, and counts the replies; or, with
// --rate, sends requests by plan and measures how long each took from its planned time.

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include <volley/client.hpp>
#include <volley/clock.hpp>

#include "bench/histogram.hpp"
#include "bench/measure.hpp"

namespace {

struct Plan {
  std::uint16_t port = 0;
  double seconds = 0;
  std::size_t in_flight = 1;
  std::size_t size = 0;
  std::optional<double> rate{};  ///< Requests a second; none: each as soon as one is answered.
  double drop = 0;               ///< Probability that an arriving datagram is lost.
  volley::Idle idle = volley::Idle::kSpin;
  volley::RequestOptions request{};
};

/// So many requests in flight, each of whose handlers sends the next. `kTimed`: the time of each is
/// measured, which costs two looks at the clock.
template <bool kTimed>
class ClosedLoop {
 public:
  ClosedLoop(volley::Client& client, const Plan& plan)
      : client_{client}, body_(plan.size), options_{plan.request} {}

  bool run(std::size_t in_flight, double seconds) {
    const auto begin = bench::monotonic_ns();
    const auto warm = begin + static_cast<std::int64_t>(seconds * 0.2e9);
    const auto end = begin + static_cast<std::int64_t>(seconds * 1e9);
    for (std::size_t i = 0; i < in_flight; ++i) ask();
    std::int64_t time = begin;
    std::uint64_t before = 0;
    // Once more if the warm-up took all the time, as it may on a processor that others use.
    while ((time < end || time == from_) && failed_ == 0) {
      if (auto done = client_.run_once(); !done) complain(done.error());
      time = bench::monotonic_ns();
      if (from_ == 0 && time >= warm) {
        from_ = time;
        before = replies_;
      }
    }
    const double rate =
        static_cast<double>(replies_ - before) / (static_cast<double>(time - from_) / 1e9);
    std::printf("{\"rate\": %.0f, \"lost\": %llu, \"failed\": %llu", rate,
                static_cast<unsigned long long>(client_.counters().expired),
                static_cast<unsigned long long>(failed_));
    if constexpr (kTimed) {
      std::printf(", ");
      histogram_.print_members();
    }
    std::printf("}\n");
    return failed_ == 0;
  }

 private:
  void ask() {
    if constexpr (kTimed) asked_ = bench::monotonic_ns();
    auto done = client_.submit(
        body_,
        [this](const volley::Answer& answer) {
          if (answer && answer.body.size() == body_.size()) {
            ++replies_;
          } else {
            ++failed_;
          }
          if constexpr (kTimed) {
            if (from_ != 0) histogram_.record(bench::monotonic_ns() - asked_);
          }
          ask();
        },
        options_);
    if (!done) complain(done.error());
  }

  void complain(const volley::Error& error) {
    std::fprintf(stderr, "%s\n", error.message.c_str());
    ++failed_;
  }

  volley::Client& client_;
  std::vector<std::byte> body_;
  volley::RequestOptions options_;
  std::uint64_t replies_ = 0;
  std::uint64_t failed_ = 0;
  std::int64_t from_ = 0;   // When the warm-up was over.
  std::int64_t asked_ = 0;  // With one in flight: when it was planned.
  bench::Histogram histogram_;
};

/// The request k is planned for the time k / rate, whether those before it are answered or not. One
/// that finds no room waits, and its wait counts.
class OpenLoop {
 public:
  OpenLoop(volley::Client& client, const Plan& plan)
      : client_{client},
        body_(plan.size),
        options_{plan.request},
        interval_{1e9 / plan.rate.value_or(1)} {}

  bool run(double seconds) {
    begin_ = volley::now();
    const auto length = volley::Duration{static_cast<std::int64_t>(seconds * 1e9)};
    warm_ = begin_ + length / 5;
    const auto planned = static_cast<std::uint64_t>(seconds * 1e9 / interval_);
    // All that is planned must be answered, or the slowest would be missing.
    const auto deadline = begin_ + length + kPatience;
    auto time = begin_;
    while (replies_ < planned && failed_ == 0 && time < deadline) {
      while (next_ < planned && planned_time(next_) <= time && client_.has_room()) ask();
      const bool waits = next_ < planned && client_.has_room();
      if (auto done = client_.run_once(waits ? planned_time(next_) : time + kLook); !done) {
        std::fprintf(stderr, "%s\n", done.error().message.c_str());
        ++failed_;
      }
      time = volley::now();
    }
    if (replies_ < planned) {
      std::fprintf(stderr, "%llu of %llu requests were answered: this rate is too high\n",
                   static_cast<unsigned long long>(replies_),
                   static_cast<unsigned long long>(planned));
      return false;
    }
    std::printf("{\"rate\": %.0f, \"lost\": %llu, \"failed\": 0, ",
                static_cast<double>(planned) / (static_cast<double>((time - begin_).count()) / 1e9),
                static_cast<unsigned long long>(client_.counters().expired));
    histogram_.print_members();
    std::printf("}\n");
    return true;
  }

 private:
  static constexpr volley::Duration kPatience = std::chrono::seconds{1};
  static constexpr volley::Duration kLook = std::chrono::milliseconds{1};

  volley::Instant planned_time(std::uint64_t number) const {
    return begin_ +
           volley::Duration{static_cast<std::int64_t>(static_cast<double>(number) * interval_)};
  }

  void ask() {
    const volley::Instant planned = planned_time(next_++);
    auto done = client_.submit(
        body_,
        [this, planned](const volley::Answer& answer) {
          ++(answer && answer.body.size() == body_.size() ? replies_ : failed_);
          if (planned >= warm_) histogram_.record((volley::now() - planned).count());
        },
        options_);
    if (!done) ++failed_;
  }

  volley::Client& client_;
  std::vector<std::byte> body_;
  volley::RequestOptions options_;
  double interval_;  // ns
  volley::Instant begin_{};
  volley::Instant warm_{};
  std::uint64_t next_ = 0;
  std::uint64_t replies_ = 0;
  std::uint64_t failed_ = 0;
  bench::Histogram histogram_;
};

bool run(volley::Client& client, const Plan& plan) {
  if (plan.rate) return OpenLoop{client, plan}.run(plan.seconds);
  if (plan.in_flight == 1) return ClosedLoop<true>{client, plan}.run(1, plan.seconds);
  return ClosedLoop<false>{client, plan}.run(plan.in_flight, plan.seconds);
}

std::optional<Plan> plan_of(int argc, char** argv) {
  if (argc < 5) return std::nullopt;
  Plan plan{.port = static_cast<std::uint16_t>(std::atoi(argv[1])),
            .seconds = bench::seconds_argument(argv[2]),
            .in_flight = static_cast<std::size_t>(std::atoi(argv[3])),
            .size = static_cast<std::size_t>(std::atoi(argv[4]))};
  for (int i = 5; i < argc; ++i) {
    const std::string_view option{argv[i]};
    const bool has_value = i + 1 < argc;
    if (option == "--sleep") {
      plan.idle = volley::Idle::kSleep;
    } else if (option == "--idempotent") {
      plan.request.idempotent = true;
    } else if (option == "--rate" && has_value) {
      plan.rate = std::atof(argv[++i]);
    } else if (option == "--drop" && has_value) {
      plan.drop = std::atof(argv[++i]) / 100;
    } else {
      return std::nullopt;
    }
  }
  if (plan.rate && !(*plan.rate >= 1)) return std::nullopt;
  return plan;
}

}  // namespace

int main(int argc, char** argv) {
  const auto plan = plan_of(argc, argv);
  if (!plan) {
    std::fprintf(stderr,
                 "usage: clear_load PORT SECONDS IN_FLIGHT SIZE [--rate A_SECOND] [--drop PERCENT] "
                 "[--sleep] [--idempotent]\n");
    return 2;
  }
  alarm(bench::kLifetimeSeconds);
  const volley::ClientOptions options{
      .window = plan->in_flight, .idle = plan->idle, .drop = plan->drop};
  auto client = volley::Client::open({volley::IpAddress::v4(127, 0, 0, 1), plan->port}, options);
  if (!client) {
    std::fprintf(stderr, "%s\n", client.error().message.c_str());
    return 1;
  }
  return run(*client, *plan) ? 0 : 1;
}
