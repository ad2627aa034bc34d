// Runs seeds until one breaks a promise, and tells how with as little as it takes; or one seed,
// line by line.

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <span>
#include <string_view>

#include "campaign.hpp"
#include "shrink.hpp"

namespace {

using namespace volley::sim;

constexpr std::string_view kUsage =
    "sweep [--seeds N] [--start S] [--seconds T] [--bug NAME] [--promise | --flips]\n"
    "      runs N seeds from S on, for T seconds at most; stops at the first that breaks a "
    "promise\n"
    "sweep --seed S [--bug NAME] [--promise | --flips] [--trace]\n"
    "      runs one seed, and prints what happens\n"
    "--promise looks at outcomes only, not at how they come about; with --flips damage passes the\n"
    "checksum, and all that is asked is that nothing crashes, runs away or grows.\n"
    "Both: [--requests N] [--burst N] [--clients N] [--workers N] [--trouble-ms T] [--without "
    "A,B]\n"
    "Exit status: 0 if every promise was kept, 1 if not, 2 if the arguments are wrong.\n";

struct Arguments {
  Campaign campaign{};
  std::optional<std::uint64_t> seed{};
  bool trace = false;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool leave_out(FaultSet& without, std::string_view names) {
  while (!names.empty()) {
    const std::size_t comma = names.find(',');
    const auto fault = parse_fault(names.substr(0, comma));
    if (!fault) return false;
    without.put(*fault);
    names = comma == std::string_view::npos ? "" : names.substr(comma + 1);
  }
  return true;
}

bool take_number(Arguments& arguments, std::string_view name, std::uint64_t value) {
  Campaign& campaign = arguments.campaign;
  const auto small = static_cast<unsigned>(value);
  if (name == "--seeds")
    campaign.seeds = value;
  else if (name == "--start")
    campaign.start = value;
  else if (name == "--seconds")
    campaign.time = std::chrono::seconds{value};
  else if (name == "--seed")
    arguments.seed = value;
  else if (name == "--requests")
    campaign.cuts.requests = small;
  else if (name == "--burst")
    campaign.cuts.burst = small;
  else if (name == "--clients")
    campaign.cuts.clients = small;
  else if (name == "--workers")
    campaign.cuts.workers = small;
  else if (name == "--trouble-ms")
    campaign.cuts.trouble_ms = small;
  else
    return false;
  return true;
}

bool take(Arguments& arguments, std::string_view name, std::string_view value) {
  if (name == "--bug") {
    const auto bug = parse_bug(value);
    if (bug) arguments.campaign.bug = *bug;
    return bug.has_value();
  }
  if (name == "--without") return leave_out(arguments.campaign.cuts.without, value);
  const auto parsed = number(value);
  return parsed && take_number(arguments, name, *parsed);
}

std::optional<Arguments> parse(std::span<char*> words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view name = words[i];
    if (name == "--trace") {
      arguments.trace = true;
    } else if (name == "--flips") {
      arguments.campaign.judged = Judged::kSurvival;
    } else if (name == "--promise") {
      arguments.campaign.judged = Judged::kPromise;
    } else if (i + 1 == words.size() || !take(arguments, name, words[++i])) {
      return std::nullopt;
    }
  }
  return arguments;
}

void print(const Violation& violation) {
  fmt::print("  broken after {:.6f} s: {}\n  {}\n",
             std::chrono::duration<double>{violation.when.time_since_epoch()}.count(),
             violation.oracle, violation.story);
}

void print(const Outcomes& outcomes) {
  const auto& ends = outcomes.tally.outcomes;
  fmt::print(
      "{} seeds, {} requests in {:.1f} s: {:.0f} a second of processor time, {:.0f} times faster "
      "than "
      "real time\n"
      "{} datagrams, {} executions; {} replies, {} not executed, {} executed and reply lost, "
      "{} unknown\n",
      outcomes.seeds, outcomes.tally.requests, outcomes.seconds,
      static_cast<double>(outcomes.tally.requests) / outcomes.processor_seconds,
      std::chrono::duration<double>{outcomes.simulated}.count() / outcomes.seconds,
      outcomes.datagrams, outcomes.tally.executions, ends[0], ends[1], ends[2], ends[3]);
}

int run_one(const Arguments& arguments) {
  const Campaign& campaign = arguments.campaign;
  const Profile profile = profile_of(campaign, *arguments.seed);
  volley::planted_bug = campaign.bug;
  const Report report = simulate(profile, arguments.trace);
  fmt::print("seed {}, hash {:016x}, {} requests, {} datagrams, {} events\n{}", *arguments.seed,
             report.hash, report.tally.requests, report.datagrams, report.events,
             describe(profile));
  if (report.violation) print(*report.violation);
  return report.violation ? 1 : 0;
}

int run_many(const Campaign& campaign) {
  const Outcomes outcomes = run(campaign);
  print(outcomes);
  if (!outcomes.failing_seed) return 0;
  const std::uint64_t seed = *outcomes.failing_seed;
  const Profile profile = profile_of(campaign, seed);
  fmt::print("seed {} fails:\n{}", seed, describe(profile));
  print(*outcomes.failure.violation);
  volley::planted_bug = campaign.bug;
  constexpr unsigned kMostRuns = 500;
  const Shrunk shrunk = shrink(profile, outcomes.failure, kMostRuns);
  Profile small = profile;
  apply(shrunk.cuts, small);
  fmt::print("shrunk:\n{}", describe(small));
  print(*shrunk.report.violation);
  fmt::print(
      "replay: sweep --seed {} --trace{}{}{}\n", seed, arguments(shrunk.cuts),
      campaign.judged == Judged::kSurvival ? " --flips" : "",
      campaign.bug == volley::Bug::kNone ? "" : fmt::format(" --bug {}", to_string(campaign.bug)));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = parse(std::span{argv, static_cast<std::size_t>(argc)}.subspan(1));
  if (!arguments) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  return arguments->seed ? run_one(*arguments) : run_many(arguments->campaign);
}
