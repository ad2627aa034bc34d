// A server whose answers take a while: handlers hand their question to other threads, which answer
// when they are done. Each question is still executed at most once.
//
//   slow_server ADDR:PORT

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <volley/volley.hpp>

namespace {

struct Work {
  std::string question;
  volley::Responder responder;
};

/// What the handler leaves for the threads.
class Queue {
 public:
  void put(Work work) {
    const std::lock_guard lock{mutex_};
    work_.push_back(std::move(work));
    ready_.notify_one();
  }

  void answer_until(const std::stop_token& stop) {
    while (true) {
      std::unique_lock lock{mutex_};
      if (!ready_.wait(lock, stop, [this] { return !work_.empty(); })) return;
      Work work = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      std::this_thread::sleep_for(std::chrono::milliseconds{20});  // Something slow.
      const std::string answer = "slowly: " + work.question;
      work.responder.reply(volley::as_bytes(answer));
    }
  }

  /// A responder must not outlive its server.
  void abandon_rest() { work_.clear(); }

 private:
  std::mutex mutex_;
  std::condition_variable_any ready_;
  std::deque<Work> work_;
};

int fail(const volley::Error& error) {
  std::cerr << "error: " << error.message << '\n';
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  const auto address = volley::Endpoint::parse(argc > 1 ? argv[1] : "127.0.0.1:1060");
  if (!address) return fail(address.error());
  Queue queue;
  const auto handle = [&queue](const volley::Execution& request, volley::Reply& reply) {
    queue.put({std::string{volley::as_text(request.body)}, reply.defer()});
  };
  auto server = volley::Server::bind(*address, handle);
  if (!server) return fail(server.error());
  std::vector<std::jthread> threads(4);
  for (std::jthread& thread : threads)
    thread = std::jthread([&queue](const std::stop_token& stop) { queue.answer_until(stop); });

  // Enter refuses new questions; what runs is answered first.
  std::thread{[&server] {
    if (std::string line; std::getline(std::cin, line)) server->drain();
  }}.detach();
  std::cout << "Listening at " << server->local().to_string() << '\n' << std::flush;
  const auto done = server->run();
  threads.clear();
  queue.abandon_rest();
  return done ? EXIT_SUCCESS : fail(done.error());
}
