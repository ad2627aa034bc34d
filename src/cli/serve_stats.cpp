#include "cli/serve_stats.hpp"

#include <fmt/format.h>

#include "cli/units.hpp"

namespace volley::cli {

std::string to_text(const ServeStats& stats) {
  const RawServerCounters& server = stats.server;
  std::string out =
      fmt::format("received {}, answered {}, simulated losses {}", format_whole(server.received),
                  format_whole(server.answered), format_whole(server.simulated_losses));
  // Nothing went wrong with most servers: only what did is worth a word.
  const auto add = [&out](std::string_view name, std::uint64_t count) {
    if (count > 0) out += fmt::format(", {} {}", name, format_whole(count));
  };
  add("truncated", server.truncated);
  add("answers too long for --max-amplification", server.too_long);
  add("answers not sent", server.unsent);
  add("failed receives", server.failed_receives);
  if (stats.commands) {
    add("dropped as too many commands waited", stats.commands->crowded);
    add("commands over their time", stats.commands->too_slow);
    add("commands over one datagram of output", stats.commands->too_much);
    add("commands failed", stats.commands->failed);
  }
  return out;
}

JsonObject to_json(const ServeStats& stats, bool final) {
  const RawServerCounters& server = stats.server;
  JsonObject object;
  object.set("event", "stats")
      .set("final", final)
      .set("received", server.received)
      .set("answered", server.answered)
      .set("simulated_losses", server.simulated_losses)
      .set("truncated", server.truncated)
      .set("too_long", server.too_long)
      .set("unsent", server.unsent)
      .set("failed_receives", server.failed_receives);
  if (stats.commands) {
    object.set("commands", JsonObject{}
                               .set("crowded", stats.commands->crowded)
                               .set("too_slow", stats.commands->too_slow)
                               .set("too_much", stats.commands->too_much)
                               .set("failed", stats.commands->failed));
  }
  return object;
}

}  // namespace volley::cli
