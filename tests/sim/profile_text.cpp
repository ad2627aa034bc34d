#include <fmt/format.h>

#include <array>
#include <chrono>

#include "profile.hpp"

namespace volley::sim {
namespace {

constexpr std::array<std::string_view, kFaults> kFaultNames{
    "loss",       "bursts",    "duplication", "reordering",   "stragglers",   "corruption",
    "mtu",        "partition", "rebinding",   "client-crash", "server-crash", "takeover",
    "slow",       "mute",      "pressure",    "attacker",     "suspend",      "stall",
    "misrouting", "rate",      "hints",       "cancel"};

constexpr std::array<std::string_view, 16> kBugNames{"None",
                                                     "AddressInKey",
                                                     "BaseFreedOnReply",
                                                     "ContextFreedEarly",
                                                     "ProbeNoTombstone",
                                                     "RefusedRunsLater",
                                                     "CopiesTooLate",
                                                     "RestampAlways",
                                                     "StaleEpochBelieved",
                                                     "ReplyByPlace",
                                                     "RunsMisrouted",
                                                     "TicketWithoutAddress",
                                                     "TicketTooLong",
                                                     "NeverBelievedLate",
                                                     "StartResets",
                                                     "ClockSleeps"};
static_assert(kBugNames.size() == static_cast<std::size_t>(Bug::kClockSleeps) + 1);

template <class Enum, std::size_t kCount>
std::optional<Enum> parse(const std::array<std::string_view, kCount>& names,
                          std::string_view name) {
  for (std::size_t i = 0; i < kCount; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

double seconds(Duration duration) {
  return std::chrono::duration<double>{duration}.count();
}

std::string fault_details(const Profile& profile, Fault fault) {
  switch (fault) {
    case Fault::kLoss:
      return fmt::format(" {:.0f}%", 100 * profile.loss);
    case Fault::kDuplication:
      return fmt::format(" {:.0f}%", 100 * profile.duplication);
    case Fault::kReordering:
      return fmt::format(" {:.4f} s", seconds(profile.jitter));
    case Fault::kStragglers:
      return fmt::format(" {:.1f}% to {:.0f} s", 100 * profile.stragglers,
                         seconds(profile.straggle));
    case Fault::kPartition:
      return fmt::format(" {} of {:.0f} s", profile.partitions, seconds(profile.partition));
    case Fault::kRebinding:
      return fmt::format(" {}", profile.rebindings);
    case Fault::kClientCrash:
      return fmt::format(" {}", profile.client_crashes);
    case Fault::kServerCrash:
      return fmt::format(" {}", profile.server_crashes);
    case Fault::kTakeover:
      return fmt::format(" {}", profile.takeovers);
    case Fault::kSlowHandlers:
      return fmt::format(" {:.0f}% to {:.3f} s", 100 * profile.slow, seconds(profile.slowness));
    case Fault::kMuteHandlers:
      return fmt::format(" {:.1f}%", 100 * profile.mute);
    case Fault::kPressure:
      return fmt::format(" {} KiB", profile.limits.memory / 1024);
    case Fault::kAttacker:
      return fmt::format(" {}", profile.attacks);
    case Fault::kSuspend:
      return fmt::format(" {} of {:.0f} s", profile.suspends, seconds(profile.sleep));
    case Fault::kStall:
      return fmt::format(" {} of {:.0f} s", profile.stalls, seconds(profile.sleep));
    default:
      return "";
  }
}

}  // namespace

std::string_view to_string(Fault fault) {
  return kFaultNames[static_cast<std::size_t>(fault)];
}

std::optional<Fault> parse_fault(std::string_view name) {
  return parse<Fault>(kFaultNames, name);
}

std::string_view to_string(Bug bug) {
  return kBugNames[static_cast<std::size_t>(bug)];
}

std::optional<Bug> parse_bug(std::string_view name) {
  return parse<Bug>(kBugNames, name);
}

std::string describe(const Profile& profile) {
  std::string text = fmt::format(
      "  {} requests in bursts of {}, {:.0f}% idempotent, {:.0f}% with up to {:.0f} s\n"
      "  {} clients, {} workers, {} s of trouble, {} s one way, window {}, {} policy\n  faults:",
      profile.requests, profile.burst, 100 * profile.idempotent, 100 * profile.patient,
      seconds(profile.patience), profile.clients, profile.workers, seconds(profile.trouble),
      seconds(profile.delay), profile.window,
      profile.policy.cap == kLocalPolicy.cap ? "local" : "internet");
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (!profile.faults.has(fault)) continue;
    text += fmt::format(" {}{},", to_string(fault), fault_details(profile, fault));
  }
  return text + '\n';
}

}  // namespace volley::sim
