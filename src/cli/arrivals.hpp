#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include <volley/datagram.hpp>

#include "cli/body.hpp"
#include "cli/output.hpp"

namespace volley::cli {

/// Prints datagrams as they arrive, a line each, and says what the kernel dropped.
class ArrivalPrinter {
 public:
  ArrivalPrinter(Output& output, const BodyFlags& format) : output_{output}, format_{format} {}

  void print(const Datagram& datagram, const Arrival& arrival);
  std::uint64_t printed() const { return printed_; }
  /// How much came so far, in words. Any thread.
  void report();

 private:
  const std::string& name_of(std::uint32_t interface);
  std::string line(const Datagram& datagram, const Arrival& arrival);
  JsonObject json(const Datagram& datagram, const Arrival& arrival);

  Output& output_;
  const BodyFlags& format_;
  std::map<std::uint32_t, std::string> names_;  // Of the interfaces met so far.
  std::atomic<std::uint64_t> printed_ = 0;
  std::atomic<std::uint32_t> dropped_ = 0;
};

}  // namespace volley::cli
