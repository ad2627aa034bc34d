// Many unary calls in flight over one channel of gRPC, by one thread and one completion queue.

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/peers/echo.grpc.pb.h"
#include "bench/peers/load.hpp"

namespace {

/// One slot's call in flight. A context serves one call only.
struct Call {
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<bench::Body>> reader;
  bench::Body request;
  bench::Body reply;
  grpc::Status status;
};

class Client {
 public:
  Client(const std::shared_ptr<grpc::Channel>& channel, const bench::LoadOptions& options)
      : stub_{bench::Echo::NewStub(channel)}, calls_(options.in_flight), load_{options} {}

  int run() {
    for (Call& call : calls_) ask(call);
    while (!load_.over()) {
      void* tag = nullptr;
      bool ok = false;
      const auto until =
          std::chrono::system_clock::now() + std::chrono::milliseconds{bench::kTickMs};
      const auto next = queue_.AsyncNext(&tag, &ok, until);
      if (next == grpc::CompletionQueue::GOT_EVENT) receive(*static_cast<Call*>(tag));
      if (next == grpc::CompletionQueue::TIMEOUT) load_.look();
    }
    end();
    return load_.finish();
  }

 private:
  std::size_t slot_of(const Call& call) const {
    return static_cast<std::size_t>(&call - calls_.data());
  }

  void ask(Call& call) {
    const auto body = load_.ask(slot_of(call));
    call.request.set_bytes(body.data(), body.size());
    call.context.emplace();
    call.reader = stub_->AsyncAsk(&*call.context, call.request, &queue_);
    call.reader->Finish(&call.reply, &call.status, &call);
  }

  void receive(Call& call) {
    if (!call.status.ok()) {
      load_.fail(call.status.error_message().c_str());
      return;
    }
    const auto slot = load_.take(std::as_bytes(std::span{call.reply.bytes()}));
    if (slot && *slot != slot_of(call)) load_.fail("a reply came to another call");
    if (!load_.over()) ask(call);
  }

  /// The calls in flight have to end before their memory does.
  void end() {
    for (Call& call : calls_) call.context->TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  std::unique_ptr<bench::Echo::Stub> stub_;
  grpc::CompletionQueue queue_;
  std::vector<Call> calls_;
  bench::Load load_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto options = bench::load_options(argc, argv);
  const auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(options.port),
                                           grpc::InsecureChannelCredentials());
  // First, or the time it takes would be part of what is measured.
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds{5})) {
    std::fprintf(stderr, "nothing listens there\n");
    return 1;
  }
  return Client{channel, options}.run();
}
