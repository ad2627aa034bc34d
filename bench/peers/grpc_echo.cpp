// An echo server with gRPC: unary calls over TCP, served by one thread from one completion queue.

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <cstdio>

#include "bench/peers/echo.grpc.pb.h"
#include "bench/peers/load.hpp"

namespace {

constexpr std::size_t kWaiting = 1024;  // Calls that gRPC may accept before one is served.

/// One call, from its arrival until its answer is sent; then it makes room for the next.
class Call {
 public:
  Call(bench::Echo::AsyncService& service, grpc::ServerCompletionQueue& queue)
      : service_{service}, queue_{queue}, responder_{&context_} {
    service_.RequestAsk(&context_, &request_, &responder_, &queue_, &queue_, this);
  }

  /// What the queue says of it. False when it is over.
  bool proceed(bool ok) {
    if (!ok || answered_) return false;
    answered_ = true;
    responder_.Finish(request_, grpc::Status::OK, this);
    return true;
  }

 private:
  bench::Echo::AsyncService& service_;
  grpc::ServerCompletionQueue& queue_;
  grpc::ServerContext context_;
  bench::Body request_;
  grpc::ServerAsyncResponseWriter<bench::Body> responder_;
  bool answered_ = false;
};

void serve(bench::Echo::AsyncService& service, grpc::ServerCompletionQueue& queue) {
  // Each is the queue's until its end: that is how gRPC's tags work.
  for (std::size_t i = 0; i < kWaiting; ++i) new Call{service, queue};
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
    auto* const call = static_cast<Call*>(tag);
    if (call->proceed(ok)) continue;
    delete call;
    new Call{service, queue};
  }
}

}  // namespace

int main() {
  bench::Echo::AsyncService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto queue = builder.AddCompletionQueue();
  const auto server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fprintf(stderr, "gRPC does not serve\n");
    return 1;
  }
  bench::announce(static_cast<unsigned>(port));
  serve(service, *queue);
}
