#include "cli/arrivals.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

#include <volley/network.hpp>

#include "cli/escape.hpp"
#include "cli/units.hpp"

namespace volley::cli {

namespace {

using std::chrono::floor;
using std::chrono::seconds;

std::int64_t fraction(WallTime time, Duration unit) {
  return (time - floor<seconds>(time)) / unit;
}

std::string local_time(WallTime time) {
  return fmt::format("{:%H:%M:%S}.{:06}",
                     fmt::localtime(std::chrono::system_clock::to_time_t(floor<seconds>(time))),
                     fraction(time, std::chrono::microseconds{1}));
}

/// RFC 3339, in UTC.
std::string universal_time(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(floor<seconds>(time))),
                     fraction(time, std::chrono::nanoseconds{1}));
}

}  // namespace

void ArrivalPrinter::print(const Datagram& datagram, const Arrival& arrival) {
  const bool dropped_more = arrival.dropped.value_or(0) > dropped_;
  if (dropped_more) dropped_ = *arrival.dropped;
  if (output_.is_json()) {
    output_.json(json(datagram, arrival));
  } else {
    output_.line(line(datagram, arrival));
  }
  ++printed_;
  if (arrival.truncated) {
    output_.say(fmt::format("a datagram of {} was too long: only its beginning is shown",
                            datagram.peer.to_string()));
  }
  if (dropped_more) {
    output_.say(fmt::format(
        "at least {} dropped by the kernel: this socket's queue was full; raise it with "
        "--option SO_RCVBUF=4194304",
        format_whole(dropped_)));
  }
}

void ArrivalPrinter::report() {
  output_.tell(fmt::format("{} so far, at least {} dropped by the kernel",
                           format_count(printed_, "datagram"), format_whole(dropped_)));
}

const std::string& ArrivalPrinter::name_of(std::uint32_t interface) {
  const auto [entry, added] = names_.try_emplace(interface);
  if (added) entry->second = interface_name(interface);
  return entry->second;
}

std::string ArrivalPrinter::line(const Datagram& datagram, const Arrival& arrival) {
  std::string out = arrival.time ? local_time(*arrival.time) : std::string{"-"};
  out += fmt::format(" {} {}", datagram.peer.to_string(),
                     arrival.interface ? name_of(*arrival.interface) : "-");
  out += arrival.ttl ? fmt::format(" ttl {}", *arrival.ttl) : std::string{" ttl -"};
  out += fmt::format(" {} ", format_count(datagram.payload.size(), "byte"));
  return out + (format_.hex ? to_hex(datagram.payload) : quote(as_text(datagram.payload)));
}

JsonObject ArrivalPrinter::json(const Datagram& datagram, const Arrival& arrival) {
  JsonObject object;
  object.set("time", arrival.time ? std::optional{universal_time(*arrival.time)} : std::nullopt)
      .set("peer", datagram.peer.to_string())
      .set("local", datagram.local.to_string())
      .set("group", arrival.group ? std::optional{arrival.group->to_string()} : std::nullopt)
      .set("interface",
           arrival.interface ? std::optional{name_of(*arrival.interface)} : std::nullopt)
      .set("ttl", arrival.ttl)
      .set("length", datagram.payload.size());
  set_body(object, datagram.payload, format_);
  return object.set("truncated", arrival.truncated).set("dropped", dropped_.load());
}

}  // namespace volley::cli
