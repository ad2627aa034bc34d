#pragma once

#include <string_view>

#include "wire/numbers.hpp"

namespace volley {

/// A datagram of protocol.md §11, as it is spelled there: see octets().
struct GoldenDatagram {
  std::string_view name;
  std::string_view says;
  Side from{};
  std::string_view hex;
};

inline constexpr GoldenDatagram kGoldenDatagrams[] = {
    {"G1", "first contact", Side::kClient,
     "04010000 c1a05eed01020304 0000000000000000 0000000000000000 00000001"},
    {"G2", "its answer, uptime 5,000 ms", Side::kServer,
     "04010100 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 00001388"},
    {"G3", "REQUEST 1, ping", Side::kClient,
     "04010001 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 00000001"
     " | 01000100000000010c1a000470696e67"},
    {"G4", "REPLY 1, pong", Side::kServer,
     "04010100 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 0000138a"
     " | 020001000000000100000004706f6e67"},
    {"G5", "copy of REQUEST 1", Side::kClient,
     "04010001 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 00000001"
     " | 01000200000000010bb6000470696e67"},
    {"G6", "cached REPLY 1", Side::kServer,
     "04010100 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 000013ee"
     " | 020002000000000100000004706f6e67"},
    {"G7", "PROBE 2", Side::kClient,
     "04010001 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 00000002"
     " | 0500020000000002"},
    {"G8", "NACK NEVER 2", Side::kServer,
     "04010100 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 000014b5"
     " | 030202000000000200000000"},
    {"G9", "REQUESTs 3, 4 and 4 octets of PAD", Side::kClient,
     "04010001 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 00000003"
     " | 01000100000000030000000161010001000000000401f4000000000000"},
    {"G10", "NACK BUSY 3, 50 ms; WORKING 4 by itself", Side::kServer,
     "04010100 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 0000151b"
     " | 0301010000000003000000320401010000000004"},
    {"G11", "REPLY 4, status 7, deferred, empty", Side::kServer,
     "04010100 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 0000170c"
     " | 020101000000000400070000"},
    {"G12", "PING with 4 zeros", Side::kClient,
     "04010001 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 00000005"
     " | 06000004001122334455667700000000"},
    {"G13", "PONG", Side::kServer,
     "04010100 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 00001770"
     " | 07000004001122334455667700000000"},
    {"G14", "idempotent REQUEST 1 without epoch or ticket", Side::kClient,
     "04010000 c1a05eed01020304 0000000000000000 0000000000000000 00000001"
     " | 010101000000000103e8000474696d65"},
    {"G15", "NACK REPLY_GONE 6 and OVERLOAD 7", Side::kServer,
     "04010100 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 000017d4"
     " | 0303030000000006000000000304010000000007000003e8"},
    {"G16", "REQUESTs 8, 9 and 10, which share a frame", Side::kClient,
     "04010001 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 00000008"
     " | 0100010200000008000000036f6e6574776f736978"},
    {"G17", "REPLYs 8 and 9, which share one, and 10", Side::kServer,
     "04010100 c1a05eed01020304 e90c112233445566 7ac3e70ddeadbeef 00001838"
     " | 0200010100000008000700013132020001000000000a0000000136"},
};

}  // namespace volley
