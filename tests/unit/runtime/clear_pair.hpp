#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <volley/client.hpp>
#include <volley/server.hpp>

#include "unit/runtime/loopback.hpp"

namespace volley {

inline void repeat(const Execution& request, Reply& reply) {
  reply.send(request.body);
}

/// A server on a thread of its own, stopped and joined at the end.
class Serving {
 public:
  explicit Serving(Server::Handler handler = repeat, const ServerOptions& options = {},
                   const Endpoint& local = kLoopback) {
    auto bound = Server::bind(local, std::move(handler), options);
    EXPECT_TRUE(bound) << bound.error().message;
    server_.emplace(std::move(*bound));
    thread_ = std::jthread{[this] {
      const auto done = server_->run();
      EXPECT_TRUE(done) << done.error().message;
    }};
  }
  ~Serving() { server_->stop(); }

  Server* operator->() { return &*server_; }
  Endpoint address() const { return server_->local(); }
  /// Waits for run() to return.
  void join() { thread_.join(); }

 private:
  std::optional<Server> server_;
  std::jthread thread_;
};

inline Client client_of(const Endpoint& server, ClientOptions options = {}) {
  auto client = Client::open(server, std::move(options));
  EXPECT_TRUE(client) << client.error().message;
  return std::move(*client);
}

/// What a request became: its reply's text, or its outcome.
inline std::string ask(Client& client, std::string_view body, const RequestOptions& options = {}) {
  const auto answer = client.request(as_bytes(body), options);
  if (!answer) return answer.error().message;
  return *answer ? std::string{as_text(answer->body)} : describe(*answer, client.server());
}

/// For requests that must be answered, however busy the machine.
inline constexpr RequestOptions kPatient{.timeout = std::chrono::seconds{30}};

}  // namespace volley
