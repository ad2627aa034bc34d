#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <utility>

#include <volley/raw_client.hpp>
#include <volley/raw_server.hpp>
#include <volley/udp_socket.hpp>

#include "unit/runtime/loopback.hpp"

namespace volley {

inline const Matcher kMatcher{
    Matcher::Field{.offset = 0, .size = 4, .reply_offset = 0, .random = true}};

inline void echo(const Datagram& request, RawReply& reply) {
  reply.send(request.payload);
}

/// A server on a thread of its own, stopped and joined at the end.
class Running {
 public:
  explicit Running(RawServer::Handler handler, RawServerOptions options = {},
                   const Endpoint& local = kLoopback) {
    auto bound = RawServer::bind(local, std::move(handler), std::move(options));
    EXPECT_TRUE(bound) << bound.error().message;
    server_.emplace(std::move(*bound));
    thread_ = std::jthread{[this] {
      const auto done = server_->run();
      EXPECT_TRUE(done) << done.error().message;
    }};
  }
  ~Running() { server_->stop(); }

  const RawServer* operator->() const { return &*server_; }
  Endpoint address() const { return server_->local(); }

 private:
  std::optional<RawServer> server_;
  std::jthread thread_;
};

inline RawClient open(const Endpoint& server, RawClientOptions options = {}) {
  auto client = RawClient::open(server, std::move(options));
  EXPECT_TRUE(client) << client.error().message;
  return std::move(*client);
}

}  // namespace volley
