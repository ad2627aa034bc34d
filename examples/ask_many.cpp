// Asks a Volley server a hundred thousand questions, a thousand in flight, and counts what became
// of them: each exactly one of four things.
//
//   ask_many ADDR:PORT

#include <array>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

#include <volley/volley.hpp>

namespace {

constexpr int kQuestions = 100'000;
constexpr int kInFlight = 1'000;

int fail(const volley::Error& error) {
  std::cerr << "error: " << error.message << '\n';
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: ask_many ADDR:PORT\n";
    return 2;
  }
  const auto server = volley::Endpoint::parse(argv[1]);
  if (!server) return fail(server.error());
  auto client = volley::Client::open(*server, {.window = kInFlight});
  if (!client) return fail(client.error());

  std::array<int, 4> outcomes{};
  const auto count = [&outcomes](const volley::Answer& answer) {
    ++outcomes[static_cast<std::size_t>(answer.outcome)];
  };
  const auto failed = [&outcomes] { return outcomes[1] + outcomes[2] + outcomes[3]; };
  // What is submitted between two runs shares datagrams. The handlers run within run_once(). After
  // as many failures as are in flight at a time there is no use in asking on.
  for (int i = 0; i < kQuestions && failed() < kInFlight; ++i) {
    while (!client->has_room()) {
      if (const auto done = client->run_once(); !done) return fail(done.error());
    }
    const std::string question = "question " + std::to_string(i);
    if (const auto done = client->submit(volley::as_bytes(question), count); !done)
      return fail(done.error());
  }
  if (const auto done = client->run_until_idle(); !done) return fail(done.error());

  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    std::cout << volley::to_string(static_cast<volley::Outcome>(i)) << ": " << outcomes[i] << '\n';
  }
  return outcomes[0] == kQuestions ? EXIT_SUCCESS : EXIT_FAILURE;
}
