#pragma once

#include <concepts>

#include <volley/batch.hpp>
#include <volley/error.hpp>
#include <volley/udp_socket.hpp>

namespace volley {

/// Whatever batches of datagrams go out by and come in by: the UDP socket, or a decorator over one.
template <class Port>
concept DatagramPort = requires(Port& port, SendBatch& out, ReceiveBatch& in, ReceiveLook look) {
  { port.send(out) } -> std::same_as<Result<void>>;
  { port.receive(in, look) } -> std::same_as<Result<void>>;
};

}  // namespace volley
