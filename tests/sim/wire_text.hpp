#pragma once

#include <string>

#include <volley/bytes.hpp>

namespace volley::sim {

/// A datagram on one line, for people who follow a trace.
std::string describe_datagram(Bytes datagram);

}  // namespace volley::sim
